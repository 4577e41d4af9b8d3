//! How well `foresail calibrate` finds what it does not know: the tables of docs/calibrate.md.
//!
//! Pasts are made request by request (the exact mode) from hidden parameters, spoilt as real ones are (noise, gaps, a deploy in
//! the middle, metrics that nobody recorded), and given to `calibrate` with a scenario of guesses. Two days are fitted, the third
//! is held back.
//!
//!     cargo run --release --example calibration [PASTS]
//!
//! Each past's parameters and errors go to stderr.

mod hidden;
mod made;
mod tables;

use foresail::calibrate::{Options, calibrate};
use foresail::scenario::{Sources, Written};
use hidden::Hidden;
use rayon::prelude::*;
use std::path::Path;

const SHOP: &str = "examples/calibration/shop/scenario.yaml";

fn main() {
    let pasts: u64 = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(30);
    let written = Written::read(Sources::Disk, Path::new(SHOP)).unwrap_or_else(|issues| panic!("{issues:?}"));
    let one = |number: u64| {
        let hidden = Hidden::of(number);
        let past = made::past(&written, &hidden);
        let options = Options { seed: number, ..Options::default() };
        let calibration = calibrate(&written, &[], &past, (&options, "shop"));
        let calibration = calibration.unwrap_or_else(|issues| panic!("past {number}: {issues:?}"));
        eprint!("{}", tables::details(&hidden, &calibration));
        (hidden, calibration)
    };
    let all: Vec<_> = (0..pasts).into_par_iter().map(one).collect();
    print!("{}", tables::tables(&all));
}

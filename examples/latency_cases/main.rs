//! Draws services at random and lets the exact mode judge them, in the format of the recordings.
//!
//! `cargo run --release --example latency_cases -- FOLDER [COUNT [SEED]]` writes `FOLDER/latency/cases.json`;
//! `FORESAIL_CONFORMANCE=FOLDER cargo test --release --test conformance -- latency/fast` prints the fast mode's errors on
//! them. 300 cases take some minutes of cpu.

mod draw;
mod judge;

use draw::Drawn;
use rayon::prelude::*;
use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let Some(folder) = arguments.first() else {
        return Err("usage: latency_cases FOLDER [COUNT [SEED]]".into());
    };
    let number = |at: usize, usual: u64| arguments.get(at).map_or(Ok(usual), |text| text.parse::<u64>());
    let (count, seed) = (number(1, 300)?, number(2, 1)?);
    let drawn: Vec<Drawn> = (0..count).map(|number| Drawn::new(seed, number)).collect();
    let cases: Vec<serde_json::Value> = drawn.par_iter().map(judge::case).collect();
    let folder = Path::new(folder).join("latency");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("cases.json"), serde_json::to_string(&cases)?)?;
    println!("{count} cases in {}", folder.display());
    Ok(())
}

//! What searches with other luck find, measured in the same weeks.

use crate::pairs::REFERENCE;
use crate::{Row, answer, measured, sets, side};
use std::time::Instant;

/// A row for each seed, and how far they differ.
pub(crate) fn print(seeds: u64, check: u32) {
    let same = side(&REFERENCE, &[]);
    let fresh = 1_000..1_000 + check;
    println!(
        "| seed | what changes | holds | cost | breach | kept | replications | seconds |\n|--:|---|---|--:|--:|--:|--:|--:|"
    );
    let mut rows: Vec<Row> = Vec::new();
    for seed in 1..=seeds {
        let mut own = side(&REFERENCE, &[]);
        own.base.seed = seed;
        let begun = Instant::now();
        let Some(found) = answer(&own, check) else { continue };
        let seconds = begun.elapsed().as_secs_f64();
        let changes = sets(&found);
        let Some(row) = measured(&same, &changes, fresh.clone()) else { continue };
        println!(
            "| {seed} | {} | {} | {:.2} | {:.1} % | {:.0} % | {} | {seconds:.1} |",
            changes.join(", "),
            if found.held_back.holds { "yes" } else { "no" },
            row.usd,
            row.breach * 100.0,
            row.kept * 100.0,
            found.replications
        );
        rows.push(row);
    }
    let costs = || rows.iter().map(|row| row.usd);
    let [least, most] = [costs().fold(f64::INFINITY, f64::min), costs().fold(0.0, f64::max)];
    let kept = rows.iter().filter(|row| row.kept >= 0.95).count();
    println!("\ncost {least:.2} to {most:.2} USD a month; kept in 95 % of the weeks by {kept} of {}", rows.len());
}

//! How often the 95 % intervals of a report hold the truth: the table of docs/run.md.
//!
//! Each scenario is simulated many times; the mean of all is taken for the truth. Then sets of as many replications as a
//! report has are made into reports, disjoint sets as far as the pool goes, then drawn from it without repetition, and it is
//! counted how many intervals hold it.
//!
//!     cargo run --release --example coverage [POOL] [SETS] [REPLICATIONS...]
//!
//! 4,000, 200 and 10 20 40 by default: about half an hour on two cores. What was simulated is kept in the folder for temporary
//! files, and taken from there where it is of the same scenario.

mod pool;
mod table;

use foresail::report::Report;
use foresail::scenario::{self, Scenario, Sources};
use std::path::Path;
use table::Figure;

/// Names of the table, and their files; none is the built-in reference scenario.
const SUBJECTS: [(&str, Option<&str>); 3] = [
    ("reference week", None),
    ("spot", Some("examples/coverage/spot.yaml")),
    ("flash crowds", Some("examples/coverage/flash.yaml")),
];

fn load(file: Option<&str>) -> Scenario {
    let loaded = match file {
        Some(file) => scenario::load(Sources::Disk, Path::new(file), &[]),
        None => scenario::embedded(&[]),
    };
    loaded.unwrap_or_else(|issues| panic!("{issues:?}"))
}

/// What a set of replications says about each figure.
fn measured(report: &Report) -> Vec<Figure> {
    let headlines = report.headlines.iter().map(|row| (row.metric.clone(), &row.value));
    let interruptions = report.groups.iter().filter(|row| row.capacity_type == "SPOT");
    let interruptions = interruptions.map(|row| (format!("interruptions of {}", row.name), &row.interruptions));
    let unit = report
        .unit_costs
        .iter()
        .filter(|row| row.of == "all")
        .map(|costs| ("usdPerMillionRequests".to_owned(), &costs.usd_per_million_requests));
    headlines
        .chain(interruptions)
        .chain(unit)
        .map(|(name, estimate)| Figure { name, estimate: estimate.clone() })
        .collect()
}

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let size = numbers.first().copied().unwrap_or(4000);
    let sets = numbers.get(1).copied().unwrap_or(200);
    let counts = numbers.get(2..).filter(|counts| !counts.is_empty()).unwrap_or(&[10, 20, 40]);
    print!("{}", table::head(counts));
    for (name, file) in SUBJECTS {
        let pool = pool::Pool::of(load(file), size as u32);
        let whole = measured(&pool.report(0..size));
        let columns: Vec<Vec<Vec<Figure>>> = counts
            .iter()
            .map(|count| pool.sets(*count, sets).into_iter().map(|chosen| measured(&pool.report(chosen))).collect())
            .collect();
        print!("{}", table::rows(name, &whole, &columns));
    }
}

//! How often `foresail check` errs: the table of docs/ci.md.
//!
//! False alarms: the same scenario on both sides, each pair of sides with seeds of its own, so that all there is between
//! them is luck, and more of it than a check ever meets, whose sides have the same luck. Power: an HPA's target of 70 % becomes
//! 60 %, both sides with the same luck, as a check runs them. Ten replications at the first look, 40 at most, margins as they
//! are by default.
//!
//!     cargo run --release --example check_errors [PAIRS]

use foresail::report::Report;
use foresail::report::check::{Base, Baseline, CheckPlan, CheckResult, FigureVerdict, Margins, check};
use foresail::scenario::{self, Scenario, Sources};
use foresail::study::{Growing, LatencyTables};
use rayon::prelude::*;
use std::path::Path;

/// What is checked.
struct Subject {
    name: &'static str,
    /// Its file; none is the built-in reference scenario.
    file: Option<&'static str>,
    sets: &'static [&'static str],
    /// The target at 70 %, and at 60 %.
    before: &'static [&'static str],
    after: &'static [&'static str],
}

const SUBJECTS: [Subject; 2] = [
    Subject {
        name: "one service, a day",
        file: Some("docs/compare/shop.yaml"),
        sets: &[],
        before: &["hpas.web.cpuUtilization=70"],
        after: &["hpas.web.cpuUtilization=60"],
    },
    Subject {
        name: "the reference cluster, a day",
        file: None,
        sets: &["duration=1d"],
        before: &["hpas.catalog-service-hpa.cpuUtilization=70"],
        after: &["hpas.catalog-service-hpa.cpuUtilization=60"],
    },
];

/// As the command has them.
const FIRST: u32 = 10;
const MOST: u32 = 40;
/// Errors of Monte Carlo are given at 95 %.
const Z: f64 = 1.96;

fn load(subject: &Subject, sets: &[&str], seed: u64) -> Scenario {
    let sets: Vec<String> = subject.sets.iter().chain(sets).map(|set| (*set).to_owned()).collect();
    let loaded = match subject.file {
        Some(file) => scenario::load(Sources::Disk, Path::new(file), &sets),
        None => scenario::embedded(&sets),
    };
    let scenario = loaded.unwrap_or_else(|issues| panic!("{issues:?}"));
    Scenario { seed, ..scenario }
}

fn checked(new: &Scenario, base: &Base) -> CheckResult {
    let plan = CheckPlan { first: FIRST, most: MOST, margins: Margins::default() };
    check(new, base, &plan, &()).unwrap_or_else(|issues| panic!("{issues:?}"))
}

fn regressed(result: &CheckResult) -> Vec<&str> {
    let rows = result.figures.iter().filter(|row| row.verdict == FigureVerdict::Regressed);
    rows.map(|row| row.figure.as_str()).collect()
}

/// Some figure got better or worse beyond chance and margin.
fn is_told(result: &CheckResult) -> bool {
    result.figures.iter().any(|row| matches!(row.verdict, FigureVerdict::Regressed | FigureVerdict::Improved))
}

/// The same scenario at two seeds.
fn without_a_change(subject: &Subject, pair: u64) -> CheckResult {
    let new = load(subject, &[], 2 * pair + 1);
    let mut other = Growing::new(&Scenario { seed: 2 * pair + 2, ..new.clone() }, &LatencyTables::default());
    other.grow(MOST, &());
    let mut baseline = Baseline::of(&Report::of(other.finished()));
    baseline.seed = new.seed;
    checked(&new, &Base::File("baseline.json".to_owned(), Box::new(baseline)))
}

/// The target of an HPA, at one seed.
fn with_a_change(subject: &Subject, seed: u64) -> CheckResult {
    let old = load(subject, subject.before, seed);
    let new = load(subject, subject.after, seed);
    checked(&new, &Base::Scenario("before".to_owned(), None, Box::new(old)))
}

/// `3.0% (0.6..5.4)`: by the normal approximation; of none or all it says what 95 % of such samples would, the rule of
/// three.
fn share(found: usize, of: usize) -> String {
    let (share, count) = (found as f64 / of as f64, of as f64);
    let half = if found == 0 || found == of { 3.0 / count } else { Z * (share * (1.0 - share) / count).sqrt() };
    format!("{:.1}% ({:.1}..{:.1})", share * 100.0, (share - half).max(0.0) * 100.0, (share + half).min(1.0) * 100.0)
}

fn main() {
    let pairs: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(200);
    println!("| scenario | pairs | figures | false alarms | 70 -> 60 told | as a regression | replications then |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for subject in &SUBJECTS {
        let equal: Vec<CheckResult> = (0..pairs).into_par_iter().map(|pair| without_a_change(subject, pair)).collect();
        let changed: Vec<CheckResult> =
            (0..pairs).into_par_iter().map(|seed| with_a_change(subject, seed + 1)).collect();
        let alarms = equal.iter().filter(|result| !regressed(result).is_empty()).count();
        let told = changed.iter().filter(|result| is_told(result)).count();
        let worse = changed.iter().filter(|result| !regressed(result).is_empty()).count();
        let gates =
            equal.first().map_or(0, |result| result.figures.iter().filter(|row| row.p_adjusted.is_some()).count());
        let mean = changed.iter().map(|result| f64::from(result.replications)).sum::<f64>() / pairs as f64;
        println!(
            "| {} | {pairs} | {gates} | {} | {} | {} | {mean:.1} |",
            subject.name,
            share(alarms, equal.len()),
            share(told, changed.len()),
            share(worse, changed.len())
        );
        let mut which: Vec<&str> = equal.iter().flat_map(regressed).collect();
        which.sort_unstable();
        eprintln!("{}: false alarms of {which:?}", subject.name);
    }
}

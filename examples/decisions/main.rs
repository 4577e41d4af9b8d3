//! What recommendations are worth in time that nobody has looked at: the tables of docs/recommend.md.
//!
//! A pair is a time of training and a time of test of the same cluster: another part of a trace, the same weeks with other luck, half
//! as much traffic again, or an hour without a zone. For each: the setting as it is, the recommended one, the best of random
//! settings by what training shows, and the best that is known by looking at the test itself (the oracle). Public traces are
//! read from the folder given (`nab_nyc_taxi_30min.csv` and others); pairs whose trace is absent are said to be skipped.
//!
//! With `--seeds` the reference scenario is searched with so many seeds instead, and what each finds is measured in the same weeks.
//!
//!     cargo run --release --example decisions -- [--traces DIR] [--random N] [--check N] [--seeds N] [NAME...]

mod pairs;
mod stability;

use foresail::scenario::{Scenario, Setting, Sources, Written};
use foresail::study::advise::answer::Answer;
use foresail::study::advise::{Ask, Ends, random_settings, recommend};
use foresail::study::{Figures, Study, keeps_promises};
use pairs::{Pair, Platform};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

struct Side {
    written: Written,
    sets: Vec<Setting>,
    base: Scenario,
}

fn side(platform: &Platform, sets: &[String]) -> Side {
    let path = platform.file;
    let written = Written::read(Sources::Disk, Path::new(path)).unwrap_or_else(|issues| panic!("{path}: {issues:?}"));
    let parse = |set: &String| Setting::parse(set).unwrap_or_else(|issue| panic!("{issue}"));
    let sets: Vec<Setting> = sets.iter().map(parse).collect();
    let base = written.with(&sets).unwrap_or_else(|issues| panic!("{path}: {issues:?}"));
    Side { written, sets, base }
}

struct Asked {
    traces: Option<PathBuf>,
    random: usize,
    check: u32,
    seeds: u64,
    only: Vec<String>,
}

fn asked() -> Asked {
    let mut args = std::env::args().skip(1);
    let mut asked = Asked { traces: None, random: 2_000, check: 20, seeds: 0, only: Vec::new() };
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} wants a value"));
        match arg.as_str() {
            "--traces" => asked.traces = Some(value().into()),
            "--random" => asked.random = value().parse().expect("a number"),
            "--check" => asked.check = value().parse().expect("a number"),
            "--seeds" => asked.seeds = value().parse().expect("a number"),
            _ => asked.only.push(arg),
        }
    }
    asked
}

fn answer(side: &Side, check: u32) -> Option<Answer> {
    let stop = AtomicBool::new(false);
    let ends = Ends { replications: 200, until: None, stop: &stop };
    recommend(&Ask { check, ..Ask::of(&side.written, &side.sets, &side.base, ends) }, &|| ())
}

/// A setting in some time: means over replications.
#[derive(Clone, Copy, Debug)]
struct Row {
    usd: f64,
    breach: f64,
    pending: f64,
    /// The share of the replications that kept every promise.
    kept: f64,
}

/// A setting in the time of a side, with the luck of these replications; none if it cannot be built.
fn measured(side: &Side, texts: &[String], numbers: std::ops::Range<u32>) -> Option<Row> {
    let more = texts.iter().map(|text| Setting::parse(text).unwrap_or_else(|issue| panic!("{issue}")));
    let sets: Vec<Setting> = side.sets.iter().cloned().chain(more).collect();
    let scenario = side.written.with(&sets).ok()?;
    let study = Study { keeps_story: false, ..Study::of(&scenario) };
    let runs = study.replicate_all(numbers, &|| ());
    let mean = |of: &dyn Fn(&Figures) -> f64| runs.figures().iter().map(of).sum::<f64>() / runs.len().max(1) as f64;
    Some(Row {
        usd: mean(&|run| run.usd_per_month(run.cost())),
        breach: mean(&|run| run.entry.breach_ratio()),
        pending: mean(&|run| run.pending_pod_hours_per_month()),
        kept: runs.share(|run| keeps_promises(&study.cast, run)),
    })
}

/// Kept as a recommendation has to: the promises in 95 % of the replications, or in no fewer than now; breach and waiting no worse.
fn keeps(row: &Row, as_is: &Row) -> bool {
    row.kept >= f64::min(0.95, as_is.kept) && row.breach <= as_is.breach + 0.001 && row.pending <= as_is.pending + 0.5
}

/// The cheapest of some settings that keeps what it has to.
fn cheapest<'a>(rows: &[(&'a Vec<String>, Row)], as_is: &Row) -> Option<(&'a Vec<String>, Row)> {
    let kept = rows.iter().filter(|(_, row)| keeps(row, as_is));
    kept.min_by(|a, b| a.1.usd.total_cmp(&b.1.usd)).copied()
}

fn main() {
    let asked = asked();
    if asked.seeds > 0 {
        return stability::print(asked.seeds, asked.check);
    }
    println!(
        "| training: test | as is | recommended | the same without stresses | best of {} at random | oracle | kept as is | kept | says that it holds | breach as is | breach | replications |",
        asked.random
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|---|--:|--:|--:|");
    let chosen = |pair: &Pair| asked.only.is_empty() || asked.only.iter().any(|name| pair.name.contains(name.as_str()));
    let pairs: Vec<Pair> = pairs::all(asked.traces.as_deref()).into_iter().filter(chosen).collect();
    let held: Vec<bool> = pairs.iter().filter_map(|pair| one(pair, &asked)).collect();
    println!("\nkept in {} of {} times of test", held.iter().filter(|held| **held).count(), held.len());
}

/// What a recommendation changes, as `--set` takes it.
fn sets(found: &Answer) -> Vec<String> {
    found.changes().flat_map(|knob| knob.sets.iter().cloned()).collect()
}

/// A row of the table; whether the recommendation held in the test.
fn one(pair: &Pair, asked: &Asked) -> Option<bool> {
    let (train, test) = (side(pair.platform, &pair.train), side(pair.platform, &pair.test));
    let Some(found) = answer(&train, asked.check) else {
        println!("| {} | nothing can move |", pair.name);
        return None;
    };
    let chosen = sets(&found);
    // Random settings and the oracle need not survive any stress: beside them stands what is found where none is asked for.
    let calm = side(pair.platform, &[pair.train.clone(), vec!["recommend.against=[]".to_owned()]].concat());
    let calm = answer(&calm, asked.check).map(|found| sets(&found)).unwrap_or_default();
    let fresh = 1_000..1_000 + asked.check;
    let as_is = measured(&test, &[], fresh.clone())?;
    let recommended = measured(&test, &chosen, fresh.clone())?;
    let without_stresses = measured(&test, &calm, fresh.clone());
    // One replication of training sorts random settings, the best of them are told apart in the test.
    let random = random_settings(&train.base, asked.random, 1);
    let now = measured(&train, &[], 1..2)?;
    let sorted = |side: &Side, numbers: std::ops::Range<u32>, settings: &[Vec<String>]| -> Vec<(usize, Row)> {
        let rows = settings.par_iter().enumerate();
        rows.filter_map(|(at, texts)| Some((at, measured(side, texts, numbers.clone())?))).collect()
    };
    let of_training: Vec<(&Vec<String>, Row)> =
        sorted(&train, 1..2, &random).into_iter().map(|(at, row)| (&random[at], row)).collect();
    let best = cheapest(&of_training, &now).and_then(|(texts, _)| measured(&test, texts, fresh.clone()));
    // The oracle looks at the test itself: the best there of all that is known, and of a search of its own.
    let own = answer(&test, asked.check).map(|own| sets(&own));
    let mut known: Vec<Vec<String>> = vec![Vec::new(), chosen.clone(), calm];
    known.extend(own);
    let mut likely = of_training.clone();
    likely.sort_by(|a, b| a.1.usd.total_cmp(&b.1.usd));
    known.extend(likely.iter().filter(|(_, row)| keeps(row, &now)).take(10).map(|(texts, _)| (*texts).clone()));
    let in_test: Vec<(usize, Row)> = sorted(&test, fresh, &known);
    let in_test: Vec<(&Vec<String>, Row)> = in_test.into_iter().map(|(at, row)| (&known[at], row)).collect();
    let oracle = cheapest(&in_test, &as_is);
    let usd = |row: Option<Row>| row.map_or("none keeps".to_owned(), |row| format!("{:.0}", row.usd));
    println!(
        "| {} | {:.0} | {:.0} | {} | {} | {} | {:.0} % | {:.0} % | {} | {:.2} % | {:.2} % | {} |",
        pair.name,
        as_is.usd,
        recommended.usd,
        usd(without_stresses),
        usd(best),
        usd(oracle.map(|(_, row)| row)),
        as_is.kept * 100.0,
        recommended.kept * 100.0,
        if found.held_back.holds { "yes" } else { "no" },
        as_is.breach * 100.0,
        recommended.breach * 100.0,
        found.replications
    );
    Some(keeps(&recommended, &as_is))
}

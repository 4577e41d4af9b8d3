//! What recommendations are worth in time that nobody has looked at: the tables of docs/recommend.md.
//!
//! A pair is a time of training and a time of test of the same cluster: another part of a trace, the same weeks with other luck, half
//! as much traffic again, or an hour without a zone. For each: the setting as it is, the recommended one, the best of random
//! settings by what training shows, and the best that is known by looking at the test itself (the oracle). Public traces are
//! read from the folder given (`nab_nyc_taxi_30min.csv` and others); pairs whose trace is absent are said to be skipped.
//!
//!     cargo run --release --example decisions -- [--traces DIR] [--random N] [--check N] [NAME...]

use foresail::scenario::{Scenario, Setting, Sources, Written};
use foresail::study::advise::answer::Answer;
use foresail::study::advise::{Ask, Ends, random_settings, recommend};
use foresail::study::{Figures, Study, keeps_promises};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// A cluster: its file (none is the reference scenario), and what a trace has to be multiplied by to fit it.
struct Platform {
    name: &'static str,
    file: Option<&'static str>,
    rate: f64,
}

const REFERENCE: Platform = Platform { name: "reference", file: None, rate: 110.0 };
const SHOP: Platform = Platform { name: "shop", file: Some("docs/compare/shop.yaml"), rate: 100.0 };

/// A trace: its file, column and unit, its mean in requests per second as the file has it, when training and when the test begins and how long
/// each is, in days.
struct Trace {
    name: &'static str,
    file: &'static str,
    column: &'static str,
    mean: f64,
    days: [f64; 3],
}

const TRACES: [Trace; 4] = [
    Trace { name: "taxi", file: "nab_nyc_taxi_30min.csv", column: "2", mean: 15_137.0, days: [0.0, 7.0, 7.0] },
    Trace {
        name: "worldcup",
        file: "worldcup98_0608_0621_1min.csv",
        column: "2",
        mean: 23_463.0,
        days: [0.0, 7.0, 7.0],
    },
    Trace { name: "elb", file: "nab_elb_request_count_5min.csv", column: "2", mean: 61.8, days: [0.0, 7.0, 7.0] },
    Trace { name: "nasa", file: "nasa_http_199507_5min.csv", column: "2", mean: 250.0, days: [3.0, 10.0, 7.0] },
];

/// What is different in the test.
#[derive(Clone, Copy, PartialEq)]
enum Test {
    /// The same time with other luck.
    OtherLuck,
    /// Half as much again.
    MoreTraffic,
    /// An hour without a zone, at the fourth day's noon.
    ZoneLoss,
}

struct Pair {
    name: String,
    platform: &'static Platform,
    train: Vec<String>,
    test: Vec<String>,
}

fn pairs(traces: Option<&Path>) -> Vec<Pair> {
    let mut all = Vec::new();
    for platform in [&REFERENCE, &SHOP] {
        let own = |test: Test, name: &str| {
            let zone = "faults=[{at: 84h, for: 1h, zoneOutage: us-east-1a}]".to_owned();
            let sets = match test {
                Test::MoreTraffic => vec!["traffic.scale=1.5".to_owned()],
                Test::ZoneLoss => vec![zone],
                _ => Vec::new(),
            };
            let week = "duration=7d".to_owned();
            let test = [vec![week.clone()], sets].concat();
            Pair { name: format!("{}: {name}", platform.name), platform, train: vec![week], test }
        };
        all.push(own(Test::OtherLuck, "own week, other luck"));
        all.push(own(Test::MoreTraffic, "own week, test x1.5"));
        if platform.file.is_none() {
            all.push(own(Test::ZoneLoss, "own week, zone loss"));
        }
        for trace in traces.iter().flat_map(|folder| TRACES.iter().map(move |trace| (folder, trace))) {
            all.extend(of_trace(platform, trace.0, trace.1));
        }
    }
    all
}

fn of_trace(platform: &'static Platform, folder: &Path, trace: &Trace) -> Option<Pair> {
    let file = folder.join(trace.file);
    let Ok(file) = file.canonicalize() else {
        eprintln!("skipped: {} (no {})", trace.name, file.display());
        return None;
    };
    let [from, test, days] = trace.days;
    let part = |from: f64| {
        let scale = platform.rate / trace.mean;
        let window = format!("from: {}h, to: {}h", from * 24.0, (from + days) * 24.0);
        let row = format!("file: {}, column: {}, unit: rps, scale: {scale}, {window}", file.display(), trace.column);
        vec![format!("traffic.patterns=[{{trace: {{{row}}}}}]"), format!("duration={days}d")]
    };
    Some(Pair {
        name: format!("{}: {}, next week", platform.name, trace.name),
        platform,
        train: part(from),
        test: part(test),
    })
}

struct Side {
    written: Written,
    sets: Vec<Setting>,
    base: Scenario,
}

fn side(platform: &Platform, sets: &[String]) -> Side {
    let sources = if platform.file.is_some() { Sources::Disk } else { Sources::Embedded };
    let path = platform.file.unwrap_or("scenario.yaml");
    let written = Written::read(sources, Path::new(path)).unwrap_or_else(|issues| panic!("{path}: {issues:?}"));
    let parse = |set: &String| Setting::parse(set).unwrap_or_else(|issue| panic!("{issue}"));
    let sets: Vec<Setting> = sets.iter().map(parse).collect();
    let base = written.with(&sets).unwrap_or_else(|issues| panic!("{path}: {issues:?}"));
    Side { written, sets, base }
}

struct Asked {
    traces: Option<PathBuf>,
    random: usize,
    check: u32,
    only: Vec<String>,
}

fn asked() -> Asked {
    let mut args = std::env::args().skip(1);
    let mut asked = Asked { traces: None, random: 2_000, check: 20, only: Vec::new() };
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} wants a value"));
        match arg.as_str() {
            "--traces" => asked.traces = Some(value().into()),
            "--random" => asked.random = value().parse().expect("a number"),
            "--check" => asked.check = value().parse().expect("a number"),
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
    println!(
        "| training: test | as is | recommended | best of {} at random | oracle | kept as is | kept | breach as is | breach | replications |",
        asked.random
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    let chosen = |pair: &Pair| asked.only.is_empty() || asked.only.iter().any(|name| pair.name.contains(name.as_str()));
    let pairs: Vec<Pair> = pairs(asked.traces.as_deref()).into_iter().filter(chosen).collect();
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
    let fresh = 1_000..1_000 + asked.check;
    let as_is = measured(&test, &[], fresh.clone())?;
    let recommended = measured(&test, &chosen, fresh.clone())?;
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
    let mut known: Vec<Vec<String>> = vec![Vec::new(), chosen.clone()];
    known.extend(own);
    let mut likely = of_training.clone();
    likely.sort_by(|a, b| a.1.usd.total_cmp(&b.1.usd));
    known.extend(likely.iter().filter(|(_, row)| keeps(row, &now)).take(10).map(|(texts, _)| (*texts).clone()));
    let in_test: Vec<(usize, Row)> = sorted(&test, fresh, &known);
    let in_test: Vec<(&Vec<String>, Row)> = in_test.into_iter().map(|(at, row)| (&known[at], row)).collect();
    let oracle = cheapest(&in_test, &as_is);
    let usd = |row: Option<Row>| row.map_or("none keeps".to_owned(), |row| format!("{:.0}", row.usd));
    println!(
        "| {} | {:.0} | {:.0} | {} | {} | {:.0} % | {:.0} % | {:.2} % | {:.2} % | {} |",
        pair.name,
        as_is.usd,
        recommended.usd,
        usd(best),
        usd(oracle.map(|(_, row)| row)),
        as_is.kept * 100.0,
        recommended.kept * 100.0,
        as_is.breach * 100.0,
        recommended.breach * 100.0,
        found.replications
    );
    Some(keeps(&recommended, &as_is))
}

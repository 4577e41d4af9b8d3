//! How much the common luck of two settings is worth: the table of docs/compare.md.
//!
//! A difference between two settings is taken replication by replication, both sides with the same luck. Its variance is set
//! beside the one that it would have if each side had luck of its own: the sum of the two sides' variances. Where a figure has
//! the same value on both sides in every replication its cell is `same`; where it has that on each side in all of them, empty.
//!
//!     cargo run --release --example pairing [REPLICATIONS [NAME]]

use foresail::scenario::{self, Scenario, Sources};
use foresail::study::{Figures, LatencyTables, Study};
use std::path::Path;

/// One setting beside another.
struct Pair {
    name: &'static str,
    /// The file of the base; none is the built-in reference scenario.
    file: Option<&'static str>,
    /// What both have.
    both: &'static [&'static str],
    /// What the new side has besides.
    new: &'static [&'static str],
}

const fn reference(name: &'static str, new: &'static [&'static str]) -> Pair {
    Pair { name, file: None, both: &[], new }
}

const SPOT: Option<&str> = Some("scenarios/spot-for-stateless.yaml");

const PAIRS: [Pair; 14] = [
    reference("an HPA's minimum 3 to 2", &["hpas.catalog-service-hpa.minReplicas=2"]),
    reference("an HPA's minimum 3 to 5", &["hpas.catalog-service-hpa.minReplicas=5"]),
    reference("an HPA's maximum 20 to 6", &["hpas.catalog-service-hpa.maxReplicas=6"]),
    reference("an HPA's cpu target 70 to 60", &["hpas.catalog-service-hpa.cpuUtilization=60"]),
    reference("a group's minimum 2 to 4", &["nodeGroups.app-nodes.minSize=4", "nodeGroups.app-nodes.desiredSize=4"]),
    reference("a group's maximum 10 to 4", &["nodeGroups.app-nodes.maxSize=4"]),
    reference("another group's minimum 3 to 1", &["nodeGroups.db-nodes.minSize=1"]),
    reference("half of a group on spot", &["nodeGroups.app-nodes.spotShare=0.5"]),
    reference("unneeded time 10m to 5m", &["autoscaler.flags.+=--scale-down-unneeded-time=5m"]),
    reference("utilization threshold 0.5 to 0.7", &["autoscaler.flags.+=--scale-down-utilization-threshold=0.7"]),
    reference("expander least-waste to random", &["autoscaler.flags.+=--expander=random"]),
    Pair {
        name: "at threshold 0.7: an HPA's minimum 3 to 5",
        file: None,
        both: &["autoscaler.flags.+=--scale-down-utilization-threshold=0.7"],
        new: &["hpas.catalog-service-hpa.minReplicas=5"],
    },
    Pair {
        name: "on spot: an HPA's minimum 3 to 5",
        file: SPOT,
        both: &[],
        new: &["hpas.catalog-service-hpa.minReplicas=5"],
    },
    Pair {
        name: "on spot: unneeded time 10m to 5m",
        file: SPOT,
        both: &[],
        new: &["autoscaler.flags.+=--scale-down-unneeded-time=5m"],
    },
];

/// A figure of a replication.
type Figure = fn(&Figures) -> f64;

const FIGURES: [(&str, Figure); 7] = [
    ("cost", |f| f.usd_per_month(f.cost())),
    ("latency P95", |f| f.slowest_route_s(0.95).unwrap_or(f64::NAN)),
    ("failed", |f| f.entry.requests.failed_ratio()),
    ("breach", |f| f.entry.breach_ratio()),
    ("waiting pods", Figures::pending_pod_hours),
    ("nodes", |f| f.cluster.nodes.mean(f.span)),
    ("interruptions", |f| f.cluster.spot_notices as f64),
];

fn load(pair: &Pair, more: &[&str]) -> Scenario {
    let sets: Vec<String> = pair.both.iter().chain(more).map(|set| (*set).to_owned()).collect();
    let loaded = match pair.file {
        Some(file) => scenario::load(Sources::Disk, Path::new(file), &sets),
        None => scenario::embedded(&sets),
    };
    loaded.unwrap_or_else(|issues| panic!("{}: {issues:?}", pair.name))
}

fn replications(scenario: &Scenario, tables: &LatencyTables, count: u32) -> Vec<Figures> {
    let study = Study { keeps_story: false, tables: tables.clone(), ..Study::of(scenario) };
    study.replicate_all(0..count, &|| ()).figures().to_vec()
}

fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (values.len() - 1) as f64
}

/// The variance of a difference with luck of its own on each side, and with the same.
fn variances(base: &[Figures], new: &[Figures], figure: Figure) -> (f64, f64) {
    let (base, new): (Vec<f64>, Vec<f64>) =
        base.iter().map(figure).zip(new.iter().map(figure)).filter(|(b, n)| b.is_finite() && n.is_finite()).unzip();
    let differences: Vec<f64> = base.iter().zip(&new).map(|(base, new)| new - base).collect();
    (variance(&base) + variance(&new), variance(&differences))
}

fn cell((unpaired, paired): (f64, f64)) -> String {
    // Sums of fractions are not exact.
    let none = 1e-20;
    match (unpaired, paired) {
        (unpaired, _) if unpaired <= none => String::new(),
        (unpaired, paired) if paired <= none * unpaired.max(1.0) => "same".to_owned(),
        (unpaired, paired) if unpaired / paired < 9.95 => format!("{:.1}", unpaired / paired),
        (unpaired, paired) => format!("{:.0}", unpaired / paired),
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count: u32 = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(40).max(2);
    let wanted = arguments.next();
    let tables = LatencyTables::default();
    println!("| what changes | {} | USD a month, unpaired | paired |", FIGURES.map(|(name, _)| name).join(" | "));
    println!("|---|{}", "--:|".repeat(FIGURES.len() + 2));
    let mut bases: Vec<((Option<&str>, &[&str]), Vec<Figures>)> = Vec::new();
    for pair in PAIRS.iter().filter(|pair| wanted.as_ref().is_none_or(|wanted| pair.name.contains(wanted.as_str()))) {
        let key = (pair.file, pair.both);
        if !bases.iter().any(|(other, _)| *other == key) {
            bases.push((key, replications(&load(pair, &[]), &tables, count)));
        }
        let Some((_, base)) = bases.iter().find(|(other, _)| *other == key) else { continue };
        let new = replications(&load(pair, pair.new), &tables, count);
        let cells = FIGURES.map(|(_, figure)| cell(variances(base, &new, figure)));
        let (unpaired, paired) = variances(base, &new, FIGURES[0].1);
        println!("| {} | {} | ±{:.1} | ±{:.1} |", pair.name, cells.join(" | "), unpaired.sqrt(), paired.sqrt());
    }
}

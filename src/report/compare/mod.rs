//! Studies side by side: what differs in what was asked, what differs in what came out, and how sure that is.
//!
//! Both sides met the same luck (equal seeds), so figures are set beside each other replication by replication. Start
//! reading at [`compare`]; `model.rs` has the parts, the other files are the ways to show them.

mod answer;
mod csv;
mod files;
mod markdown;
mod model;
mod page;
mod parting;
mod table;
mod variance;
mod waterfall;
pub(super) mod words;

pub use crate::report::figures::Scope;
pub use csv::comparison_csv;
pub use files::write_comparison;
pub use markdown::comparison_markdown;
pub use model::{
    BridgeStep, Comparison, FigureDifference, InputDifference, Only, Parting, Side, Variance, VarianceStep, Variant,
};
pub use page::comparison_page;
pub use table::comparison_table;
#[cfg(feature = "xlsx")]
pub(in crate::report) use variance::{CONVENTION, NO_CHANGE};

use super::Report;
use super::figures::{Figure, figures};
use super::model::API_VERSION;
use crate::study::Pair;
use std::collections::{BTreeMap, BTreeSet};

/// A report with the name it has in a comparison, and its decision log (JSON Lines; empty where it is missing).
#[derive(Clone, Debug)]
pub struct Compared {
    /// No two of a comparison alike.
    pub name: String,
    /// What came out.
    pub report: Report,
    /// `decisions.jsonl`.
    pub decisions: String,
}

/// Why two reports cannot be set side by side.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incomparable {
    /// They met other luck.
    #[error("{name} was simulated with seed {found}, {base} with seed {expected}: their replications are no pairs")]
    Seed {
        /// The base.
        base: String,
        /// The other.
        name: String,
        /// The base's seed.
        expected: u64,
        /// The other's.
        found: u64,
    },
    /// A result of an earlier release has no values by replication.
    #[error("the result of {name} has no figures by replication: it was written by an earlier release")]
    NoValues {
        /// Which.
        name: String,
    },
}

/// Sets others beside a base. Replications that only one side has are left out.
///
/// Errors: what cannot be paired, all of it.
pub fn compare(base: &Compared, others: &[Compared]) -> Result<Comparison, Vec<Incomparable>> {
    let mut problems: Vec<Incomparable> = std::iter::once(base).chain(others).filter_map(without_values).collect();
    problems.extend(others.iter().filter(|other| other.report.run.seed != base.report.run.seed).map(|other| {
        Incomparable::Seed {
            base: base.name.clone(),
            name: other.name.clone(),
            expected: base.report.run.seed,
            found: other.report.run.seed,
        }
    }));
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut comparison = Comparison {
        api_version: API_VERSION.to_owned(),
        kind: "Comparison".to_owned(),
        foresail_version: env!("CARGO_PKG_VERSION").to_owned(),
        base: side(base),
        variants: others.iter().map(|other| variant(base, other)).collect(),
        answer: String::new(),
    };
    comparison.answer = answer::answer(&comparison);
    Ok(comparison)
}

fn without_values(side: &Compared) -> Option<Incomparable> {
    let has_values = side.report.headlines.iter().any(|row| !row.value.values.is_empty());
    (!has_values).then(|| Incomparable::NoValues { name: side.name.clone() })
}

fn side(compared: &Compared) -> Side {
    let Compared { name, report, .. } = compared;
    Side {
        name: name.clone(),
        digest: report.scenario.digest.clone(),
        seed: report.run.seed,
        replications: report.run.replications,
        warm_up_seconds: report.run.warm_up_seconds,
        objectives_met: report.objectives.iter().map(|objective| objective.met_ratio).reduce(f64::min),
        caveats: report.caveats.clone(),
    }
}

fn variant(base: &Compared, new: &Compared) -> Variant {
    Variant {
        side: side(new),
        inputs: input_differences(&base.report.inputs, &new.report.inputs),
        figures: figure_differences(&base.report, &new.report),
        bridge: bridge(&base.report, &new.report),
        variance: variance::variance(&base.report, &new.report),
        parting: parting::parting(&base.decisions, &new.decisions),
    }
}

/// How the path of a whole file begins.
const FILE: &str = "file ";

pub(super) fn input_differences(
    base: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> Vec<InputDifference> {
    // A file that is only called otherwise, seen from another folder, is no difference.
    let texts = |side: &BTreeMap<String, String>| -> BTreeSet<String> {
        side.iter().filter(|(path, _)| path.starts_with(FILE)).map(|(_, hash)| hash.clone()).collect()
    };
    let (base_texts, new_texts) = (texts(base), texts(new));
    let is_in_both = |path: &str| {
        let has = |side: &BTreeMap<String, String>, texts: &BTreeSet<String>| {
            side.get(path).is_none_or(|hash| texts.contains(hash))
        };
        path.starts_with(FILE) && has(base, &new_texts) && has(new, &base_texts)
    };
    let mut paths: Vec<&String> = base.keys().chain(new.keys()).filter(|path| !is_in_both(path)).collect();
    paths.sort_unstable();
    paths.dedup();
    let row = |path: &String| InputDifference {
        path: path.clone(),
        base: base.get(path).cloned(),
        new: new.get(path).cloned(),
    };
    paths.into_iter().filter(|path| base.get(*path) != new.get(*path)).map(row).collect()
}

fn figure_differences(base: &Report, new: &Report) -> Vec<FigureDifference> {
    let (base, new) = (figures(base), figures(new));
    let is_same = |a: &Figure<'_>, b: &Figure<'_>| (a.scope, &a.name, a.metric) == (b.scope, &b.name, b.metric);
    let row = |figure: &Figure<'_>, pair: Option<Pair>, only: Option<Only>| FigureDifference {
        scope: figure.scope,
        name: figure.name.clone(),
        metric: figure.metric.to_owned(),
        label: figure.label.to_owned(),
        unit: figure.unit,
        better: figure.better,
        pair,
        only,
    };
    let alone = |figure: &Figure<'_>, in_base: bool| {
        let mean = figure.value.mean;
        row(figure, None, mean.is_finite().then_some(Only { in_base, mean }))
    };
    let mut rows: Vec<FigureDifference> = base
        .iter()
        .map(|figure| match new.iter().find(|other| is_same(figure, other)) {
            Some(other) => row(figure, Pair::of(&figure.value.values, &other.value.values, figure.better), None),
            None => alone(figure, true),
        })
        .collect();
    rows.extend(new.iter().filter(|figure| !base.iter().any(|other| is_same(figure, other))).map(|f| alone(f, false)));
    rows.sort_by_key(|row| row.scope);
    rows
}

/// Node groups and the charges that are not of nodes; what both charge alike is left out.
fn bridge(base: &Report, new: &Report) -> Vec<BridgeStep> {
    let mut steps: BTreeMap<String, [f64; 2]> = BTreeMap::new();
    for (side, report) in [base, new].into_iter().enumerate() {
        for group in &report.groups {
            steps.entry(format!("node group {}", group.name)).or_default()[side] += group.cost_usd_per_month.mean;
        }
        let nodes: f64 = report.groups.iter().map(|group| group.cost_usd_per_month.mean).sum();
        let charged: f64 = report
            .charges
            .iter()
            .filter(|row| row.name.ends_with("nodes"))
            .map(|row| row.cost_usd_per_month.mean)
            .sum();
        for charge in report.charges.iter().filter(|row| !row.name.ends_with("nodes")) {
            steps.entry(charge.name.clone()).or_default()[side] += charge.cost_usd_per_month.mean;
        }
        if (charged - nodes).abs() > 0.005 {
            steps.entry("nodes of no group".to_owned()).or_default()[side] += charged - nodes;
        }
    }
    let step = |(name, [base, new]): (String, [f64; 2])| BridgeStep { name, base, new };
    steps.into_iter().map(step).filter(|step| (step.new - step.base).abs() >= 0.005).collect()
}

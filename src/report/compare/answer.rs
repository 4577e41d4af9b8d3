//! Which of several studies: the cheapest that keeps what is promised, what it costs in service, and which ones break a
//! promise.

use super::model::{BridgeStep, Comparison, FigureDifference, Side, Variant};
use super::words::{difference, sentence, verdict};
use crate::report::Unit;
use crate::report::figures::Scope;
use crate::report::format::figure;
use crate::study::PairVerdict;

/// An objective is kept that is met in so many of the replications.
const KEPT: f64 = 0.95;

/// The figures that decide, and what the columns of an overview are called.
pub(super) const COLUMNS: [(&str, &str); 6] = [
    ("costUsdPerMonth", "cost per month"),
    ("latencyMsP95", "latency P95"),
    ("errorRatio", "failed"),
    ("breachRatio", "in breach"),
    ("pendingPodSeconds", "pods waiting"),
    ("flappingPerHour", "churn"),
];

/// Whether a study keeps its objectives; one without any promises nothing.
fn keeps(side: &Side) -> bool {
    side.objectives_met.is_none_or(|share| share >= KEPT)
}

/// A figure of everything.
pub(super) fn whole<'a>(variant: &'a Variant, metric: &str) -> Option<&'a FigureDifference> {
    variant.figures.iter().find(|row| row.scope == Scope::Whole && row.metric == metric)
}

/// The answer in a few sentences.
pub(super) fn answer(comparison: &Comparison) -> String {
    let cost = |variant: &&Variant| whole(variant, "costUsdPerMonth").and_then(|row| row.pair.as_ref()).map(|p| p.new);
    let is_cheaper = |variant: &&Variant| {
        let pair = whole(variant, "costUsdPerMonth").and_then(|row| row.pair.as_ref());
        pair.is_some_and(|pair| pair.verdict == PairVerdict::Better)
    };
    let cheaper = comparison.variants.iter().filter(is_cheaper).filter(|variant| keeps(&variant.side));
    let best = cheaper.min_by(|a, b| cost(a).unwrap_or(f64::MAX).total_cmp(&cost(b).unwrap_or(f64::MAX)));
    let promises = comparison.variants.iter().any(|variant| variant.side.objectives_met.is_some());
    let keeping = if promises { " and keeps what is promised" } else { "" };
    let base = &comparison.base.name;
    let first = match best {
        Some(best) => format!("{} costs least{keeping}: {}.{}", best.side.name, sentence(best), most_of_it(best)),
        None => format!("Nothing here costs less than {base} beyond chance{keeping}."),
    };
    match broken(comparison) {
        Some(broken) => format!("{first} {broken}"),
        None => first,
    }
}

/// The part of the cost that changes most.
fn most_of_it(variant: &Variant) -> String {
    let change = |step: &&BridgeStep| step.new - step.base;
    let largest =
        variant.bridge.iter().min_by(|a, b| change(a).total_cmp(&change(b))).filter(|step| change(step) < 0.0);
    let told = |step: &BridgeStep| {
        let [base, new] = [step.base, step.new].map(|amount| figure(amount, Unit::UsdPerMonth));
        format!(" Most is saved by {}: {base} -> {new}.", step.name)
    };
    largest.map(told).unwrap_or_default()
}

/// Those that do not keep what is promised.
fn broken(comparison: &Comparison) -> Option<String> {
    let sides = std::iter::once(&comparison.base).chain(comparison.variants.iter().map(|variant| &variant.side));
    let names: Vec<String> =
        sides.filter(|side| !keeps(side)).map(|side| format!("{} ({})", side.name, met(side))).collect();
    (!names.is_empty()).then(|| format!("What is promised is not kept by {}.", names.join(", ")))
}

/// `in 3 of 10 replications`; empty without a promise.
pub(super) fn met(side: &Side) -> String {
    let share = side.objectives_met.map(|share| (share * f64::from(side.replications)).round());
    share.map(|count| format!("in {count} of {}", side.replications)).unwrap_or_default()
}

/// The cells of a study in an overview: each figure, and how far it is from the base where that is beyond chance.
pub(super) fn cells(variant: &Variant) -> Vec<[String; 2]> {
    let cell = |(metric, _): &(&str, &str)| {
        let row = whole(variant, metric);
        let Some((row, pair)) = row.and_then(|row| Some((row, row.pair.as_ref()?))) else {
            return [String::new(), String::new()];
        };
        let beside = match pair.verdict {
            PairVerdict::Better | PairVerdict::Worse | PairVerdict::Changed => difference(&pair.difference, row.unit),
            PairVerdict::Same | PairVerdict::NoDifferenceSeen => String::new(),
            PairVerdict::TooFewReplications => verdict(pair),
        };
        [figure(pair.new, row.unit), beside]
    };
    COLUMNS.iter().map(cell).collect()
}

/// The cells of the base.
pub(super) fn base_cells(comparison: &Comparison) -> Vec<String> {
    let of = |(metric, _): &(&str, &str)| {
        let rows = comparison.variants.iter().filter_map(|variant| whole(variant, metric));
        let row = rows.filter_map(|row| Some((row, row.pair.as_ref()?))).next();
        row.map(|(row, pair)| figure(pair.base, row.unit)).unwrap_or_default()
    };
    COLUMNS.iter().map(of).collect()
}

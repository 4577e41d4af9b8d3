//! What a check found: versioned, serialisable; every output is made from it and from nothing else.

use crate::report::Unit;
use crate::report::figures::Scope;
use crate::study::{Better, Estimate};
use serde::{Deserialize, Serialize};

/// What a check found, as `--report json=FILE` writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckResult {
    /// Always `foresail/v1alpha1`.
    pub api_version: String,
    /// Always `Check`.
    pub kind: String,
    /// The release that made it.
    pub foresail_version: String,
    /// The scenario's name.
    pub scenario: String,
    /// The scenario file as it was named on the command line; empty for the one that is built in.
    pub file: String,
    /// The fingerprint of everything that was read.
    pub digest: String,
    /// The seed of all random streams, on both sides.
    pub seed: u64,
    /// How many replications there were in the end.
    pub replications: u32,
    /// The whole answer.
    pub verdict: CheckVerdict,
    /// The answer in one line: `2 figures got worse: ...`.
    pub headline: String,
    /// What it was set beside; absent where only thresholds were asked.
    pub baseline: Option<BaselineUsed>,
    /// When it was looked at the figures, and what each look was allowed to err.
    pub looks: Vec<Look>,
    /// By which rule the errors are kept, for people.
    pub rule: String,
    /// What differs in what was asked.
    pub inputs: Vec<InputChange>,
    /// Thresholds, those of the scenario first, then objectives.
    pub thresholds: Vec<ThresholdResult>,
    /// Every figure that both sides have, headlines first; empty without a baseline.
    pub figures: Vec<FigureChange>,
    /// Every figure as it is now, with a baseline or without one, headlines first: what is followed over time. Without the
    /// values by replication.
    pub present: Vec<FigureValue>,
    /// What may make a number another.
    pub caveats: Vec<String>,
}

/// The whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CheckVerdict {
    /// Nothing got worse beyond chance and the margin; every threshold is kept.
    Passed,
    /// A figure regressed or a threshold is crossed: exit code 1.
    Failed,
    /// Neither, but some figure or threshold could not be decided: exit code 0, with `--strict` 3.
    Inconclusive,
}

/// What the scenario was set beside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BaselineUsed {
    /// As it was named: `baseline.json`, `git:origin/main`.
    pub source: String,
    /// The commit, where it is a revision.
    pub revision: Option<String>,
    /// The fingerprint of what was read for it.
    pub digest: String,
    /// The release that made its values.
    pub foresail_version: String,
    /// From when its prices are.
    pub price_date: String,
    /// Both sides have the same values in every replication.
    pub identical: bool,
}

/// A time at which it was asked whether the answer is clear.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Look {
    /// Replications so far.
    pub replications: u32,
    /// The chance of a false alarm that this look may take, in all figures together.
    pub alpha: f64,
}

/// A value of the input that is another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InputChange {
    /// As `--set` calls it, or the object with the field.
    pub path: String,
    /// The baseline's; absent where it has none.
    pub base: Option<String>,
    /// The present one.
    pub new: Option<String>,
    /// Where the present one is written, as far as that is known.
    pub written: Option<WhereWritten>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WhereWritten {
    /// Relative to the working directory, with `/`.
    pub file: String,
    /// From 1.
    pub line: Option<u32>,
}

/// A threshold and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ThresholdResult {
    /// The figure's key: `latencyMsP95{route:/checkout}`.
    pub figure: String,
    /// A few words for people: `latency P95 of route /checkout`.
    pub label: String,
    /// As it was written: `< 200`, `increase < 2%`.
    pub expression: String,
    /// Whether it is an objective of the scenario, written as a threshold by us.
    pub objective: bool,
    /// The unit of `value` and `limit`.
    pub unit: Unit,
    /// What is held against the limit: the figure, or its increase over the baseline.
    pub value: Estimate,
    /// The limit.
    pub limit: f64,
    /// What became of it.
    pub outcome: ThresholdOutcome,
    /// With about how many replications it could be told, where it cannot.
    pub replications_needed: Option<u32>,
    /// Where it is written.
    pub written: Option<WhereWritten>,
}

/// What became of a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ThresholdOutcome {
    /// It holds, beyond chance.
    Kept,
    /// It does not.
    Crossed,
    /// The interval holds the limit.
    Inconclusive,
}

/// A figure as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FigureValue {
    /// Its key: `latencyMsP95{route:/checkout}`.
    pub figure: String,
    /// What it is about.
    pub scope: Scope,
    /// The name of what it is about; empty for everything.
    pub name: String,
    /// Its stable name.
    pub metric: String,
    /// A few words for people.
    pub label: String,
    /// Its unit.
    pub unit: Unit,
    /// Which way it gets better.
    pub better: Better,
    /// Over replications.
    pub value: Estimate,
}

/// A figure of both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FigureChange {
    /// Its key: `latencyMsP95{route:/checkout}`.
    pub figure: String,
    /// What it is about.
    pub scope: Scope,
    /// The name of what it is about; empty for everything.
    pub name: String,
    /// Its stable name.
    pub metric: String,
    /// A few words for people.
    pub label: String,
    /// Its unit.
    pub unit: Unit,
    /// Which way it gets better.
    pub better: Better,
    /// The baseline's mean over the replications that both have.
    pub base: f64,
    /// The present one.
    pub new: f64,
    /// Present minus baseline, with its 95 % interval (paired t); the interval is of this figure alone.
    pub difference: Estimate,
    /// The mean difference over the baseline's mean; absent where that is zero.
    pub relative: Option<f64>,
    /// The chance of such a difference without any change, Holm-adjusted over all figures that can get worse; absent for
    /// those that cannot, and where every replication has the same difference.
    pub p_adjusted: Option<f64>,
    /// Differences of less than this, in its unit, are none that anybody would act on.
    pub margin: f64,
    /// What that says.
    pub verdict: FigureVerdict,
    /// With about how many replications it could be told, where it cannot.
    pub replications_needed: Option<u32>,
}

/// What a figure says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FigureVerdict {
    /// Better by more than the margin, beyond chance.
    Improved,
    /// Not worse by more than the margin, beyond chance; it may be better.
    Unchanged,
    /// Worse by more than the margin, beyond chance.
    Regressed,
    /// Chance could make the difference, or hide one.
    Inconclusive,
    /// Another, of a figure that is neither good nor bad: it explains others and is no gate.
    Changed,
}

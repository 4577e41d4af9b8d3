//! The comparison: versioned, serialisable.

use crate::cost::BridgeStepKind;
use crate::report::Unit;
use crate::report::figures::Scope;
use crate::study::{Better, Estimate, Pair};
use serde::{Deserialize, Serialize};

/// A base and other studies of the same seed beside it, as `comparison.json` holds them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Comparison {
    /// Always `foresail/v1alpha1`.
    pub api_version: String,
    /// Always `Comparison`.
    pub kind: String,
    /// The release that made it.
    pub foresail_version: String,
    /// What the others are set beside.
    pub base: Side,
    /// The others, in the order asked for.
    pub variants: Vec<Variant>,
    /// Which of them, in a few sentences.
    pub answer: String,
}

/// A study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Side {
    /// What it is called here; no two alike.
    pub name: String,
    /// The fingerprint of everything that was read for it.
    pub digest: String,
    /// The seed of all random streams.
    pub seed: u64,
    /// How many replications.
    pub replications: u32,
    /// For how long each was simulated before its time 0 without being counted.
    #[serde(default)]
    pub warm_up_seconds: f64,
    /// The share of the replications that met the objective that is met least; absent where nothing is promised.
    pub objectives_met: Option<f64>,
    /// What may make one of its numbers another.
    pub caveats: Vec<String>,
}

/// A study beside the base.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variant {
    /// Which.
    pub side: Side,
    /// What differs in what was asked, in order of the paths.
    pub inputs: Vec<InputDifference>,
    /// What differs in what came out: headlines first, then by route, service, HPA, node group, namespace and charge.
    pub figures: Vec<FigureDifference>,
    /// The cost difference, part by part; the parts add up to it.
    pub bridge: Vec<BridgeStep>,
    /// The same difference by its causes; absent where a result is of a release that did not keep them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variance: Option<Variance>,
    /// The first decision of replication 0 that went another way; absent where all are alike, or a log is missing.
    pub parting: Option<Parting>,
}

/// A value of the input that is another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InputDifference {
    /// Where it stands: as `--set` calls it, or the object with the field.
    pub path: String,
    /// The base's; absent where it has none.
    pub base: Option<String>,
    /// The other's.
    pub new: Option<String>,
}

/// A figure of both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FigureDifference {
    /// What it is about.
    pub scope: Scope,
    /// The name of what it is about; empty for everything.
    pub name: String,
    /// Its stable name, as in result.json: `latencyMsP95`.
    pub metric: String,
    /// A few words for people.
    pub label: String,
    /// Its unit.
    pub unit: Unit,
    /// Which way it gets better.
    pub better: Better,
    /// Both means, the paired difference, what it says. Absent where only one has the figure, or no replication has it in
    /// both.
    pub pair: Option<Pair>,
    /// The mean of the only one that has it, and whether that is the base.
    pub only: Option<Only>,
}

/// A figure that only one of both has.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Only {
    /// The base has it.
    pub in_base: bool,
    /// Its mean.
    pub mean: f64,
}

/// A part of the cost difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BridgeStep {
    /// A node group (`node group spot`), or a kind of charge that is not of nodes.
    pub name: String,
    /// Its cost in the base, in USD per month.
    pub base: f64,
    /// In the other.
    pub new: f64,
}

/// Why the cost differs. New minus base: positive is more cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variance {
    /// The whole difference over the paired replications, per month of 730 hours.
    pub total_usd_per_month: Estimate,
    /// Its causes, in the order in which they are taken; in each replication they add up to it.
    pub steps: Vec<VarianceStep>,
}

/// One cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VarianceStep {
    /// Which.
    pub step: BridgeStepKind,
    /// What it adds, with its interval over the paired replications.
    pub usd_per_month: Estimate,
    /// Whether it is at least half as wide as its interval; else it is no significant change.
    pub is_change: bool,
}

/// The first time that two histories part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parting {
    /// When, as the log writes it.
    pub time: String,
    /// What the base decided then; absent where it decided nothing more.
    pub base: Option<String>,
    /// What the other decided.
    pub new: Option<String>,
}

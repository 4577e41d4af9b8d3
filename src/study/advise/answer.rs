//! The answer: what to set, what that brings, what it costs in service, and how surely.

use crate::scenario::Setting;
use crate::scenario::wanted::KnobKind;
use crate::study::estimate::Estimate;
use serde::{Deserialize, Serialize};

/// What came of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It keeps what is promised, and costs less.
    Save,
    /// The present setting breaks what is promised; this one keeps it.
    Spend,
    /// The present setting is the best that was found.
    Keep,
    /// No setting that was tried keeps what is promised: this is the least bad.
    NotFound,
}

/// Whose setting it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// A HorizontalPodAutoscaler.
    #[serde(rename_all = "camelCase")]
    Hpa {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A node group.
    Group(String),
    /// A workload.
    #[serde(rename_all = "camelCase")]
    Workload {
        /// `Deployment`.
        kind: String,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// Cluster Autoscaler.
    Autoscaler,
    /// Something else of the scenario.
    Scenario,
}

/// What a change does, both settings meeting the same luck.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// USD per month, more (above 0) or less.
    pub usd_per_month: f64,
    /// Share of the time in breach, more or less.
    pub breach: f64,
    /// Pod-hours per month without a node, more or less.
    pub pending_pod_hours: f64,
    /// P95 of the slowest route in seconds, more or less; none where nobody was answered.
    pub p95_s: Option<f64>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnobAnswer {
    /// `HPA order/order-service minReplicas`.
    pub name: String,
    /// As `--set` takes the recommended value, a text each: in the order of the knobs, a later one has the last word.
    pub sets: Vec<String>,
    /// Whose it is.
    pub owner: Owner,
    /// What it is; none of a path of the user's own.
    pub kind: Option<KnobKind>,
    /// As it is.
    pub current: String,
    /// As it should be.
    pub recommended: String,
    /// Why, in one sentence.
    pub why: String,
    /// The promise or stress that breaks one step further; none where nothing does, or nobody looked.
    pub decided_by: Option<String>,
    /// The most pods or nodes that the recommended setting had, of a minimum or maximum.
    pub most: Option<i64>,
    /// What this change brings alone; none where nothing changes.
    pub alone: Option<Effect>,
    /// What it brings as a part of the recommended setting (Shapley's value).
    pub in_set: Option<Effect>,
}

/// A setting, measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// USD per month.
    pub usd_per_month: Estimate,
    /// The share of periods in which everything promised was kept, with its exact interval.
    pub kept: Estimate,
    /// Share of the time in breach of an objective, 0..=1.
    pub breach: Estimate,
    /// Pod-hours per month without a node.
    pub pending_pod_hours: Estimate,
    /// The longest wait of a pod for a node, seconds.
    pub longest_pending_s: Estimate,
    /// P95 of the slowest route, seconds.
    pub p95_s: Estimate,
    /// Failed requests over all, 0..=1.
    pub failed: Estimate,
    /// kg CO2e per month; absent where nobody asked.
    pub co2e_kg_per_month: Option<Estimate>,
}

/// Whether it holds in periods that the search has not seen, and what the search saw: [`Answer::as_is`] and [`Answer::recommended`] are
/// measured in the former.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldBack {
    /// `the time held back, 20 times`, `20 fresh periods`.
    pub what: String,
    /// `5 periods of training`: what the search saw.
    pub trained_in: String,
    /// The present setting there.
    pub training_as_is: Measured,
    /// The recommended one there.
    pub training_recommended: Measured,
    /// What is promised holds there, and nothing got worse.
    pub holds: bool,
    /// What does not hold, a sentence each.
    pub broken: Vec<String>,
}

/// A stress that a setting must survive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StressAnswer {
    /// `loss of zone us-east-1a`.
    pub name: String,
    /// The present setting survives it.
    pub as_is_survives: bool,
    /// The recommended one does.
    pub recommended_survives: bool,
    /// What breaks under the present setting, a sentence each.
    pub as_is_broken: Vec<String>,
    /// What breaks under the recommended one.
    pub recommended_broken: Vec<String>,
}

/// A change that was not asked for and would save.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Also {
    /// `--scale-down-unneeded-time 2m`.
    pub name: String,
    /// As `--set` takes it.
    pub sets: Vec<String>,
    /// As it is now.
    pub current: String,
    /// What it would be.
    pub value: String,
    /// On top of the recommended setting.
    pub effect: Effect,
    /// In so many replications.
    pub replications: u32,
    /// It keeps what is promised there.
    pub keeps: bool,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// What came of it.
    pub verdict: Verdict,
    /// What is optimised, and what is kept, in a sentence.
    pub aim: String,
    /// Every setting that could move.
    pub knobs: Vec<KnobAnswer>,
    /// The present setting, in fresh periods.
    pub as_is: Measured,
    /// The recommended one, in the same.
    pub recommended: Measured,
    /// Recommended minus present, USD per month, paired.
    pub difference_usd_per_month: Estimate,
    /// Recommended minus present, share of the time in breach, paired.
    pub difference_breach: Estimate,
    /// Recommended minus present, pod-hours per month without a node, paired.
    pub difference_pending_pod_hours: Estimate,
    /// What it is like in periods that the search has not seen.
    pub held_back: HeldBack,
    /// What it survives.
    pub stresses: Vec<StressAnswer>,
    /// What would also save.
    pub would_also_save: Vec<Also>,
    /// Settings with values that might save too, and that nobody tried: there are more than a search has time for.
    #[serde(default)]
    pub also_left_out: Vec<String>,
    /// Why nothing holds: the service or group that decides, and what would be needed.
    pub bottleneck: Option<String>,
    /// Replications simulated, whole periods and windows of stresses together.
    pub replications: u32,
    /// Settings tried.
    pub settings_tried: u32,
    /// The chance that a setting which keeps only 85 % of the periods would be called good in as many as were looked at, 0..=1.
    pub error_rate: f64,
    /// The search was ended before its end: this is the best so far.
    pub best_so_far: bool,
}

impl KnobAnswer {
    /// What it sets.
    pub fn settings(&self) -> impl Iterator<Item = Setting> + '_ {
        self.sets.iter().filter_map(|set| Setting::parse(set).ok())
    }
}

impl Answer {
    /// The settings that change.
    pub fn changes(&self) -> impl Iterator<Item = &KnobAnswer> {
        self.knobs.iter().filter(|knob| knob.current != knob.recommended)
    }
}

//! What a scenario is once everything that it names has been read.

use super::inputs::Inputs;
use super::issue::{Issues, Place};
use super::wanted::Wanted;
use crate::market::Provider;
use crate::units::SimDuration;
use crate::world::{Cast, Timing};
use std::sync::Arc;

/// A scenario ready to be simulated.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is called.
    pub name: String,
    /// What it asks.
    pub description: String,
    /// Whose cloud.
    pub provider: Provider,
    /// Where.
    pub region: String,
    /// `EKS 1.28`, for people.
    pub platform: String,
    /// From when its prices are.
    pub prices: PriceList,
    /// Whose bill it is, and when.
    pub account: Account,
    /// Who pays: how costs are passed on, and budgets.
    pub owners: Owners,
    /// A fingerprint of everything that was read: equal digests, equal scenarios.
    pub digest: String,
    /// What it is made of, to be set beside another.
    pub inputs: Inputs,
    /// What is simulated.
    pub cast: Arc<Cast>,
    /// The clockwork.
    pub timing: Timing,
    /// How long.
    pub duration: SimDuration,
    /// For how long it is simulated before that without being counted; none asks for as long as it takes to settle.
    pub warm_up: Option<SimDuration>,
    /// How often.
    pub replications: u32,
    /// More often, until the intervals of the cost and of the slowest route's P95 reach no farther than this share of the mean, above 0 and
    /// below 1; none for `replications` alone. `study::run` looks at it.
    pub precision: Option<f64>,
    /// The seed.
    pub seed: u64,
    /// How the demand grows each month of 730 hours, if the scenario says so; 0.05 is 5 %.
    pub growth_per_month: Option<f64>,
    /// What figures are held against, as it is written: `check` reads it.
    pub thresholds: Vec<ThresholdText>,
    /// What is asked of a recommendation.
    pub wanted: Wanted,
    /// Some pattern of its traffic is a trace: its end can be held back.
    pub has_trace: bool,
    /// What is doubtful about it: shown above the numbers.
    pub caveats: Issues,
    /// What is paid for and not in its bill, one sentence each.
    pub not_in_bill: Vec<String>,
}

/// A threshold as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThresholdText {
    /// The figure's name: `latencyMsP95`, `latencyMsP95{route:/checkout}`.
    pub figure: String,
    /// `< 200`, `increase < 2%`.
    pub expression: String,
    /// Where.
    pub place: Place,
}

/// Whose bill it is, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// When the simulated time begins.
    pub start: jiff::Timestamp,
    /// The scenario did not say so.
    pub start_assumed: bool,
    /// An IANA name: its days and months are the bill's.
    pub time_zone: String,
    /// As bills name it, if the scenario does.
    pub name: Option<String>,
}

/// How costs are shown by owner and passed on, and budgets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Owners {
    /// Labels of pods by which costs are shown too.
    pub labels: Vec<String>,
    /// Namespaces whose cost all others pay.
    pub share_namespaces: Vec<String>,
    /// Labels whose pods' cost all others pay.
    pub share_labels: Vec<(String, String)>,
    /// The cluster's own cost is passed on too.
    pub share_overhead: bool,
    /// How.
    pub policy: crate::cost::allocation::Policy,
    /// What owners may cost.
    pub budgets: Vec<Budget>,
}

/// What an owner may cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// Whose it is.
    pub owner: BudgetOwner,
    /// USD per calendar month, above 0.
    pub usd_per_month: f64,
}

/// Whose a budget is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BudgetOwner {
    /// Everything.
    Cluster,
    /// A namespace.
    Namespace(String),
    /// Pods with this label.
    Label(String, String),
}

impl std::fmt::Display for BudgetOwner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BudgetOwner::Cluster => f.write_str("cluster"),
            BudgetOwner::Namespace(name) => write!(f, "namespace/{name}"),
            BudgetOwner::Label(key, value) => write!(f, "{key}={value}"),
        }
    }
}

/// From when the prices are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceList {
    /// `2026-07-20`; several, or a word about it, where that is so.
    pub date: String,
    /// Whether some were estimated.
    pub estimated: bool,
}

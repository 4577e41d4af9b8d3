//! What to set instead.

use crate::study::Estimate;
use crate::study::advise::answer::Answer;
pub use crate::study::advise::answer::Verdict;
use serde::{Deserialize, Serialize};

/// A better min and max for every HPA and node group, found by simulating alternatives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recommendation {
    /// What to make of it.
    pub verdict: Verdict,
    /// Recommended minus current; negative saves. Paired: both met the same traffic, on seeds that the
    /// search did not see.
    pub difference_usd_per_month: Estimate,
    /// Share of those replications that kept the service levels as it is.
    pub current_met_ratio: f64,
    /// The same, as recommended.
    pub recommended_met_ratio: f64,
    /// Settings that were simulated.
    pub settings_tried: u32,
    /// Fresh replications of each of the two.
    pub replications: u32,
    /// By HPA, then by node group.
    pub bounds: Vec<RecommendedBounds>,
    /// What the setting as it is and the recommended one cost and emit in those replications; empty where nobody asked for
    /// emissions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<TriedSetting>,
    /// Recommended minus current, paired as the cost is; absent where nobody asked for emissions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference_co2e_kg_per_month: Option<Estimate>,
    /// All that was found: every value that may change, what that does to users, whether it holds; absent in a result of an
    /// earlier release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// A setting of all min and max, and what it costs and emits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TriedSetting {
    /// `as it is`, `recommended`
    pub name: String,
    /// The share of replications that kept the service levels.
    pub met_ratio: f64,
    /// In a month of 730 hours.
    pub cost_usd_per_month: Estimate,
    /// kg CO2e in a month of 730 hours.
    pub co2e_kg_per_month: Estimate,
}

/// A better min and max for one HPA or node group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecommendedBounds {
    /// `HPA order/order-service`, `node group app-nodes`.
    pub target: String,
    /// As it is.
    pub current_min: u32,
    /// As it is.
    pub current_max: u32,
    /// As it should be.
    pub min: u32,
    /// As it should be.
    pub max: u32,
    /// Why, in one sentence.
    pub reason: String,
}

//! What the next twelve calendar months cost.

use crate::study::Estimate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Twelve whole calendar months of the account, from the one in which the simulated time begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForecastResult {
    /// How demand grows, each month of 730 hours: 0.05 is 5 %.
    pub growth_per_month: f64,
    /// What it rests on, in a sentence or two.
    pub basis: String,
    /// Levels of demand that were simulated.
    pub levels: u32,
    /// Replications of each.
    pub replications: u32,
    /// In order.
    pub months: Vec<ForecastMonthResult>,
    /// All months together, amortised: the mean, and P5 and P95 over the replications.
    pub cost_usd: Estimate,
    /// All months together, invoiced.
    pub net_usd: Estimate,
    /// Budgets against the months.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<ForecastBudget>,
}

/// One month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForecastMonthResult {
    /// `2026-12`.
    pub month: String,
    /// When it begins, RFC 3339.
    pub from: String,
    /// Its end, exclusive.
    pub until: String,
    /// The mean of its demand over that at the start of the simulated time.
    pub demand: f64,
    /// Amortised.
    pub cost_usd: Estimate,
    /// Invoiced: what is paid upfront is in the month in which it is paid.
    pub net_usd: Estimate,
    /// The mean amortised cost by kind of charge; adds up to the mean of `costUsd`.
    pub charges_usd: BTreeMap<String, f64>,
    /// Commitments that begin or end in it: `app ends on 2027-06-01`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
}

/// A budget over the year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForecastBudget {
    /// `cluster`, `namespace/order`, `team=payments`.
    pub owner: String,
    /// What it allows each month, USD.
    pub budget_usd: f64,
    /// What is expected of it in each month, USD.
    pub expected_usd: Vec<f64>,
    /// The first month whose expected cost exceeds it; absent where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exceeded_in: Option<String>,
}

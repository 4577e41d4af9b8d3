//! What everybody costs: by namespace, controller, service and label; against budgets; per request.

use crate::study::Estimate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Costs by one kind of owner. Rows add up to the whole cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllocationTable {
    /// `namespace`, `controller`, `service`, `label:team`.
    pub by: String,
    /// How idle and shared costs are told, in a sentence.
    pub policy: String,
    /// The dearest first; `__idle__` and `__unallocated__` last.
    pub rows: Vec<OwnerCost>,
}

/// What one owner costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnerCost {
    /// Its name.
    pub name: String,
    /// At 730 hours a month, amortised.
    pub cost_usd_per_month: Estimate,
    /// The mean by part: `cpu`, `ram`, `gpu`, `volumes`, `network`, `loadBalancers`, `external`, `shared`; those that are not 0.
    pub parts_usd_per_month: BTreeMap<String, f64>,
}

/// A budget, and what is to be expected of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BudgetResult {
    /// `cluster`, `namespace/order`, `team=payments`.
    pub owner: String,
    /// The calendar month that it is about: the first of the simulated time.
    pub month: String,
    /// What it allows, USD.
    pub budget_usd: f64,
    /// What that month would cost if all of it were like the simulated time: its mean and percentiles over the replications.
    pub expected_usd: Estimate,
    /// The share of replications that exceed it, with the exact (Clopper-Pearson) 95 % interval.
    pub exceeds_ratio: Estimate,
    /// The day of the month on which the expected cost passes the budget; absent where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exceeded_on: Option<String>,
}

/// What a request costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnitCost {
    /// `all`, `route /checkout`, `service order/order-service`.
    pub of: String,
    /// USD per million requests.
    pub usd_per_million_requests: Estimate,
    /// USD per thousand requests that were answered within the objective; absent where none is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_per_thousand_within_objective: Option<Estimate>,
}

//! What the cost is made of, as far as two runs are compared by it.

use crate::cost::Paid;
use crate::study::Estimate;
use serde::{Deserialize, Serialize};

/// Volume, capacity and prices: what a cost difference is explained by. Per month of 730 hours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CostDrivers {
    /// Requests of users; 0 without traffic.
    pub requests: Estimate,
    /// Nodes, by machine family and by how they are paid for.
    pub capacity: Vec<CapacityResult>,
    /// What is no node, USD.
    pub fixed_usd: Estimate,
    /// What commitments cost that covered nothing, USD.
    pub unused_commitments_usd: Estimate,
}

/// Nodes of one family that are paid for in the same way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CapacityResult {
    /// `m5`, `n2`
    pub family: String,
    /// How they are paid for.
    pub paid: Paid,
    /// vCPU-hours.
    pub vcpu_hours: Estimate,
    /// What they cost, amortised, USD.
    pub cost_usd: Estimate,
}

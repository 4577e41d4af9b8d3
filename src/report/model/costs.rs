//! What was paid.

use crate::study::Estimate;
use serde::{Deserialize, Serialize};

/// What one kind of charge costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChargeResult {
    /// `on-demand nodes`, `control plane`.
    pub name: String,
    /// At 730 hours a month.
    pub cost_usd_per_month: Estimate,
}

/// What one namespace costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamespaceResult {
    /// Its name, or `__idle__`, `__unallocated__`.
    pub name: String,
    /// At 730 hours a month.
    pub cost_usd_per_month: Estimate,
}

/// One row of `costs.csv`: the mean over replications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CostRow {
    /// Days since the start.
    pub day: u32,
    /// The node group; empty for what is no node.
    pub group: String,
    /// The namespace, `__idle__` or `__unallocated__`.
    pub namespace: String,
    /// `cpu`, `ram`, or the kind of charge.
    pub resource: String,
    /// USD, to the nano-USD.
    pub cost_usd: f64,
}

//! What a month costs, and over what that is said.

use serde::{Deserialize, Serialize};

/// A month of 730 hours, as replications of another length tell it. Amounts are USD.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MonthResult {
    /// The mean of all months.
    pub mean: f64,
    /// Where that mean lies, 95 %; absent from a single replication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// One single month of twenty costs less; absent from a single replication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p5: Option<f64>,
    /// One single month of twenty costs more; absent from a single replication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<f64>,
    /// How many independent stretches of the simulated time make up a month.
    pub stretches: f64,
    /// What differs between the histories, in a few words: `over 10 replications of the same 7 days`.
    pub over: String,
    /// What is the same in all of them and what could be done about that; empty where weeks differ.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub left_out: String,
}

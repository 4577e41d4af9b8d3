//! What was committed to in advance, and what would pay.

use crate::study::Estimate;
use serde::{Deserialize, Serialize};

/// All commitments, over the replications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommitmentsResult {
    /// The list cost of covered usage over that of all usage that could be covered.
    pub coverage: Estimate,
    /// In the order of the scenario.
    pub commitments: Vec<CommitmentResult>,
}

/// One commitment. Money is USD in the simulated time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommitmentResult {
    /// Its name in the scenario.
    pub name: String,
    /// `regionalReservedInstance`
    pub kind: String,
    /// `3 x m5.large in us-east-1`
    pub what: String,
    /// `1y`, `3y`
    pub term: String,
    /// `noUpfront`
    pub payment: String,
    /// The share that was used.
    pub utilisation: Estimate,
    /// What covered usage costs at list price.
    pub covered_list_usd: Estimate,
    /// What is invoiced.
    pub net_usd: Estimate,
    /// What it costs, amortised.
    pub effective_usd: Estimate,
    /// The part of that which covered nothing.
    pub unused_usd: Estimate,
}

/// A commitment that would pay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdvisedCommitment {
    /// `ec2InstanceSavingsPlan`
    pub kind: String,
    /// `m5 in us-east-1`
    pub what: String,
    /// `1y`, `3y`
    pub term: String,
    /// `noUpfront`
    #[serde(default)]
    pub payment: String,
    /// How much: `$0.181 an hour`, `8 vCPU`.
    pub amount: String,
    /// What it costs, used or not, with what is paid upfront spread evenly over the term.
    pub usd_per_hour: f64,
    /// What is paid when the term begins.
    #[serde(default)]
    pub upfront_usd: f64,
    /// What it saves in a month of 730 hours.
    pub saving_usd_per_month: Estimate,
    /// The share of the replications in which it saves.
    pub saves: f64,
    /// The share of it that is used.
    pub utilisation: Estimate,
    /// The share of it that has to be used for it to cost as much as what it covers.
    #[serde(default)]
    pub break_even: f64,
    /// What it saves if less is used.
    #[serde(default)]
    pub if_usage_falls: Vec<SavingIfUsageFalls>,
    /// Whether its rates are estimated.
    pub is_estimated: bool,
}

/// What a commitment saves if in each hour less is used than was simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavingIfUsageFalls {
    /// By which part, 0 to 1.
    pub by: f64,
    /// In a month of 730 hours; negative where it costs more than it saves.
    pub saving_usd_per_month: Estimate,
}

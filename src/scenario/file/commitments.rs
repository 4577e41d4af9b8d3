//! What was committed to in advance.

use crate::market::{PaymentOption, TermLength};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A commitment.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Commitment {
    /// What it is called; no two alike.
    #[schemars(example = "sp-2026")]
    pub name: String,
    /// Of which kind.
    #[schemars(example = &"computeSavingsPlan")]
    pub kind: CommitmentKind,
    /// What is reserved: `m5.large`.
    #[serde(default)]
    #[schemars(example = "m5.large")]
    pub instance_type: Option<String>,
    /// The zone of a zonal one.
    #[serde(default)]
    #[schemars(example = "us-east-1a")]
    pub zone: Option<String>,
    /// The family of an EC2 Instance Savings Plan, or Google's machine series.
    #[serde(default)]
    #[schemars(example = &"m5")]
    pub family: Option<String>,
    /// Where, if not in the cluster's region.
    #[serde(default)]
    #[schemars(extend("x-default" = "cluster.region"), example = "us-east-1")]
    pub region: Option<String>,
    /// How many Reserved Instances.
    #[serde(default)]
    #[schemars(extend("x-unit" = "Reserved Instances"), example = 3)]
    pub count: Option<i64>,
    /// The hourly commitment of Savings Plans and flexible commitments.
    #[serde(default)]
    #[schemars(extend("x-unit" = "USD per hour"), example = 1.5)]
    pub usd_per_hour: Option<f64>,
    /// vCPUs of a resource-based commitment.
    #[serde(default)]
    #[schemars(extend("x-unit" = "vCPUs"), example = 16)]
    pub vcpu: Option<f64>,
    /// Its memory, GiB.
    #[serde(default)]
    #[schemars(extend("x-unit" = "GiB"), example = 64)]
    pub memory_gib: Option<f64>,
    /// The day on which it begins; with the simulated time, if that is not said.
    #[serde(default)]
    #[schemars(extend("x-default" = "with the simulated time", "x-unit" = "YYYY-MM-DD"), example = "2026-01-01")]
    pub from: Option<String>,
    /// The day on which it ends.
    #[serde(default)]
    #[schemars(extend("x-unit" = "YYYY-MM-DD"), example = "2027-01-01")]
    pub until: Option<String>,
    /// Or how long it lasts.
    #[serde(default)]
    #[schemars(example = "1y")]
    pub term: Option<Term>,
    /// How it is paid.
    #[serde(default)]
    #[schemars(example = &"noUpfront")]
    pub payment: Option<Payment>,
    /// What is paid upfront for each Reserved Instance, instead of the list price.
    #[serde(default)]
    #[schemars(extend("x-default" = "the list price", "x-unit" = "USD each"), example = 500)]
    pub upfront_usd: Option<f64>,
    /// What each Reserved Instance, or a resource-based commitment, costs an hour besides.
    #[serde(default)]
    #[schemars(extend("x-default" = "the list price", "x-unit" = "USD per hour"), example = 0.03)]
    pub hourly_usd: Option<f64>,
    /// Rates of a Savings Plan by machine type, USD per hour, instead of those of the tables.
    #[serde(default)]
    #[schemars(extend("x-default" = "the tables'", "x-unit" = "USD per hour"), example = serde_json::json!({"m5.large": 0.07}))]
    pub rates: BTreeMap<String, f64>,
    /// The discount of a flexible commitment, 0 to 1, instead of the listed one.
    #[serde(default)]
    #[schemars(extend("x-default" = "the listed one", "x-unit" = "0 to 1"), example = 0.28)]
    pub discount: Option<f64>,
}

/// Kinds of commitments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum CommitmentKind {
    ZonalReservedInstance,
    RegionalReservedInstance,
    Ec2InstanceSavingsPlan,
    ComputeSavingsPlan,
    GoogleResource,
    GoogleFlexible,
}

/// How long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[allow(missing_docs)]
pub enum Term {
    #[serde(rename = "1y")]
    OneYear,
    #[serde(rename = "3y")]
    ThreeYears,
}

impl From<Term> for TermLength {
    fn from(term: Term) -> Self {
        match term {
            Term::OneYear => TermLength::OneYear,
            Term::ThreeYears => TermLength::ThreeYears,
        }
    }
}

/// When one pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Payment {
    NoUpfront,
    PartialUpfront,
    AllUpfront,
}

impl From<Payment> for PaymentOption {
    fn from(payment: Payment) -> Self {
        match payment {
            Payment::NoUpfront => PaymentOption::NoUpfront,
            Payment::PartialUpfront => PaymentOption::PartialUpfront,
            Payment::AllUpfront => PaymentOption::AllUpfront,
        }
    }
}

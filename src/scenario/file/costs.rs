//! What is paid for besides nodes.

use serde::Deserialize;

/// A managed service.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Managed {
    /// `rds`, `elasticache`...
    pub service: String,
    /// `db.m5.large`...
    pub class: String,
    /// How many; 2 for Multi-AZ.
    #[serde(default)]
    pub count: Option<f64>,
    /// Whose it is.
    #[serde(default)]
    pub namespace: Option<String>,
}

/// Something else that is paid for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Charge {
    /// What it is called.
    pub name: String,
    /// An item of the price list...
    #[serde(default)]
    pub item: Option<String>,
    /// ...and how many units of it a month (or hours' worth: 1).
    #[serde(default)]
    pub quantity: Option<f64>,
    /// Or simply USD per month.
    #[serde(default)]
    pub usd_per_month: Option<f64>,
    /// Whose it is.
    #[serde(default)]
    pub namespace: Option<String>,
}

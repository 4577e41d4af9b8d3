//! What is paid for besides nodes.

use crate::units::Quantity;
use serde::Deserialize;

/// Whose bill it is, and when.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Billing {
    /// When the simulated time begins: a date or a moment.
    #[serde(default)]
    pub start: Option<String>,
    /// The account's time zone, an IANA name: its days and months.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// The account that pays, as bills name it.
    #[serde(default)]
    pub account: Option<String>,
}

/// A managed service.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Managed {
    /// `rds-postgres`, `elasticache-redis`...
    pub service: String,
    /// `db.m5.large`...
    pub class: String,
    /// What it is called.
    #[serde(default)]
    pub name: Option<String>,
    /// How many.
    #[serde(default)]
    pub count: Option<f64>,
    /// With a standby in another zone.
    #[serde(default)]
    pub multi_az: Option<bool>,
    /// How much is stored: of each instance, or of all together where they share a volume (Aurora, DocumentDB).
    #[serde(default)]
    pub storage: Option<Quantity>,
    /// `gp3`, `gp2`, `io1`...
    #[serde(default)]
    pub storage_class: Option<String>,
    /// Provisioned IOPS of each instance's storage; what comes free is taken off.
    #[serde(default)]
    pub iops: Option<u32>,
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
    /// ...and how many units of it: at all times, or a month for what is paid for by the unit.
    #[serde(default)]
    pub quantity: Option<f64>,
    /// Or simply USD per month.
    #[serde(default)]
    pub usd_per_month: Option<f64>,
    /// Whose it is.
    #[serde(default)]
    pub namespace: Option<String>,
}

//! The bill: every line, over all replications. Every total anywhere is a sum of these.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The mean bill of the replications, for the simulated time as it lies in the calendar.
///
/// Money is USD, exact to the nano-USD: means over replications are rounded so that lines add up to the mean total.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BillResult {
    /// When the simulated time begins, RFC 3339: `2026-12-01T00:00:00Z`.
    pub start: String,
    /// Whether the scenario said so, or it was assumed.
    pub start_assumed: bool,
    /// The account that pays, as bills name it, if the scenario says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The account's time zone, an IANA name; months and days are this zone's.
    pub time_zone: String,
    /// Bounds of the periods that cells count, RFC 3339, one more than there are periods.
    pub periods: Vec<String>,
    /// What periods are: `hour` up to 32 days, else `day`.
    pub grain: String,
    /// The first period of each calendar month that is touched: `2026-12` with its place in `periods`.
    pub months: Vec<BillMonth>,
    /// The lines, by kind, resource, SKU, zone.
    pub lines: Vec<BillLineResult>,
    /// What is not in this bill, one sentence each.
    pub not_in_bill: Vec<String>,
}

/// A calendar month of the account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BillMonth {
    /// `2026-12`.
    pub name: String,
    /// When it begins and ends, RFC 3339, whether or not the simulated time fills it.
    pub from: String,
    /// Its end, exclusive.
    pub until: String,
    /// The first of [`BillResult::periods`] in it.
    pub first_period: u32,
}

/// One line of the bill.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BillLineResult {
    /// `on-demand nodes`, as [`ChargeResult`](super::ChargeResult) names it.
    pub kind: String,
    /// The provider's service: `Amazon Elastic Compute Cloud`.
    pub service: String,
    /// The machine type, or what the service sells.
    pub sku: String,
    /// A few words for people.
    pub name: String,
    /// The thing that is paid for.
    pub resource: String,
    /// The node group, for nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The namespace that pays it all, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The region.
    pub region: String,
    /// The zone, for what lies in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Labels and tags of the resource.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// `Hours`, `GiB-Months`, `GB`.
    pub unit: String,
    /// `onDemand`, `spot`, `committed`, `free`.
    pub price_type: String,
    /// What the line is of a commitment: absent for usage that none covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<BillCommitment>,
    /// The public list price of a unit, USD.
    pub list_unit_price_usd: f64,
    /// What is paid for a unit, USD: 0 for what a commitment covers; the mean over time for spot.
    pub unit_price_usd: f64,
    /// What a unit would cost without the commitment that covers it, USD, where that is not the list price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contracted_unit_price_usd: Option<f64>,
    /// Who published the price.
    pub price_source: String,
    /// When.
    pub price_date: String,
    /// How it was estimated, if it is not a listed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated: Option<String>,
    /// Units, mean of the replications.
    pub quantity: f64,
    /// At list prices, USD.
    pub list_usd: f64,
    /// What is invoiced, USD.
    pub net_usd: f64,
    /// With commitments' fees spread over what they cover (amortised), USD.
    pub effective_usd: f64,
    /// Of `netUsd` over the replications: 5th and 95th percentile.
    pub net_usd_p5: f64,
    /// Of `netUsd` over the replications: 95th percentile.
    pub net_usd_p95: f64,
    /// By period; periods without any are left out.
    pub cells: Vec<BillCell>,
    /// By day, where periods are hours: of a day's hours only the means add up, not the percentiles. `period` counts the
    /// days of the account's time zone that the simulated time touches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<BillCell>,
}

/// What a line is of a commitment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BillCommitment {
    /// Its name in the scenario.
    pub id: String,
    /// `regionalReservedInstance`, `computeSavingsPlan`, ...
    pub kind: String,
    /// `used`, `unused` or `fee`.
    pub part: String,
}

/// A line in one period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BillCell {
    /// Which of [`BillResult::periods`].
    pub period: u32,
    /// Units, mean.
    pub quantity: f64,
    /// At list prices, USD.
    pub list_usd: f64,
    /// What is invoiced, USD.
    pub net_usd: f64,
    /// Amortised, USD.
    pub effective_usd: f64,
    /// 5th percentile of `netUsd` over the replications.
    pub net_usd_p5: f64,
    /// 95th percentile.
    pub net_usd_p95: f64,
}

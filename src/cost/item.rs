//! What a line of the bill is of: everything about it but when and how much.

use super::ids::NamespaceId;
use super::kind::ChargeKind;
use crate::id::WorkloadId;
use crate::market::{Origin, Tier};
use std::sync::Arc;

/// How the quantity of a line comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// Units times hours: instance-hours, LCU-hours.
    Hour,
    /// Units times hours over the hours of the calendar month: a GB-month costs the same in February.
    Month,
    /// Units: GB moved, requests.
    Count,
}

/// A unit that is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit {
    /// As bills print it: `Hours`, `GiB-Months`, `GB`, `LCU-Hours`.
    pub name: &'static str,
    /// How its quantity comes about.
    pub basis: Basis,
}

/// Under which terms a line is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PriceType {
    /// The list price, or what was negotiated for it.
    OnDemand,
    /// The spot market's.
    Spot,
    /// Covered by a commitment.
    Committed,
    /// Used, and not paid: a free tier, a spot instance that was reclaimed in its first hour.
    Free,
}

/// The price of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPrice {
    /// For what.
    pub unit: Unit,
    /// Under which terms.
    pub price_type: PriceType,
    /// At least one, the first above 0, ascending.
    pub tiers: Vec<Tier>,
    /// Where it is from.
    pub origin: Origin,
}

/// Who pays for a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payer {
    /// The whole cluster: overhead.
    Cluster,
    /// A namespace of the ledger.
    Namespace(NamespaceId),
    /// The pods of these workloads, by the time they run; the first where none runs.
    Workloads(Vec<WorkloadId>),
    /// Whoever holds the node: divided by requests and usage.
    Holders,
}

/// What a line of the bill is of. Declared once, before time starts, in the same order in each replication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Foresail's own grouping.
    pub kind: ChargeKind,
    /// The provider's service: `Amazon Elastic Compute Cloud`.
    pub service: Arc<str>,
    /// The machine type, or what the service sells: `m5.large`, `eks.extended-support`, `nat-gateway.hours`.
    pub sku: Arc<str>,
    /// A few words for people.
    pub name: Arc<str>,
    /// The thing that is paid for: `node group app`, `claim order/data`, `load balancer kong/kong-proxy`.
    pub resource: Arc<str>,
    /// The region.
    pub region: Arc<str>,
    /// The zone, for what lies in one.
    pub zone: Option<Arc<str>>,
    /// Who pays.
    pub payer: Payer,
    /// Labels and tags of the thing, sorted.
    pub labels: Vec<(Arc<str>, Arc<str>)>,
    /// At which price.
    pub price: UnitPrice,
    /// What is invoiced for a unit in each hour, nano-USD, where it changes with time; the last holds on.
    pub net_by_hour: Option<Arc<[i64]>>,
}

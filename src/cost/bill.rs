//! A closed ledger: lines of money, and the same money by who caused it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::ids::NamespaceId;
use crate::id::{GroupId, Id};
use crate::units::{HOURS_PER_MONTH, Money, SimDuration};
use serde::{Deserialize, Serialize};

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChargeKind {
    /// Nodes at list price.
    OnDemandNodes,
    /// Nodes at spot prices.
    SpotNodes,
    /// The managed control plane.
    ControlPlane,
    /// Disks.
    Volumes,
    /// Load balancers, their capacity units and traffic.
    LoadBalancers,
    /// Databases, caches, brokers, storage, DNS.
    ManagedServices,
    /// Traffic between zones, through NAT and to the internet.
    DataTransfer,
}

impl ChargeKind {
    /// All kinds, in the order reports show them.
    pub const ALL: [ChargeKind; 7] = [
        ChargeKind::OnDemandNodes,
        ChargeKind::SpotNodes,
        ChargeKind::ControlPlane,
        ChargeKind::Volumes,
        ChargeKind::LoadBalancers,
        ChargeKind::ManagedServices,
        ChargeKind::DataTransfer,
    ];
    /// A few words for people.
    pub const fn name(self) -> &'static str {
        match self {
            ChargeKind::OnDemandNodes => "on-demand nodes",
            ChargeKind::SpotNodes => "spot nodes",
            ChargeKind::ControlPlane => "control plane",
            ChargeKind::Volumes => "volumes",
            ChargeKind::LoadBalancers => "load balancers",
            ChargeKind::ManagedServices => "managed services",
            ChargeKind::DataTransfer => "data transfer",
        }
    }
}

impl fmt::Display for ChargeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One line of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine {
    /// Days since the start of the simulation.
    pub day: u32,
    /// What it is for.
    pub kind: ChargeKind,
    /// The node group, for nodes.
    pub group: Option<GroupId>,
    /// The machine type, or the name the charge was given.
    pub name: Arc<str>,
    /// Summed time of all units of the line; zero for single charges.
    pub span: SimDuration,
    /// What it costs.
    pub amount: Money,
}

/// Who a share of the money belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// A namespace.
    Namespace(NamespaceId),
    /// Paid for, held by nobody: `__idle__`.
    Idle,
    /// Belongs to the whole cluster: `__unallocated__`.
    Unallocated,
}

impl Owner {
    /// What OpenCost calls what nobody held.
    pub const IDLE: &str = "__idle__";
    /// What OpenCost calls the cluster's own costs.
    pub const UNALLOCATED: &str = "__unallocated__";
}

/// What a share is a share of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ShareKind {
    /// The CPU part of nodes.
    Cpu,
    /// The memory part of nodes.
    Ram,
    /// A charge that is no node.
    Charge(ChargeKind),
}

/// One owner's share of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillShare {
    /// Days since the start of the simulation.
    pub day: u32,
    /// Who it belongs to.
    pub owner: Owner,
    /// What it is a share of.
    pub kind: ShareKind,
    /// The node group, for nodes.
    pub group: Option<GroupId>,
    /// What it costs.
    pub amount: Money,
}

/// Everything a run cost. `lines` and `shares` are the same money twice, equal to the nano-USD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// How long was billed.
    pub span: SimDuration,
    /// Ordered by day, kind, group, name.
    pub lines: Vec<BillLine>,
    /// Ordered by day, owner, kind, group.
    pub shares: Vec<BillShare>,
    pub(super) groups: Vec<Arc<str>>,
    pub(super) namespaces: Vec<Arc<str>>,
}

impl Bill {
    /// The whole amount.
    pub fn total(&self) -> Money {
        self.lines.iter().map(|line| line.amount).sum()
    }
    /// What `amount` for `span` is at 730 hours a month; zero for an empty span.
    pub fn at_monthly_rate(amount: Money, span: SimDuration) -> Money {
        let month = SimDuration::from_hours(HOURS_PER_MONTH);
        amount.share(i128::from(month.as_millis()), i128::from(span.as_millis()))
    }
    /// Totals by kind, only those that occur.
    pub fn by_kind(&self) -> BTreeMap<ChargeKind, Money> {
        sum_by(self.lines.iter().map(|line| (line.kind, line.amount)))
    }
    /// The owner's name: the namespace's, or OpenCost's `__idle__` and `__unallocated__`.
    pub fn owner_name(&self, owner: Owner) -> &str {
        match owner {
            Owner::Namespace(id) => &self.namespaces[id.index()],
            Owner::Idle => Owner::IDLE,
            Owner::Unallocated => Owner::UNALLOCATED,
        }
    }
}

fn sum_by<K: Ord>(amounts: impl Iterator<Item = (K, Money)>) -> BTreeMap<K, Money> {
    let mut totals = BTreeMap::new();
    for (key, amount) in amounts {
        *totals.entry(key).or_insert(Money::ZERO) += amount;
    }
    totals
}

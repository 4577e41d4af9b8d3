//! A closed ledger: lines of money, and the same money by who caused it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::calendar::Calendar;
use super::ids::{ItemId, NamespaceId};
use super::line::Line;
use crate::id::{GroupId, Id, WorkloadId};
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
    /// What was committed to in advance: fees, and what of them covers nothing.
    Commitments,
    /// Compute that is paid for otherwise than by the node: pods of Fargate and Autopilot, Auto Mode's fee, cpu credits.
    ComputeFees,
    /// The managed control plane.
    ControlPlane,
    /// Disks.
    Volumes,
    /// Load balancers, their capacity units and traffic.
    LoadBalancers,
    /// Databases and search.
    Databases,
    /// Caches.
    Caches,
    /// Message brokers, queues and streams.
    Brokers,
    /// Object and file storage, image registries.
    Storage,
    /// Name servers.
    Dns,
    /// Logs, metrics and alarms.
    Monitoring,
    /// Other services, and what the scenario gives in USD per month.
    ManagedServices,
    /// Traffic between zones, through NAT and to the internet.
    DataTransfer,
}

impl ChargeKind {
    /// All kinds, in the order reports show them.
    pub const ALL: [ChargeKind; 15] = [
        ChargeKind::OnDemandNodes,
        ChargeKind::SpotNodes,
        ChargeKind::Commitments,
        ChargeKind::ComputeFees,
        ChargeKind::ControlPlane,
        ChargeKind::Volumes,
        ChargeKind::LoadBalancers,
        ChargeKind::Databases,
        ChargeKind::Caches,
        ChargeKind::Brokers,
        ChargeKind::Storage,
        ChargeKind::Dns,
        ChargeKind::Monitoring,
        ChargeKind::ManagedServices,
        ChargeKind::DataTransfer,
    ];
    /// A few words for people.
    pub const fn name(self) -> &'static str {
        match self {
            ChargeKind::OnDemandNodes => "on-demand nodes",
            ChargeKind::SpotNodes => "spot nodes",
            ChargeKind::Commitments => "commitments",
            ChargeKind::ComputeFees => "compute fees",
            ChargeKind::ControlPlane => "control plane",
            ChargeKind::Volumes => "volumes",
            ChargeKind::LoadBalancers => "load balancers",
            ChargeKind::Databases => "databases",
            ChargeKind::Caches => "caches",
            ChargeKind::Brokers => "message brokers",
            ChargeKind::Storage => "storage",
            ChargeKind::Dns => "DNS",
            ChargeKind::Monitoring => "monitoring",
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

/// Who a share of the money belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// The pods of a workload.
    Workload(WorkloadId),
    /// A namespace, for what no workload of it holds.
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
    /// The accelerators of nodes.
    Gpu,
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

/// Everything a run cost. The lines' amortised amounts and the shares are the same money, equal to the nano-USD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// How long was billed.
    pub span: SimDuration,
    /// Hours, days and months.
    pub calendar: Arc<Calendar>,
    /// Ordered by key.
    pub lines: Vec<Line>,
    /// Ordered by day, owner, kind, group.
    pub shares: Vec<BillShare>,
    pub(super) groups: BTreeMap<ItemId, GroupId>,
    pub(super) namespaces: Vec<Arc<str>>,
}

impl Bill {
    /// The whole amount, amortised.
    pub fn total(&self) -> Money {
        self.lines.iter().map(|line| line.total(&self.calendar).effective).sum()
    }
    /// What `amount` for `span` is at 730 hours a month; zero for an empty span.
    pub fn at_monthly_rate(amount: Money, span: SimDuration) -> Money {
        let month = SimDuration::from_hours(HOURS_PER_MONTH);
        amount.share(i128::from(month.as_millis()), i128::from(span.as_millis()))
    }
    /// The node group of a line of nodes.
    pub fn group(&self, line: &Line) -> Option<GroupId> {
        self.groups.get(&line.key.item).copied()
    }
    /// The name of a namespace of [`Owner::Namespace`].
    pub fn namespace(&self, id: NamespaceId) -> &str {
        &self.namespaces[id.index()]
    }
}

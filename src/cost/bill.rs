//! A closed ledger: lines of money, and the same money by who caused it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::calendar::Calendar;
use super::ids::{ItemId, NamespaceId};
use super::kind::ChargeKind;
use super::line::Line;
use crate::id::{GroupId, Id, WorkloadId};
use crate::units::{HOURS_PER_MONTH, Money, SimDuration};
use serde::{Deserialize, Serialize};

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

//! What goes wrong, and when.

use crate::id::{GroupId, WorkloadId};
use crate::intern::Symbol;
use crate::units::{SimDuration, SimTime};

/// Something that goes wrong, or is done, at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// When it begins.
    pub at: SimTime,
    /// When it ends, where it has an end.
    pub until: SimTime,
    /// What it is.
    pub kind: FaultKind,
}

impl Fault {
    /// Whether it has begun and not ended; one that ends no later than it begins has no end.
    pub fn is_in_force(&self, now: SimTime) -> bool {
        self.at <= now && (now < self.until || self.until <= self.at)
    }
}

/// Kinds of faults.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// A node is gone at once.
    NodeLost {
        /// In this group.
        group: GroupId,
        /// Which of its registered nodes, counted in the order of their names; modulo their number.
        pick: u32,
        /// What the cloud does then.
        replacement: Replacement,
    },
    /// A node reports nothing while the fault lasts.
    NodeUnreachable {
        /// In this group.
        group: GroupId,
        /// Which of its registered nodes, counted in the order of their names; modulo their number.
        pick: u32,
    },
    /// Containers of running pods stop answering until the fault ends.
    ContainersHang {
        /// The workload whose containers hang.
        workload: WorkloadId,
        /// How many of its ready pods, the oldest first.
        pods: u32,
    },
    /// A node gets its spot notice.
    SpotNotice {
        /// In this group.
        group: GroupId,
        /// Which of its registered nodes, counted in the order of their names; modulo their number.
        pick: u32,
        /// What the cloud does then.
        replacement: Replacement,
    },
    /// Requests for more nodes fail.
    IncreaseError(GroupId),
    /// Instances launched now never come; the cloud says so after a while.
    InstanceError(GroupId, SimDuration),
    /// Instances launched now never register.
    NeverRegisters(GroupId),
    /// A zone is out: its nodes are lost, and no node starts there.
    ZoneOutage(Symbol),
    /// A spot pool (group, machine number, zone) or all of a group has no capacity.
    NoCapacity(GroupId),
}

/// What the cloud does about a lost instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Launches another one.
    Replace,
    /// Shrinks the group's target.
    Shrink,
    /// Nothing: the target stays too high.
    None,
}

/// What empties a node after its spot notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnNotice {
    /// Its pods are deleted, whatever their budgets say: the kubelet shuts down (Google Cloud, the recordings).
    #[default]
    Delete,
    /// Its pods are evicted as far as their budgets let them go, again and again until the instance goes:
    /// aws-node-termination-handler.
    Evict,
}

/// Rebalance recommendations ahead of spot notices, and what is done about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebalance {
    /// How long before the notice.
    pub lead: SimDuration,
    /// What the termination handler does.
    pub response: OnRebalance,
}

/// What the termination handler does about a rebalance recommendation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRebalance {
    /// Nothing.
    Nothing,
    /// Cordons the node.
    Cordon,
    /// Cordons the node and evicts its pods.
    Drain,
}

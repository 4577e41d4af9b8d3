//! Why somebody decided what he decided, as data.

use crate::autoscaler::drain::BlockingReason;
use crate::cluster::PodId;
use crate::controllers::job::JobFailure;
use crate::hpa::Grounds;
use crate::intern::Symbol;
use crate::vpa::Update;
use crate::world::{GroupId, InstanceId};

/// What an HPA saw when it changed the replicas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeenByHpa {
    /// Which of the cast's HPAs it is.
    pub hpa: usize,
    /// What it decided by.
    pub grounds: Grounds,
    /// Requests per second (thousandths) that reached the target's service in the last step; 0 without one.
    pub milli_requests_per_second: u64,
}

/// An instance that is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launched {
    /// Which.
    pub id: InstanceId,
    /// Its group.
    pub group: GroupId,
    /// Which of the group's machine types it is.
    pub machine: usize,
    /// Its zone, or the empty symbol.
    pub zone: Symbol,
}

/// Why Cluster Autoscaler keeps a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepReason {
    /// By annotation.
    Annotated,
    /// It is not ready, and such nodes are left alone.
    Unready,
    /// How many percent of it its pods request.
    Utilized(u16),
    /// The group has its least size.
    GroupAtMinimum,
    /// The cluster has its least cores or memory.
    ClusterAtMinimum,
    /// No other node takes its pods.
    NoPlaceForItsPods,
    /// A pod must not be moved.
    Blocked {
        /// By which rule.
        reason: BlockingReason,
        /// Which one; absent if it is on the node in the what-if alone.
        pod: Option<PodId>,
    },
}

impl KeepReason {
    /// The same reason, whatever the numbers.
    pub(in crate::sim) fn is_like(&self, other: &KeepReason) -> bool {
        match (self, other) {
            (KeepReason::Blocked { reason: a, .. }, KeepReason::Blocked { reason: b, .. }) => a == b,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// Why a node object went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeEnd {
    /// Removed by Cluster Autoscaler.
    ScaleDown,
    /// Lost without warning.
    Lost,
    /// Reclaimed after a spot notice.
    Spot,
}

/// Who evicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evictor {
    /// Cluster Autoscaler.
    ClusterAutoscaler,
    /// The taint manager, on a node that cannot be reached.
    TaintManager,
    /// The VPA's updater, for other requests.
    VpaUpdater(Update),
    /// The termination handler on a spot notice.
    SpotNotice,
    /// The termination handler on a rebalance recommendation.
    Rebalance,
    /// The cloud, for an instance in another zone that is there in place of the node's.
    ZoneSpread,
}

/// Why the eviction API refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The pod's budget, by its place in the cast, allows no disruption.
    Budget(usize),
    /// It is under so many budgets, which the API does not serve.
    ManyBudgets(usize),
}

/// Why Cluster Autoscaler gives up removing a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalFailure {
    /// The node is gone already.
    NodeGone,
    /// The check before the first eviction: a pod is there that may not be moved, or that makes an empty node none.
    PodsMayNotMove,
    /// Evictions were refused for too long.
    EvictionsRefused,
    /// Evicted pods did not stop in time.
    PodsDoNotStop,
    /// The instance was deleted already.
    InstanceGone,
}

/// Why an instance never comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaunchFailure {
    /// A fault of the scenario: launches fail.
    Error,
    /// A fault of the scenario: there is no capacity.
    NoCapacity,
    /// Its spot pool has no capacity for a time.
    PoolIsShort,
}

/// Why an instance is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Termination {
    /// Its launch failed.
    LaunchFailed,
    /// It has not become a node for too long.
    NeverRegistered,
    /// Cluster Autoscaler removed its node.
    ScaleDown,
    /// Another one is there in its place.
    Relieved,
}

/// Why a Job is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// So many pods succeeded, as many as it needs.
    Complete(i32),
    /// It gave up.
    Failed(JobFailure),
}

//! What happened: every decision and every turn of events, as data. Text is made when somebody looks.

use crate::autoscaler::SkipReason;
use crate::autoscaler::drain::BlockingReason;
use crate::cluster::{NodeId, PodId};
use crate::hpa;
use crate::id::IdVec;
use crate::scheduler::PluginSet;
use crate::units::{SimDuration, SimTime};
use crate::world::{GroupId, InstanceId, WorkloadId};

crate::id_type!(
    /// A record of the decision log.
    RecordId,
    "record"
);

/// Something that happened, when, and what led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub at: SimTime,
    /// What, with the reason that whoever decided it had.
    pub what: Occurrence,
    /// The record that led to it, by the word of who decided. None where traffic, the clock, the market or the
    /// scenario did.
    pub because: Option<RecordId>,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// A node group grew.
    ScaleUp {
        /// Which.
        group: GroupId,
        /// Its target before.
        from: i32,
        /// Its target after.
        to: i32,
        /// How many waiting pods would find a place; 0 if it grows to its least size.
        pods: u32,
    },
    /// The cloud refused to grow a group by so much.
    IncreaseError(GroupId, i32),
    /// An instance never came: no capacity.
    LaunchFailed(InstanceId),
    /// A node registered.
    NodeAdded(NodeId, GroupId),
    /// Cluster Autoscaler started to remove a node.
    ScaleDown {
        /// Which.
        node: NodeId,
        /// Whether pods have to be moved.
        drain: bool,
        /// How many.
        pods: u32,
    },
    /// Cluster Autoscaler finds that a node is not needed; it goes when that stays so.
    NodeUnneeded(NodeId),
    /// Cluster Autoscaler keeps a node.
    NodeKept {
        /// Which.
        node: NodeId,
        /// Why.
        why: KeepReason,
    },
    /// Pods need a node, and Cluster Autoscaler leaves a group out.
    GroupSkipped {
        /// Which.
        group: GroupId,
        /// Why.
        why: SkipReason,
    },
    /// Cluster Autoscaler gave up removing a node.
    ScaleDownFailed(NodeId),
    /// An instance was deleted; it may never have become a node.
    InstanceDeleted(InstanceId),
    /// A node object is gone.
    NodeGone {
        /// Which.
        node: NodeId,
        /// Why.
        reason: NodeEnd,
        /// Pods that went with it, those of DaemonSets apart; of a spot node also those that were still stopping.
        pods_lost: u32,
    },
    /// The target of a group was lowered without deleting anything.
    TargetDecreased(GroupId, i32),
    /// A node reports nothing any more.
    NodeSilent(NodeId),
    /// A node has been silent for too long.
    NodeNotReady(NodeId),
    /// A silent node reports again.
    NodeBack(NodeId),
    /// A container stopped answering.
    ContainerHangs(PodId),
    /// A container did not answer its liveness or startup probe and was restarted.
    FailedProbe(PodId),
    /// The cloud expects to take a spot instance.
    RebalanceRecommended(NodeId),
    /// A spot instance got its notice.
    SpotNotice(NodeId),
    /// A pod was evicted.
    Evicted {
        /// Which.
        pod: PodId,
        /// From where.
        node: NodeId,
        /// By whom.
        by: Evictor,
    },
    /// A budget refused an eviction.
    EvictionDenied(PodId),
    /// An HPA changed the replicas of its target.
    Rescaled {
        /// The target.
        workload: WorkloadId,
        /// Before.
        from: i32,
        /// After.
        to: i32,
        /// What it saw.
        saw: SeenByHpa,
    },
    /// A pod has no node that would take it, for the first time.
    Waits {
        /// Which.
        pod: PodId,
        /// The scheduler's plugins that said no, on any node or beforehand.
        refused_by: PluginSet,
    },
    /// A pod got a node.
    Bound {
        /// Which.
        pod: PodId,
        /// Where.
        node: NodeId,
        /// For how long it had none.
        waited: SimDuration,
    },
    /// A controller gave a pod up that it no longer needs.
    GivenUp(PodId),
    /// A pod made room for itself.
    Preemption {
        /// The preemptor.
        pod: PodId,
        /// Where it is nominated.
        node: NodeId,
        /// How many pods have to go.
        victims: u32,
    },
    /// A container used more memory than its limit and was restarted.
    OutOfMemory(PodId),
    /// A rollout began.
    DeployStarted(WorkloadId),
    /// Traffic moved to the new version of a blue-green rollout.
    TrafficSwitched(WorkloadId),
    /// The old version of a blue-green rollout is no longer kept.
    OldRetired(WorkloadId),
    /// An objective was broken for too long: the version before is back.
    RolledBack(WorkloadId),
    /// A rollout has made no progress for too long.
    DeployStuck(WorkloadId),
    /// A rollout is complete.
    DeployFinished(WorkloadId),
    /// A CronJob is due and starts a Job.
    JobStarted(WorkloadId),
    /// A Job is complete.
    JobCompleted(WorkloadId),
    /// A Job gave up.
    JobFailed(WorkloadId),
    /// A fault began or ended.
    FaultChanged(u32, bool),
}

/// What an HPA saw when it changed the replicas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeenByHpa {
    /// The highest `averageUtilization` of its metrics in percent; absent if none has one.
    pub utilization: Option<u32>,
    /// What its metrics proposed; absent if bounds decided alone.
    pub proposed: Option<i32>,
    /// After the stabilization window.
    pub stabilized: Option<i32>,
    /// What kept it from that: the reason of the condition ScalingLimited, if that is True.
    pub limited: Option<hpa::Reason>,
    /// Requests per second (thousandths) that reached the target's service in the last step; 0 without one.
    pub milli_requests_per_second: u64,
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
    pub(super) fn is_like(&self, other: &KeepReason) -> bool {
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
    VpaUpdater,
    /// The termination handler on a spot notice.
    SpotNotice,
    /// The termination handler on a rebalance recommendation.
    Rebalance,
}

/// Records in order of time.
#[derive(Clone, Debug, Default)]
pub struct Log {
    on: bool,
    records: IdVec<RecordId, Record>,
}

impl Log {
    /// A log that keeps what it is told, or forgets it at once.
    pub fn new(on: bool) -> Self {
        Log { on, records: IdVec::new() }
    }
    /// Whether it keeps anything.
    pub fn is_on(&self) -> bool {
        self.on
    }
    /// Adds an occurrence with the record that led to it. The answer names the new record, for what follows from it;
    /// none if nothing is kept.
    pub fn push(&mut self, at: SimTime, what: Occurrence, because: Option<RecordId>) -> Option<RecordId> {
        self.on.then(|| self.records.push(Record { at, what, because }))
    }
    /// What happened, in order.
    pub fn records(&self) -> &IdVec<RecordId, Record> {
        &self.records
    }
}

//! What happened: every decision and every turn of events, as data. Text is made when somebody looks.

mod cause;
mod reasons;

pub use crate::controllers::job::JobFailure;
pub use cause::{Cause, RecordId};
pub use reasons::{
    Denial, Evictor, JobEnd, KeepReason, LaunchFailure, Launched, NodeEnd, RemovalFailure, SeenByHpa, Termination,
};

use crate::autoscaler::SkipReason;
use crate::cluster::{NodeId, PodId};
use crate::id::{Id, IdVec};
use crate::scheduler::PluginSet;
use crate::units::{SimDuration, SimTime};
use crate::world::{GroupId, InstanceId, WorkloadId};
use indexmap::IndexSet;

crate::id_type!(
    /// A text of the decision log.
    MessageId,
    "message"
);

/// Something that happened, when, and what led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub at: SimTime,
    /// What, with the reason that whoever decided it had.
    pub what: Occurrence,
    /// What led to it.
    pub because: Cause,
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
    /// An instance never comes.
    LaunchFailed(InstanceId, LaunchFailure),
    /// A node was there before time started. It is paid for from the start on.
    NodeAtStart(Launched),
    /// An instance was launched. It is paid for from now on; one whose launch fails has no such record.
    InstanceLaunched(Launched),
    /// An instance was lost before it became a node. It is paid for no longer.
    InstanceLost(InstanceId),
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
    ScaleDownFailed(NodeId, RemovalFailure),
    /// An instance was deleted. If it has become a node, it is paid for until that is gone, else until now.
    InstanceDeleted(InstanceId, Termination),
    /// A node object is gone. Its instance is paid for no longer.
    NodeGone {
        /// Which.
        node: NodeId,
        /// Why.
        reason: NodeEnd,
        /// Pods that went with it, those of DaemonSets apart; of a spot node also those that were still stopping.
        pods_lost: u32,
    },
    /// The target of a group was lowered without deleting anything.
    TargetDecreased {
        /// Whose.
        group: GroupId,
        /// The target before.
        from: i32,
        /// The target after: the instances that are there.
        to: i32,
    },
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
    EvictionDenied {
        /// Whose.
        pod: PodId,
        /// Who asked for it.
        by: Evictor,
        /// Why.
        why: Denial,
    },
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
        /// What kube-scheduler says of it.
        message: MessageId,
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
    /// A pod was on a node when counting began.
    PodAtStart {
        /// Which.
        pod: PodId,
        /// Where.
        node: NodeId,
    },
    /// A pod that is paid for by itself no longer holds its node.
    Unbound {
        /// Which.
        pod: PodId,
        /// Where it was.
        node: NodeId,
    },
    /// Volumes were made for the claims of a StatefulSet's ordinal, or went with them.
    Volumes {
        /// The StatefulSet.
        workload: WorkloadId,
        /// Whose of it.
        ordinal: u32,
        /// Whether they are there now.
        there: bool,
        /// They are those of claims that wait for their first pod to be bound.
        when_bound: bool,
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
    OutOfMemory {
        /// Whose.
        pod: PodId,
        /// What it used, in bytes.
        used: i64,
        /// What it may use, in bytes.
        limit: i64,
    },
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
    /// A Job is complete, or gave up.
    JobEnded(WorkloadId, JobEnd),
    /// A fault began or ended.
    FaultChanged(u32, bool),
}

/// Records in order of time.
#[derive(Clone, Debug, Default)]
pub struct Log {
    on: bool,
    /// It keeps what it is told as soon as counting begins.
    waits: bool,
    records: IdVec<RecordId, Record>,
    /// What kube-scheduler said, each once: pods of a kind are told the same.
    messages: IndexSet<String>,
}

impl Log {
    /// A log that keeps what it is told, or forgets it at once.
    pub fn new(on: bool) -> Self {
        Log { on, ..Log::default() }
    }
    /// As [`new`](Self::new), but what happens before counting begins is forgotten.
    pub(super) fn beginning(on: bool, is_counting: bool) -> Self {
        Log { on: on && is_counting, waits: on && !is_counting, ..Log::default() }
    }
    /// Counting begins.
    pub(super) fn counting_begins(&mut self) {
        self.on |= std::mem::take(&mut self.waits);
    }
    /// Whether it keeps anything.
    pub fn is_on(&self) -> bool {
        self.on
    }
    /// Adds an occurrence with what led to it. The answer names the new record, for what follows from it;
    /// none if nothing is kept.
    pub fn push(&mut self, at: SimTime, what: Occurrence, because: Cause) -> Option<RecordId> {
        self.on.then(|| self.records.push(Record { at, what, because }))
    }
    /// Keeps a text for a record.
    pub fn say(&mut self, message: String) -> MessageId {
        MessageId::from_index(self.messages.insert_full(message).0)
    }
    /// A text that was kept; empty if there is none.
    pub fn said(&self, message: MessageId) -> &str {
        self.messages.get_index(message.index()).map_or("", String::as_str)
    }
    /// What happened, in order.
    pub fn records(&self) -> &IdVec<RecordId, Record> {
        &self.records
    }
}

//! Counts of a run: how many pods and nodes were in which state for how long, and what happened how often.

use crate::id::IdVec;
use crate::sim::count_over_time::CountOverTime;
use crate::units::{SimDuration, SimTime};
use crate::world::{GroupId, WorkloadId};

/// Where a pod is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Not created, or removed.
    Gone,
    /// Without a node.
    Pending,
    /// Bound, not ready.
    Starting,
    /// Ready.
    Ready,
    /// Asked to stop.
    Terminating,
}

/// One workload's counts.
#[derive(Clone, Debug, Default)]
pub struct WorkloadCounts {
    /// Pods without a node.
    pub pending: CountOverTime,
    /// Pods bound and not ready.
    pub starting: CountOverTime,
    /// Ready pods.
    pub ready: CountOverTime,
    /// Pods asked to stop.
    pub terminating: CountOverTime,
    /// Pods in phase Running and not terminating.
    pub running: CountOverTime,
    /// `spec.replicas`.
    pub desired: CountOverTime,
    /// 1 while `spec.replicas` is at its HPA's maximum.
    pub at_max: CountOverTime,
    /// Pods created.
    pub created: u64,
    /// Changes of `spec.replicas` by an HPA.
    pub rescales: u64,
    /// Pods that those asked for or gave up, in all.
    pub moved: u64,
    /// Of the rescales, the ones against the direction of the one before.
    pub flips: u64,
    /// The highest utilization that its HPA has seen, percent; 0 where no metric has one.
    pub hottest: i64,
}

/// One node group's counts.
#[derive(Clone, Debug, Default)]
pub struct GroupCounts {
    /// Node objects.
    pub nodes: CountOverTime,
    /// Instances, from launch to the end of the node object.
    pub instances: CountOverTime,
    /// 1 while pods wait for a node and the node autoscaler leaves the group alone because it is at its maximum.
    pub full: CountOverTime,
    /// Of the nodes of a group that Cluster Autoscaler manages, how many would do if its pods were packed anew.
    pub packed: CountOverTime,
    /// Nodes that registered.
    pub added: u64,
    /// Node objects that went.
    pub removed: u64,
    /// Times the group grew.
    pub scale_ups: u64,
    /// Spot notices.
    pub notices: u64,
}

/// All counts of a run.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// By workload.
    pub workloads: IdVec<WorkloadId, WorkloadCounts>,
    /// By node group.
    pub groups: IdVec<GroupId, GroupCounts>,
    /// All nodes.
    pub nodes: CountOverTime,
    /// Pods of Deployments that are not terminating.
    pub deployment_pods: CountOverTime,
    /// Pods evicted by Cluster Autoscaler or on a spot notice.
    pub evictions: u64,
    /// Evictions refused by a budget.
    pub evictions_denied: u64,
    /// Preemptions.
    pub preemptions: u64,
    /// Spot notices.
    pub spot_notices: u64,
    /// Of those, the ones at whose end pods still ran on the node, those of DaemonSets apart.
    pub spot_losses: u64,
    /// Rollouts taken back.
    pub rollbacks: u64,
    /// Containers killed by their liveness or startup probe.
    pub probe_kills: u64,
    /// Containers killed for memory.
    pub out_of_memory: u64,
    /// The longest wait for a node of any pod that got one.
    pub longest_pending: SimDuration,
    /// Pods without a node at the end.
    pub unplaced: u64,
    /// The longest wait for a node of any pod that has none at the end.
    pub longest_unplaced: SimDuration,
    /// Sum of the waits of all pods that got a node, and their number.
    pub waits: (SimDuration, u64),
}

impl Counts {
    pub(super) fn new(workloads: usize, groups: usize) -> Self {
        Counts {
            workloads: IdVec::filled(WorkloadCounts::default(), workloads),
            groups: IdVec::filled(GroupCounts::default(), groups),
            ..Counts::default()
        }
    }
    /// What is there at `now`, with all sums begun anew.
    pub(super) fn anew(&self, now: SimTime) -> Counts {
        Counts {
            workloads: self.workloads.values().map(|row| row.anew(now)).collect(),
            groups: self.groups.values().map(|row| row.anew(now)).collect(),
            nodes: self.nodes.anew(now),
            deployment_pods: self.deployment_pods.anew(now),
            ..Counts::default()
        }
    }
    pub(super) fn instance_launched(&mut self, now: SimTime, group: GroupId) {
        self.groups[group].instances.change(now, 1);
    }
    /// The instance is paid for no longer.
    pub(super) fn instance_ended(&mut self, now: SimTime, group: GroupId) {
        self.groups[group].instances.change(now, -1);
    }
    pub(super) fn node_added(&mut self, now: SimTime, group: GroupId) {
        self.nodes.change(now, 1);
        self.groups[group].nodes.change(now, 1);
        self.groups[group].added += 1;
    }
    pub(super) fn node_gone(&mut self, now: SimTime, group: GroupId) {
        self.nodes.change(now, -1);
        self.groups[group].nodes.change(now, -1);
        self.groups[group].removed += 1;
    }
    pub(super) fn pod_got_node(&mut self, waited: SimDuration) {
        self.longest_pending = self.longest_pending.max(waited);
        self.waits = (self.waits.0 + waited, self.waits.1 + 1);
    }
    pub(super) fn rescaled(&mut self, workload: WorkloadId, last: i32, change: i32) {
        let row = &mut self.workloads[workload];
        row.rescales += 1;
        row.moved += u64::from(change.unsigned_abs());
        row.flips += u64::from(last.signum() * change.signum() < 0);
    }
}

impl GroupCounts {
    fn anew(&self, now: SimTime) -> GroupCounts {
        GroupCounts {
            nodes: self.nodes.anew(now),
            instances: self.instances.anew(now),
            full: self.full.anew(now),
            packed: self.packed.anew(now),
            ..GroupCounts::default()
        }
    }
}

impl WorkloadCounts {
    fn anew(&self, now: SimTime) -> WorkloadCounts {
        WorkloadCounts {
            pending: self.pending.anew(now),
            starting: self.starting.anew(now),
            ready: self.ready.anew(now),
            terminating: self.terminating.anew(now),
            running: self.running.anew(now),
            desired: self.desired.anew(now),
            at_max: self.at_max.anew(now),
            ..WorkloadCounts::default()
        }
    }
    pub(super) fn of(&mut self, stage: Stage) -> Option<&mut CountOverTime> {
        match stage {
            Stage::Gone => None,
            Stage::Pending => Some(&mut self.pending),
            Stage::Starting => Some(&mut self.starting),
            Stage::Ready => Some(&mut self.ready),
            Stage::Terminating => Some(&mut self.terminating),
        }
    }
}

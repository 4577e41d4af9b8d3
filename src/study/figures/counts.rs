//! Pods and nodes: how many, for how long, and what happened to them how often.

use super::Level;
use crate::sim::counts::{Counts, GroupCounts, WorkloadCounts};
use crate::units::{Money, SimDuration, SimTime};
use serde::{Deserialize, Serialize};

/// A workload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkloadFigures {
    /// `spec.replicas`.
    pub desired: Level,
    /// Ready pods.
    pub ready: Level,
    /// Pods without a node.
    pub pending: Level,
    /// 1 while `spec.replicas` is at its HPA's maximum.
    pub at_max: Level,
    /// Pods created.
    pub created: u64,
    /// Changes of `spec.replicas` by an HPA.
    pub rescales: u64,
    /// Pods that those asked for or gave up, in all.
    pub moved: u64,
    /// Of the rescales, the ones against the direction of the one before.
    pub flips: u64,
    /// The highest utilization that its HPA has seen, percent; 0 where no metric has one.
    #[serde(default)]
    pub hottest: i64,
}

impl WorkloadFigures {
    pub(super) fn of(counts: &WorkloadCounts, end: SimTime) -> Self {
        WorkloadFigures {
            desired: Level::of(&counts.desired, end),
            ready: Level::of(&counts.ready, end),
            pending: Level::of(&counts.pending, end),
            at_max: Level::of(&counts.at_max, end),
            created: counts.created,
            rescales: counts.rescales,
            moved: counts.moved,
            flips: counts.flips,
            hottest: counts.hottest,
        }
    }
}

/// A node group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupFigures {
    /// Node objects.
    pub nodes: Level,
    /// Instances, from launch to the end of the node object.
    pub instances: Level,
    /// 1 while pods wait for a node and the group is at its maximum.
    pub full: Level,
    /// How many of the nodes would do if pods were packed anew; 0 where Cluster Autoscaler does not manage the group.
    #[serde(default)]
    pub packed: Level,
    /// What its nodes cost.
    pub cost: Money,
    /// The part of that which nobody held.
    pub idle_cost: Money,
    /// Nodes that registered.
    pub added: u64,
    /// Node objects that went.
    pub removed: u64,
    /// Times the group grew.
    pub scale_ups: u64,
    /// Spot notices.
    pub notices: u64,
}

impl GroupFigures {
    /// Without the money.
    pub(super) fn of(counts: &GroupCounts, end: SimTime) -> Self {
        GroupFigures {
            nodes: Level::of(&counts.nodes, end),
            instances: Level::of(&counts.instances, end),
            full: Level::of(&counts.full, end),
            packed: Level::of(&counts.packed, end),
            cost: Money::ZERO,
            idle_cost: Money::ZERO,
            added: counts.added,
            removed: counts.removed,
            scale_ups: counts.scale_ups,
            notices: counts.notices,
        }
    }
    /// The share of its cost that nobody held, 0 to 1; 0 without cost.
    pub fn idle_ratio(&self) -> f64 {
        if self.cost == Money::ZERO { 0.0 } else { self.idle_cost.usd() / self.cost.usd() }
    }
}

/// The cluster as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterFigures {
    /// All nodes.
    pub nodes: Level,
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
    /// The longest wait for a node, of those that got one and of those that had none at the end.
    pub longest_pending: SimDuration,
    /// Pods without a node at the end.
    pub unplaced: u64,
    /// Pods that got a node.
    pub pods_placed: u64,
    /// The sum of their waits.
    pub waited: SimDuration,
}

impl ClusterFigures {
    pub(super) fn of(counts: &Counts, end: SimTime) -> Self {
        let (waited, pods_placed) = counts.waits;
        ClusterFigures {
            nodes: Level::of(&counts.nodes, end),
            evictions: counts.evictions,
            evictions_denied: counts.evictions_denied,
            preemptions: counts.preemptions,
            spot_notices: counts.spot_notices,
            spot_losses: counts.spot_losses,
            rollbacks: counts.rollbacks,
            probe_kills: counts.probe_kills,
            out_of_memory: counts.out_of_memory,
            longest_pending: counts.longest_pending.max(counts.longest_unplaced),
            unplaced: counts.unplaced,
            pods_placed,
            waited,
        }
    }
}

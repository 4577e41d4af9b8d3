//! Scale-down: which nodes are not needed, since when, and which go now.

use super::planner::Removable;
use super::removal::{Left, decrement};
use crate::autoscaler::Autoscaler;
use crate::autoscaler::view::{LoopInputs, ScaleDownOutcome, ScaleDownResult};
use crate::cluster::{ClusterState, NodeId};
use crate::go_sort;
use crate::id::Id;
use crate::units::{SimDuration, SimTime};
use fixedbitset::FixedBitSet;

/// Which nodes a plan looks at.
#[derive(Clone, Copy)]
pub(super) struct Nodes<'a> {
    /// All that have started.
    pub(super) all: &'a [NodeId],
    /// Those of groups above their minimum, in the order in which they are looked at.
    pub(super) candidates: &'a [NodeId],
}

impl Autoscaler {
    /// Planner and actuator. Upstream: `RunOnce` from `UpdateClusterState` on.
    pub(in crate::autoscaler) fn scale_down(
        &mut self,
        snapshot: &mut ClusterState,
        inputs: LoopInputs<'_>,
        all: &[NodeId],
        blocked: bool,
    ) -> ScaleDownOutcome {
        let mut outcome = ScaleDownOutcome::default();
        let candidates = self.candidates(snapshot, inputs, all);
        if self.flags.parallel_drain {
            self.update_plan(snapshot, inputs, Nodes { all, candidates: &candidates }, &mut outcome);
        } else {
            self.update_legacy_plan(snapshot, inputs, Nodes { all, candidates: &candidates }, &mut outcome);
        }
        // The plan's; the legacy planner forgets some of them when others go.
        outcome.unneeded = self.planner.unneeded().collect();
        let (nobody, rules) = (candidates.is_empty(), self.flags.rules);
        let cools_down = blocked || self.cools_down(inputs.now);
        outcome.result = if cools_down || nobody && rules.cools_down_without_candidates && !rules.names_no_candidates {
            ScaleDownResult::InCooldown
        } else if nobody && rules.names_no_candidates {
            ScaleDownResult::NoCandidates
        } else {
            self.delete(snapshot, inputs, all, &mut outcome)
        };
        // Nodes on their way have later ids, which other nodes will have in the next loop.
        let first = all.iter().map(|node| node.index() + 1).max().unwrap_or(0);
        self.planner.usage.forget_from(NodeId::from_index(first));
        outcome
    }

    fn cools_down(&self, now: SimTime) -> bool {
        if self.flags.scale_down_delay_type_local {
            return false;
        }
        let recent =
            |last: Option<SimTime>, delay: SimDuration| last.or(self.assumed).is_some_and(|last| last + delay > now);
        recent(self.last_scale_up, self.flags.scale_down_delay_after_add)
            || recent(self.last_scale_down, self.flags.scale_down_delay_after_delete)
            || recent(None, self.flags.scale_down_delay_after_failure)
    }

    /// Nodes of groups above their minimum: empty ones first, then those unneeded before; the legacy planner takes
    /// them as they come.
    fn candidates(&mut self, cluster: &ClusterState, inputs: LoopInputs<'_>, all: &[NodeId]) -> Vec<NodeId> {
        let may = |node: &NodeId| {
            let group = cluster.node(*node).group.and_then(|group| inputs.groups.get(group));
            group.is_some_and(|group| group.target > group.min)
        };
        if !self.flags.parallel_drain {
            return all.iter().copied().filter(|node| may(node) && !self.is_held(cluster, *node, inputs.now)).collect();
        }
        let known = self.planner.unneeded_bits();
        let mut rows: Vec<(bool, bool, NodeId)> = Vec::with_capacity(all.len());
        for node in all.iter().copied().filter(may) {
            let is_empty = self.node_sums.at(cluster, &self.flags, node, inputs.now).is_empty;
            rows.push((is_empty, known.contains(node.index()), node));
        }
        go_sort::sort_by_of(self.flags.rules.go(), &mut rows, |a, b| if a.0 != b.0 { a.0 } else { a.1 && !b.1 });
        rows.into_iter().map(|(_, _, node)| node).filter(|node| !self.is_held(cluster, *node, inputs.now)).collect()
    }

    /// Whether the node's group grew, or lost a node, too recently, where that counts by group.
    fn is_held(&self, cluster: &ClusterState, node: NodeId, now: SimTime) -> bool {
        cluster.node(node).group.is_some_and(|group| self.local.hold(group, now, &self.flags))
    }

    /// Upstream: `Planner.UpdateClusterState`, `categorizeNodes`.
    fn update_plan(
        &mut self,
        snapshot: &mut ClusterState,
        inputs: LoopInputs<'_>,
        nodes: Nodes<'_>,
        outcome: &mut ScaleDownOutcome,
    ) {
        self.planner.note_interval(inputs.now, &self.flags);
        let stays = |node: &NodeId| !self.deletions.iter().any(|(other, _)| other == node);
        let candidates: Vec<NodeId> = nodes.candidates.iter().copied().filter(stays).collect();
        self.planner.look_again_at_due(inputs.now);
        let eligible = self.eligible(snapshot, inputs, &candidates, outcome);
        let removable = match eligible.is_empty() {
            true => Vec::new(),
            false => self.removable(inputs.now, snapshot, (nodes.all, eligible), outcome),
        };
        self.hints.drop_old();
        self.planner.set_unneeded(removable);
    }

    /// Of nodes that may go, those whose pods find another place, one after the other: what moved stays moved.
    fn removable(
        &mut self,
        now: SimTime,
        snapshot: &mut ClusterState,
        (all, eligible): (&[NodeId], Vec<NodeId>),
        outcome: &mut ScaleDownOutcome,
    ) -> Vec<Removable> {
        let mut destinations = FixedBitSet::with_capacity(snapshot.node_id_bound());
        let stays = |node: &&NodeId| !self.deletions.iter().any(|(other, _)| other == *node);
        all.iter().filter(stays).for_each(|node| destinations.insert(node.index()));
        let mut allowed: Vec<i32> = snapshot.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
        let mut removable: Vec<Removable> = Vec::new();
        let limit = self.planner.unneeded_limit(&self.flags);
        self.controllers.renew(snapshot);
        let mut simulation = snapshot.trial();
        for node in eligible {
            if removable.len() >= limit {
                break;
            }
            let left = Left { destinations: &destinations, disruptions: &allowed };
            match self.simulate_removal(now, &mut simulation, node, left) {
                Ok(row) => {
                    destinations.set(node.index(), false);
                    decrement(&simulation, &row.pods, &mut allowed);
                    removable.push(row);
                }
                Err(why) => {
                    outcome.unremovable.push((node, why));
                    self.planner.leave(node, why, now + self.flags.unremovable_node_recheck_timeout);
                }
            }
        }
        removable
    }
}

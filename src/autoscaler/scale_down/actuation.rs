//! Deletions: as many as may start now, and the soft taints.

use super::planner::Removable;
use crate::autoscaler::Autoscaler;
use crate::autoscaler::drain::evicts_daemon_pod;
use crate::autoscaler::templates::{DELETION_CANDIDATE, TO_BE_DELETED};
use crate::autoscaler::view::{Deletion, LoopInputs, ScaleDownOutcome, ScaleDownResult};
use crate::cluster::{ClusterState, NodeId, PodId};
use crate::id::{GroupId, Id};

impl Autoscaler {
    /// Starts what deletions may start.
    pub(super) fn delete(
        &mut self,
        snapshot: &mut ClusterState,
        inputs: LoopInputs<'_>,
        all: &[NodeId],
        outcome: &mut ScaleDownOutcome,
    ) -> ScaleDownResult {
        let chosen = match self.flags.parallel_drain {
            true => {
                let mut spare = self.spare(snapshot, inputs.groups);
                let (empty, mut drain) = self.nodes_to_delete(snapshot, inputs, &mut spare, outcome);
                drain.sort_by_key(|row| row.risky);
                Ok((empty, drain))
            }
            false => self.legacy_nodes_to_delete(snapshot, inputs, outcome),
        };
        let mut result = ScaleDownResult::NoNodeDeleted;
        match chosen {
            Ok((empty, drain)) => {
                outcome.candidates = (empty.iter().map(|r| r.node).collect(), drain.iter().map(|r| r.node).collect());
                outcome.deletions = self.crop(snapshot, empty, drain);
            }
            Err(nothing) => result = nothing,
        }
        outcome.deletions.iter_mut().for_each(|deletion| self.look_again(snapshot, deletion));
        if !outcome.deletions.is_empty() {
            self.last_scale_down = Some(inputs.now);
            return ScaleDownResult::NodeDeleteStarted;
        }
        if result != ScaleDownResult::InProgress {
            self.soft_taints(snapshot, all, outcome);
        }
        result
    }

    /// As many as the budgets allow, group by group. Upstream: `ScaleDownBudgetProcessor.CropNodes`.
    fn crop(&mut self, cluster: &ClusterState, empty: Vec<Removable>, drain: Vec<Removable>) -> Vec<Deletion> {
        let (running, draining) = (self.deletions.len(), self.draining());
        let mut parallel = (self.flags.max_scale_down_parallelism.max(0) as usize).saturating_sub(running);
        let drains = (self.flags.max_drain_parallelism.max(0) as usize).saturating_sub(draining);
        let by_group = |mut rows: Vec<Removable>| {
            let group = |row: &Removable| cluster.node(row.node).group;
            let mut order = Vec::new();
            rows.iter().for_each(|row| {
                if !order.contains(&group(row)) {
                    order.push(group(row));
                }
            });
            rows.sort_by_key(|row| order.iter().position(|known| *known == group(row)));
            rows
        };
        let mut empty = by_group(empty);
        empty.truncate(parallel);
        parallel -= empty.len();
        let mut to_drain = by_group(drain);
        to_drain.truncate(drains.min(parallel));
        let rows = empty.into_iter().map(|row| (row, false)).chain(to_drain.into_iter().map(|row| (row, true)));
        rows.map(|(row, drain)| {
            self.deletions.push((row.node, drain));
            Deletion { node: row.node, since: row.since, drain, pods: row.pods, daemon_pods: Vec::new() }
        })
        .collect()
    }

    /// Nodes that are being drained.
    pub(super) fn draining(&self) -> usize {
        self.deletions.iter().filter(|(_, drain)| *drain).count()
    }

    /// The plan counts pods that were moved onto the node in the simulation; what is evicted is what really is
    /// there: all but mirror pods, even those that have been terminating for long.
    ///
    /// Upstream: `actuation.podsToEvict`, 1.28.0.
    fn look_again(&self, cluster: &ClusterState, deletion: &mut Deletion) {
        let there = cluster.node(deletion.node).pods().iter().copied();
        let there = there.filter(|pod| !cluster.spec_of(*pod).is_mirror);
        (deletion.daemon_pods, deletion.pods) = there.partition(|pod| cluster.spec_of(*pod).is_daemon());
        if !deletion.drain {
            deletion.pods.clear();
        }
        let goes = |pod: &PodId| evicts_daemon_pod(cluster.spec_of(*pod), &self.flags, deletion.drain);
        deletion.daemon_pods.retain(goes);
    }

    /// At most ten changes a loop: first off nodes that are needed again, then onto unneeded ones. Upstream:
    /// `UpdateSoftDeletionTaints`.
    fn soft_taints(&self, cluster: &ClusterState, all: &[NodeId], outcome: &mut ScaleDownOutcome) {
        let mut left = self.flags.max_bulk_soft_taint_count.max(0) as usize;
        let has = |node: &NodeId| {
            let taints = cluster.node(*node).taints.iter();
            taints.into_iter().any(|taint| cluster.symbols.text(taint.key) == DELETION_CANDIDATE)
        };
        let bits = self.planner.unneeded_bits();
        let unneeded = |node: &NodeId| bits.contains(node.index());
        outcome.soft_taints_removed =
            all.iter().copied().filter(|node| has(node) && !unneeded(node)).take(left).collect();
        left -= outcome.soft_taints_removed.len();
        let mut added: Vec<NodeId> = all.iter().copied().filter(|node| unneeded(node) && !has(node)).collect();
        added.sort_by_key(|node| cluster.node_name(*node));
        added.truncate(left);
        outcome.soft_taints_added = added;
    }

    /// A deletion is under way.
    pub(super) fn is_being_deleted(&self, cluster: &ClusterState, node: NodeId) -> bool {
        let taints = cluster.node(node).taints.iter();
        self.deletions.iter().any(|(other, _)| *other == node)
            || taints.into_iter().any(|taint| cluster.symbols.text(taint.key) == TO_BE_DELETED)
    }

    pub(super) fn deletions_of(&self, cluster: &ClusterState, group: GroupId) -> i32 {
        let here = |(node, _): &&(NodeId, bool)| cluster.node(*node).group == Some(group);
        self.deletions.iter().filter(here).count() as i32
    }
}

//! Which nodes may be looked at at all.

use crate::autoscaler::Autoscaler;
use crate::autoscaler::templates::is_ready;
use crate::autoscaler::view::{LoopInputs, ScaleDownOutcome, Unremovable};
use crate::cluster::{ClusterState, NodeId};

impl Autoscaler {
    /// Upstream: `eligibility.Checker.FilterOutUnremovable`.
    pub(in crate::autoscaler) fn eligible(
        &mut self,
        cluster: &ClusterState,
        inputs: LoopInputs<'_>,
        candidates: &[NodeId],
        outcome: &mut ScaleDownOutcome,
    ) -> Vec<NodeId> {
        let mut eligible = Vec::new();
        outcome.utilization.reserve(candidates.len());
        outcome.unremovable.reserve(candidates.len());
        for node in candidates.iter().copied() {
            let row = cluster.node(node);
            let why = if let Some((_, why)) = self.planner.not_before.get(&node) {
                outcome.kept_before.push((node, *why));
                Some(Unremovable::RecentlyUnremovable)
            } else if self.is_being_deleted(cluster, node) {
                Some(Unremovable::CurrentlyBeingDeleted)
            } else if row.scale_down_disabled {
                Some(Unremovable::ScaleDownDisabledAnnotation)
            } else if row.group.is_none_or(|group| inputs.groups.get(group).is_none()) {
                Some(Unremovable::NotAutoscaled)
            } else if !self.flags.scale_down_unready_enabled && !is_ready(row, &cluster.symbols, &self.flags) {
                Some(Unremovable::ScaleDownUnreadyDisabled)
            } else {
                let sum = self.node_sums.at(cluster, &self.flags, node, inputs.now);
                let utilization = sum.utilization(cluster, node);
                outcome.utilization.push((node, utilization));
                let threshold = self.flags.threshold(row.group, sum.counts_gpus);
                let is_needed = match self.flags.rules.threshold_is_inclusive {
                    true => utilization > threshold,
                    false => utilization >= threshold,
                };
                is_needed.then_some(Unremovable::NotUnderutilized(utilization))
            };
            match why {
                Some(why) => outcome.unremovable.push((node, why)),
                None => eligible.push(node),
            }
        }
        eligible
    }
}

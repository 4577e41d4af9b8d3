//! Unneeded nodes whose time is over, within what groups and the cluster can do without.

use super::planner::{Chosen, Removable};
use crate::autoscaler::Autoscaler;
use crate::autoscaler::limited_amounts::{LimitedAmounts, has_least};
use crate::autoscaler::templates::is_ready;
use crate::autoscaler::view::{GroupView, Groups, LoopInputs, ScaleDownOutcome, Unremovable};
use crate::cluster::{ClusterState, Node};
use crate::id::{GroupId, IdVec};

impl Autoscaler {
    /// The unneeded nodes whose time is over, by name or in a random order, as long as there is something to `spare`.
    ///
    /// Upstream: `Planner.NodesToDelete`, `unneeded.Nodes.RemovableAt`.
    pub(in crate::autoscaler) fn nodes_to_delete(
        &self,
        cluster: &ClusterState,
        inputs: LoopInputs<'_>,
        spare: &mut LimitedAmounts,
        outcome: &mut ScaleDownOutcome,
    ) -> Chosen {
        let LoopInputs { now, groups, .. } = inputs;
        let mut room = self.room(cluster, groups);
        let mut rows: Vec<&Removable> = self.planner.unneeded.values().collect();
        rows.sort_by_key(|row| {
            (!row.pods.is_empty(), self.random_place(cluster, row.node), cluster.node_name(row.node))
        });
        let (mut empty, mut drain) = (Vec::new(), Vec::new());
        for row in rows {
            let node = cluster.node(row.node);
            let Some(room) = node.group.and_then(|group| room.get_mut(group)) else { continue };
            let is_ready = is_ready(node, &cluster.symbols, &self.flags);
            let why = if node.scale_down_disabled {
                Some(Unremovable::ScaleDownDisabledAnnotation)
            } else if is_ready && row.since + self.flags.unneeded_time(node.group, true) >= now {
                Some(Unremovable::NotUnneededLongEnough)
            } else if !is_ready && row.since + self.flags.unneeded_time(node.group, false) >= now {
                Some(Unremovable::NotUnreadyLongEnough)
            } else if *room <= 0 {
                Some(Unremovable::NodeGroupMinSizeReached)
            } else if !spare.take(&self.amounts_of_node(cluster, groups, node)) {
                Some(Unremovable::MinimalResourceLimitExceeded)
            } else {
                None
            };
            if let Some(why) = why {
                outcome.unremovable.push((row.node, why));
                continue;
            }
            *room -= 1;
            if row.pods.is_empty() { empty.push(row.clone()) } else { drain.push(row.clone()) }
        }
        (empty, drain)
    }

    /// How many nodes of each group may go, by its minimum and the deletions under way.
    pub(in crate::autoscaler) fn room(&self, cluster: &ClusterState, groups: &Groups<'_>) -> IdVec<GroupId, i32> {
        let room = |(at, view): (GroupId, &GroupView<'_>)| view.target - self.deletions_of(cluster, at) - view.min;
        groups.iter().map(room).collect()
    }

    /// What may go before the cluster is at its minimum. Upstream: `resource.LimitsFinder.LimitsLeft`, 1.28.0.
    pub(in crate::autoscaler) fn spare(&self, cluster: &ClusterState, groups: &Groups<'_>) -> LimitedAmounts {
        if !has_least(&self.flags) {
            return LimitedAmounts::unlimited(&self.flags);
        }
        let mut all = LimitedAmounts::zero(&self.flags);
        for (_, node) in cluster.nodes().filter(|(id, _)| !self.is_being_deleted(cluster, *id)) {
            all.add(&self.amounts_of_node(cluster, groups, node), 1);
        }
        all.above_least(&self.flags)
    }

    /// What a node counts for the cluster's limits.
    pub(in crate::autoscaler) fn amounts_of_node(
        &self,
        cluster: &ClusterState,
        groups: &Groups<'_>,
        node: &Node,
    ) -> LimitedAmounts {
        let group = node.group.and_then(|group| groups.get(group));
        LimitedAmounts::of(node, group.map(|group| group.template), &cluster.symbols, &self.flags)
    }
}

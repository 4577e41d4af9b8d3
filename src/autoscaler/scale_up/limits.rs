//! What bounds a scale-up: sizes, cores, memory, GPUs.

use super::option::Round;
use crate::autoscaler::Autoscaler;
use crate::autoscaler::estimator::Limit;
use crate::autoscaler::limited_amounts::LimitedAmounts;
use crate::autoscaler::view::SkipReason;
use crate::cluster::ClusterState;
use crate::id::{GroupId, IdVec};

/// What may still be added to the cluster, and what one more node of each group would take of it.
pub(in crate::autoscaler) struct Budget {
    left: LimitedAmounts,
    /// Absent for groups of which nobody knows what a node would be.
    nodes: IdVec<GroupId, Option<LimitedAmounts>>,
    /// It is told as the quota of the cluster.
    by_quota: bool,
}

impl Budget {
    /// Upstream: `IsNodeGroupResourceExceeded`, 1.28.0.
    pub(in crate::autoscaler) fn exceeded(&self, group: GroupId) -> Option<SkipReason> {
        let Some(one) = &self.nodes[group] else { return Some(SkipReason::NotReady) };
        let [cores, memory, gpus] = self.left.lacks(one);
        (cores || memory || gpus).then_some(SkipReason::ClusterLimit { cores, memory, gpus, by_quota: self.by_quota })
    }

    /// How many of `count` nodes there is room for. Upstream: `resource.Manager.ApplyLimits`, 1.28.0.
    pub(in crate::autoscaler) fn within(&self, group: GroupId, count: i32) -> Option<i32> {
        let count = self.left.times(self.nodes[group].as_ref()?, count);
        (count >= 1).then_some(count)
    }
}

impl Autoscaler {
    /// The smallest of all limits on new nodes. Upstream: `estimator.ThresholdBasedEstimationLimiter`.
    pub(in crate::autoscaler) fn limit(&self, round: &Round<'_>, group: GroupId, similar: &[GroupId]) -> Limit {
        let (groups, current) = (round.groups, round.nodes);
        let room = |at: &GroupId| groups[*at].max.saturating_sub(groups[*at].target).max(0);
        let room = similar.iter().chain([&group]).map(room).fold(0, i32::saturating_add);
        let total = self.flags.max_nodes_total;
        let cluster = match total {
            0 => 0,
            _ if total - current > 0 => total - current,
            _ => -1,
        };
        let limits = [self.flags.max_nodes_per_scaleup, if room > 0 { room } else { -1 }, cluster];
        if limits.iter().any(|limit| *limit < 0) {
            return Limit { nodes: None };
        }
        Limit { nodes: Some(limits.into_iter().filter(|limit| *limit > 0).min().unwrap_or(0)) }
    }

    /// Upstream: `GetCappedNewNodeCount`.
    pub(in crate::autoscaler) fn capped(&self, count: i32, current: i32) -> Option<i32> {
        let total = self.flags.max_nodes_total;
        let count = if total > 0 { count.min(total - current) } else { count };
        (count >= 1).then_some(count)
    }

    /// What the flags still allow, from the groups' target sizes and the ready nodes of no group; by later rules from all
    /// nodes that there are and that are on their way.
    ///
    /// Upstream: `resource.Manager.ResourcesLeft`, 1.28.0; `resourcequotas.TrackerFactory.NewQuotasTracker`, 1.35.
    pub(in crate::autoscaler) fn budget(&self, cluster: &ClusterState, round: &Round<'_>) -> Budget {
        let amounts = |node, template| LimitedAmounts::of(node, template, &cluster.symbols, &self.flags);
        let rows = round.groups.values().zip(self.templates.rows.values());
        let nodes: IdVec<GroupId, Option<LimitedAmounts>> =
            rows.map(|(view, row)| row.as_ref().map(|row| amounts(&row.node, Some(view.template)))).collect();
        let by_quota = self.flags.rules.limits_count_nodes;
        let mut all = LimitedAmounts::zero(&self.flags);
        if by_quota {
            cluster.nodes().for_each(|(_, node)| all.add(&self.amounts_of_node(cluster, round.groups, node), 1));
            return Budget { left: all.below_most(&self.flags), nodes, by_quota };
        }
        for (view, one) in round.groups.values().zip(nodes.values()) {
            one.iter().for_each(|one| all.add(one, view.target));
        }
        let managed = |group: Option<GroupId>| group.is_some_and(|group| round.groups.get(group).is_some());
        for node in round.ready.iter().map(|id| cluster.node(*id)).filter(|node| !managed(node.group)) {
            all.add(&amounts(node, None), 1);
        }
        Budget { left: all.below_most(&self.flags), nodes, by_quota }
    }
}

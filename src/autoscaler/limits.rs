//! What bounds a scale-up: sizes, cores, memory, GPUs.

use super::Autoscaler;
use super::counted::Counted;
use super::estimator::Limit;
use super::scale_up::Round;
use super::templates::Template;
use super::view::{GroupView, SkipReason};
use crate::cluster::ClusterState;

impl Autoscaler {
    /// What one more node of the group would count.
    fn counted(&self, cluster: &ClusterState, view: &GroupView<'_>, template: &Template) -> Counted {
        Counted::of(&template.node, Some(view.template), &cluster.symbols, &self.flags)
    }

    /// Upstream: `IsNodeGroupResourceExceeded`.
    pub(super) fn exceeded(
        &self,
        cluster: &ClusterState,
        view: &GroupView<'_>,
        group: usize,
        left: &Counted,
    ) -> Option<SkipReason> {
        let Some(template) = &self.templates.rows[group] else { return Some(SkipReason::NotReady) };
        let [cores, memory, gpus] = left.lacks(&self.counted(cluster, view, template));
        (cores || memory || gpus).then_some(SkipReason::ClusterLimit { cores, memory, gpus })
    }

    /// The smallest of all limits on new nodes. Upstream: `estimator.ThresholdBasedEstimationLimiter`.
    pub(super) fn limit(&self, round: &Round<'_>, group: usize, similar: &[usize]) -> Limit {
        let (groups, current) = (round.groups, round.nodes);
        let room: i32 = similar.iter().chain([&group]).map(|at| (groups[*at].max - groups[*at].target).max(0)).sum();
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
    pub(super) fn capped(&self, count: i32, current: i32) -> Option<i32> {
        let total = self.flags.max_nodes_total;
        let count = if total > 0 { count.min(total - current) } else { count };
        (count >= 1).then_some(count)
    }

    /// What the flags still allow, from the groups' target sizes and the ready nodes of no group.
    ///
    /// Upstream: `resource.Manager.ResourcesLeft`, 1.28.0.
    pub(super) fn resources_left(&self, cluster: &ClusterState, round: &Round<'_>) -> Counted {
        let mut all = Counted::zero(&self.flags);
        for (view, template) in round.groups.iter().zip(&self.templates.rows) {
            if let Some(template) = template {
                all.add(&self.counted(cluster, view, template), view.target);
            }
        }
        let managed = |group: Option<u32>| group.is_some_and(|group| (group as usize) < round.groups.len());
        for node in round.ready.iter().map(|id| cluster.node(*id)).filter(|node| !managed(node.group)) {
            all.add(&Counted::of(node, None, &cluster.symbols, &self.flags), 1);
        }
        all.below_most(&self.flags)
    }

    /// Upstream: `resource.Manager.ApplyLimits`.
    pub(super) fn within_limits(
        &self,
        cluster: &ClusterState,
        view: &GroupView<'_>,
        group: usize,
        count: i32,
        left: &Counted,
    ) -> Option<i32> {
        let template = self.templates.rows[group].as_ref()?;
        let count = left.times(&self.counted(cluster, view, template), count);
        (count >= 1).then_some(count)
    }
}

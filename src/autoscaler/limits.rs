//! What bounds a scale-up: sizes, cores, memory.

use super::Autoscaler;
use super::estimator::Limit;
use super::scale_up::Round;
use super::view::SkipReason;
use crate::cluster::{ClusterState, Resources};

/// GiB in bytes.
const GIB: i64 = 1024 * 1024 * 1024;

/// Cores and bytes that may still be added.
#[derive(Clone, Copy)]
pub(super) struct Left {
    cores: i64,
    memory_bytes: i64,
}

impl Autoscaler {
    /// Upstream: `IsNodeGroupResourceExceeded`.
    pub(super) fn exceeded(&self, group: usize, left: Left) -> Option<SkipReason> {
        let Some(template) = &self.templates.rows[group] else { return Some(SkipReason::NotReady) };
        let there = &template.node.capacity.resources;
        let (cores, memory) = (cores(there) > left.cores, there.memory_bytes > left.memory_bytes);
        (cores || memory).then_some(SkipReason::ClusterLimit { cores, memory })
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
    pub(super) fn resources_left(&self, cluster: &ClusterState, round: &Round<'_>) -> Left {
        let (mut all, mut memory) = (0, 0);
        for (view, template) in round.groups.iter().zip(&self.templates.rows) {
            if let Some(template) = template {
                let there = &template.node.capacity.resources;
                all += i64::from(view.target) * cores(there);
                memory += i64::from(view.target) * there.memory_bytes;
            }
        }
        let managed = |group: Option<u32>| group.is_some_and(|group| (group as usize) < round.groups.len());
        for node in round.ready.iter().map(|id| cluster.node(*id)).filter(|node| !managed(node.group)) {
            all += cores(&node.capacity.resources);
            memory += node.capacity.resources.memory_bytes;
        }
        Left {
            cores: (self.flags.cores_total.1 - all).max(0),
            memory_bytes: (self.flags.memory_total.1.saturating_mul(GIB) - memory).max(0),
        }
    }

    /// Upstream: `resource.Manager.ApplyLimits`.
    pub(super) fn within_limits(&self, group: usize, count: i32, left: Left) -> Option<i32> {
        let there = &self.templates.rows[group].as_ref()?.node.capacity.resources;
        let fit = |left: i64, one: i64| if one > 0 { left / one } else { i64::from(count) };
        let fit = fit(left.cores, cores(there)).min(fit(left.memory_bytes, there.memory_bytes));
        let count = i64::from(count).min(fit);
        (count >= 1).then_some(count as i32)
    }
}

/// Whole cores, rounded up. Upstream: `utils.GetNodeResources` (`Quantity.Value`).
pub(super) fn cores(there: &Resources) -> i64 {
    there.cpu_milli.div_euclid(1000) + i64::from(there.cpu_milli.rem_euclid(1000) > 0)
}

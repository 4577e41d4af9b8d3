//! Scale-up: options, choice, limits, balance.

use super::estimator::{Limit, equivalence_groups, estimate};
use super::expander::{Scene, best, waste};
use super::similar::{are_similar, balance};
use super::view::{GroupView, ScaleUpOutcome, ScaleUpResult};
use super::{Autoscaler, Choice};
use crate::cluster::{ClusterState, NodeId, PodId};
use crate::units::SimTime;

/// GiB in bytes.
const GIB: i64 = 1024 * 1024 * 1024;

/// A way to help.
#[derive(Clone, Debug)]
pub(super) struct ScaleUpOption {
    pub(super) group: usize,
    pub(super) nodes: i32,
    pub(super) pods: Vec<PodId>,
    pub(super) similar: Vec<usize>,
}

/// An option, for people.
#[derive(Clone, Debug)]
pub struct OptionSummary {
    /// The group.
    pub group: usize,
    /// How many new nodes.
    pub nodes: i32,
    /// The pods that would find a place, in packing order.
    pub pods: Vec<PodId>,
    /// Groups among which the nodes could be divided.
    pub similar: Vec<usize>,
    /// Least-waste's score.
    pub waste: f64,
}

/// Cores (milli) and bytes that may still be added.
#[derive(Clone, Copy)]
struct Left {
    cpu_milli: i64,
    memory_bytes: i64,
}

impl Autoscaler {
    /// Upstream: `ScaleUpOrchestrator.ScaleUp`, 1.28.0.
    pub(super) fn scale_up(
        &mut self,
        now: SimTime,
        cluster: &mut ClusterState,
        groups: &[GroupView<'_>],
        pods: &[PodId],
        ready: &[NodeId],
        upcoming: usize,
    ) -> ScaleUpOutcome {
        let mut outcome = ScaleUpOutcome { pending: Some(pods.to_vec()), ..ScaleUpOutcome::default() };
        let equivalent = equivalence_groups(cluster, pods);
        let left = self.resources_left(cluster, groups);
        let valid = self.valid_groups(now, groups, left, &mut outcome);
        let mut schedulable: Vec<Option<Vec<PodId>>> = vec![None; groups.len()];
        for group in &valid {
            schedulable[*group] = Some(self.schedulable(cluster, *group, &equivalent));
        }
        let current = (ready.len() + upcoming) as i32;
        let mut options = Vec::new();
        for group in valid {
            let pods = schedulable[group].clone().unwrap_or_default();
            if pods.is_empty() {
                continue;
            }
            let similar = self.similar(now, cluster, groups, group, &schedulable);
            let limit = self.limit(groups, group, &similar, current);
            let Some(template) = self.templates.rows[group].clone() else { continue };
            let (nodes, pods) = estimate(cluster, &mut self.checker, &template, group, &pods, limit);
            if nodes > 0 && !pods.is_empty() {
                options.push(ScaleUpOption { group, nodes, pods, similar });
            }
        }
        outcome.result = ScaleUpResult::NoOptionsAvailable;
        let scene = Scene { cluster, groups, templates: &self.templates.rows, flags: &self.flags, nodes: ready.len() };
        outcome.options = options.iter().map(|option| summary(&scene, option)).collect();
        if options.is_empty() {
            return outcome;
        }
        let best = best(&scene, &options);
        outcome.best = best.iter().map(|at| options[*at].group).collect();
        let chosen = &options[self.choose(now, groups, &options, &best)];
        outcome.chosen = Some(chosen.group);
        outcome.result = ScaleUpResult::Error;
        let Some(count) = self.capped(chosen.nodes, current) else { return outcome };
        let Some(count) = self.within_limits(chosen.group, count, left) else { return outcome };
        let mut among = vec![chosen.group];
        among.extend(self.similar(now, cluster, groups, chosen.group, &schedulable));
        for increase in balance(groups, &among, count) {
            outcome.increases.push(increase);
            if increase.fails {
                self.registry.back_off(increase.group, now, &self.flags);
                return outcome;
            }
            self.registry.register_scale_up(increase.group, increase.to - increase.from, now, &self.flags);
        }
        outcome.result = ScaleUpResult::Successful;
        outcome
    }

    fn valid_groups(
        &self,
        now: SimTime,
        groups: &[GroupView<'_>],
        left: Left,
        outcome: &mut ScaleUpOutcome,
    ) -> Vec<usize> {
        let mut valid = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            let problem = self.registry.unsafe_to_scale_up(at, now, &self.flags).or_else(|| {
                let full = group.target >= group.max;
                let template = self.templates.rows[at].as_ref();
                let exceeds = template.is_none_or(|template| {
                    let there = &template.node.capacity.resources;
                    there.cpu_milli > left.cpu_milli || there.memory_bytes > left.memory_bytes
                });
                match (full, exceeds) {
                    (true, _) => Some("max node group size reached"),
                    (_, true) => Some("max cluster limit reached"),
                    _ => None,
                }
            });
            match problem {
                Some(why) => outcome.skipped.push((at, why)),
                None => valid.push(at),
            }
        }
        valid
    }

    /// The pods that fit an empty new node, by one pod of each kind. Upstream: `SchedulablePods`.
    fn schedulable(&self, cluster: &mut ClusterState, group: usize, equivalent: &[Vec<PodId>]) -> Vec<PodId> {
        let Some(template) = &self.templates.rows[group] else { return Vec::new() };
        let mut trial = cluster.trial();
        let node = template.add_to(&mut trial, "template-node", group);
        let fits = |pods: &&Vec<PodId>| pods.first().is_some_and(|pod| self.checker.check(&trial, *pod, node));
        equivalent.iter().filter(fits).flatten().copied().collect()
    }

    /// Upstream: `ComputeSimilarNodeGroups`.
    fn similar(
        &self,
        now: SimTime,
        cluster: &ClusterState,
        groups: &[GroupView<'_>],
        group: usize,
        schedulable: &[Option<Vec<PodId>>],
    ) -> Vec<usize> {
        let (Some(own), Some(pods)) = (&self.templates.rows[group], &schedulable[group]) else { return Vec::new() };
        if !self.flags.balance_similar_node_groups || pods.is_empty() {
            return Vec::new();
        }
        let suits = |other: &usize| {
            *other != group
                && self.templates.rows[*other].as_ref().is_some_and(|t| are_similar(cluster, &self.flags, own, t))
                && self.registry.unsafe_to_scale_up(*other, now, &self.flags).is_none()
                && schedulable[*other].as_ref().is_some_and(|list| pods.iter().all(|pod| list.contains(pod)))
        };
        (0..groups.len()).filter(suits).collect()
    }

    /// The smallest of all limits on new nodes. Upstream: `estimator.ThresholdBasedEstimationLimiter`.
    fn limit(&self, groups: &[GroupView<'_>], group: usize, similar: &[usize], current: i32) -> Limit {
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
    fn capped(&self, count: i32, current: i32) -> Option<i32> {
        let total = self.flags.max_nodes_total;
        let count = if total > 0 { count.min(total - current) } else { count };
        (count >= 1).then_some(count)
    }

    /// What the flags still allow, from the groups' target sizes. Upstream: `resource.Manager.ResourcesLeft`.
    fn resources_left(&self, cluster: &ClusterState, groups: &[GroupView<'_>]) -> Left {
        let (mut cpu, mut memory) = (0, 0);
        for (view, template) in groups.iter().zip(&self.templates.rows) {
            if let Some(template) = template {
                let there = &template.node.capacity.resources;
                cpu += i64::from(view.target) * there.cpu_milli;
                memory += i64::from(view.target) * there.memory_bytes;
            }
        }
        let managed = |group: Option<u32>| group.is_some_and(|group| (group as usize) < groups.len());
        for (_, node) in cluster.nodes().filter(|(_, node)| !managed(node.group)) {
            cpu += node.capacity.resources.cpu_milli;
            memory += node.capacity.resources.memory_bytes;
        }
        Left {
            cpu_milli: (self.flags.cores_total.1 * 1000 - cpu).max(0),
            memory_bytes: (self.flags.memory_total.1.saturating_mul(GIB) - memory).max(0),
        }
    }

    /// Upstream: `resource.Manager.ApplyLimits`.
    fn within_limits(&self, group: usize, count: i32, left: Left) -> Option<i32> {
        let there = &self.templates.rows[group].as_ref()?.node.capacity.resources;
        let fit = |left: i64, one: i64| if one > 0 { left / one } else { i64::from(count) };
        let fit = fit(left.cpu_milli, there.cpu_milli).min(fit(left.memory_bytes, there.memory_bytes));
        let count = i64::from(count).min(fit);
        (count >= 1).then_some(count as i32)
    }

    fn choose(&mut self, now: SimTime, groups: &[GroupView<'_>], options: &[ScaleUpOption], best: &[usize]) -> usize {
        let mut names: Vec<(&str, usize)> = best.iter().map(|at| (groups[options[*at].group].name, *at)).collect();
        if names.len() == 1 {
            return names[0].1;
        }
        match &mut self.choice {
            Choice::Seeded(stream) => names[stream.below(names.len())].1,
            Choice::Recorded => {
                names.sort_unstable();
                let list: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
                let seconds = now.since(SimTime::ZERO).as_nanos() / 1_000_000_000;
                let text = format!("{}{seconds}", list.join(","));
                let hash = text.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
                names[(hash >> 8) as usize % names.len()].1
            }
        }
    }
}

fn summary(scene: &Scene<'_>, option: &ScaleUpOption) -> OptionSummary {
    OptionSummary {
        group: option.group,
        nodes: option.nodes,
        pods: option.pods.clone(),
        similar: option.similar.clone(),
        waste: waste(scene, option),
    }
}

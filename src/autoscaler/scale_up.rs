//! Scale-up: options, choice, limits, balance.

use super::estimator::{Limit, equivalence_groups, estimate};
use super::expander::{Scene, best, waste};
use super::similar::{are_similar, balance};
use super::view::{GroupView, Increase, ScaleUpOutcome, ScaleUpResult, SkipReason};
use super::{Autoscaler, Choice};
use crate::cluster::{ClusterState, NodeId, PodId, Resources};
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

/// Cores and bytes that may still be added.
#[derive(Clone, Copy)]
pub(super) struct Left {
    cores: i64,
    memory_bytes: i64,
}

/// What the steps of one scale-up share.
pub(super) struct Round<'a> {
    pub(super) now: SimTime,
    pub(super) groups: &'a [GroupView<'a>],
    /// Ready nodes.
    pub(super) ready: &'a [NodeId],
    /// Ready and upcoming nodes.
    pub(super) nodes: i32,
}

/// Pods that are the same to the scheduler, and what came of them.
struct Kind {
    pods: Vec<PodId>,
    fits_some: bool,
    rejections: Vec<(usize, String)>,
}

impl Autoscaler {
    /// Upstream: `ScaleUpOrchestrator.ScaleUp`, 1.28.0.
    pub(super) fn scale_up(&mut self, round: &Round<'_>, cluster: &mut ClusterState, pods: &[PodId]) -> ScaleUpOutcome {
        let mut outcome = ScaleUpOutcome { pending: Some(pods.to_vec()), ..ScaleUpOutcome::default() };
        let kind = |pods| Kind { pods, fits_some: false, rejections: Vec::new() };
        let mut kinds: Vec<Kind> = equivalence_groups(cluster, pods).into_iter().map(kind).collect();
        let left = self.resources_left(cluster, round);
        let valid = self.valid_groups(round, left, &mut outcome);
        let mut schedulable: Vec<Option<Vec<PodId>>> = vec![None; round.groups.len()];
        for group in &valid {
            schedulable[*group] = Some(self.schedulable(cluster, *group, &mut kinds));
        }
        let options = self.options(round, cluster, &valid, &schedulable);
        outcome.result = ScaleUpResult::NoOptionsAvailable;
        let (groups, nodes) = (round.groups, round.ready.len());
        let scene = Scene { cluster, groups, templates: &self.templates.rows, flags: &self.flags, nodes };
        outcome.options = options.iter().map(|option| summary(&scene, option)).collect();
        if options.is_empty() {
            tell_rejections(&kinds, None, &mut outcome);
            return outcome;
        }
        let best = best(&scene, &options);
        outcome.best = best.iter().map(|at| options[*at].group).collect();
        let chosen = &options[self.choose(round, &options, &best)];
        outcome.chosen = Some(chosen.group);
        outcome.result = ScaleUpResult::Error;
        let Some(count) = self.capped(chosen.nodes, round.nodes) else { return outcome };
        let Some(count) = self.within_limits(chosen.group, count, left) else { return outcome };
        let mut among = vec![chosen.group];
        among.extend(self.similar(round, cluster, chosen.group, &schedulable));
        if self.execute(round, balance(round.groups, &among, count), &mut outcome) {
            outcome.result = ScaleUpResult::Successful;
            tell_rejections(&kinds, Some(chosen.group), &mut outcome);
        }
        outcome
    }

    /// Asks the cloud for each increase until one fails. Upstream: `scaleUpExecutor.ExecuteScaleUps`.
    fn execute(&mut self, round: &Round<'_>, increases: Vec<Increase>, outcome: &mut ScaleUpOutcome) -> bool {
        for increase in increases {
            outcome.increases.push(increase);
            if increase.fails {
                self.registry.back_off(increase.group, round.now, &self.flags);
                return false;
            }
            self.registry.register_scale_up(increase.group, increase.to - increase.from, round.now, &self.flags);
        }
        true
    }

    /// Groups below their least size grow to it. Upstream: `ScaleUpToNodeGroupMinSize`, 1.28.0.
    pub(super) fn scale_up_to_min(&mut self, round: &Round<'_>, cluster: &ClusterState, outcome: &mut ScaleUpOutcome) {
        let left = self.resources_left(cluster, round);
        let mut increases = Vec::new();
        for (at, view) in round.groups.iter().enumerate().filter(|(_, view)| view.target < view.min) {
            let may = self.registry.unsafe_to_scale_up(at, round.now, &self.flags).is_none()
                && self.exceeded(at, left).is_none();
            let count = Some(view.min - view.target).filter(|_| may);
            let count = count.and_then(|count| self.within_limits(at, count, left));
            if let Some(count) = count.and_then(|count| self.capped(count, view.target)) {
                let (from, to) = (view.target, view.target + count);
                increases.push(Increase { group: at, from, to, fails: view.increase_fails });
            }
        }
        outcome.result = match (increases.is_empty(), self.execute(round, increases, outcome)) {
            (true, _) => ScaleUpResult::NotNeeded,
            (_, true) => ScaleUpResult::Successful,
            (_, false) => ScaleUpResult::Error,
        };
    }

    /// One option per group that helps. Upstream: `ComputeExpansionOption`.
    fn options(
        &mut self,
        round: &Round<'_>,
        cluster: &mut ClusterState,
        valid: &[usize],
        schedulable: &[Option<Vec<PodId>>],
    ) -> Vec<ScaleUpOption> {
        let mut options = Vec::new();
        for group in valid.iter().copied() {
            let Some(pods) = schedulable[group].as_ref().filter(|pods| !pods.is_empty()) else { continue };
            let similar = self.similar(round, cluster, group, schedulable);
            let limit = self.limit(round, group, &similar);
            let Some(template) = self.templates.rows[group].clone() else { continue };
            let (nodes, pods) = estimate(cluster, &mut self.checker, &template, group, pods, limit);
            if nodes > 0 && !pods.is_empty() {
                options.push(ScaleUpOption { group, nodes, pods, similar });
            }
        }
        options
    }

    fn valid_groups(&self, round: &Round<'_>, left: Left, outcome: &mut ScaleUpOutcome) -> Vec<usize> {
        let mut valid = Vec::new();
        for (at, group) in round.groups.iter().enumerate() {
            let full = (group.target >= group.max).then_some(SkipReason::MaxSize);
            let problem = self.registry.unsafe_to_scale_up(at, round.now, &self.flags).or(full);
            match problem.or_else(|| self.exceeded(at, left)) {
                Some(why) => outcome.skipped.push((at, why)),
                None => valid.push(at),
            }
        }
        valid
    }

    /// Upstream: `IsNodeGroupResourceExceeded`.
    fn exceeded(&self, group: usize, left: Left) -> Option<SkipReason> {
        let Some(template) = &self.templates.rows[group] else { return Some(SkipReason::NotReady) };
        let there = &template.node.capacity.resources;
        let (cores, memory) = (cores(there) > left.cores, there.memory_bytes > left.memory_bytes);
        (cores || memory).then_some(SkipReason::ClusterLimit { cores, memory })
    }

    /// The pods that fit an empty new node, by one pod of each kind. Upstream: `SchedulablePods`.
    fn schedulable(&self, cluster: &mut ClusterState, group: usize, kinds: &mut [Kind]) -> Vec<PodId> {
        let Some(template) = &self.templates.rows[group] else { return Vec::new() };
        let mut trial = cluster.trial();
        let node = template.add_to(&mut trial, "template-node", group);
        let mut schedulable = Vec::new();
        for kind in kinds {
            match self.checker.verdict(&trial, kind.pods[0], node) {
                Ok(()) => {
                    schedulable.extend_from_slice(&kind.pods);
                    kind.fits_some = true;
                }
                Err(why) => kind.rejections.push((group, why)),
            }
        }
        schedulable
    }

    /// Upstream: `ComputeSimilarNodeGroups`.
    fn similar(
        &self,
        round: &Round<'_>,
        cluster: &ClusterState,
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
                && self.registry.unsafe_to_scale_up(*other, round.now, &self.flags).is_none()
                && schedulable[*other].as_ref().is_some_and(|list| pods.iter().all(|pod| list.contains(pod)))
        };
        (0..round.groups.len()).filter(suits).collect()
    }

    /// The smallest of all limits on new nodes. Upstream: `estimator.ThresholdBasedEstimationLimiter`.
    fn limit(&self, round: &Round<'_>, group: usize, similar: &[usize]) -> Limit {
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
    fn capped(&self, count: i32, current: i32) -> Option<i32> {
        let total = self.flags.max_nodes_total;
        let count = if total > 0 { count.min(total - current) } else { count };
        (count >= 1).then_some(count)
    }

    /// What the flags still allow, from the groups' target sizes and the ready nodes of no group.
    ///
    /// Upstream: `resource.Manager.ResourcesLeft`, 1.28.0.
    fn resources_left(&self, cluster: &ClusterState, round: &Round<'_>) -> Left {
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
    fn within_limits(&self, group: usize, count: i32, left: Left) -> Option<i32> {
        let there = &self.templates.rows[group].as_ref()?.node.capacity.resources;
        let fit = |left: i64, one: i64| if one > 0 { left / one } else { i64::from(count) };
        let fit = fit(left.cores, cores(there)).min(fit(left.memory_bytes, there.memory_bytes));
        let count = i64::from(count).min(fit);
        (count >= 1).then_some(count as i32)
    }

    fn choose(&mut self, round: &Round<'_>, options: &[ScaleUpOption], best: &[usize]) -> usize {
        let name = |at: &usize| (round.groups[options[*at].group].name, *at);
        let mut names: Vec<(&str, usize)> = best.iter().map(name).collect();
        if names.len() == 1 {
            return names[0].1;
        }
        match &mut self.choice {
            Choice::Seeded(stream) => names[stream.below(names.len())].1,
            Choice::Recorded => {
                names.sort_unstable();
                let list: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
                let seconds = round.now.since(SimTime::ZERO).as_nanos() / 1_000_000_000;
                let text = format!("{}{seconds}", list.join(","));
                let hash = text.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
                names[(hash >> 8) as usize % names.len()].1
            }
        }
    }
}

/// Upstream: `GetRemainingPods`, `GetPodsAwaitingEvaluation`.
fn tell_rejections(kinds: &[Kind], chosen: Option<usize>, outcome: &mut ScaleUpOutcome) {
    for kind in kinds {
        let list = if !kind.fits_some {
            &mut outcome.remain
        } else if kind.rejections.iter().any(|(group, _)| Some(*group) == chosen) {
            &mut outcome.awaiting
        } else {
            continue;
        };
        list.extend_from_slice(&kind.pods);
        outcome.rejected.push((kind.pods[0], kind.rejections.clone()));
    }
}

/// Whole cores, rounded up. Upstream: `utils.GetNodeResources` (`Quantity.Value`).
pub(super) fn cores(there: &Resources) -> i64 {
    there.cpu_milli.div_euclid(1000) + i64::from(there.cpu_milli.rem_euclid(1000) > 0)
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

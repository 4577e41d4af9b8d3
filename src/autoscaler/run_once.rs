//! One loop, from what it is shown to what it answers.

use super::pods_to_help::MORE_TO_COME;
use super::scale_up::Round;
use super::templates::is_ready_and_schedulable;
use super::view::{EndedEarly, Groups, Increase, LeftAside, LoopInputs, LoopOutcome, ScaleUpOutcome, ScaleUpResult};
use super::{ASSUMED_IDLE, Autoscaler};
use crate::cluster::{ClusterState, Node, NodeId};
use crate::id::GroupId;
use crate::intern::Symbol;
use crate::units::SimTime;
use std::borrow::Cow;
use std::sync::Arc;

impl Autoscaler {
    /// One loop over the cluster and the cloud as they are now.
    ///
    /// Upstream: `StaticAutoscaler.RunOnce`, 1.28.0 and 1.35. Cost: with pending pods, their number times the nodes
    /// for each group at worst; without, the pods of the nodes that are not needed; a comparison of the inputs
    /// where they are those of the last loop. One cluster for the autoscaler's whole life.
    pub fn run_once(&mut self, cluster: &mut ClusterState, inputs: LoopInputs<'_>) -> Arc<LoopOutcome> {
        if let Some(outcome) = self.repeated(cluster, inputs) {
            return outcome;
        }
        let outcome = Arc::new(self.run_afresh(cluster, inputs));
        if let Some(settled) = &mut self.settled
            && self.planner.repeats_itself()
        {
            self.last_inputs.keep(cluster, inputs);
            settled.outcome = Some(outcome.clone());
        }
        outcome
    }

    /// As [`run_once`](Self::run_once), for callers who know themselves whether anything is new: they ask
    /// [`answer_holds`](Self::answer_holds) first where nothing is.
    pub fn run_afresh(&mut self, cluster: &mut ClusterState, inputs: LoopInputs<'_>) -> LoopOutcome {
        let last = self.checker.last;
        let outcome = self.look(cluster, inputs);
        self.rest_if_settled(cluster, inputs, last, &outcome);
        outcome
    }

    /// A loop that looks at everything.
    fn look(&mut self, cluster: &mut ClusterState, inputs: LoopInputs<'_>) -> LoopOutcome {
        let LoopInputs { now, groups, .. } = inputs;
        let mut outcome = LoopOutcome::default();
        let is_ready = |(_, node): (NodeId, &Node)| is_ready_and_schedulable(node, &cluster.symbols, &self.flags);
        if !self.flags.scale_up_from_zero && !cluster.nodes().any(is_ready) {
            // Upstream: `StaticAutoscaler.actOnEmptyCluster`, 1.28.0.
            self.planner.clear();
            outcome.ended = Some(EndedEarly::NoReadyNode);
            return outcome;
        }
        self.assumed.get_or_insert(now - ASSUMED_IDLE);
        self.templates.update(cluster, inputs, &self.flags);
        self.registry.update(now, cluster, groups, &self.flags);
        self.remove_old_unregistered(now, cluster, groups, &mut outcome);
        let without_old = without(groups, &outcome.instances_to_delete);
        let inputs = LoopInputs { groups: &without_old, ..inputs };
        if !self.registry.is_cluster_healthy(&self.flags) {
            self.planner.clear();
            outcome.ended = Some(EndedEarly::Unhealthy);
            return outcome;
        }
        for (at, group) in inputs.groups.iter() {
            let failed = group.instances.iter().filter(|instance| instance.failed);
            outcome.instances_to_delete.extend(failed.map(|instance| (at, instance.name)));
        }
        let some_failed = inputs.groups.values().any(|group| group.instances.iter().any(|instance| instance.failed));
        if some_failed && !self.flags.rules.goes_on_after_failed_instances {
            outcome.ended = Some(EndedEarly::DeletesFailedInstances);
            return outcome;
        }
        let without_failed =
            if some_failed { without(groups, &outcome.instances_to_delete) } else { Cow::Borrowed(inputs.groups) };
        let inputs = LoopInputs { groups: &without_failed, ..inputs };
        if some_failed {
            self.registry.recalculate(inputs.groups);
        }
        outcome.target_changes = self.registry.sizes_to_fix(now, &self.flags);
        if !outcome.target_changes.is_empty() {
            outcome.ended = Some(EndedEarly::CorrectsSizes);
            return outcome;
        }
        self.look_at_pods(cluster, inputs, &mut outcome);
        outcome
    }

    /// Upstream: `removeOldUnregisteredNodes`.
    fn remove_old_unregistered(
        &self,
        now: SimTime,
        cluster: &ClusterState,
        groups: &Groups<'_>,
        outcome: &mut LoopOutcome,
    ) {
        for (group, mut names) in self.registry.long_unregistered(now, &self.flags) {
            names.sort_by_key(|name| cluster.symbols.text(*name));
            let most = match self.flags.force_delete_unregistered_nodes {
                true => usize::MAX,
                false => (groups[group].target - groups[group].min).max(0) as usize,
            };
            outcome.instances_to_delete.extend(names.into_iter().take(most).map(|name| (group, name)));
        }
    }

    /// From the snapshot on.
    fn look_at_pods(&mut self, cluster: &mut ClusterState, inputs: LoopInputs<'_>, outcome: &mut LoopOutcome) {
        let LoopInputs { now, groups, pending, .. } = inputs;
        self.copies.clear();
        let mut snapshot = cluster.trial();
        let mut all: Vec<NodeId> = snapshot.node_ids().to_vec();
        if self.order_salt.is_some() {
            all.sort_by_cached_key(|node| (self.random_place(&snapshot, *node), *node));
        }
        let mut left_aside = Vec::new();
        let unschedulable = self.split_pending(now, &mut snapshot, pending, &mut left_aside);
        let (upcoming, not_started) = self.add_upcoming(&mut snapshot, groups);
        let to_help = self.pack(now, &mut snapshot, unschedulable, &mut left_aside);
        let ready = match to_help.is_empty() && !self.flags.enforce_node_group_min_size {
            true => Vec::new(),
            false => self.ready_and_schedulable(&snapshot, &all),
        };
        let count = all.len();
        let mut candidates = all;
        if !not_started.is_empty() {
            candidates.retain(|id| !not_started.contains(id));
        }
        let (mut blocked, mut ends) = (false, false);
        let nodes = match self.flags.rules.limits_count_nodes {
            true => snapshot.node_ids().len(),
            false => ready.len() + upcoming,
        };
        let round = Round { now, groups, all: count, ready: &ready, nodes: nodes as i32 };
        let scale_up = &mut outcome.scale_up;
        if to_help.is_empty() {
            scale_up.result = ScaleUpResult::NotNeeded;
        } else if self.flags.max_nodes_total > 0 && ready.len() as i32 >= self.flags.max_nodes_total {
            scale_up.result = match self.flags.rules.names_max_nodes_total {
                true => ScaleUpResult::LimitedByMaxNodesTotal,
                false => ScaleUpResult::NoOptionsAvailable,
            };
            if self.flags.rules.names_max_nodes_total {
                scale_up.remain.clone_from(&to_help);
            }
            left_aside.extend(to_help.iter().map(|pod| (*pod, LeftAside::ClusterFull)));
        } else if self.flags.bypassed_scheduler_names.is_empty()
            && to_help.iter().all(|pod| snapshot.pod(*pod).created + MORE_TO_COME > now)
        {
            scale_up.result = ScaleUpResult::InCooldown;
            left_aside.extend(to_help.iter().map(|pod| (*pod, LeftAside::MoreMayCome)));
            blocked = true;
        } else {
            *scale_up = self.scale_up(&round, &mut snapshot, &to_help);
            ends = !self.flags.rules.goes_on_after_scale_up
                && matches!(scale_up.result, ScaleUpResult::Successful | ScaleUpResult::Error);
        }
        outcome.scale_up.left_aside = left_aside;
        self.name_originals(&mut outcome.scale_up);
        self.packing_hints.drop_old();
        self.note_growth(now, &outcome.scale_up);
        if ends && outcome.scale_up.result == ScaleUpResult::Error {
            let failing = outcome.scale_up.increases.iter().any(|increase| increase.fails);
            outcome.error = Some(if failing { "cloudProviderError" } else { "transientError" });
        }
        let grown = grown(groups, &outcome.scale_up.increases);
        if !ends && self.flags.scale_down_enabled {
            let inputs = LoopInputs { groups: &grown, ..inputs };
            outcome.scale_down = Some(self.scale_down(&mut snapshot, inputs, &candidates, blocked));
        }
        if !ends && self.flags.enforce_node_group_min_size {
            let round = Round { groups: &grown, ..round };
            self.scale_up_to_min(&round, &snapshot, &mut outcome.scale_up);
            self.note_growth(now, &outcome.scale_up);
            if outcome.scale_up.result == ScaleUpResult::Error {
                outcome.error = Some("cloudProviderError");
            }
        }
    }

    /// A scale-up delays removals: everywhere, or of the groups that grow.
    fn note_growth(&mut self, now: SimTime, scale_up: &ScaleUpOutcome) {
        if scale_up.result == ScaleUpResult::Successful {
            self.last_scale_up = Some(now);
        }
        for increase in scale_up.increases.iter().filter(|increase| !increase.fails) {
            self.local.grew(increase.group, now, &self.flags);
        }
    }

    /// The nodes that count against the cluster's limits when it grows.
    fn ready_and_schedulable(&self, cluster: &ClusterState, nodes: &[NodeId]) -> Vec<NodeId> {
        let is_ready = |id: &NodeId| is_ready_and_schedulable(cluster.node(*id), &cluster.symbols, &self.flags);
        nodes.iter().copied().filter(is_ready).collect()
    }
}

/// The groups once these increases are asked for: targets change at once.
fn grown<'g, 'a>(groups: &'g Groups<'a>, increases: &[Increase]) -> Cow<'g, Groups<'a>> {
    if increases.iter().all(|increase| increase.fails) {
        return Cow::Borrowed(groups);
    }
    let mut groups = groups.clone();
    for increase in increases.iter().filter(|increase| !increase.fails) {
        groups[increase.group].target = increase.to;
    }
    Cow::Owned(groups)
}

/// The groups once these instances are deleted: targets and instances change at once.
fn without<'g, 'a>(groups: &'g Groups<'a>, deleted: &[(GroupId, Symbol)]) -> Cow<'g, Groups<'a>> {
    if deleted.is_empty() {
        return Cow::Borrowed(groups);
    }
    let mut groups = groups.clone();
    for (group, name) in deleted {
        groups[*group].target -= 1;
        groups[*group].instances.retain(|instance| instance.name != *name);
    }
    Cow::Owned(groups)
}

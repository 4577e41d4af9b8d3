//! One loop of the three autoscalers: they decide the same, it leaves no trace, and what they decided happens.

use super::*;

impl World {
    /// One loop of all.
    pub(super) fn turn(&mut self, context: &str) {
        let pending = self.surroundings.pending();
        let before = trace(&self.surroundings.cluster);
        let Surroundings { cluster, groups, daemon_sets, .. } = &mut self.surroundings;
        let sizes = groups.iter().map(|group| (group.target, group.increase_fails, group.instances.clone())).collect();
        let news = Shown { versions: cluster.versions(), budgets: cluster.budgets.clone(), sizes };
        let is_same = self.shown.as_ref() == Some(&news);
        self.shown = Some(news);
        let shown = views(groups);
        let inputs = LoopInputs { now: self.now, groups: &shown, pending: &pending, daemon_sets };
        let quick = self.quick.run_once(cluster, inputs);
        let plain = self.plain.run_once(cluster, inputs);
        assert_eq!(quick, plain, "with and without memory, {context}");
        if is_same && self.resting.answer_holds(self.now) {
            self.rests += 1;
            assert!(asks_for_nothing(&plain), "while one rests, {context}");
        } else {
            let resting = self.resting.run_afresh(cluster, inputs);
            assert_eq!(resting, *plain, "with and without rests, {context}");
        }
        assert_eq!(before, trace(&self.surroundings.cluster), "a loop left a trace, {context}");
        self.check(&quick, context);
        self.act(&quick);
        self.invariants(context);
    }

    /// What holds after every event.
    pub(super) fn invariants(&mut self, context: &str) {
        let Surroundings { cluster, groups, .. } = &self.surroundings;
        let mut homes: BTreeMap<PodId, NodeId> = BTreeMap::new();
        for (id, node) in cluster.nodes() {
            let mut sum = Resources::default();
            for pod in node.pods() {
                assert_eq!(homes.insert(*pod, id), None, "a pod on two nodes, {context}");
                sum.add(&cluster.spec_of(*pod).requests);
            }
            let (there, pods) = (&node.allocatable, node.pods().len() as i64);
            assert_eq!(sum, *node.requested(), "the books of {id:?}, {context}");
            let fits = sum.cpu_milli <= there.resources.cpu_milli && sum.memory_bytes <= there.resources.memory_bytes;
            assert!(fits && pods <= there.pods, "{id:?} has {sum:?} and {pods} pods of {there:?}, {context}");
        }
        for (id, pod) in cluster.pods().filter(|(_, pod)| pod.is_present()) {
            assert_eq!(pod.node(), homes.get(&id).copied(), "{id:?}, {context}");
        }
        for (at, (group, small)) in groups.iter().zip(&mut self.may_be_small).enumerate() {
            assert!((0..=group.max).contains(&group.target), "{} has {}, {context}", group.name, group.target);
            // A deletion that began when there was room may end when instances beside it have failed.
            let shrinks = |node: &NodeId| cluster.node(*node).group.is_some_and(|group| group.index() == at);
            *small &= group.target < group.min || self.deleting.iter().any(shrinks);
            assert!(*small || group.target >= group.min, "{} has {}, {context}", group.name, group.target);
        }
    }

    /// What never happens.
    fn check(&self, outcome: &LoopOutcome, context: &str) {
        let Surroundings { cluster, groups, flags, .. } = &self.surroundings;
        for increase in &outcome.scale_up.increases {
            let group = &groups[increase.group.index()];
            assert!(increase.to > increase.from && increase.to <= group.max, "{increase:?}, {context}");
        }
        for option in &outcome.scale_up.options {
            assert!(option.nodes > 0 && !option.pods.is_empty(), "{option:?}, {context}");
            assert!(option.pods.iter().all(|pod| cluster.pod(*pod).is_present()), "pods that are none, {context}");
        }
        let Some(down) = &outcome.scale_down else { return };
        let mut sizes: Vec<i32> = groups.iter().map(|group| group.target).collect();
        let grown = outcome.scale_up.increases.iter().filter(|increase| !increase.fails);
        grown.for_each(|increase| sizes[increase.group.index()] = increase.to);
        let allowed: Vec<i32> = cluster.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
        let controllers = Controllers::of(cluster);
        for Deletion { node, since, drain, .. } in &down.deletions {
            let group = cluster.node(*node).group.expect("only groups' nodes go").index();
            sizes[group] -= 1;
            assert!(sizes[group] >= groups[group].min, "below the minimum, {context}");
            let needed = if cluster.node(*node).ready.is_true {
                flags.scale_down_unneeded_time
            } else {
                flags.scale_down_unready_time
            };
            assert!(*since + needed < self.now, "too early, {context}");
            let scope = Scope { now: self.now, controllers: Some(&controllers), budgets: Some(&allowed) };
            let moved = pods_to_move(cluster, flags, *node, scope);
            // Expendable pods are none for the autoscaler: whatever they say, they go.
            if !cluster.node(*node).pods().iter().any(|pod| is_expendable(cluster, *pod)) {
                assert!(moved.is_ok(), "a blocked node goes: {moved:?}, {context}");
                assert!(*drain || moved.is_ok_and(|moved| moved.pods.is_empty()), "lost pods, {context}");
            }
            assert!(!self.deleting.contains(node), "deleted twice, {context}");
            let listed = if *drain { &down.candidates.1 } else { &down.candidates.0 };
            assert!(listed.contains(node), "nobody said that it may go, {context}");
        }
        let told = |node: &NodeId| {
            down.unneeded.iter().any(|(other, _)| other == node)
                || down.unremovable.iter().any(|(other, _)| other == node)
        };
        for (node, _) in &down.utilization {
            let limited = down.unneeded.len() >= flags.max_scale_down_parallelism as usize;
            // A legacy deletion ends the time of nodes that count on the same places.
            let forgotten = !flags.parallel_drain && down.candidates != Default::default();
            assert!(told(node) || limited || forgotten, "a node stays without a reason, {context}");
        }
    }

    /// Does what the loop decided; some deletions end, well or not.
    fn act(&mut self, outcome: &LoopOutcome) {
        let smaller = outcome.instances_to_delete.iter().map(|(group, _)| group);
        let smaller = smaller.chain(outcome.target_changes.iter().map(|(group, _)| group));
        smaller.for_each(|group| self.may_be_small[group.index()] = true);
        outcome.commands().for_each(|command| self.surroundings.resize(command));
        for deletion in outcome.scale_down.iter().flat_map(|down| &down.deletions) {
            self.set_taint(deletion.node, true);
            deletion.daemon_pods.iter().for_each(|pod| self.surroundings.cluster.remove_pod(*pod));
            deletion.pods.iter().for_each(|pod| self.evict(*pod));
            self.deleting.push(deletion.node);
        }
        while !self.deleting.is_empty() && self.dice.chance(0.5) {
            let node = self.deleting.swap_remove(self.dice.below(self.deleting.len()));
            let deleted = self.dice.chance(0.8);
            if !deleted && self.surroundings.cluster.has_node(node) {
                self.set_taint(node, false);
            }
            if deleted && self.surroundings.cluster.has_node(node) {
                let row = self.surroundings.cluster.node(node);
                let (name, group) = (row.name, row.group);
                self.surroundings.remove_node(node);
                self.surroundings.remove_instance(name);
                if let Some(group) = group {
                    self.surroundings.groups[group.index()].target -= 1;
                }
            }
            for autoscaler in [&mut self.quick, &mut self.resting, &mut self.plain] {
                autoscaler.deletion_ended(node);
                if let Some(group) = self.surroundings.cluster.node(node).group {
                    autoscaler.group_shrank(group, self.now, !deleted);
                }
            }
        }
    }
}

impl World {
    /// The taint of a node that is being deleted.
    fn set_taint(&mut self, node: NodeId, on: bool) {
        let key = self.symbol(TO_BE_DELETED);
        let mut taints = self.surroundings.cluster.node(node).taints.clone();
        taints.retain(|taint| taint.key != key);
        if on {
            taints.push(Taint { key, value: Symbol::EMPTY, effect: Effect::NoSchedule });
        }
        self.surroundings.cluster.set_taints(node, taints);
    }

    /// The pod goes, and comes again if somebody owns it.
    fn evict(&mut self, pod: PodId) {
        let (row, spec) = (self.surroundings.cluster.pod(pod), self.surroundings.cluster.spec_of(pod));
        let again = (spec.owner.is_some() && !row.is_terminating()).then(|| row.clone_unbound());
        self.surroundings.cluster.remove_pod(pod);
        if let Some(mut copy) = again {
            copy.created = self.now;
            self.surroundings.cluster.add_pod(copy);
        }
    }
}

/// What an autoscaler is shown, the pending pods within the cluster's version.
#[derive(PartialEq)]
pub(super) struct Shown {
    versions: [u64; 4],
    budgets: Vec<PodDisruptionBudget>,
    sizes: Vec<(i32, bool, Vec<InstanceView>)>,
}

fn asks_for_nothing(outcome: &LoopOutcome) -> bool {
    let LoopOutcome { instances_to_delete, target_changes, scale_up, scale_down, error, .. } = outcome;
    let deletes = scale_down.as_ref().is_some_and(|down| !down.deletions.is_empty());
    let resizes = !instances_to_delete.is_empty() || !target_changes.is_empty() || !scale_up.increases.is_empty();
    !deletes && !resizes && error.is_none()
}

fn is_expendable(cluster: &ClusterState, pod: PodId) -> bool {
    cluster.spec_of(pod).priority < -10
}

/// Everything a loop must leave as it is.
fn trace(cluster: &ClusterState) -> Vec<(NodeId, Vec<PodId>, Resources)> {
    cluster.nodes().map(|(id, node)| (id, node.pods().to_vec(), node.requested().clone())).collect()
}

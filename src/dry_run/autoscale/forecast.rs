//! The autoscaler's loops ahead in time, with the plainest world around it that can follow its decisions.
//!
//! New nodes are Ready after the provider's median boot time and have their DaemonSets' pods, evicted pods are created again
//! and run at once, pods are bound by the scheduler between loops. A deletion takes as long as the eviction API refuses
//! pods, and is given up after `--max-pod-eviction-time`. Nothing else changes: no traffic, no other controllers.
//! `foresail run` simulates all that.

use super::drains::{Disruption, Drain, Progress};
use super::dump::Loaded;
use super::surroundings::{Surroundings, views};
use crate::autoscaler::{Autoscaler, Choice, Command, InstanceView, LOOP_TAKES, Launch, LoopInputs, LoopOutcome};
use crate::cluster::{NodeCondition, NodeId, Phase, PodId};
use crate::id::{GroupId, Id};
use crate::market::{Provider, node_boot};
use crate::scheduler::{Decision, Scheduler, Ties};
use crate::units::{SimDuration, SimTime};
use std::sync::Arc;

/// Loops over a cluster that follows their decisions.
pub struct Forecast {
    /// What the autoscaler is shown.
    pub surroundings: Surroundings,
    autoscaler: Autoscaler,
    scheduler: Scheduler,
    boot: SimDuration,
    /// Instances that are not nodes yet: when they will be, group, name.
    booting: Vec<(SimTime, GroupId, String)>,
    launched: u32,
    drains: Vec<Drain>,
    disrupted: Vec<Disruption>,
}

impl Forecast {
    /// Of what was read: the autoscaler decides as a recorded one does, new nodes are Ready after the median boot time
    /// of the provider that the flags name.
    pub fn new(loaded: Loaded) -> Self {
        let Loaded { surroundings, profiles, profile, now, unneeded_since, .. } = loaded;
        let flags = surroundings.flags.clone();
        let provider = if flags.cloud_provider == "gce" { Provider::Gcp } else { Provider::Aws };
        let mut autoscaler = Autoscaler::new(flags, profile, Choice::Recorded);
        autoscaler.resume(now, &unneeded_since);
        Forecast {
            disrupted: surroundings.told_to_go(),
            surroundings,
            autoscaler,
            scheduler: Scheduler::new(profiles, Ties::SmallestName),
            boot: node_boot(provider).quantile(0.5),
            booting: Vec::new(),
            launched: 0,
            drains: Vec::new(),
        }
    }

    /// One loop at `now`; its decisions are not done yet.
    pub fn decide(&mut self, now: SimTime) -> Arc<LoopOutcome> {
        let pending = self.surroundings.pending();
        let Surroundings { cluster, groups, daemon_sets, .. } = &mut self.surroundings;
        let inputs = LoopInputs { now, groups: &views(groups), pending: &pending, daemon_sets };
        self.autoscaler.run_once(cluster, inputs)
    }

    /// Does what a loop decided.
    pub fn act(&mut self, now: SimTime, outcome: &LoopOutcome) {
        for command in outcome.commands() {
            self.surroundings.resize(command);
            match command {
                Command::Launch(launch) => self.launch(now, launch),
                Command::StartDeletion(deletion) => {
                    let drain = self.surroundings.begin_drain(now, deletion);
                    self.go_on(now, drain);
                }
                Command::DeleteInstance { .. }
                | Command::LowerTarget { .. }
                | Command::PutTaint { .. }
                | Command::RemoveTaint { .. } => {}
            }
        }
    }

    /// Evicts what may be evicted; the node goes when nothing is left.
    fn go_on(&mut self, now: SimTime, mut drain: Drain) {
        match self.surroundings.go_on(now, &mut drain, &mut self.disrupted) {
            Progress::Empty => self.delete(now, drain.node),
            Progress::Waits => self.drains.push(drain),
            Progress::GivenUp => {
                let group = self.surroundings.cluster.node(drain.node).group;
                self.autoscaler.deletion_ended(drain.node);
                group.into_iter().for_each(|group| self.autoscaler.group_shrank(group, now, true));
            }
        }
    }

    /// From one loop to the next: `--scan-interval`, or as good as nothing after a loop that did something, where
    /// `--frequent-loops-enabled` says so.
    pub fn pause(&self, outcome: &LoopOutcome) -> SimDuration {
        let flags = &self.surroundings.flags;
        let every = flags.scan_interval.max(LOOP_TAKES);
        if flags.frequent_loops && outcome.is_productive() { LOOP_TAKES } else { every }
    }

    fn launch(&mut self, now: SimTime, launch: Launch) {
        let at = launch.group.index();
        if self.surroundings.groups[at].increase_fails {
            return;
        }
        for _ in 0..launch.count {
            self.launched += 1;
            let name = format!("{}-new-{}", self.surroundings.groups[at].name, self.launched);
            let symbol = self.surroundings.cluster.symbols.intern(&name);
            self.surroundings.groups[at].instances.push(InstanceView { name: symbol, failed: false });
            self.booting.push((now + self.boot, launch.group, name));
        }
    }

    /// What happens until `now`: nodes come, pods are bound, drains go on.
    pub fn advance(&mut self, now: SimTime) {
        let due: Vec<_> = self.booting.extract_if(.., |(at, _, _)| *at <= now).collect();
        let mut first = Vec::new();
        for (at, group, name) in due {
            let mut node = self.surroundings.groups[group.index()].template.clone();
            let cluster = &mut self.surroundings.cluster;
            node.name = cluster.symbols.intern(&name);
            let hostname = cluster.symbols.intern("kubernetes.io/hostname");
            node.labels.set(hostname, node.name);
            (node.created, node.group) = (at, Some(group));
            node.ready = NodeCondition { is_true: true, since: at };
            node.unschedulable = false;
            let node = cluster.add_node(node);
            first.extend(self.surroundings.add_node_pods(node, at));
        }
        self.bind(&first);
        let mut pods = self.surroundings.pending();
        pods.sort_by_key(|pod| std::cmp::Reverse(self.surroundings.cluster.spec_of(*pod).priority));
        self.bind(&pods);
        self.surroundings.recover(now, &mut self.disrupted);
        for drain in std::mem::take(&mut self.drains) {
            self.go_on(now, drain);
        }
    }

    fn bind(&mut self, pods: &[PodId]) {
        for pod in pods.iter().copied() {
            if let Decision::Bind(node) = self.scheduler.schedule(&self.surroundings.cluster, pod).decision {
                self.surroundings.cluster.bind(pod, node);
                self.surroundings.cluster.set_phase(pod, Phase::Running);
            }
        }
    }

    fn delete(&mut self, now: SimTime, node: NodeId) {
        let (name, group) = (self.surroundings.cluster.node(node).name, self.surroundings.cluster.node(node).group);
        self.surroundings.remove_node(node);
        self.surroundings.remove_instance(name);
        if let Some(row) = group.and_then(|group| self.surroundings.groups.get_mut(group.index())) {
            row.target -= 1;
        }
        self.autoscaler.deletion_ended(node);
        group.into_iter().for_each(|group| self.autoscaler.group_shrank(group, now, false));
    }
}

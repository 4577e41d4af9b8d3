//! The autoscaler's loops ahead in time, with the plainest world around it that can follow its decisions.
//!
//! New nodes are Ready after the provider's median boot time, evicted pods are created again at once, pods
//! are bound by the scheduler between loops, deletions take no time. Nothing else changes: no traffic, no
//! controllers. `foresail run` simulates all that.

use super::Stage;
use crate::autoscaler::{Autoscaler, Command, InstanceView, Launch, LoopOutcome};
use crate::cluster::{NodeCondition, NodeId, PodId};
use crate::id::{GroupId, Id};
use crate::scheduler::{Decision, Scheduler};
use crate::units::{SimDuration, SimTime};
use std::sync::Arc;

/// A stage on which loops are run.
pub struct Ahead {
    /// What the autoscaler is shown.
    pub stage: Stage,
    autoscaler: Autoscaler,
    scheduler: Scheduler,
    boot: SimDuration,
    /// Instances that are not nodes yet: when they will be, group, name.
    booting: Vec<(SimTime, GroupId, String)>,
    launched: u32,
}

impl Ahead {
    /// A stage whose new nodes need `boot` to become Ready.
    pub fn new(stage: Stage, autoscaler: Autoscaler, scheduler: Scheduler, boot: SimDuration) -> Self {
        Ahead { stage, autoscaler, scheduler, boot, booting: Vec::new(), launched: 0 }
    }

    /// One loop at `now`; its decisions are not done yet.
    pub fn decide(&mut self, now: SimTime) -> Arc<LoopOutcome> {
        let pending = self.stage.pending();
        let Stage { cluster, groups, daemon_sets, .. } = &mut self.stage;
        self.autoscaler.run_once(now, cluster, &super::views(groups), &pending, daemon_sets)
    }

    /// Does what a loop decided. Taints are nobody's business here: deletions take no time.
    pub fn act(&mut self, now: SimTime, outcome: &LoopOutcome) {
        for command in outcome.commands() {
            self.stage.resize(command);
            match command {
                Command::Launch(launch) => self.launch(now, launch),
                Command::StartDeletion(deletion) => {
                    deletion.pods.iter().for_each(|pod| self.move_away(now, *pod));
                    self.delete(deletion.node);
                }
                Command::DeleteInstance { .. }
                | Command::LowerTarget { .. }
                | Command::PutTaint { .. }
                | Command::RemoveTaint { .. } => {}
            }
        }
    }

    fn launch(&mut self, now: SimTime, launch: Launch) {
        let at = launch.group.index();
        if self.stage.groups[at].increase_fails {
            return;
        }
        for _ in 0..launch.count {
            self.launched += 1;
            let name = format!("{}-new-{}", self.stage.groups[at].name, self.launched);
            let symbol = self.stage.cluster.symbols.intern(&name);
            self.stage.groups[at].instances.push(InstanceView { name: symbol, failed: false });
            self.booting.push((now + self.boot, launch.group, name));
        }
    }

    /// What happens until `now`: nodes come, pods are bound.
    pub fn advance(&mut self, now: SimTime) {
        let due: Vec<_> = self.booting.extract_if(.., |(at, _, _)| *at <= now).collect();
        for (at, group, name) in due {
            let mut node = self.stage.groups[group.index()].template.clone();
            let cluster = &mut self.stage.cluster;
            node.name = cluster.symbols.intern(&name);
            let hostname = cluster.symbols.intern("kubernetes.io/hostname");
            node.labels.set(hostname, node.name);
            (node.created, node.group) = (at, Some(group));
            node.ready = NodeCondition { is_true: true, since: at };
            node.unschedulable = false;
            cluster.add_node(node);
        }
        for pod in self.stage.pending() {
            if let Decision::Bind(node) = self.scheduler.schedule(&self.stage.cluster, pod).decision {
                self.stage.cluster.bind(pod, node);
            }
        }
    }

    fn move_away(&mut self, now: SimTime, pod: PodId) {
        let cluster = &mut self.stage.cluster;
        let recreated = cluster.spec_of(pod).owner.is_some() && !cluster.pod(pod).is_terminating();
        let mut copy = cluster.pod(pod).clone_unbound();
        cluster.remove_pod(pod);
        if recreated {
            copy.created = now;
            copy.nominated = None;
            cluster.add_pod(copy);
        }
    }

    fn delete(&mut self, node: NodeId) {
        let (name, group) = (self.stage.cluster.node(node).name, self.stage.cluster.node(node).group);
        self.stage.remove_node(node);
        self.stage.remove_instance(name);
        if let Some(group) = group.and_then(|group| self.stage.groups.get_mut(group.index())) {
            group.target -= 1;
        }
        self.autoscaler.deletion_ended(node);
    }
}

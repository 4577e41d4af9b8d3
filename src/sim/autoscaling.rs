//! Cluster Autoscaler at work: its loop is shown the world, and what it decides is done.

use crate::autoscaler::drain::{self, Controllers, Scope};
use crate::autoscaler::{
    Autoscaler, Choice, Command, Deletion, GroupView, Groups, InstanceView, Launch, TO_BE_DELETED,
};
use crate::cluster::{Effect, NodeId, PodId, Taint};
use crate::intern::Symbol;
use crate::sim::Simulation;
use crate::sim::cloud::InstanceState;
use crate::sim::event::{DrainId, Event};
use crate::sim::log::{Evictor, Occurrence};
use crate::sim::scheduling::News;
use crate::units::{SimDuration, SimTime};
use crate::world::WorkloadKind;
use crate::world::{GroupId, InstanceId};

/// Refused evictions are tried again so often. Upstream: `EvictionRetryTime`.
const RETRY_EVERY: SimDuration = SimDuration::from_secs(10);
/// Evicted pods are looked for so often.
const LOOK_EVERY: SimDuration = SimDuration::from_secs(5);
/// Pods may take so much longer than the longest grace. Upstream: `PodEvictionHeadroom`.
const HEADROOM: SimDuration = SimDuration::from_secs(30);

/// The versions of all that a loop is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    cluster: [u64; 4],
    budgets: u64,
    groups: u64,
    instances: u64,
}

/// A deletion under way.
#[derive(Clone, Debug)]
pub struct Drain {
    node: NodeId,
    instance: InstanceId,
    needs_drain: bool,
    /// Pods not evicted yet.
    left: Vec<PodId>,
    /// Evicted pods that must be gone.
    evicted: Vec<PodId>,
    /// When the first eviction was tried.
    since: Option<SimTime>,
    /// When all were evicted.
    waiting_since: Option<SimTime>,
}

impl Simulation {
    /// The first loop.
    pub(super) fn start_autoscaler(&mut self) {
        let Some(flags) = self.cast.autoscaler.clone() else { return };
        // Cluster Autoscaler knows one profile.
        let profile = self.cast.profiles.of(Symbol::EMPTY).clone();
        let choice =
            if self.timing.by_chance { Choice::Seeded(self.streams.expander.clone()) } else { Choice::Recorded };
        let autoscaler = Autoscaler::new(flags, profile, choice);
        self.autoscaler = Some(if self.timing.afresh { autoscaler.without_memory() } else { autoscaler });
        let first = self.phase(self.timing.autoscaler_scan);
        self.queue.push(first, Event::AutoscalerLoop);
    }

    /// One loop. Where nothing of what it looks at has changed since the last one, the answer of that is taken
    /// again as long as time alone does not change it.
    pub(super) fn autoscaler_loop(&mut self, now: SimTime) {
        self.refresh_budgets();
        let shown = Shown {
            cluster: self.cluster.versions(),
            budgets: self.budgets_version,
            groups: self.groups.version(),
            instances: self.instances.version(),
        };
        let is_same = std::mem::replace(&mut self.shown, shown) == shown;
        if self.timing.afresh || !is_same || !self.autoscaler.as_mut().is_some_and(|autoscaler| autoscaler.goes_on(now))
        {
            self.look_around(now);
        }
        self.repeat(now, self.timing.autoscaler_scan, Event::AutoscalerLoop);
    }

    fn look_around(&mut self, now: SimTime) {
        let cast = self.cast.clone();
        let groups = self.group_views(now, &cast.groups);
        let mut pending: Vec<PodId> = self.pending.iter().map(|(_, pod)| *pod).collect();
        pending.retain(|pod| self.cluster.spec_of(*pod).scheduling_gates.is_empty());
        pending.sort_unstable();
        let is_daemon_set = |kind: &WorkloadKind| matches!(kind, WorkloadKind::DaemonSet(_));
        let daemon_sets: Vec<_> =
            cast.workloads.values().filter(|row| is_daemon_set(&row.kind)).map(|row| row.template).collect();
        if let Some(mut autoscaler) = self.autoscaler.take() {
            let outcome = autoscaler.run_afresh(now, &mut self.cluster, &groups, &pending, &daemon_sets);
            self.autoscaler = Some(autoscaler);
            self.note_reasons(now, &outcome);
            outcome.commands().for_each(|command| self.act(now, command));
        }
    }

    /// The groups that the autoscaler manages; they come first among all.
    fn group_views<'a>(
        &self,
        now: SimTime,
        groups: &'a crate::id::IdVec<GroupId, crate::world::NodeGroup>,
    ) -> Groups<'a> {
        let managed = groups.iter().take_while(|(_, group)| group.autoscaled);
        managed
            .map(|(id, group)| {
                let state = &self.groups[id];
                let instance = |id: &InstanceId| InstanceView {
                    name: self.instances[*id].name,
                    failed: self.instances[*id].state == InstanceState::Failed,
                };
                GroupView {
                    name: &group.name,
                    min: group.min,
                    max: group.max,
                    target: state.target,
                    template: &group.machines[0].template,
                    price: group.machines[0].price.usd(),
                    instances: state.instances.iter().map(instance).collect(),
                    increase_fails: self.refuses_increases(now, id),
                }
            })
            .collect()
    }

    /// Does what the autoscaler asks for.
    fn act(&mut self, now: SimTime, command: Command<'_>) {
        match command {
            Command::Launch(launch) => self.grow(now, launch),
            Command::DeleteInstance { group, name } => {
                let named = |id: &InstanceId| self.instances[*id].name == name;
                if let Some(id) = self.groups[group].instances.iter().copied().find(named) {
                    self.delete_instance(now, id);
                }
            }
            Command::LowerTarget { group, by } => self.lower_target(now, group, by),
            Command::PutTaint { node, key, effect } => self.put_taint(node, key, effect),
            Command::RemoveTaint { node, key } => self.remove_taint(node, key),
            Command::StartDeletion(deletion) => self.start_deletion(now, deletion),
        }
    }

    fn grow(&mut self, now: SimTime, launch: Launch) {
        if self.increase_size(now, launch) {
            self.books.groups[launch.group].scale_ups += 1;
        }
    }

    fn lower_target(&mut self, now: SimTime, group: GroupId, by: i32) {
        let state = &mut self.groups[group];
        // A cloud refuses a size below what is there.
        if state.target - by >= state.instances.len() as i32 {
            state.target -= by;
            self.log.push(now, Occurrence::TargetDecreased(group, -by));
        }
    }

    /// The node gets its taint at once; the rest follows a little later.
    fn start_deletion(&mut self, now: SimTime, deletion: &Deletion) {
        let Deletion { node, drain, ref pods, .. } = *deletion;
        let Some(instance) = self.node_instances[node] else { return };
        self.put_taint(node, TO_BE_DELETED, Effect::NoSchedule);
        self.log.push(now, Occurrence::ScaleDown { node, drain, pods: pods.len() as u32 });
        let id = self.drains.push(Drain {
            node,
            instance,
            needs_drain: drain,
            left: Vec::new(),
            evicted: Vec::new(),
            since: None,
            waiting_since: None,
        });
        let delay =
            self.cast.autoscaler.as_ref().map_or(SimDuration::ZERO, |flags| flags.node_delete_delay_after_taint);
        self.queue.push(now + delay, Event::DrainContinues(id));
    }

    /// A deletion goes on: checks once more, evicts, waits, deletes.
    pub(super) fn drain_continues(&mut self, now: SimTime, id: DrainId) {
        let goes_on = self.cluster.has_node(self.drains[id].node)
            && match self.drains[id].since {
                None => self.begin_drain(now, id),
                Some(since) => self.has_patience(now, id, since),
            };
        if !goes_on {
            return self.deletion_fails(now, id);
        }
        self.evict_left(now, id);
        if self.drains[id].left.is_empty() {
            self.delete_when_empty(now, id);
        } else {
            self.queue.push(now + RETRY_EVERY, Event::DrainContinues(id));
        }
    }

    /// Evictions are tried for so long only; then a node may still go with the pods of DaemonSets that are left.
    /// Upstream: `Evictor.DrainNodeWithPods`, `evictPod`, 1.28.0.
    fn has_patience(&mut self, now: SimTime, id: DrainId, since: SimTime) -> bool {
        let most = self.cast.autoscaler.as_ref().map_or(SimDuration::ZERO, |flags| flags.max_pod_eviction_time);
        if now - since < most {
            return true;
        }
        let left = std::mem::take(&mut self.drains[id].left);
        left.into_iter().all(|pod| self.cluster.spec_of(pod).is_daemon())
    }

    /// Looks at the node with fresh eyes: whether the deletion may begin.
    fn begin_drain(&mut self, now: SimTime, id: DrainId) -> bool {
        self.refresh_budgets();
        let Some(flags) = &self.cast.autoscaler else { return false };
        let allowed: Vec<i32> = self.cluster.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
        let controllers = Controllers::of(&self.cluster);
        let scope = Scope { controllers: Some(&controllers), budgets: Some(&allowed) };
        let Ok(moved) = drain::pods_to_move(&self.cluster, flags, self.drains[id].node, scope, now) else {
            return false;
        };
        let row = &mut self.drains[id];
        row.since = Some(now);
        let (mut pods, mut daemon_pods) = (moved.pods, moved.daemon_pods);
        if !row.needs_drain && !pods.is_empty() {
            return false;
        }
        pods.sort_unstable();
        daemon_pods.sort_unstable();
        row.evicted.clone_from(&pods);
        row.left = pods;
        daemon_pods.retain(|pod| drain::evicts_daemon_pod(self.cluster.spec_of(*pod), flags, row.needs_drain));
        row.left.extend(daemon_pods);
        true
    }

    fn evict_left(&mut self, now: SimTime, id: DrainId) {
        let mut refused = Vec::new();
        for pod in std::mem::take(&mut self.drains[id].left) {
            if !self.is_active(pod) {
                continue;
            }
            let most_grace = self.cast.autoscaler.as_ref().map(|flags| flags.max_graceful_termination);
            if !self.evict_by_api(now, pod, Evictor::ClusterAutoscaler, most_grace) {
                refused.push(pod);
            }
        }
        // Of an empty node, pods of DaemonSets that may not go do not keep it.
        self.drains[id].left = if self.drains[id].needs_drain { refused } else { Vec::new() };
    }

    fn delete_when_empty(&mut self, now: SimTime, id: DrainId) {
        let row = &self.drains[id];
        let there = row.evicted.iter().any(|pod| self.cluster.pod(*pod).is_present() && self.on_node(*pod, row.node));
        if !there {
            let (node, instance) = (row.node, row.instance);
            let deleted = self.delete_instance(now, instance);
            return self.deletion_ended(now, node, deleted);
        }
        let since = *self.drains[id].waiting_since.get_or_insert(now);
        let most = self.cast.autoscaler.as_ref().map_or(SimDuration::ZERO, |flags| flags.max_graceful_termination);
        if now - since >= most + HEADROOM {
            return self.deletion_fails(now, id);
        }
        self.queue.push(now + LOOK_EVERY, Event::DrainContinues(id));
    }

    fn on_node(&self, pod: PodId, node: NodeId) -> bool {
        self.cluster.pod(pod).node() == Some(node)
    }

    fn deletion_fails(&mut self, now: SimTime, id: DrainId) {
        self.deletion_ended(now, self.drains[id].node, false);
    }

    fn deletion_ended(&mut self, now: SimTime, node: NodeId, deleted: bool) {
        if !deleted {
            self.log.push(now, Occurrence::ScaleDownFailed(node));
            if self.cluster.has_node(node) {
                self.remove_taint(node, TO_BE_DELETED);
            }
        }
        if let Some(autoscaler) = &mut self.autoscaler {
            autoscaler.deletion_ended(node);
        }
    }

    fn put_taint(&mut self, node: NodeId, key: &str, effect: Effect) {
        let taint = Taint { key: self.cluster.symbols.intern(key), value: Symbol::EMPTY, effect };
        self.change_taints(node, taint.key, Some(taint));
    }
    fn remove_taint(&mut self, node: NodeId, key: &str) {
        let key = self.cluster.symbols.intern(key);
        self.change_taints(node, key, None);
    }
    fn change_taints(&mut self, node: NodeId, key: Symbol, instead: Option<Taint>) {
        let mut taints = self.cluster.node(node).taints.clone();
        taints.retain(|other| other.key != key);
        taints.extend(instead);
        self.cluster.set_taints(node, taints);
        self.nodes_changed(News::NodeTaints(node));
    }
}

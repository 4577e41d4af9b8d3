//! Instances become nodes, and nodes go with their instances.

use crate::cluster::{Effect, NodeCondition, NodeId, Phase, PodId, Taint};
use crate::intern::Symbol;
use crate::sim::cloud::instances::InstanceState;
use crate::sim::cloud::state::Cloud;
use crate::sim::event::Event;
use crate::sim::log::{Cause, NodeEnd, Occurrence, RecordId, Termination};
use crate::sim::pods::life::{Owner, PodEnd};
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::InstanceId;
use crate::world::WorkloadKind;
use smallvec::SmallVec;

/// For how long a node that was always there has been Ready: longer than anybody asks.
const ALWAYS: SimDuration = SimDuration::from_hours(24);

/// How a node comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It was always there, Ready.
    AtTheStart,
    /// It was launched, and becomes Ready a little later.
    Launched,
}

impl Cloud {
    /// An instance becomes a node.
    pub(crate) fn register(&mut self, shared: &mut Shared, id: InstanceId, arrival: Arrival) {
        let (now, initial) = (shared.queue.now(), arrival == Arrival::AtTheStart);
        let instance = &self.instances[id];
        if instance.state != InstanceState::Creating {
            return;
        }
        let (group, zone, name) = (instance.group, instance.zone, instance.name);
        let luck = instance.luck;
        let row = &shared.cast.groups[group];
        let lag = if initial {
            SimDuration::ZERO
        } else {
            row.ready_lag.draw(0, &mut shared.seed.stream("ready lag", instance.birth))
        };
        let machine = &row.machines[instance.machine];
        let (mut template, speed) = (machine.template.clone(), machine.speed);
        template.name = name;
        template.labels.set(shared.names.hostname, name);
        if zone != Symbol::EMPTY {
            template.labels.set(shared.names.zone, zone);
            template.labels.set(shared.names.old_zone, zone);
            if template.labels.get(shared.names.gke_zone).is_some() {
                template.labels.set(shared.names.gke_zone, zone);
            }
        }
        template.group = Some(group);
        template.luck = luck;
        template.created = now;
        // Cluster Autoscaler learns from nodes that have been Ready for a minute: from these at once.
        let since = if initial { now - ALWAYS } else { now };
        template.ready = NodeCondition { is_true: lag.is_zero(), since };
        if !lag.is_zero() {
            template.taints.push(self.not_ready_taint(shared));
        }
        let node = shared.cluster.add_node(template);
        if speed != 1.0 || !shared.node_speeds.is_empty() {
            shared.node_speeds.fill_to(node, 1.0);
            shared.node_speeds[node] = speed;
        }
        let kind = (group, self.instances[id].machine);
        shared.accounts.node_registered(node, kind.0, kind.1);
        shared.metering.node_registered(node, kind);
        self.node_instances.fill_to(node, None);
        self.node_instances[node] = Some(id);
        self.instances[id].node = Some(node);
        self.instances[id].state = InstanceState::Running;
        shared.counts.node_added(now, group);
        if !lag.is_zero() {
            shared.queue.push(now + lag, Event::NodeBecomesReady(node));
        }
        if !initial {
            let because = Cause::record_or(self.instances[id].launched_because, Cause::Found);
            shared.log.push(now, Occurrence::NodeAdded(node, group), because);
        }
        shared.nodes_changed(News::NodeAdded(node));
        if lag.is_zero() {
            self.relieve(shared, now, id);
        }
    }

    fn not_ready_taint(&self, shared: &Shared) -> Taint {
        Taint { key: shared.names.not_ready, value: Symbol::EMPTY, effect: Effect::NoSchedule }
    }

    /// A registered node becomes Ready.
    pub(crate) fn node_becomes_ready(&mut self, shared: &mut Shared, now: SimTime, node: NodeId) {
        if !shared.cluster.has_node(node) {
            return;
        }
        let taint = self.not_ready_taint(shared);
        let taints = shared.cluster.node(node).taints.iter().copied().filter(|t| *t != taint).collect();
        shared.cluster.set_taints(node, taints);
        shared.cluster.set_node_ready(node, NodeCondition { is_true: true, since: now });
        shared.nodes_changed(News::NodeTaints(node));
        if let Some(id) = self.node_instances[node] {
            self.relieve(shared, now, id);
        }
    }

    /// Deletes an instance for Cluster Autoscaler: target and instance at once, the node object later.
    /// The answer is whether there was anything to delete.
    pub(crate) fn delete_instance(&mut self, shared: &mut Shared, now: SimTime, id: InstanceId) -> bool {
        if self.instances[id].state == InstanceState::Deleted {
            return false;
        }
        let group = self.instances[id].group;
        // One that was to relieve another was not asked for by a larger size.
        if self.instances[id].relieves.take().is_none() {
            self.groups[group].target -= 1;
        }
        let why = match self.instances[id].state {
            InstanceState::Failed => Termination::LaunchFailed,
            InstanceState::Creating => Termination::NeverRegistered,
            InstanceState::Running | InstanceState::Deleted => Termination::ScaleDown,
        };
        let because = self.instances[id].leaves_because.or(self.instances[id].launched_because);
        shared.log.push(now, Occurrence::InstanceDeleted(id, why), Cause::record_or(because, Cause::Start));
        self.terminate(shared, now, id);
        true
    }

    /// An instance leaves its group; its node object goes a little later.
    pub(crate) fn terminate(&mut self, shared: &mut Shared, now: SimTime, id: InstanceId) {
        self.detach(id);
        match self.instances[id].node {
            Some(node) => {
                let lag = shared.cast.groups[self.instances[id].group].termination.max(shared.clock.tick());
                shared.queue.push(now + lag, Event::NodeVanishes(node));
            }
            None => self.instance_costs_no_longer(shared, now, id, false),
        }
    }

    /// A node object goes, with everything on it. The answer is the record of that.
    pub(crate) fn node_vanishes(
        &mut self,
        shared: &mut Shared,
        now: SimTime,
        node: NodeId,
        reason: NodeEnd,
    ) -> Option<RecordId> {
        if !shared.cluster.has_node(node) {
            return None;
        }
        let mut pods_lost = 0;
        let mut lost: SmallVec<[PodId; 8]> = SmallVec::new();
        for pod in shared.cluster.node(node).pods().to_vec() {
            let active = !shared.cluster.pod(pod).is_terminating();
            let cut_short = reason == NodeEnd::Spot && shared.cluster.pod(pod).phase == Phase::Running;
            if active && shared.log.is_on() {
                lost.push(pod);
            }
            pods_lost += u32::from((active || cut_short) && self.counts_as_lost(shared, pod));
            shared.pod_is_gone(now, pod, PodEnd::WithItsNode);
        }
        shared.cluster.remove_node(node);
        shared.metering.node_gone(shared.accounts.ledger(), now, node);
        let mut because = None;
        if let Some(id) = self.node_instances[node] {
            because = self.instances[id].leaves_because;
            let group = self.instances[id].group;
            if self.instances[id].state != InstanceState::Deleted {
                self.detach(id);
            }
            shared.counts.node_gone(now, group);
            self.instance_costs_no_longer(shared, now, id, reason == NodeEnd::Spot);
        }
        shared.counts.spot_losses += u64::from(reason == NodeEnd::Spot && pods_lost > 0);
        let because = Cause::record_or(because, Cause::Found);
        let record = shared.log.push(now, Occurrence::NodeGone { node, reason, pods_lost }, because);
        lost.into_iter().for_each(|pod| shared.replaced_because(pod, record));
        shared.nodes_changed(News::NodeDeleted(node));
        record
    }

    /// Whether somebody misses the pod: pods of DaemonSets come and go with their nodes.
    fn counts_as_lost(&self, shared: &Shared, pod: PodId) -> bool {
        match shared.lives[pod].owner {
            Owner::Workload(workload) => !matches!(shared.cast.workloads[workload].kind, WorkloadKind::DaemonSet(_)),
            Owner::Trace(_) => true,
        }
    }
}

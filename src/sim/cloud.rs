//! The cloud: instances are launched, boot, register, are reclaimed or deleted.

use crate::autoscaler::Launch;
use crate::cluster::{Effect, NodeCondition, NodeId, Taint};
use crate::intern::Symbol;
use crate::market::SpotPool;
use crate::sim::Simulation;
use crate::sim::event::{Event, Stage};
use crate::sim::log::{Evictor, NodeEnd, Occurrence};
use crate::sim::scheduling::News;
use crate::units::{SimDuration, SimTime};
use crate::world::{FaultKind, Replacement};
use crate::world::{GroupId, InstanceId};

/// After how long the cloud says that it has no capacity.
const NO_CAPACITY_AFTER: SimDuration = SimDuration::from_secs(20);

/// A machine of a node group.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its group.
    pub group: GroupId,
    /// Which of the group's machine types.
    pub machine: usize,
    /// Its zone, or the empty symbol.
    pub zone: Symbol,
    /// The node's name.
    pub name: Symbol,
    /// What it is doing.
    pub state: InstanceState,
    /// Its node object, once registered.
    pub node: Option<NodeId>,
    /// It got its spot notice.
    pub noticed: bool,
    /// What the cloud does when it takes this instance.
    pub replacement: Replacement,
    /// The fault of the scenario by which it is expected to get its notice.
    pub foreseen_by: Option<u32>,
    /// Since when it has been expected to go: its rebalance recommendation.
    pub expected_since: Option<SimTime>,
    /// Another zone needs it more: it goes when its substitute is there.
    pub is_spare: bool,
    /// The spare instance that it is the substitute of.
    pub relieves: Option<InstanceId>,
}

/// The life of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceState {
    /// Launched, not registered.
    Creating,
    /// Launched, and the cloud said that it will not come.
    Failed,
    /// A node.
    Running,
    /// Deleted by the cloud; the node object may still be there.
    Deleted,
}

/// The state of a node group.
#[derive(Clone, Debug, Default)]
pub struct GroupState {
    /// The size asked for.
    pub target: i32,
    /// Instances not deleted, in order of launch.
    pub instances: Vec<InstanceId>,
    /// Numbers given to node names.
    names: u32,
    /// Launches after the start, failed ones included.
    launches: usize,
}

/// A spot pool: one machine type of a group in one zone.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    group: GroupId,
    machine: usize,
    zone: Symbol,
    /// No capacity before this instant.
    short_until: SimTime,
}

impl Simulation {
    /// The nodes that are there at the start, Ready.
    pub(super) fn launch_initial_nodes(&mut self) {
        for group in self.cast.groups.ids() {
            let initial = self.cast.groups[group].initial;
            self.groups[group].target = initial;
            for _ in 0..initial {
                let instance = self.new_instance(Launch::anywhere(group, 1));
                self.instance_costs(SimTime::ZERO, instance);
                self.register(instance, true);
            }
        }
        self.open_pools();
    }

    fn open_pools(&mut self) {
        let cast = self.cast.clone();
        for (id, group) in cast.groups.iter().filter(|(_, group)| group.spot) {
            let zones = if group.zones.is_empty() { &[Symbol::EMPTY][..] } else { &group.zones };
            for machine in 0..group.machines.len() {
                for zone in zones {
                    self.pools.push(Pool { group: id, machine, zone: *zone, short_until: SimTime::MIN });
                    self.schedule_shock(self.pools.len() - 1);
                }
            }
        }
    }

    fn market_of(&self, pool: usize) -> Option<SpotPool> {
        let pool = &self.pools[pool];
        self.cast.groups[pool.group].machines[pool.machine].spot_market
    }

    fn schedule_shock(&mut self, pool: usize) {
        let rate = self.market_of(pool).map_or(0.0, |market| market.reclaims.events_per_hour);
        if rate > 0.0 {
            let hours = self.streams.spot.exponential(1.0 / rate);
            let at = self.queue.now() + SimDuration::from_secs_f64(hours * 3600.0);
            if at <= self.end {
                self.queue.push(at, Event::PoolShock(pool as u32));
            }
        }
    }

    /// A spot pool is short: some of its instances get their notice.
    pub(super) fn pool_shock(&mut self, now: SimTime, pool: u32) {
        let at = pool as usize;
        let Some(market) = self.market_of(at) else { return };
        let shortage = self.streams.spot.exponential(market.shortage.as_secs_f64());
        self.pools[at].short_until = now + SimDuration::from_secs_f64(shortage);
        let pool = self.pools[at];
        for id in self.groups[pool.group].instances.clone() {
            let instance = &self.instances[id];
            if instance.machine == pool.machine
                && instance.zone == pool.zone
                && instance.state == InstanceState::Running
                && self.streams.spot.chance(market.reclaims.share)
            {
                self.reclaim(now, id, Replacement::Replace);
            }
        }
        self.schedule_shock(at);
    }

    /// What the faults in force now have to tell, the last of the scenario's list first.
    fn fault_in_force<T>(&self, now: SimTime, tell: impl Fn(&FaultKind) -> Option<T>) -> Option<T> {
        self.cast.faults.iter().rev().filter(|fault| fault.is_in_force(now)).find_map(|fault| tell(&fault.kind))
    }

    /// Whether a fault of this kind is in force now.
    fn suffers(&self, now: SimTime, kind: FaultKind) -> bool {
        self.fault_in_force(now, |other| (*other == kind).then_some(())).is_some()
    }

    /// A request for more nodes would fail.
    pub(super) fn refuses_increases(&self, now: SimTime, group: GroupId) -> bool {
        self.suffers(now, FaultKind::IncreaseError(group))
    }

    /// Asks the cloud for more instances. The answer is whether it will try.
    pub(super) fn increase_size(&mut self, now: SimTime, asked: Launch) -> bool {
        let Launch { group, count, .. } = asked;
        if self.refuses_increases(now, group) {
            self.log.push(now, Occurrence::IncreaseError(group, count));
            return false;
        }
        let from = self.groups[group].target;
        self.groups[group].target += count;
        self.log.push(now, Occurrence::ScaleUp { group, from, to: from + count });
        for _ in 0..count {
            self.launch_as(now, asked);
        }
        true
    }

    /// Launches one instance where the cloud likes.
    pub(super) fn launch(&mut self, now: SimTime, group: GroupId) -> InstanceId {
        self.launch_as(now, Launch::anywhere(group, 1))
    }

    /// Launches one instance; it registers after its boot delay, unless something is wrong.
    fn launch_as(&mut self, now: SimTime, asked: Launch) -> InstanceId {
        let group = asked.group;
        let id = self.new_instance(asked);
        let turn = self.groups[group].launches;
        self.groups[group].launches += 1;
        let boot = self.cast.groups[group].boot.draw(turn, &mut self.streams.boot);
        let error = self.fault_in_force(now, |fault| match fault {
            FaultKind::InstanceError(of, after) if *of == group => Some(*after),
            _ => None,
        });
        if let Some(after) = error {
            self.queue.push(now + after, Event::LaunchFails(id));
        } else if self.suffers(now, FaultKind::NoCapacity(group)) || self.pool_is_short(now, id) {
            self.queue.push(now + NO_CAPACITY_AFTER, Event::LaunchFails(id));
        } else {
            if !self.suffers(now, FaultKind::NeverRegisters(group)) {
                let registers = now + boot;
                let at =
                    if self.timing.lockstep { registers.max(self.reaction(Stage::registration())) } else { registers };
                self.queue.push(at, Event::NodeRegisters(group, id));
            }
            self.instance_costs(now, id);
        }
        id
    }

    /// An instance is paid for from its launch on; one that never comes is not.
    fn instance_costs(&mut self, now: SimTime, id: InstanceId) {
        let (group, machine) = (self.instances[id].group, self.instances[id].machine);
        self.books.instance_launched(now, group);
        self.accounts.instance_launched(now, id, group, machine);
    }
    pub(super) fn instance_costs_no_longer(&mut self, now: SimTime, id: InstanceId) {
        if self.accounts.is_billed(id) {
            self.books.instance_ended(now, self.instances[id].group);
            self.accounts.instance_ended(now, id);
        }
    }

    /// An instance; if nobody says otherwise, in the zone that has the fewest of the group, of the cheapest type that its
    /// pool has.
    fn new_instance(&mut self, asked: Launch) -> InstanceId {
        let now = self.queue.now();
        let group = asked.group;
        let cast = &self.cast.groups[group];
        let in_zone =
            |zone: &Symbol| self.groups[group].instances.iter().filter(|id| self.instances[**id].zone == *zone).count();
        let open = cast.zones.iter().filter(|zone| !self.closed_zones.contains(zone));
        let fewest = || open.min_by_key(|zone| in_zone(zone)).copied().unwrap_or(Symbol::EMPTY);
        let zone = asked.zone.unwrap_or_else(fewest);
        let machine = asked.machine.unwrap_or_else(|| self.choose_machine(now, group, zone));
        self.groups[group].names += 1;
        let name = format!("{}-{:04}", self.cast.groups[group].name, self.groups[group].names);
        let id = self.instances.push(Instance {
            group,
            machine,
            zone,
            name: self.cluster.symbols.intern(&name),
            state: InstanceState::Creating,
            node: None,
            noticed: false,
            replacement: Replacement::None,
            foreseen_by: None,
            expected_since: None,
            is_spare: false,
            relieves: None,
        });
        self.groups[group].instances.push(id);
        id
    }

    /// Of a spot group the cheapest machine type whose pool is not short, else the first.
    fn choose_machine(&self, now: SimTime, group: GroupId, zone: Symbol) -> usize {
        let machines = &self.cast.groups[group].machines;
        let short = |machine: usize| {
            let same = |pool: &&Pool| pool.group == group && pool.machine == machine && pool.zone == zone;
            self.pools.iter().find(same).is_some_and(|pool| pool.short_until > now)
        };
        let available = (0..machines.len()).filter(|machine| !short(*machine));
        available.min_by_key(|machine| machines[*machine].price).unwrap_or(0)
    }

    fn pool_is_short(&self, now: SimTime, id: InstanceId) -> bool {
        let instance = &self.instances[id];
        let same =
            |pool: &&Pool| (pool.group, pool.machine, pool.zone) == (instance.group, instance.machine, instance.zone);
        self.pools.iter().find(same).is_some_and(|pool| pool.short_until > now)
    }

    /// The cloud says that an instance will not come.
    pub(super) fn launch_fails(&mut self, now: SimTime, id: InstanceId) {
        if self.instances[id].state == InstanceState::Creating {
            self.instances[id].state = InstanceState::Failed;
            self.log.push(now, Occurrence::LaunchFailed(id));
        }
    }

    /// An instance becomes a node.
    pub(super) fn register(&mut self, id: InstanceId, initial: bool) {
        let now = self.queue.now();
        let instance = &self.instances[id];
        if instance.state != InstanceState::Creating {
            return;
        }
        let (group, zone, name) = (instance.group, instance.zone, instance.name);
        let cast = self.cast.clone();
        let machine = &cast.groups[group].machines[instance.machine];
        let lag =
            if initial { SimDuration::ZERO } else { cast.groups[group].ready_lag.draw(0, &mut self.streams.boot) };
        let mut template = machine.template.clone();
        template.name = name;
        template.labels.set(self.names.hostname, name);
        if zone != Symbol::EMPTY {
            template.labels.set(self.names.zone, zone);
        }
        template.group = Some(group);
        template.created = now;
        template.ready = NodeCondition { is_true: lag.is_zero(), since: now };
        if !lag.is_zero() {
            template.taints.push(self.not_ready_taint());
        }
        let node = self.cluster.add_node(template);
        self.node_instances.fill_to(node, None);
        self.node_instances[node] = Some(id);
        self.instances[id].node = Some(node);
        self.instances[id].state = InstanceState::Running;
        self.books.node_added(now, group);
        if !lag.is_zero() {
            self.queue.push(now + lag, Event::NodeBecomesReady(node));
        }
        if !initial {
            self.log.push(now, Occurrence::NodeAdded(node, group));
        }
        self.nodes_changed(News::NodeAdded(node));
        if lag.is_zero() {
            self.relieve(now, id);
        }
    }

    fn not_ready_taint(&self) -> Taint {
        Taint { key: self.names.not_ready, value: Symbol::EMPTY, effect: Effect::NoSchedule }
    }

    /// A registered node becomes Ready.
    pub(super) fn node_becomes_ready(&mut self, now: SimTime, node: NodeId) {
        if !self.cluster.has_node(node) {
            return;
        }
        let taint = self.not_ready_taint();
        let taints = self.cluster.node(node).taints.iter().copied().filter(|t| *t != taint).collect();
        self.cluster.set_taints(node, taints);
        self.cluster.set_node_ready(node, NodeCondition { is_true: true, since: now });
        self.nodes_changed(News::NodeTaints(node));
        if let Some(id) = self.node_instances[node] {
            self.relieve(now, id);
        }
    }

    /// Deletes an instance for Cluster Autoscaler: target and instance at once, the node object later.
    /// The answer is whether there was anything to delete.
    pub(super) fn delete_instance(&mut self, now: SimTime, id: InstanceId) -> bool {
        if self.instances[id].state == InstanceState::Deleted {
            return false;
        }
        let group = self.instances[id].group;
        // One that was to relieve another was not asked for by a larger size.
        if self.instances[id].relieves.take().is_none() {
            self.groups[group].target -= 1;
        }
        self.log.push(now, Occurrence::InstanceDeleted(id));
        self.terminate(now, id);
        true
    }

    /// An instance leaves its group; its node object goes a little later.
    pub(super) fn terminate(&mut self, now: SimTime, id: InstanceId) {
        self.detach(id);
        match self.instances[id].node {
            Some(node) => {
                let lag = self.cast.groups[self.instances[id].group].termination.max(self.tick());
                self.queue.push(now + lag, Event::NodeVanishes(node));
            }
            None => self.instance_costs_no_longer(now, id),
        }
    }

    /// The instance no longer counts for its group.
    pub(super) fn detach(&mut self, id: InstanceId) {
        self.instances[id].state = InstanceState::Deleted;
        let group = self.instances[id].group;
        self.groups[group].instances.retain(|other| *other != id);
    }

    /// A node object goes, with everything on it.
    pub(super) fn node_vanishes(&mut self, now: SimTime, node: NodeId, reason: NodeEnd) {
        if !self.cluster.has_node(node) {
            return;
        }
        let mut pods_lost = 0;
        for pod in self.cluster.node(node).pods().to_vec() {
            let active = !self.cluster.pod(pod).is_terminating();
            pods_lost += u32::from(active && self.is_replaceable(pod));
            self.pod_is_gone(now, pod, true);
        }
        self.cluster.remove_node(node);
        if let Some(id) = self.node_instances[node] {
            let group = self.instances[id].group;
            if self.instances[id].state != InstanceState::Deleted {
                self.detach(id);
            }
            self.books.node_gone(now, group);
            self.instance_costs_no_longer(now, id);
        }
        self.books.spot_losses += u64::from(reason == NodeEnd::Spot && pods_lost > 0);
        self.log.push(now, Occurrence::NodeGone { node, reason, pods_lost });
        self.nodes_changed(News::Nothing);
    }

    /// A spot instance is told to go: cordoned, its pods leave, it is gone when the notice is over.
    pub(super) fn give_notice(&mut self, now: SimTime, id: InstanceId) {
        let Some(node) = self.instances[id].node.filter(|node| self.cluster.has_node(*node)) else { return };
        if self.instances[id].noticed || self.instances[id].state != InstanceState::Running {
            return;
        }
        self.instances[id].noticed = true;
        self.log.push(now, Occurrence::SpotNotice(node));
        self.books.spot_notices += 1;
        let group = self.instances[id].group;
        self.books.groups[group].notices += 1;
        self.cluster.set_unschedulable(node, true);
        for pod in self.cluster.node(node).pods().to_vec() {
            if !self.cluster.spec_of(pod).is_daemon() && !self.cluster.pod(pod).is_terminating() {
                self.log.push(now, Occurrence::Evicted { pod, node, by: Evictor::SpotNotice });
                self.books.evictions += 1;
                self.delete_pod(now, pod, None);
            }
        }
        self.queue.push(now + self.timing.spot_notice, Event::SpotReclaims(id));
        // The cordon comes with its NoSchedule taint: upstream's node lifecycle controller.
        self.nodes_changed(News::NodeTaints(node));
    }

    /// The notice is over.
    pub(super) fn spot_reclaims(&mut self, now: SimTime, id: InstanceId) {
        let Some(node) = self.instances[id].node else { return };
        if self.instances[id].state != InstanceState::Deleted {
            self.node_vanishes(now, node, NodeEnd::Spot);
            self.make_up_for(now, id);
        }
    }

    /// What the cloud does about an instance that it took.
    fn make_up_for(&mut self, now: SimTime, id: InstanceId) {
        let group = self.instances[id].group;
        match self.instances[id].replacement {
            Replacement::Replace => drop(self.launch(now, group)),
            Replacement::Shrink => self.groups[group].target -= 1,
            Replacement::None => {}
        }
    }

    /// A fault of the scenario begins.
    pub(super) fn fault_begins(&mut self, now: SimTime, index: u32) {
        let fault = self.cast.faults[index as usize].clone();
        self.log.push(now, Occurrence::FaultChanged(index, true));
        match fault.kind {
            FaultKind::NodeLost { group, pick, replacement } => {
                if let Some(id) = self.pick_instance(group, pick) {
                    if let Some(node) = self.instances[id].node {
                        self.node_vanishes(now, node, NodeEnd::Lost);
                    }
                    self.instances[id].replacement = replacement;
                    self.make_up_for(now, id);
                }
            }
            FaultKind::SpotNotice { group, pick, replacement } => {
                if let Some(id) = self.foreseen(index).or_else(|| self.pick_instance(group, pick)) {
                    self.instances[id].replacement = replacement;
                    self.give_notice(now, id);
                }
            }
            FaultKind::NodeUnreachable { group, pick } => {
                if let Some(node) = self.pick_instance(group, pick).and_then(|id| self.instances[id].node) {
                    self.node_falls_silent(now, index, node);
                }
            }
            FaultKind::ContainersHang { workload, pods } => self.containers_hang(now, workload, pods),
            FaultKind::IncreaseError(_)
            | FaultKind::InstanceError(..)
            | FaultKind::NeverRegisters(_)
            | FaultKind::NoCapacity(_) => {}
            FaultKind::ZoneOutage(zone) => {
                self.closed_zones.push(zone);
                self.lose_zone(now, zone);
            }
        }
        if fault.until > now && fault.until <= self.end {
            self.queue.push(fault.until, Event::FaultEnds(index));
        }
    }

    /// A fault of the scenario ends.
    pub(super) fn fault_ends(&mut self, now: SimTime, index: u32) {
        self.log.push(now, Occurrence::FaultChanged(index, false));
        match self.cast.faults[index as usize].kind {
            FaultKind::NodeLost { .. }
            | FaultKind::SpotNotice { .. }
            | FaultKind::IncreaseError(_)
            | FaultKind::InstanceError(..)
            | FaultKind::NeverRegisters(_)
            | FaultKind::NoCapacity(_) => {}
            FaultKind::NodeUnreachable { .. } => self.node_speaks_again(now, index),
            FaultKind::ContainersHang { workload, .. } => self.containers_answer(now, workload),
            FaultKind::ZoneOutage(zone) => {
                if let Some(at) = self.closed_zones.iter().position(|closed| *closed == zone) {
                    self.closed_zones.remove(at);
                    self.spread_over_zones(now);
                }
            }
        }
    }

    /// Registered nodes of a group without notice and not deleted, by name; number `pick` mod count.
    pub(super) fn pick_instance(&self, group: GroupId, pick: u32) -> Option<InstanceId> {
        let mut candidates: Vec<InstanceId> = self.groups[group]
            .instances
            .iter()
            .copied()
            .filter(|id| self.instances[*id].state == InstanceState::Running && !self.instances[*id].noticed)
            .collect();
        candidates.sort_by_key(|id| self.cluster.symbols.text(self.instances[*id].name));
        candidates.get(pick as usize % candidates.len().max(1)).copied()
    }
}

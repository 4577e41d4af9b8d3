//! Instances are asked for, and come or do not.

use crate::autoscaler::Launch;
use crate::intern::Symbol;
use crate::rng::{Fnv1a, mix, spell};
use crate::sim::cloud::instances::Instance;
use crate::sim::cloud::instances::InstanceState;
use crate::sim::cloud::nodes::Arrival;
use crate::sim::cloud::state::Cloud;
use crate::sim::event::{Event, Rank};
use crate::sim::log::{Cause, LaunchFailure, Occurrence};
use crate::sim::provisioning::shortage::Shortage;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::{FaultKind, Replacement};
use crate::world::{GroupId, InstanceId};

/// After how long the cloud says that it has no capacity.
const NO_CAPACITY_AFTER: SimDuration = SimDuration::from_secs(20);

impl Cloud {
    /// The nodes that are there at the start, Ready.
    pub(crate) fn launch_initial_nodes(&mut self, shared: &mut Shared) {
        for group in shared.cast.groups.ids() {
            let initial = self.first_size(shared, group);
            self.groups[group].target = initial;
            for _ in 0..initial {
                let instance = self.new_instance(shared, Launch::anywhere(group, 1));
                let now = shared.clock.begins();
                self.instance_costs(shared, now, instance);
                shared.log.push(now, Occurrence::NodeAtStart(self.launched(instance)), Cause::Start);
                self.register(shared, instance, Arrival::AtTheStart);
            }
        }
        self.open_pools(shared);
    }

    /// The nodes of a group when the simulation begins. In a warm-up Cluster Autoscaler brings up what is needed: the size
    /// that the group happens to have then does not matter. A group that has any node begins with one, for that is where
    /// Cluster Autoscaler learns what its nodes are like.
    fn first_size(&self, shared: &Shared, group: GroupId) -> i32 {
        let row = &shared.cast.groups[group];
        let grows = row.autoscaled && shared.cast.autoscaler.is_some();
        if grows && shared.clock.begins() < SimTime::ZERO { row.min.max(row.initial.min(1)) } else { row.initial }
    }

    /// A group grows on its autoscaler's order.
    pub(crate) fn grow(&mut self, shared: &mut Shared, now: SimTime, asked: Launch, shortage: Shortage) {
        if self.increase_size(shared, now, asked, shortage) {
            shared.counts.groups[asked.group].scale_ups += 1;
        }
    }

    /// Asks the cloud for more instances. The answer is whether it will try.
    fn increase_size(&mut self, shared: &mut Shared, now: SimTime, asked: Launch, shortage: Shortage) -> bool {
        let Launch { group, count, .. } = asked;
        let Shortage { pods, because } = shortage;
        if self.refuses_increases(shared, now, group) {
            shared.log.push(now, Occurrence::IncreaseError(group, count), because);
            return false;
        }
        let from = self.groups[group].target;
        self.groups[group].target += count;
        let what = Occurrence::ScaleUp { group, from, to: from + count, pods };
        let record = shared.log.push(now, what, because);
        for _ in 0..count {
            let new = self.launch_as(shared, now, asked);
            self.launched_because(shared, now, new, record);
        }
        true
    }

    /// Lowers the size asked for, without deleting anything.
    pub(crate) fn lower_target(&mut self, shared: &mut Shared, now: SimTime, group: GroupId, by: i32) {
        let row = &mut self.groups[group];
        // A cloud refuses a size below what is there.
        if row.target - by >= row.instances.len() as i32 {
            let from = row.target;
            row.target -= by;
            let because = Cause::record_or(row.short_because.take(), Cause::Found);
            shared.log.push(now, Occurrence::TargetDecreased { group, from, to: from - by }, because);
        }
    }

    /// Launches one instance where the cloud likes.
    pub(crate) fn launch(&mut self, shared: &mut Shared, now: SimTime, group: GroupId) -> InstanceId {
        self.launch_as(shared, now, Launch::anywhere(group, 1))
    }

    /// Launches one instance; it registers after its boot delay, unless something is wrong.
    fn launch_as(&mut self, shared: &mut Shared, now: SimTime, asked: Launch) -> InstanceId {
        let group = asked.group;
        let id = self.new_instance(shared, asked);
        let turn = self.groups[group].launches;
        self.groups[group].launches += 1;
        let boot = shared.cast.groups[group].boot.draw(turn, &mut shared.seed.stream("boot", self.instances[id].birth));
        let error = self.fault_in_force(shared, now, |fault| match fault {
            FaultKind::InstanceError(of, after) if *of == group => Some(*after),
            _ => None,
        });
        let fails = match error {
            Some(after) => Some((after, LaunchFailure::Error)),
            None if self.suffers(shared, now, FaultKind::NoCapacity(group)) => {
                Some((NO_CAPACITY_AFTER, LaunchFailure::NoCapacity))
            }
            None => self.pool_is_short(now, id).then_some((NO_CAPACITY_AFTER, LaunchFailure::PoolIsShort)),
        };
        if let Some((after, why)) = fails {
            self.instances[id].fails_by = Some(why);
            shared.queue.push(now + after, Event::LaunchFails(id));
        } else {
            if !self.suffers(shared, now, FaultKind::NeverRegisters(group)) {
                let earliest = shared.clock.earliest(&shared.queue, Rank::registration());
                shared.queue.push(earliest.max(now + boot), Event::NodeRegisters(group, id));
            }
            self.instance_costs(shared, now, id);
        }
        id
    }

    /// An instance; if nobody says otherwise, in the zone that has the fewest of the group, of the cheapest type that its
    /// pool has.
    fn new_instance(&mut self, shared: &mut Shared, asked: Launch) -> InstanceId {
        let now = shared.queue.now();
        let group = asked.group;
        let cast = &shared.cast.groups[group];
        let in_zone = |zone: &Symbol| self.groups[group].in_zone(*zone);
        let open = cast.zones.iter().filter(|zone| !self.closed_zones.contains(zone));
        let fewest = || open.min_by_key(|zone| in_zone(zone)).copied().unwrap_or(Symbol::EMPTY);
        let zone = asked.zone.unwrap_or_else(fewest);
        let machine = asked.machine.unwrap_or_else(|| self.choose_machine(shared, now, group, zone));
        self.groups[group].names += 1;
        let name = format!("{}-{:04}", shared.cast.groups[group].name, self.groups[group].names);
        let (slot, luck) = self.place(shared, group, zone);
        let id = self.instances.push(Instance {
            slot,
            luck,
            birth: mix(luck ^ mix(spell(now))),
            group,
            machine,
            zone,
            name: shared.cluster.symbols.intern(&name),
            state: InstanceState::Creating,
            node: None,
            noticed: false,
            replacement: Replacement::None,
            foreseen_by: None,
            expected_since: None,
            is_spare: false,
            relieves: None,
            launched_because: None,
            fails_by: None,
            drained_because: None,
            leaves_because: None,
        });
        self.groups[group].instances.push(id);
        id
    }

    /// The least place in the zone that no instance of the group has, which is taken, and what chance knows it by.
    fn place(&mut self, shared: &Shared, group: GroupId, zone: Symbol) -> (u32, u64) {
        let slot = self.groups[group].take_place(zone);
        let name = Fnv1a::new().with(&shared.cast.groups[group].name).with("/").with(shared.cluster.symbols.text(zone));
        (slot, shared.seed.entity("instance", name.0).bits("place", slot.into()))
    }

    /// The cloud says that an instance will not come.
    pub(crate) fn launch_fails(&mut self, shared: &mut Shared, now: SimTime, id: InstanceId) {
        if self.instances[id].state == InstanceState::Creating {
            self.instances[id].state = InstanceState::Failed;
            let Instance { launched_because, fails_by, .. } = self.instances[id];
            let what = Occurrence::LaunchFailed(id, fails_by.unwrap_or(LaunchFailure::Error));
            let because = Cause::record_or(launched_because, Cause::Start);
            self.instances[id].leaves_because = shared.log.push(now, what, because);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::sim::cloud::nodes::Arrival;
    use crate::sim::fixture::{Small, at, run, secs};
    use crate::sim::log::NodeEnd;
    use crate::world::Fault;

    /// One group with these faults, which its autoscaler grows by one at once; the answer is what happened when.
    fn grown(faults: Vec<Fault>) -> (Shared, Cloud, Vec<(SimTime, Event)>) {
        let mut small = Small::new().group("spare", 0, |_| {});
        small.cast.faults = faults;
        let mut shared = small.shared();
        let (mut cloud, mut seen) = (Cloud::new(1), Vec::new());
        cloud.grow(&mut shared, at(0), Launch::anywhere(Id::from_index(0), 1), Shortage::LEAST_SIZE);
        run(&mut shared, at(600), |shared, now, event| {
            seen.push((now, event));
            match event {
                Event::NodeRegisters(_, id) => cloud.register(shared, id, Arrival::Launched),
                Event::NodeBecomesReady(node) => cloud.node_becomes_ready(shared, now, node),
                Event::LaunchFails(id) => cloud.launch_fails(shared, now, id),
                _ => {}
            }
        });
        (shared, cloud, seen)
    }

    #[test]
    fn a_launch_registers_after_its_boot_and_is_ready_a_little_later() {
        let (shared, cloud, seen) = grown(Vec::new());
        let ready = seen.iter().find(|(_, event)| matches!(event, Event::NodeBecomesReady(_)));
        assert_eq!(ready.map(|(now, _)| *now), Some(at(50)), "40 s and 10 s");
        let (_, node) = shared.cluster.nodes().next().expect("a node");
        assert!(node.ready.is_true && node.taints.is_empty() && node.created == at(40));
        assert_eq!(cloud.groups[Id::from_index(0)].target, 1);
        let counts = &shared.counts.groups[Id::from_index(0)];
        assert_eq!((counts.scale_ups, counts.added, counts.instances.value()), (1, 1, 1));
    }

    #[test]
    fn without_capacity_a_launch_fails_and_costs_nothing() {
        let kind = FaultKind::NoCapacity(Id::from_index(0));
        let (shared, cloud, seen) = grown(vec![Fault { at: at(0), until: at(0), kind }]);
        assert!(matches!(seen[..], [(now, Event::LaunchFails(_))] if now == at(0) + NO_CAPACITY_AFTER));
        assert_eq!(cloud.instances[Id::from_index(0)].state, InstanceState::Failed);
        assert!(shared.cluster.node_ids().is_empty() && !shared.accounts.is_billed(Id::from_index(0)));
    }

    #[test]
    fn a_group_whose_increases_fail_keeps_its_target() {
        let kind = FaultKind::IncreaseError(Id::from_index(0));
        let (shared, cloud, seen) = grown(vec![Fault { at: at(0), until: at(10), kind }]);
        assert!(seen.is_empty() && cloud.instances.is_empty());
        assert_eq!(cloud.groups[Id::from_index(0)].target, 0);
        assert_eq!(shared.counts.groups[Id::from_index(0)].scale_ups, 0);
    }

    #[test]
    fn a_target_is_corrected_for_the_instance_that_nobody_replaced() {
        let mut shared = Small::new().group("base", 2, |_| {}).shared();
        let mut cloud = Cloud::new(1);
        cloud.launch_initial_nodes(&mut shared);
        let (lost, group) = (Id::from_index(0), Id::from_index(0));
        let gone = cloud.node_vanishes(&mut shared, at(0), Id::from_index(0), NodeEnd::Lost);
        cloud.make_up_for(&mut shared, at(0), lost, gone);
        cloud.lower_target(&mut shared, at(0), group, 1);
        let corrected = shared.log.records().values().last().expect("a record");
        assert_eq!(corrected.what, Occurrence::TargetDecreased { group, from: 2, to: 1 });
        assert_eq!(corrected.because.record(), gone);
        assert!(gone.is_some());
    }

    #[test]
    fn new_instances_go_where_the_group_has_the_fewest() {
        let mut small = Small::new();
        let zones = ["a", "b", "c"].map(|zone| small.cast.cluster.symbols.intern(zone));
        let mut shared = small.group("spread", 3, |group| group.zones = zones.to_vec()).shared();
        let mut cloud = Cloud::new(1);
        cloud.launch_initial_nodes(&mut shared);
        cloud.closed_zones.push(zones[0]);
        let of = |cloud: &Cloud| cloud.instances.values().map(|instance| instance.zone).collect::<Vec<Symbol>>();
        assert_eq!(of(&cloud), zones);
        for _ in 0..2 {
            cloud.launch(&mut shared, at(0), Id::from_index(0));
        }
        assert_eq!(of(&cloud)[3..], zones[1..], "the zone that is out gets none");
        assert_eq!(shared.clock.tick(), secs(1));
    }
}

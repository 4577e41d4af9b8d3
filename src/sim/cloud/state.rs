//! What the cloud knows: its instances, groups and pools.

use crate::cluster::NodeId;
use crate::cluster::Versioned;
use crate::id::IdVec;
use crate::intern::Symbol;
use crate::sim::cloud::instances::GroupState;
use crate::sim::cloud::instances::Instance;
use crate::sim::cloud::instances::InstanceState;
use crate::sim::cloud::instances::Pool;
use crate::sim::log::{Cause, Launched, Occurrence, RecordId};
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::FaultKind;
use crate::world::{GroupId, InstanceId};

/// The cloud.
#[derive(Default)]
pub(crate) struct Cloud {
    pub(crate) instances: Versioned<IdVec<InstanceId, Instance>>,
    pub(crate) node_instances: IdVec<NodeId, Option<InstanceId>>,
    pub(crate) groups: Versioned<IdVec<GroupId, GroupState>>,
    pub(crate) pools: Vec<Pool>,
    pub(crate) closed_zones: Vec<Symbol>,
}

impl Cloud {
    /// No instance is there yet.
    pub(crate) fn new(groups: usize) -> Cloud {
        Cloud { groups: Versioned::new(IdVec::filled(Default::default(), groups)), ..Cloud::default() }
    }

    /// Registered nodes of a group without notice and not deleted, by name; number `pick` mod count.
    pub(crate) fn pick_instance(&self, shared: &Shared, group: GroupId, pick: u32) -> Option<InstanceId> {
        let mut candidates: Vec<InstanceId> = self.groups[group]
            .instances
            .iter()
            .copied()
            .filter(|id| self.instances[*id].state == InstanceState::Running && !self.instances[*id].noticed)
            .collect();
        candidates.sort_by_key(|id| shared.cluster.symbols.text(self.instances[*id].name));
        candidates.get(pick as usize % candidates.len().max(1)).copied()
    }

    /// The instance no longer counts for its group.
    pub(crate) fn detach(&mut self, id: InstanceId) {
        self.instances[id].state = InstanceState::Deleted;
        let Instance { group, zone, slot, .. } = self.instances[id];
        let row = &mut self.groups[group];
        let there = row.instances.len();
        row.instances.retain(|other| *other != id);
        if row.instances.len() < there {
            row.leave_place(zone, slot);
        }
    }

    /// A request for more nodes would fail.
    pub(crate) fn refuses_increases(&self, shared: &Shared, now: SimTime, group: GroupId) -> bool {
        self.suffers(shared, now, FaultKind::IncreaseError(group))
    }

    /// An instance is paid for from its launch on; one that never comes is not.
    pub(crate) fn instance_costs(&mut self, shared: &mut Shared, now: SimTime, id: InstanceId) {
        let launched = self.launched(id);
        shared.counts.instance_launched(now, launched.group);
        shared.accounts.instance_launched(now, launched);
        shared.metering.node(shared.accounts.ledger(), now, (launched.group, launched.machine), 1);
    }

    pub(crate) fn launched(&self, id: InstanceId) -> Launched {
        let Instance { group, machine, zone, .. } = self.instances[id];
        Launched { id, group, machine, zone }
    }

    /// What an instance was launched for. That it is paid for is told here, for only now it is known why.
    pub(crate) fn launched_because(
        &mut self,
        shared: &mut Shared,
        now: SimTime,
        id: InstanceId,
        record: Option<RecordId>,
    ) {
        self.instances[id].launched_because = record;
        if shared.accounts.is_billed(id) {
            let what = Occurrence::InstanceLaunched(self.launched(id));
            shared.log.push(now, what, Cause::record_or(record, Cause::Found));
        }
    }

    pub(crate) fn instance_costs_no_longer(
        &mut self,
        shared: &mut Shared,
        now: SimTime,
        id: InstanceId,
        reclaimed: bool,
    ) {
        if shared.accounts.is_billed(id) {
            shared.counts.instance_ended(now, self.instances[id].group);
            shared.accounts.instance_ended(now, id, reclaimed);
            let kind = (self.instances[id].group, self.instances[id].machine);
            shared.metering.node(shared.accounts.ledger(), now, kind, -1);
        }
    }

    /// The instance of a group with this name.
    pub(crate) fn instance_named(&self, group: GroupId, name: Symbol) -> Option<InstanceId> {
        self.groups[group].instances.iter().copied().find(|id| self.instances[*id].name == name)
    }

    /// Whether a fault of this kind is in force now.
    pub(crate) fn suffers(&self, shared: &Shared, now: SimTime, kind: FaultKind) -> bool {
        self.fault_in_force(shared, now, |other| (*other == kind).then_some(())).is_some()
    }

    /// What the faults in force now have to tell, the last of the scenario's list first.
    pub(crate) fn fault_in_force<T>(
        &self,
        shared: &Shared,
        now: SimTime,
        tell: impl Fn(&FaultKind) -> Option<T>,
    ) -> Option<T> {
        shared.cast.faults.iter().rev().filter(|fault| fault.is_in_force(now)).find_map(|fault| tell(&fault.kind))
    }
}

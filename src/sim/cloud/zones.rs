//! Zones that go out and come back.
//!
//! A group whose zone is out launches its instances in the zones that are left. When the zone is back it spreads itself
//! over all of them again: a new instance first, then one of the crowded zone is emptied and terminated. Without that a
//! StatefulSet's pod whose volume is in that zone would have no node. Amazon EC2 Auto Scaling's process AZRebalance.

use crate::id::Id;
use crate::intern::Symbol;
use crate::sim::cloud::instances::InstanceState;
use crate::sim::cloud::state::Cloud;
use crate::sim::event::Event;
use crate::sim::log::{Cause, NodeEnd, Occurrence, RecordId, Termination};
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::{GroupId, InstanceId};

/// How long after its pods were asked to go an instance that is no longer wanted goes.
const EMPTIED_FOR: SimDuration = SimDuration::from_secs(120);

impl Cloud {
    /// All instances of a zone are lost; their groups launch replacements in the zones that are left.
    pub(crate) fn lose_zone(&mut self, shared: &mut Shared, now: SimTime, zone: Symbol, fault: Option<RecordId>) {
        let lost: Vec<InstanceId> = self
            .instances
            .iter()
            .filter(|(_, i)| i.zone == zone && i.state != InstanceState::Deleted)
            .map(|(id, _)| id)
            .collect();
        for id in lost {
            let group = self.instances[id].group;
            self.instances[id].leaves_because = fault;
            let gone = match self.instances[id].node {
                Some(node) => self.node_vanishes(shared, now, node, NodeEnd::Lost),
                None => {
                    self.detach(id);
                    if shared.accounts.is_billed(id) {
                        let because = Cause::record_or(fault, Cause::Found);
                        shared.log.push(now, Occurrence::InstanceLost(id), because);
                    }
                    self.instance_costs_no_longer(shared, now, id, false);
                    fault
                }
            };
            let new = self.launch(shared, now, group);
            self.launched_because(shared, now, new, gone);
        }
    }

    /// A zone is back: groups with two instances more in one zone than in another even that out.
    pub(crate) fn spread_over_zones(&mut self, shared: &mut Shared, now: SimTime, opened: Option<RecordId>) {
        for group in (0..shared.cast.groups.len()).map(GroupId::from_index) {
            while let Some(old) = self.one_too_many(shared, group) {
                self.instances[old].is_spare = true;
                self.instances[old].leaves_because = opened;
                let new = self.launch(shared, now, group);
                self.instances[new].relieves = Some(old);
                self.launched_because(shared, now, new, opened);
            }
        }
    }

    /// The latest instance of the zone with the most, if another zone has at least two fewer.
    fn one_too_many(&self, shared: &Shared, group: GroupId) -> Option<InstanceId> {
        let stays = |id: &InstanceId| {
            let instance = &self.instances[*id];
            !instance.is_spare && matches!(instance.state, InstanceState::Creating | InstanceState::Running)
        };
        let there: Vec<InstanceId> = self.groups[group].instances.iter().copied().filter(stays).collect();
        let of = |zone: Symbol| there.iter().filter(|id| self.instances[**id].zone == zone).count();
        let open = shared.cast.groups[group].zones.iter().copied().filter(|zone| !self.closed_zones.contains(zone));
        let zones: Vec<(usize, Symbol)> = open.map(|zone| (of(zone), zone)).collect();
        let least = zones.iter().map(|(count, _)| *count).min()?;
        let (most, crowded) = zones.iter().copied().max_by_key(|(count, _)| *count)?;
        let latest = || there.iter().rfind(|id| self.instances[**id].zone == crowded).copied();
        if most > least + 1 { latest() } else { None }
    }

    /// A new node is Ready: the instance in whose place it came is emptied, as far as budgets allow, and then goes.
    pub(crate) fn relieve(&mut self, shared: &mut Shared, now: SimTime, id: InstanceId) {
        let Some(old) = self.instances[id].relieves.take() else { return };
        let Some(node) = self.instances[old].node.filter(|_| self.instances[old].state == InstanceState::Running)
        else {
            return;
        };
        self.instances[old].expected_since.get_or_insert(now);
        shared.cluster.set_unschedulable(node, true);
        shared.nodes_changed(News::NodeTaints(node));
        self.drain(shared, now, old);
        shared.queue.push(now + EMPTIED_FOR, Event::SpareTerminates(old));
    }

    /// The group's size stays what it was: the new instance is there.
    pub(crate) fn spare_terminates(&mut self, shared: &mut Shared, now: SimTime, id: InstanceId) {
        if self.instances[id].state == InstanceState::Running {
            let because = Cause::record_or(self.instances[id].leaves_because, Cause::Found);
            shared.log.push(now, Occurrence::InstanceDeleted(id, Termination::Relieved), because);
            self.terminate(shared, now, id);
        }
    }
}

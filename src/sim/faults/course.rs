//! Faults begin and end.

use crate::cluster::NodeId;
use crate::sim::cloud::state::Cloud;
use crate::sim::event::Event;
use crate::sim::log::{Cause, NodeEnd, Occurrence, RecordId};
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::FaultKind;
use std::collections::BTreeMap;

/// A node that reports nothing.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Silenced {
    /// The fault that silenced it.
    pub(in crate::sim) fault: u32,
    pub(in crate::sim) node: NodeId,
    /// The record of that.
    pub(in crate::sim) record: Option<RecordId>,
}

/// The faults of the scenario.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// Nodes that report nothing.
    pub(crate) silenced: Vec<Silenced>,
    /// By fault: the record of its beginning.
    begun: BTreeMap<u32, RecordId>,
}

impl Faults {
    /// A fault of the scenario begins.
    pub(crate) fn fault_begins(&mut self, shared: &mut Shared, cloud: &mut Cloud, now: SimTime, index: u32) {
        let fault = shared.cast.faults[index as usize].clone();
        let record = shared.log.push(now, Occurrence::FaultChanged(index, true), Cause::Scenario);
        self.begun.extend(record.map(|record| (index, record)));
        match fault.kind {
            FaultKind::NodeLost { group, pick, replacement } => {
                if let Some(id) = cloud.pick_instance(shared, group, pick) {
                    cloud.instances[id].leaves_because = record;
                    let gone = match cloud.instances[id].node {
                        Some(node) => cloud.node_vanishes(shared, now, node, NodeEnd::Lost),
                        None => record,
                    };
                    cloud.instances[id].replacement = replacement;
                    cloud.make_up_for(shared, now, id, gone);
                }
            }
            FaultKind::SpotNotice { group, pick, replacement } => {
                if let Some(id) = cloud.foreseen(index).or_else(|| cloud.pick_instance(shared, group, pick)) {
                    cloud.instances[id].replacement = replacement;
                    cloud.instances[id].leaves_because = record;
                    cloud.give_notice(shared, now, id);
                }
            }
            FaultKind::NodeUnreachable { group, pick } => {
                if let Some(node) = cloud.pick_instance(shared, group, pick).and_then(|id| cloud.instances[id].node) {
                    self.node_falls_silent(shared, now, (index, record), node);
                }
            }
            FaultKind::ContainersHang { workload, pods } => self.containers_hang(shared, now, (workload, pods), record),
            FaultKind::IncreaseError(_)
            | FaultKind::InstanceError(..)
            | FaultKind::NeverRegisters(_)
            | FaultKind::NoCapacity(_) => {}
            FaultKind::ZoneOutage(zone) => {
                cloud.closed_zones.push(zone);
                cloud.lose_zone(shared, now, zone, record);
            }
        }
        if fault.until > now && fault.until <= shared.end {
            shared.queue.push(fault.until, Event::FaultEnds(index));
        }
    }

    /// A fault of the scenario ends.
    pub(crate) fn fault_ends(&mut self, shared: &mut Shared, cloud: &mut Cloud, now: SimTime, index: u32) {
        let because = Cause::record_or(self.begun.get(&index).copied(), Cause::Scenario);
        let record = shared.log.push(now, Occurrence::FaultChanged(index, false), because);
        match shared.cast.faults[index as usize].kind {
            FaultKind::NodeLost { .. }
            | FaultKind::SpotNotice { .. }
            | FaultKind::IncreaseError(_)
            | FaultKind::InstanceError(..)
            | FaultKind::NeverRegisters(_)
            | FaultKind::NoCapacity(_) => {}
            FaultKind::NodeUnreachable { .. } => self.node_speaks_again(shared, now, index),
            FaultKind::ContainersHang { workload, .. } => self.containers_answer(shared, now, workload),
            FaultKind::ZoneOutage(zone) => {
                if let Some(at) = cloud.closed_zones.iter().position(|closed| *closed == zone) {
                    cloud.closed_zones.remove(at);
                    cloud.spread_over_zones(shared, now, record);
                }
            }
        }
    }
}

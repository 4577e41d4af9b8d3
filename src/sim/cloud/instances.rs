//! Machines and the groups that they belong to.

use crate::cluster::NodeId;
use crate::intern::Symbol;
use crate::sim::cloud::shortages::{Shock, Shortages};
use crate::sim::log::{LaunchFailure, RecordId};
use crate::units::SimTime;
use crate::world::Replacement;
use crate::world::{GroupId, InstanceId};
use std::collections::BTreeSet;

/// A machine of a node group.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    /// Its group.
    pub group: GroupId,
    /// Which of the group's machine types.
    pub machine: usize,
    /// Its zone, or the empty symbol.
    pub zone: Symbol,
    /// The node's name.
    pub name: Symbol,
    /// Its place among the instances of its group in its zone.
    pub slot: u32,
    /// What chance knows it by: who has the same place in another run has the same.
    pub luck: u64,
    /// What chance knows this launch by: another one at about the same time, into the same place, is the same to it.
    pub birth: u64,
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
    /// The record that it was launched for: a scale-up, the loss of another one.
    pub launched_because: Option<RecordId>,
    /// Why it will never come.
    pub fails_by: Option<LaunchFailure>,
    /// The record for which it has been drained.
    pub drained_because: Option<RecordId>,
    /// The last record that says that it has to go.
    pub leaves_because: Option<RecordId>,
}

/// The life of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstanceState {
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
pub(crate) struct GroupState {
    /// The size asked for.
    pub target: i32,
    /// Instances not deleted, in order of launch.
    pub instances: Vec<InstanceId>,
    /// Where they are, zone by zone.
    pub(crate) places: Vec<Places>,
    /// Numbers given to node names.
    pub(crate) names: u32,
    /// The record of the last instance that went without being replaced: its target is too high since.
    pub(crate) short_because: Option<RecordId>,
    /// Launches after the start, failed ones included.
    pub(crate) launches: usize,
}

/// The places that the instances of a group have in one zone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    zone: Symbol,
    /// How many are taken.
    taken: usize,
    /// No place from here on was ever taken.
    bound: u32,
    /// Places below that nobody has.
    free: BTreeSet<u32>,
}

impl GroupState {
    /// How many instances there are in a zone. Cost: the zones.
    pub(crate) fn in_zone(&self, zone: Symbol) -> usize {
        self.places.iter().find(|places| places.zone == zone).map_or(0, |places| places.taken)
    }
    /// Takes the least place in a zone that nobody has.
    pub(crate) fn take_place(&mut self, zone: Symbol) -> u32 {
        let places = self.places_in(zone);
        places.taken += 1;
        places.free.pop_first().unwrap_or_else(|| {
            places.bound += 1;
            places.bound - 1
        })
    }
    /// An instance that had this place is no more.
    pub(crate) fn leave_place(&mut self, zone: Symbol, place: u32) {
        let places = self.places_in(zone);
        places.taken -= usize::from(places.free.insert(place));
    }
    fn places_in(&mut self, zone: Symbol) -> &mut Places {
        let at = self.places.iter().position(|places| places.zone == zone).unwrap_or_else(|| {
            self.places.push(Places { zone, ..Places::default() });
            self.places.len() - 1
        });
        &mut self.places[at]
    }
}

/// A spot pool: one machine type of a group in one zone. Groups that have type and zone in common see the same shortages.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    pub(crate) group: GroupId,
    pub(crate) machine: usize,
    pub(crate) zone: Symbol,
    /// No capacity before this instant.
    pub(crate) short_until: SimTime,
    pub(crate) shortages: Shortages,
    /// The next one.
    pub(crate) next: Option<Shock>,
}

//! What happened in one replication, event by event.

use crate::cluster::ClusterState;
use crate::id::{IdVec, InstanceId};
use crate::intern::Symbol;
use crate::sim::log::Log;
use crate::sim::outcome::{Outcome, Timeline};
use crate::units::SimTime;

/// The story of a replication that kept its log: decisions, points over time, and the names of what is spoken of.
#[derive(Clone, Debug)]
pub struct History {
    /// The end of the simulated time.
    pub end: SimTime,
    /// Points over time.
    pub timeline: Timeline,
    /// What happened.
    pub log: Log,
    /// The cluster at the end, for names.
    pub cluster: ClusterState,
    /// The names of all instances there ever were.
    pub instance_names: IdVec<InstanceId, Symbol>,
}

impl History {
    /// Takes the story out of an outcome and leaves the numbers.
    pub fn take(outcome: &mut Outcome) -> Self {
        History {
            end: outcome.end,
            timeline: std::mem::take(&mut outcome.timeline),
            log: std::mem::take(&mut outcome.log),
            cluster: std::mem::take(&mut outcome.cluster),
            instance_names: std::mem::take(&mut outcome.instance_names),
        }
    }
}

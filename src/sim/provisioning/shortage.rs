//! For whom the node autoscaler acts: the pods that wait, as the log knows them.

use crate::autoscaler::LoopOutcome;
use crate::cluster::PodId;
use crate::id::Id;
use crate::sim::log::{Cause, RecordId};
use crate::sim::pods::life::PodLife;
use crate::sim::shared::Shared;

/// The waiting pods that a loop grows a group for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shortage {
    /// How many find a place on the new nodes.
    pub(crate) pods: u32,
    /// The record that the first of them waits, or the least size that the scenario gives the group.
    pub(crate) because: Cause,
}

impl Shortage {
    /// Nobody waits: the group has less than its least size.
    pub(crate) const LEAST_SIZE: Shortage = Shortage { pods: 0, because: Cause::Scenario };

    /// Those that the option taken is for. Without a log nobody asks.
    pub(crate) fn helped_by(shared: &Shared, outcome: &LoopOutcome) -> Shortage {
        let up = &outcome.scale_up;
        let taken = up.options.iter().find(|option| up.chosen == Some(option.group));
        match taken.filter(|_| shared.log.is_on()) {
            Some(option) => {
                let because = Cause::record_or(first_wait(shared, &option.pods), Cause::Found);
                Shortage { pods: option.pods.len() as u32, because }
            }
            None => Shortage::LEAST_SIZE,
        }
    }
}

/// The record that a pod waits, of the first of these that the scheduler has tried; else what last happened to one.
pub(crate) fn first_wait(shared: &Shared, pods: &[PodId]) -> Option<RecordId> {
    let known = pods.iter().filter(|pod| pod.index() < shared.lives.len());
    let lives: Vec<&PodLife> = known.map(|pod| &shared.lives[*pod]).collect();
    // One that is on its way off a node that is drained has not waited yet: what drives it away is the cause.
    let waits = lives.iter().filter(|life| life.waits).find_map(|life| life.because);
    waits.or_else(|| lives.iter().find_map(|life| life.because))
}

//! For whom the node autoscaler acts: the pods that wait, as the log knows them.

use crate::autoscaler::LoopOutcome;
use crate::cluster::PodId;
use crate::id::Id;
use crate::sim::log::RecordId;
use crate::sim::shared::Shared;

/// The waiting pods that a loop grows a group for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shortage {
    /// How many find a place on the new nodes.
    pub(crate) pods: u32,
    /// The record that the first of them waits.
    pub(crate) record: Option<RecordId>,
}

impl Shortage {
    /// Those that the option taken is for. Without a log nobody asks.
    pub(crate) fn helped_by(shared: &Shared, outcome: &LoopOutcome) -> Shortage {
        let up = &outcome.scale_up;
        let taken = up.options.iter().find(|option| up.chosen == Some(option.group));
        match taken.filter(|_| shared.log.is_on()) {
            Some(option) => Shortage { pods: option.pods.len() as u32, record: first_wait(shared, &option.pods) },
            None => Shortage::default(),
        }
    }
}

/// The record that a pod waits, of the first of these that the scheduler has tried.
pub(crate) fn first_wait(shared: &Shared, pods: &[PodId]) -> Option<RecordId> {
    let known = pods.iter().filter(|pod| pod.index() < shared.lives.len());
    known.map(|pod| &shared.lives[*pod]).filter(|life| life.waits).find_map(|life| life.because)
}

//! For whom the node autoscaler acts: the pods that wait, as the log knows them.

use crate::autoscaler::LoopOutcome;
use crate::cluster::{NodeId, PodId};
use crate::id::{Id, IdVec};
use crate::sim::event::DrainId;
use crate::sim::log::{Cause, RecordId};
use crate::sim::provisioning::state::Drain;
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
    pub(super) fn helped_by(shared: &Shared, drains: &IdVec<DrainId, Drain>, outcome: &LoopOutcome) -> Shortage {
        let up = &outcome.scale_up;
        let taken = up.options.iter().find(|option| up.chosen == Some(option.group));
        match taken.filter(|_| shared.log.is_on()) {
            Some(option) => {
                let because = Cause::record_or(first_wait(shared, drains, &option.pods), Cause::Found);
                Shortage { pods: option.pods.len() as u32, because }
            }
            None => Shortage::LEAST_SIZE,
        }
    }
}

/// The record that a pod waits, of the first of these that the scheduler has tried; else the scale-down that drives one from its node; else
/// what last happened to one.
pub(super) fn first_wait(shared: &Shared, drains: &IdVec<DrainId, Drain>, pods: &[PodId]) -> Option<RecordId> {
    let known: Vec<PodId> = pods.iter().copied().filter(|pod| pod.index() < shared.lives.len()).collect();
    let life = |pod: &PodId| &shared.lives[*pod];
    let waits = || known.iter().map(life).filter(|life| life.waits).find_map(|life| life.because);
    // Cluster Autoscaler counts the pods of a node that it drains as waiting before they are evicted.
    let driven = || known.iter().find_map(|pod| drain_of(drains, shared.cluster.pod(*pod).node()?));
    waits().or_else(driven).or_else(|| known.iter().map(life).find_map(|life| life.because))
}

/// The last scale-down of a node.
fn drain_of(drains: &IdVec<DrainId, Drain>, node: NodeId) -> Option<RecordId> {
    drains.values().rfind(|drain| drain.node == node)?.record
}

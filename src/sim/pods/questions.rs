//! Simple questions about pods.

use crate::cluster::{NodeId, PodId};
use crate::sim::pods::life::Owner;
use crate::sim::shared::Shared;
use crate::units::SimDuration;

impl Shared {
    /// Present and not terminating.
    pub(crate) fn is_active(&self, pod: PodId) -> bool {
        let row = self.cluster.pod(pod);
        row.is_present() && !row.is_terminating()
    }

    pub(crate) fn min_ready(&self, pod: PodId) -> SimDuration {
        match self.lives[pod].owner {
            Owner::Workload(id) => self.cast.workloads[id].min_ready,
            Owner::Trace(_) => SimDuration::ZERO,
        }
    }

    /// Whether nothing is heard of the node that a pod is on.
    pub(crate) fn is_silent(&self, pod: PodId) -> bool {
        !self.silent.is_empty() && self.cluster.pod(pod).node().is_some_and(|node| self.has_fallen_silent(node))
    }

    pub(crate) fn has_fallen_silent(&self, node: NodeId) -> bool {
        self.silent.contains(&node)
    }
}

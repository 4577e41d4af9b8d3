//! Simple questions about pods.

use crate::cluster::{NodeId, PodId};
use crate::sim::pods::life::Owner;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};

impl Shared {
    /// Present and not terminating.
    pub(crate) fn is_active(&self, pod: PodId) -> bool {
        let row = self.cluster.pod(pod);
        row.is_present() && !row.is_terminating()
    }

    /// For how long a pod without a node has waited for one, or had when it got one. What it waited in a warm-up
    /// does not count.
    pub(crate) fn waited(&self, now: SimTime, pod: PodId) -> SimDuration {
        now - self.cluster.pod(pod).created.max(SimTime::ZERO).min(now)
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

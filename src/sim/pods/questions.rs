//! Simple questions about pods.

use crate::cluster::{NodeId, PodId};
use crate::sim::pods::life::Owner;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::WorkloadKind;

impl Shared {
    /// Present and not terminating.
    pub(crate) fn is_active(&self, pod: PodId) -> bool {
        let row = self.cluster.pod(pod);
        row.is_present() && !row.is_terminating()
    }

    /// Whether a controller would replace the pod: what `podsLost` counts.
    pub(crate) fn is_replaceable(&self, pod: PodId) -> bool {
        match self.lives[pod].owner {
            Owner::Workload(workload) => matches!(self.cast.workloads[workload].kind, WorkloadKind::Deployment(_)),
            Owner::Trace(_) => false,
        }
    }

    /// Whether a pod has been ready for `minReadySeconds` and may stay.
    ///
    /// Upstream: `podutil.IsPodAvailable`, 1.28.
    pub(crate) fn is_available(&self, now: SimTime, pod: PodId) -> bool {
        let row = self.cluster.pod(pod);
        let ready_since = row.ready.filter(|(ready, _)| *ready && !row.is_terminating()).map(|(_, since)| since);
        ready_since.is_some_and(|since| now - since >= self.min_ready(pod))
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

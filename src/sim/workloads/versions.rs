//! The versions of a workload: which pods are of which, and which of them get requests.

use crate::cluster::PodId;
use crate::sim::log::{Cause, Occurrence};
use crate::sim::pods::life::Owner;
use crate::sim::shared::Shared;
use crate::sim::workloads::reconcile::Controllers;
use crate::units::SimTime;
use crate::world::{WorkloadId, WorkloadKind};

impl Shared {
    /// A rollout is complete, or said to be stuck.
    pub(in crate::sim) fn rollout_ends(&mut self, now: SimTime, id: WorkloadId, what: Occurrence) {
        let because = Cause::record_or(self.workloads[id].rollout_because, Cause::Start);
        self.log.push(now, what, because);
        if matches!(self.cast.workloads[id].kind, WorkloadKind::DaemonSet(_)) {
            // From now on its pods come with their nodes again.
            self.workloads[id].more_because = None;
        }
    }

    /// Whether requests are sent to a pod of this workload once it is ready.
    pub(crate) fn has_traffic(&self, id: WorkloadId, pod: PodId) -> bool {
        self.workloads[id].serving.is_none_or(|set| self.lives[pod].revision == set)
    }
}

impl Controllers {
    /// A rollout that is under way has done all it can.
    pub(crate) fn finish_rollout(&self, shared: &mut Shared, now: SimTime, id: WorkloadId) {
        if std::mem::take(&mut shared.workloads[id].rolling) {
            shared.rollout_ends(now, id, Occurrence::DeployFinished(id));
        }
    }

    /// Whether a pod was made from its workload's current template.
    pub(crate) fn is_updated(&self, shared: &Shared, pod: PodId) -> bool {
        match shared.lives[pod].owner {
            Owner::Workload(id) => shared.lives[pod].revision == shared.workloads[id].current,
            Owner::Trace(_) => true,
        }
    }

    /// Whether a pod has been ready for `minReadySeconds` and may stay.
    ///
    /// Upstream: `podutil.IsPodAvailable`, 1.28.
    pub(crate) fn is_available(&self, shared: &Shared, now: SimTime, pod: PodId) -> bool {
        let row = shared.cluster.pod(pod);
        let ready_since = row.ready.filter(|(ready, _)| *ready && !row.is_terminating()).map(|(_, since)| since);
        ready_since.is_some_and(|since| now - since >= shared.min_ready(pod))
    }

    /// A controller deletes a pod that it no longer wants.
    pub(crate) fn give_up(&self, shared: &mut Shared, now: SimTime, pod: PodId) {
        if let Owner::Workload(id) = shared.lives[pod].owner {
            let because = shared.workloads[id].fewer_because;
            shared.log.push(now, Occurrence::GivenUp(pod), Cause::record_or(because, Cause::Found));
            if let (Some(node), Some(_)) = (shared.cluster.pod(pod).node(), because) {
                shared.left_because.fill_to(node, None);
                shared.left_because[node] = because;
            }
        }
        shared.delete_pod(now, pod, None);
    }
}

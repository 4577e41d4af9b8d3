//! The condition Progressing of Deployments: a rollout that makes no progress for too long is said to be stuck.
//!
//! Upstream: deployment/progress.go and `DeploymentProgressing`, `DeploymentTimedOut` of deployment_util.go, 1.28.
//! Nothing follows from it: Kubernetes takes no rollout back.

use crate::controllers::deployment::ReplicaSet;
use crate::sim::event::Event;
use crate::sim::log::Occurrence;
use crate::sim::shared::Shared;
use crate::sim::workloads::reconcile::Controllers;
use crate::sim::workloads::state::Progress;
use crate::units::SimTime;
use crate::world::WorkloadId;

impl Shared {
    /// A rollout begins, or a Deployment is created: it has its time from now on.
    pub(crate) fn begin_progress(&mut self, now: SimTime, id: WorkloadId) {
        self.workloads[id].progress = Some(Progress { since: now, counts: [0, i32::MAX, 0, 0], is_stuck: false });
        self.await_progress(now, id);
    }

    fn await_progress(&mut self, now: SimTime, id: WorkloadId) {
        let due = self.cast.workloads[id].progress_deadline.map(|deadline| now + deadline);
        if let Some(due) = due.filter(|due| *due <= self.end) {
            self.queue.push(due, Event::ProgressDue(id));
        }
    }
}

impl Controllers {
    /// What the controller has just seen and done.
    pub(crate) fn follow_progress(&self, shared: &mut Shared, id: WorkloadId, sets: &[ReplicaSet], is_complete: bool) {
        let now = shared.queue.now();
        let current = shared.workloads[id].current as usize;
        let Some(progress) = &mut shared.workloads[id].progress else { return };
        if is_complete {
            shared.workloads[id].progress = None;
            return;
        }
        let before = progress.counts;
        let updated = sets[current].replicas;
        let old = sets.iter().map(|set| set.existing).sum::<i32>() - sets[current].existing;
        let (ready, available) = sets.iter().fold((0, 0), |sum, set| (sum.0 + set.ready, sum.1 + set.available));
        progress.counts = [updated, old, ready, available];
        if updated > before[0] || old < before[1] || ready > before[2] || available > before[3] {
            (progress.since, progress.is_stuck) = (now, false);
            shared.await_progress(now, id);
        }
    }

    /// The deadline of a rollout that may have come on since.
    pub(crate) fn progress_due(&self, shared: &mut Shared, now: SimTime, id: WorkloadId) {
        let Some(deadline) = shared.cast.workloads[id].progress_deadline else { return };
        if let Some(progress) = &mut shared.workloads[id].progress
            && progress.since + deadline <= now
            && !std::mem::replace(&mut progress.is_stuck, true)
        {
            shared.rollout_ends(now, id, Occurrence::DeployStuck(id));
        }
    }
}

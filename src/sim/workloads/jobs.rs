//! Jobs and CronJobs at work.

use crate::cluster::PodId;
use crate::controllers::job::{self, JobNeed, JobProgress, JobSpec, OnDisruption};
use crate::sim::event::Event;
use crate::sim::log::{Cause, JobEnd, Occurrence, RecordId};
use crate::sim::pods::life::Lineage;
use crate::sim::shared::Shared;
use crate::sim::workloads::reconcile::Controllers;
use crate::sim::workloads::state::JobState;
use crate::sim::workloads::state::PodLoss;
use crate::units::SimTime;
use crate::world::WorkloadId;
use crate::world::WorkloadKind;

impl Controllers {
    /// All unfinished Jobs of a Job or CronJob take their next steps.
    pub(crate) fn reconcile_jobs(&mut self, shared: &mut Shared, now: SimTime, id: WorkloadId, spec: JobSpec) {
        for number in 0..shared.workloads[id].jobs.len() {
            let job = shared.workloads[id].jobs[number];
            if job.finished {
                continue;
            }
            let of_job = |pod: &&PodId| shared.lives[**pod].part == number as u32;
            let pods = shared.workloads[id].pods.iter().filter(of_job).copied();
            let (active, terminating): (Vec<PodId>, Vec<PodId>) = pods.partition(|pod| shared.is_active(*pod));
            let progress = JobProgress {
                active: active.len() as i32,
                terminating: terminating.len() as i32,
                age: now - job.started,
                ..job.progress
            };
            match job::next_step(spec, progress) {
                JobNeed::Create(_) if job.held_until > now => {
                    shared.workloads[id].dirty = true;
                    let awaited = &mut shared.workloads[id].jobs[number].awaited;
                    if std::mem::replace(awaited, job.held_until) != job.held_until {
                        shared.queue.push(job.held_until, Event::Reconcile);
                    }
                }
                JobNeed::Create(count) => {
                    (0..count).for_each(|_| {
                        self.create_numbered(shared, now, id, Lineage { part: number as u32, revision: 0 })
                    });
                }
                JobNeed::Wait => {}
                need @ (JobNeed::Complete | JobNeed::Failed(_)) => {
                    shared.workloads[id].jobs[number].finished = true;
                    active.iter().for_each(|pod| shared.delete_pod(now, *pod, None));
                    let end = match need {
                        JobNeed::Failed(why) => JobEnd::Failed(why),
                        _ => JobEnd::Complete(progress.succeeded),
                    };
                    let because = Cause::record_or(job.record, Cause::Start);
                    let over = shared.log.push(now, Occurrence::JobEnded(id, end), because);
                    shared.job_leaves_nodes(id, number as u32, over);
                    self.start_waiting_job(shared, now, id, over);
                }
            }
        }
    }

    /// A Job begins; its controller looks again when its deadline is over.
    pub(crate) fn start_job(&mut self, shared: &mut Shared, now: SimTime, id: WorkloadId, spec: JobSpec) {
        shared.workloads[id].jobs.push(JobState { started: now, ..JobState::default() });
        if let Some(over) = spec.active_deadline.map(|most| now + most).filter(|over| *over <= shared.end) {
            shared.queue.push(over, Event::JobExpires(id));
        }
    }

    /// A Job's deadline is over.
    pub(crate) fn job_expires(&self, shared: &mut Shared, id: WorkloadId) {
        shared.workloads[id].dirty = true;
        shared.wake_controllers();
    }
}

impl Shared {
    /// A Job is over: the nodes on which its pods have done their work are left because of that.
    fn job_leaves_nodes(&mut self, id: WorkloadId, number: u32, over: Option<RecordId>) {
        let finished = std::mem::take(&mut self.workloads[id].finished_on);
        let (own, others): (Vec<_>, Vec<_>) = finished.into_iter().partition(|(job, _)| *job == number);
        self.workloads[id].finished_on = others;
        for (_, node) in own {
            self.left_because.fill_to(node, None);
            self.left_because[node] = over;
        }
    }

    /// A pod of a Job succeeded.
    pub(crate) fn job_pod_succeeded(&mut self, id: WorkloadId, number: u32) {
        if let Some(job) = self.workloads[id].jobs.get_mut(number as usize).filter(|job| !job.finished) {
            job.progress.succeeded += 1;
            job.failures_in_a_row = 0;
        }
    }

    /// A pod of a Job is deleted, or it has stopped after that or is gone with its node. With a `podFailurePolicy` its
    /// end counts, without one its deletion.
    ///
    /// Upstream: job_controller.go `isPodFailed`, 1.28; all that deletes pods here sets the condition DisruptionTarget.
    pub(crate) fn job_pod_lost(&mut self, now: SimTime, id: WorkloadId, number: u32, loss: PodLoss) {
        let (WorkloadKind::Job { spec, .. } | WorkloadKind::CronJob { spec, .. }) = &self.cast.workloads[id].kind
        else {
            return;
        };
        match loss {
            PodLoss::Deleted if spec.only_replaces_failed => return,
            PodLoss::Stopped if !spec.only_replaces_failed => return,
            _ => {}
        }
        let Some(job) = self.workloads[id].jobs.get_mut(number as usize).filter(|job| !job.finished) else { return };
        match spec.on_disruption {
            OnDisruption::Ignore => {}
            OnDisruption::FailJob => job.progress.given_up = true,
            OnDisruption::Count => {
                job.progress.failed += 1;
                job.failures_in_a_row += 1;
                job.held_until = now + job::back_off(job.failures_in_a_row);
            }
        }
    }
}

//! Jobs and CronJobs at work.

use crate::cluster::PodId;
use crate::controllers::cron_job::{CronAction, may_start_late, when_due};
use crate::controllers::job::{self, JobNeed, JobProgress, JobSpec, OnDisruption};
use crate::sim::Simulation;
use crate::sim::event::Event;
use crate::sim::log::Occurrence;
use crate::units::SimTime;
use crate::world::WorkloadId;
use crate::world::WorkloadKind;

/// A Job of a Job or CronJob workload.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobState {
    progress: JobProgress,
    finished: bool,
    started: SimTime,
    failures_in_a_row: u32,
    /// No new pod before this instant.
    held_until: SimTime,
    /// The end of the back-off for which the controller has been called already.
    awaited: SimTime,
}

/// How a Job loses a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PodLoss {
    /// Its deletion was asked for.
    Deleted,
    /// It has stopped after that.
    Stopped,
    /// It is gone with its node, without having been deleted before.
    WithNode,
}

impl Simulation {
    /// All unfinished Jobs of a Job or CronJob take their next steps.
    pub(super) fn reconcile_jobs(&mut self, now: SimTime, id: WorkloadId, spec: JobSpec) {
        for number in 0..self.workloads[id].jobs.len() {
            let job = self.workloads[id].jobs[number];
            if job.finished {
                continue;
            }
            let of_job = |pod: &&PodId| self.lives[**pod].part == number as u32;
            let pods = self.workloads[id].pods.iter().filter(of_job).copied();
            let (active, terminating): (Vec<PodId>, Vec<PodId>) = pods.partition(|pod| self.is_active(*pod));
            let progress = JobProgress {
                active: active.len() as i32,
                terminating: terminating.len() as i32,
                age: now - job.started,
                ..job.progress
            };
            match job::next_step(spec, progress) {
                JobNeed::Create(_) if job.held_until > now => {
                    self.workloads[id].dirty = true;
                    let awaited = &mut self.workloads[id].jobs[number].awaited;
                    if std::mem::replace(awaited, job.held_until) != job.held_until {
                        self.queue.push(job.held_until, Event::Reconcile);
                    }
                }
                JobNeed::Create(count) => {
                    (0..count).for_each(|_| self.create_numbered(now, id, number as u32, 0));
                }
                JobNeed::Wait => {}
                need @ (JobNeed::Complete | JobNeed::Failed) => {
                    self.workloads[id].jobs[number].finished = true;
                    active.iter().for_each(|pod| self.delete_pod(now, *pod, None));
                    let complete = need == JobNeed::Complete;
                    let end = if complete { Occurrence::JobCompleted(id) } else { Occurrence::JobFailed(id) };
                    self.log.push(now, end);
                    self.start_waiting_job(now, id);
                }
            }
        }
    }

    /// A Job begins; its controller looks again when its deadline is over.
    pub(super) fn start_job(&mut self, now: SimTime, id: WorkloadId, spec: JobSpec) {
        self.workloads[id].jobs.push(JobState { started: now, ..JobState::default() });
        if let Some(over) = spec.active_deadline.map(|most| now + most).filter(|over| *over <= self.end) {
            self.queue.push(over, Event::JobExpires(id));
        }
    }

    /// A Job's deadline is over.
    pub(super) fn job_expires(&mut self, id: WorkloadId) {
        self.workloads[id].dirty = true;
        self.wake_controllers();
    }

    /// A pod of a Job succeeded.
    pub(super) fn job_pod_succeeded(&mut self, id: WorkloadId, number: u32) {
        if let Some(job) = self.workloads[id].jobs.get_mut(number as usize).filter(|job| !job.finished) {
            job.progress.succeeded += 1;
            job.failures_in_a_row = 0;
        }
    }

    /// A pod of a Job is deleted, or it has stopped after that or is gone with its node. With a `podFailurePolicy` its
    /// end counts, without one its deletion.
    ///
    /// Upstream: job_controller.go `isPodFailed`, 1.28; all that deletes pods here sets the condition DisruptionTarget.
    pub(super) fn job_pod_lost(&mut self, now: SimTime, id: WorkloadId, number: u32, loss: PodLoss) {
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

    /// A CronJob is due.
    pub(super) fn cron_due(&mut self, now: SimTime, id: WorkloadId) {
        let cast = self.cast.clone();
        let WorkloadKind::CronJob { concurrency, .. } = &cast.workloads[id].kind else { return };
        let running = self.workloads[id].jobs.iter().filter(|job| !job.finished).count();
        match when_due(*concurrency, running) {
            CronAction::Create => self.start_cron_job(now, id),
            CronAction::Wait => self.workloads[id].waiting_since = Some(now),
            CronAction::Replace => {
                self.workloads[id].jobs.iter_mut().for_each(|job| job.finished = true);
                self.workloads[id].pods.clone().into_iter().for_each(|pod| self.delete_pod(now, pod, None));
                self.start_cron_job(now, id);
            }
        }
        self.schedule_cron(id, now);
    }

    fn start_cron_job(&mut self, now: SimTime, id: WorkloadId) {
        let cast = self.cast.clone();
        let WorkloadKind::CronJob { spec, .. } = &cast.workloads[id].kind else { return };
        self.start_job(now, id, *spec);
        self.log.push(now, Occurrence::JobStarted(id));
        self.workloads[id].dirty = true;
        self.wake_controllers();
    }

    /// A Job is over: one that was due meanwhile is started, if it is not too late for it.
    fn start_waiting_job(&mut self, now: SimTime, id: WorkloadId) {
        let Some(due) = self.workloads[id].waiting_since.take() else { return };
        let cast = self.cast.clone();
        if let WorkloadKind::CronJob { starting_deadline, .. } = &cast.workloads[id].kind
            && may_start_late(*starting_deadline, due, now)
        {
            self.start_cron_job(now, id);
        }
    }

    /// The next time at which a CronJob is due.
    pub(super) fn schedule_cron(&mut self, id: WorkloadId, after: SimTime) {
        if let WorkloadKind::CronJob { schedule, .. } = &self.cast.workloads[id].kind
            && let Some(due) = schedule.next_after(after).filter(|due| *due <= self.end)
        {
            self.queue.push(due, Event::CronDue(id));
        }
    }
}

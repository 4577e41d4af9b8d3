//! CronJobs at work.

use crate::controllers::cron_job::{CronAction, may_start_late, when_due};
use crate::sim::event::Event;
use crate::sim::log::{Cause, Occurrence, RecordId};
use crate::sim::shared::Shared;
use crate::sim::workloads::reconcile::Controllers;
use crate::units::SimTime;
use crate::world::WorkloadId;
use crate::world::WorkloadKind;

impl Controllers {
    /// A CronJob is due.
    pub(crate) fn cron_due(&mut self, shared: &mut Shared, now: SimTime, id: WorkloadId) {
        let WorkloadKind::CronJob { concurrency, .. } = shared.cast.workloads[id].kind else { return };
        let running = shared.workloads[id].jobs.iter().filter(|job| !job.finished).count();
        match when_due(concurrency, running) {
            CronAction::Create => self.start_cron_job(shared, now, id, Cause::Clock),
            CronAction::Wait => shared.workloads[id].waiting_since = Some(now),
            CronAction::Replace => {
                shared.workloads[id].jobs.iter_mut().for_each(|job| job.finished = true);
                shared.workloads[id].pods.clone().into_iter().for_each(|pod| shared.delete_pod(now, pod, None));
                self.start_cron_job(shared, now, id, Cause::Clock);
            }
        }
        self.schedule_cron(shared, id, now);
    }

    fn start_cron_job(&mut self, shared: &mut Shared, now: SimTime, id: WorkloadId, because: Cause) {
        let WorkloadKind::CronJob { spec, .. } = shared.cast.workloads[id].kind else { return };
        self.start_job(shared, now, id, spec);
        let record = shared.log.push(now, Occurrence::JobStarted(id), because);
        let state = &mut shared.workloads[id];
        state.more_because = record;
        if let Some(job) = state.jobs.last_mut() {
            job.record = record;
        }
        shared.workloads[id].dirty = true;
        shared.wake_controllers();
    }

    /// A Job is over, as this record says: one that was due meanwhile is started, if it is not too late for it.
    pub(crate) fn start_waiting_job(
        &mut self,
        shared: &mut Shared,
        now: SimTime,
        id: WorkloadId,
        over: Option<RecordId>,
    ) {
        let Some(due) = shared.workloads[id].waiting_since.take() else { return };
        if let WorkloadKind::CronJob { starting_deadline, .. } = shared.cast.workloads[id].kind
            && may_start_late(starting_deadline, due, now)
        {
            self.start_cron_job(shared, now, id, Cause::record_or(over, Cause::Clock));
        }
    }

    /// The next time at which a CronJob is due.
    pub(crate) fn schedule_cron(&mut self, shared: &mut Shared, id: WorkloadId, after: SimTime) {
        if let WorkloadKind::CronJob { schedule, .. } = &shared.cast.workloads[id].kind
            && let Some(due) = schedule.next_after(after).filter(|due| *due <= shared.end)
        {
            shared.queue.push(due, Event::CronDue(id));
        }
    }
}

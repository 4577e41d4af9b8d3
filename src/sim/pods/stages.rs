//! Pods move from one stage of their life to the next, and whoever counts them hears of it.

use crate::cluster::PodId;
use crate::sim::counts::Stage;
use crate::sim::event::Event;
use crate::sim::pods::life::Owner;
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::WorkloadKind;

impl Shared {
    /// Moves a pod from one stage of its life to another, in the counts too.
    pub(crate) fn set_stage(&mut self, now: SimTime, pod: PodId, stage: Stage) {
        let before = std::mem::replace(&mut self.lives[pod].stage, stage);
        let Owner::Workload(id) = self.lives[pod].owner else { return };
        self.budgets_are_stale(id);
        let metered = &mut self.workloads[id].metered;
        if stage == Stage::Gone {
            metered.remove(pod);
        } else if let Some(sample) = metered.single_out(pod) {
            self.lives[pod].sample = Some(sample);
        }
        if self.has_traffic(id, pod) {
            if (before == Stage::Ready) != (stage == Stage::Ready) {
                self.serving_changed(now, id, pod, stage == Stage::Ready);
            }
            self.stage_changed_exactly(now, id, pod, (before, stage));
        }
        let counts = &mut self.counts.workloads[id];
        if let Some(count) = counts.of(before) {
            count.change(now, -1);
        }
        if let Some(count) = counts.of(stage) {
            count.change(now, 1);
        }
        if matches!(self.cast.workloads[id].kind, WorkloadKind::Deployment(_)) {
            let counts = |stage| i64::from(matches!(stage, Stage::Pending | Stage::Starting | Stage::Ready));
            let change = counts(stage) - counts(before);
            if change != 0 {
                self.counts.deployment_pods.change(now, change);
            }
        }
    }

    /// A pod changed: its owner looks again.
    pub(crate) fn owner_changed(&mut self, pod: PodId) {
        if let Owner::Workload(workload) = self.lives[pod].owner {
            self.workloads[workload].dirty = true;
            self.wake_controllers();
        }
    }

    /// A pod became ready: its controller looks now, and again when it has been ready for long enough.
    pub(crate) fn ready_for_owner(&mut self, now: SimTime, pod: PodId) {
        self.owner_changed(pod);
        let min_ready = self.min_ready(pod);
        if !min_ready.is_zero() {
            self.queue.push(now + min_ready, Event::PodBecomesAvailable(pod));
        }
    }
}

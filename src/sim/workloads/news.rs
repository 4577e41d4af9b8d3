//! What makes workload controllers look again.

use crate::sim::event::{self, Event};
use crate::sim::log::{Occurrence, Seen};
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::WorkloadId;
use crate::world::WorkloadKind;

impl Shared {
    /// Nodes came, went or changed: DaemonSets and the scheduler look again.
    pub(crate) fn nodes_changed(&mut self, news: News) {
        for (id, workload) in self.cast.workloads.iter() {
            if matches!(workload.kind, WorkloadKind::DaemonSet(_)) {
                self.workloads[id].dirty = true;
            }
        }
        self.wake_controllers();
        self.wake_scheduler(news);
    }

    /// Controllers react at this instant if their turn is yet to come, else at the next.
    pub(crate) fn wake_controllers(&mut self) {
        if !self.controllers_awake {
            self.controllers_awake = true;
            let at = self.reaction(event::Stage::controllers());
            self.queue.push(at, Event::Reconcile);
        }
    }

    /// An HPA (or a user) changes `spec.replicas`.
    pub(crate) fn rescale(&mut self, now: SimTime, id: WorkloadId, to: i32, saw: Seen) {
        let from = std::mem::replace(&mut self.workloads[id].desired, to);
        if from == to {
            return;
        }
        let last = std::mem::replace(&mut self.workloads[id].last_rescale, to - from);
        self.books.workloads[id].desired.set(now, i64::from(to));
        self.books.rescaled(id, last, to - from);
        self.log.push(now, Occurrence::Rescaled { workload: id, from, to, saw });
        self.budgets_are_stale(id);
        self.workloads[id].dirty = true;
        self.wake_controllers();
    }
}

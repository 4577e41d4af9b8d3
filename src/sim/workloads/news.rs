//! What makes workload controllers look again.

use crate::cluster::PodId;
use crate::sim::event::{Event, Rank};
use crate::sim::log::RecordId;
use crate::sim::pods::life::Owner;
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;
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

    /// A pod goes because of this record, and its owner will replace it. A DaemonSet's pods come with their nodes.
    pub(crate) fn replaced_because(&mut self, pod: PodId, record: Option<RecordId>) {
        if let (Owner::Workload(id), Some(_)) = (self.lives[pod].owner, record)
            && !matches!(self.cast.workloads[id].kind, WorkloadKind::DaemonSet(_))
        {
            self.workloads[id].more_because = record;
        }
    }

    /// Controllers react at this instant if their turn is yet to come, else at the next.
    pub(crate) fn wake_controllers(&mut self) {
        if !self.controllers_awake {
            self.controllers_awake = true;
            let at = self.reaction(Rank::controllers());
            self.queue.push(at, Event::Reconcile);
        }
    }
}

//! What serving requests needs to know.

use crate::cluster::NodeId;
use crate::id::IdVec;
use crate::sim::counts::Stage;
use crate::sim::load::under_way::Usage;
use crate::sim::outcome::ServiceLevels;
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::WorkloadId;

/// How requests are served, step by step, and what that uses.
pub(crate) struct Serving {
    /// By workload: what a pod uses at the moment.
    pub(crate) usage: IdVec<WorkloadId, Usage>,
    /// Nodes whose pods want more cpu than there is, and the share they get.
    pub(crate) contended: Vec<(NodeId, f64)>,
    /// All routes against the objective of the traffic.
    pub(crate) service_levels: ServiceLevels,
}

impl Serving {
    /// Nothing has been served yet.
    pub(crate) fn new(workloads: usize) -> Serving {
        Serving {
            usage: IdVec::filled(Usage::default(), workloads),
            contended: Vec::new(),
            service_levels: ServiceLevels::default(),
        }
    }
}

impl Shared {
    /// A ready pod gets requests from now on.
    pub(crate) fn joins_service(&mut self, now: SimTime, id: WorkloadId, pod: crate::cluster::PodId) {
        self.serving_changed(now, id, pod, true);
        self.stage_changed_exactly(now, id, pod, (Stage::Starting, Stage::Ready));
    }

    /// A ready pod gets no more requests; those in hand are finished.
    pub(crate) fn leaves_service(&mut self, now: SimTime, id: WorkloadId, pod: crate::cluster::PodId) {
        self.serving_changed(now, id, pod, false);
        self.stage_changed_exactly(now, id, pod, (Stage::Ready, Stage::Terminating));
    }
}

//! What serving requests needs to know.

use crate::cluster::NodeId;
use crate::id::IdVec;
use crate::sim::load::under_way::Usage;
use crate::sim::outcome::ServiceLevels;
use crate::units::SimTime;
use crate::world::WorkloadId;

/// How requests are served, step by step, and what that uses.
pub(crate) struct Serving {
    /// By workload: what a pod uses at the moment.
    pub(crate) usage: IdVec<WorkloadId, Usage>,
    /// Nodes whose pods want more cpu than there is, and the share they get.
    pub(crate) contended: Vec<(NodeId, f64)>,
    /// Nodes whose use of cpu is metered, and what their pods used in the last step: milli-cores.
    pub(crate) metered: Vec<(NodeId, i64)>,
    /// Until when that has been metered.
    pub(crate) metered_until: SimTime,
    /// All routes against the objective of the traffic.
    pub(crate) service_levels: ServiceLevels,
}

impl Serving {
    /// Nothing has been served yet; time begins then.
    pub(crate) fn new(workloads: usize, begins: SimTime) -> Serving {
        Serving {
            usage: IdVec::filled(Usage::default(), workloads),
            contended: Vec::new(),
            metered: Vec::new(),
            metered_until: begins,
            service_levels: ServiceLevels::default(),
        }
    }
}

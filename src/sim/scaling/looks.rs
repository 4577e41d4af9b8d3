//! Pods that look the same to the HPA controller.

use crate::cluster::{Phase, PodSpecId};
use crate::sim::scaling::metered_pods::{Alike, Sample};
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::WorkloadId;
use smallvec::SmallVec;

/// Pods that look the same to the controller.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Requests differ between ReplicaSets, and where a VPA sets them.
    pub(crate) spec: PodSpecId,
    pub(crate) phase: Phase,
    pub(crate) ready: Option<(bool, SimTime)>,
    pub(crate) started: Option<SimTime>,
    pub(crate) deleted: bool,
    pub(crate) sample: Option<Sample>,
}

/// The workload's pods by their looks. Times that no rule looks at any more are set to the same, so that pods
/// that have been ready for long look the same; settled ones do so already.
pub(crate) fn find_looks(shared: &Shared, now: SimTime, workload: WorkloadId, looks: &mut SmallVec<[(Look, i64); 4]>) {
    let metered = &shared.workloads[workload].metered;
    // Not a fixed time: a warm-up is before 0, and what has been ready for long must be so there too.
    let long_ago = now - shared.cast.hpa_flags.cpu_initialization_period;
    let settled = |alike: &Alike| Look {
        spec: alike.spec,
        phase: Phase::Running,
        ready: Some((true, long_ago)),
        started: Some(long_ago),
        deleted: false,
        sample: Some(alike.sample),
    };
    for alike in &metered.settled {
        looks.push((settled(alike), alike.pods.len() as i64));
    }
    for pod in metered.unsettled.iter().filter(|pod| shared.has_traffic(workload, **pod)) {
        let row = shared.cluster.pod(*pod);
        let settled = row.is_ready() && row.started.is_some_and(|started| started <= long_ago);
        let look = Look {
            spec: row.spec,
            phase: row.phase,
            ready: if settled { Some((true, long_ago)) } else { row.ready },
            started: if settled { Some(long_ago) } else { row.started },
            deleted: row.is_terminating(),
            sample: shared.lives[*pod].sample,
        };
        match looks.iter_mut().rev().find(|(other, _)| *other == look) {
            Some((_, count)) => *count += 1,
            None => looks.push((look, 1)),
        }
    }
}

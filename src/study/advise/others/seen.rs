//! What a day of the present setting shows: how many pods there are, and what they use.
//!
//! Usage goes through the simulation's own recommender of the VerticalPodAutoscaler, which looks at each workload with traffic and changes
//! nothing: percentile, margin and least amounts are those of `vpa::recommender`, and no rule is written twice.

use super::given::Given;
use crate::id::{IdVec, WorkloadId};
use crate::study::Figures;
use crate::study::figures::Level;
use crate::study::replicate::Study;
use crate::units::SimDuration;
use crate::vpa::{Amounts, UpdateMode, VpaSpec};
use crate::world::{Cast, Load, Vpa};
use std::sync::Arc;

/// The busiest day, once.
pub(super) struct Seen {
    /// By workload: what the first container should request; none of workloads without traffic, and of those that a VPA looks after.
    pub(super) recommended: IdVec<WorkloadId, Option<Amounts>>,
    /// By workload: pods asked for.
    pods: IdVec<WorkloadId, Level>,
    span: SimDuration,
}

impl Seen {
    /// None where there is nothing that any of these knobs could move: no HPA, and no workload with traffic.
    ///
    /// Cost: a replication of the busiest day, and its warm-up.
    pub(super) fn of(given: &Given<'_>) -> Option<Seen> {
        let cast = &given.base.cast;
        let watched = watched(cast);
        if watched.is_empty() && cast.hpas.is_empty() {
            return None;
        }
        let period = *given.times.look(&[1]).first()?;
        let (from, until) = given.times.of_part(period.part);
        let study = Study { keeps_story: false, ..Study::of(given.base) };
        let study = Study { cast: Arc::new(with_recommenders(cast, &watched)), ..study }.over(from, until);
        let figures = Figures::of(period.number, &study.names(), study.replicate(period.number));
        let mut recommended = IdVec::filled(None, cast.workloads.len());
        for (id, row) in watched.iter().zip(&figures.vpas[cast.vpas.len()..]) {
            recommended[*id] = row.first().copied().flatten().map(|found| found.target);
        }
        let pods = figures.workloads.values().map(|row| row.desired).collect();
        Some(Seen { recommended, pods, span: figures.span })
    }
    /// The mean number of pods.
    pub(super) fn mean(&self, workload: WorkloadId) -> f64 {
        self.pods[workload].mean(self.span)
    }
    /// The fewest pods that lasted for any time.
    pub(super) fn least(&self, workload: WorkloadId) -> i64 {
        self.pods[workload].least
    }
    /// By how many pods it grew and shrank.
    pub(super) fn swing(&self, workload: WorkloadId) -> f64 {
        (self.pods[workload].most - self.pods[workload].least) as f64
    }
}

/// Workloads whose usage follows a demand, and whose requests nobody else sets.
fn watched(cast: &Cast) -> Vec<WorkloadId> {
    let follows = |load: &Load| matches!(load, Load::Service(_) | Load::CpuDemand { .. });
    let has_vpa = |id: WorkloadId| cast.vpas.iter().any(|vpa| vpa.workload == id);
    cast.workloads.iter().filter(|(id, row)| follows(&row.load) && !has_vpa(*id)).map(|(id, _)| id).collect()
}

fn with_recommenders(cast: &Cast, watched: &[WorkloadId]) -> Cast {
    let spec = VpaSpec { mode: UpdateMode::Off, ..VpaSpec::default() };
    let vpa = |id: &WorkloadId| Vpa { name: cast.workloads[*id].name, workload: *id, spec: spec.clone() };
    let vpas = cast.vpas.iter().cloned().chain(watched.iter().map(vpa)).collect();
    Cast { vpas, ..cast.clone() }
}

//! Containers that do not answer.

use crate::cluster::PodId;
use crate::sim::counts::Stage;
use crate::sim::event::Event;
use crate::sim::faults::course::Faults;
use crate::sim::log::{Cause, Occurrence, RecordId};
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::{Lifecycle, WorkloadId};

impl Faults {
    /// Containers of the oldest ready pods of a workload stop answering. They get no more requests; the rest takes as
    /// long as their probes need.
    pub(crate) fn containers_hang(
        &mut self,
        shared: &mut Shared,
        now: SimTime,
        (workload, count): (WorkloadId, u32),
        fault: Option<RecordId>,
    ) {
        let is_ready = |pod: &PodId| shared.lives[*pod].stage == Stage::Ready;
        let ready = shared.workloads[workload].pods.iter().copied().filter(is_ready);
        let chosen: Vec<PodId> = ready.take(count as usize).collect();
        let Lifecycle { readiness, liveness, .. } = shared.cast.workloads[workload].lifecycle;
        for pod in chosen {
            let record =
                shared.log.push(now, Occurrence::ContainerHangs(pod), Cause::record_or(fault, Cause::Scenario));
            (shared.lives[pod].hangs, shared.lives[pod].because) = (true, record);
            shared.set_stage(now, pod, Stage::Starting);
            let (since, age) = (shared.lives[pod].running_since, now - shared.lives[pod].running_since);
            if let Some(probe) = readiness {
                shared.queue.push(since + probe.fails_at(age), Event::PodFailsReadiness(pod));
            }
            if let Some(probe) = liveness {
                shared.condemn(pod, since + probe.fails_at(age));
            }
        }
    }

    /// Containers that still hang answer again.
    pub(crate) fn containers_answer(&mut self, shared: &mut Shared, now: SimTime, workload: WorkloadId) {
        for pod in shared.workloads[workload].pods.clone() {
            if !std::mem::take(&mut shared.lives[pod].hangs) || !shared.is_active(pod) {
                continue;
            }
            (shared.lives[pod].condemned_at, shared.lives[pod].because) = (None, None);
            if shared.cluster.pod(pod).is_ready() && !shared.is_silent(pod) {
                shared.set_stage(now, pod, Stage::Ready);
                continue;
            }
            let since = shared.lives[pod].running_since;
            let readiness = shared.cast.workloads[workload].lifecycle.readiness;
            let at = readiness.map_or(now, |probe| since + probe.first_from(now - since));
            shared.queue.push(at, Event::PodBecomesReady(pod));
        }
    }
}

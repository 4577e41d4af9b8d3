//! Probes: what happens to containers that do not answer.

use crate::cluster::PodId;
use crate::id::Id;
use crate::sim::Simulation;
use crate::sim::books::Stage;
use crate::sim::event::Event;
use crate::sim::log::Occurrence;
use crate::sim::scheduling::News;
use crate::units::{SimDuration, SimTime};
use crate::world::Lifecycle;
use crate::world::WorkloadId;

impl Simulation {
    /// The first readiness probe that finds the application up (probes at `initialDelay`, then every period), or
    /// when another probe has the container killed that is not up by then.
    pub(super) fn probe(&mut self, pod: PodId, lifecycle: &Lifecycle) -> (SimDuration, Option<SimDuration>) {
        let up = lifecycle.warm_up.draw(pod.index(), &mut self.streams.pods);
        let lag = lifecycle.readiness.map_or(up, |probe| probe.first_from(up));
        (lag, lifecycle.killed_if_silent_for.filter(|patience| up > *patience))
    }

    /// A probe will have the container restarted at that instant.
    pub(super) fn condemn(&mut self, pod: PodId, at: SimTime) {
        self.lives[pod].condemned_at = Some(at);
        self.queue.push(at, Event::PodFailsProbe(pod));
    }

    /// Containers of the oldest ready pods of a workload stop to answer. They get no more requests; the rest takes as
    /// long as their probes need.
    pub(super) fn containers_hang(&mut self, now: SimTime, workload: WorkloadId, count: u32) {
        let is_ready = |pod: &PodId| self.lives[*pod].stage == Stage::Ready;
        let ready = self.workloads[workload].pods.iter().copied().filter(is_ready);
        let chosen: Vec<PodId> = ready.take(count as usize).collect();
        let cast = self.cast.clone();
        let lifecycle = &cast.workloads[workload].lifecycle;
        for pod in chosen {
            self.log.push(now, Occurrence::ContainerHangs(pod));
            self.lives[pod].hangs = true;
            self.set_stage(now, pod, Stage::Starting);
            let (since, age) = (self.lives[pod].running_since, now - self.lives[pod].running_since);
            if let Some(probe) = lifecycle.readiness {
                self.queue.push(since + probe.fails_at(age), Event::PodFailsReadiness(pod));
            }
            if let Some(probe) = lifecycle.liveness {
                self.condemn(pod, since + probe.fails_at(age));
            }
        }
    }

    /// Containers that still hang answer again.
    pub(super) fn containers_answer(&mut self, now: SimTime, workload: WorkloadId) {
        for pod in self.workloads[workload].pods.clone() {
            if !std::mem::take(&mut self.lives[pod].hangs) || !self.is_active(pod) {
                continue;
            }
            self.lives[pod].condemned_at = None;
            if self.cluster.pod(pod).is_ready() && !self.is_silent(pod) {
                self.set_stage(now, pod, Stage::Ready);
                continue;
            }
            let since = self.lives[pod].running_since;
            let readiness = self.cast.workloads[workload].lifecycle.readiness;
            let at = readiness.map_or(now, |probe| since + probe.first_from(now - since));
            self.queue.push(at, Event::PodBecomesReady(pod));
        }
    }

    /// A container that hangs has failed its readiness probe too often.
    pub(super) fn pod_fails_readiness(&mut self, now: SimTime, pod: PodId) {
        if self.lives[pod].hangs && self.is_active(pod) && !self.is_silent(pod) && self.cluster.pod(pod).is_ready() {
            self.cluster.set_pod_ready(pod, Some((false, now)));
            self.tell_scheduler(News::PodUpdated(pod));
            self.owner_changed(pod);
        }
    }

    /// A container did not answer its liveness or startup probe for too long.
    pub(super) fn pod_fails_probe(&mut self, now: SimTime, pod: PodId) {
        // Another crash may have started it anew since, or it answers again.
        if self.is_active(pod) && !self.is_silent(pod) && self.lives[pod].condemned_at == Some(now) {
            self.log.push(now, Occurrence::FailedProbe(pod));
            self.books.probe_kills += 1;
            self.pod_crashes(now, pod);
        }
    }
}

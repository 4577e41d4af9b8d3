//! Probes: what happens to containers that do not answer.

use crate::cluster::PodId;
use crate::id::Id;
use crate::rng::mix;
use crate::sim::event::Event;
use crate::sim::log::{Cause, Occurrence};
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::Lifecycle;

impl Shared {
    /// The first readiness probe that finds the application up (probes at `initialDelay`, then every period), or
    /// when another probe has the container killed that is not up by then.
    pub(crate) fn probe(&mut self, pod: PodId, lifecycle: &Lifecycle) -> (SimDuration, Option<SimDuration>) {
        let start = self.luck_of(pod) ^ mix(self.lives[pod].crashes.into());
        let up = lifecycle.warm_up.draw(pod.index(), &mut self.seed.stream("warm-up", start));
        let lag = lifecycle.readiness.map_or(up, |probe| probe.first_from(up));
        (lag, lifecycle.killed_if_silent_for.filter(|patience| up > *patience))
    }

    /// A probe will have the container restarted at that instant.
    pub(crate) fn condemn(&mut self, pod: PodId, at: SimTime) {
        self.lives[pod].condemned_at = Some(at);
        self.queue.push(at, Event::PodFailsProbe(pod));
    }

    /// A container that hangs has failed its readiness probe too often.
    pub(crate) fn pod_fails_readiness(&mut self, now: SimTime, pod: PodId) {
        if self.lives[pod].hangs && self.is_active(pod) && !self.is_silent(pod) && self.cluster.pod(pod).is_ready() {
            self.cluster.set_pod_ready(pod, Some((false, now)));
            self.tell_scheduler(News::PodUpdated(pod));
            self.owner_changed(pod);
        }
    }

    /// A container did not answer its liveness or startup probe for too long.
    pub(crate) fn pod_fails_probe(&mut self, now: SimTime, pod: PodId) {
        // Another crash may have started it anew since, or it answers again.
        if self.is_active(pod) && !self.is_silent(pod) && self.lives[pod].condemned_at == Some(now) {
            let because = Cause::record_or(self.lives[pod].because.take(), Cause::Found);
            self.log.push(now, Occurrence::FailedProbe(pod), because);
            self.counts.probe_kills += 1;
            self.pod_crashes(now, pod);
        }
    }
}

//! A service for a while request by request, in several copies that differ by chance alone.
//!
//! The exact mode's machinery with one service: what no formula of the fast mode follows is replayed for as long as it
//! lasts. Copies together stand for the distribution over all runs imaginable.

use super::outcome::{PodCohort, PodCohorts};
use super::profile::ServiceProfile;
use crate::id::Id;
use crate::rng::Seed;
use crate::traffic::calls::{Call, CallGraph, Route, ServiceId};
use crate::traffic::exact::{Ended, Ending, ExactModel, Observer, PodKey};

/// A service in several copies. Memory: about 100 bytes per request under way and copy.
#[derive(Clone, Debug)]
pub(super) struct Replay {
    copies: Vec<Copied>,
    /// The service's clock where the copies' is 0.
    zero_s: f64,
    /// Who entered before that had been answered by formulas, on the copies' clock.
    measured_from_s: f64,
}

/// What the service was like before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    /// The service's clock now.
    pub(super) now_s: f64,
    /// Requests per second.
    pub(super) rate: f64,
    /// For how long at least to run with that, so that queues are as they would be; 0 begins with empty pods.
    pub(super) settling_s: f64,
}

/// What the copies did in a step, all of them together.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Who was answered in time: when they arrived on the service's clock, and their latency, in seconds.
    pub(super) answered: Vec<(f64, f64)>,
    pub(super) entered: u64,
    pub(super) rejected: u64,
    pub(super) timed_out: u64,
    /// CPU seconds worked at speed 1.
    pub(super) cpu_s: f64,
    from_s: f64,
    zero_s: f64,
}

#[derive(Clone, Debug)]
struct Copied {
    model: ExactModel,
    pods: Vec<Pod>,
    /// Requests that entered since the beginning and have not ended.
    open: u64,
    /// Which part of a pod that is there for a part of a step only it has.
    threshold: f64,
}

#[derive(Clone, Copy, Debug)]
struct Pod {
    cohort: u64,
    key: PodKey,
    speed: f64,
}

const SERVICE: usize = 0;
/// A copy that ends is not followed longer than that.
const LONGEST_END_S: f64 = 3600.0;

impl Replay {
    /// `count` copies of a service with these pods; nothing where the profile is none (it has been checked before).
    pub(super) fn begin(
        profile: &ServiceProfile,
        pods: &PodCohorts,
        before: Before,
        (count, seed): (u32, Seed),
    ) -> Option<Replay> {
        let call = Call::to(ServiceId::from_index(SERVICE));
        let graph = CallGraph::from_routes(vec![Route { name: "/".into(), share: 1.0, call }], 1).ok()?;
        // Callers try again, and pods warm up, outside.
        let profile = ServiceProfile { retries: None, warm_up: None, ..profile.clone() };
        let copy = |number: u32| {
            let entity = seed.stream("replay", u64::from(number)).bits() ^ before.now_s.to_bits();
            let seed = Seed::new(entity, number);
            let model = ExactModel::new(std::slice::from_ref(&profile), &graph, profile.arrivals, seed).ok()?;
            let threshold = (f64::from(number) + 0.5) / f64::from(count);
            let mut copy = Copied { model, pods: Vec::new(), open: 0, threshold };
            copy.align(pods, &mut ());
            copy.model.set_rate(before.rate);
            copy.model.run_until(before.settling_s, &mut ());
            Some(copy)
        };
        Some(Replay {
            copies: (0..count).map(copy).collect::<Option<_>>()?,
            zero_s: before.now_s - before.settling_s,
            measured_from_s: before.settling_s,
        })
    }

    /// How many copies there are.
    pub(super) fn count(&self) -> u32 {
        self.copies.len() as u32
    }

    /// Goes on with the first copy alone.
    pub(super) fn keep_one(&mut self) {
        self.copies.truncate(1);
    }

    /// Requests that have entered and not ended, on average over the copies.
    pub(super) fn open(&self) -> f64 {
        self.copies.iter().map(|copy| copy.open as f64).sum::<f64>() / self.copies.len().max(1) as f64
    }

    /// Requests there, on average over the copies, those included whose clients have given up.
    pub(super) fn under_way(&self) -> f64 {
        self.copies.iter().map(|copy| copy.model.under_way() as f64).sum::<f64>() / self.copies.len().max(1) as f64
    }

    /// Lets `rate` requests a second arrive until `until_s` on the service's clock.
    pub(super) fn pass(&mut self, rate: f64, until_s: f64, pods: &PodCohorts) -> Seen {
        let mut seen = Seen { from_s: self.measured_from_s, zero_s: self.zero_s, ..Seen::default() };
        for copy in &mut self.copies {
            let before = (seen.entered, seen.ended());
            copy.align(pods, &mut seen);
            copy.model.set_rate(rate);
            copy.model.run_until(until_s - self.zero_s, &mut seen);
            seen.cpu_s += copy.model.take_cpu_s(ServiceId::from_index(SERVICE));
            copy.open = (copy.open + seen.entered - before.0).saturating_sub(seen.ended() - before.1);
        }
        seen
    }

    /// Lets a time pass in which everything stays as it is.
    pub(super) fn stand_still(&mut self, span_s: f64) {
        self.zero_s += span_s;
    }

    /// Lets everybody finish who is there; nobody else comes.
    pub(super) fn end(&mut self) -> Seen {
        let mut seen = Seen { from_s: self.measured_from_s, zero_s: self.zero_s, ..Seen::default() };
        for copy in &mut self.copies {
            let (ended, end_s) = (seen.ended(), copy.model.now_s() + LONGEST_END_S);
            copy.model.set_rate(0.0);
            while seen.ended() - ended < copy.open && copy.model.now_s() < end_s {
                copy.model.run_until(copy.model.now_s() + 1.0, &mut seen);
            }
            copy.open = 0;
        }
        seen
    }
}

impl Copied {
    /// Makes its pods those of a step: the youngest of a cohort go first.
    fn align<O: Observer>(&mut self, cohorts: &PodCohorts, observer: &mut O) {
        let service = ServiceId::from_index(SERVICE);
        for PodCohort { key, ready, speed } in cohorts {
            let wanted = (ready + self.threshold) as usize;
            let mut here = self.pods.iter().filter(|pod| pod.cohort == *key).count();
            while here < wanted {
                let pod = Pod { cohort: *key, key: self.model.add_pod(service, None, observer), speed: 1.0 };
                self.pods.push(pod);
                here += 1;
            }
            let mut surplus = here - wanted;
            for at in (0..self.pods.len()).rev() {
                if surplus > 0 && self.pods[at].cohort == *key {
                    let pod = self.pods.remove(at);
                    self.model.drain_pod(pod.key, observer);
                    surplus -= 1;
                }
            }
            for pod in self.pods.iter_mut().filter(|pod| pod.cohort == *key && pod.speed != *speed) {
                pod.speed = *speed;
                self.model.set_pod_speed(pod.key, *speed);
            }
        }
        for at in (0..self.pods.len()).rev() {
            if cohorts.iter().all(|cohort| cohort.key != self.pods[at].cohort) {
                let pod = self.pods.remove(at);
                self.model.drain_pod(pod.key, observer);
            }
        }
    }
}

impl Seen {
    pub(super) fn join(&mut self, later: Seen) {
        self.answered.extend(later.answered);
        self.entered += later.entered;
        self.rejected += later.rejected;
        self.timed_out += later.timed_out;
    }

    /// Requests that ended in one way or the other.
    pub(super) fn ended(&self) -> u64 {
        self.answered.len() as u64 + self.rejected + self.timed_out
    }
}

impl Observer for Seen {
    fn entered(&mut self, entered_s: f64) {
        self.entered += u64::from(entered_s >= self.from_s);
    }

    fn ended(&mut self, ended: Ended) {
        if ended.entered_s < self.from_s {
            return;
        }
        match ended.ending {
            Ending::Answered => self.answered.push((self.zero_s + ended.entered_s, ended.latency_s)),
            Ending::Rejected | Ending::Broken => self.rejected += 1,
            Ending::TimedOut => self.timed_out += 1,
        }
    }
}

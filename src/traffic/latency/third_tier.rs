//! What the third tier of the fast mode remembers of a service.

use super::outcome::{PodCohort, PodCohorts};
use super::profile::ServiceProfile;
use super::replay::Replay;
use super::tally::Tally;
use super::trust;
use crate::rng::Seed;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// Whether a service is replayed, and what has been seen since nothing changed.
#[derive(Clone, Debug)]
pub(super) struct ThirdTier {
    /// The load from which on formulas are not trusted; infinite where they are, or the tier is off.
    pub(super) from: f64,
    pub(super) replay: Option<Replay>,
    pub(super) seed: Seed,
    /// Requests replayed so far, over all copies.
    pub(super) spent: f64,
    /// The last step's requests per second and pods; no pods before the first.
    pub(super) before: (f64, SmallVec<[PodCohort; 4]>),
    /// Requests under way at the ends of the last steps.
    pub(super) under_way: VecDeque<f64>,
    /// CPU seconds per second in the last step.
    pub(super) cpu_per_s: f64,
    /// Answered, rejected and given up since it was left to formulas, not yet counted.
    pub(super) left: [f64; 3],
    pub(super) steady: Steady,
}

impl ThirdTier {
    pub(super) fn new(profile: &ServiceProfile) -> ThirdTier {
        ThirdTier {
            from: trust::replayed_from(profile),
            replay: None,
            seed: Seed::new(0, 0),
            spent: 0.0,
            before: (0.0, SmallVec::new()),
            under_way: VecDeque::new(),
            cpu_per_s: 0.0,
            left: [0.0; 3],
            steady: Steady::default(),
        }
    }
}

/// A queue that has hardly become shorter for so many steps is as long as it will be,
const PATIENCE: usize = 12;
/// where hardly is this part.
const HARDLY: f64 = 0.1;

impl ThirdTier {
    /// Is over: the next time begins anew.
    pub(super) fn forget(&mut self) {
        self.under_way.clear();
        self.steady = Steady::default();
    }

    /// Takes down how many requests are under way; whether they have stopped getting fewer.
    pub(super) fn has_settled(&mut self, under_way: f64) -> bool {
        self.under_way.push_back(under_way);
        if self.under_way.len() <= PATIENCE {
            return false;
        }
        self.under_way.pop_front().is_some_and(|before| under_way >= before * (1.0 - HARDLY))
    }
}

/// Steps in which nothing changed: the older half of them, and the others.
///
/// A queue that has settled is the better known the longer it is watched.
#[derive(Clone, Debug, Default)]
pub(super) struct Steady {
    steps: u64,
    rate: f64,
    ready: f64,
    older: Tally,
    recent: Tally,
}

/// So many steps alike are needed to tell what is settled from what still grows.
const FEWEST: u64 = 8;
/// Halves that differ by more have not settled.
const SETTLED: f64 = 0.1;
/// What so many requests say is not said better by more.
const ENOUGH: u64 = 1_500_000;

impl Steady {
    /// What will be seen in a step like those before; nothing where that is not known well enough.
    pub(super) fn known(&self, rate: f64, pods: &PodCohorts) -> Option<Tally> {
        let is_known = rate == self.rate && ready_of(pods) == self.ready && self.is_settled();
        is_known.then(|| self.all()).filter(|tally| tally.ended() >= ENOUGH)
    }

    /// Counts a step; what has been seen in the last half of the time or more if it has settled.
    pub(super) fn add(&mut self, step: &Tally, rate: f64, pods: &PodCohorts) -> Option<Tally> {
        let ready = ready_of(pods);
        if rate != self.rate || ready != self.ready {
            *self = Steady { rate, ready, ..Steady::default() };
        }
        self.steps += 1;
        if self.steps.is_power_of_two() {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.merge(step);
        self.is_settled().then(|| self.all())
    }

    fn is_settled(&self) -> bool {
        let (one, other) = (self.older.mean_s(), self.recent.mean_s());
        self.steps >= FEWEST && (one / other.max(1e-300) - 1.0).abs() < SETTLED
    }

    fn all(&self) -> Tally {
        let mut all = self.older.clone();
        all.merge(&self.recent);
        all
    }
}

fn ready_of(pods: &PodCohorts) -> f64 {
    pods.iter().map(PodCohort::power).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_longer_gets_less_has_settled() {
        let mut tier = ThirdTier::new(&ServiceProfile::default());
        // Half as much after each step, then 100 for good.
        let drained = (0..40).map(|step| (1e6 / f64::from(1 << step.min(20))).max(100.0));
        let settled = drained.map(|under_way| tier.has_settled(under_way)).position(|settled| settled);
        assert_eq!(settled, Some(14 + PATIENCE));
    }

    #[test]
    fn another_load_begins_anew() {
        let pods = [PodCohort { key: 0, ready: 2.0, speed: 1.0 }];
        let mut steady = Steady::default();
        let seen = |steady: &mut Steady, rate: f64| {
            (0..FEWEST).map(|_| steady.add(&Tally::default(), rate, &pods)).collect::<Vec<_>>()
        };
        assert!(seen(&mut steady, 1.0).iter().all(Option::is_none), "nobody was answered");
        assert_eq!(steady.steps, FEWEST);
        seen(&mut steady, 2.0);
        assert_eq!((steady.steps, steady.rate), (FEWEST, 2.0));
    }
}

//! Requests that wait in line for work to be done ahead of them.
//!
//! A request that found so much work ahead starts when the cohort's capacity has done that work, with the
//! pods that come in the meantime: waits end on a clock of work done, so the future need not be known.

use super::backlog::{Drained, share_before};
use super::work_ahead::WorkAhead;

/// What waits in equal queues, by the work it found ahead.
#[derive(Clone, Debug, Default)]
pub(super) struct WaitingLine {
    /// Requests that one queue's servers have done since the line began, as far as there were any.
    done: f64,
    parcels: Vec<Parcel>,
}

/// Arrivals of a short time that wait.
#[derive(Clone, Debug)]
struct Parcel {
    from_s: f64,
    to_s: f64,
    /// `done` when they arrived.
    base: f64,
    /// All queues' requests by the work of one queue that they found ahead.
    ahead: WorkAhead,
    arrivals: Arrivals,
}

/// When those arrived who found this much ahead.
#[derive(Clone, Copy, Debug)]
struct Arrivals {
    /// The mean of what they found ahead, and of the times at which they arrived.
    mean_ahead: f64,
    mean_s: f64,
    /// How much later those arrived who found one request more ahead.
    slope_s: f64,
    /// Those who found the same arrived up to this much earlier or later, in seconds.
    unsure_s: f64,
}

impl Arrivals {
    /// Of a time so short that it does not matter when in it.
    fn at_once((from_s, to_s): (f64, f64)) -> Arrivals {
        Arrivals { mean_ahead: 0.0, mean_s: (from_s + to_s) / 2.0, slope_s: 0.0, unsure_s: 0.0 }
    }

    /// At a steady rate between two times: the straight line that fits best through what they found by the end.
    fn steady((from_s, to_s): (f64, f64), per_second: f64, ahead: &WorkAhead) -> Arrivals {
        let (mean_ahead, variance) = ahead.mean_and_variance();
        let span_s = to_s - from_s;
        let slope_s = (per_second * span_s * span_s / 12.0 / variance.max(1e-300)).min(1.0 / per_second.max(1e-300));
        let unsure_s = span_s / 2.0 * libm::sqrt(1.0 - slope_s * per_second);
        Arrivals { mean_ahead, mean_s: (from_s + to_s) / 2.0, slope_s, unsure_s }
    }

    fn time_s(&self, ahead: f64) -> f64 {
        self.mean_s + self.slope_s * (ahead - self.mean_ahead)
    }
}

impl Parcel {
    /// Requests that found between two amounts ahead and waited that long on average.
    fn drained(&self, ahead: (f64, f64), waits_s: (f64, f64), requests: f64) -> Drained {
        let mut drained = Drained {
            arrived_from_s: self.from_s,
            arrived_to_s: self.to_s,
            first_wait_s: waits_s.0,
            last_wait_s: waits_s.1,
            requests,
            is_whole: false,
        };
        let Arrivals { slope_s, unsure_s, .. } = self.arrivals;
        if slope_s > 0.0 {
            let [from_s, to_s] = [ahead.0, ahead.1].map(|ahead| self.arrivals.time_s(ahead));
            drained.arrived_from_s = (from_s - unsure_s).max(self.from_s).min(self.to_s);
            drained.arrived_to_s = (to_s + unsure_s).max(self.from_s).min(self.to_s);
            // An even spread with the variance of both.
            let (middle_s, half_s) = ((waits_s.0 + waits_s.1) / 2.0, (waits_s.1 - waits_s.0) / 2.0);
            let half_s = libm::sqrt(half_s * half_s + unsure_s * unsure_s).min(middle_s);
            (drained.first_wait_s, drained.last_wait_s) = (middle_s - half_s, middle_s + half_s);
        }
        drained
    }
}

/// A time in which one queue does `capacity` requests a second, or, if it has no length, at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start_s: f64,
    pub(super) end_s: f64,
    pub(super) capacity: f64,
}

/// Requests that wait and must go elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moved {
    from_s: f64,
    to_s: f64,
    requests: f64,
}

/// An exponential loss with mean 1 as shares of requests and their means.
const STUCK: [(f64, f64); 6] =
    [(0.4, 0.2338), (0.3, 0.8177), (0.2, 1.6547), (0.07, 2.7866), (0.02, 3.9573), (0.01, 5.6052)];

impl WaitingLine {
    /// Requests that arrived between two times, `later` work after what is done now.
    pub(super) fn join(&mut self, times: (f64, f64), later: f64, ahead: WorkAhead) {
        let (from_s, to_s) = times;
        let arrivals = Arrivals::at_once(times);
        self.parcels.push(Parcel { from_s, to_s, base: self.done + later, ahead, arrivals });
    }

    /// Requests that arrived steadily, `per_second` at each queue, behind what is `ahead` of them from the first one's
    /// arrival on.
    pub(super) fn join_steadily(&mut self, times: (f64, f64), per_second: f64, ahead: WorkAhead) {
        let (from_s, to_s) = times;
        let arrivals = Arrivals::steady(times, per_second, &ahead);
        self.parcels.push(Parcel { from_s, to_s, base: self.done, ahead, arrivals });
    }

    /// Starts what the capacity of a span reaches; how many requests that is. Who waited loses another
    /// `stuck_s` seconds on average.
    pub(super) fn start(&mut self, span: &Span, stuck_s: f64, drained: &mut Vec<Drained>) -> f64 {
        let has_length = span.end_s > span.start_s;
        let begin = self.done;
        let end = begin + if has_length { span.capacity * (span.end_s - span.start_s) } else { span.capacity };
        let mut started = 0.0;
        for parcel in &self.parcels {
            let (low, high) = ((begin - parcel.base).max(0.0), end - parcel.base);
            let wait_s = |ahead: f64| {
                let work = parcel.base + ahead - begin;
                let at_s = if has_length { span.start_s + work / span.capacity } else { span.start_s };
                (at_s - parcel.arrivals.time_s(ahead)).max(0.0)
            };
            for (from, to, requests) in parcel.ahead.cells() {
                if to <= low || from >= high || requests <= 0.0 {
                    continue;
                }
                let (first, last) = (from.max(low), to.min(high));
                if last <= first {
                    continue;
                }
                let requests = requests * (last - first) / (to - from);
                started += requests;
                let whole = parcel.drained((first, last), (wait_s(first), wait_s(last)), requests);
                if stuck_s <= 0.0 {
                    drained.push(whole);
                    continue;
                }
                drained.extend(STUCK.iter().map(|(share, mean)| Drained {
                    first_wait_s: whole.first_wait_s + stuck_s * mean,
                    last_wait_s: whole.last_wait_s + stuck_s * mean,
                    requests: requests * share,
                    ..whole
                }));
            }
        }
        self.done = end;
        self.parcels.retain(|parcel| parcel.base + parcel.ahead.end() > end);
        started
    }

    /// Starts everything, at `capacity` requests a second of each queue from `start_s` on.
    pub(super) fn finish(&mut self, start_s: f64, capacity: f64, stuck_s: f64, drained: &mut Vec<Drained>) -> f64 {
        let capacity = capacity.max(1e-9);
        let furthest = self.parcels.iter().map(|parcel| parcel.base + parcel.ahead.end()).fold(self.done, f64::max);
        let end_s = start_s + (furthest - self.done) / capacity;
        self.start(&Span { start_s, end_s, capacity }, stuck_s, drained)
    }

    /// Those who wait and arrived before that.
    pub(super) fn arrived_before(&self, at_s: f64) -> f64 {
        // Most came later; only for the others it matters who of them still waits.
        let shares = self.parcels.iter().map(|parcel| (parcel, share_before(at_s, (parcel.from_s, parcel.to_s))));
        let earlier = shares.filter(|(_, share)| *share > 0.0);
        earlier.map(|(parcel, share)| parcel.ahead.beyond(self.done - parcel.base) * share).sum()
    }

    /// Gives up a share of everything that waits.
    pub(super) fn give(&mut self, share: f64) -> Vec<Moved> {
        let mut moved = Vec::new();
        for parcel in &mut self.parcels {
            let requests = parcel.ahead.beyond(self.done - parcel.base) * share;
            if requests > 1e-9 {
                moved.push(Moved { from_s: parcel.from_s, to_s: parcel.to_s, requests });
            }
            parcel.ahead = parcel.ahead.scaled(1.0 - share);
        }
        moved
    }

    /// Puts a part of moved requests behind `ahead` (of which there is 1).
    pub(super) fn receive(&mut self, moved: &[Moved], part: f64, ahead: &WorkAhead) {
        for row in moved {
            self.join((row.from_s, row.to_s), 0.0, ahead.scaled(row.requests * part));
        }
    }
}

/// All requests of `moved`.
pub(super) fn total_of(moved: &[Moved]) -> f64 {
    moved.iter().map(|moved| moved.requests).sum()
}

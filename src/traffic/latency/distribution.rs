//! The second tier: the queues of a cohort near capacity, as distributions.
//!
//! A request that found so much work ahead starts when the cohort's capacity has done that work, with the
//! pods that come in the meantime: waits end on a clock of work done, so the future need not be known.
//! Latencies are those of all imaginable runs together (pooled), where the backlog of the first tier is
//! that of a typical one.
//!
//! Start reading at [`Distribution::pass`].

use super::ahead::Ahead;
use super::backlog::{Drained, Flow};
use super::chain::{Chain, Pace};

/// Equal queues that are alike: those of the pods of a cohort, or one for all pods.
#[derive(Clone, Debug)]
pub(super) struct Distribution {
    chain: Chain,
    /// Requests that one queue's servers have done since the chain began, as far as there were any.
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
    ahead: Ahead,
}

/// What a queue is made of besides its flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueLaw {
    /// Queues alike; above 0.
    pub(super) queues: f64,
    /// See [`Pace`].
    pub(super) entry: f64,
    /// The share that waits in the calm queue.
    pub(super) calm_share: f64,
    /// The load of `calm_share`.
    pub(super) calm_load: f64,
    /// Half of the squared variations of arrivals and work.
    pub(super) step: f64,
    /// Seconds that whoever waits loses on average because it cannot change its queue.
    pub(super) stuck_s: f64,
    /// Places to wait in one queue.
    pub(super) places: f64,
    /// Seconds after which a waiting request leaves.
    pub(super) patience_s: f64,
}

/// What became of a step's requests, over all queues.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sorted {
    /// Arrivals that found a free server.
    pub(super) free: f64,
    /// Arrivals without a place.
    pub(super) rejected: f64,
    /// Arrivals that will lose patience.
    pub(super) abandoned: f64,
    /// Requests that waited and started.
    pub(super) started: f64,
}

/// An exponential loss with mean 1 as shares of requests and their means.
const STUCK: [(f64, f64); 6] =
    [(0.4, 0.2338), (0.3, 0.8177), (0.2, 1.6547), (0.07, 2.7866), (0.02, 3.9573), (0.01, 5.6052)];

/// Arrivals of so many seconds are taken together.
const PARCEL_S: f64 = 5.0;

impl Distribution {
    /// As the queue would be after a long time at `load`.
    pub(super) fn new(law: &QueueLaw, load: f64, share: f64) -> Distribution {
        Distribution { chain: Chain::stationary(law.step, load, share), done: 0.0, parcels: Vec::new() }
    }

    /// The mean number waiting in one queue.
    pub(super) fn mean(&self) -> f64 {
        self.chain.mean()
    }

    /// Lets a step's flow (of all queues) pass; what starts is added to `drained` with its wait.
    pub(super) fn pass(&mut self, flow: &Flow, law: &QueueLaw, drained: &mut Vec<Drained>) -> Sorted {
        let (arrivals, capacity) = (flow.arrivals / law.queues, flow.capacity / law.queues);
        let pace = Pace {
            arrivals,
            capacity,
            entry: law.entry,
            places: law.places,
            patience: if law.patience_s.is_finite() { law.patience_s * capacity } else { f64::INFINITY },
        };
        let mut sorted = Sorted::default();
        let windows = (flow.span_s / PARCEL_S).ceil().clamp(1.0, 1e4);
        let window_s = flow.span_s / windows;
        let begin = self.done;
        for window in 0..windows as usize {
            let from_s = flow.start_s + window_s * window as f64;
            self.chain.advance(&pace, window_s);
            let found = self.chain.take_found(&pace);
            sorted.free += found.free * law.queues;
            sorted.rejected += found.rejected * law.queues;
            sorted.abandoned += found.abandoned * law.queues;
            let ahead = found.ahead.scaled(law.queues);
            let base = begin + capacity * window_s * (window as f64 + 0.5);
            self.parcels.push(Parcel { from_s, to_s: from_s + window_s, base, ahead });
        }
        let span = Span { start_s: flow.start_s, end_s: flow.start_s + flow.span_s, capacity, begin };
        sorted.started = self.start(&span, law.stuck_s, drained);
        self.done = begin + capacity * flow.span_s;
        if sorted.free > 0.0 {
            drained.push(Drained {
                arrived_from_s: span.start_s,
                arrived_to_s: span.end_s,
                first_wait_s: 0.0,
                last_wait_s: 0.0,
                requests: sorted.free,
                is_whole: false,
            });
        }
        sorted
    }

    /// New servers take so many requests from the head of each queue at once.
    pub(super) fn take(&mut self, requests: f64, now_s: f64, drained: &mut Vec<Drained>) -> f64 {
        let span = Span { start_s: now_s, end_s: now_s, capacity: requests, begin: self.done };
        let started = self.start(&span, 0.0, drained);
        self.chain.shift(-requests);
        self.done += requests;
        started
    }

    /// The queue is calm again: what still waits starts as capacity allows, whenever that is.
    pub(super) fn finish(&mut self, flow: &Flow, law: &QueueLaw, drained: &mut Vec<Drained>) -> f64 {
        let capacity = (flow.capacity / law.queues).max(1e-9);
        let furthest = self.parcels.iter().map(|parcel| parcel.base + parcel.ahead.end()).fold(self.done, f64::max);
        let end_s = flow.start_s + (furthest - self.done) / capacity;
        let span = Span { start_s: flow.start_s, end_s, capacity, begin: self.done };
        self.start(&span, law.stuck_s, drained)
    }

    /// Some of the equal queues are new, hence empty.
    pub(super) fn mix_with_empty(&mut self, share: f64) {
        self.chain.mix_with_empty(share);
    }

    /// Gives up a share of everything that waits: pairs of time of arrival and requests.
    pub(super) fn give(&mut self, share: f64) -> Vec<Moved> {
        let done = self.done;
        let mut moved = Vec::new();
        for parcel in &mut self.parcels {
            let left = parcel.ahead.beyond(done - parcel.base);
            let requests = left * share;
            if requests > 1e-9 {
                moved.push(Moved { from_s: parcel.from_s, to_s: parcel.to_s, requests });
            }
            parcel.ahead = parcel.ahead.scaled(1.0 - share);
        }
        moved
    }

    /// Puts a part of moved requests at the ends of the queues.
    pub(super) fn receive(&mut self, moved: &[Moved], part: f64, queues: f64) {
        let each = moved.iter().map(|moved| moved.requests).sum::<f64>() * part / queues;
        if each <= 0.0 {
            return;
        }
        // On average they find half of each other ahead.
        self.chain.shift(each / 2.0);
        let ahead = self.chain.ahead_now();
        self.chain.shift(each / 2.0);
        let base = self.done;
        self.parcels.extend(moved.iter().map(|row| Parcel {
            from_s: row.from_s,
            to_s: row.to_s,
            base,
            ahead: ahead.scaled(row.requests * part),
        }));
    }

    /// Starts what the capacity of a span reaches; how many requests that is.
    fn start(&mut self, span: &Span, stuck_s: f64, drained: &mut Vec<Drained>) -> f64 {
        let end = span.begin
            + if span.end_s > span.start_s { span.capacity * (span.end_s - span.start_s) } else { span.capacity };
        let mut started = 0.0;
        for parcel in &self.parcels {
            let (low, high) = ((span.begin - parcel.base).max(0.0), end - parcel.base);
            let middle_s = (parcel.from_s + parcel.to_s) / 2.0;
            let wait_s = |ahead: f64| {
                let work = parcel.base + ahead - span.begin;
                let at_s = if span.end_s > span.start_s { span.start_s + work / span.capacity } else { span.start_s };
                (at_s - middle_s).max(0.0)
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
                let whole = Drained {
                    arrived_from_s: parcel.from_s,
                    arrived_to_s: parcel.to_s,
                    first_wait_s: wait_s(first),
                    last_wait_s: wait_s(last),
                    requests,
                    is_whole: false,
                };
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
        self.parcels.retain(|parcel| parcel.base + parcel.ahead.end() > end);
        started
    }
}

/// Requests that wait and must go elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moved {
    from_s: f64,
    to_s: f64,
    requests: f64,
}

/// A time in which one queue does `capacity` requests a second, or, if it has no length, at once.
struct Span {
    start_s: f64,
    end_s: f64,
    capacity: f64,
    /// Work done before it.
    begin: f64,
}

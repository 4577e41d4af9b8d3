//! The second tier where requests wait for threads: the queues of a cohort near capacity, as distributions.
//!
//! Latencies are those of all imaginable runs together (pooled), where the backlog of the first tier is
//! that of a typical one.
//!
//! Start reading at [`Distribution::pass`].

use super::backlog::{Drained, Flow};
use super::chain::Chain;
use super::pace::Pace;
use super::waiting_line::{Moved, Span, WaitingLine, total_of};

/// Equal queues that are alike: those of the pods of a cohort, or one for all pods.
#[derive(Clone, Debug)]
pub(super) struct Distribution {
    chain: Chain,
    line: WaitingLine,
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

impl QueueLaw {
    /// The mean number waiting in the calm queue.
    pub(super) fn calm_mean(&self) -> f64 {
        self.calm_share * self.calm_load * self.step / (1.0 - self.calm_load)
    }
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

/// Arrivals within this many seconds are taken together.
pub(super) const PARCEL_S: f64 = 5.0;

impl Distribution {
    /// Those who wait and arrived before that.
    pub(super) fn arrived_before(&self, at_s: f64) -> f64 {
        self.line.arrived_before(at_s)
    }

    /// As the queue would be after a long time at `load`.
    pub(super) fn new(law: &QueueLaw, load: f64, share: f64) -> Distribution {
        Distribution { chain: Chain::stationary(law.step, load, share), line: WaitingLine::default() }
    }

    /// The mean number waiting in one queue.
    pub(super) fn mean(&self) -> f64 {
        self.chain.mean()
    }

    /// Lets a step's flow (of all queues) pass; what starts is added to `drained` with its wait.
    pub(super) fn pass(&mut self, flow: &Flow, law: &QueueLaw, drained: &mut Vec<Drained>) -> Sorted {
        let (arrivals, capacity) = (flow.arrivals / law.queues, flow.capacity / law.queues);
        // Nobody waits for longer than all places take.
        let is_felt = law.patience_s.is_finite() && law.patience_s * capacity < law.places;
        let pace = Pace {
            arrivals,
            capacity,
            entry: law.entry,
            places: law.places,
            patience: if is_felt { law.patience_s * capacity } else { f64::INFINITY },
        };
        let mut sorted = Sorted::default();
        let windows = (flow.span_s / PARCEL_S).ceil().clamp(1.0, 1e4);
        let window_s = flow.span_s / windows;
        for window in 0..windows as usize {
            let from_s = flow.start_s + window_s * window as f64;
            self.chain.advance(&pace, window_s);
            let found = self.chain.take_found(&pace);
            sorted.free += found.free * law.queues;
            sorted.rejected += found.rejected * law.queues;
            sorted.abandoned += found.abandoned * law.queues;
            let later = capacity * window_s * (window as f64 + 0.5);
            self.line.join((from_s, from_s + window_s), later, found.ahead.scaled(law.queues));
        }
        let span = Span { start_s: flow.start_s, end_s: flow.start_s + flow.span_s, capacity };
        sorted.started = self.line.start(&span, law.stuck_s, drained);
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

    /// How many requests new servers take from the head of each queue at once.
    pub(super) fn take(&mut self, requests: f64, now_s: f64, drained: &mut Vec<Drained>) -> f64 {
        let span = Span { start_s: now_s, end_s: now_s, capacity: requests };
        let started = self.line.start(&span, 0.0, drained);
        self.chain.shift(-requests);
        started
    }

    /// The queue is calm again: what still waits starts as capacity allows, whenever that is.
    pub(super) fn finish(&mut self, flow: &Flow, law: &QueueLaw, drained: &mut Vec<Drained>) -> f64 {
        self.line.finish(flow.start_s, flow.capacity / law.queues, law.stuck_s, drained)
    }

    /// Some of the equal queues are new, hence empty.
    pub(super) fn mix_with_empty(&mut self, share: f64) {
        self.chain.mix_with_empty(share);
    }

    /// Gives up a share of everything that waits.
    pub(super) fn give(&mut self, share: f64) -> Vec<Moved> {
        self.line.give(share)
    }

    /// Puts a part of moved requests at the ends of the queues.
    pub(super) fn receive(&mut self, moved: &[Moved], part: f64, queues: f64) {
        let each = total_of(moved) * part / queues;
        if each <= 0.0 {
            return;
        }
        // On average they find half of each other ahead.
        self.chain.shift(each / 2.0);
        let ahead = self.chain.ahead_now();
        self.chain.shift(each / 2.0);
        self.line.receive(moved, part, &ahead);
    }
}

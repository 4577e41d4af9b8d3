//! The fluid part: requests that found more work than capacity, drained in order of arrival.
//!
//! A wait is known when it ends: what arrived at `a` and starts at `s` has waited `s - a`, so the
//! capacity that comes later (pods on their way) counts of itself.

use std::collections::VecDeque;

/// Requests that arrived evenly over a time and wait.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Parcel {
    from_s: f64,
    to_s: f64,
    requests: f64,
}

/// Requests that got their thread in the last step after waiting in a backlog.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drained {
    /// The first arrived then (seconds on the model's clock, which starts at 0).
    pub arrived_from_s: f64,
    /// The last arrived then.
    pub arrived_to_s: f64,
    /// What the first waited, in seconds.
    pub first_wait_s: f64,
    /// What the last waited, in seconds.
    pub last_wait_s: f64,
    /// How many requests.
    pub requests: f64,
    /// Whether the waits are whole latencies: requests that shared a CPU, and left in the last step.
    pub is_whole: bool,
}

/// One queue: that of a service, or those of a cohort of equal pods.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog {
    parcels: VecDeque<Parcel>,
    requests: f64,
}

/// What flows through a queue in a step; rates per second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    pub(super) start_s: f64,
    pub(super) span_s: f64,
    pub(super) arrivals: f64,
    pub(super) capacity: f64,
    /// The longest queue that can form, in requests.
    pub(super) limit: f64,
}

/// What became of a step's arrivals, and how busy the servers were.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Passed {
    /// Arrivals that found no backlog.
    pub(super) calm: f64,
    /// Arrivals that found the queue at its limit.
    pub(super) saturated: f64,
    /// Requests that left the backlog.
    pub(super) drained: f64,
}

/// Longer histories are kept more coarsely.
const MOST_PARCELS: usize = 1024;

impl Backlog {
    /// Requests waiting.
    pub(super) fn requests(&self) -> f64 {
        self.requests
    }

    /// Those who wait and arrived before that.
    pub(super) fn arrived_before(&self, at_s: f64) -> f64 {
        self.parcels.iter().map(|parcel| parcel.requests * share_before(at_s, (parcel.from_s, parcel.to_s))).sum()
    }

    /// Lets a step's flow pass; what leaves the backlog is added to `drained`.
    pub(super) fn pass(&mut self, flow: Flow, drained: &mut Vec<Drained>) -> Passed {
        let Flow { start_s, span_s, arrivals, capacity, limit } = flow;
        let growth = arrivals - capacity;
        if self.requests <= 0.0 && growth <= 0.0 {
            return Passed { calm: arrivals * span_s, ..Passed::default() };
        }
        // The step's first part: until the backlog is empty, full, or the step is over.
        let until = if growth < 0.0 { self.requests / -growth } else { (limit - self.requests).max(0.0) / growth };
        let busy_s = if growth == 0.0 { span_s } else { until.min(span_s) };
        self.push(Parcel { from_s: start_s, to_s: start_s + busy_s, requests: arrivals * busy_s });
        let left = self.take(capacity * busy_s, start_s, busy_s, drained);
        let rest = arrivals * (span_s - busy_s);
        if growth < 0.0 {
            if busy_s < span_s {
                self.clear();
            }
            return Passed { calm: rest, saturated: 0.0, drained: left };
        }
        if busy_s < span_s {
            // As many come as go: the queue stays as it is, but it is always the latest that wait.
            self.parcels.iter_mut().for_each(|parcel| {
                parcel.from_s += span_s - busy_s;
                parcel.to_s += span_s - busy_s;
            });
        }
        Passed { calm: 0.0, saturated: rest, drained: left }
    }

    /// Takes up to `requests` from the head, evenly over `span_s` seconds from `start_s`.
    pub(super) fn take(&mut self, requests: f64, start_s: f64, span_s: f64, drained: &mut Vec<Drained>) -> f64 {
        let mut taken = 0.0;
        while let Some(parcel) = self.parcels.front_mut() {
            let part = parcel.requests.min(requests - taken);
            if part <= 0.0 {
                break;
            }
            let cut_s = parcel.from_s + (parcel.to_s - parcel.from_s) * (part / parcel.requests);
            let (first_s, last_s) = (start_s + span_s * taken / requests, start_s + span_s * (taken + part) / requests);
            drained.push(Drained {
                arrived_from_s: parcel.from_s,
                arrived_to_s: cut_s,
                first_wait_s: (first_s - parcel.from_s).max(0.0),
                last_wait_s: (last_s - cut_s).max(0.0),
                requests: part,
                is_whole: false,
            });
            taken += part;
            parcel.from_s = cut_s;
            parcel.requests -= part;
            if parcel.requests <= 1e-9 {
                self.parcels.pop_front();
            }
        }
        self.requests = (self.requests - taken).max(0.0);
        if self.parcels.is_empty() {
            self.requests = 0.0;
        }
        taken
    }

    /// Moves the share `share` of everything that waits to the ends of other queues; `others` gets
    /// each queue with its part (parts add up to 1).
    pub(super) fn hand_over<'a>(&mut self, share: f64, others: impl Iterator<Item = (&'a mut Backlog, f64)>) {
        for (other, part) in others {
            for parcel in &self.parcels {
                other.push(Parcel { requests: parcel.requests * share * part, ..*parcel });
            }
        }
        self.parcels.iter_mut().for_each(|parcel| parcel.requests *= 1.0 - share);
        self.requests *= 1.0 - share;
        if share >= 1.0 {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.parcels.clear();
        self.requests = 0.0;
    }

    fn push(&mut self, parcel: Parcel) {
        if parcel.requests <= 0.0 {
            return;
        }
        self.requests += parcel.requests;
        self.parcels.push_back(parcel);
        if self.parcels.len() > MOST_PARCELS {
            self.coarsen();
        }
    }

    /// Joins neighbours two by two.
    fn coarsen(&mut self) {
        let joined = self.parcels.len() / 2;
        for index in 0..joined {
            let (one, two) = (self.parcels[2 * index], self.parcels[2 * index + 1]);
            let (from_s, to_s) = (one.from_s.min(two.from_s), one.to_s.max(two.to_s));
            self.parcels[index] = Parcel { from_s, to_s, requests: one.requests + two.requests };
        }
        let odd = self.parcels.len() % 2 == 1;
        if let (true, Some(last)) = (odd, self.parcels.back().copied()) {
            self.parcels[joined] = last;
        }
        self.parcels.truncate(joined + usize::from(odd));
    }
}

/// Of requests that arrived evenly between two times, the share that did so before `at_s`.
pub(super) fn share_before(at_s: f64, (from_s, to_s): (f64, f64)) -> f64 {
    if at_s >= to_s { 1.0 } else { ((at_s - from_s) / (to_s - from_s)).max(0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(start_s: f64, arrivals: f64, capacity: f64) -> Flow {
        Flow { start_s, span_s: 10.0, arrivals, capacity, limit: f64::INFINITY }
    }

    #[test]
    fn waits_end_when_capacity_comes() {
        let mut backlog = Backlog::default();
        let mut drained = Vec::new();
        assert_eq!(backlog.pass(flow(0.0, 5.0, 10.0), &mut drained).calm, 50.0);
        // 20 more per second than capacity, for 10 s.
        assert_eq!(backlog.pass(flow(10.0, 30.0, 10.0), &mut drained).calm, 0.0);
        assert_eq!(backlog.requests(), 200.0);
        assert_eq!(drained.len(), 1);
        assert!((drained[0].last_wait_s - (10.0 - 100.0 / 30.0)).abs() < 1e-9);
        // Ten times the capacity: the last of the 200 started after 200 / 100 s, with those of the
        // meantime in front of nobody.
        drained.clear();
        let passed = backlog.pass(flow(20.0, 0.0, 100.0), &mut drained);
        assert_eq!((passed.drained, backlog.requests()), (200.0, 0.0));
        let last = drained[drained.len() - 1];
        assert!((last.arrived_to_s - 20.0).abs() < 1e-9 && (last.last_wait_s - 2.0).abs() < 1e-9, "{last:?}");
    }

    #[test]
    fn it_is_known_who_has_waited_for_long() {
        let mut backlog = Backlog::default();
        backlog.pass(flow(0.0, 30.0, 10.0), &mut Vec::new());
        // The first third has started.
        let before = [0.0, 10.0 / 3.0, 5.0, 20.0].map(|at_s| backlog.arrived_before(at_s).round());
        assert_eq!(before, [0.0, 0.0, 50.0, 200.0]);
    }

    #[test]
    fn the_limit_saturates() {
        let mut backlog = Backlog::default();
        let mut drained = Vec::new();
        let passed = backlog.pass(Flow { limit: 40.0, ..flow(0.0, 30.0, 10.0) }, &mut drained);
        assert_eq!((backlog.requests(), passed.saturated), (40.0, 240.0));
        drained.clear();
        backlog.pass(flow(10.0, 0.0, 10.0), &mut drained);
        // What waited at the end had arrived in the last 40 / 30 s.
        assert!((drained[0].arrived_from_s - (10.0 - 2.0 + 20.0 / 30.0)).abs() < 1e-6, "{drained:?}");
    }

    #[test]
    fn nothing_is_lost_when_pods_go_or_history_grows() {
        let (mut one, mut two) = (Backlog::default(), Backlog::default());
        let mut drained = Vec::new();
        for k in 0..3000 {
            one.pass(flow(f64::from(k) * 10.0, 12.0, 10.0), &mut drained);
        }
        assert!((one.requests() - 60_000.0).abs() < 1e-6);
        one.hand_over(0.25, [(&mut two, 1.0)].into_iter());
        assert!((one.requests() - 45_000.0).abs() < 1e-6 && (two.requests() - 15_000.0).abs() < 1e-6);
        drained.clear();
        let taken = two.take(1e9, 30_000.0, 1.0, &mut drained);
        assert!((taken - 15_000.0).abs() < 1e-6);
        assert!(drained.iter().all(|d| d.first_wait_s >= 0.0 && d.arrived_to_s <= 30_000.0));
    }
}

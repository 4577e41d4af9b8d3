//! How long callers' threads are held by those they call (blocking clients).
//!
//! A thread that waits for an answer does nothing else: of `n` threads that are held for `s` seconds each request has, no
//! more than `n / s` requests a second can be worked on, and what a callee takes depends on how many come through. The
//! throughput at which both agree is a fixed point, as in mean value analysis (Reiser and Lavenberg 1980; the asymptotic
//! bounds of Denning and Buzen 1978): a slow callee exhausts its callers' threads, and these bound what waits at the callee.

use super::attempts::Attempts;
use crate::id::{Id, IdVec};
use crate::traffic::calls::ServiceId;

/// The throughput is found to within 1 / 2^40 of what is asked for.
const HALVINGS: usize = 40;

/// The threads of a service whose requests keep them while they wait for callees.
#[derive(Clone, Copy, Debug)]
pub struct Threads {
    /// Of all ready pods.
    pub count: f64,
    /// Seconds for which a request's own work keeps a thread when nobody shares its CPU.
    pub own_s: f64,
    /// Requests per second that come, or wait and want to be worked on.
    pub wanted: f64,
}

/// Visits of services and how long they would take, if callers worked on so many requests.
struct Below<'a> {
    attempts: &'a Attempts,
    /// By service: visits per request of the caller, and visits for others per second.
    visits: IdVec<ServiceId, (f64, f64)>,
}

impl Attempts {
    /// How long a thread of a service whose visits hold it waits for callees, in seconds in the mean.
    ///
    /// `latency_s` says how long a visit of a callee takes in the mean, without those it calls, when so many come per
    /// second. Cost: some µs per call below.
    pub fn held_s(
        &self,
        service: ServiceId,
        threads: Threads,
        latency_s: &mut dyn FnMut(ServiceId, f64) -> f64,
    ) -> f64 {
        let below = Below::new(self, service);
        let mut wait_s = |rate: f64| below.wait_s(service, rate, latency_s);
        let held_s = wait_s(threads.wanted);
        if threads.wanted * (threads.own_s + held_s) <= threads.count || threads.count <= 0.0 {
            return held_s;
        }
        let (mut low, mut high) = (0.0, threads.wanted);
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            if middle * (threads.own_s + wait_s(middle)) <= threads.count {
                low = middle;
            } else {
                high = middle;
            }
        }
        (threads.count / high - threads.own_s).max(0.0)
    }
}

impl<'a> Below<'a> {
    fn new(attempts: &'a Attempts, service: ServiceId) -> Below<'a> {
        let mut below = Below { attempts, visits: IdVec::filled((0.0, 0.0), attempts.order().len()) };
        let mut worked = 0.0;
        for at in attempts.nodes_of(service) {
            let node = attempts.node(*at);
            worked += node.worked;
            below.add_visits(*at, attempts.share_of(*at));
        }
        for (id, (per_request, others)) in below.visits.iter_mut() {
            let all: f64 = attempts.nodes_of(id).iter().map(|at| attempts.node(*at).attempts).sum();
            *others = (all - *per_request * worked).max(0.0);
        }
        below
    }

    /// Adds the visits below a call that is worked on so often per request.
    fn add_visits(&mut self, at: usize, worked: f64) {
        let attempts = self.attempts;
        for called in attempts.steps_of(at).iter().flatten() {
            let visits = worked * attempts.node(*called).reached * attempts.tries_of(*called);
            self.visits[ServiceId::from_index(attempts.node(*called).service)].0 += visits;
            self.add_visits(*called, visits);
        }
    }

    /// How long requests of the service wait for callees when `rate` of them per second are worked on.
    fn wait_s(&self, service: ServiceId, rate: f64, latency_s: &mut dyn FnMut(ServiceId, f64) -> f64) -> f64 {
        let attempts = self.attempts;
        let of_one = |(id, (per_request, others)): (ServiceId, &(f64, f64))| {
            if *per_request > 0.0 { latency_s(id, others + per_request * rate) } else { 0.0 }
        };
        let latencies: Vec<f64> = self.visits.iter().map(of_one).collect();
        let of_node = |at: &usize| attempts.share_of(*at) * self.below_s(*at, &latencies);
        attempts.nodes_of(service).iter().map(of_node).sum()
    }

    /// The steps of a call one after the other, each as long as its slowest call in the mean.
    fn below_s(&self, at: usize, latencies: &[f64]) -> f64 {
        let attempts = self.attempts;
        let call_s = |called: &usize| {
            let node = attempts.node(*called);
            let attempt_s = latencies[node.service] * node.work + self.below_s(*called, latencies);
            node.probability * attempt_s.min(attempts.patience_of(*called)) * attempts.tries_of(*called)
        };
        attempts.steps_of(at).iter().map(|step| step.iter().map(call_s).fold(0.0, f64::max)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::calls::{Call, CallGraph, Route};
    use crate::traffic::latency::{ServiceProfile, StepOutcome};
    use crate::units::SimDuration;

    fn id(index: usize) -> ServiceId {
        ServiceId::from_index(index)
    }

    /// A blocking service that makes these calls, after a part in which all were served at this rate.
    fn blocking(then: Vec<Vec<Call>>, services: usize, rate: f64) -> Attempts {
        let call = Call { holds_thread: true, then, ..Call::to(id(0)) };
        let route = Route { name: "/".into(), share: 1.0, call };
        let graph = CallGraph::from_routes(vec![route], services).expect("a graph");
        let profiles = vec![ServiceProfile { concurrency: Some(4), ..ServiceProfile::default() }; services];
        let mut attempts = Attempts::new(&profiles, &graph).expect("threads are held");
        let span = SimDuration::from_secs(2);
        attempts.begin(rate, span);
        for index in 0..services {
            let arrived = attempts.rate(id(index)) * span.as_secs_f64();
            let outcome = StepOutcome { arrived, answered: arrived, ..StepOutcome::default() };
            attempts.served(id(index), &outcome, arrived, span);
        }
        attempts.end(span, &[]);
        attempts
    }

    fn check(found: f64, wanted: f64) {
        assert!((found / wanted - 1.0).abs() < 1e-6, "{found}, not {wanted}");
    }

    #[test]
    fn a_thread_waits_for_the_slowest_of_each_step() {
        let then = vec![vec![Call::to(id(1)), Call::to(id(2))], vec![Call { probability: 0.5, ..Call::to(id(3)) }]];
        let attempts = blocking(then, 4, 10.0);
        let threads = Threads { count: 100.0, own_s: 0.01, wanted: 10.0 };
        check(attempts.held_s(id(0), threads, &mut |callee, _| callee.index() as f64), 2.0 + 0.5 * 3.0);
    }

    #[test]
    fn a_slow_callee_exhausts_the_threads() {
        let attempts = blocking(vec![vec![Call::to(id(1))]], 2, 10.0);
        // M/M/1 with 20 requests a second: at a throughput of x its visits take 1 / (20 - x).
        let mut latency_s = |_: ServiceId, rate: f64| if rate < 20.0 { 1.0 / (20.0 - rate) } else { f64::INFINITY };
        let mut held_s =
            |count: f64, wanted: f64| attempts.held_s(id(0), Threads { count, own_s: 0.0, wanted }, &mut latency_s);
        // Four threads do x = 4 (20 - x), 16 requests a second.
        check(held_s(4.0, 100.0), 4.0 / 16.0);
        check(held_s(4.0, 10.0), 1.0 / 10.0);
        // With ever more threads the callee's capacity is what remains.
        let throughput = 1e6 / held_s(1e6, 100.0);
        assert!(throughput < 20.0 && throughput > 19.99, "{throughput}");
    }

    #[test]
    fn others_take_their_part_of_a_callee() {
        let mut seen = Vec::new();
        let attempts = blocking(vec![vec![Call::to(id(1))]], 2, 10.0);
        attempts.held_s(id(0), Threads { count: 9.0, own_s: 0.0, wanted: 30.0 }, &mut |_, rate| {
            seen.push(rate);
            0.1
        });
        // All of the callee's visits came from this caller.
        check(seen[0], 30.0);
    }
}

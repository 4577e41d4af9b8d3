//! End-to-end latency: what the services of a route take, put together along its calls.
//!
//! Services are taken as independent: work and answers in sequence add up, calls in parallel take
//! as long as the slowest. A step's composition is kept while no service on the route has moved by
//! more than [`TOLERANCE`], and is scaled with the mean in between.

use super::histogram::LatencyHistogram;
use super::spread::Spread;
use super::table::STRATA;
use super::{LatencySummary, STRATA_COUNT};
use crate::id::{Id, IdVec};
use crate::traffic::calls::{Call, CallGraph, Route, RouteId, ServiceId};

/// How far a service's mean or tail may move before its routes are composed anew.
const TOLERANCE: f64 = 0.03;

/// What one service did in a step, as its routes see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hop {
    /// Its latency: [`ServiceModel::strata_s`](super::ServiceModel::strata_s).
    pub strata_s: [f64; STRATA_COUNT],
    /// The share of its requests that failed, 0..=1.
    pub error_rate: f64,
}

/// What the requests of one route saw in a step.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct RouteOutcome {
    /// Requests that entered by the route.
    pub arrived: f64,
    /// Requests that failed somewhere on the way.
    pub failed: f64,
    /// The latency of the others, end to end.
    pub latency: LatencySummary,
}

/// The routes of a cluster in the fast mode.
///
/// Cost per step and route: a comparison per call while nothing moves, else about 3 µs per call.
#[derive(Clone, Debug)]
pub struct RouteLatency {
    routes: IdVec<RouteId, RouteState>,
    scratch: Spread,
}

#[derive(Clone, Debug)]
struct RouteState {
    /// The services on the route, each once, in order of first call.
    services: Vec<ServiceId>,
    /// Their mean and last strata when the composition was made.
    composed_from: Vec<[f64; 2]>,
    composed: [f64; STRATA_COUNT],
    composed_mean_s: f64,
    histogram: LatencyHistogram,
}

impl RouteLatency {
    /// Nothing composed yet for the routes of `graph`.
    pub fn new(graph: &CallGraph) -> RouteLatency {
        let state = |route: &Route| {
            let mut services = Vec::new();
            collect_services(&route.call, &mut services);
            RouteState {
                services,
                composed_from: Vec::new(),
                composed: [0.0; STRATA_COUNT],
                composed_mean_s: 0.0,
                histogram: LatencyHistogram::new(),
            }
        };
        RouteLatency { routes: graph.routes().values().map(state).collect(), scratch: Spread::new() }
    }

    /// Composes one step of `route`, by which `arrived` requests entered; `hops` is indexed by
    /// service and holds what each service of the graph did in the step.
    pub fn step(&mut self, graph: &CallGraph, route: RouteId, arrived: f64, hops: &[Hop]) -> RouteOutcome {
        let call = &graph.routes()[route].call;
        let state = &mut self.routes[route];
        let mean_of = |hop: &Hop| hop.strata_s.iter().zip(STRATA).map(|(value, share)| value * share).sum::<f64>();
        let marks = |service: ServiceId| {
            let hop = &hops[service.index()];
            [mean_of(hop), hop.strata_s[STRATA_COUNT - 3]]
        };
        let moved = state.composed_from.len() != state.services.len()
            || state.services.iter().zip(&state.composed_from).any(|(service, before)| {
                marks(*service).iter().zip(before).any(|(now, before)| (now - before).abs() > TOLERANCE * before)
            });
        let mean_s = mean_of_call(call, hops, &mean_of);
        if moved {
            state.composed_from.clear();
            state.composed_from.extend(state.services.iter().map(|service| marks(*service)));
            state.composed = compose(call, hops, &mut self.scratch);
            state.composed_mean_s = mean_s;
        }
        let scale = if state.composed_mean_s > 0.0 { mean_s / state.composed_mean_s } else { 1.0 };
        let failed = arrived * (1.0 - success_of(call, hops));
        let succeeded = arrived - failed;
        if succeeded > 0.0 {
            spread_strata(&mut self.scratch, &state.composed.map(|value| value * scale), succeeded);
            self.scratch.record(&mut state.histogram);
        }
        let latency = if succeeded > 0.0 { summary_of(&state.composed, scale) } else { LatencySummary::default() };
        RouteOutcome { arrived, failed, latency }
    }

    /// End-to-end latency of every request of `route` that succeeded so far.
    pub fn histogram(&self, route: RouteId) -> &LatencyHistogram {
        &self.routes[route].histogram
    }
}

fn collect_services(call: &Call, services: &mut Vec<ServiceId>) {
    if !services.contains(&call.service) {
        services.push(call.service);
    }
    call.then.iter().flatten().for_each(|callee| collect_services(callee, services));
}

/// The chance that a call and everything it causes succeeds.
fn success_of(call: &Call, hops: &[Hop]) -> f64 {
    let below: f64 = call.then.iter().flatten().map(|callee| success_of(callee, hops)).product();
    1.0 - call.probability * (1.0 - (1.0 - hops[call.service.index()].error_rate) * below)
}

/// A cheap stand-in for the mean of the composition: exact for calls in sequence; of calls in
/// parallel the slowest mean counts.
fn mean_of_call(call: &Call, hops: &[Hop], mean_of: &impl Fn(&Hop) -> f64) -> f64 {
    let slowest = |step: &Vec<Call>| step.iter().map(|c| mean_of_call(c, hops, mean_of)).fold(0.0, f64::max);
    let below: f64 = call.then.iter().map(slowest).sum();
    call.probability * (call.work * mean_of(&hops[call.service.index()]) + below)
}

/// The strata of a call's latency with everything below it.
///
/// A visit with other work than the mean is taken to be slower or faster as a whole.
pub fn compose_call(call: &Call, hops: &[Hop]) -> [f64; STRATA_COUNT] {
    compose(call, hops, &mut Spread::new())
}

fn compose(call: &Call, hops: &[Hop], scratch: &mut Spread) -> [f64; STRATA_COUNT] {
    let mut total = hops[call.service.index()].strata_s.map(|value| value * call.work);
    for step in &call.then {
        let mut slowest: Option<[f64; STRATA_COUNT]> = None;
        for callee in step {
            let below = compose(callee, hops, scratch);
            slowest = Some(match slowest {
                None => below,
                Some(other) => combine(&other, &below, f64::max, scratch),
            });
        }
        if let Some(slowest) = slowest {
            total = combine(&total, &slowest, |a, b| a + b, scratch);
        }
    }
    if call.probability < 1.0 {
        scratch.clear();
        scratch.add_even(0.0, 0.0, 1.0 - call.probability);
        for (value, share) in total.iter().zip(STRATA) {
            scratch.add_even(*value, *value, share * call.probability);
        }
        total = strata_of(scratch);
    }
    total
}

/// The strata of a function of two independent latencies.
///
/// Each pair of strata is spread evenly as wide as the two together vary, so that what varies
/// inside a stratum is not lost.
fn combine(
    one: &[f64; STRATA_COUNT],
    two: &[f64; STRATA_COUNT],
    function: impl Fn(f64, f64) -> f64,
    scratch: &mut Spread,
) -> [f64; STRATA_COUNT] {
    scratch.clear();
    let (one_widths, two_widths) = (widths_of(one), widths_of(two));
    for index in 0..STRATA_COUNT {
        for other in 0..STRATA_COUNT {
            let value = function(one[index], two[other]);
            let (width, other_width) = (one_widths[index], two_widths[other]);
            let half = (libm::sqrt(width * width + other_width * other_width) / 2.0).min(value);
            scratch.add_even(value - half, value + half, STRATA[index] * STRATA[other]);
        }
    }
    strata_of(scratch)
}

/// Counts `requests` whose latencies have these strata, spread evenly over each.
pub fn record_strata(histogram: &mut LatencyHistogram, strata_s: &[f64; STRATA_COUNT], requests: f64) {
    let mut spread = Spread::new();
    spread_strata(&mut spread, strata_s, requests);
    spread.record(histogram);
}

fn spread_strata(spread: &mut Spread, strata_s: &[f64; STRATA_COUNT], requests: f64) {
    spread.clear();
    for ((value, width), share) in strata_s.iter().zip(widths_of(strata_s)).zip(STRATA) {
        let half = (width / 2.0).min(*value);
        spread.add_even(value - half, value + half, requests * share);
    }
}

/// How wide each stratum is; for the last, the width of even values that vary as its tail does.
fn widths_of(strata: &[f64; STRATA_COUNT]) -> [f64; STRATA_COUNT] {
    const LAST: usize = STRATA_COUNT - 1;
    let mut widths = [0.0; STRATA_COUNT];
    for index in 0..LAST {
        let before = if index > 0 { strata[index - 1] } else { 0.0 };
        widths[index] = (strata[index + 1] - before) / 2.0;
    }
    // An exponential tail's mean excess is its standard deviation; even values vary by width / sqrt(12).
    widths[LAST] = (strata[LAST] - strata[LAST - 1]) / 2.0 * libm::sqrt(12.0);
    widths
}

fn strata_of(spread: &Spread) -> [f64; STRATA_COUNT] {
    let mut reader = spread.reader();
    STRATA.map(|share| reader.next_mean(share))
}

fn summary_of(strata: &[f64; STRATA_COUNT], scale: f64) -> LatencySummary {
    let mean_s = strata.iter().zip(STRATA).map(|(value, share)| value * share).sum::<f64>() * scale;
    let at = |quantile: f64| quantile_of_strata(strata, quantile) * scale;
    let max_s = strata[STRATA_COUNT - 1] * scale;
    LatencySummary { mean_s, p50_s: at(0.5), p90_s: at(0.9), p95_s: at(0.95), p99_s: at(0.99), max_s }
}

/// A quantile from strata: straight lines between the middles of the strata.
pub fn quantile_of_strata(strata: &[f64; STRATA_COUNT], quantile: f64) -> f64 {
    let (mut before, mut position, mut value_before) = (0.0, 0.0, 0.0);
    for (value, share) in strata.iter().zip(STRATA) {
        let middle = position + share / 2.0;
        if middle >= quantile {
            return value_before + (value - value_before) * (quantile - before) / (middle - before);
        }
        (before, value_before) = (middle, *value);
        position += share;
    }
    value_before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::latency::{PodCohort, ServiceModel, ServiceProfile};
    use crate::units::SimDuration;

    /// A service whose latency is exponential with the given mean.
    fn exponential(mean_s: f64) -> Hop {
        let profile = ServiceProfile { cpu_s: mean_s / 2.0, concurrency: Some(1), ..ServiceProfile::default() };
        let mut service = ServiceModel::new(profile).unwrap();
        let pods = [PodCohort { key: 0, ready: 1.0, speed: 1.0 }];
        service.step(SimDuration::from_secs(15), 1.0 / mean_s, &pods);
        Hop { strata_s: service.strata_s(), error_rate: 0.0 }
    }

    fn to(index: usize) -> Call {
        Call::to(ServiceId::from_index(index))
    }

    fn check(found: f64, wanted: f64, tolerance: f64) {
        assert!((found / wanted - 1.0).abs() < tolerance, "{found}, not {wanted}");
    }

    #[test]
    fn sequences_add_and_parallels_wait_for_the_slowest() {
        let hops = [exponential(0.1), exponential(0.1), exponential(0.1)];
        // Three exponentials in a row: Erlang with three phases, 95 % at 6.296 and 99 % at 8.406.
        let row = compose_call(&to(0).then(vec![to(1)]).then(vec![to(2)]), &hops);
        let summary = summary_of(&row, 1.0);
        check(summary.mean_s, 0.3, 0.01);
        check(summary.p95_s, 0.6296, 0.015);
        check(summary.p99_s, 0.8406, 0.02);
        // After the first the slower of two: mean 0.1 + 0.15.
        let fork = summary_of(&compose_call(&to(0).then(vec![to(1), to(2)]), &hops), 1.0);
        check(fork.mean_s, 0.25, 0.01);
        let rare = Call { probability: 0.1, ..to(1) };
        check(summary_of(&compose_call(&to(0).then(vec![rare]), &hops), 1.0).mean_s, 0.11, 0.01);
    }

    #[test]
    fn failures_multiply_along_the_way() {
        let failing = |error_rate| Hop { error_rate, ..exponential(0.1) };
        let hops = [failing(0.1), failing(0.2)];
        let call = to(0).then(vec![Call { probability: 0.5, ..to(1) }]);
        check(success_of(&call, &hops), 0.9 * 0.9, 1e-9);
    }

    #[test]
    fn a_kept_composition_is_close_to_a_new_one() {
        let route = Route { name: "/".into(), share: 1.0, call: to(0).then(vec![to(1)]) };
        let graph = CallGraph::from_routes(vec![route], 2).unwrap();
        let id = RouteId::from_index(0);
        let mut kept = RouteLatency::new(&graph);
        for step in 0..20 {
            let hops = [exponential(0.1 * (1.0 + 0.002 * f64::from(step))), exponential(0.05)];
            let found = kept.step(&graph, id, 10.0, &hops).latency;
            let fresh = RouteLatency::new(&graph).step(&graph, id, 10.0, &hops).latency;
            check(found.mean_s, fresh.mean_s, 0.005);
            check(found.p99_s, fresh.p99_s, 0.015);
        }
        check(kept.histogram(id).requests(), 200.0, 1e-3);
    }
}

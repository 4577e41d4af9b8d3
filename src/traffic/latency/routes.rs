//! End-to-end latency: what the services of a route take, put together along its calls.
//!
//! Services are taken as independent: work and answers in sequence add up, calls in parallel take
//! as long as the slowest. A composition is made once for every combination of how its services do,
//! to within about 5 %, and is scaled to the mean of each step that has that combination.

use super::histogram::LatencyHistogram;
use super::step_latencies::StepLatencies;
use super::table::STRATA;
use super::{LatencySummary, STRATA_COUNT};
use crate::id::{Id, IdVec};
use crate::traffic::calls::{Call, CallGraph, Route, RouteId, ServiceId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Bits of a latency that tell apart how a service does: 16 levels per power of two, 3.1 % to 6.3 %.
const LEVEL_SHIFT: u32 = 52 - 4;

/// What one service did in a step, as its routes see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hop {
    /// Its latency: [`ServiceModel::strata_s`](super::ServiceModel::strata_s).
    pub strata_s: [f64; STRATA_COUNT],
    /// The share of its requests that failed, 0..=1.
    pub error_rate: f64,
}

impl Hop {
    /// The mean of its latency in seconds.
    fn mean_s(&self) -> f64 {
        self.strata_s.iter().zip(STRATA).map(|(value, share)| value * share).sum()
    }
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
/// Cost per step and route: about 0.1 µs per call; a combination seen for the first time some 20 µs per
/// call.
#[derive(Clone, Debug)]
pub struct RouteLatency {
    routes: IdVec<RouteId, RouteState>,
    /// By service: the mean of its strata in this step.
    means: Vec<f64>,
    scratch: StepLatencies,
}

#[derive(Clone, Debug)]
struct RouteState {
    /// The services on the route, each once, in order of first call.
    services: Vec<ServiceId>,
    known: FxHashMap<Combination, usize>,
    compositions: Vec<Composition>,
    histogram: LatencyHistogram,
    /// The composition of the last step, and its scale.
    last: (usize, f64),
}

/// How each service of a route does: the levels of its mean and of its tail.
type Combination = SmallVec<[(u32, u32); 8]>;

/// A route's latency when its services do so.
#[derive(Clone, Debug)]
struct Composition {
    strata: [f64; STRATA_COUNT],
    summary: LatencySummary,
    /// [`mean_of_call`] when it was made.
    mean_s: f64,
    /// Requests not yet in the histogram, and the sum of their scales.
    pending: (f64, f64),
}

impl RouteLatency {
    /// Nothing composed yet for the routes of `graph`.
    pub fn new(graph: &CallGraph) -> RouteLatency {
        let state = |route: &Route| {
            let mut services = Vec::new();
            collect_services(&route.call, &mut services);
            RouteState {
                services,
                known: FxHashMap::default(),
                compositions: Vec::new(),
                histogram: LatencyHistogram::new(),
                last: (0, 0.0),
            }
        };
        let routes = graph.routes().values().map(state).collect();
        RouteLatency { routes, means: Vec::new(), scratch: StepLatencies::new() }
    }

    /// Begins a step in which the services did what `hops` say, by service.
    pub fn begin_step(&mut self, hops: &[Hop]) {
        self.means.clear();
        self.means.extend(hops.iter().map(Hop::mean_s));
    }

    /// Composes `route`, by which `arrived` requests entered, from the hops that the step began with.
    pub fn step(&mut self, graph: &CallGraph, route: RouteId, arrived: f64, hops: &[Hop]) -> RouteOutcome {
        let call = &graph.routes()[route].call;
        let failed = arrived * (1.0 - success_of(call, hops));
        let succeeded = arrived - failed;
        if succeeded <= 0.0 {
            return RouteOutcome { arrived, failed, latency: LatencySummary::default() };
        }
        let mean_s = mean_of_call(call, &self.means);
        let state = &mut self.routes[route];
        let level = |value: f64| (value.to_bits() >> LEVEL_SHIFT) as u32;
        let levels = |service: &ServiceId| {
            (level(self.means[service.index()]), level(hops[service.index()].strata_s[STRATA_COUNT - 3]))
        };
        let combination: Combination = state.services.iter().map(levels).collect();
        let at = *state.known.entry(combination).or_insert_with(|| {
            let strata = compose(call, hops, &mut self.scratch);
            let summary = summary_of(&strata);
            state.compositions.push(Composition { strata, summary, mean_s, pending: (0.0, 0.0) });
            state.compositions.len() - 1
        });
        let composition = &mut state.compositions[at];
        let scale = if composition.mean_s > 0.0 { mean_s / composition.mean_s } else { 1.0 };
        composition.pending.0 += succeeded;
        composition.pending.1 += succeeded * scale;
        state.last = (at, scale);
        RouteOutcome { arrived, failed, latency: composition.summary.scaled(scale) }
    }

    /// Counts requests of `route` that were composed elsewhere, by the strata of those that succeeded.
    pub fn record(&mut self, route: RouteId, strata_s: &[f64; STRATA_COUNT], succeeded: f64) -> LatencySummary {
        if succeeded <= 0.0 {
            return LatencySummary::default();
        }
        spread_strata(&mut self.scratch, strata_s, succeeded);
        self.scratch.record(&mut self.routes[route].histogram);
        summary_of(strata_s)
    }

    /// The strata of the requests of `route` that succeeded in the last [`step`](Self::step) in which any did.
    pub fn strata_s(&self, route: RouteId) -> [f64; STRATA_COUNT] {
        let state = &self.routes[route];
        let (at, scale) = state.last;
        state.compositions.get(at).map_or([0.0; STRATA_COUNT], |last| last.strata.map(|value| value * scale))
    }

    /// End-to-end latency of every request of `route` that succeeded so far.
    pub fn histogram(&mut self, route: RouteId) -> &LatencyHistogram {
        let state = &mut self.routes[route];
        for composition in &mut state.compositions {
            let (requests, scales) = std::mem::take(&mut composition.pending);
            if requests > 0.0 {
                let scale = scales / requests;
                spread_strata(&mut self.scratch, &composition.strata.map(|value| value * scale), requests);
                self.scratch.record(&mut state.histogram);
            }
        }
        &state.histogram
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
fn mean_of_call(call: &Call, means: &[f64]) -> f64 {
    let slowest = |step: &Vec<Call>| step.iter().map(|c| mean_of_call(c, means)).fold(0.0, f64::max);
    let below: f64 = call.then.iter().map(slowest).sum();
    call.probability * (call.work * means[call.service.index()] + below)
}

/// The strata of a call's latency with everything below it.
///
/// A visit with other work than the mean is taken to be slower or faster as a whole.
pub fn compose_call(call: &Call, hops: &[Hop]) -> [f64; STRATA_COUNT] {
    compose(call, hops, &mut StepLatencies::new())
}

fn compose(call: &Call, hops: &[Hop], scratch: &mut StepLatencies) -> [f64; STRATA_COUNT] {
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
        total = scratch.strata();
    }
    total
}

/// The strata of a function of two independent latencies.
///
/// Each pair of strata is spread evenly as wide as the two together vary, so that what varies
/// inside a stratum is not lost.
pub(super) fn combine(
    one: &[f64; STRATA_COUNT],
    two: &[f64; STRATA_COUNT],
    function: impl Fn(f64, f64) -> f64,
    scratch: &mut StepLatencies,
) -> [f64; STRATA_COUNT] {
    scratch.clear();
    let (one_widths, two_widths) = (widths_of(one), widths_of(two));
    for index in 0..STRATA_COUNT {
        for other in 0..STRATA_COUNT {
            let value = function(one[index], two[other]);
            let (width, other_width) = (one_widths[index], two_widths[other]);
            let half = (libm::sqrt(width * width + other_width * other_width) / 2.0).min(value);
            scratch.add_later(value - half, value + half, STRATA[index] * STRATA[other]);
        }
    }
    scratch.settle();
    scratch.strata()
}

/// Counts `requests` whose latencies have these strata, spread evenly over each.
pub fn record_strata(histogram: &mut LatencyHistogram, strata_s: &[f64; STRATA_COUNT], requests: f64) {
    let mut spread = StepLatencies::new();
    spread_strata(&mut spread, strata_s, requests);
    spread.record(histogram);
}

fn spread_strata(spread: &mut StepLatencies, strata_s: &[f64; STRATA_COUNT], requests: f64) {
    spread.clear();
    spread_strata_into(spread, strata_s, requests);
}

/// Adds `requests` whose latencies have these strata, spread evenly over each.
pub(super) fn spread_strata_into(spread: &mut StepLatencies, strata_s: &[f64; STRATA_COUNT], requests: f64) {
    for ((value, width), share) in strata_s.iter().zip(widths_of(strata_s)).zip(STRATA) {
        let half = (width / 2.0).min(*value);
        spread.add_even(value - half, value + half, requests * share);
    }
}

/// How wide each stratum is; for the last, the width of even values that vary as its tail does.
pub(super) fn widths_of(strata: &[f64; STRATA_COUNT]) -> [f64; STRATA_COUNT] {
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

fn summary_of(strata: &[f64; STRATA_COUNT]) -> LatencySummary {
    let mean_s = strata.iter().zip(STRATA).map(|(value, share)| value * share).sum();
    let at = |quantile: f64| quantile_of_strata(strata, quantile);
    let max_s = strata[STRATA_COUNT - 1];
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
        let summary = summary_of(&row);
        check(summary.mean_s, 0.3, 0.01);
        check(summary.p95_s, 0.6296, 0.015);
        check(summary.p99_s, 0.8406, 0.02);
        // After the first the slower of two: mean 0.1 + 0.15.
        let fork = summary_of(&compose_call(&to(0).then(vec![to(1), to(2)]), &hops));
        check(fork.mean_s, 0.25, 0.01);
        let rare = Call { probability: 0.1, ..to(1) };
        check(summary_of(&compose_call(&to(0).then(vec![rare]), &hops)).mean_s, 0.11, 0.01);
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
            let latency = |routes: &mut RouteLatency| {
                routes.begin_step(&hops);
                routes.step(&graph, id, 10.0, &hops).latency
            };
            let found = latency(&mut kept);
            let fresh = latency(&mut RouteLatency::new(&graph));
            check(found.mean_s, fresh.mean_s, 0.005);
            check(found.p99_s, fresh.p99_s, 0.015);
        }
        check(kept.histogram(id).requests(), 200.0, 1e-3);
    }
}

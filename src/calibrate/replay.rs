//! The days held back, simulated: recorded requests in, pods, nodes, cpu and latency out.

use super::fit::visit;
use super::split::Split;
use crate::past::{Past, Series};
use crate::rng::Seed;
use crate::scenario::Scenario;
use crate::scenario::issue::{Issue, Issues};
use crate::sim::outcome::Timeline;
use crate::sim::{Simulation, Start};
use crate::traffic::calls::{CallGraph, Route, RouteId, ServiceId};
use crate::traffic::demand::{After, Curve, Demand};
use crate::traffic::latency::LatencyTables;
use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, Traffic};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A route of this share is looked at and hardly taken.
const UNUSED: f64 = 1e-9;
/// A longer recorded step is simulated in several.
const LONGEST_STEP_S: u32 = 60;

/// What a replay did at each instant held back.
#[derive(Clone, Debug, Default)]
pub(super) struct Replayed {
    pub(super) services: BTreeMap<String, ReplayedService>,
    pub(super) nodes: BTreeMap<String, Vec<Option<f64>>>,
}

/// A service at each instant held back.
#[derive(Clone, Debug, Default)]
pub(super) struct ReplayedService {
    pub(super) ready: Vec<Option<f64>>,
    pub(super) replicas: Vec<Option<f64>>,
    pub(super) cpu_cores: Vec<Option<f64>>,
    /// With all that it calls, in seconds.
    pub(super) latency_s_p95: Vec<Option<f64>>,
}

/// Requests per second that entered, at each instant: of all routes, or where none was recorded, of the services that they enter by.
/// Gaps are bridged by straight lines, which `issues` hears of.
pub(super) fn entered(traffic: &Traffic, past: &Past, issues: &mut Issues) -> Option<Vec<f64>> {
    let mut total: Vec<Option<f64>> = (0..past.steps).map(|step| sum(past.routes.values(), step)).collect();
    if total.iter().all(Option::is_none) {
        let (requests, visits) = entry(traffic, past)?;
        total = (0..past.steps).map(|step| requests.at(step).map(|rate| rate / visits)).collect();
    }
    let missing = total.iter().filter(|rate| rate.is_none()).count();
    if missing == total.len() {
        return None;
    }
    if missing > 0 {
        let message = format!("{missing} of {} instants have no requests: straight lines bridge them", total.len());
        issues.push(Issue::warning("traffic", message));
    }
    Some(bridged(&total))
}

/// What is known of all series together; none if none is.
fn sum<'a>(all: impl Iterator<Item = &'a Series>, step: usize) -> Option<f64> {
    all.filter_map(|series| series.at(step)).fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value))
}

/// The requests of the service by which most enter, and how often a request that enters visits it.
fn entry<'a>(traffic: &Traffic, past: &'a Past) -> Option<(&'a Series, f64)> {
    let entries = traffic.graph.routes().values().map(|route| route.call.service);
    let known = entries.filter_map(|id| Some((id, &past.services.get(&traffic.services[id].name)?.requests)));
    let known = known.filter(|(_, series)| !series.is_empty());
    let (id, requests) = known.max_by(|a, b| traffic.graph.visits(a.0).total_cmp(&traffic.graph.visits(b.0)))?;
    Some((requests, traffic.graph.visits(id)))
}

fn bridged(values: &[Option<f64>]) -> Vec<f64> {
    let known: Vec<(usize, f64)> = values.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?))).collect();
    let mut next = 0;
    let bridge = |at: usize| {
        while known.get(next).is_some_and(|(place, _)| *place < at) {
            next += 1;
        }
        match (next.checked_sub(1).map(|before| known[before]), known.get(next)) {
            (_, Some((place, value))) if *place == at => *value,
            (Some((from, low)), Some((to, high))) => low + (high - low) * (at - from) as f64 / (to - from) as f64,
            (Some((_, value)), None) | (None, Some(&(_, value))) => value,
            (None, None) => 0.0,
        }
    };
    (0..values.len()).map(bridge).collect()
}

/// The scenario as it was at the beginning of the replay, under the recorded requests.
pub(super) fn staged(scenario: &Scenario, past: &Past, split: &Split, rates: &[f64]) -> Option<Scenario> {
    let mut cast: Cast = (*scenario.cast).clone();
    let step_s = f64::from(past.step_s);
    let traffic = cast.traffic.as_mut()?;
    // A rate covers the time since the instant before.
    let points: Vec<(f64, f64)> =
        (split.lead + 1..past.steps).map(|step| ((step - split.lead - 1) as f64 * step_s, rates[step])).collect();
    let curve = Curve::steps(&points, step_s, After::Hold).ok()?;
    traffic.demand = Arc::new(Demand { curves: vec![curve], ..Demand::default() });
    traffic.graph = watched(traffic)?;
    // What happens in the scenario did not happen in these days.
    cast.faults.clear();
    cast.deploys.clear();
    let at_start = |series: &Series| (split.lead..past.steps).find_map(|step| series.at(step));
    let mut replicas = Vec::new();
    for service in cast.traffic.iter().flat_map(|traffic| traffic.services.values()) {
        let recorded = past.services.get(&service.name);
        let pods = recorded.and_then(|one| at_start(&one.replicas).or_else(|| at_start(&one.ready)));
        replicas.extend(service.workload.zip(pods));
    }
    for (workload, pods) in replicas {
        cast.workloads[workload].replicas = pods.round().max(1.0) as i32;
    }
    for (_, group) in cast.groups.iter_mut() {
        if let Some(nodes) = past.nodes.get(&group.name).and_then(at_start) {
            group.initial = (nodes.round() as i32).clamp(group.min, group.max.max(group.min));
        }
    }
    let steps = (past.steps - split.lead - 1) as i64;
    let mut timing = scenario.timing.clone();
    let parts = i64::from(past.step_s.div_ceil(LONGEST_STEP_S));
    timing.step = SimDuration::from_nanos(SimDuration::from_secs(i64::from(past.step_s)).as_nanos() / parts);
    let duration = SimDuration::from_secs(i64::from(past.step_s)) * steps;
    Some(Scenario { cast: Arc::new(cast), timing, duration, ..scenario.clone() })
}

/// The graph with a route by which hardly anything enters for each service that calls others: latency with all that is called is
/// known of routes.
fn watched(traffic: &Traffic) -> Option<CallGraph> {
    let mut routes: Vec<Route> = traffic.graph.routes().values().cloned().collect();
    for (id, service) in traffic.services.iter() {
        let call = visit(&traffic.graph, id).filter(|call| !call.then.is_empty());
        let watched = call.map(|call| Route { name: watched_name(&service.name), share: UNUSED, call });
        routes.extend(watched);
    }
    CallGraph::from_routes(routes, traffic.services.len()).ok()
}

fn watched_name(service: &str) -> String {
    format!("service {service}")
}

/// Replication `number` of a staged scenario.
pub(super) fn replay(staged: &Scenario, past: &Past, split: &Split, number: u32) -> Replayed {
    let mut simulation = Simulation::new(Start {
        cast: staged.cast.clone(),
        timing: staged.timing.clone(),
        duration: staged.duration,
        // The past says what was there when it begins.
        warm_up: SimDuration::ZERO,
        counts_from: SimTime::ZERO,
        seed: Seed::new(staged.seed, number),
        tables: LatencyTables::default(),
        timeline_every: SimDuration::from_secs(i64::from(past.step_s)),
        keep_log: false,
    });
    simulation.run();
    read(&staged.cast, &simulation.finish().timeline, past, split)
}

fn read(cast: &Cast, timeline: &Timeline, past: &Past, split: &Split) -> Replayed {
    let mut replayed = Replayed::default();
    let Some(traffic) = &cast.traffic else { return replayed };
    let empty = || vec![None; split.held.len()];
    let watched: BTreeMap<&str, RouteId> =
        traffic.graph.routes().iter().map(|(id, route)| (route.name.as_str(), id)).collect();
    let place = |at: SimTime| {
        let step = split.lead as i64 + at.as_secs() / i64::from(past.step_s);
        usize::try_from(step - split.held.start as i64).ok().filter(|place| *place < split.held.len())
    };
    for point in &timeline.points {
        let Some(place) = place(point.at) else { continue };
        for nodes in &point.nodes {
            let row = replayed.nodes.entry(cast.groups[nodes.group].name.clone()).or_insert_with(empty);
            row[place] = Some(f64::from(nodes.nodes));
        }
        for (id, service) in traffic.services.iter() {
            let Some(workload) = service.workload else { continue };
            let Some(pods) = point.pods.iter().find(|pods| pods.workload == workload) else { continue };
            let row = replayed.services.entry(service.name.clone()).or_insert_with(|| ReplayedService {
                ready: empty(),
                replicas: empty(),
                cpu_cores: empty(),
                latency_s_p95: empty(),
            });
            row.ready[place] = Some(f64::from(pods.ready));
            row.replicas[place] = Some(f64::from(pods.desired));
            if let Some(did) = point.services.get(id) {
                row.cpu_cores[place] = Some(did.cpu_milli / 1e3 * f64::from(pods.ready));
                let whole =
                    watched.get(watched_name(&service.name).as_str()).and_then(|route| point.routes.get(*route));
                let figures = whole.unwrap_or(&did.latency_s);
                row.latency_s_p95[place] = Some(figures[2]).filter(|seconds| *seconds > 0.0);
            }
        }
    }
    replayed
}

/// Which services are entered by, for what is told of routes.
pub(super) fn shares(traffic: &Traffic, past: &Past) -> BTreeMap<String, f64> {
    let known = |route: &Route| Some((route.name.clone(), past.routes.get(&route.name)?.mean()?));
    let all: Option<BTreeMap<String, f64>> = traffic.graph.routes().values().map(known).collect();
    all.filter(|shares| shares.values().sum::<f64>() > 0.0).unwrap_or_default()
}

/// How often recorded services are visited by a request that enters, against what the scenario says: (service, recorded, said).
pub(super) fn visits(traffic: &Traffic, past: &Past, rates: &[f64]) -> Vec<(String, f64, f64)> {
    let one = |(id, service): (ServiceId, &crate::world::Service)| {
        let requests = &past.services.get(&service.name)?.requests;
        let (mut seen, mut entered) = (0.0, 0.0);
        for (step, rate) in rates.iter().enumerate() {
            if let Some(requests) = requests.at(step) {
                (seen, entered) = (seen + requests, entered + rate);
            }
        }
        (entered > 0.0).then(|| (service.name.clone(), seen / entered, traffic.graph.visits(id)))
    };
    traffic.services.iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_bridged_and_ends_hold() {
        assert_eq!(bridged(&[None, Some(2.0), None, None, Some(8.0), None]), [2.0, 2.0, 4.0, 6.0, 8.0, 8.0]);
        assert_eq!(bridged(&[None]), [0.0]);
    }
}

//! A past from hidden parameters: an exact simulation, recorded as monitoring systems record, and spoilt as pasts are.

use crate::hidden::{Hidden, Lack};
use foresail::cluster::ClusterState;
use foresail::past::{NodeStart, Past, PodStart, Series, ServicePast};
use foresail::rng::{Seed, Stream};
use foresail::scenario::{Scenario, Written};
use foresail::sim::log::Occurrence;
use foresail::sim::outcome::{Outcome, Point};
use foresail::sim::{Simulation, Start};
use foresail::traffic::latency::LatencyTables;
use foresail::units::SimDuration;
use std::collections::BTreeMap;

const STEP_S: u32 = 60;
/// 2026-11-01T00:00:00Z.
const START_S: i64 = 1_793_491_200;
/// Scrapes and rates are never exact.
const NOISE: f64 = 0.02;

pub(crate) fn past(written: &Written, hidden: &Hidden) -> Past {
    let scenario = written.with(&hidden.settings()).unwrap_or_else(|issues| panic!("{issues:?}"));
    let (outcome, pods) = simulated(&scenario, hidden.number);
    let mut past = recorded(&scenario, hidden, &outcome, pods);
    spoil(&mut past, hidden);
    past
}

fn simulated(scenario: &Scenario, number: u64) -> (Outcome, Vec<PodStart>) {
    let mut simulation = Simulation::new(Start {
        cast: scenario.cast.clone(),
        timing: scenario.timing.clone(),
        duration: scenario.duration,
        warm_up: SimDuration::ZERO,
        counts_from: foresail::units::SimTime::ZERO,
        seed: Seed::new(scenario.seed, number as u32),
        tables: LatencyTables::default(),
        timeline_every: SimDuration::from_secs(i64::from(STEP_S)),
        keep_log: true,
    });
    let mut pods = BTreeMap::new();
    let mut events = 0u64;
    while simulation.step() {
        events += 1;
        if events.is_multiple_of(20) {
            watch(simulation.cluster(), &mut pods);
        }
    }
    (simulation.finish(), pods.into_values().collect())
}

/// As kube-state-metrics shows pods: when they were created, found a node, and were ready first.
fn watch(cluster: &ClusterState, pods: &mut BTreeMap<String, PodStart>) {
    for (id, pod) in cluster.pods() {
        let seconds = |at: foresail::units::SimTime| START_S as f64 + at.as_secs_f64();
        let Some((true, ready)) = pod.ready else { continue };
        let name = cluster.pod_name(id);
        let workload = name.split('-').next().unwrap_or_default().to_owned();
        pods.entry(name).or_insert_with(|| PodStart {
            workload,
            created_s: seconds(pod.created).floor(),
            scheduled_s: pod.started.map(|at| seconds(at).floor()),
            ready_s: Some(seconds(ready).floor()),
            node: pod.node().map(|node| cluster.node_name(node).to_owned()),
        });
    }
}

fn recorded(scenario: &Scenario, hidden: &Hidden, outcome: &Outcome, pods: Vec<PodStart>) -> Past {
    let cast = &scenario.cast;
    let traffic = cast.traffic.as_ref().expect("the shop has traffic");
    let points = &outcome.timeline.points[1..];
    let mut chance = Seed::new(7, hidden.number as u32).stream("noise", 0);
    let mut noisy = |value: f64| value * (1.0 + NOISE * chance.normal());
    let series =
        |value: &mut dyn FnMut(&Point) -> f64| Series::new(points.iter().map(|point| Some(value(point))).collect());
    let mut services = BTreeMap::new();
    for (id, service) in traffic.services.iter() {
        let workload = service.workload.expect("both run in the cluster");
        let truth = &hidden.services.iter().find(|(name, _)| *name == service.name).expect("both are known").1;
        let pods = |point: &Point| *point.pods.iter().find(|pods| pods.workload == workload).expect("it is there");
        let in_hand = |point: &Point| point.services[id].requests_per_second * point.services[id].latency_s[0];
        // A server's latency holds that of whoever it calls: that of the route for `web`.
        let route = traffic.graph.routes().iter().find(|(_, route)| route.call.service == id).map(|(id, _)| id);
        let latency = |point: &Point| route.map_or(point.services[id].latency_s, |route| point.routes[route]);
        let bytes = |point: &Point| {
            truth.memory_mi * 1_048_576.0 * f64::from(pods(point).ready)
                + truth.memory_per_request_ki * 1024.0 * in_hand(point)
        };
        let past = ServicePast {
            requests: series(&mut |point| noisy(point.services[id].requests_per_second)),
            failures: series(&mut |point| point.services[id].failures_per_second),
            cpu_cores: series(&mut |point| noisy(point.services[id].cpu_milli / 1e3 * f64::from(pods(point).ready))),
            memory_bytes: series(&mut |point| noisy(bytes(point))),
            replicas: series(&mut |point| f64::from(pods(point).desired)),
            ready: series(&mut |point| f64::from(pods(point).ready)),
            latency_s: [0, 1, 2, 3].map(|figure| series(&mut |point| noisy(latency(point)[figure]))),
            ..ServicePast::default()
        };
        services.insert(service.name.clone(), past);
    }
    let nodes = series(&mut |point| f64::from(point.nodes[0].nodes));
    let added = |record: &foresail::sim::log::Record| match record.what {
        Occurrence::NodeAdded(node, _) => Some(NodeStart {
            node: outcome.cluster.node_name(node).to_owned(),
            group: "pool".to_owned(),
            created_s: (START_S as f64 + record.at.as_secs_f64()).floor(),
            ready_s: None,
        }),
        _ => None,
    };
    Past {
        start_s: START_S + i64::from(STEP_S),
        step_s: STEP_S,
        steps: points.len(),
        routes: [("web".to_owned(), series(&mut |point| noisy(point.requests_per_second)))].into(),
        services,
        nodes: [("pool".to_owned(), nodes)].into(),
        pod_starts: pods,
        calls: BTreeMap::new(),
        node_starts: outcome.log.records().values().filter_map(added).collect(),
    }
}

/// Gaps, single points that are missing, metrics that nobody recorded.
fn spoil(past: &mut Past, hidden: &Hidden) {
    let mut chance = Seed::new(11, hidden.number as u32).stream("gaps", 0);
    let mut gaps: Vec<std::ops::Range<usize>> = Vec::new();
    for _ in 0..3 {
        let from = chance.below(past.steps);
        gaps.push(from..from + 10 + chance.below(50));
    }
    let mut hole = |series: &mut Series| *series = with_holes(series, &gaps, &mut chance);
    past.routes.values_mut().for_each(&mut hole);
    past.nodes.values_mut().for_each(&mut hole);
    for service in past.services.values_mut() {
        let ServicePast { requests, cpu_cores, memory_bytes, replicas, ready, latency_s, .. } = service;
        [requests, cpu_cores, memory_bytes, replicas, ready].into_iter().chain(latency_s).for_each(&mut hole);
    }
    match hidden.lacks {
        Lack::Nothing => {}
        Lack::LatencyOfApi => {
            if let Some(api) = past.services.get_mut("api") {
                api.latency_s = Default::default();
            }
        }
        Lack::Memory => past.services.values_mut().for_each(|service| service.memory_bytes = Series::default()),
        Lack::Starts => {
            past.pod_starts.clear();
            past.node_starts.clear();
        }
        Lack::Routes => past.routes.clear(),
    }
}

fn with_holes(series: &Series, gaps: &[std::ops::Range<usize>], chance: &mut Stream) -> Series {
    let is_missing =
        |step: usize, chance: &mut Stream| gaps.iter().any(|gap| gap.contains(&step)) || chance.chance(0.01);
    Series::new(
        series.values().iter().enumerate().map(|(step, value)| value.filter(|_| !is_missing(step, chance))).collect(),
    )
}

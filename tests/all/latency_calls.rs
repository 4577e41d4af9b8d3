//! Calls one after the other and at the same time, in both latency modes.

use foresail::id::Id;
use foresail::rng::Seed;
use foresail::traffic::calls::{Call, CallGraph, Route, ServiceId};
use foresail::traffic::exact::{Ended, Ending, ExactModel, Observer};
use foresail::traffic::latency::{
    Hop, LatencyHistogram, PodCohort, RouteLatency, ServiceModel, ServiceProfile, WorkShape,
};
use foresail::units::SimDuration;

const PODS: u32 = 4;
const STEP: SimDuration = SimDuration::from_secs(15);

fn service(index: usize) -> ServiceId {
    ServiceId::from_index(index)
}

/// A front that calls `then`, of services with these profiles.
fn graph_of(then: &[&[usize]], services: usize) -> CallGraph {
    let step = |call: Call, step: &&[usize]| call.then(step.iter().map(|index| Call::to(service(*index))).collect());
    let call = then.iter().fold(Call::to(service(0)), step);
    CallGraph::from_routes(vec![Route { name: "/".into(), share: 1.0, call }], services).expect("a tree")
}

/// The latencies of whole requests.
#[derive(Default)]
struct Seen(LatencyHistogram);

impl Observer for Seen {
    fn ended(&mut self, ended: Ended) {
        assert_eq!(ended.ending, Ending::Answered);
        self.0.record_one(ended.latency_s);
    }
}

fn exact(profiles: &[ServiceProfile], graph: &CallGraph, rate: f64, seconds: f64) -> LatencyHistogram {
    let mut model = ExactModel::new(profiles, graph, profiles[0].arrivals, Seed::new(3, 0)).expect("sound profiles");
    let mut warming = Seen::default();
    for index in 0..profiles.len() {
        for _ in 0..PODS {
            model.add_pod(service(index), None, &mut warming);
        }
    }
    model.set_rate(rate);
    model.run_until(seconds / 10.0, &mut warming);
    let mut seen = Seen::default();
    model.run_until(seconds, &mut seen);
    seen.0
}

fn fast(profiles: &[ServiceProfile], graph: &CallGraph, rate: f64) -> LatencyHistogram {
    let mut models: Vec<ServiceModel> =
        profiles.iter().map(|profile| ServiceModel::new(profile.clone()).expect("a sound profile")).collect();
    let mut routes = RouteLatency::new(graph);
    let cohorts = [PodCohort { key: 0, ready: f64::from(PODS), speed: 1.0 }];
    for _ in 0..20 {
        let hops: Vec<Hop> = graph
            .arrival_rates(rate)
            .map(|(id, arrivals)| {
                let model = &mut models[id.index()];
                let outcome = model.step(STEP, arrivals, &cohorts);
                Hop { strata_s: model.strata_s(), error_rate: outcome.error_rate() }
            })
            .collect();
        routes.begin_step(&hops);
        for (id, _) in graph.routes().iter() {
            routes.step(graph, id, rate * STEP.as_secs_f64(), &hops);
        }
    }
    let (id, _) = graph.routes().iter().next().expect("a route");
    routes.histogram(id).clone()
}

#[test]
fn calls_at_the_same_time_take_as_long_as_the_slowest_in_both_modes() {
    let quick = ServiceProfile { cpu_s: 0.005, cpu_limit_cores: Some(1.0), ..ServiceProfile::default() };
    let slow = ServiceProfile { cpu_s: 0.02, shape: WorkShape::Gamma { scv: 0.5 }, ..quick.clone() };
    let other = ServiceProfile { cpu_s: 0.018, concurrency: Some(1), cpu_limit_cores: None, ..quick.clone() };
    let profiles = [quick.clone(), slow, other, quick];
    let measured = |then: &[&[usize]]| {
        let graph = graph_of(then, profiles.len());
        let (wanted, found) = (exact(&profiles, &graph, 120.0, 4000.0), fast(&profiles, &graph, 120.0));
        for quantile in [0.5, 0.9, 0.99] {
            let [wanted, found] = [&wanted, &found].map(|latency| latency.quantile_s(quantile));
            assert!((found / wanted - 1.0).abs() < 0.05, "{then:?} at {quantile}: {found}, not {wanted}");
        }
        [wanted.mean_s(), found.mean_s()]
    };
    let sequence = measured(&[&[1], &[2], &[3]]);
    let parallel = measured(&[&[1, 2, 3]]);
    let mixed = measured(&[&[1, 2], &[3]]);
    for ((sequence, parallel), mixed) in sequence.into_iter().zip(parallel).zip(mixed) {
        assert!(parallel < mixed && mixed < 0.85 * sequence, "{parallel} {mixed} {sequence}");
    }
}

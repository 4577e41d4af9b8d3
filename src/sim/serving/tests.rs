//! The engine alone: no cluster, no controllers, no clock but the steps.

use super::{PodChange, ReadyPods, Step, TrafficEngine};
use crate::cluster::PodId;
use crate::id::{Id, IdVec, WorkloadId};
use crate::rng::Seed;
use crate::traffic::calls::{Call, CallGraph, Route, RouteId, ServiceId};
use crate::traffic::exact::ArrivalProcess;
use crate::traffic::latency::{Abandoned, LatencyTables, PodCohort, Retries, ServiceProfile, Timeout};
use crate::units::{SimDuration, SimTime};
use crate::world::{LatencyMode, Objective, Service, Traffic};
use smallvec::smallvec;
use std::sync::Arc;

const STEP: SimDuration = SimDuration::from_secs(15);
const MODES: [LatencyMode; 2] = [LatencyMode::Fast, LatencyMode::Exact];

fn shop() -> ServiceId {
    ServiceId::from_index(0)
}

fn bank() -> ServiceId {
    ServiceId::from_index(1)
}

/// Half of the requests of the shop, which has pods, go on to the bank, which is outside the cluster.
fn traffic() -> Traffic {
    let service = |name: &str, workload: Option<usize>, cpu_s: f64| Service {
        name: name.into(),
        profile: ServiceProfile { cpu_s, concurrency: Some(1), ..ServiceProfile::default() },
        workload: workload.map(WorkloadId::from_index),
        memory_base_bytes: 0,
        memory_per_request_bytes: 0,
        objective: None,
    };
    let call = Call::to(shop()).then(vec![Call { probability: 0.5, ..Call::to(bank()) }]);
    let route = Route { name: "/".into(), share: 1.0, call };
    Traffic {
        demand: Arc::default(),
        graph: CallGraph::from_routes(vec![route], 2).unwrap(),
        services: [service("shop", Some(0), 0.02), service("bank", None, 0.001)].into_iter().collect(),
        objective: Objective::default(),
        route_objectives: Default::default(),
        mode: LatencyMode::Fast,
        arrivals: ArrivalProcess::Poisson,
    }
}

fn ready(count: f64) -> ReadyPods {
    ReadyPods {
        cohorts: smallvec![PodCohort { key: 0, ready: count, speed: 1.0 }],
        node_speed: 1.0,
        ..Default::default()
    }
}

/// An engine and how far it has been led.
struct Led {
    engine: TrafficEngine,
    now: SimTime,
    pods: usize,
}

impl Led {
    fn new(mode: LatencyMode) -> Led {
        Led::of(&traffic(), mode)
    }
    fn of(traffic: &Traffic, mode: LatencyMode) -> Led {
        let engine = TrafficEngine::new(traffic, mode, &LatencyTables::default(), Seed::new(1, 0));
        Led { engine, now: SimTime::ZERO, pods: 0 }
    }
    fn change(&mut self, pod: usize, after: SimDuration, change: PodChange) {
        self.engine.pod_changed(self.now + after, shop(), PodId::from_index(pod), change);
    }
    /// Brings so many more pods to the shop, at once.
    fn more(mut self, count: usize) -> Led {
        for _ in 0..count {
            self.change(self.pods, SimDuration::ZERO, PodChange::Ready);
            self.pods += 1;
        }
        self
    }
    fn step(&mut self, rate: f64, shop_pods: ReadyPods) {
        self.now += STEP;
        let pods: IdVec<ServiceId, ReadyPods> = [shop_pods, ready(1.0)].into_iter().collect();
        self.engine.step(&Step { span: STEP, until: self.now, entry_rate: rate, pods: &pods });
    }
}

fn near(found: f64, wanted: f64, tolerance: f64) {
    assert!((found / wanted - 1.0).abs() < tolerance, "{found}, not {wanted}");
}

#[test]
fn both_modes_answer_alike_when_it_is_calm() {
    let route = RouteId::from_index(0);
    let [fast, exact] = MODES.map(|mode| {
        let mut led = Led::new(mode).more(4);
        let mut answered = 0.0;
        for _ in 0..100 {
            led.step(80.0, ready(4.0));
            answered += led.engine.service(shop()).answered;
            near(led.engine.service(bank()).arrived, 600.0, 0.2);
            assert_eq!(led.engine.route(route).failed, 0.0);
        }
        near(answered, 120_000.0, 0.02);
        let used = led.engine.service(shop());
        near(used.utilization, 0.4, 0.1);
        near(used.cpu_milli_per_pod, 400.0, 0.1);
        assert_eq!(led.engine.overflowed(), 0);
        let shop = led.engine.service_histogram(shop()).quantile_s(0.9);
        [shop, led.engine.route_histogram(route).quantile_s(0.9)]
    });
    near(fast[0], exact[0], 0.05);
    near(fast[1], exact[1], 0.05);
}

#[test]
fn without_pods_all_are_refused_in_both_modes() {
    for mode in MODES {
        let mut led = Led::new(mode);
        led.step(10.0, ReadyPods { node_speed: 1.0, ..Default::default() });
        let outcome = led.engine.service(shop());
        assert_eq!((outcome.answered, outcome.rejected), (0.0, outcome.arrived), "{mode:?}");
        let route = led.engine.route(RouteId::from_index(0));
        near(route.failed, route.arrived, 1e-9);
    }
}

#[test]
fn who_comes_before_the_first_pod_is_refused_in_both_modes() {
    for mode in MODES {
        let mut led = Led::new(mode);
        // There is a pod for the last third of the step.
        (0..2).for_each(|pod| led.change(pod, SimDuration::from_secs(10), PodChange::Ready));
        led.step(40.0, ReadyPods { absent: SimDuration::from_secs(10), ..ready(2.0) });
        let outcome = led.engine.service(shop());
        near(outcome.rejected, 400.0, 0.15);
        near(outcome.answered, 200.0, 0.2);
        assert!(outcome.utilization < 0.6, "{mode:?}: {}", outcome.utilization);
    }
}

#[test]
fn slow_nodes_slow_both_modes() {
    for mode in MODES {
        let p90 = |speed: f64| {
            let mut led = Led::new(mode).more(4);
            for _ in 0..40 {
                let mut pods = ReadyPods { node_speed: speed, ..ready(4.0) };
                pods.cohorts[0].speed = speed;
                led.step(40.0, pods);
            }
            led.engine.service_histogram(shop()).quantile_s(0.9)
        };
        let (usual, slow) = (p90(1.0), p90(0.5));
        assert!(slow > 1.9 * usual, "{mode:?}: {slow}, usually {usual}");
    }
}

#[test]
fn fast_machines_work_for_more_than_their_limit() {
    for mode in MODES {
        let mut traffic = traffic();
        traffic.services[shop()].profile.cpu_limit_cores = Some(1.0);
        let mut led = Led::of(&traffic, mode).more(4);
        for _ in 0..20 {
            let mut pods = ReadyPods { node_speed: 3.0, ..ready(4.0) };
            pods.cohorts[0].speed = 3.0;
            led.step(400.0, pods);
            // 100 requests a second of 20 ms on the reference machine: two thirds of a core that is three times as fast.
            near(led.engine.service(shop()).cpu_milli_per_pod, 2000.0, 0.1);
        }
    }
}

#[test]
fn routes_are_forgotten_but_queues_are_not() {
    let route = RouteId::from_index(0);
    for mode in MODES {
        let mut led = Led::new(mode).more(1);
        led.step(120.0, ready(1.0));
        let waiting = led.engine.backlog(shop());
        assert!(waiting > 300.0, "{mode:?}: {waiting}");
        led.engine.forget_routes();
        assert_eq!(led.engine.route_histogram(route).requests(), 0.0);
        led.step(1.0, ready(1.0));
        assert!(led.engine.backlog(shop()) > 0.0, "{mode:?}");
        assert!(led.engine.route_histogram(route).quantile_s(0.1) > 5.0, "{mode:?}: they had waited before");
    }
}

#[test]
fn a_pod_that_leaves_finishes_and_one_that_breaks_does_not() {
    let failed = |change: PodChange| {
        let mut led = Led::new(LatencyMode::Exact).more(2);
        // 60 requests and more wait in each of two pods after a step.
        led.step(110.0, ready(2.0));
        led.change(0, SimDuration::ZERO, change);
        led.step(0.0, ready(1.0));
        led.engine.route(RouteId::from_index(0)).failed
    };
    assert_eq!(failed(PodChange::Leaves), 0.0);
    assert!(failed(PodChange::Breaks) > 10.0);
}

#[test]
fn asking_twice_changes_nothing() {
    for mode in MODES {
        let mut led = Led::new(mode).more(2);
        led.step(50.0, ready(2.0));
        let first = led.engine.service(shop());
        assert_eq!(first, led.engine.service(shop()), "{mode:?}");
        assert!(first.cpu_milli_per_pod > 100.0);
    }
}

#[test]
fn the_engine_repeats_exactly() {
    for mode in MODES {
        let run = || {
            let mut led = Led::new(mode).more(3);
            for rate in [40.0, 120.0, 200.0, 90.0, 20.0] {
                led.step(rate, ready(3.0));
            }
            (led.engine.service(shop()), led.engine.route_histogram(RouteId::from_index(0)).clone())
        };
        assert!(run() == run(), "{mode:?}");
    }
}

/// A shop whose requests share a core, give up after a second, and are tried three times more within this budget.
fn hasty(budget_share: f64) -> Traffic {
    let mut traffic = traffic();
    let profile = &mut traffic.services[shop()].profile;
    (profile.concurrency, profile.cpu_limit_cores) = (Some(8), Some(1.0));
    profile.retries = Some(Retries { most: 3, backoff_s: 0.025, budget_share });
    profile.timeout = Some(Timeout { after_s: 1.0, work: Abandoned::CancelQueued });
    traffic
}

/// Attempts per second at the shop and the share of requests that fail, long after a minute with more than its four pods
/// can do (200 requests a second).
fn after_a_surge(traffic: &Traffic, mode: LatencyMode) -> [f64; 2] {
    let mut led = Led::of(traffic, mode).more(4);
    let rates = [120.0; 4].into_iter().chain([400.0; 4]).chain([120.0; 24]);
    let (mut attempts, mut failed) = (0.0, 0.0);
    for (step, rate) in rates.enumerate() {
        led.step(rate, ready(4.0));
        if step >= 20 {
            let route = led.engine.route(RouteId::from_index(0));
            attempts += led.engine.service(shop()).arrived / STEP.as_secs_f64() / 12.0;
            failed += route.failed / route.arrived / 12.0;
        }
    }
    [attempts, failed]
}

#[test]
fn a_storm_of_retries_outlives_its_cause_in_both_modes() {
    let [fast, exact] = MODES.map(|mode| after_a_surge(&hasty(3.0), mode));
    near(fast[0], exact[0], 0.2);
    assert!(fast[1] > 0.5 && exact[1] > 0.5, "{fast:?} {exact:?}");
    // A budget ends it.
    for mode in MODES {
        let [attempts, failed] = after_a_surge(&hasty(0.2), mode);
        near(attempts, 120.0, 0.05);
        assert!(failed < 1e-3, "{mode:?}: {failed}");
    }
}

#[test]
fn retries_are_so_many_in_both_modes() {
    let mut traffic = traffic();
    let profile = &mut traffic.services[shop()].profile;
    profile.queue_bound = Some(10);
    for (most, budget_share) in [(3, 3.0), (2, 0.2)] {
        traffic.services[shop()].profile.retries = Some(Retries { most, backoff_s: 0.025, budget_share });
        let [fast, exact] = MODES.map(|mode| {
            let mut led = Led::of(&traffic, mode).more(4);
            let [mut attempts, mut failed] = [0.0; 2];
            for step in 0..40 {
                led.step(260.0, ready(4.0));
                let route = led.engine.route(RouteId::from_index(0));
                if step >= 4 {
                    attempts += led.engine.service(shop()).arrived;
                    failed += route.failed;
                }
            }
            [attempts, failed, led.engine.route_histogram(RouteId::from_index(0)).quantile_s(0.95)]
        });
        for (fast, exact) in fast.into_iter().zip(exact) {
            near(fast, exact, 0.1);
        }
    }
}

/// A shop of few threads that wait for a bank which does 50 requests a second.
fn waiting_for_the_bank() -> Traffic {
    let mut traffic = traffic();
    let call = Call { holds_thread: true, ..Call::to(shop()).then(vec![Call::to(bank())]) };
    traffic.graph = CallGraph::from_routes(vec![Route { name: "/".into(), share: 1.0, call }], 2).unwrap();
    let profile = &mut traffic.services[shop()].profile;
    (profile.cpu_s, profile.concurrency, profile.queue_bound) = (0.002, Some(8), Some(10));
    traffic.services[bank()].profile.cpu_s = 0.02;
    traffic
}

#[test]
fn a_slow_callee_exhausts_its_callers_threads_in_both_modes() {
    let traffic = waiting_for_the_bank();
    let route = RouteId::from_index(0);
    let outcomes = |rate: f64| {
        MODES.map(|mode| {
            let mut led = Led::of(&traffic, mode).more(2);
            let [mut failed, mut reached] = [0.0; 2];
            for step in 0..60 {
                led.step(rate, ready(2.0));
                if step >= 4 {
                    failed += led.engine.route(route).failed / (rate * STEP.as_secs_f64() * 56.0);
                    reached += led.engine.service(bank()).arrived / (STEP.as_secs_f64() * 56.0);
                }
            }
            // Who is turned away by the shop does not get to the bank, and few wait there.
            let bank_s = led.engine.service_histogram(bank()).mean_s();
            [failed, reached, bank_s, led.engine.route_histogram(route).mean_s()]
        })
    };
    let [fast, exact] = outcomes(100.0);
    near(fast[0], exact[0], 0.1);
    near(fast[1], exact[1], 0.1);
    near(fast[2], exact[2], 0.25);
    near(fast[3], exact[3], 0.25);
    assert!(fast[0] > 0.4 && fast[2] < 0.4, "{fast:?}");
    let [fast, exact] = outcomes(30.0);
    assert!(fast[0] < 1e-3 && exact[0] < 1e-2, "{fast:?} {exact:?}");
    near(fast[3], exact[3], 0.1);
}

#[test]
fn threads_that_wait_are_no_part_of_a_services_own_latency() {
    for mode in MODES {
        let mut led = Led::of(&waiting_for_the_bank(), mode).more(4);
        (0..40).for_each(|_| led.step(20.0, ready(4.0)));
        let own_s = led.engine.service_histogram(shop()).mean_s();
        assert!(own_s < 0.003, "{mode:?}: {own_s}");
        assert!(led.engine.route_histogram(RouteId::from_index(0)).mean_s() > 0.03);
    }
}

//! Laws that both latency modes must keep, on small services drawn at random.

use foresail::id::Id;
use foresail::rng::{Seed, Stream};
use foresail::traffic::calls::{Call, CallGraph, Route, ServiceId};
use foresail::traffic::exact::{Ended, Ending, ExactModel, Observer};
use foresail::traffic::latency::{
    Abandoned, ArrivalProcess, Discipline, EmpiricalWork, PodCohort, ServiceModel, ServiceProfile, StepOutcome,
    Timeout, WorkShape,
};
use foresail::units::SimDuration;

const STEP: SimDuration = SimDuration::from_secs(15);

/// Mean latency over requests, and requests under way over time.
#[derive(Default)]
struct Sums {
    from_s: f64,
    answered: u64,
    latency_s: f64,
    entered: u64,
    left: u64,
}

impl Observer for Sums {
    fn entered(&mut self, _entered_s: f64) {
        self.entered += 1;
    }
    fn ended(&mut self, ended: Ended) {
        self.left += 1;
        if ended.entered_s >= self.from_s && ended.ending == Ending::Answered {
            self.answered += 1;
            self.latency_s += ended.latency_s;
        }
    }
}

fn exact(profile: &ServiceProfile, pods: u32, rate: f64, requests: f64) -> (f64, f64) {
    let route = Route { name: "/".into(), share: 1.0, call: Call::to(ServiceId::from_index(0)) };
    let graph = CallGraph::from_routes(vec![route], 1).unwrap();
    let mut model = ExactModel::new(std::slice::from_ref(profile), &graph, profile.arrivals, Seed::new(9, 0)).unwrap();
    let mut sums = Sums::default();
    for _ in 0..pods {
        model.add_pod(ServiceId::from_index(0), None, &mut sums);
    }
    model.set_rate(rate);
    let end_s = requests / rate;
    sums.from_s = end_s * 0.1;
    // The number under way, looked at often: its mean is the area below it.
    let (mut area, mut looks) = (0.0, 0u32);
    for part in 1..=20_000 {
        model.run_until(end_s * f64::from(part) / 20_000.0, &mut sums);
        if part > 2_000 {
            area += (sums.entered - sums.left) as f64;
            looks += 1;
        }
    }
    (sums.latency_s / sums.answered as f64, area / f64::from(looks))
}

fn fast(profile: &ServiceProfile, pods: u32, rate: f64) -> StepOutcome {
    // What is replayed is the exact mode itself.
    let mut model = ServiceModel::new(profile.clone()).unwrap().without_replay();
    let cohorts = [PodCohort { key: 0, ready: f64::from(pods), speed: 1.0 }];
    let mut outcome = StepOutcome::default();
    for _ in 0..40 {
        outcome = model.step(STEP, rate, &cohorts);
    }
    outcome
}

/// A service for which the formulas promise a few percent: see docs/latency.md for the others.
fn drawn(stream: &mut Stream) -> (ServiceProfile, u32, f64) {
    let pods = 2 + stream.below(6) as u32;
    let shape = match stream.below(4) {
        0 => WorkShape::Gamma { scv: 0.5 },
        1 => WorkShape::Empirical(EmpiricalWork::from_samples(&[1.0, 2.0, 2.0, 3.0, 7.0]).unwrap()),
        _ => WorkShape::Exponential,
    };
    let usual = ServiceProfile { cpu_s: 0.02, shape, ..ServiceProfile::default() };
    let profile = match stream.below(3) {
        0 => ServiceProfile { concurrency: Some(1), discipline: Discipline::SharedQueue, ..usual },
        1 => ServiceProfile { concurrency: Some(2), ..usual },
        _ => ServiceProfile { cpu_limit_cores: Some(0.5), ..usual },
    };
    let rate = profile.pod_capacity() * f64::from(pods) * (0.3 + 0.5 * stream.uniform());
    (profile, pods, rate)
}

#[test]
fn both_modes_agree_and_littles_law_holds() {
    let mut stream = Seed::new(11, 0).stream("services", 0);
    for _ in 0..12 {
        let (profile, pods, rate) = drawn(&mut stream);
        let (latency_s, under_way) = exact(&profile, pods, rate, 400_000.0);
        let by_little = rate * latency_s;
        assert!(
            (under_way / by_little - 1.0).abs() < 0.04,
            "{under_way} under way, {by_little} by Little: {profile:?}"
        );
        let found = fast(&profile, pods, rate).latency.mean_s;
        assert!((found / latency_s - 1.0).abs() < 0.06, "fast {found}, exact {latency_s}: {pods} {rate} {profile:?}");
    }
}

#[test]
fn two_choices_agree_where_they_were_not_fitted() {
    let lognormal = |scv| WorkShape::Lognormal { scv };
    let rows = [
        (5, lognormal(2.0), 0.8),
        (20, lognormal(8.0), 0.6),
        (7, WorkShape::Gamma { scv: 3.0 }, 0.88),
        (30, lognormal(5.0), 0.85),
        (4, WorkShape::Exponential, 0.6),
    ];
    for (pods, shape, load) in rows {
        let discipline = Discipline::PowerOfTwo;
        let profile = ServiceProfile { shape, concurrency: Some(1), discipline, ..ServiceProfile::default() };
        let rate = load * 50.0 * f64::from(pods);
        let (wanted, _) = exact(&profile, pods, rate, 1_500_000.0);
        let found = fast(&profile, pods, rate).latency.mean_s;
        println!("{pods} pods at {load}: {:+.1} %", 100.0 * (found / wanted - 1.0));
        assert!((found / wanted - 1.0).abs() < 0.06, "{pods} {shape:?} {load}: {found}, not {wanted}");
    }
}

#[test]
fn latency_rises_with_load_through_both_tiers() {
    let disciplines = [
        Discipline::Random,
        Discipline::RoundRobin,
        Discipline::LeastOutstanding,
        Discipline::PowerOfTwo,
        Discipline::SharedQueue,
    ];
    for discipline in disciplines {
        let profile = ServiceProfile { concurrency: Some(1), discipline, ..ServiceProfile::default() };
        let mut before = 0.0;
        for load in 1..=24 {
            let load = f64::from(load) * 0.05;
            let outcome = fast(&profile, 5, 250.0 * load);
            // Behind balancers that look all pods together forget fast enough up to 0.95.
            let looks = matches!(discipline, Discipline::PowerOfTwo | Discipline::LeastOutstanding);
            let from = if looks { 0.951 } else { 0.899 };
            assert_eq!(outcome.is_pooled, load > from, "{discipline:?} at {load}");
            let mean_s = outcome.latency.mean_s;
            assert!(mean_s > before, "{discipline:?} at {load}: {mean_s} after {before}");
            before = mean_s;
        }
    }
}

#[test]
fn nobody_is_lost_near_capacity() {
    for (discipline, queue_bound) in [(Discipline::Random, None), (Discipline::SharedQueue, Some(20))] {
        let profile = ServiceProfile { concurrency: Some(2), discipline, queue_bound, ..ServiceProfile::default() };
        let mut model = ServiceModel::new(profile).unwrap();
        let (mut arrived, mut ended) = (0.0, 0.0);
        for step in 0..120_u32 {
            // Overload, then rest; pods come and go meanwhile.
            let rate = if (20..40).contains(&step) { 520.0 } else { 150.0 };
            let ready = if (50..80).contains(&step) { 4.0 } else { 5.0 };
            let outcome = model.step(STEP, rate, &[PodCohort { key: 0, ready, speed: 1.0 }]);
            arrived += outcome.arrived;
            ended += outcome.answered + outcome.rejected + outcome.timed_out;
        }
        assert!((ended / arrived - 1.0).abs() < 2e-3, "{discipline:?}: {arrived} came, {ended} went");
    }
}

#[test]
fn known_queues_have_their_latency_in_both_modes() {
    let one = |profile: ServiceProfile| ServiceProfile { concurrency: Some(1), ..profile };
    let usual = ServiceProfile::default;
    let check = |name: &str, profile: ServiceProfile, pods: u32, rate: f64, wanted: f64| {
        let found = fast(&profile, pods, rate).latency.mean_s;
        assert!((found / wanted - 1.0).abs() < 0.02, "{name}, fast: {found}, not {wanted}");
        let (found, _) = exact(&profile, pods, rate, 600_000.0);
        assert!((found / wanted - 1.0).abs() < 0.03, "{name}, exact: {found}, not {wanted}");
    };
    check("M/M/1", one(usual()), 1, 40.0, 0.1);
    let queue = ServiceProfile { discipline: Discipline::SharedQueue, ..usual() };
    // Erlang's C of two servers at 0.8 is 0.7111.
    check("M/M/2", one(queue.clone()), 2, 80.0, 0.02 + 0.711_111 * 0.02 / 0.4);
    check("M/D/1", one(ServiceProfile { shape: WorkShape::Deterministic, ..usual() }), 1, 40.0, 0.02 + 0.04);
    let sharing = ServiceProfile { shape: WorkShape::Lognormal { scv: 4.0 }, cpu_limit_cores: Some(1.0), ..usual() };
    check("M/G/1-PS", sharing, 1, 35.0, 0.02 / 0.3);
    // D/M/1 at 0.5: the root of s = exp(-2 (1 - s)) is 0.203188.
    let regular = ServiceProfile { arrivals: ArrivalProcess::Deterministic, ..queue };
    check("D/M/1", one(regular), 1, 25.0, 0.02 / (1.0 - 0.203_188));
}

/// Services of every discipline, with and without bounds and patience.
fn drawn_with_patience(stream: &mut Stream) -> ServiceProfile {
    let mut one_of = |count: usize| stream.below(count);
    let discipline = [
        Discipline::Random,
        Discipline::RoundRobin,
        Discipline::LeastOutstanding,
        Discipline::PowerOfTwo,
        Discipline::SharedQueue,
    ][one_of(5)];
    let lognormal = WorkShape::Lognormal { scv: 4.0 };
    let shape = [WorkShape::Deterministic, WorkShape::Gamma { scv: 0.5 }, WorkShape::Exponential, lognormal][one_of(4)];
    let threads = [(Some(1), None), (Some(4), None), (Some(8), Some(1.0)), (None, Some(0.5))];
    let (concurrency, cpu_limit_cores) = threads[one_of(4)];
    let queue_bound = [None, None, Some(0), Some(10)][one_of(4)];
    let work = [Abandoned::Ignored, Abandoned::CancelQueued, Abandoned::CancelAll][one_of(3)];
    let after_s = [0.1, 1.0, 10.0, 40.0][one_of(4)];
    let timeout = Some(Timeout { after_s, work });
    let usual = ServiceProfile { cpu_s: 0.05, shape, concurrency, cpu_limit_cores, ..ServiceProfile::default() };
    ServiceProfile { discipline, queue_bound, timeout, ..usual }
}

#[test]
fn whoever_arrives_ends_once_whatever_clients_do() {
    let mut stream = Seed::new(5, 0).stream("patience", 0);
    for case in 0..120 {
        let profile = drawn_with_patience(&mut stream);
        let model = ServiceModel::new(profile.clone()).unwrap();
        let mut model = if case % 10 == 0 { model } else { model.without_replay() };
        let capacity = profile.pod_capacity() * 3.0;
        let cohorts = [PodCohort { key: 0, ready: 3.0, speed: 1.0 }];
        let (mut arrived, mut ended) = (0.0, 0.0);
        for _ in 0..16 {
            let load = [0.2, 0.7, 0.93, 1.0, 1.3, 3.0][stream.below(6)];
            let step = model.step(STEP, load * capacity, &cohorts);
            arrived += step.arrived;
            ended += step.answered + step.rejected + step.timed_out;
            let under_way = arrived - ended;
            // Near capacity arrivals of 5 s are taken together: half of them may be late by that.
            let unsure = 3.0 * capacity + 0.005 * arrived;
            let text = format!("case {case}, load {load}: {under_way} and {step:?} of {profile:?}");
            assert!(step.answered >= 0.0 && step.rejected >= 0.0 && step.timed_out >= 0.0, "{text}");
            assert!(under_way > -unsure && under_way < step.backlog + unsure, "{text}");
            let patience_s = profile.timeout.map_or(f64::INFINITY, |timeout| timeout.after_s);
            assert!(step.latency.mean_s <= 1.01 * patience_s, "{text}");
        }
    }
}

#[test]
fn more_requests_fail_the_higher_the_load() {
    let mut stream = Seed::new(6, 0).stream("patience", 0);
    for _ in 0..40 {
        let profile = drawn_with_patience(&mut stream);
        // Who stays in hand when his client has gone makes a queue that no time is long enough for.
        let leaves = profile.timeout.is_some_and(|timeout| timeout.work == Abandoned::CancelAll);
        if !leaves {
            continue;
        }
        let mut before = 0.0;
        for load in [0.3, 0.6, 0.8, 1.3, 2.0, 4.0] {
            let outcome = fast(&profile, 4, load * 4.0 * profile.pod_capacity());
            let rate = outcome.error_rate();
            assert!(rate > before - 0.03, "{rate} at {load}, {before} at less: {profile:?}");
            before = rate;
        }
    }
}

//! Stories with known ends.

use super::*;
use crate::traffic::calls::{Call, Route};
use crate::traffic::latency::{Abandoned, Discipline, Retries, Timeout, WorkShape};

#[derive(Default)]
struct Counts {
    answered: u64,
    rejected: u64,
    timed_out: u64,
    broken: u64,
    entered: u64,
    latency_s: f64,
    most_s: f64,
}

impl Observer for Counts {
    fn entered(&mut self, _entered_s: f64) {
        self.entered += 1;
    }
    fn ended(&mut self, ended: Ended) {
        match ended.ending {
            Ending::Answered => {
                self.answered += 1;
                self.latency_s += ended.latency_s;
                self.most_s = self.most_s.max(ended.latency_s);
            }
            Ending::Rejected => self.rejected += 1,
            Ending::TimedOut => self.timed_out += 1,
            Ending::Broken => self.broken += 1,
        }
    }
}

fn service(number: u32) -> ServiceId {
    ServiceId::from_index(number as usize)
}

fn fixed(cpu_s: f64) -> ServiceProfile {
    ServiceProfile {
        cpu_s,
        shape: WorkShape::Deterministic,
        concurrency: Some(1),
        discipline: Discipline::RoundRobin,
        ..ServiceProfile::default()
    }
}

fn model(profiles: &[ServiceProfile], call: Call) -> ExactModel {
    let route = Route { name: "/".into(), share: 1.0, call };
    let graph = CallGraph::from_routes(vec![route], profiles.len()).unwrap();
    ExactModel::new(profiles, &graph, ArrivalProcess::Deterministic, Seed::new(1, 0)).unwrap()
}

fn alone(profile: ServiceProfile) -> ExactModel {
    model(&[profile], Call::to(service(0)))
}

#[test]
fn a_tandem_takes_the_sum_and_a_fork_the_longest() {
    let profiles = [fixed(0.01), fixed(0.02), fixed(0.03)];
    let sequence = Call::to(service(0)).then(vec![Call::to(service(1))]).then(vec![Call::to(service(2))]);
    let fork = Call::to(service(0)).then(vec![Call::to(service(1)), Call::to(service(2))]);
    for (call, wanted_s) in [(sequence, 0.061 + 0.001), (fork, 0.041)] {
        let mut model = model(&profiles, call).with_network_delay(0.001);
        let mut counts = Counts::default();
        for number in 0..3 {
            model.add_pod(service(number), None, &mut counts);
        }
        model.set_rate(1.0);
        model.run_until(10.5, &mut counts);
        assert_eq!(counts.answered, 10);
        assert!((counts.latency_s / 10.0 - wanted_s).abs() < 1e-9, "{}", counts.latency_s);
    }
}

#[test]
fn nobody_is_lost_whatever_happens() {
    for discipline in [
        Discipline::Random,
        Discipline::RoundRobin,
        Discipline::LeastOutstanding,
        Discipline::PowerOfTwo,
        Discipline::SharedQueue,
    ] {
        for work in [Abandoned::Ignored, Abandoned::CancelQueued, Abandoned::CancelAll] {
            let profile = ServiceProfile {
                cpu_s: 0.05,
                concurrency: Some(2),
                cpu_limit_cores: Some(0.8),
                discipline,
                queue_bound: Some(20),
                off_cpu_s: 0.01,
                timeout: Some(Timeout { after_s: 0.5, work }),
                retries: Some(Retries { most: 2, backoff_s: 0.05, budget_share: 0.2 }),
                ..ServiceProfile::default()
            };
            let backend = ServiceProfile { timeout: None, retries: None, ..profile.clone() };
            let call = Call { holds_thread: true, ..Call::to(service(0)) }.then(vec![Call::to(service(1))]);
            let mut model = model(&[profile, backend], call);
            let mut counts = Counts::default();
            let mut pods = Vec::new();
            for round in 0..40_u32 {
                pods.push(model.add_pod(service(round % 2), None, &mut counts));
                model.set_rate(f64::from(40 + 10 * (round % 7)));
                model.run_until(f64::from(round) * 2.0 + 2.0, &mut counts);
                if round % 5 == 4 {
                    model.drain_pod(pods.remove(0), &mut counts);
                    model.kill_pod(pods.remove(1), &mut counts);
                }
            }
            model.set_rate(0.0);
            model.run_until(200.0, &mut counts);
            let ended = counts.answered + counts.rejected + counts.timed_out + counts.broken;
            assert_eq!(ended, counts.entered, "{discipline:?} {work:?}");
            assert_eq!((model.in_system(service(0)), model.visits.count()), (0, 0), "{discipline:?} {work:?}");
            assert!(counts.answered > 0 && counts.timed_out > 0);
        }
    }
}

#[test]
fn a_service_that_never_keeps_up_stays_within_bounds() {
    let mut model = alone(ServiceProfile { queue_bound: Some(10), ..fixed(1.0) });
    let mut counts = Counts::default();
    model.add_pod(service(0), None, &mut counts);
    model.set_rate(1000.0);
    model.run_until(100.0, &mut counts);
    assert!((99..=101).contains(&counts.answered) && counts.rejected > 99_000);
    assert_eq!((model.visits.count(), model.overflowed()), (11, 0));
    // Without a bound the whole model has one.
    let mut model = alone(fixed(1.0));
    model.add_pod(service(0), None, &mut ());
    model.set_rate(3e6);
    model.run_until(1.0, &mut ());
    assert!(model.overflowed() > 800_000 && model.visits.count() <= MOST_VISITS);
}

#[test]
fn a_budget_limits_retries() {
    let attempts = |budget_share| {
        struct Failures(u64);
        impl Observer for Failures {
            fn failed(&mut self, _service: ServiceId, _ending: Ending) {
                self.0 += 1;
            }
        }
        let retries = Some(Retries { most: 3, backoff_s: 0.01, budget_share });
        let mut model = alone(ServiceProfile { retries, ..fixed(1.0) });
        model.set_rate(100.0);
        let mut failures = Failures(0);
        model.run_until(100.0, &mut failures);
        failures.0 as f64 / 10_000.0
    };
    // No pod at all: every attempt fails.
    assert!((attempts(0.2) - 1.2).abs() < 0.01, "{}", attempts(0.2));
    assert!((attempts(9.0) - 4.0).abs() < 0.01, "{}", attempts(9.0));
}

#[test]
fn cold_pods_are_slow_and_warm_up() {
    let mut model = alone(fixed(0.01));
    let mut counts = Counts::default();
    model.add_pod(service(0), Some(WarmUp { speed: 0.1, seconds: 100.0 }), &mut counts);
    model.set_rate(1.0);
    model.run_until(5.5, &mut counts);
    // The first tenth of the way from 0.1 to 1, in the middle.
    assert!((counts.latency_s / 5.0 - 0.01 / 0.145).abs() < 1e-9);
    model.run_until(200.5, &mut counts);
    let mut later = Counts::default();
    model.run_until(210.5, &mut later);
    assert!((later.latency_s / 10.0 - 0.01).abs() < 1e-9);
}

#[test]
fn draining_finishes_and_killing_breaks() {
    for (kill, wanted) in [(false, (1, 0)), (true, (0, 1))] {
        let mut model = alone(fixed(10.0));
        let mut counts = Counts::default();
        let pod = model.add_pod(service(0), None, &mut counts);
        model.set_rate(1.0);
        model.run_until(1.5, &mut counts);
        model.set_rate(0.0);
        if kill {
            model.kill_pod(pod, &mut counts)
        } else {
            model.drain_pod(pod, &mut counts)
        }
        model.run_until(20.0, &mut counts);
        assert_eq!((counts.answered, counts.broken), wanted);
        // The place is used again; the old key means nobody.
        model.add_pod(service(0), None, &mut counts);
        model.kill_pod(pod, &mut counts);
        model.set_rate(1.0);
        model.run_until(21.0, &mut counts);
        assert_eq!(model.in_system(service(0)), 1);
    }
}

#[test]
fn runs_repeat_exactly() {
    let run = || {
        let profile = ServiceProfile { cpu_limit_cores: Some(0.5), ..ServiceProfile::default() };
        let mut model = alone(ServiceProfile { shape: WorkShape::Lognormal { scv: 4.0 }, ..profile });
        let mut counts = Counts::default();
        for _ in 0..4 {
            model.add_pod(service(0), None, &mut counts);
        }
        model.set_rate(70.0);
        model.run_until(300.0, &mut counts);
        (counts.answered, counts.latency_s.to_bits(), counts.most_s.to_bits())
    };
    assert_eq!(run(), run());
}

//! Measures the fast mode's errors against the exact mode where no recording judges them.
//!
//! `cargo run --release --example latency_errors`: a line per case with the weighted absolute errors, in percent of
//! the exact mode, of mean, P95 and P99 by steps of 15 s (pooled over the exact mode's replications).

use foresail::id::Id;
use foresail::rng::Seed;
use foresail::traffic::calls::{Call, CallGraph, Route, ServiceId};
use foresail::traffic::exact::{Ended, Ending, ExactModel, Observer, PodKey};
use foresail::traffic::latency::{
    Abandoned, ArrivalProcess, Discipline, LatencyHistogram, PodCohort, ServiceModel, ServiceProfile, StepOutcome,
    Timeout, WorkShape,
};
use foresail::units::SimDuration;
use rayon::prelude::*;

const STEP_S: f64 = 15.0;
const REPLICATIONS: u32 = 100;

/// A service through time.
struct Case {
    name: &'static str,
    profile: ServiceProfile,
    /// From a time in seconds on: requests per second over the capacity of the first pods.
    loads: &'static [(f64, f64)],
    /// From a time in seconds on: ready pods.
    pods: &'static [(f64, usize)],
    end_s: f64,
}

impl Case {
    fn at<T: Copy>(rows: &[(f64, T)], time_s: f64) -> T {
        rows[rows.partition_point(|row| row.0 <= time_s) - 1].1
    }

    fn rate(&self, time_s: f64) -> f64 {
        Self::at(self.loads, time_s) * self.profile.pod_capacity() * self.pods[0].1 as f64
    }

    fn steps(&self) -> usize {
        (self.end_s / STEP_S) as usize
    }
}

/// What ended in a step.
#[derive(Clone, Default)]
struct Seen {
    latency: LatencyHistogram,
    failed: f64,
}

impl Observer for Seen {
    fn ended(&mut self, ended: Ended) {
        match ended.ending {
            Ending::Answered => self.latency.record_one(ended.latency_s),
            _ => self.failed += 1.0,
        }
    }
}

fn exact(case: &Case) -> Vec<Seen> {
    let run = |replication: u32| {
        let service = ServiceId::from_index(0);
        let route = Route { name: "/".into(), share: 1.0, call: Call::to(service) };
        let graph = CallGraph::from_routes(vec![route], 1).expect("one route");
        let seed = Seed::new(7, replication);
        let profiles = std::slice::from_ref(&case.profile);
        let mut model = ExactModel::new(profiles, &graph, case.profile.arrivals, seed).expect("a sound profile");
        let mut pods: Vec<PodKey> = Vec::new();
        let step = |step: usize| {
            let mut seen = Seen::default();
            let wanted = Case::at(case.pods, step as f64 * STEP_S);
            while pods.len() < wanted {
                pods.push(model.add_pod(service, None, &mut seen));
            }
            for pod in pods.drain(wanted..) {
                model.drain_pod(pod, &mut seen);
            }
            model.set_rate(case.rate(step as f64 * STEP_S));
            model.run_until((step + 1) as f64 * STEP_S, &mut seen);
            seen
        };
        (0..case.steps()).map(step).collect::<Vec<Seen>>()
    };
    let runs: Vec<Vec<Seen>> = (0..REPLICATIONS).into_par_iter().map(run).collect();
    let mut all = vec![Seen::default(); case.steps()];
    for run in runs {
        for (sum, step) in all.iter_mut().zip(run) {
            sum.latency.merge(&step.latency);
            sum.failed += step.failed / f64::from(REPLICATIONS);
        }
    }
    all
}

fn fast(case: &Case, both_tiers: bool) -> Vec<StepOutcome> {
    let model = ServiceModel::new(case.profile.clone()).expect("a sound profile");
    let mut model = if both_tiers { model } else { model.first_tier_only() };
    let mut cohorts: Vec<PodCohort> = Vec::new();
    let mut backlog = 0.0;
    let step = |step: usize| {
        let time_s = step as f64 * STEP_S;
        let more = Case::at(case.pods, time_s) as f64 - cohorts.iter().map(|cohort| cohort.ready).sum::<f64>();
        match cohorts.first_mut() {
            Some(first) if more < 0.0 || backlog <= 0.0 => first.ready += more,
            _ if more > 0.0 => cohorts.push(PodCohort { key: step as u64, ready: more, speed: 1.0 }),
            _ => {}
        }
        let outcome = model.step(SimDuration::from_secs_f64(STEP_S), case.rate(time_s), &cohorts);
        backlog = outcome.backlog;
        outcome
    };
    (0..case.steps()).map(step).collect()
}

fn main() {
    println!("{:<46} {:>22} {:>22} {:>12}", "case", "both tiers", "first tier alone", "errors, pts");
    for case in cases() {
        let wanted = exact(&case);
        let errors = |found: &[StepOutcome]| {
            let wape = |figure: &dyn Fn(&StepOutcome) -> f64, truth: &dyn Fn(&LatencyHistogram) -> f64| {
                let (mut off, mut sum) = (0.0, 0.0);
                for (found, wanted) in found.iter().zip(&wanted).filter(|(_, w)| w.latency.requests() > 0.0) {
                    let truth = truth(&wanted.latency);
                    off += (figure(found) - truth).abs();
                    sum += truth;
                }
                100.0 * off / sum
            };
            [
                wape(&|o| o.latency.mean_s, &LatencyHistogram::mean_s),
                wape(&|o| o.latency.p95_s, &|h| h.quantile_s(0.95)),
                wape(&|o| o.latency.p99_s, &|h| h.quantile_s(0.99)),
            ]
        };
        let both = fast(&case, true);
        let rate = |failed: f64, answered: f64| 100.0 * failed / (failed + answered).max(1e-9);
        let found = rate(both.iter().map(|o| o.rejected + o.timed_out).sum(), both.iter().map(|o| o.answered).sum());
        let answered = wanted.iter().map(|w| w.latency.requests()).sum::<f64>() / f64::from(REPLICATIONS);
        let truth = rate(wanted.iter().map(|w| w.failed).sum(), answered);
        let text = |errors: [f64; 3]| errors.map(|error| format!("{error:.1}")).join(" / ");
        let first = errors(&fast(&case, false));
        println!(
            "{:<46} {:>22} {:>22} {:>12}",
            case.name,
            text(errors(&both)),
            text(first),
            format!("{found:.1} ({truth:.1})")
        );
    }
}

fn cases() -> Vec<Case> {
    const NEAR: &[(f64, f64)] = &[(0.0, 0.7), (120.0, 0.95), (540.0, 0.6)];
    const OVER: &[(f64, f64)] = &[(0.0, 0.7), (120.0, 1.3), (420.0, 0.7)];
    const DEEP: &[(f64, f64)] = &[(0.0, 2.5)];
    const FIVE: &[(f64, usize)] = &[(0.0, 5)];
    const MORE: &[(f64, usize)] = &[(0.0, 5), (210.0, 7), (255.0, 9)];
    const MANY: &[(f64, usize)] = &[(0.0, 5), (300.0, 10), (600.0, 20)];
    let lognormal = |scv: f64| WorkShape::Lognormal { scv };
    let shared = ServiceProfile { cpu_s: 0.01, cpu_limit_cores: Some(0.5), ..ServiceProfile::default() };
    let threads = ServiceProfile { concurrency: Some(16), ..shared.clone() };
    let slow = ServiceProfile { off_cpu_s: 0.02, shape: lognormal(2.0), ..threads.clone() };
    let gaps = ArrivalProcess::Gamma { scv: 4.0 };
    let bursts = ArrivalProcess::Bursty { levels: [0.5, 1.5], mean_sojourn_s: [2.0, 2.0] };
    let bursty = |arrivals, discipline| ServiceProfile {
        cpu_s: 0.01,
        concurrency: Some(1),
        arrivals,
        discipline,
        ..ServiceProfile::default()
    };
    let row = |name, profile, loads, pods| Case { name, profile, loads, pods, end_s: 900.0 };
    vec![
        row("0.95, all share 500m, SCV 1", shared.clone(), NEAR, FIVE),
        row("0.95, all share 500m, SCV 4", ServiceProfile { shape: lognormal(4.0), ..shared.clone() }, NEAR, FIVE),
        row("0.95, 16 threads share 500m, SCV 1", threads.clone(), NEAR, FIVE),
        row(
            "0.95, 16 threads share 500m, SCV 4",
            ServiceProfile { shape: lognormal(4.0), ..threads.clone() },
            NEAR,
            FIVE,
        ),
        row(
            "0.95, 16 threads share 2 cores, SCV 1",
            ServiceProfile { cpu_limit_cores: Some(2.0), ..threads.clone() },
            NEAR,
            FIVE,
        ),
        row("0.95, 16 threads, 500m, 20 ms off the cpu", slow.clone(), NEAR, FIVE),
        row(
            "0.95, 16 threads, 500m, round robin",
            ServiceProfile { discipline: Discipline::RoundRobin, ..threads.clone() },
            NEAR,
            FIVE,
        ),
        row("1.3, all share 500m, SCV 1, pods come", shared.clone(), OVER, MORE),
        row(
            "1.3, all share 500m, SCV 4, pods come",
            ServiceProfile { shape: lognormal(4.0), ..shared.clone() },
            OVER,
            MORE,
        ),
        row("2.5 from the start, all share 500m, SCV 1", shared.clone(), DEEP, MANY),
        row(
            "2.5 from the start, all share 500m, SCV 4",
            ServiceProfile { shape: lognormal(4.0), ..shared.clone() },
            DEEP,
            MANY,
        ),
        row("2.5 from the start, 16 threads, SCV 1", threads.clone(), DEEP, MANY),
        row("1.3, 16 threads share 500m, SCV 1, pods come", threads.clone(), OVER, MORE),
        row(
            "1.3, 16 threads share 500m, SCV 4, pods come",
            ServiceProfile { shape: lognormal(4.0), ..threads.clone() },
            OVER,
            MORE,
        ),
        row("1.3, 16 threads, 500m, 20 ms off, pods come", slow, OVER, MORE),
        row(
            "1.3, 16 threads share 500m, patience 2 s",
            ServiceProfile {
                timeout: Some(Timeout { after_s: 2.0, work: Abandoned::CancelQueued }),
                ..threads.clone()
            },
            OVER,
            FIVE,
        ),
        row("1.3, 16 threads share 500m, 20 places", ServiceProfile { queue_bound: Some(20), ..threads }, OVER, FIVE),
        row("0.95, one queue, gaps with SCV 4", bursty(gaps, Discipline::SharedQueue), NEAR, FIVE),
        row("0.95, random pods, gaps with SCV 4", bursty(gaps, Discipline::Random), NEAR, FIVE),
        row("1.3, one queue, gaps with SCV 4, pods come", bursty(gaps, Discipline::SharedQueue), OVER, MORE),
        row("0.95, one queue, bursts of 2 s", bursty(bursts, Discipline::SharedQueue), NEAR, FIVE),
        row("0.95, random pods, bursts of 2 s", bursty(bursts, Discipline::Random), NEAR, FIVE),
        row("1.3, one queue, bursts of 2 s, pods come", bursty(bursts, Discipline::SharedQueue), OVER, MORE),
        row(
            "1.3, random pods, gaps with SCV 4, 20 places",
            ServiceProfile { queue_bound: Some(20), ..bursty(gaps, Discipline::Random) },
            OVER,
            FIVE,
        ),
    ]
}

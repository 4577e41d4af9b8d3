//! The audit: the worst minutes of a run, replayed in both latency modes.
//!
//! Both replay the same entry rates and the same ready pods, step by step, from before the window on;
//! neither meets the controllers again. The exact mode repeats it with other seeds: its interval is over
//! these replications, never over pooled requests.

use crate::id::{Id, IdVec};
use crate::rng::Seed;
use crate::sim::exact::{Watch, model_of, summary};
use crate::sim::outcome::{Point, Timeline};
use crate::study::Study;
use crate::traffic::calls::ServiceId;
use crate::traffic::exact::PodKey;
use crate::traffic::latency::{
    ColdPods, Hop, LatencyHistogram, LatencySummary, PodCohort, RouteLatency, STRATA_COUNT, ServiceModel,
};
use crate::units::SimTime;
use crate::world::Traffic;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// What to audit, and how thoroughly.
#[derive(Clone, Copy, Debug)]
pub struct AuditPlan {
    /// How many windows.
    pub windows: usize,
    /// Steps per window.
    pub steps: usize,
    /// Replications of the exact mode; at least 2.
    pub replications: u32,
    /// Requests simulated per window at most, over all replications: there are fewer replications (but at
    /// least 3) where a window has too many.
    pub most_requests: f64,
}

impl Default for AuditPlan {
    /// Five windows of four steps, 20 replications, ten million requests.
    fn default() -> Self {
        AuditPlan { windows: 5, steps: 4, replications: 20, most_requests: 1e7 }
    }
}

/// A mean over replications with the half-width of its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranged {
    /// The mean.
    pub mean: f64,
    /// Half the width of the interval (Student's t).
    pub half_width: f64,
}

/// One route in one window, in both modes.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// The window begins.
    pub from: SimTime,
    /// The window ends.
    pub to: SimTime,
    /// The route.
    pub route: String,
    /// Requests per second by the route.
    pub requests_per_second: f64,
    /// The fast mode's figures.
    pub fast: LatencySummary,
    /// The fast mode's share of failed requests, 0..=1.
    pub fast_error_rate: f64,
    /// The exact mode's P50, P95, P99 in seconds, each of one run; none if nothing was answered.
    pub exact_per_run_s: Option<[Ranged; 3]>,
    /// The exact mode's P50, P95, P99 in seconds of all runs' requests together.
    pub exact_pooled_s: [f64; 3],
    /// The exact mode's share of failed requests.
    pub exact_error_rate: Ranged,
}

impl AuditRow {
    /// The fast mode's P95 against the exact one's, in percent of the exact one.
    pub fn p95_difference_percent(&self) -> Option<f64> {
        let exact = self.exact_per_run_s?[1].mean;
        (exact > 0.0).then(|| 100.0 * (self.fast.p95_s / exact - 1.0))
    }
}

/// Replays the worst windows of the study's first replication. Nothing without traffic.
pub fn audit(study: &Study, plan: &AuditPlan) -> Vec<AuditRow> {
    let Some(traffic) = &study.cast.traffic else { return Vec::new() };
    // Once more, with a point for every step.
    let closely = Study { timeline_every: study.timing.step, ..study.clone() };
    let timeline = closely.replicate(0).timeline;
    let windows = worst_windows(&timeline, traffic, plan);
    let replay = |range: std::ops::Range<usize>| Replay::new(&timeline, traffic, study, range).rows(plan);
    windows.into_par_iter().flat_map_iter(replay).collect()
}

/// The windows with the worst steps, apart from each other, in order of time.
fn worst_windows(timeline: &Timeline, traffic: &Traffic, plan: &AuditPlan) -> Vec<std::ops::Range<usize>> {
    let points = &timeline.points;
    let mut order: Vec<usize> = (1..points.len()).filter(|at| points[*at].requests_per_second > 0.0).collect();
    let broken = |point: &Point| traffic.objective.is_broken_by(point.latency_s_p95, point.error_rate);
    order.sort_by(|a, b| {
        let (a, b) = (&points[*a], &points[*b]);
        let by_breach = broken(b).cmp(&broken(a));
        by_breach
            .then(b.error_rate.total_cmp(&a.error_rate))
            .then(b.latency_s_p95.total_cmp(&a.latency_s_p95))
            .then(a.at.cmp(&b.at))
    });
    let mut windows: Vec<std::ops::Range<usize>> = Vec::new();
    for at in order {
        if windows.len() >= plan.windows {
            break;
        }
        let from = at.saturating_sub(plan.steps / 2).max(1);
        let to = (from + plan.steps).min(points.len());
        if windows.iter().all(|known| to <= known.start || from >= known.end) {
            windows.push(from..to);
        }
    }
    windows.sort_by_key(|window| window.start);
    windows
}

/// A window, and where to begin so that it finds the queues as they were.
struct Replay<'a> {
    timeline: &'a Timeline,
    traffic: &'a Traffic,
    study: &'a Study,
    begin: usize,
    window: std::ops::Range<usize>,
}

/// The queues are let fill for so many steps before a window, and longer while there is a backlog.
const LEAST_STEPS_BEFORE: usize = 12;
const MOST_STEPS_BEFORE: usize = 480;

impl<'a> Replay<'a> {
    fn new(
        timeline: &'a Timeline,
        traffic: &'a Traffic,
        study: &'a Study,
        window: std::ops::Range<usize>,
    ) -> Replay<'a> {
        let earliest = window.start.saturating_sub(MOST_STEPS_BEFORE).max(1);
        let mut begin = window.start.saturating_sub(LEAST_STEPS_BEFORE).max(1);
        let queued = |at: usize| timeline.points[at].services.iter().any(|(_, _, backlog)| *backlog > 0.0);
        while begin > earliest && queued(begin - 1) {
            begin -= 1;
        }
        Replay { timeline, traffic, study, begin, window }
    }

    /// Ready pods of a service during the step that ends with a point: those at its beginning.
    fn pods(&self, at: usize, service: ServiceId) -> usize {
        let Some(workload) = self.traffic.services[service].workload else { return 1 };
        let before = &self.timeline.points[at.saturating_sub(1)];
        before.pods.iter().find(|row| row.workload == workload).map_or(0, |row| row.ready.max(0) as usize)
    }

    /// How many more pods are ready in a step than in the one before; at the beginning none is new.
    fn new_pods(&self, at: usize, service: ServiceId) -> usize {
        if at == self.begin { 0 } else { self.pods(at, service).saturating_sub(self.pods(at - 1, service)) }
    }

    fn rows(&self, plan: &AuditPlan) -> Vec<AuditRow> {
        let fast = self.fast();
        let step_s = self.study.timing.step.as_secs_f64();
        let points = &self.timeline.points;
        let requests: f64 = points[self.begin..self.window.end].iter().map(|p| p.requests_per_second * step_s).sum();
        let affordable = (plan.most_requests / requests.max(1.0)) as u32;
        let replications = plan.replications.min(affordable.max(3)).max(2);
        let runs: Vec<Watch> = (0..replications).map(|replication| self.exact(replication)).collect();
        let window = &points[self.window.clone()];
        let rate = window.iter().map(|p| p.requests_per_second).sum::<f64>() / window.len() as f64;
        let (from, to) = (points[self.window.start - 1].at, points[self.window.end - 1].at);
        let routes = self.traffic.graph.routes().values().enumerate().zip(fast);
        let row = |((at, route), (fast, fast_error_rate)): ((usize, &crate::traffic::calls::Route), _)| {
            let mut pooled = LatencyHistogram::new();
            let (mut quantiles, mut errors) = ([const { Vec::new() }; 3], Vec::new());
            for run in &runs {
                let (latency, failed) = run.route(at);
                pooled.merge(latency);
                let all = latency.requests() + failed as f64;
                errors.push(if all > 0.0 { failed as f64 / all } else { 0.0 });
                if latency.requests() > 0.0 {
                    for (values, share) in quantiles.iter_mut().zip(SHARES) {
                        values.push(latency.quantile_s(share));
                    }
                }
            }
            AuditRow {
                from,
                to,
                route: route.name.clone(),
                requests_per_second: rate * route.share,
                fast,
                fast_error_rate,
                exact_per_run_s: (!quantiles[0].is_empty()).then(|| quantiles.map(|values| ranged(&values))),
                exact_pooled_s: SHARES.map(|share| pooled.quantile_s(share)),
                exact_error_rate: ranged(&errors),
            }
        };
        routes.map(row).collect()
    }

    /// By route: the window in the fast mode.
    fn fast(&self) -> Vec<(LatencySummary, f64)> {
        let graph = &self.traffic.graph;
        let mut models: IdVec<ServiceId, ServiceModel> = IdVec::new();
        for service in self.traffic.services.values() {
            let model = ServiceModel::with_tables(service.profile.clone(), self.study.tables.clone());
            models.push(model.expect("a checked profile"));
        }
        let mut routes = RouteLatency::new(graph);
        let mut hops = vec![Hop { strata_s: [0.0; STRATA_COUNT], error_rate: 0.0 }; models.len()];
        let mut counts = vec![(0.0, 0.0); graph.routes().len()];
        let mut cohorts: IdVec<ServiceId, Vec<PodCohort>> = IdVec::filled(Vec::new(), models.len());
        let mut backlogs: IdVec<ServiceId, f64> = IdVec::filled(0.0, models.len());
        let mut cold: IdVec<ServiceId, ColdPods> = IdVec::filled(ColdPods::default(), models.len());
        let step_s = self.study.timing.step.as_secs_f64();
        for at in self.begin..self.window.end {
            if at == self.window.start {
                routes = RouteLatency::new(graph);
            }
            let rate = self.timeline.points[at].requests_per_second;
            for (id, arrivals) in graph.arrival_rates(rate) {
                let cohorts = &mut cohorts[id];
                let ready = self.pods(at, id);
                follow(cohorts, at, ready as f64, backlogs[id]);
                if let Some(warm_up) = models[id].profile().warm_up {
                    let from_s = at as f64 * step_s;
                    (0..self.new_pods(at, id)).for_each(|_| cold[id].add(from_s));
                    let speed = cold[id].mean_speed(warm_up, (from_s, from_s + step_s), ready as f64);
                    cohorts.iter_mut().for_each(|cohort| cohort.speed = speed);
                }
                let outcome = models[id].step(self.study.timing.step, arrivals, cohorts);
                backlogs[id] = outcome.backlog;
                hops[id.index()] = Hop { strata_s: models[id].strata_s(), error_rate: outcome.error_rate() };
            }
            routes.begin_step(&hops);
            for (id, route) in graph.routes().iter() {
                let arrived = rate * route.share * self.study.timing.step.as_secs_f64();
                let outcome = routes.step(graph, id, arrived, &hops);
                if at >= self.window.start {
                    let (arrived, failed) = &mut counts[id.index()];
                    (*arrived, *failed) = (*arrived + outcome.arrived, *failed + outcome.failed);
                }
            }
        }
        let ids = graph.routes().iter().map(|(id, _)| id).zip(counts);
        ids.map(|(id, (arrived, failed))| (summary(routes.histogram(id)), failed / f64::max(arrived, 1e-9))).collect()
    }

    /// The requests that ended in the window, in the exact mode.
    fn exact(&self, replication: u32) -> Watch {
        let seed = Seed::new(self.study.seed ^ self.window.start as u64, replication);
        let mut model = model_of(self.traffic, seed);
        let services: Vec<ServiceId> = self.traffic.services.iter().map(|(id, _)| id).collect();
        let mut pods: Vec<Vec<PodKey>> = vec![Vec::new(); services.len()];
        let mut watch = Watch::new(services.len(), self.traffic.graph.routes().len());
        let step_s = self.study.timing.step.as_secs_f64();
        for at in self.begin..self.window.end {
            if at == self.window.start {
                watch.clear();
            }
            for (id, keys) in services.iter().zip(&mut pods) {
                let wanted = self.pods(at, *id);
                let warm_up = model.profile(*id).warm_up.filter(|_| at > self.begin);
                while keys.len() < wanted {
                    keys.push(model.add_pod(*id, warm_up, &mut watch));
                }
                for key in keys.drain(wanted.min(keys.len())..) {
                    model.drain_pod(key, &mut watch);
                }
            }
            model.set_rate(self.timeline.points[at].requests_per_second);
            let until_s = model.now_s() + step_s;
            model.run_until(until_s, &mut watch);
        }
        watch
    }
}

/// Brings a service's cohorts to so many pods: new ones are on their own while others have a backlog,
/// the youngest go first.
fn follow(cohorts: &mut Vec<PodCohort>, at: usize, pods: f64, backlog: f64) {
    if backlog <= 0.0 {
        cohorts.clear();
    }
    let more = pods - cohorts.iter().map(|cohort| cohort.ready).sum::<f64>();
    if more > 0.0 || cohorts.is_empty() {
        let key = if cohorts.is_empty() { 0 } else { at as u64 };
        cohorts.push(PodCohort { key, ready: more, speed: 1.0 });
    }
    let mut fewer = -more;
    while let Some(youngest) = cohorts.last_mut().filter(|_| fewer > 0.0) {
        let gone = fewer.min(youngest.ready);
        youngest.ready -= gone;
        fewer -= gone;
        if youngest.ready <= 0.0 && cohorts.len() > 1 {
            cohorts.pop();
        } else {
            break;
        }
    }
}

const SHARES: [f64; 3] = [0.5, 0.95, 0.99];

fn ranged(values: &[f64]) -> Ranged {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count.max(1.0);
    if values.len() < 2 {
        return Ranged { mean, half_width: f64::INFINITY };
    }
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0);
    let quantile = StudentsT::new(0.0, 1.0, count - 1.0).map_or(f64::INFINITY, |t| t.inverse_cdf(0.975));
    Ranged { mean, half_width: quantile * libm::sqrt(variance / count) }
}

//! The audit: the worst minutes of a run, replayed in both latency modes.
//!
//! Both replay the same entry rates and the same ready pods, step by step, from before the window on;
//! neither meets the controllers again. The exact mode repeats it with other seeds: its interval is over
//! these replications, never over pooled requests.

use crate::cluster::PodId;
use crate::id::{Id, IdVec};
use crate::rng::Seed;
use crate::sim::outcome::{Point, Timeline};
use crate::sim::serving::{PodChange, ReadyPods, Step, TrafficEngine};
use crate::study::{Estimate, Study};
use crate::traffic::calls::{Route, RouteId, ServiceId};
use crate::traffic::latency::{LatencyHistogram, LatencySummary, PodCohort, WarmUp};
use crate::units::{SimDuration, SimTime};
use crate::world::{LatencyMode, Traffic};
use rayon::prelude::*;
use smallvec::SmallVec;
use std::ops::Range;

/// What to audit, and how thoroughly.
#[derive(Clone, Copy, Debug)]
pub struct AuditPlan {
    /// How many windows.
    pub windows: usize,
    /// Steps per window.
    pub steps: usize,
    /// Replications of the exact mode; at least 2.
    pub replications: u32,
    /// Requests simulated per window at most, over all replications and with the steps before it: there are fewer replications (but at
    /// least 3) where it takes more; one that takes twice as many even so is left out.
    pub most_requests: f64,
}

impl Default for AuditPlan {
    /// Five windows of four steps, 20 replications, ten million requests.
    fn default() -> Self {
        AuditPlan { windows: 5, steps: 4, replications: 20, most_requests: 1e7 }
    }
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
    pub exact_per_run_s: Option<[Estimate; 3]>,
    /// The exact mode's P50, P95, P99 in seconds of all runs' requests together.
    pub exact_pooled_s: [f64; 3],
    /// The exact mode's share of failed requests.
    pub exact_error_rate: Estimate,
}

impl AuditRow {
    /// The fast mode's P95 against the exact one's, in percent of the exact one.
    pub fn p95_difference_percent(&self) -> Option<f64> {
        let exact = self.exact_per_run_s.as_ref()?[1].mean;
        (exact > 0.0).then(|| 100.0 * (self.fast.p95_s / exact - 1.0))
    }
}

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audit {
    /// Route by route in each window, in order of time.
    pub rows: Vec<AuditRow>,
    /// Windows as bad as these with too many requests to simulate each.
    pub left_out: usize,
}

/// Replays the worst windows of the study's first replication. Nothing without traffic.
pub fn audit(study: &Study, plan: &AuditPlan) -> Audit {
    let Some(traffic) = &study.cast.traffic else { return Audit::default() };
    // Once more, with a point for every step.
    let closely = Study { timeline_every: study.timing.step, ..study.clone() };
    let timeline = closely.replicate(0).timeline;
    let worst = worst_steps(&timeline, traffic);
    let (windows, left_out) = apart(&worst, &timeline, plan, |window| {
        let replay = Replay::new(&timeline, traffic, study, window);
        (replay.requests() * f64::from(LEAST_REPLICATIONS) <= MOST_TIMES * plan.most_requests).then_some(replay)
    });
    let rows = windows.into_par_iter().flat_map_iter(|replay| replay.rows(plan)).collect();
    Audit { rows, left_out }
}

/// The exact mode replays a window so often at least.
const LEAST_REPLICATIONS: u32 = 3;
/// A window that takes more than so many times the requests of the plan with that is left out.
const MOST_TIMES: f64 = 2.0;

/// The steps with traffic, the worst first.
fn worst_steps(timeline: &Timeline, traffic: &Traffic) -> Vec<usize> {
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
    order
}

/// Windows around these steps, apart from each other, in order of time, as far as they can be replayed; and how many cannot.
fn apart<'a>(
    steps: &[usize],
    timeline: &Timeline,
    plan: &AuditPlan,
    replayed: impl Fn(Range<usize>) -> Option<Replay<'a>>,
) -> (Vec<Replay<'a>>, usize) {
    let (mut windows, mut seen): (Vec<Replay<'a>>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
    for at in steps {
        if windows.len() >= plan.windows || seen.len() >= windows.len() + MOST_LEFT_OUT {
            break;
        }
        let from = at.saturating_sub(plan.steps / 2).max(1);
        let to = (from + plan.steps).min(timeline.points.len());
        if seen.iter().all(|known| to <= known.start || from >= known.end) {
            seen.push(from..to);
            windows.extend(replayed(from..to));
        }
    }
    let left_out = seen.len() - windows.len();
    windows.sort_by_key(|replay| replay.window.start);
    (windows, left_out)
}

/// Where so many windows are too dear, nobody looks for one that is not.
const MOST_LEFT_OUT: usize = 100;

/// A window, and where to begin so that it finds the queues as they were.
struct Replay<'a> {
    timeline: &'a Timeline,
    traffic: &'a Traffic,
    study: &'a Study,
    begin: usize,
    window: Range<usize>,
}

/// For this many steps before a window the queues may fill, and longer while there is a backlog.
const LEAST_STEPS_BEFORE: usize = 12;
const MOST_STEPS_BEFORE: usize = 480;

impl<'a> Replay<'a> {
    fn new(timeline: &'a Timeline, traffic: &'a Traffic, study: &'a Study, window: Range<usize>) -> Replay<'a> {
        let earliest = window.start.saturating_sub(MOST_STEPS_BEFORE).max(1);
        let mut begin = window.start.saturating_sub(LEAST_STEPS_BEFORE).max(1);
        let queued = |at: usize| timeline.points[at].services.values().any(|service| service.backlog > 0.0);
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

    fn rows(&self, plan: &AuditPlan) -> Vec<AuditRow> {
        let fast = self.replay(LatencyMode::Fast, 0);
        let runs: Vec<Replayed> =
            (0..self.affordable(plan)).map(|replication| self.replay(LatencyMode::Exact, replication)).collect();
        let window = &self.timeline.points[self.window.clone()];
        let rate = window.iter().map(|point| point.requests_per_second).sum::<f64>() / window.len() as f64;
        let row = |(id, route): (RouteId, &Route)| {
            let exact = ExactFigures::of(runs.iter().map(|run| &run[id]));
            let ReplayedRoute { latency, arrived, failed } = &fast[id];
            AuditRow {
                from: self.timeline.points[self.window.start - 1].at,
                to: self.timeline.points[self.window.end - 1].at,
                route: route.name.clone(),
                requests_per_second: rate * route.share,
                fast: LatencySummary::of(latency),
                fast_error_rate: failed / f64::max(*arrived, 1e-9),
                exact_per_run_s: exact.per_run_s,
                exact_pooled_s: exact.pooled_s,
                exact_error_rate: exact.error_rate,
            }
        };
        self.traffic.graph.routes().iter().map(row).collect()
    }

    /// Requests of one replication.
    fn requests(&self) -> f64 {
        let step_s = self.study.timing.step.as_secs_f64();
        self.timeline.points[self.begin..self.window.end].iter().map(|point| point.requests_per_second * step_s).sum()
    }

    /// How many replications the exact mode can have.
    fn affordable(&self, plan: &AuditPlan) -> u32 {
        let affordable = (plan.most_requests / self.requests().max(1.0)) as u32;
        plan.replications.min(affordable.max(LEAST_REPLICATIONS)).max(2)
    }

    /// What the window's requests saw in this mode.
    fn replay(&self, mode: LatencyMode, replication: u32) -> Replayed {
        let Replay { traffic, study, .. } = self;
        let span = study.timing.step;
        let seed = Seed::new(study.seed ^ self.window.start as u64, replication);
        let mut engine = TrafficEngine::new(traffic, mode, &study.tables, seed);
        let mut crowds = Crowds::new(traffic.services.len());
        let mut routes: Replayed = traffic.graph.routes().values().map(|_| ReplayedRoute::default()).collect();
        for at in self.begin..self.window.end {
            if at == self.window.start {
                engine.forget_routes();
            }
            let from = SimTime::ZERO + span * (at - self.begin) as i64;
            let step = ReplayedStep { at, from, span };
            for (id, service) in traffic.services.iter() {
                let wanted = Wanted { ready: self.pods(at, id), is_first: at == self.begin };
                let (pods, backlog) = (wanted.ready as f64, engine.backlog(id));
                let warm_up = service.profile.warm_up;
                follow(&mut crowds.ready[id].cohorts, &step, pods, |cohort| {
                    backlog <= 0.0 && warm_up.is_none_or(|warm_up| step.is_warm(cohort, warm_up))
                });
                for cohort in &mut crowds.ready[id].cohorts {
                    cohort.speed = warm_up.map_or(1.0, |warm_up| step.speed(cohort, warm_up));
                }
                // The engine has those outside the cluster already.
                if service.workload.is_some() {
                    crowds.come_and_go(&mut engine, id, &step, &wanted);
                }
            }
            let entry_rate = self.timeline.points[at].requests_per_second;
            engine.step(&Step { span, until: from + span, entry_rate, pods: &crowds.ready });
            for (id, sums) in routes.iter_mut().filter(|_| at >= self.window.start) {
                let outcome = engine.route(id);
                (sums.arrived, sums.failed) = (sums.arrived + outcome.arrived, sums.failed + outcome.failed);
            }
        }
        routes.iter_mut().for_each(|(id, row)| row.latency = engine.route_histogram(id).clone());
        routes
    }
}
/// One route in one replay of a window.
#[derive(Clone, Default)]
struct ReplayedRoute {
    latency: LatencyHistogram,
    arrived: f64,
    failed: f64,
}

/// One replay of a window.
type Replayed = IdVec<RouteId, ReplayedRoute>;

/// A step of a replay.
struct ReplayedStep {
    /// The point of the timeline that ends it.
    at: usize,
    /// When it begins on the replay's clock.
    from: SimTime,
    span: SimDuration,
}

/// The ready pods that a service is to have in a step.
struct Wanted {
    ready: usize,
    /// Nobody knows since when they are ready: none of them is cold.
    is_first: bool,
}

/// The services' pods in a replay, for either mode.
struct Crowds {
    ready: IdVec<ServiceId, ReadyPods>,
    /// In order of coming.
    pods: IdVec<ServiceId, Vec<PodId>>,
    /// Pods so far.
    count: usize,
}

impl Crowds {
    fn new(services: usize) -> Crowds {
        Crowds {
            ready: IdVec::filled(ReadyPods { node_speed: 1.0, ..ReadyPods::default() }, services),
            pods: IdVec::filled(Vec::new(), services),
            count: 0,
        }
    }

    /// Brings a service to the pods wanted; the youngest go first.
    fn come_and_go(&mut self, engine: &mut TrafficEngine, id: ServiceId, step: &ReplayedStep, wanted: &Wanted) {
        let pods = &mut self.pods[id];
        while pods.len() < wanted.ready {
            let pod = PodId::from_index(self.count);
            self.count += 1;
            let change = if wanted.is_first { PodChange::ReadyAndWarm } else { PodChange::Ready };
            engine.pod_changed(step.from, id, pod, change);
            pods.push(pod);
        }
        for pod in pods.drain(wanted.ready.min(pods.len())..) {
            engine.pod_changed(step.from, id, pod, PodChange::Leaves);
        }
    }
}

impl ReplayedStep {
    /// When it begins, and when a cohort's pods became ready, in seconds; those of the first step have long been.
    fn times_s(&self, cohort: &PodCohort) -> (f64, f64) {
        let of = |step: f64| step * self.span.as_secs_f64();
        (of(self.at as f64), if cohort.key == 0 { f64::NEG_INFINITY } else { of(cohort.key as f64) })
    }

    fn is_warm(&self, cohort: &PodCohort, warm_up: WarmUp) -> bool {
        let (from_s, ready_s) = self.times_s(cohort);
        warm_up.is_over(ready_s, from_s)
    }

    fn speed(&self, cohort: &PodCohort, warm_up: WarmUp) -> f64 {
        let (from_s, ready_s) = self.times_s(cohort);
        if self.is_warm(cohort, warm_up) {
            1.0
        } else {
            warm_up.mean_speed(ready_s, from_s, from_s + self.span.as_secs_f64())
        }
    }
}

/// Brings a service's cohorts to this many pods: those that `are_alike` become one, new ones are on their own beside
/// others, the youngest go first.
fn follow(
    cohorts: &mut SmallVec<[PodCohort; 4]>,
    step: &ReplayedStep,
    pods: f64,
    are_alike: impl Fn(&PodCohort) -> bool,
) {
    let more = pods - cohorts.iter().map(|cohort| cohort.ready).sum::<f64>();
    if more > 0.0 || cohorts.is_empty() {
        let key = if cohorts.is_empty() { 0 } else { step.at as u64 };
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
    let alike: SmallVec<[f64; 4]> =
        cohorts.iter().filter(|cohort| are_alike(cohort)).map(|cohort| cohort.ready).collect();
    if !alike.is_empty() {
        cohorts.retain(|cohort| !are_alike(cohort));
        cohorts.insert(0, PodCohort { key: 0, ready: alike.iter().sum(), speed: 1.0 });
    }
}

/// P50, P95 and P99.
const SHARES: [f64; 3] = [0.5, 0.95, 0.99];

/// A route over the exact mode's runs.
struct ExactFigures {
    per_run_s: Option<[Estimate; 3]>,
    pooled_s: [f64; 3],
    error_rate: Estimate,
}

impl ExactFigures {
    fn of<'a>(runs: impl Iterator<Item = &'a ReplayedRoute>) -> ExactFigures {
        let mut pooled = LatencyHistogram::new();
        let (mut quantiles, mut errors) = ([const { Vec::new() }; 3], Vec::new());
        for ReplayedRoute { latency, failed, .. } in runs {
            pooled.merge(latency);
            let all = latency.requests() + failed;
            errors.push(if all > 0.0 { failed / all } else { 0.0 });
            if latency.requests() > 0.0 {
                for (values, share) in quantiles.iter_mut().zip(SHARES) {
                    values.push(latency.quantile_s(share));
                }
            }
        }
        ExactFigures {
            per_run_s: (!quantiles[0].is_empty()).then(|| quantiles.map(Estimate::of)),
            pooled_s: SHARES.map(|share| pooled.quantile_s(share)),
            error_rate: Estimate::of(errors),
        }
    }
}

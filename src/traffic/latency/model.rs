//! One service in the fast mode: what a step does to it.

use super::STRATA_COUNT;
use super::backlog::{Drained, Flow, Passed};
use super::cohort::Cohort;
use super::fluid_sharing;
use super::given_up::GivenUp;
use super::histogram::LatencyHistogram;
use super::outcome::{PodCohort, PodCohorts, StepOutcome};
use super::phases::Phases;
use super::profile::{ArrivalProcess, Discipline, ProfileError, ServiceProfile};
use super::second_tier::SecondTier;
use super::step_latencies::StepLatencies;
use super::table::{Place, Serving, Station, Table};
use super::tables::LatencyTables;
use super::third_tier::ThirdTier;
use super::work::Survival;
use crate::rng::Seed;
use crate::units::SimDuration;
use smallvec::SmallVec;
use std::sync::Arc;

/// A table in use, with the requests counted on each of its rows but not yet in the histogram.
#[derive(Clone, Debug)]
pub(super) struct TableInUse {
    pods: u32,
    /// Of all pods; what is pending took the rows' latencies over it.
    speed: f64,
    pub(super) table: Arc<Table>,
    pub(super) pending: Vec<f64>,
}

/// One service in the fast mode.
///
/// Cost per step: below 1 µs while calm; some tens of µs with a backlog on a shared CPU, or where
/// timeouts cut the distribution; some hundreds of µs near capacity, up to some tens of milliseconds where a crowd grows
/// through a step of minutes. Nothing is allocated per calm step once
/// buffers have grown. Clones share the tables.
#[derive(Clone, Debug)]
pub struct ServiceModel {
    pub(super) profile: ServiceProfile,
    /// Requests per second of one pod at speed 1.
    pub(super) pod_capacity: f64,
    /// The work of requests that share a CPU, in multiples of the mean.
    pub(super) shared_work: Option<Arc<SharedWork>>,
    tables: LatencyTables,
    pub(super) in_use: Vec<TableInUse>,
    pub(super) cohorts: Vec<Cohort>,
    pub(super) clock_s: f64,
    pub(super) drained: Vec<Drained>,
    pub(super) passed: Vec<(f64, Passed)>,
    pub(super) second_tier: SecondTier,
    pub(super) third_tier: ThirdTier,
    pub(super) given_up: GivenUp,
    pub(super) spread: StepLatencies,
    pub(super) histogram: LatencyHistogram,
    pub(super) pod_cpu_milli: Vec<f64>,
    /// Requests of the last step whose work was done.
    pub(super) worked: f64,
    /// How long a request keeps its thread after its answer, in seconds.
    pub(super) held_s: f64,
    /// Where the last step's latency is read: one row, or the spread.
    pub(super) last: LastLatency,
}

/// Nodes that want more cpu than they have may be of another speed in each step.
const MOST_IN_USE: usize = 256;

#[derive(Clone, Copy, Debug)]
pub(super) enum LastLatency {
    Row { in_use: usize, place: Place },
    Spread,
}

impl ServiceModel {
    /// A service with tables of its own, at time 0 and without requests.
    ///
    /// Errors: the first number of the profile that no service can have.
    pub fn new(profile: ServiceProfile) -> Result<ServiceModel, ProfileError> {
        ServiceModel::with_tables(profile, LatencyTables::default())
    }

    /// A service that shares its tables with others: services of the same kind and other
    /// replications need them made only once.
    pub fn with_tables(profile: ServiceProfile, tables: LatencyTables) -> Result<ServiceModel, ProfileError> {
        profile.check()?;
        Ok(ServiceModel {
            pod_capacity: profile.pod_capacity(),
            shared_work: SharedWork::of(&profile).map(Arc::new),
            given_up: GivenUp::new(&profile),
            third_tier: ThirdTier::new(&profile),
            profile,
            tables,
            in_use: Vec::new(),
            cohorts: Vec::new(),
            clock_s: 0.0,
            drained: Vec::new(),
            passed: Vec::new(),
            second_tier: SecondTier::default(),
            spread: StepLatencies::new(),
            histogram: LatencyHistogram::new(),
            pod_cpu_milli: Vec::new(),
            worked: 0.0,
            held_s: 0.0,
            last: LastLatency::Spread,
        })
    }

    /// Never follows distributions: near capacity latencies are those of a typical run, with a backlog
    /// that knows no chance.
    pub fn first_tier_only(mut self) -> ServiceModel {
        self.second_tier.is_off = true;
        self.third_tier.from = f64::INFINITY;
        self
    }

    /// Never replays single requests: every step costs what formulas cost, and errs where these do.
    pub fn without_replay(mut self) -> ServiceModel {
        self.third_tier.from = f64::INFINITY;
        self
    }

    /// Draws from this seed what is replayed.
    pub fn with_seed(mut self, seed: Seed) -> ServiceModel {
        self.third_tier.seed = seed;
        self
    }

    /// What the service is.
    pub fn profile(&self) -> &ServiceProfile {
        &self.profile
    }

    /// Lets `arrivals_per_second` arrive for `span` at the ready `pods`.
    pub fn step(&mut self, span: SimDuration, arrivals_per_second: f64, pods: &PodCohorts) -> StepOutcome {
        let span_s = span.as_secs_f64();
        let arrivals = if arrivals_per_second > 0.0 { arrivals_per_second } else { 0.0 };
        self.drained.clear();
        self.spread.clear();
        self.second_tier.begin_step();
        self.worked = 0.0;
        let mut outcome = StepOutcome { arrived: arrivals * span_s, ..StepOutcome::default() };
        if span_s > 0.0 && self.replay_step((arrivals, span_s), pods, &mut outcome) {
            self.clock_s += span_s;
            return outcome;
        }
        self.align(pods);
        let capacity = self.pod_capacity * self.cohorts.iter().map(|c| c.pods.power()).sum::<f64>();
        if capacity > 0.0 && span_s > 0.0 {
            self.flow(arrivals, span_s);
            self.worked = self.answer(arrivals, span_s, pods, &mut outcome);
        } else if span_s > 0.0 {
            self.without_pods(arrivals, span_s, &mut outcome);
        }
        outcome.timed_out = self.count_given_up(self.clock_s + span_s, outcome.timed_out);
        self.count_left(&mut outcome);
        outcome.is_pooled = self.second_tier.is_on && capacity > 0.0;
        outcome.backlog = self.cohorts.iter().map(Cohort::requests).sum();
        self.clock_s += span_s;
        outcome
    }

    /// The mean CPU usage of a pod of each cohort in the last step, in milli-cores, in the order
    /// the cohorts were given.
    pub fn pod_cpu_milli(&self) -> &[f64] {
        &self.pod_cpu_milli
    }

    /// Requests whose work was done in the last step, in time or too late for their clients.
    pub fn worked(&self) -> f64 {
        self.worked
    }

    /// What left the backlog in the last step, with the times it had arrived: for timelines by
    /// time of arrival. Times are seconds since the model's first step.
    pub fn drained(&self) -> &[Drained] {
        &self.drained
    }

    /// The latency distribution of the last step, for composing routes: the means in seconds of
    /// the [`STRATA_SHARES`](super::STRATA_SHARES) of requests, fastest first. All 0 when nothing was answered.
    pub fn strata_s(&self) -> [f64; STRATA_COUNT] {
        match self.last {
            LastLatency::Row { in_use, place } => {
                let table = &self.in_use[in_use].table;
                let (low, high) = (table.row(place.row), table.row(place.row + 1));
                let mut strata = low.strata;
                let unit_s = self.profile.cpu_s / self.in_use[in_use].speed;
                for (value, above) in strata.iter_mut().zip(&high.strata) {
                    *value = (*value + place.share * (above - *value)) * unit_s;
                }
                strata
            }
            LastLatency::Spread => self.spread.strata(),
        }
    }

    /// The latency of every request answered in time so far.
    pub fn histogram(&mut self) -> &LatencyHistogram {
        self.flush();
        &self.histogram
    }

    /// Hands out what [`histogram`](Self::histogram) holds and starts a new one.
    pub fn take_histogram(&mut self) -> LatencyHistogram {
        self.flush();
        std::mem::take(&mut self.histogram)
    }

    /// Splits the arrivals over the cohorts and lets them pass; fills `self.passed`.
    fn flow(&mut self, arrivals: f64, span_s: f64) {
        let ready: f64 = self.cohorts.iter().map(|cohort| cohort.pods.ready).sum();
        let level = self.water_level(arrivals, span_s);
        let idle_rate = if level.is_none() { self.idle_rate(arrivals) } else { None };
        let threads_wait = self.limit_per_pod();
        self.passed.clear();
        let rate_of = |cohort: &Cohort| match level {
            Some(level) => {
                let capacity = self.pod_capacity * cohort.pods.ready * cohort.pods.speed;
                ((level * capacity - cohort.requests()) / span_s + capacity).max(0.0)
            }
            None => match idle_rate {
                Some(idle_rate) => self.rate_behind_a_seeker(cohort, idle_rate),
                None => arrivals * cohort.pods.ready / ready,
            },
        };
        let rates: SmallVec<[f64; 4]> = self.cohorts.iter().map(rate_of).collect();
        if self.forgets(&rates, span_s) {
            self.pass_calmly(&rates, span_s);
            return;
        }
        if self.choose_tier(&rates, span_s) {
            self.follow(&rates, span_s);
            return;
        }
        let crowd_work = self.crowd_work();
        let settles = self.settles_within(span_s);
        for (cohort, rate) in self.cohorts.iter_mut().zip(rates) {
            let capacity = self.pod_capacity * cohort.pods.ready * cohort.pods.speed;
            let limit = threads_wait.0 * cohort.pods.ready;
            let limit = limit.min(threads_wait.1 * capacity);
            // What settles at once needs no backlog: its table knows every load.
            let takes = if settles && cohort.requests() <= 0.0 { capacity.max(rate) } else { capacity };
            let flow = Flow { start_s: self.clock_s, span_s, arrivals: rate, capacity: takes, limit };
            let passed = match &crowd_work {
                None => cohort.backlog.pass(flow, &mut self.drained),
                Some(work) => {
                    let PodCohort { ready: pods, speed, .. } = cohort.pods;
                    let cores = pods * self.profile.cpu_limit_cores.unwrap_or(1.0);
                    let (cpu_s, off_cpu_s) = (self.profile.cpu_s, self.profile.off_cpu_s);
                    let service = fluid_sharing::Service { work: &work.survival, cpu_s, off_cpu_s, cores, speed, pods };
                    cohort.crowd.pass(flow, &service, &mut self.drained)
                }
            };
            self.passed.push((rate, passed));
        }
    }

    /// The work of requests that may all be on a pod's CPU at once.
    pub(super) fn crowd_work(&self) -> Option<Arc<SharedWork>> {
        // Requests that cannot all be somewhere must be in a queue of all pods'.
        let everywhere = self.profile.concurrency.is_none() && self.profile.discipline != Discipline::SharedQueue;
        self.shared_work.clone().filter(|_| everywhere)
    }

    /// The longest backlog: requests per pod, and seconds of work.
    fn limit_per_pod(&self) -> (f64, f64) {
        let station = Station::new(&self.profile, 1);
        let places = station.bound.map_or(f64::INFINITY, f64::from);
        (places, station.patience.map_or(f64::INFINITY, |patience| patience * self.profile.cpu_s))
    }

    /// No pod is ready: with one queue for all requests wait in it, else they are refused.
    fn without_pods(&mut self, arrivals: f64, span_s: f64, outcome: &mut StepOutcome) {
        self.pod_cpu_milli.clear();
        self.pod_cpu_milli.resize(self.cohorts.len(), 0.0);
        self.last = LastLatency::Spread;
        if self.profile.discipline == Discipline::SharedQueue {
            // Who leaves a queue that does not move has waited as long as he would.
            let patience_s = Station::new(&self.profile, 1).patience.map(|patience| patience * self.profile.cpu_s);
            let refused = self.profile.queue_bound.is_some();
            let limit = if refused { 0.0 } else { patience_s.map_or(f64::INFINITY, |wait_s| wait_s * arrivals) };
            let flow = Flow { start_s: self.clock_s, span_s, arrivals, capacity: 0.0, limit };
            if let Some(cohort) = self.cohorts.first_mut() {
                let saturated = cohort.backlog.pass(flow, &mut self.drained).saturated;
                *(if refused { &mut outcome.rejected } else { &mut outcome.timed_out }) = saturated;
            }
        } else {
            let waiting: f64 = self.cohorts.iter().map(Cohort::requests).sum();
            self.cohorts.clear();
            outcome.rejected = outcome.arrived + self.given_up.lose(waiting);
        }
    }

    /// The table for so many pods (fractions to the nearest) of this speed, as an index of `in_use`; those that
    /// were given before may be others' now.
    pub(super) fn table_for(&mut self, ready: f64, speed: f64) -> usize {
        let matters = self.profile.discipline != Discipline::Random || self.profile.arrivals != ArrivalProcess::Poisson;
        let pods = if matters { ready.round().clamp(1.0, 1e6) as u32 } else { 1 };
        if let Some(index) = self.in_use.iter().position(|in_use| in_use.pods == pods && in_use.speed == speed) {
            return index;
        }
        if self.in_use.len() >= MOST_IN_USE {
            self.flush();
            self.in_use.clear();
        }
        let table = self.tables.get(Station::new(&self.profile, pods));
        let pending = vec![0.0; table.row_count()];
        self.in_use.push(TableInUse { pods, speed, table, pending });
        self.in_use.len() - 1
    }

    /// Brings what is pending on rows into the histogram.
    pub(super) fn flush(&mut self) {
        let mut spread = StepLatencies::new();
        for TableInUse { table, pending, speed, .. } in &mut self.in_use {
            let unit_s = self.profile.cpu_s / *speed;
            for (row, requests) in pending.iter_mut().enumerate().filter(|(_, requests)| **requests > 0.0) {
                spread.add_row(table.row(row), unit_s, *requests);
                *requests = 0.0;
            }
        }
        spread.record(&mut self.histogram);
    }
}

/// The work of requests that share a CPU.
#[derive(Debug)]
pub(super) struct SharedWork {
    pub(super) survival: Survival,
    /// None where it varies too little to be followed.
    pub(super) phases: Option<Phases>,
}

impl SharedWork {
    /// Of a service whose pods share their CPU among requests.
    fn of(profile: &ServiceProfile) -> Option<SharedWork> {
        let sharing = matches!(Station::new(profile, 1).serving, Serving::Sharing { .. });
        sharing.then(|| {
            let survival = Survival::tabulate(1.0 / 256.0, |x| profile.shape.survival(x));
            SharedWork { phases: Phases::of(profile.shape, &survival), survival }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::STRATA_SHARES;
    use super::super::profile::{Abandoned, Timeout};
    use super::*;

    const STEP: SimDuration = SimDuration::from_secs(15);

    fn pods(ready: f64) -> [PodCohort; 1] {
        [PodCohort { key: 0, ready, speed: 1.0 }]
    }

    fn model(profile: ServiceProfile) -> ServiceModel {
        ServiceModel::new(profile).unwrap()
    }

    fn one_thread(discipline: Discipline) -> ServiceProfile {
        ServiceProfile { cpu_s: 0.05, concurrency: Some(1), discipline, ..ServiceProfile::default() }
    }

    fn check(found: f64, wanted: f64, tolerance: f64) {
        assert!((found / wanted - 1.0).abs() < tolerance, "{found}, not {wanted}");
    }

    #[test]
    fn calm_steps_are_stationary() {
        let mut service =
            model(ServiceProfile { cpu_limit_cores: Some(0.5), idle_cpu_milli: 10.0, ..Default::default() });
        let outcome = service.step(STEP, 60.0, &pods(4.0));
        // 25 requests per second and pod is full load: 15 is 0.6.
        check(outcome.utilization, 0.6, 1e-9);
        check(outcome.cpu_milli_per_pod, 310.0, 1e-9);
        check(outcome.latency.mean_s, 0.04 / 0.4, 0.01);
        assert_eq!(outcome.error_rate(), 0.0);
        assert_eq!(outcome.backlog, 0.0);
        let summary = outcome.latency;
        let rising = [summary.p50_s, summary.p90_s, summary.p95_s, summary.p99_s, summary.max_s];
        assert!(rising.windows(2).all(|pair| pair[0] < pair[1]), "{rising:?}");
        check(service.histogram().quantile_s(0.99), summary.p99_s, 0.01);
        check(service.histogram().requests(), 900.0, 1e-3);
        let strata = service.strata_s();
        let mean: f64 = strata.iter().zip(STRATA_SHARES).map(|(value, share)| value * share).sum();
        check(mean, summary.mean_s, 0.01);
    }

    #[test]
    fn an_overload_is_remembered_and_drained_by_pods_that_come() {
        let mut service = model(one_thread(Discipline::SharedQueue));
        let mut worst: f64 = 0.0;
        let mut outcome = StepOutcome::default();
        for step in 0..60 {
            let (rate, ready) = match step {
                0..8 => (70.0, 5.0),
                8..14 => (140.0, 5.0),
                14..16 => (140.0, 7.0),
                16..28 => (140.0, 9.0),
                _ => (70.0, 9.0),
            };
            outcome = service.step(STEP, rate, &pods(ready));
            worst = worst.max(outcome.latency.mean_s);
        }
        assert!(worst > 20.0 && worst < 30.0, "{worst}");
        assert_eq!(outcome.backlog, 0.0);
        check(outcome.latency.mean_s, 0.05, 0.02);
        // Nobody got lost.
        check(service.histogram().requests(), 84_000.0, 1e-6);
    }

    #[test]
    fn new_pods_do_not_help_those_who_wait_elsewhere() {
        let waits = |discipline| {
            let mut service = model(one_thread(discipline));
            for _ in 0..4 {
                service.step(STEP, 200.0, &pods(5.0));
            }
            let more = [pods(5.0)[0], PodCohort { key: 1, ready: 5.0, speed: 1.0 }];
            service.step(STEP, 150.0, &more).backlog
        };
        // Random requests go on joining the old pods' queues.
        assert!(waits(Discipline::Random) > waits(Discipline::LeastOutstanding));
        assert!(waits(Discipline::LeastOutstanding) > waits(Discipline::SharedQueue));
    }

    #[test]
    fn a_bounded_queue_rejects_and_a_short_patience_times_out() {
        let bounded = ServiceProfile { queue_bound: Some(10), ..one_thread(Discipline::Random) };
        let mut service = model(bounded);
        let outcomes: Vec<StepOutcome> = (0..100).map(|_| service.step(STEP, 200.0, &pods(5.0))).collect();
        check(outcomes[99].error_rate(), 0.5, 0.01);
        assert!(outcomes[99].latency.p99_s < 1.0);
        for work in [Abandoned::Ignored, Abandoned::CancelQueued] {
            let timeout = Some(Timeout { after_s: 1.0, work });
            let mut service = model(ServiceProfile { timeout, ..one_thread(Discipline::SharedQueue) });
            let outcomes: Vec<StepOutcome> = (0..100).map(|_| service.step(STEP, 200.0, &pods(5.0))).collect();
            let rate = outcomes[99].error_rate();
            assert!(rate > 0.49, "{work:?}: {rate}");
            assert!(outcomes.iter().all(|outcome| outcome.latency.max_s <= 1.04), "{work:?}");
        }
    }

    #[test]
    fn no_pods_no_answers() {
        let mut service = model(one_thread(Discipline::Random));
        let outcome = service.step(STEP, 10.0, &[]);
        assert_eq!((outcome.rejected, outcome.answered, outcome.error_rate()), (150.0, 0.0, 1.0));
        assert_eq!(service.step(STEP, 0.0, &pods(0.0)).error_rate(), 0.0);
        let mut queue = model(one_thread(Discipline::SharedQueue));
        assert_eq!(queue.step(STEP, 10.0, &[]).backlog, 150.0);
        let outcome = queue.step(STEP, 10.0, &pods(5.0));
        assert!(outcome.latency.max_s > 14.0 && outcome.backlog == 0.0, "{outcome:?}");
    }

    #[test]
    fn contention_slows_and_shows() {
        let profile = ServiceProfile { cpu_limit_cores: Some(0.5), ..ServiceProfile::default() };
        let mut service = model(profile);
        let slow = [PodCohort { key: 0, ready: 4.0, speed: 0.5 }];
        let outcome = service.step(STEP, 20.0, &slow);
        check(outcome.utilization, 0.4, 1e-9);
        check(outcome.latency.mean_s, 0.08 / 0.6, 0.01);
        check(service.histogram().mean_s(), 0.08 / 0.6, 0.01);
    }

    #[test]
    fn steps_repeat_exactly() {
        let run = || {
            let mut service = model(one_thread(Discipline::PowerOfTwo));
            (0..200)
                .map(|k| service.step(STEP, 60.0 + f64::from(k % 50), &pods(4.0 + f64::from(k % 3))))
                .collect::<Vec<_>>()
        };
        assert_eq!(run(), run());
    }
}

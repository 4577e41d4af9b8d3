//! One service in the fast mode: what a step does to it.

use super::STRATA_COUNT;
use super::backlog::{Backlog, Drained, Flow, Passed};
use super::crowd::{self, Crowd};
use super::histogram::LatencyHistogram;
use super::outcome::{LatencySummary, PodCohort, PodCohorts, StepOutcome};
use super::phases::Phases;
use super::profile::{ArrivalProcess, Discipline, ProfileError, ServiceProfile};
use super::spread::Spread;
use super::table::{self, HIGHEST_OPEN_LOAD, Place, QUANTILES, STRATA, Serving, Station, Table};
use super::tables::LatencyTables;
use super::tier::{self, Followed};
use super::work::Survival;
use crate::units::SimDuration;
use smallvec::SmallVec;
use std::sync::Arc;

/// A table in use, with the requests counted on each of its rows but not yet in the histogram.
#[derive(Clone, Debug)]
struct TableInUse {
    pods: u32,
    table: Arc<Table>,
    pending: Vec<f64>,
}

#[derive(Clone, Debug)]
pub(super) struct Cohort {
    pub(super) pods: PodCohort,
    pub(super) backlog: Backlog,
    /// Of pods whose requests all share the CPU, in place of the backlog.
    pub(super) crowd: Crowd,
    /// Near capacity, in place of the backlog.
    pub(super) followed: Option<Followed>,
    /// Requests there beyond a calm queue or pod.
    pub(super) waiting: f64,
}

impl Cohort {
    fn new(pods: PodCohort) -> Cohort {
        let (backlog, crowd) = (Backlog::default(), Crowd::default());
        Cohort { pods, backlog, crowd, followed: None, waiting: 0.0 }
    }

    /// Requests beyond the stationary queue.
    fn requests(&self) -> f64 {
        self.backlog.requests() + self.crowd.requests() + self.waiting
    }
}

/// One service in the fast mode.
///
/// Cost per step: below 1 µs while calm; some tens of µs with a backlog on a shared CPU, or where
/// timeouts cut the distribution; up to a few milliseconds near capacity. Nothing is allocated per calm step once
/// buffers have grown. Clones share the tables.
#[derive(Clone, Debug)]
pub struct ServiceModel {
    pub(super) profile: ServiceProfile,
    /// Requests per second of one pod at speed 1.
    pub(super) pod_capacity: f64,
    /// The work of requests that share a CPU, in multiples of the mean.
    pub(super) shared_work: Option<Arc<SharedWork>>,
    tables: LatencyTables,
    in_use: Vec<TableInUse>,
    pub(super) cohorts: Vec<Cohort>,
    pub(super) clock_s: f64,
    pub(super) drained: Vec<Drained>,
    pub(super) passed: Vec<(f64, Passed)>,
    pub(super) second_tier: tier::SecondTier,
    spread: Spread,
    histogram: LatencyHistogram,
    pod_cpu_milli: Vec<f64>,
    /// Where the last step's latency is read: one row, or the spread.
    last: LastLatency,
}

#[derive(Clone, Copy, Debug)]
enum LastLatency {
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
            profile,
            tables,
            in_use: Vec::new(),
            cohorts: Vec::new(),
            clock_s: 0.0,
            drained: Vec::new(),
            passed: Vec::new(),
            second_tier: tier::SecondTier::default(),
            spread: Spread::new(),
            histogram: LatencyHistogram::new(),
            pod_cpu_milli: Vec::new(),
            last: LastLatency::Spread,
        })
    }

    /// Never follows distributions: near capacity latencies are those of a typical run, with a backlog
    /// that knows no chance.
    pub fn first_tier_only(mut self) -> ServiceModel {
        self.second_tier.is_off = true;
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
        self.align(pods);
        let capacity = self.pod_capacity * self.cohorts.iter().map(|c| c.pods.ready * c.pods.speed).sum::<f64>();
        let mut outcome = StepOutcome { arrived: arrivals * span_s, ..StepOutcome::default() };
        if capacity > 0.0 && span_s > 0.0 {
            self.flow(arrivals, span_s);
            self.answer(arrivals, span_s, pods, &mut outcome);
        } else if span_s > 0.0 {
            self.without_pods(arrivals, span_s, &mut outcome);
        }
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
                for (value, above) in strata.iter_mut().zip(&high.strata) {
                    *value = (*value + place.share * (above - *value)) * self.profile.cpu_s;
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

    /// Makes the cohorts those of this step. What waits in a pod that is gone is sent to the
    /// others; with one queue for all there is one cohort, whose new threads take from it at once.
    fn align(&mut self, pods: &PodCohorts) {
        let pooled = self.profile.discipline == Discipline::SharedQueue;
        if pooled {
            let ready: f64 = pods.iter().map(|cohort| cohort.ready).sum();
            let speed: f64 = pods.iter().map(|cohort| cohort.ready * cohort.speed).sum::<f64>() / ready.max(1e-300);
            let all = PodCohort { key: 0, ready, speed };
            match self.cohorts.first_mut() {
                Some(cohort) => {
                    let threads =
                        self.profile.concurrency.map_or(0.0, f64::from) * (ready - cohort.pods.ready).max(0.0);
                    cohort.backlog.take(threads, self.clock_s, 0.0, &mut self.drained);
                    if let Some(Followed::Queues(queue)) = cohort.followed.as_mut().filter(|_| threads > 0.0) {
                        self.second_tier.late += queue.take(threads, self.clock_s, &mut self.drained);
                    }
                    cohort.pods = all;
                }
                None => self.cohorts.push(Cohort::new(all)),
            }
            return;
        }
        let same = |cohort: &Cohort, given: &PodCohort| cohort.pods.key == given.key;
        if self.cohorts.len() != pods.len() || !self.cohorts.iter().zip(pods).all(|(c, p)| same(c, p)) {
            self.replace_cohorts(pods);
        }
        for (index, given) in pods.iter().enumerate() {
            let before = std::mem::replace(&mut self.cohorts[index].pods, *given);
            let cohort = &mut self.cohorts[index];
            if given.ready < before.ready && (cohort.backlog.requests() > 0.0 || cohort.followed.is_some()) {
                self.redispatch(index, 1.0 - given.ready / before.ready);
            } else if let Some(followed) = cohort.followed.as_mut().filter(|_| given.ready > before.ready) {
                followed.mix_with_empty(1.0 - before.ready / given.ready);
            }
        }
    }

    /// Brings the cohorts into the given order; those that are gone hand over all they have.
    fn replace_cohorts(&mut self, pods: &PodCohorts) {
        let mut old = std::mem::take(&mut self.cohorts);
        for given in pods {
            let known = old.iter().position(|cohort| cohort.pods.key == given.key);
            let fresh = || Cohort::new(*given);
            let cohort = known.map_or_else(fresh, |index| old.swap_remove(index));
            self.cohorts.push(cohort);
        }
        let ready: f64 = pods.iter().map(|cohort| cohort.ready).sum();
        for mut gone in old {
            if let Some(work) = self.crowd_work() {
                // They finish where they are.
                let PodCohort { ready: pods, speed, .. } = gone.pods;
                let cores = pods * self.profile.cpu_limit_cores.unwrap_or(1.0);
                let (cpu_s, off_cpu_s) = (self.profile.cpu_s, self.profile.off_cpu_s);
                let service = crowd::Service { work: &work.survival, cpu_s, off_cpu_s, cores, speed, pods };
                gone.crowd.everybody_leaves(self.clock_s, &service, &mut self.drained);
            }
            if let Some(mut followed) = gone.followed.take() {
                self.second_tier.receive(&followed.give(1.0), &mut self.cohorts);
                self.finish_where_they_are(followed, gone.pods);
            }
            if ready > 0.0 {
                let parts = self.cohorts.iter_mut().zip(pods).map(|(c, given)| (&mut c.backlog, given.ready / ready));
                gone.backlog.hand_over(1.0, parts);
            } else if let Some(first) = self.cohorts.first_mut() {
                gone.backlog.hand_over(1.0, std::iter::once((&mut first.backlog, 1.0)));
            }
        }
    }

    /// Sends a share of what waits in one cohort to all, by their pods.
    fn redispatch(&mut self, index: usize, share: f64) {
        let ready: f64 = self.cohorts.iter().map(|cohort| cohort.pods.ready).sum();
        let others = ready - self.cohorts[index].pods.ready;
        if let Some(followed) = &mut self.cohorts[index].followed {
            let moved = followed.give(share);
            self.second_tier.receive(&moved, &mut self.cohorts);
            return;
        }
        if others <= 0.0 {
            return;
        }
        let share = share * others / ready;
        let mut moved = std::mem::take(&mut self.cohorts[index].backlog);
        let parts = self.cohorts.iter_mut().enumerate().filter(|(other, _)| *other != index);
        moved.hand_over(share, parts.map(|(_, c)| (&mut c.backlog, c.pods.ready / others)));
        self.cohorts[index].backlog = moved;
    }

    /// Splits the arrivals over the cohorts and lets them pass; fills `self.passed`.
    fn flow(&mut self, arrivals: f64, span_s: f64) {
        let ready: f64 = self.cohorts.iter().map(|cohort| cohort.pods.ready).sum();
        let level = self.water_level(arrivals, span_s);
        let threads_wait = self.limit_per_pod();
        self.passed.clear();
        let rate_of = |cohort: &Cohort| match level {
            Some(level) => {
                let capacity = self.pod_capacity * cohort.pods.ready * cohort.pods.speed;
                ((level * capacity - cohort.requests()) / span_s + capacity).max(0.0)
            }
            None => arrivals * cohort.pods.ready / ready,
        };
        let rates: SmallVec<[f64; 4]> = self.cohorts.iter().map(rate_of).collect();
        if self.choose_tier(&rates, span_s) {
            self.follow(&rates, span_s);
            return;
        }
        let crowd_work = self.crowd_work();
        for (cohort, rate) in self.cohorts.iter_mut().zip(rates) {
            let capacity = self.pod_capacity * cohort.pods.ready * cohort.pods.speed;
            let limit = threads_wait.0 * cohort.pods.ready;
            let limit = limit.min(threads_wait.1 * capacity);
            let flow = Flow { start_s: self.clock_s, span_s, arrivals: rate, capacity, limit };
            let passed = match &crowd_work {
                None => cohort.backlog.pass(flow, &mut self.drained),
                Some(work) => {
                    let PodCohort { ready: pods, speed, .. } = cohort.pods;
                    let cores = pods * self.profile.cpu_limit_cores.unwrap_or(1.0);
                    let (cpu_s, off_cpu_s) = (self.profile.cpu_s, self.profile.off_cpu_s);
                    let service = crowd::Service { work: &work.survival, cpu_s, off_cpu_s, cores, speed, pods };
                    cohort.crowd.pass(flow, &service, &mut self.drained)
                }
            };
            self.passed.push((rate, passed));
        }
    }

    /// The work of requests that may all be on a pod's CPU at once.
    fn crowd_work(&self) -> Option<Arc<SharedWork>> {
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

    /// Where requests seek the shortest queue and some cohort has one: the wait in seconds that
    /// all cohorts which get requests have at the end of the step.
    fn water_level(&self, arrivals: f64, span_s: f64) -> Option<f64> {
        let seeking = matches!(self.profile.discipline, Discipline::LeastOutstanding | Discipline::PowerOfTwo);
        if !seeking || self.cohorts.len() < 2 || self.cohorts.iter().all(|c| c.requests() <= 0.0) {
            return None;
        }
        // Cohorts join in order of their own level; few enough to try each as the last.
        let capacity_of = |c: &Cohort| self.pod_capacity * c.pods.ready * c.pods.speed;
        let own_level = |c: &Cohort| c.requests() / capacity_of(c).max(1e-12) - span_s;
        let level_below = |highest: f64| {
            let joined = self.cohorts.iter().filter(|c| own_level(c) <= highest && capacity_of(c) > 0.0);
            let (capacity, room) = joined.fold((0.0, 0.0), |(capacity, room), c| {
                (capacity + capacity_of(c), room + own_level(c) * capacity_of(c))
            });
            (arrivals * span_s + room) / capacity.max(1e-12)
        };
        let levels = self.cohorts.iter().map(|c| level_below(own_level(c)));
        levels.fold(None, |least: Option<f64>, level| Some(least.map_or(level, |l| l.min(level))))
    }

    /// Turns what has passed into latencies, errors and usage.
    fn answer(&mut self, arrivals: f64, span_s: f64, pods: &PodCohorts, outcome: &mut StepOutcome) {
        let plain = self.drained.is_empty()
            && self.passed.iter().all(|(_, passed)| passed.saturated == 0.0)
            && self.cohorts.iter().all(|cohort| cohort.pods.speed == 1.0);
        let ready: f64 = self.cohorts.iter().map(|cohort| cohort.pods.ready).sum();
        let done = if self.second_tier.is_on && self.shared_work.is_none() {
            self.answer_from_distributions(outcome)
        } else if !plain || !self.answer_from_row(arrivals, span_s, ready, outcome) {
            self.answer_from_parts(ready, outcome)
        } else {
            outcome.answered
        };
        let capacity: f64 = self.cohorts.iter().map(|c| c.pods.ready * c.pods.speed).sum::<f64>() * self.pod_capacity;
        outcome.utilization = (done / (capacity * span_s)).min(1.0);
        self.count_cpu(span_s, done, pods, outcome);
    }

    /// The usual step: every request meets the same stationary queue. False where timeouts cut
    /// the distribution.
    fn answer_from_row(&mut self, arrivals: f64, span_s: f64, ready: f64, outcome: &mut StepOutcome) -> bool {
        let in_use = self.table_for(ready);
        let unit_s = self.profile.cpu_s;
        let TableInUse { table, pending, .. } = &mut self.in_use[in_use];
        let place = table.place(arrivals / (self.pod_capacity * ready));
        let figure = |read: &dyn Fn(&table::Row) -> f64| table.between(place, read);
        let quantiles: [f64; QUANTILES.len()] =
            std::array::from_fn(|index| figure(&|row| row.quantiles[index]) * unit_s);
        if self.profile.timeout.is_some_and(|timeout| quantiles[QUANTILES.len() - 1] > timeout.after_s) {
            return false;
        }
        let requests = arrivals * span_s;
        let (rejected, abandoned) = (figure(&|row| row.rejected), figure(&|row| row.abandoned));
        outcome.rejected = rejected * requests;
        outcome.timed_out = abandoned * requests;
        outcome.answered = (requests - outcome.rejected - outcome.timed_out).max(0.0);
        pending[place.row] += outcome.answered * (1.0 - place.share);
        pending[place.row + 1] += outcome.answered * place.share;
        self.last = LastLatency::Row { in_use, place };
        if outcome.answered > 0.0 {
            outcome.latency = LatencySummary {
                mean_s: table.between(place, |row| row.mean) * unit_s,
                p50_s: quantiles[0],
                p90_s: quantiles[1],
                p95_s: quantiles[2],
                p99_s: quantiles[3],
                max_s: largest_of(outcome.answered, &quantiles),
            };
        }
        true
    }

    /// A step of several kinds of requests; returns how many were worked on.
    fn answer_from_parts(&mut self, ready: f64, outcome: &mut StepOutcome) -> f64 {
        let in_use = self.table_for(ready);
        let table = Arc::clone(&self.in_use[in_use].table);
        let mut done = 0.0;
        for (index, (rate, passed)) in self.passed.iter().enumerate() {
            let PodCohort { ready, speed, .. } = self.cohorts[index].pods;
            let place = table.place(rate / (self.pod_capacity * ready * speed));
            let unit_s = self.profile.cpu_s / speed;
            let requests = passed.calm + passed.saturated;
            if requests > 0.0 {
                let rejected = table.between(place, |row| row.rejected) * requests;
                let abandoned = table.between(place, |row| row.abandoned) * requests;
                let taken = (requests - rejected - abandoned).max(0.0);
                self.spread.add_row(table.row(place.row), unit_s, taken * (1.0 - place.share));
                self.spread.add_row(table.row(place.row + 1), unit_s, taken * place.share);
                outcome.rejected += rejected;
                outcome.timed_out += abandoned;
                done += taken;
            }
            done += passed.drained;
        }
        outcome.rejected += self.second_tier.sorted.rejected;
        outcome.timed_out += self.second_tier.sorted.abandoned;
        self.answer_drained(&table);
        let answered = self.spread.total();
        if let Some(timeout) = self.profile.timeout {
            outcome.timed_out += self.spread.cut_above(timeout.after_s);
        }
        outcome.answered = if self.profile.timeout.is_some() { self.spread.total() } else { answered };
        self.spread.record(&mut self.histogram);
        self.last = LastLatency::Spread;
        outcome.latency = self.summary_of_spread(outcome.answered);
        done
    }

    /// A step near capacity; returns how many requests were worked on.
    fn answer_from_distributions(&mut self, outcome: &mut StepOutcome) -> f64 {
        let ready: f64 = self.cohorts.iter().map(|cohort| cohort.pods.ready).sum();
        let speed: f64 = self.cohorts.iter().map(|c| c.pods.ready * c.pods.speed).sum::<f64>() / ready.max(1e-300);
        let in_use = self.table_for(ready);
        let table = Arc::clone(&self.in_use[in_use].table);
        let unit_s = self.profile.cpu_s / speed;
        self.spread.add_row(table.row(0), unit_s, self.second_tier.sorted.free);
        self.add_waits(&table.row(0).strata.map(|value| value * unit_s));
        let sorted = self.second_tier.sorted;
        outcome.rejected += sorted.rejected;
        outcome.timed_out += sorted.abandoned;
        if let Some(timeout) = self.profile.timeout {
            outcome.timed_out += self.spread.cut_above(timeout.after_s);
        }
        outcome.answered = self.spread.total();
        self.spread.record(&mut self.histogram);
        self.last = LastLatency::Spread;
        outcome.latency = self.summary_of_spread(outcome.answered);
        sorted.free + sorted.started + self.second_tier.late
    }

    /// Adds who waited to the step's latencies: each wait with a body of `body` strata.
    fn add_waits(&mut self, body: &[f64; STRATA_COUNT]) {
        let timeout_s = self.profile.timeout.map_or(f64::INFINITY, |timeout| timeout.after_s);
        let (least_s, most_s) = body.iter().fold((f64::INFINITY, 0.0), |(least, most), b| (b.min(least), b.max(most)));
        for drained in self.drained.iter().filter(|drained| !drained.is_whole && drained.last_wait_s > 0.0) {
            let (first_s, last_s) = (drained.first_wait_s, drained.last_wait_s);
            if first_s + least_s < timeout_s && last_s + most_s > timeout_s {
                // Much depends on a few milliseconds before the timeout.
                for (body_s, share) in body.iter().zip(STRATA) {
                    self.spread.add_even(first_s + body_s, last_s + body_s, drained.requests * share);
                }
            } else {
                self.second_tier.waits.add_later(first_s, last_s, drained.requests);
            }
        }
        self.second_tier.waits.settle();
        self.second_tier.waits.plus_strata(body, &mut self.spread);
    }

    /// Adds what left the backlog to the step's latencies.
    fn answer_drained(&mut self, table: &Table) {
        if self.drained.is_empty() {
            return;
        }
        let weight: f64 = self.cohorts.iter().map(|cohort| cohort.pods.ready).sum();
        let speed: f64 = self.cohorts.iter().map(|c| c.pods.ready * c.pods.speed).sum::<f64>() / weight.max(1e-300);
        let rate: f64 = self.passed.iter().map(|(rate, _)| rate).sum();
        let load = rate / (self.pod_capacity * weight * speed).max(1e-300);
        let unit_s = self.profile.cpu_s / speed;
        let calm_row = table.row(table.place(load.min(HIGHEST_OPEN_LOAD)).row);
        let calm = calm_row.strata.map(|value| value * unit_s);
        for drained in self.drained.iter().filter(|drained| drained.is_whole) {
            self.spread.add_even(drained.first_wait_s, drained.last_wait_s, drained.requests);
        }
        if let Some(body) = self.second_tier.busy_strata {
            return self.add_waits(&body);
        }
        let slowdown = self.crowded_slowdown();
        let off_cpu_s = self.profile.off_cpu_s / speed;
        let body = table.row(0).strata.map(|value| (value * unit_s - off_cpu_s) * slowdown + off_cpu_s);
        for drained in self.drained.iter().filter(|drained| !drained.is_whole) {
            self.spread.add_waited((drained.first_wait_s, drained.last_wait_s), &body, &calm, drained.requests);
        }
    }

    /// How much slower a request runs when every thread of its pod is taken.
    fn crowded_slowdown(&self) -> f64 {
        match Station::new(&self.profile, 1).serving {
            Serving::Sharing { cores, threads: Some(threads) } => {
                (f64::from(threads) * cores.min(1.0) / cores).max(1.0)
            }
            _ => 1.0,
        }
    }

    /// No pod is ready: with one queue for all requests wait in it, else they are refused.
    fn without_pods(&mut self, arrivals: f64, span_s: f64, outcome: &mut StepOutcome) {
        self.pod_cpu_milli.clear();
        self.pod_cpu_milli.resize(self.cohorts.len(), 0.0);
        self.last = LastLatency::Spread;
        if self.profile.discipline == Discipline::SharedQueue {
            let limit = self.profile.queue_bound.map_or(f64::INFINITY, |_| 0.0);
            let flow = Flow { start_s: self.clock_s, span_s, arrivals, capacity: 0.0, limit };
            if let Some(cohort) = self.cohorts.first_mut() {
                outcome.rejected = cohort.backlog.pass(flow, &mut self.drained).saturated;
            }
        } else {
            let waiting: f64 = self.cohorts.iter().map(Cohort::requests).sum();
            self.cohorts.clear();
            outcome.rejected = outcome.arrived + waiting;
        }
    }

    fn summary_of_spread(&self, requests: f64) -> LatencySummary {
        if requests <= 0.0 {
            return LatencySummary::default();
        }
        let mut reader = self.spread.reader();
        let [p50_s, p90_s, p95_s, p99_s] = [0.5, 0.9, 0.95, 0.99].map(|quantile| reader.quantile(quantile));
        let max_s = reader.quantile((1.0 - 0.5 / requests).max(0.99));
        LatencySummary { mean_s: self.spread.mean_s(), p50_s, p90_s, p95_s, p99_s, max_s }
    }

    /// CPU usage of the cohorts in this step.
    fn count_cpu(&mut self, span_s: f64, done: f64, pods: &PodCohorts, outcome: &mut StepOutcome) {
        let limit_milli = self.profile.cpu_limit_cores.map_or(f64::INFINITY, |cores| cores * 1000.0);
        let idle_milli = self.profile.idle_cpu_milli;
        let ready: f64 = pods.iter().map(|cohort| cohort.ready).sum();
        let usage = |requests: f64, pods: f64| {
            let busy = requests * self.profile.cpu_s / (pods * span_s).max(1e-300) * 1000.0;
            (idle_milli + busy).min(limit_milli)
        };
        outcome.cpu_milli_per_pod = usage(done, ready);
        self.pod_cpu_milli.clear();
        if self.cohorts.len() == pods.len() && self.passed.len() == pods.len() && pods.len() > 1 {
            let served: f64 = self.passed.iter().map(|(_, p)| p.calm + p.saturated + p.drained).sum();
            for ((_, passed), cohort) in self.passed.iter().zip(pods) {
                let share = (passed.calm + passed.saturated + passed.drained) / served.max(1e-300);
                self.pod_cpu_milli.push(usage(done * share, cohort.ready));
            }
        } else {
            self.pod_cpu_milli.resize(pods.len(), outcome.cpu_milli_per_pod);
        }
    }

    /// The table for so many pods (fractions to the nearest), as an index of `in_use`.
    fn table_for(&mut self, ready: f64) -> usize {
        let matters = self.profile.discipline != Discipline::Random || self.profile.arrivals != ArrivalProcess::Poisson;
        let pods = if matters { ready.round().clamp(1.0, 1e6) as u32 } else { 1 };
        if let Some(index) = self.in_use.iter().position(|in_use| in_use.pods == pods) {
            return index;
        }
        let table = self.tables.get(Station::new(&self.profile, pods));
        let pending = vec![0.0; table.row_count()];
        self.in_use.push(TableInUse { pods, table, pending });
        self.in_use.len() - 1
    }

    /// Brings what is pending on rows into the histogram.
    fn flush(&mut self) {
        let mut spread = Spread::new();
        for TableInUse { table, pending, .. } in &mut self.in_use {
            for (row, requests) in pending.iter_mut().enumerate().filter(|(_, requests)| **requests > 0.0) {
                spread.add_row(table.row(row), self.profile.cpu_s, *requests);
                *requests = 0.0;
            }
        }
        spread.record(&mut self.histogram);
    }
}

/// The work of requests that share a CPU.
#[derive(Debug)]
pub(super) struct SharedWork {
    survival: Survival,
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

/// The value that half a request of `requests` exceeds, from the quantiles of [`QUANTILES`]: straight
/// lines over the logarithm of the share that is slower, the last one drawn on.
fn largest_of(requests: f64, quantiles: &[f64; QUANTILES.len()]) -> f64 {
    let [_, _, _, p99, p999, p9999] = *quantiles;
    let decades = libm::log10(2.0 * requests.max(50.0));
    if decades < 3.0 { p99 + (decades - 2.0) * (p999 - p99) } else { p999 + (decades - 3.0) * (p9999 - p999) }
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

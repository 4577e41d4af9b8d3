//! A service in a running simulation: its pods as they come and go, its last step, its sums.

use super::step::ReadyPods;
use crate::sim::burn::{Before, BurnWatch, ObservedStep};
use crate::sim::count_over_time::CountOverTime;
use crate::traffic::latency::{PodCohort, StepOutcome, WarmUp};
use crate::units::{SimDuration, SimTime};
use crate::world::{Objective, Service, WorkloadId};
use smallvec::{SmallVec, smallvec};

/// A service of one replication.
pub(crate) struct ServiceState {
    pub(in crate::sim) workload: Option<WorkloadId>,
    warm_up: Option<WarmUp>,
    /// Its own, or that of the whole traffic.
    objective: Objective,
    cohorts: SmallVec<[Cohort; 4]>,
    /// 1 while any pod is ready.
    present: CountOverTime,
    settled_present_nanos: i128,
    /// Cohorts with a key up to this one have been merged into cohort 0.
    merged: u64,
    /// The cpu time of a request over the profile's: slow machines take longer, new versions may cost more.
    pub(in crate::sim) cpu_of_request: f64,
    /// The last step.
    pub(in crate::sim) last: StepOutcome,
    /// Requests per second that arrived in the last step.
    pub(in crate::sim) last_rate: f64,
    /// Sums over the run.
    pub(in crate::sim) totals: ServiceTotals,
    /// The objectives over the run.
    pub(in crate::sim) watch: BurnWatch,
}

/// A step as a service takes it in.
#[derive(Clone, Copy)]
pub(in crate::sim) struct ServedStep {
    pub(in crate::sim) now: SimTime,
    pub(in crate::sim) number: u64,
    pub(in crate::sim) span: SimDuration,
    /// Requests per second that arrived.
    pub(in crate::sim) rate: f64,
    pub(in crate::sim) outcome: StepOutcome,
}

/// Sums over a run; requests are expectations.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServiceTotals {
    /// Requests that arrived.
    pub requests: f64,
    /// Requests rejected or timed out.
    pub errors: f64,
    /// Time in steps that broke the objective.
    pub breach: SimDuration,
    /// The largest backlog at the end of a step.
    pub most_backlog: f64,
    /// Utilisation times time.
    pub busy: f64,
    /// Time in steps in which the fast mode followed distributions: load was near capacity.
    pub pooled: SimDuration,
    /// Time in steps that the fast mode replayed request by request.
    pub replayed: SimDuration,
    /// Time in steps in which formulas are not trusted and nothing was left to replay with.
    pub doubtful: SimDuration,
}

/// Pods that became ready together while there was a backlog, or are cold.
#[derive(Clone, Copy, Debug)]
struct Cohort {
    key: u64,
    ready: CountOverTime,
    /// When the last of them became ready.
    since: SimTime,
    /// Ready pod seconds (in nanoseconds) up to the last step.
    settled_nanos: i128,
}

impl ServiceState {
    /// Without pods yet.
    pub(in crate::sim) fn new(service: &Service, objective: Objective) -> ServiceState {
        ServiceState {
            workload: service.workload,
            warm_up: service.profile.warm_up,
            objective: service.objective.unwrap_or(objective),
            cohorts: SmallVec::new(),
            present: CountOverTime::default(),
            settled_present_nanos: 0,
            merged: 0,
            cpu_of_request: 1.0,
            last: StepOutcome::default(),
            last_rate: 0.0,
            totals: ServiceTotals::default(),
            watch: BurnWatch::new(service.objective.unwrap_or(objective)),
        }
    }
    /// The pods over the step of length `span` that ends now; their nodes' cpus are as fast as `node_speed` says.
    pub(in crate::sim) fn ready_pods(&mut self, now: SimTime, span: SimDuration, node_speed: f64) -> ReadyPods {
        let cohorts = self.settle(now, span, node_speed);
        let mut pods = ReadyPods { cohorts, absent: self.absence(now, span), node_speed };
        let present = pods.present(span);
        pods.cohorts.iter_mut().for_each(|cohort| cohort.ready /= present);
        pods
    }
    /// Takes in what the step numbered `number` did.
    pub(in crate::sim) fn served(&mut self, step: &ServedStep) {
        let ServedStep { now, number, span, rate, outcome } = *step;
        self.last = outcome;
        self.last_rate = rate;
        self.merge(now, number);
        self.totals.add(&outcome, span, &self.objective);
        let failed = outcome.rejected + outcome.timed_out;
        self.watch.add(&ObservedStep { span, answered: outcome.answered, failed, latency: &outcome.latency });
    }
    /// Its sums begin at 0 again.
    pub(in crate::sim) fn forget_sums(&mut self, before: Before) {
        self.totals = ServiceTotals::default();
        self.watch.forget(before);
    }
    /// Requests in hand, at work or waiting, on average over the last step.
    pub(in crate::sim) fn in_hand(&self) -> f64 {
        self.last_rate * self.last.latency.mean_s + self.last.backlog
    }
    /// A pod became ready: it joins the others, or starts with an empty queue of its own while the others
    /// have a backlog, or slowly.
    pub(in crate::sim) fn pod_ready(&mut self, now: SimTime, step: u64) -> u64 {
        let key = match self.warm_up {
            // Above 0 in the first step too: a cohort 0 is warm.
            Some(_) => step + 1,
            None if self.last.backlog > 0.0 => step,
            None => 0,
        };
        let cohort = self.cohort(key);
        cohort.ready.change(now, 1);
        cohort.since = now;
        self.present.set(now, 1);
        key
    }
    pub(in crate::sim) fn pod_left(&mut self, now: SimTime, key: u64) {
        let key = if key <= self.merged { 0 } else { key };
        self.cohort(key).ready.change(now, -1);
        let any = self.cohorts.iter().any(|cohort| cohort.ready.value() > 0);
        self.present.set(now, i64::from(any));
    }
    fn cohort(&mut self, key: u64) -> &mut Cohort {
        let at = self.cohorts.iter().position(|cohort| cohort.key == key).unwrap_or_else(|| {
            let (ready, since) = (CountOverTime::default(), SimTime::ZERO);
            self.cohorts.push(Cohort { key, ready, since, settled_nanos: 0 });
            self.cohorts.len() - 1
        });
        &mut self.cohorts[at]
    }
    /// Ready pods of each cohort, averaged over the step that ends now.
    fn settle(&mut self, now: SimTime, span: SimDuration, speed: f64) -> SmallVec<[PodCohort; 4]> {
        if self.workload.is_none() {
            // Outside the cluster: always there.
            return smallvec![PodCohort { key: 0, ready: 1.0, speed: 1.0 }];
        }
        let warm_up = self.warm_up;
        let settle_one = |cohort: &mut Cohort| {
            let nanos = cohort.ready.nanos(now);
            let ready = (nanos - std::mem::replace(&mut cohort.settled_nanos, nanos)) as f64 / span.as_nanos() as f64;
            let (from_s, to_s) = ((now - span).as_secs_f64(), now.as_secs_f64());
            let warmth = |warm_up: WarmUp| warm_up.mean_speed(cohort.since.as_secs_f64(), from_s, to_s);
            PodCohort { key: cohort.key, ready, speed: speed * warm_up.filter(|_| cohort.key > 0).map_or(1.0, warmth) }
        };
        let mut cohorts: SmallVec<[PodCohort; 4]> = self.cohorts.iter_mut().map(settle_one).collect();
        if warm_up.is_some() && cohorts.len() > 1 {
            cohorts.retain(|cohort| cohort.ready > 0.0 || cohort.key == 0);
        }
        cohorts
    }
    /// How much of the step of length `span` that ends now went by without any ready pod.
    fn absence(&mut self, now: SimTime, span: SimDuration) -> SimDuration {
        let nanos = self.present.nanos(now);
        let present = nanos - std::mem::replace(&mut self.settled_present_nanos, nanos);
        if self.workload.is_none() || present == 0 {
            SimDuration::ZERO
        } else {
            span - SimDuration::from_nanos(present as i64)
        }
    }
    /// Without a backlog all pods are alike again that are warm.
    fn merge(&mut self, now: SimTime, step: u64) {
        if self.cohorts.len() < 2 || self.last.backlog > 0.0 {
            return;
        }
        // Keys rise with time, and so do the times at which pods are warm.
        let is_cold = |cohort: &&Cohort| {
            let warm_up = self.warm_up.filter(|_| cohort.key > 0);
            warm_up.is_some_and(|warm_up| !warm_up.is_over(cohort.since.as_secs_f64(), now.as_secs_f64()))
        };
        let merged = self.cohorts.iter().filter(is_cold).map(|cohort| cohort.key - 1).min().unwrap_or(step);
        if merged <= self.merged && self.warm_up.is_some() {
            return;
        }
        let alike = |cohort: &&Cohort| cohort.key <= merged;
        let all: i64 = self.cohorts.iter().filter(alike).map(|cohort| cohort.ready.value()).sum();
        self.cohorts.retain(|cohort| cohort.key > merged);
        self.merged = merged;
        let cohort = self.cohort(0);
        cohort.ready.set(now, all);
        cohort.settled_nanos = cohort.ready.nanos(now);
    }
}

impl ServiceTotals {
    fn add(&mut self, step: &StepOutcome, span: SimDuration, objective: &Objective) {
        self.requests += step.arrived;
        self.errors += step.rejected + step.timed_out;
        self.busy += step.utilization * span.as_secs_f64();
        self.most_backlog = self.most_backlog.max(step.backlog);
        if step.is_pooled && !step.is_replayed {
            self.pooled += span;
        }
        if step.is_replayed {
            self.replayed += span;
        }
        if step.is_doubtful {
            self.doubtful += span;
        }
        if objective.is_broken_by(step.latency.p95_s, step.error_rate()) {
            self.breach += span;
        }
    }
}

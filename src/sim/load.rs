//! Traffic meets pods: each step's requests become usage, latency and errors.

use crate::id::{Id, IdVec};
use crate::rng::Seed;
use crate::sim::Simulation;
use crate::sim::books::Stage;
use crate::sim::burn::{BurnWatch, Watched};
use crate::sim::event::Event;
use crate::sim::exact::{ExactLoad, ServiceStep};
use crate::sim::tally::Tally;
use crate::traffic::calls::ServiceId;
use crate::traffic::demand::{Demand, DemandRun};
use crate::traffic::latency::{
    ColdPods, Hop, LatencyHistogram, LatencyTables, PodCohort, RouteLatency, RouteOutcome, STRATA_COUNT, ServiceModel,
    StepOutcome,
};
use crate::units::{SimDuration, SimTime};
use crate::world::WorkloadId;
use crate::world::{LatencyMode, Load, Traffic};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// What a pod of a workload uses at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Cpu of a ready pod in milli-cores.
    pub cpu_milli: i64,
    /// Memory of a ready pod in bytes.
    pub memory_bytes: i64,
    /// Among how many pods the requests behind it were divided: where more are ready since, each has less to do. None
    /// where requests wait, and more pods have as much to do.
    pub shared_by: Option<f64>,
}

impl Usage {
    /// The cpu of each of so many ready pods.
    fn cpu_milli_among(&self, ready: f64) -> i64 {
        match self.shared_by {
            Some(pods) if ready > pods => (self.cpu_milli as f64 * pods / ready).round() as i64,
            _ => self.cpu_milli,
        }
    }
}

/// The traffic of one replication, under way.
pub struct LoadState {
    demand: DemandRun,
    services: IdVec<ServiceId, ServiceState>,
    routes: RouteLatency,
    /// Where requests are followed one by one.
    exact: Option<Box<ExactLoad>>,
    hops: Vec<Hop>,
    /// When the present step began.
    since: SimTime,
    /// The entry rate of the last step in requests per second.
    pub(super) entry_rate: f64,
    /// The routes' last step.
    pub(super) last_routes: Vec<RouteOutcome>,
    /// By route: the objectives over the run.
    pub(super) route_watches: Vec<BurnWatch>,
}

/// A service of one replication.
pub struct ServiceState {
    model: ServiceModel,
    workload: Option<WorkloadId>,
    cohorts: SmallVec<[Cohort; 4]>,
    /// 1 while any pod is ready.
    present: Tally,
    settled_present_nanos: i128,
    cold: ColdPods,
    /// Cohorts with a key up to this one have been merged into cohort 0.
    merged: u64,
    /// The last step.
    pub(super) last: StepOutcome,
    /// Requests per second that arrived in the last step.
    pub(super) last_rate: f64,
    /// Sums over the run.
    pub(super) totals: ServiceTotals,
    /// The objectives over the run.
    pub(super) watch: BurnWatch,
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
    /// Time in steps whose fast latencies are pooled over imaginable runs: load was near capacity.
    pub pooled: SimDuration,
}

/// Pods that became ready together while there was a backlog.
#[derive(Clone, Copy, Debug)]
struct Cohort {
    key: u64,
    ready: Tally,
    /// Ready pod seconds (in nanoseconds) up to the last step.
    settled_nanos: i128,
}

impl LoadState {
    /// Nothing has arrived yet.
    ///
    /// Panics on a profile that the scenario room should have refused.
    pub(super) fn new(traffic: &Traffic, tables: &LatencyTables, seed: Seed) -> Self {
        let service = |row: &crate::world::Service| ServiceState {
            model: ServiceModel::with_tables(row.profile.clone(), tables.clone()).expect("a checked profile"),
            workload: row.workload,
            cohorts: SmallVec::new(),
            present: Tally::default(),
            settled_present_nanos: 0,
            cold: ColdPods::default(),
            merged: 0,
            last: StepOutcome::default(),
            last_rate: 0.0,
            totals: ServiceTotals::default(),
            watch: BurnWatch::new(row.objective.unwrap_or(traffic.objective)),
        };
        let idle = Hop { strata_s: [0.0; STRATA_COUNT], error_rate: 0.0 };
        let exact = traffic.mode == LatencyMode::Exact;
        // Single arrivals bring their own chance: only the fast mode needs counts drawn.
        let demand = if exact {
            Arc::new(Demand { poisson: false, ..(*traffic.demand).clone() })
        } else {
            traffic.demand.clone()
        };
        LoadState {
            demand: DemandRun::new(demand, seed, "demand", 0),
            exact: exact.then(|| Box::new(ExactLoad::new(traffic, seed))),
            services: traffic.services.values().map(service).collect(),
            routes: RouteLatency::new(&traffic.graph),
            hops: vec![idle; traffic.services.len()],
            since: SimTime::ZERO,
            entry_rate: 0.0,
            last_routes: Vec::new(),
            route_watches: vec![BurnWatch::new(traffic.objective); traffic.graph.routes().len()],
        }
    }
    /// The services, with their last step and sums.
    pub fn services(&self) -> &IdVec<ServiceId, ServiceState> {
        &self.services
    }
    pub(super) fn route_histogram(&mut self, route: crate::traffic::calls::RouteId) -> &LatencyHistogram {
        match &self.exact {
            Some(exact) => exact.route_histogram(route),
            None => self.routes.histogram(route),
        }
    }
    pub(super) fn service_histogram(&mut self, service: ServiceId) -> &LatencyHistogram {
        match &self.exact {
            Some(exact) => exact.service_histogram(service),
            None => self.services[service].model.histogram(),
        }
    }
    /// Requests turned away because the exact mode had too many under way at once.
    pub(super) fn overflowed(&self) -> u64 {
        self.exact.as_ref().map_or(0, |exact| exact.overflowed())
    }
}

impl ServiceState {
    /// A pod became ready: it joins the others, or starts with an empty queue of its own while the others
    /// have a backlog.
    fn pod_ready(&mut self, now: SimTime, step: u64) -> u64 {
        if self.model.profile().warm_up.is_some() {
            self.cold.add(now.as_secs_f64());
        }
        let key = if self.last.backlog > 0.0 { step } else { 0 };
        self.cohort(key).ready.change(now, 1);
        self.present.set(now, 1);
        key
    }
    fn pod_left(&mut self, now: SimTime, key: u64) {
        let key = if key <= self.merged { 0 } else { key };
        self.cohort(key).ready.change(now, -1);
        let any = self.cohorts.iter().any(|cohort| cohort.ready.value() > 0);
        self.present.set(now, i64::from(any));
    }
    fn cohort(&mut self, key: u64) -> &mut Cohort {
        let at = self.cohorts.iter().position(|cohort| cohort.key == key).unwrap_or_else(|| {
            self.cohorts.push(Cohort { key, ready: Tally::default(), settled_nanos: 0 });
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
        let settle_one = |cohort: &mut Cohort| {
            let nanos = cohort.ready.nanos(now);
            let ready = (nanos - std::mem::replace(&mut cohort.settled_nanos, nanos)) as f64 / span.as_nanos() as f64;
            PodCohort { key: cohort.key, ready, speed }
        };
        let mut cohorts: SmallVec<[PodCohort; 4]> = self.cohorts.iter_mut().map(settle_one).collect();
        let ready: f64 = cohorts.iter().map(|cohort| cohort.ready).sum();
        if let Some(warm_up) = self.model.profile().warm_up {
            let step_s = ((now - span).as_secs_f64(), now.as_secs_f64());
            let warmth = self.cold.mean_speed(warm_up, step_s, ready);
            cohorts.iter_mut().for_each(|cohort| cohort.speed *= warmth);
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
    /// A step in the fast mode. Whoever comes while there is no pod is refused, or waits in the one queue.
    fn step(&mut self, span: SimDuration, absent: SimDuration, rate: f64, cohorts: &[PodCohort]) -> StepOutcome {
        if absent.is_zero() {
            return self.model.step(span, rate, cohorts);
        }
        let gone: SmallVec<[PodCohort; 4]> = cohorts.iter().map(|cohort| PodCohort { ready: 0.0, ..*cohort }).collect();
        let without = self.model.step(absent, rate, &gone);
        let with = self.model.step(span - absent, rate, cohorts);
        StepOutcome { arrived: without.arrived + with.arrived, rejected: without.rejected + with.rejected, ..with }
    }
    /// Without a backlog all pods are alike again.
    fn merge(&mut self, now: SimTime, step: u64) {
        if self.cohorts.len() > 1 && self.last.backlog <= 0.0 {
            let all: i64 = self.cohorts.iter().map(|cohort| cohort.ready.value()).sum();
            self.cohorts.clear();
            self.merged = step;
            let cohort = self.cohort(0);
            cohort.ready.set(now, all);
            cohort.settled_nanos = cohort.ready.nanos(now);
        }
    }
}

impl Simulation {
    /// Of services, tells the model that a pod became ready or no longer is.
    pub(super) fn serving_changed(&mut self, now: SimTime, id: WorkloadId, pod: crate::cluster::PodId, ready: bool) {
        let Load::Service(service) = self.cast.workloads[id].load else { return };
        let Some(load) = &mut self.load else { return };
        let state = &mut load.services[service];
        if ready {
            self.lives[pod].cohort = state.pod_ready(now, self.step_number);
        } else {
            state.pod_left(now, self.lives[pod].cohort);
        }
    }

    /// A ready pod gets requests from now on.
    pub(super) fn joins_service(&mut self, now: SimTime, id: WorkloadId, pod: crate::cluster::PodId) {
        self.serving_changed(now, id, pod, true);
        self.stage_changed_exactly(now, id, pod, (Stage::Starting, Stage::Ready));
    }

    /// A ready pod gets no more requests; those in hand are finished.
    pub(super) fn leaves_service(&mut self, now: SimTime, id: WorkloadId, pod: crate::cluster::PodId) {
        self.serving_changed(now, id, pod, false);
        self.stage_changed_exactly(now, id, pod, (Stage::Ready, Stage::Terminating));
    }

    /// In the exact mode, tells the service's model what became of a pod.
    pub(super) fn stage_changed_exactly(
        &mut self,
        now: SimTime,
        id: WorkloadId,
        pod: crate::cluster::PodId,
        (before, stage): (Stage, Stage),
    ) {
        if let (Load::Service(service), Some(exact)) =
            (&self.cast.workloads[id].load, self.load.as_mut().and_then(|load| load.exact.as_mut()))
        {
            exact.pod_moved(now, *service, pod, before, stage);
        }
    }

    /// The step that ends now: what arrived, how it was served, what it used.
    pub(super) fn traffic_step(&mut self, now: SimTime) {
        self.settle_traffic(now);
        self.follow_demand_curves(now);
        self.book_usage(now);
        self.observe_step();
        self.watch_rollouts(now);
        self.step_number += 1;
        let next = now + self.timing.step;
        if next <= self.end {
            self.queue.push(next, Event::TrafficStep);
        }
    }

    fn settle_traffic(&mut self, now: SimTime) {
        let Some(mut load) = self.load.take() else { return };
        let cast = self.cast.clone();
        let Some(traffic) = &cast.traffic else { return };
        let span = now - load.since;
        if !span.is_zero() {
            load.entry_rate = load.demand.step(load.since, span);
            load.since = now;
            let mut speeds = IdVec::filled(1.0, load.services.len());
            for (id, state) in load.services.iter() {
                // A version whose requests cost twice the cpu is as slow as one on half a cpu.
                let speed = |workload| self.speed_of(workload) / self.cpu_factor(workload);
                speeds[id] = state.workload.map_or(1.0, speed);
            }
            if let Some(exact) = &mut load.exact {
                exact.step(now, load.entry_rate, &speeds);
            }
            for (id, arrivals) in traffic.graph.arrival_rates(load.entry_rate) {
                let state = &mut load.services[id];
                let mut cohorts = state.settle(now, span, speeds[id]);
                // Time without any pod is not time with a part of them.
                let absent = state.absence(now, span);
                let present = 1.0 - absent.as_secs_f64() / span.as_secs_f64();
                cohorts.iter_mut().for_each(|cohort| cohort.ready /= present);
                state.last = match &mut load.exact {
                    None => state.step(span, absent, arrivals, &cohorts),
                    Some(exact) => {
                        let ready = present * cohorts.iter().map(|cohort| cohort.ready).sum::<f64>();
                        exact.service(id, &ServiceStep { span, ready }, &traffic.services[id].profile)
                    }
                };
                state.last_rate = arrivals;
                state.merge(now, self.step_number);
                if load.exact.is_none() {
                    load.hops[id.index()] =
                        Hop { strata_s: state.model.strata_s(), error_rate: state.last.error_rate() };
                }
                state.totals.add(&state.last, span, &traffic.services[id].objective.unwrap_or(traffic.objective));
                let failed = state.last.rejected + state.last.timed_out;
                let latency = &state.last.latency;
                state.watch.add(&Watched { span, answered: state.last.answered, failed, latency });
                if let Some(workload) = state.workload {
                    let waiting = arrivals * state.last.latency.mean_s + state.last.backlog;
                    let pods = cohorts.iter().map(|cohort| cohort.ready).sum::<f64>().max(1.0);
                    let memory = &traffic.services[id];
                    self.usage[workload] = Usage {
                        cpu_milli: state.last.cpu_milli_per_pod.round() as i64,
                        memory_bytes: memory.memory_base_bytes
                            + (memory.memory_per_request_bytes as f64 * waiting / pods) as i64,
                        shared_by: (state.last.backlog <= 0.0).then_some(pods),
                    };
                }
            }
            load.routes.begin_step(&load.hops);
            load.last_routes.clear();
            for (route, row) in traffic.graph.routes().iter() {
                let arrived = load.entry_rate * row.share * span.as_secs_f64();
                let outcome = match &mut load.exact {
                    None => load.routes.step(&traffic.graph, route, arrived, &load.hops),
                    Some(exact) => exact.route(route),
                };
                let RouteOutcome { arrived, failed, latency } = &outcome;
                let answered = (arrived - failed).max(0.0);
                load.route_watches[route.index()].add(&Watched { span, answered, failed: *failed, latency });
                load.last_routes.push(outcome);
            }
            self.service_levels.add(&load.last_routes, span, &traffic.objective);
        }
        self.load = Some(load);
        self.kill_for_memory(now);
    }

    /// Workloads whose cpu demand is given over time: split evenly among ready pods, capped by the limit.
    fn follow_demand_curves(&mut self, now: SimTime) {
        for (id, workload) in self.cast.workloads.iter() {
            if let Load::CpuDemand { demand_milli, memory_base_bytes, memory_per_milli_bytes } = &workload.load {
                let begun = &mut self.workloads[id].demand_rows;
                while demand_milli.get(*begun).is_some_and(|(from, _)| *from <= now) {
                    *begun += 1;
                }
                let demand = begun.checked_sub(1).map_or(0, |at| demand_milli[at].1);
                let ready = self.books.workloads[id].ready.value().max(1);
                let limit = self.cluster.spec(workload.template).containers.first().and_then(|c| c.cpu_limit_milli);
                let cpu_milli = (demand / ready).min(limit.unwrap_or(i64::MAX));
                self.usage[id] = Usage {
                    cpu_milli,
                    memory_bytes: memory_base_bytes + memory_per_milli_bytes * cpu_milli,
                    shared_by: None,
                };
            }
        }
    }

    /// How fast the cpus of a workload's pods are: below 1 where its nodes want more than they have. The
    /// mean over its ready pods, from the usage of the step before.
    fn speed_of(&self, workload: WorkloadId) -> f64 {
        if self.contended.is_empty() {
            return 1.0;
        }
        let (mut sum, mut pods) = (0.0, 0u32);
        for pod in &self.workloads[workload].pods {
            let row = self.cluster.pod(*pod);
            if let (true, Some(node)) = (row.is_ready(), row.node()) {
                pods += 1;
                sum += self.contended.iter().find(|(contended, _)| *contended == node).map_or(1.0, |(_, speed)| *speed);
            }
        }
        if pods == 0 { 1.0 } else { sum / f64::from(pods) }
    }

    /// Finds the nodes whose pods together use more cpu than there is; only requests are slower there.
    fn find_contended_nodes(&mut self) {
        self.contended.clear();
        if self.load.is_none() {
            return;
        }
        for (id, node) in self.cluster.nodes() {
            let used: i64 = node.pods().iter().map(|pod| self.pod_usage(*pod).cpu_milli).sum();
            let there = node.capacity.resources.cpu_milli;
            if used > there && there > 0 {
                self.contended.push((id, there as f64 / used as f64));
            }
        }
    }

    /// What a pod uses now.
    pub(super) fn pod_usage(&self, pod: crate::cluster::PodId) -> Usage {
        let row = self.cluster.pod(pod);
        let crate::sim::kubelet::Owner::Workload(id) = self.lives[pod].owner else { return Usage::default() };
        match self.cast.workloads[id].load {
            _ if row.phase != crate::cluster::Phase::Running => Usage::default(),
            Load::Requests => {
                let requests = &self.cluster.spec(row.spec).container_requests;
                Usage { cpu_milli: requests.cpu_milli, memory_bytes: requests.memory_bytes, shared_by: None }
            }
            _ if self.lives[pod].stage == Stage::Ready && self.has_traffic(id, pod) => {
                let usage = self.usage[id];
                let ready = self.books.workloads[id].ready.value() as f64;
                Usage { cpu_milli: usage.cpu_milli_among(ready), ..usage }
            }
            _ => Usage { cpu_milli: 0, ..self.usage[id] },
        }
    }

    /// A container that uses more memory than its limit is killed: one pod of each such workload a step.
    fn kill_for_memory(&mut self, now: SimTime) {
        let cast = self.cast.clone();
        for (id, workload) in cast.workloads.iter() {
            let Load::Service(_) = workload.load else { continue };
            let limit_of = |spec: &crate::cluster::PodSpec| spec.containers.first().and_then(|c| c.memory_limit_bytes);
            let used = self.usage[id].memory_bytes;
            let is_over = |spec: &crate::cluster::PodSpec| limit_of(spec).is_some_and(|limit| used > limit);
            // A VPA gives pods limits of their own.
            if is_over(self.cluster.spec(workload.template)) || !self.vpas.is_empty() {
                let pods = self.workloads[id].pods.iter().copied();
                let ready: Vec<_> = pods
                    .filter(|pod| self.cluster.pod(*pod).is_ready() && is_over(self.cluster.spec_of(*pod)))
                    .collect();
                if !ready.is_empty() {
                    let pod = ready[self.streams.pods.below(ready.len())];
                    self.books.out_of_memory += 1;
                    self.log.push(now, crate::sim::log::Occurrence::OutOfMemory(pod));
                    self.vpa_hears_of_oom(now, id, pod);
                    self.pod_crashes(now, pod);
                }
            }
        }
    }

    /// Usage above requests is held too (OpenCost: the larger of request and usage).
    fn book_usage(&mut self, now: SimTime) {
        self.find_contended_nodes();
        for id in self.cast.workloads.ids() {
            let workload = &self.cast.workloads[id];
            let usage = self.usage[id];
            let is_booked = std::mem::replace(&mut self.workloads[id].booked, usage) == usage;
            if is_booked || matches!(workload.load, Load::Requests) {
                continue;
            }
            let requests = &self.cluster.spec(workload.template).container_requests;
            let above = Usage {
                cpu_milli: (self.usage[id].cpu_milli - requests.cpu_milli).max(0),
                memory_bytes: (self.usage[id].memory_bytes - requests.memory_bytes).max(0),
                ..Usage::default()
            };
            self.accounts.set_usage_above_requests(now, &self.cluster, workload.namespace, id, above);
        }
    }
}

impl ServiceTotals {
    fn add(&mut self, step: &StepOutcome, span: SimDuration, objective: &crate::world::Objective) {
        self.requests += step.arrived;
        self.errors += step.rejected + step.timed_out;
        self.busy += step.utilization * span.as_secs_f64();
        self.most_backlog = self.most_backlog.max(step.backlog);
        if step.is_pooled {
            self.pooled += span;
        }
        if objective.is_broken_by(step.latency.p95_s, step.error_rate()) {
            self.breach += span;
        }
    }
}

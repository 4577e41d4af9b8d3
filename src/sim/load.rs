//! Traffic meets pods: each step's requests become usage, latency and errors.

use crate::id::IdVec;
use crate::rng::Seed;
use crate::sim::Simulation;
use crate::sim::books::Stage;
use crate::sim::burn::{BurnWatch, Watched};
use crate::sim::event::Event;
use crate::sim::serving::{PodChange, ReadyPods, ServedStep, ServiceState, Step, TrafficEngine};
use crate::traffic::calls::{RouteId, ServiceId};
use crate::traffic::demand::{Demand, DemandRun};
use crate::traffic::latency::{LatencyHistogram, LatencyTables, RouteOutcome};
use crate::units::SimTime;
use crate::world::{LatencyMode, Load, Service, Traffic, WorkloadId};
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
    engine: TrafficEngine,
    services: IdVec<ServiceId, ServiceState>,
    /// The pods of the last step.
    pods: IdVec<ServiceId, ReadyPods>,
    /// When the present step began.
    since: SimTime,
    /// The entry rate of the last step in requests per second.
    pub(super) entry_rate: f64,
    /// The routes' last step.
    pub(super) last_routes: IdVec<RouteId, RouteOutcome>,
    /// The objectives over the run.
    pub(super) route_watches: IdVec<RouteId, BurnWatch>,
}

impl LoadState {
    /// Nothing has arrived yet.
    ///
    /// Panics on a profile that the scenario room should have refused.
    pub(super) fn new(traffic: &Traffic, tables: &LatencyTables, seed: Seed) -> Self {
        // Single arrivals bring their own chance: only the fast mode needs counts drawn.
        let demand = match traffic.mode {
            LatencyMode::Fast => traffic.demand.clone(),
            LatencyMode::Exact => Arc::new(Demand { poisson: false, ..(*traffic.demand).clone() }),
        };
        let routes = traffic.graph.routes().len();
        LoadState {
            demand: DemandRun::new(demand, seed, "demand", 0),
            engine: TrafficEngine::new(traffic, traffic.mode, tables, seed),
            services: traffic.services.values().map(|row| ServiceState::new(row, traffic.objective)).collect(),
            pods: IdVec::filled(ReadyPods::default(), traffic.services.len()),
            since: SimTime::ZERO,
            entry_rate: 0.0,
            last_routes: IdVec::filled(RouteOutcome::default(), routes),
            route_watches: IdVec::filled(BurnWatch::new(traffic.objective), routes),
        }
    }
    /// The services, with their last step and sums.
    pub fn services(&self) -> &IdVec<ServiceId, ServiceState> {
        &self.services
    }
    pub(super) fn route_histogram(&mut self, route: RouteId) -> &LatencyHistogram {
        self.engine.route_histogram(route)
    }
    pub(super) fn service_histogram(&mut self, service: ServiceId) -> &LatencyHistogram {
        self.engine.service_histogram(service)
    }
    /// Requests turned away because the exact mode had too many under way at once.
    pub(super) fn overflowed(&self) -> u64 {
        self.engine.overflowed()
    }
    /// Lets the requests of the step with this number, which ends now, be served by `pods`.
    fn step(&mut self, traffic: &Traffic, now: SimTime, number: u64) {
        let span = now - self.since;
        self.entry_rate = self.demand.step(self.since, span);
        self.since = now;
        self.engine.step(&Step { span, until: now, entry_rate: self.entry_rate, pods: &self.pods });
        for (id, rate) in traffic.graph.arrival_rates(self.entry_rate) {
            let outcome = self.engine.service(id);
            self.services[id].served(&ServedStep { now, number, span, rate, outcome });
        }
        for (id, watch) in self.route_watches.iter_mut() {
            let outcome = self.engine.route(id);
            let RouteOutcome { arrived, failed, latency } = &outcome;
            watch.add(&Watched { span, answered: (arrived - failed).max(0.0), failed: *failed, latency });
            self.last_routes[id] = outcome;
        }
    }
    /// What each of a service's pods used in the last step.
    fn usage(&self, id: ServiceId, row: &Service) -> Usage {
        let state = &self.services[id];
        let pods = self.pods[id].count().max(1.0);
        Usage {
            cpu_milli: state.last.cpu_milli_per_pod.round() as i64,
            memory_bytes: row.memory_base_bytes + (row.memory_per_request_bytes as f64 * state.in_hand() / pods) as i64,
            shared_by: (state.last.backlog <= 0.0).then_some(pods),
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

    /// Tells the traffic engine what became of a pod.
    pub(super) fn stage_changed_exactly(
        &mut self,
        now: SimTime,
        id: WorkloadId,
        pod: crate::cluster::PodId,
        (before, stage): (Stage, Stage),
    ) {
        let (Load::Service(service), Some(load)) = (&self.cast.workloads[id].load, &mut self.load) else { return };
        let change = match (before, stage) {
            (_, Stage::Ready) => PodChange::Ready,
            (Stage::Ready, Stage::Terminating) => PodChange::Leaves,
            (Stage::Ready, _) | (_, Stage::Gone) => PodChange::Breaks,
            _ => return,
        };
        load.engine.pod_changed(now, *service, pod, change);
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
            for (id, state) in load.services.iter_mut() {
                // A version whose requests cost twice the cpu is as slow as one on half a cpu.
                let speed = |workload| self.speed_of(workload) / self.cpu_factor(workload);
                load.pods[id] = state.ready_pods(now, span, state.workload.map_or(1.0, speed));
            }
            load.step(traffic, now, self.step_number);
            for (id, row) in traffic.services.iter() {
                if let Some(workload) = row.workload {
                    self.usage[workload] = load.usage(id, row);
                }
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

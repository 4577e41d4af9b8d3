//! The traffic of one replication, under way.

use crate::id::IdVec;
use crate::sim::burn::{Before, BurnWatch, ObservedStep};
use crate::sim::serving::{ReadyPods, ServedStep, ServiceState, Step, TrafficEngine};
use crate::sim::start::Start;
use crate::traffic::calls::{RouteId, ServiceId};
use crate::traffic::demand::{Demand, DemandRun};
use crate::traffic::latency::{LatencyHistogram, RouteOutcome};
use crate::units::SimTime;
use crate::world::{LatencyMode, Service, Traffic};
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
    /// The cpu of each ready pod, where this many are ready.
    pub(crate) fn cpu_milli_among(&self, ready: f64) -> i64 {
        match self.shared_by {
            Some(pods) if ready > pods => (self.cpu_milli as f64 * pods / ready).round() as i64,
            _ => self.cpu_milli,
        }
    }
}

/// The traffic of one replication, under way.
pub(crate) struct LoadState {
    pub(crate) demand: DemandRun,
    pub(crate) engine: TrafficEngine,
    pub(crate) services: IdVec<ServiceId, ServiceState>,
    /// The pods of the last step.
    pub(crate) pods: IdVec<ServiceId, ReadyPods>,
    /// When the present step began.
    pub(crate) since: SimTime,
    /// The entry rate of the last step in requests per second.
    pub(crate) entry_rate: f64,
    /// The routes' last step.
    pub(crate) last_routes: IdVec<RouteId, RouteOutcome>,
    /// The objectives over the run.
    pub(crate) route_watches: IdVec<RouteId, BurnWatch>,
}

impl LoadState {
    /// Nothing has arrived yet.
    ///
    /// Panics on a profile that the scenario room should have refused.
    pub(crate) fn new(traffic: &Traffic, start: &Start) -> Self {
        let seed = start.seed;
        // Single arrivals bring their own chance: only the fast mode needs counts drawn.
        let demand = match traffic.mode {
            LatencyMode::Fast => traffic.demand.clone(),
            LatencyMode::Exact => Arc::new(Demand { poisson: false, ..(*traffic.demand).clone() }),
        };
        let routes = traffic.graph.routes();
        LoadState {
            demand: DemandRun::new(demand, seed, "demand", 0),
            engine: TrafficEngine::new(traffic, traffic.mode, &start.tables, seed).beginning(start.begins()),
            services: traffic.services.values().map(|row| ServiceState::new(row, traffic.objective)).collect(),
            pods: IdVec::filled(ReadyPods::default(), traffic.services.len()),
            since: start.begins(),
            entry_rate: 0.0,
            last_routes: IdVec::filled(RouteOutcome::default(), routes.len()),
            route_watches: routes.ids().map(|route| BurnWatch::new(traffic.objective_of(route))).collect(),
        }
    }
    /// The services, with their last step and sums.
    pub(crate) fn services(&self) -> &IdVec<ServiceId, ServiceState> {
        &self.services
    }
    pub(crate) fn route_histogram(&mut self, route: RouteId) -> &LatencyHistogram {
        self.engine.route_histogram(route)
    }
    pub(crate) fn service_histogram(&mut self, service: ServiceId) -> &LatencyHistogram {
        self.engine.service_histogram(service)
    }
    /// Requests turned away because the exact mode had too many under way at once.
    pub(crate) fn overflowed(&self) -> u64 {
        self.engine.overflowed()
    }
    /// Lets the requests of the step with this number, which ends now, be served by `pods`.
    pub(crate) fn step(&mut self, traffic: &Traffic, now: SimTime, number: u64) {
        let span = now - self.since;
        self.entry_rate = match self.since < SimTime::ZERO {
            true => self.demand.before_the_start(span),
            false => self.demand.step(self.since, span),
        };
        self.since = now;
        self.engine.step(&Step { span, until: now, entry_rate: self.entry_rate, pods: &self.pods });
        for (id, rate) in traffic.graph.arrival_rates(self.entry_rate) {
            let mut outcome = self.engine.service(id);
            outcome.cpu_milli_per_pod =
                on_its_machine(outcome.cpu_milli_per_pod, self.services[id].cpu_of_request, &traffic.services[id]);
            self.services[id].served(&ServedStep { now, number, span, rate, outcome });
        }
        for (id, watch) in self.route_watches.iter_mut() {
            let outcome = self.engine.route(id);
            let RouteOutcome { arrived, failed, latency } = &outcome;
            watch.add(&ObservedStep { span, answered: (arrived - failed).max(0.0), failed: *failed, latency });
            self.last_routes[id] = outcome;
        }
    }
    /// Sums and histograms begin at 0 again; queues and requests under way stay.
    pub(crate) fn forget_sums(&mut self, before: Before) {
        self.engine.forget();
        self.services.iter_mut().for_each(|(_, service)| service.forget_sums(before));
        self.route_watches.iter_mut().for_each(|(_, watch)| watch.forget(before));
    }
    /// What each of a service's pods used in the last step.
    pub(crate) fn usage(&self, id: ServiceId, row: &Service) -> Usage {
        let state = &self.services[id];
        let pods = self.pods[id].count().max(1.0);
        let in_hand = row.memory_per_request_bytes as f64 * state.in_hand() / pods;
        Usage {
            cpu_milli: state.last.cpu_milli_per_pod.round() as i64,
            memory_bytes: row.memory_base_bytes.saturating_add(in_hand as i64),
            shared_by: (state.last.backlog <= 0.0).then_some(pods),
        }
    }
}

/// What a pod uses that did so much work, given in milli-cores of the reference machine: idle use included in both, and
/// never above the limit.
fn on_its_machine(work_milli: f64, cpu_of_request: f64, row: &Service) -> f64 {
    let idle = row.profile.idle_cpu_milli.min(work_milli);
    let limit = row.profile.cpu_limit_cores.map_or(f64::INFINITY, |cores| cores * 1000.0);
    (idle + (work_milli - idle) * cpu_of_request).min(limit)
}

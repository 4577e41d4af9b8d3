//! The exact mode in the simulation: every request of a step, with the pods as they came and went in it.
//!
//! Pods become ready, leave and break at their own instants; at the end of the step the model is led
//! through it, change by change, so that it shares the controllers' clock without slowing their queue.

use crate::cluster::PodId;
use crate::id::{Id, IdVec};
use crate::rng::Seed;
use crate::sim::books::Stage;
use crate::traffic::calls::{RouteId, ServiceId};
use crate::traffic::exact::{Ended, Ending, ExactModel, Observer, PodKey, Visited};
use crate::traffic::latency::{LatencyHistogram, LatencySummary, RouteOutcome, ServiceProfile, StepOutcome};
use crate::units::{SimDuration, SimTime};
use crate::world::Traffic;
use rustc_hash::FxHashMap;

/// All services of a replication, request by request.
pub struct ExactLoad {
    model: ExactModel,
    /// Only ever looked up, never gone through.
    pods: FxHashMap<PodId, PodKey>,
    changes: Vec<(SimTime, ServiceId, PodId, Change)>,
    watch: Watch,
    /// By service and by route: all latencies of the run.
    services: Vec<LatencyHistogram>,
    routes: Vec<LatencyHistogram>,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Ready,
    Leaves,
    Breaks,
}

/// What a step's requests and visits did.
#[derive(Default)]
pub(crate) struct Watch {
    services: Vec<Seen>,
    routes: Vec<Seen>,
}

#[derive(Default)]
struct Seen {
    arrived: u64,
    rejected: u64,
    timed_out: u64,
    latency: LatencyHistogram,
}

impl Seen {
    fn fail(&mut self, ending: Ending) {
        match ending {
            Ending::TimedOut => self.timed_out += 1,
            _ => self.rejected += 1,
        }
    }
    fn clear(&mut self) {
        (self.arrived, self.rejected, self.timed_out) = (0, 0, 0);
        self.latency.clear();
    }
}

impl Watch {
    pub(crate) fn new(services: usize, routes: usize) -> Watch {
        let seen = |count: usize| (0..count).map(|_| Seen::default()).collect();
        Watch { services: seen(services), routes: seen(routes) }
    }
    /// A route's latencies, and its failed requests.
    pub(crate) fn route(&self, route: usize) -> (&LatencyHistogram, u64) {
        let seen = &self.routes[route];
        (&seen.latency, seen.rejected + seen.timed_out)
    }
    pub(crate) fn clear(&mut self) {
        self.services.iter_mut().chain(&mut self.routes).for_each(Seen::clear);
    }
}

impl Observer for Watch {
    fn arrived(&mut self, service: usize) {
        self.services[service].arrived += 1;
    }
    fn worked(&mut self, visit: Visited) {
        self.services[visit.service].latency.record_one(visit.now_s - visit.arrived_s);
    }
    fn failed(&mut self, service: usize, ending: Ending) {
        self.services[service].fail(ending);
    }
    fn ended(&mut self, ended: Ended) {
        let route = &mut self.routes[ended.route];
        route.arrived += 1;
        match ended.ending {
            Ending::Answered => route.latency.record_one(ended.latency_s),
            ending => route.fail(ending),
        }
    }
}

/// One step of one service.
pub(crate) struct ServiceStep {
    pub(crate) span: SimDuration,
    /// Ready pods, averaged over the step.
    pub(crate) ready: f64,
}

impl ExactLoad {
    /// Nothing has arrived yet; services outside the cluster have their one pod.
    ///
    /// Panics on a profile that the scenario room should have refused.
    pub(crate) fn new(traffic: &Traffic, seed: Seed) -> ExactLoad {
        let (services, routes) = (traffic.services.len(), traffic.graph.routes().len());
        let mut watch = Watch::new(services, routes);
        let mut model = model_of(traffic, seed);
        for (id, service) in traffic.services.iter() {
            if service.workload.is_none() {
                model.add_pod(id, None, &mut watch);
            }
        }
        ExactLoad {
            model,
            pods: FxHashMap::default(),
            changes: Vec::new(),
            watch,
            services: vec![LatencyHistogram::new(); services],
            routes: vec![LatencyHistogram::new(); routes],
        }
    }

    /// A pod of a service moved from one stage of its life to another.
    pub(crate) fn pod_moved(&mut self, now: SimTime, service: ServiceId, pod: PodId, before: Stage, stage: Stage) {
        let change = match (before, stage) {
            (_, Stage::Ready) => Change::Ready,
            (Stage::Ready, Stage::Terminating) => Change::Leaves,
            (Stage::Ready, _) | (_, Stage::Gone) => Change::Breaks,
            _ => return,
        };
        self.changes.push((now, service, pod, change));
    }

    /// Lets the requests of a step arrive and go where they go. `speeds` are those of the services' nodes.
    pub(crate) fn step(&mut self, until: SimTime, entry_rate: f64, speeds: &IdVec<ServiceId, f64>) {
        self.watch.clear();
        for (service, speed) in speeds.iter() {
            self.model.set_node_speed(service, *speed);
        }
        self.model.set_rate(entry_rate);
        for (at, service, pod, change) in std::mem::take(&mut self.changes) {
            self.model.run_until(at.as_secs_f64(), &mut self.watch);
            match change {
                Change::Ready => {
                    let warm_up = self.model.profile(service).warm_up;
                    let key = self.model.add_pod(service, warm_up, &mut self.watch);
                    self.pods.insert(pod, key);
                }
                Change::Leaves => {
                    if let Some(key) = self.pods.get(&pod) {
                        self.model.drain_pod(*key, &mut self.watch);
                    }
                }
                Change::Breaks => {
                    if let Some(key) = self.pods.remove(&pod) {
                        self.model.kill_pod(key, &mut self.watch);
                    }
                }
            }
        }
        self.model.run_until(until.as_secs_f64(), &mut self.watch);
    }

    /// What a service did in the step.
    pub(crate) fn service(&mut self, id: ServiceId, step: &ServiceStep, profile: &ServiceProfile) -> StepOutcome {
        let seen = &self.watch.services[id.index()];
        self.services[id.index()].merge(&seen.latency);
        let answered = seen.latency.requests();
        let pod_seconds = (step.ready * step.span.as_secs_f64()).max(1e-9);
        let cpu_milli = profile.idle_cpu_milli + self.model.take_cpu_s(id) / pod_seconds * 1000.0;
        let limit_milli = profile.cpu_limit_cores.map_or(f64::INFINITY, |cores| cores * 1000.0);
        StepOutcome {
            arrived: seen.arrived as f64,
            answered,
            rejected: seen.rejected as f64,
            timed_out: seen.timed_out as f64,
            backlog: self.model.waiting(id) as f64,
            utilization: (answered / (pod_seconds * profile.pod_capacity())).min(1.0),
            cpu_milli_per_pod: cpu_milli.min(limit_milli),
            latency: summary(&seen.latency),
            is_pooled: false,
        }
    }

    /// What the requests of a route that ended in the step saw.
    pub(crate) fn route(&mut self, id: RouteId) -> RouteOutcome {
        let seen = &self.watch.routes[id.index()];
        self.routes[id.index()].merge(&seen.latency);
        RouteOutcome {
            arrived: seen.arrived as f64,
            failed: (seen.rejected + seen.timed_out) as f64,
            latency: summary(&seen.latency),
        }
    }

    /// All latencies of a service so far.
    pub(crate) fn service_histogram(&self, id: ServiceId) -> &LatencyHistogram {
        &self.services[id.index()]
    }

    /// All latencies of a route so far.
    pub(crate) fn route_histogram(&self, id: RouteId) -> &LatencyHistogram {
        &self.routes[id.index()]
    }

    /// Requests turned away because too many were under way at once.
    pub(crate) fn overflowed(&self) -> u64 {
        self.model.overflowed()
    }
}

/// The exact model of a scenario's services, without pods.
///
/// Panics on a profile that the scenario room should have refused.
pub(crate) fn model_of(traffic: &Traffic, seed: Seed) -> ExactModel {
    let profiles: Vec<ServiceProfile> = traffic.services.values().map(|service| service.profile.clone()).collect();
    ExactModel::new(&profiles, &traffic.graph, traffic.arrivals, seed).expect("a checked profile")
}

/// The usual figures of a histogram.
pub(crate) fn summary(latency: &LatencyHistogram) -> LatencySummary {
    let quantile = |share| latency.quantile_s(share);
    LatencySummary {
        mean_s: latency.mean_s(),
        p50_s: quantile(0.5),
        p90_s: quantile(0.9),
        p95_s: quantile(0.95),
        p99_s: quantile(0.99),
        max_s: quantile(1.0),
    }
}

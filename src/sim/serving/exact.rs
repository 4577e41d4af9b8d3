//! The traffic engine's exact mode: every request of a step, with the pods as they came and went in it.
//!
//! Pods become ready, leave and break at their own instants; at the end of the step the model is led
//! through it, change by change, so that it shares the controllers' clock without slowing their queue.

use super::step::{PodChange, Step};
use crate::cluster::PodId;
use crate::id::IdVec;
use crate::rng::Seed;
use crate::traffic::calls::{RouteId, ServiceId};
use crate::traffic::exact::{Ended, Ending, ExactModel, Observer, PodKey, Visited};
use crate::traffic::latency::{LatencyHistogram, LatencySummary, RouteOutcome, ServiceProfile, StepOutcome};
use crate::units::{SimDuration, SimTime};
use crate::world::Traffic;
use rustc_hash::FxHashMap;

/// All services, request by request.
pub(super) struct ExactEngine {
    model: ExactModel,
    /// Only ever looked up, never gone through.
    pods: FxHashMap<PodId, PodKey>,
    changes: Vec<(SimTime, ServiceId, PodId, PodChange)>,
    watch: Watch,
    span: SimDuration,
    /// By service: ready pods, averaged over the last step.
    ready: IdVec<ServiceId, f64>,
    /// By service: how fast its pods' cpus were in the last step.
    speed: IdVec<ServiceId, f64>,
    /// What the services did in the last step, where somebody asked: reading their cpus moves their clocks.
    asked: IdVec<ServiceId, Option<StepOutcome>>,
    /// All latencies so far.
    services: IdVec<ServiceId, LatencyHistogram>,
    routes: IdVec<RouteId, LatencyHistogram>,
    /// Time 0 of the model.
    begins: SimTime,
    /// Requests that had been turned away when counts began anew.
    overflowed_before: u64,
}

/// What a step's requests and visits did.
struct Watch {
    services: IdVec<ServiceId, StepCounts>,
    routes: IdVec<RouteId, StepCounts>,
}

#[derive(Default)]
struct StepCounts {
    arrived: u64,
    rejected: u64,
    timed_out: u64,
    latency: LatencyHistogram,
}

impl StepCounts {
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
    fn new(services: usize, routes: usize) -> Watch {
        Watch {
            services: (0..services).map(|_| StepCounts::default()).collect(),
            routes: (0..routes).map(|_| StepCounts::default()).collect(),
        }
    }
    fn clear(&mut self) {
        self.services.iter_mut().for_each(|(_, seen)| seen.clear());
        self.routes.iter_mut().for_each(|(_, seen)| seen.clear());
    }
}

impl Observer for Watch {
    fn arrived(&mut self, service: ServiceId) {
        self.services[service].arrived += 1;
    }
    fn worked(&mut self, visit: Visited) {
        self.services[visit.service].latency.record_one(visit.now_s - visit.arrived_s);
    }
    fn failed(&mut self, service: ServiceId, ending: Ending) {
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

impl ExactEngine {
    /// Panics on a profile that the scenario room should have refused.
    pub(super) fn new(traffic: &Traffic, seed: Seed) -> ExactEngine {
        let (services, routes) = (traffic.services.len(), traffic.graph.routes().len());
        let mut watch = Watch::new(services, routes);
        let profiles: Vec<ServiceProfile> = traffic.services.values().map(|service| service.profile.clone()).collect();
        let mut model = ExactModel::new(&profiles, &traffic.graph, traffic.arrivals, seed).expect("a checked profile");
        for (id, service) in traffic.services.iter() {
            if service.workload.is_none() {
                model.add_pod(id, None, &mut watch);
            }
        }
        ExactEngine {
            model,
            pods: FxHashMap::default(),
            changes: Vec::new(),
            watch,
            span: SimDuration::ZERO,
            ready: IdVec::filled(0.0, services),
            speed: IdVec::filled(1.0, services),
            asked: IdVec::filled(None, services),
            services: IdVec::filled(LatencyHistogram::new(), services),
            routes: IdVec::filled(LatencyHistogram::new(), routes),
            begins: SimTime::ZERO,
            overflowed_before: 0,
        }
    }

    /// The model's time 0 is this one.
    pub(super) fn begins(&mut self, begins: SimTime) {
        self.begins = begins;
    }

    pub(super) fn pod_changed(&mut self, at: SimTime, service: ServiceId, pod: PodId, change: PodChange) {
        self.changes.push((at, service, pod, change));
    }

    pub(super) fn step(&mut self, step: &Step<'_>) {
        self.watch.clear();
        self.span = step.span;
        for (id, pods) in step.pods.iter() {
            self.asked[id] = None;
            self.ready[id] = pods.present(step.span) * pods.count();
            self.speed[id] = pods.node_speed;
            self.model.set_node_speed(id, pods.node_speed);
        }
        self.model.set_rate(step.entry_rate);
        for (at, service, pod, change) in std::mem::take(&mut self.changes) {
            self.model.run_until((at - self.begins).as_secs_f64(), &mut self.watch);
            self.apply(service, pod, change);
        }
        self.model.run_until((step.until - self.begins).as_secs_f64(), &mut self.watch);
        for (id, seen) in self.watch.services.iter() {
            self.services[id].merge(&seen.latency);
        }
        for (id, seen) in self.watch.routes.iter() {
            self.routes[id].merge(&seen.latency);
        }
    }

    fn apply(&mut self, service: ServiceId, pod: PodId, change: PodChange) {
        match change {
            PodChange::Ready | PodChange::ReadyAndWarm => {
                let warm_up = self.model.profile(service).warm_up.filter(|_| change == PodChange::Ready);
                let key = self.model.add_pod(service, warm_up, &mut self.watch);
                self.pods.insert(pod, key);
            }
            PodChange::Leaves => {
                if let Some(key) = self.pods.get(&pod) {
                    self.model.drain_pod(*key, &mut self.watch);
                }
            }
            PodChange::Breaks => {
                if let Some(key) = self.pods.remove(&pod) {
                    self.model.kill_pod(key, &mut self.watch);
                }
            }
        }
    }

    pub(super) fn service(&mut self, id: ServiceId) -> StepOutcome {
        if let Some(known) = self.asked[id] {
            return known;
        }
        let outcome = self.read_service(id);
        self.asked[id] = Some(outcome);
        outcome
    }

    fn read_service(&mut self, id: ServiceId) -> StepOutcome {
        let seen = &self.watch.services[id];
        let answered = seen.latency.requests();
        let pod_seconds = (self.ready[id] * self.span.as_secs_f64()).max(1e-9);
        let cpu_s = self.model.take_cpu_s(id);
        let profile = self.model.profile(id);
        let cpu_milli = profile.idle_cpu_milli + cpu_s / pod_seconds * 1000.0;
        let limit_milli = profile.cpu_limit_cores.map_or(f64::INFINITY, |cores| cores * 1000.0);
        StepOutcome {
            arrived: seen.arrived as f64,
            answered,
            rejected: seen.rejected as f64,
            timed_out: seen.timed_out as f64,
            backlog: self.backlog(id),
            utilization: (answered / (pod_seconds * profile.pod_capacity() * self.speed[id])).min(1.0),
            // A core that is twice as fast does twice a core's work.
            cpu_milli_per_pod: cpu_milli.min(limit_milli * self.speed[id].max(1.0)),
            latency: LatencySummary::of(&seen.latency),
            is_pooled: false,
            is_replayed: false,
            is_doubtful: false,
        }
    }

    pub(super) fn route(&self, id: RouteId) -> RouteOutcome {
        let seen = &self.watch.routes[id];
        RouteOutcome {
            arrived: seen.arrived as f64,
            failed: (seen.rejected + seen.timed_out) as f64,
            latency: LatencySummary::of(&seen.latency),
        }
    }

    pub(super) fn backlog(&self, id: ServiceId) -> f64 {
        self.model.waiting(id) as f64
    }

    pub(super) fn service_histogram(&self, id: ServiceId) -> &LatencyHistogram {
        &self.services[id]
    }

    pub(super) fn route_histogram(&self, id: RouteId) -> &LatencyHistogram {
        &self.routes[id]
    }

    pub(super) fn forget(&mut self) {
        self.forget_routes();
        self.services.iter_mut().for_each(|(_, latencies)| latencies.clear());
        self.overflowed_before = self.model.overflowed();
    }

    pub(super) fn forget_routes(&mut self) {
        self.routes.iter_mut().for_each(|(_, latencies)| latencies.clear());
    }

    pub(super) fn overflowed(&self) -> u64 {
        self.model.overflowed() - self.overflowed_before
    }
}

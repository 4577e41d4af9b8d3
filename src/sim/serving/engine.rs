//! The traffic engine: what the requests of a step do at services and on routes, in either latency mode.

use super::exact::ExactEngine;
use super::fast::FastEngine;
use super::step::{PodChange, Step};
use crate::cluster::PodId;
use crate::rng::Seed;
use crate::traffic::calls::{RouteId, ServiceId};
use crate::traffic::latency::{LatencyHistogram, LatencyTables, RouteOutcome, StepOutcome};
use crate::units::SimTime;
use crate::world::{LatencyMode, Traffic};

/// All services and routes of a scenario, led through time by its owner.
pub(crate) struct TrafficEngine {
    mode: Mode,
}

/// How it finds its answers.
enum Mode {
    /// By formulas, from the ready pods of a step.
    Fast(Box<FastEngine>),
    /// Request by request, from what became of each pod.
    Exact(Box<ExactEngine>),
}

impl TrafficEngine {
    /// Nothing has arrived yet, and there are no pods but those outside the cluster.
    ///
    /// Panics on a profile that the scenario room should have refused.
    pub(crate) fn new(traffic: &Traffic, mode: LatencyMode, tables: &LatencyTables, seed: Seed) -> TrafficEngine {
        let mode = match mode {
            LatencyMode::Fast => Mode::Fast(Box::new(FastEngine::new(traffic, tables, seed))),
            LatencyMode::Exact => Mode::Exact(Box::new(ExactEngine::new(traffic, seed))),
        };
        TrafficEngine { mode }
    }

    /// Time begins then, at or before 0.
    pub(crate) fn beginning(mut self, begins: SimTime) -> TrafficEngine {
        if let Mode::Exact(exact) = &mut self.mode {
            exact.begins(begins);
        }
        self
    }

    /// Something became of a pod, at a time inside the next step; times must not go back. The fast mode knows pods from
    /// [`Step::pods`] alone.
    pub(crate) fn pod_changed(&mut self, at: SimTime, service: ServiceId, pod: PodId, change: PodChange) {
        match &mut self.mode {
            Mode::Fast(_) => {}
            Mode::Exact(exact) => exact.pod_changed(at, service, pod, change),
        }
    }

    /// Lets the requests of a step arrive and go where they go.
    pub(crate) fn step(&mut self, step: &Step<'_>) {
        match &mut self.mode {
            Mode::Fast(fast) => fast.step(step),
            Mode::Exact(exact) => exact.step(step),
        }
    }

    /// What a service did in the last step.
    pub(crate) fn service(&mut self, id: ServiceId) -> StepOutcome {
        match &mut self.mode {
            Mode::Fast(fast) => fast.service(id),
            Mode::Exact(exact) => exact.service(id),
        }
    }

    /// What the requests of a route saw in the last step.
    pub(crate) fn route(&self, id: RouteId) -> RouteOutcome {
        match &self.mode {
            Mode::Fast(fast) => fast.route(id),
            Mode::Exact(exact) => exact.route(id),
        }
    }

    /// Requests that wait at a service at the end of the last step.
    pub(crate) fn backlog(&self, id: ServiceId) -> f64 {
        match &self.mode {
            Mode::Fast(fast) => fast.service(id).backlog,
            Mode::Exact(exact) => exact.backlog(id),
        }
    }

    /// The latency of all requests that a service answered.
    pub(crate) fn service_histogram(&mut self, id: ServiceId) -> &LatencyHistogram {
        match &mut self.mode {
            Mode::Fast(fast) => fast.service_histogram(id),
            Mode::Exact(exact) => exact.service_histogram(id),
        }
    }

    /// The latency of all requests of a route that succeeded, end to end, since the start or since
    /// [`forget_routes`](Self::forget_routes).
    pub(crate) fn route_histogram(&mut self, id: RouteId) -> &LatencyHistogram {
        match &mut self.mode {
            Mode::Fast(fast) => fast.route_histogram(id),
            Mode::Exact(exact) => exact.route_histogram(id),
        }
    }

    /// Begins the routes' histograms anew; queues and requests under way stay.
    pub(crate) fn forget_routes(&mut self) {
        match &mut self.mode {
            Mode::Fast(fast) => fast.forget_routes(),
            Mode::Exact(exact) => exact.forget_routes(),
        }
    }

    /// Begins all histograms and counts anew; queues and requests under way stay.
    pub(crate) fn forget(&mut self) {
        match &mut self.mode {
            Mode::Fast(fast) => fast.forget(),
            Mode::Exact(exact) => exact.forget(),
        }
    }

    /// Requests turned away because the exact mode had too many under way at once.
    pub(crate) fn overflowed(&self) -> u64 {
        match &self.mode {
            Mode::Fast(_) => 0,
            Mode::Exact(exact) => exact.overflowed(),
        }
    }
}

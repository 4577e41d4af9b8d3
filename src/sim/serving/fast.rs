//! The traffic engine's fast mode: a model for each service, and routes put together from what the services do.

use super::step::{ReadyPods, Step};
use crate::id::IdVec;
use crate::traffic::calls::{CallGraph, RouteId, ServiceId};
use crate::traffic::latency::{
    Hop, LatencyHistogram, LatencyTables, PodCohort, RouteLatency, RouteOutcome, STRATA_COUNT, ServiceModel,
    StepOutcome,
};
use crate::units::SimDuration;
use crate::world::{Service, Traffic};
use smallvec::SmallVec;

/// All services by formulas.
pub(super) struct FastEngine {
    graph: CallGraph,
    models: IdVec<ServiceId, ServiceModel>,
    /// What the services did in the last step, and how the routes see that.
    outcomes: IdVec<ServiceId, StepOutcome>,
    hops: IdVec<ServiceId, Hop>,
    routes: RouteLatency,
    route_outcomes: IdVec<RouteId, RouteOutcome>,
}

impl FastEngine {
    /// Panics on a profile that the scenario room should have refused.
    pub(super) fn new(traffic: &Traffic, tables: &LatencyTables) -> FastEngine {
        let model = |service: &Service| {
            ServiceModel::with_tables(service.profile.clone(), tables.clone()).expect("a checked profile")
        };
        let idle = Hop { strata_s: [0.0; STRATA_COUNT], error_rate: 0.0 };
        FastEngine {
            models: traffic.services.values().map(model).collect(),
            outcomes: IdVec::filled(StepOutcome::default(), traffic.services.len()),
            hops: IdVec::filled(idle, traffic.services.len()),
            routes: RouteLatency::new(&traffic.graph),
            route_outcomes: IdVec::filled(RouteOutcome::default(), traffic.graph.routes().len()),
            graph: traffic.graph.clone(),
        }
    }

    pub(super) fn step(&mut self, step: &Step<'_>) {
        for (id, arrivals) in self.graph.arrival_rates(step.entry_rate) {
            let model = &mut self.models[id];
            let outcome = serve(model, step.span, arrivals, &step.pods[id]);
            self.hops[id] = Hop { strata_s: model.strata_s(), error_rate: outcome.error_rate() };
            self.outcomes[id] = outcome;
        }
        let hops = self.hops.as_slice();
        self.routes.begin_step(hops);
        for (id, route) in self.graph.routes().iter() {
            let arrived = step.entry_rate * route.share * step.span.as_secs_f64();
            self.route_outcomes[id] = self.routes.step(&self.graph, id, arrived, hops);
        }
    }

    pub(super) fn service(&self, id: ServiceId) -> StepOutcome {
        self.outcomes[id]
    }

    pub(super) fn route(&self, id: RouteId) -> RouteOutcome {
        self.route_outcomes[id]
    }

    pub(super) fn service_histogram(&mut self, id: ServiceId) -> &LatencyHistogram {
        self.models[id].histogram()
    }

    pub(super) fn route_histogram(&mut self, id: RouteId) -> &LatencyHistogram {
        self.routes.histogram(id)
    }

    pub(super) fn forget_routes(&mut self) {
        self.routes = RouteLatency::new(&self.graph);
    }
}

/// A step of one service. Whoever comes while there is no pod is refused, or waits in the one queue.
fn serve(model: &mut ServiceModel, span: SimDuration, rate: f64, pods: &ReadyPods) -> StepOutcome {
    let ReadyPods { cohorts, absent, .. } = pods;
    if absent.is_zero() {
        return model.step(span, rate, cohorts);
    }
    let gone: SmallVec<[PodCohort; 4]> = cohorts.iter().map(|cohort| PodCohort { ready: 0.0, ..*cohort }).collect();
    let without = model.step(*absent, rate, &gone);
    let with = model.step(span - *absent, rate, cohorts);
    StepOutcome { arrived: without.arrived + with.arrived, rejected: without.rejected + with.rejected, ..with }
}

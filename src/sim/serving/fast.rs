//! The traffic engine's fast mode: a model for each service, and routes put together from what the services do.

use super::part_sums::{RouteSums, ServiceSums};
use super::step::{ReadyPods, Step};
use crate::id::{Id, IdVec};
use crate::rng::Seed;
use crate::traffic::calls::{CallGraph, RouteId, ServiceId};
use crate::traffic::latency::{
    Attempts, Hop, LatencyHistogram, LatencyTables, PodCohort, RouteLatency, RouteOutcome, STRATA_COUNT, ServiceModel,
    ServiceProfile, StepOutcome, Threads, Tries, record_strata,
};
use crate::units::SimDuration;
use crate::world::{Service, Traffic};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// All services by formulas.
pub(super) struct FastEngine {
    graph: CallGraph,
    models: IdVec<ServiceId, ServiceModel>,
    /// What the services did in the last step, and how the routes see that.
    outcomes: IdVec<ServiceId, StepOutcome>,
    hops: IdVec<ServiceId, Hop>,
    routes: RouteLatency,
    route_outcomes: IdVec<RouteId, RouteOutcome>,
    /// Where calls are tried again.
    attempts: Option<Box<Attempts>>,
    /// Own latencies of services whose threads are held while they call others.
    blocking: BTreeMap<ServiceId, LatencyHistogram>,
    service_sums: IdVec<ServiceId, ServiceSums>,
    route_sums: IdVec<RouteId, RouteSums>,
}

/// A part of a step.
#[derive(Clone, Copy)]
struct Part {
    /// Since the step began.
    from: SimDuration,
    span: SimDuration,
    /// Of the step.
    share: f64,
}

impl FastEngine {
    /// Panics on a profile that the scenario room should have refused.
    pub(super) fn new(traffic: &Traffic, tables: &LatencyTables, seed: Seed) -> FastEngine {
        // By number, and not by name: a dump whose names were scrubbed is replayed alike.
        let model = |(id, service): (ServiceId, &Service)| {
            let model = ServiceModel::with_tables(service.profile.clone(), tables.clone()).expect("a checked profile");
            model.with_seed(seed.entity("replayed service", id.index() as u64))
        };
        let idle = Hop { strata_s: [0.0; STRATA_COUNT], error_rate: 0.0 };
        let profiles: Vec<ServiceProfile> = traffic.services.values().map(|service| service.profile.clone()).collect();
        let attempts = Attempts::new(&profiles, &traffic.graph).map(Box::new);
        let (services, routes) = match attempts {
            Some(_) => (traffic.services.len(), traffic.graph.routes().len()),
            None => (0, 0),
        };
        FastEngine {
            models: traffic.services.iter().map(model).collect(),
            outcomes: IdVec::filled(StepOutcome::default(), traffic.services.len()),
            hops: IdVec::filled(idle, traffic.services.len()),
            routes: RouteLatency::new(&traffic.graph),
            route_outcomes: IdVec::filled(RouteOutcome::default(), traffic.graph.routes().len()),
            graph: traffic.graph.clone(),
            attempts,
            blocking: BTreeMap::new(),
            service_sums: IdVec::filled(ServiceSums::default(), services),
            route_sums: IdVec::filled(RouteSums::default(), routes),
        }
    }

    pub(super) fn step(&mut self, step: &Step<'_>) {
        if let Some(mut attempts) = self.attempts.take() {
            self.step_in_parts(step, &mut attempts);
            self.attempts = Some(attempts);
            return;
        }
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

    /// A step in which failures may change how often services are called.
    fn step_in_parts(&mut self, step: &Step<'_>, attempts: &mut Attempts) {
        self.service_sums.iter_mut().for_each(|(_, sums)| sums.clear());
        self.route_sums.iter_mut().for_each(|(_, sums)| sums.clear());
        let parts = i64::from(attempts.parts(step.entry_rate, step.span));
        for number in 0..parts {
            let at = |part: i64| SimDuration::from_nanos(step.span.as_nanos() / parts * part);
            let (from, to) = (at(number), if number + 1 == parts { step.span } else { at(number + 1) });
            let share = (to - from).as_secs_f64() / step.span.as_secs_f64();
            let part = Part { from, span: to - from, share };
            self.serve_part(step, part, attempts);
            self.compose_part(step, part, attempts);
        }
        for (id, sums) in self.service_sums.iter() {
            self.outcomes[id] = sums.outcome();
        }
        for (id, sums) in self.route_sums.iter() {
            self.route_outcomes[id] = sums.outcome();
        }
    }

    /// Lets the services, callers first, serve what comes to them.
    fn serve_part(&mut self, step: &Step<'_>, part: Part, attempts: &mut Attempts) {
        attempts.begin(step.entry_rate, part.span);
        for at in 0..attempts.order().len() {
            let id = attempts.order()[at];
            let rate = attempts.rate(id);
            let pods = &step.pods[id];
            let absent = (pods.absent - part.from).clamp(SimDuration::ZERO, part.span);
            let pods = ReadyPods { absent, ..pods.clone() };
            if attempts.holds_threads(id) {
                let held_s = self.held_s(id, rate, (step, part), attempts);
                self.models[id].hold_threads_for(held_s);
            }
            let model = &mut self.models[id];
            let outcome = serve(model, part.span, rate, &pods);
            attempts.served(id, &outcome, model.worked(), part.span);
            self.hops[id] = Hop { strata_s: model.strata_s(), error_rate: attempts.failed(id) };
            self.outcomes[id] = outcome;
            if attempts.holds_threads(id) {
                self.without_callees(id);
            }
        }
    }

    /// How long each thread of a blocking service will be held by those it calls, in seconds, when so many come per second.
    fn held_s(&mut self, id: ServiceId, rate: f64, (step, part): (&Step<'_>, Part), attempts: &Attempts) -> f64 {
        let profile = self.models[id].profile();
        let cohorts = &step.pods[id].cohorts;
        let ready: f64 = cohorts.iter().map(|cohort| cohort.ready).sum();
        let power: f64 = cohorts.iter().map(PodCohort::power).sum();
        let threads = Threads {
            count: ready * profile.concurrency.map_or(f64::INFINITY, f64::from),
            own_s: profile.cpu_s * ready / power.max(1e-9) + profile.off_cpu_s - self.models[id].held_s(),
            wanted: rate + self.outcomes[id].backlog / part.span.as_secs_f64(),
        };
        attempts.held_s(id, threads, &mut |callee, rate| {
            let pods = &step.pods[callee].cohorts;
            self.models[callee].foreseen_s(rate, pods, &self.outcomes[callee], part.span)
        })
    }

    /// Takes the time of its callees off a blocking service's own latency.
    fn without_callees(&mut self, id: ServiceId) {
        let held_s = self.models[id].held_s();
        let own_s = |value: f64| (value - held_s).max(0.0);
        let (strata_s, latency) = (&mut self.hops[id].strata_s, &mut self.outcomes[id].latency);
        strata_s.iter_mut().for_each(|value| *value = own_s(*value));
        *latency = latency.map(own_s);
        let histogram = self.blocking.entry(id).or_default();
        record_strata(histogram, strata_s, self.outcomes[id].answered);
    }

    /// Puts the routes' calls together, with their attempts.
    fn compose_part(&mut self, step: &Step<'_>, part: Part, attempts: &mut Attempts) {
        let hops = self.hops.as_slice();
        let entered = step.entry_rate * part.span.as_secs_f64();
        self.routes.begin_step(hops);
        if attempts.hardly_fail(hops) {
            attempts.end(part.span, &[]);
            for (id, route) in self.graph.routes().iter() {
                let arrived = entered * route.share;
                let RouteOutcome { latency, .. } = self.routes.step(&self.graph, id, arrived, hops);
                let outcome = RouteOutcome { arrived, failed: arrived * (1.0 - attempts.success(id)), latency };
                self.route_sums[id].add(&outcome, &self.routes.strata_s(id));
            }
        } else {
            let trying = attempts.trying();
            let mut tries = Tries { hops, trying: &trying, late: Vec::new() };
            for (id, route) in self.graph.routes().iter() {
                let arrived = entered * route.share;
                let tried = tries.compose(&route.call);
                let succeeded = arrived * tried.success;
                let latency = self.routes.record(id, &tried.strata_s, succeeded);
                let outcome = RouteOutcome { arrived, failed: arrived - succeeded, latency };
                self.route_sums[id].add(&outcome, &tried.strata_s);
            }
            attempts.end(part.span, &tries.late);
        }
        for (id, sums) in self.service_sums.iter_mut() {
            let outcome = &mut self.outcomes[id];
            let left = outcome.answered * attempts.late(id);
            (outcome.answered, outcome.timed_out) = (outcome.answered - left, outcome.timed_out + left);
            sums.add(outcome, &self.hops[id].strata_s, part.share);
        }
    }

    pub(super) fn service(&self, id: ServiceId) -> StepOutcome {
        self.outcomes[id]
    }

    pub(super) fn route(&self, id: RouteId) -> RouteOutcome {
        self.route_outcomes[id]
    }

    pub(super) fn service_histogram(&mut self, id: ServiceId) -> &LatencyHistogram {
        match self.blocking.get(&id) {
            Some(known) => known,
            None => self.models[id].histogram(),
        }
    }

    pub(super) fn route_histogram(&mut self, id: RouteId) -> &LatencyHistogram {
        self.routes.histogram(id)
    }

    pub(super) fn forget(&mut self) {
        self.forget_routes();
        self.blocking.clear();
        self.models.iter_mut().for_each(|(_, model)| drop(model.take_histogram()));
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
    StepOutcome {
        arrived: without.arrived + with.arrived,
        rejected: without.rejected + with.rejected,
        timed_out: without.timed_out + with.timed_out,
        ..with
    }
}

//! The call trees of all routes, flat: what a visit does after its own work.

use crate::id::IdVec;
use crate::traffic::calls::{Call, CallGraph, RouteId, ServiceId};
use std::ops::Range;

/// One visit in a route's tree.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    pub(super) service: ServiceId,
    /// Work in multiples of the service's mean.
    pub(super) work: f64,
    pub(super) probability: f64,
    pub(super) holds_thread: bool,
    /// The steps after its own work: rows of `Plan::steps`.
    pub(super) steps: Range<usize>,
}

/// All trees.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) stops: Vec<Stop>,
    /// Each step's calls in parallel, as numbers of stops.
    pub(super) steps: Vec<Vec<u32>>,
    /// By route: the sum of the shares up to and with it, and its first stop.
    pub(super) routes: IdVec<RouteId, (f64, u32)>,
}

impl Plan {
    pub(super) fn new(graph: &CallGraph) -> Plan {
        let mut plan = Plan::default();
        let mut sum = 0.0;
        for route in graph.routes().values() {
            let root = plan.add(&route.call);
            sum += route.share;
            plan.routes.push((sum, root));
        }
        plan
    }

    fn add(&mut self, call: &Call) -> u32 {
        let children: Vec<Vec<u32>> =
            call.then.iter().map(|step| step.iter().map(|child| self.add(child)).collect()).collect();
        let from = self.steps.len();
        self.steps.extend(children);
        self.stops.push(Stop {
            service: call.service,
            work: call.work,
            probability: call.probability,
            holds_thread: call.holds_thread,
            steps: from..self.steps.len(),
        });
        (self.stops.len() - 1) as u32
    }
}

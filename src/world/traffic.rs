//! Traffic: how much enters, who serves it, what is promised.

use crate::id::{IdVec, WorkloadId};
use crate::traffic::calls::{CallGraph, RouteId, ServiceId};
use crate::traffic::demand::Demand;
use crate::traffic::exact::ArrivalProcess;
use crate::traffic::latency::ServiceProfile;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The traffic of a scenario: how much enters, who serves it, what is promised.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// Requests per second that enter the cluster.
    pub demand: Arc<Demand>,
    /// Routes and calls.
    pub graph: CallGraph,
    /// The services, in the order of the graph's ids.
    pub services: IdVec<ServiceId, Service>,
    /// What is promised to users of every route, end to end.
    pub objective: Objective,
    /// What is promised in its place to users of single routes.
    pub route_objectives: BTreeMap<RouteId, Objective>,
    /// How latency is found.
    pub mode: LatencyMode,
    /// How arrivals vary around their rate; the fast mode takes them as Poisson.
    pub arrivals: ArrivalProcess,
}

impl Traffic {
    /// What is promised to users of a route.
    pub fn objective_of(&self, route: RouteId) -> Objective {
        self.route_objectives.get(&route).copied().unwrap_or(self.objective)
    }
    /// Whether anything is promised to users.
    pub fn promises_anything(&self) -> bool {
        let own = self.route_objectives.values().chain([&self.objective]);
        own.chain(self.services.values().filter_map(|row| row.objective.as_ref())).any(Objective::promises_anything)
    }
}

/// How latency, errors and usage are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LatencyMode {
    /// By formulas, step by step.
    #[default]
    Fast,
    /// Request by request.
    Exact,
}

/// A service: what a request costs, and which pods serve it.
#[derive(Clone, Debug)]
pub struct Service {
    /// The name.
    pub name: String,
    /// Cost and behaviour of requests.
    pub profile: ServiceProfile,
    /// Whose pods serve; a service outside the cluster has none and always the same capacity.
    pub workload: Option<WorkloadId>,
    /// Memory of a pod without requests, in bytes.
    pub memory_base_bytes: i64,
    /// Memory of each request in hand, in bytes.
    pub memory_per_request_bytes: i64,
    /// What is promised to its callers.
    pub objective: Option<Objective>,
}

/// A service level objective. Absent parts promise nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Objective {
    /// P95 latency in seconds.
    pub latency_s_p95: Option<f64>,
    /// Failed requests over all, 0..=1.
    pub error_rate: Option<f64>,
}

impl Objective {
    /// The share of requests that a P95 objective lets be slower than it says.
    pub const MAY_BE_SLOWER: f64 = 0.05;

    /// Whether it says anything.
    pub fn promises_anything(&self) -> bool {
        self.latency_s_p95.is_some() || self.error_rate.is_some()
    }

    /// Whether a step with this P95 (seconds, of the requests answered) and error rate breaks the promise. A request that
    /// fails is not answered in time: where more of them do than may be slow, a P95 is no good news.
    pub fn is_broken_by(&self, latency_s_p95: f64, error_rate: f64) -> bool {
        self.latency_s_p95.is_some_and(|most| latency_s_p95 > most || error_rate > Self::MAY_BE_SLOWER)
            || self.error_rate.is_some_and(|most| error_rate > most)
    }
}

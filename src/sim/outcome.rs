//! What a replication leaves behind: numbers, not text.

use crate::cluster::ClusterState;
use crate::cost::Bill;
use crate::id::IdVec;
use crate::intern::Symbol;
use crate::sim::burn::Promises;
use crate::sim::counts::Counts;
use crate::sim::log::Log;
use crate::sim::serving::ServiceTotals;
use crate::traffic::calls::{RouteId, ServiceId};
use crate::traffic::latency::{LatencyHistogram, RouteOutcome};
use crate::units::{SimDuration, SimTime};
use crate::vpa::Recommendation;
use crate::world::Traffic;
use crate::world::{GroupId, InstanceId, WorkloadId};
use smallvec::SmallVec;

/// The outcome of one replication.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// When what is counted began.
    pub counts_from: SimTime,
    /// The end of the simulated time.
    pub end: SimTime,
    /// Events handled.
    pub events: u64,
    /// What it cost.
    pub bill: Bill,
    /// Counts of pods and nodes over time.
    pub counts: Counts,
    /// What pods used of machines' cpu, milli-vCPUs times nanoseconds, by group and machine type; empty where nobody asked.
    pub cpu_used: IdVec<GroupId, Vec<i128>>,
    /// By service, in the traffic's order.
    pub services: Vec<ServiceOutcome>,
    /// By entry route, in the traffic's order.
    pub routes: Vec<RouteTotals>,
    /// All routes together.
    pub service_levels: ServiceLevels,
    /// By VPA, in the cast's order, and by container of its pods: the last recommendation, if there were samples.
    pub vpas: Vec<Vec<Option<Recommendation>>>,
    /// Points over time, if they were kept.
    pub timeline: Timeline,
    /// What happened, if it was kept.
    pub log: Log,
    /// The cluster at the end, for names; empty unless the log was kept.
    pub cluster: ClusterState,
    /// The names of all instances there ever were; none unless the log was kept.
    pub instance_names: IdVec<InstanceId, Symbol>,
}

/// A service over a run.
#[derive(Clone, Debug)]
pub struct ServiceOutcome {
    /// The name.
    pub name: String,
    /// Requests, errors, time in breach.
    pub totals: ServiceTotals,
    /// Latency of the requests answered.
    pub latency: LatencyHistogram,
    /// Its objectives, or those of the whole traffic.
    pub promises: Promises,
}

/// A route over a run.
#[derive(Clone, Debug)]
pub struct RouteTotals {
    /// The name.
    pub name: String,
    /// Requests that entered.
    pub requests: f64,
    /// Requests that failed somewhere.
    pub errors: f64,
    /// End-to-end latency of the others.
    pub latency: LatencyHistogram,
    /// Its objectives.
    pub promises: Promises,
}

/// All entry traffic against its objectives.
#[derive(Clone, Debug, Default)]
pub struct ServiceLevels {
    /// Requests that entered.
    pub requests: f64,
    /// Requests that failed somewhere.
    pub errors: f64,
    /// Time in steps in which some route broke its objective.
    pub breach: SimDuration,
    /// Time observed.
    pub observed: SimDuration,
    /// Requests that the exact mode turned away because it had too many under way: some service can never
    /// keep up and has no bound.
    pub overflowed: u64,
    /// Requests and errors.
    pub(super) by_route: IdVec<RouteId, (f64, f64)>,
}

impl ServiceLevels {
    pub(super) fn add(&mut self, routes: &IdVec<RouteId, RouteOutcome>, span: SimDuration, traffic: &Traffic) {
        let mut broken = false;
        for (id, route) in routes.iter() {
            self.by_route.fill_to(id, (0.0, 0.0));
            let sums = &mut self.by_route[id];
            *sums = (sums.0 + route.arrived, sums.1 + route.failed);
            self.requests += route.arrived;
            self.errors += route.failed;
            let error_rate = if route.arrived > 0.0 { route.failed / route.arrived } else { 0.0 };
            broken |= traffic.objective_of(id).is_broken_by(route.latency.p95_s, error_rate);
        }
        self.observed += span;
        if broken {
            self.breach += span;
        }
    }
    /// Failed requests over all, 0..=1.
    pub fn error_rate(&self) -> f64 {
        if self.requests > 0.0 { self.errors / self.requests } else { 0.0 }
    }
}

/// Points over time; each point covers the time since the one before.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Between points; zero if no points are kept.
    pub every: SimDuration,
    /// The points, in order.
    pub points: Vec<Point>,
}

/// One point of the timeline.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// When.
    pub at: SimTime,
    /// Mean requests per second that entered.
    pub requests_per_second: f64,
    /// Largest P95 of any route, in seconds.
    pub latency_s_p95: f64,
    /// Failed requests over all.
    pub error_rate: f64,
    /// By workload.
    pub pods: SmallVec<[PodCounts; 12]>,
    /// By group.
    pub nodes: SmallVec<[NodeCounts; 4]>,
    /// Workloads' pods without a node: the mean since the last point, for most wait a minute or two.
    pub pending: f64,
    /// What everything costs, in USD per hour.
    pub cost_usd_hour: f64,
    /// By service: the steps of the interval together.
    pub services: IdVec<ServiceId, ServicePoint>,
    /// By route: mean, P50, P95, P99 of its latency end to end in seconds, as means over the interval's steps.
    pub routes: IdVec<RouteId, [f64; 4]>,
}

/// A service over one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServicePoint {
    /// Requests per second that arrived, on average.
    pub requests_per_second: f64,
    /// Of them failed, per second.
    pub failures_per_second: f64,
    /// Cpu of a ready pod in milli-cores, on average.
    pub cpu_milli: f64,
    /// Mean, P50, P95, P99 of its own latency in seconds, as means over the steps with answers.
    pub latency_s: [f64; 4],
    /// Requests that wait at the end.
    pub backlog: f64,
}

/// Pods of a workload at an instant; terminating ones count nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodCounts {
    /// Whose.
    pub workload: WorkloadId,
    /// `spec.replicas`.
    pub desired: i32,
    /// Without a node.
    pub pending: i32,
    /// In phase Running.
    pub running: i32,
    /// Ready.
    pub ready: i32,
}

/// Nodes of a group at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeCounts {
    /// Whose.
    pub group: GroupId,
    /// The size asked for.
    pub target: i32,
    /// Node objects.
    pub nodes: i32,
}

//! Points over time, for whoever wants to look: means over each interval, the worst P95 in it, pods and nodes at its end.

use crate::id::IdVec;
use crate::sim::cloud::state::Cloud;
use crate::sim::event::Event;
use crate::sim::outcome::{NodeCounts, PodCounts, Point, ServicePoint, Timeline};
use crate::sim::shared::Shared;
use crate::traffic::calls::{RouteId, ServiceId};
use crate::traffic::latency::{LatencySummary, StepOutcome};
use crate::units::{SimDuration, SimTime};

/// How many points room is made for beforehand, at most.
const MOST_AT_ONCE: usize = 1 << 14;

/// Collects steps into points.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder {
    /// The points so far.
    pub timeline: Timeline,
    open: Open,
}

/// The point being collected.
#[derive(Clone, Debug, Default)]
struct Open {
    begins: SimTime,
    /// Pods without a node times time, up to the beginning, in nanoseconds.
    pending_before: i128,
    steps: u32,
    entry_rate: f64,
    arrived: f64,
    failed: f64,
    latency_s_p95: f64,
    services: IdVec<ServiceId, Sums>,
    routes: IdVec<RouteId, Latencies>,
}

/// Sums over the steps of an interval.
#[derive(Clone, Debug, Default)]
struct Sums {
    requests_per_second: f64,
    failed: f64,
    cpu_milli: f64,
    latency: Latencies,
}

/// Sums over the steps that had answers.
#[derive(Clone, Debug, Default)]
struct Latencies {
    steps: u32,
    seconds: [f64; 4],
}

impl Latencies {
    fn add(&mut self, answered: f64, latency: &LatencySummary) {
        if answered > 0.0 {
            self.steps += 1;
            let figures = [latency.mean_s, latency.p50_s, latency.p95_s, latency.p99_s];
            self.seconds.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
        }
    }
    fn means(&self) -> [f64; 4] {
        self.seconds.map(|sum| sum / f64::from(self.steps.max(1)))
    }
}

impl Sums {
    fn add(&mut self, rate: f64, outcome: &StepOutcome) {
        self.requests_per_second += rate;
        self.failed += outcome.rejected + outcome.timed_out;
        self.cpu_milli += outcome.cpu_milli_per_pod;
        self.latency.add(outcome.answered, &outcome.latency);
    }
    fn point(&self, (steps, span_s): (u32, f64), backlog: f64) -> ServicePoint {
        let steps = f64::from(steps.max(1));
        ServicePoint {
            requests_per_second: self.requests_per_second / steps,
            failures_per_second: self.failed / span_s,
            cpu_milli: self.cpu_milli / steps,
            latency_s: self.latency.means(),
            backlog,
        }
    }
}

impl Recorder {
    /// Keeps a point in each `every` of a run of length `span`; none if it is zero.
    pub(super) fn new(every: SimDuration, span: SimDuration) -> Self {
        let count = span.as_nanos().checked_div(every.as_nanos()).map_or(0, |count| count as usize + 1);
        let points = Vec::with_capacity(count.min(MOST_AT_ONCE));
        Recorder { timeline: Timeline { every, points }, open: Open::default() }
    }
}

impl Recorder {
    /// As if nothing had been observed.
    pub(crate) fn forget(&mut self) {
        self.open = Open::default();
    }

    /// Adds the step that ends now to the open point.
    pub(crate) fn observe_step(&mut self, shared: &Shared) {
        if self.timeline.every.is_zero() {
            return;
        }
        if let Some(load) = &shared.load {
            let open = &mut self.open;
            open.steps += 1;
            open.entry_rate += load.entry_rate;
            for (id, route) in load.last_routes.iter() {
                open.arrived += route.arrived;
                open.failed += route.failed;
                open.latency_s_p95 = open.latency_s_p95.max(route.latency.p95_s);
                open.routes.fill_to(id, Latencies::default());
                open.routes[id].add(route.arrived - route.failed, &route.latency);
            }
            for (id, service) in load.services().iter() {
                open.services.fill_to(id, Sums::default());
                open.services[id].add(service.last_rate, &service.last);
            }
        }
    }

    /// Closes the open point; the state is that at the end of the instant.
    pub(crate) fn observe(&mut self, shared: &mut Shared, cloud: &Cloud, now: SimTime) {
        let point = self.close_point(shared, cloud, now);
        self.timeline.points.push(point);
        shared.repeat(now, self.timeline.every, Event::Observe);
    }

    fn close_point(&mut self, shared: &Shared, cloud: &Cloud, now: SimTime) -> Point {
        let counts = &shared.counts;
        let pending_before = counts.workloads.values().map(|row| row.pending.nanos(now)).sum();
        let next = Open { begins: now, pending_before, ..Open::default() };
        let open = std::mem::replace(&mut self.open, next);
        let span = (now - open.begins).as_nanos().max(1) as f64;
        let pods = counts.workloads.iter().map(|(workload, row)| PodCounts {
            workload,
            desired: row.desired.value() as i32,
            pending: row.pending.value() as i32,
            running: row.running.value() as i32,
            ready: row.ready.value() as i32,
        });
        let nodes = counts.groups.iter().map(|(group, row)| NodeCounts {
            group,
            target: cloud.groups[group].target,
            nodes: row.nodes.value() as i32,
        });
        let backlog = |id: ServiceId| shared.load.as_ref().map_or(0.0, |load| load.services()[id].last.backlog);
        let over = (open.steps, span / 1e9);
        let services = open.services.iter().map(|(id, sums)| sums.point(over, backlog(id)));
        Point {
            at: now,
            requests_per_second: open.entry_rate / f64::from(open.steps.max(1)),
            latency_s_p95: open.latency_s_p95,
            error_rate: if open.arrived > 0.0 { open.failed / open.arrived } else { 0.0 },
            pods: pods.collect(),
            nodes: nodes.collect(),
            pending: (pending_before - open.pending_before) as f64 / span,
            cost_usd_hour: shared.accounts.run_rate().usd(),
            services: services.collect(),
            routes: open.routes.values().map(Latencies::means).collect(),
        }
    }
}

//! How hard a stress hit, and whether that was within its limits.

use super::kind::{Limits, Stress};
use super::window::Window;
use crate::sim::outcome::{Point, Timeline};
use crate::traffic::calls::ServiceId;
use crate::units::{SimDuration, SimTime};
use crate::world::Cast;

/// Errors and latencies are looked at over this time.
const TOGETHER: SimDuration = SimDuration::from_mins(5);
/// Fewer requests than this in that time say nothing about a share.
const LEAST_REQUESTS: f64 = 1.0;

/// What a stress did in one replication.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blow {
    /// The largest share of a service's requests that failed in five minutes, 0..=1, over the share that might: above 1 is too
    /// many.
    pub errors_over_limit: f64,
    /// That share.
    pub errors: f64,
    /// The service; none without traffic.
    pub service: Option<ServiceId>,
    /// The longest time in which a workload had a pod without a node.
    pub pending: SimDuration,
    /// The largest P95 of any route, in seconds, as a mean of five minutes, once pods had the time to be placed again.
    pub latency_s_p95: f64,
}

impl Blow {
    /// What points over time say about it.
    pub(super) fn of(timeline: &Timeline, cast: &Cast, stress: &Stress) -> Self {
        let begins = timeline.points.partition_point(|point| point.at <= Window::BLOW);
        let points = &timeline.points[begins..];
        let together = (TOGETHER.as_nanos() / timeline.every.as_nanos().max(1)).max(1) as usize;
        let mut blow = Blow {
            pending: longest_pending(points, timeline.every, cast),
            latency_s_p95: settled_latency(points, together, stress.limits.pending),
            ..Blow::default()
        };
        for service in cast.traffic.iter().flat_map(|traffic| traffic.services.ids()) {
            let errors = worst_errors(points, together, service);
            let over = errors / stress.limits.errors_of(service).max(1e-9);
            if blow.service.is_none() || over > blow.errors_over_limit {
                (blow.errors, blow.errors_over_limit, blow.service) = (errors, over, Some(service));
            }
        }
        blow
    }

    /// Within the limits.
    pub fn is_within(&self, limits: &Limits) -> bool {
        self.errors_over_limit <= 1.0
            && self.pending <= limits.pending
            && limits.latency_s_p95.is_none_or(|most| self.latency_s_p95 <= most)
    }

    /// The worse of each of two.
    pub(super) fn or_worse(self, other: Blow) -> Blow {
        let (pending, latency_s_p95) =
            (self.pending.max(other.pending), self.latency_s_p95.max(other.latency_s_p95));
        let worse = if other.errors_over_limit > self.errors_over_limit { other } else { self };
        Blow { pending, latency_s_p95, ..worse }
    }
}

impl Limits {
    fn errors_of(&self, service: ServiceId) -> f64 {
        self.errors_of.iter().find(|(of, _)| *of == service).map_or(self.errors, |(_, most)| *most)
    }
}

/// The largest share of a service's requests that failed in so many points one after another.
fn worst_errors(points: &[Point], together: usize, service: ServiceId) -> f64 {
    let of = |point: &Point| {
        let row = point.services.get(service);
        row.map_or((0.0, 0.0), |row| (row.requests_per_second, row.failures_per_second))
    };
    let mut worst: f64 = 0.0;
    for stretch in points.windows(together.min(points.len()).max(1)) {
        let (all, failed) = stretch.iter().map(of).fold((0.0, 0.0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
        let step_s = TOGETHER.as_secs_f64() / together as f64;
        if all * step_s >= LEAST_REQUESTS {
            worst = worst.max(failed / all);
        }
    }
    worst.min(1.0)
}

/// The longest stretch in which one workload had a pod without a node.
fn longest_pending(points: &[Point], every: SimDuration, cast: &Cast) -> SimDuration {
    let waits = |point: &Point, workload| point.pods.iter().any(|row| row.workload == workload && row.pending > 0);
    let longest = cast.workloads.ids().map(|workload| {
        let stretches = points.split(|point| !waits(point, workload));
        stretches.map(<[Point]>::len).max().unwrap_or_default()
    });
    every * longest.max().unwrap_or_default() as i64
}

/// The largest mean P95 of so many points, once that much time has passed.
fn settled_latency(points: &[Point], together: usize, settled: SimDuration) -> f64 {
    let from: SimTime = Window::BLOW + settled;
    let points = &points[points.partition_point(|point| point.at <= from)..];
    let means = points.windows(together).map(|stretch| {
        stretch.iter().map(|point| point.latency_s_p95).sum::<f64>() / stretch.len() as f64
    });
    means.fold(0.0, f64::max)
}

//! How hard a stress hit, and whether that was within what is promised while it lasts.
//!
//! What fails and what is slow is looked at in short stretches, for a mean over the window would hide a bad quarter of an hour; how long pods wait, in
//! stretches too. All else that may be promised is judged as in a run, from the figures of the time after the blow.

use super::window::Window;
use crate::sim::outcome::{Point, Timeline};
use crate::study::figures::Figures;
use crate::study::kept::{Promise, What, promises};
use crate::traffic::calls::{RouteId, ServiceId};
use crate::units::SimDuration;
use crate::world::{Cast, Promised};

/// Errors and latencies are looked at over this time: a service that is away for a minute is hidden in an hour.
const TOGETHER: SimDuration = SimDuration::from_mins(5);
/// Before this has passed no latency is looked at: pods have to be placed again first.
const SETTLED: SimDuration = SimDuration::from_mins(15);
/// Fewer requests than this in that time say nothing about a share.
const LEAST_REQUESTS: f64 = 1.0;

/// The worst of something, and how far that is from what was promised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worst<T> {
    /// Of this one; none where there is none.
    pub of: Option<T>,
    /// How much.
    pub value: f64,
    /// Over the limit: above 1 is too much; 0 where nothing is promised.
    pub over_limit: f64,
}

impl<T> Default for Worst<T> {
    fn default() -> Self {
        Worst { of: None, value: 0.0, over_limit: 0.0 }
    }
}

impl<T: Copy> Worst<T> {
    /// This, or another if that is worse.
    fn or(self, other: Self) -> Self {
        let is_worse = (other.over_limit, other.value) > (self.over_limit, self.value);
        if is_worse || self.of.is_none() { other } else { self }
    }
    /// More than what was promised.
    pub fn is_too_much(&self) -> bool {
        self.over_limit > 1.0
    }
}

/// What a stress did in one replication.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blow {
    /// The largest share of a service's requests that failed in five minutes, 0..=1.
    pub errors: Worst<ServiceId>,
    /// The largest P95 of a route, in seconds, as a mean of five minutes, from a quarter of an hour after the blow on.
    pub latency: Worst<RouteId>,
    /// The longest time in which a workload had a pod without a node.
    pub pending: SimDuration,
    /// The share of the time after the blow in which some route broke its objective, 0..=1.
    pub breach: f64,
    /// What else is promised of the time after the blow, in the order of the promises.
    pub others: Vec<Judged>,
}

/// A promise, and what came of it after the blow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// What was promised. Pod-hours are those of the time after the blow: a stress has no month.
    pub promise: Promise,
    /// The figure, in the promise's unit.
    pub value: f64,
}

impl Judged {
    fn of(promise: Promise, figures: &Figures) -> Self {
        let value = match promise.what {
            What::PendingPodHours => figures.pending_pod_hours(),
            _ => promise.value(figures),
        };
        Judged { promise, value }
    }
    /// More than what was promised.
    pub fn is_too_much(&self) -> bool {
        self.value > self.promise.limit
    }
}

impl Blow {
    /// What points over time say about it, and the figures of the time after the blow. `promised` is what the cast promises.
    pub(super) fn of(timeline: &Timeline, figures: &Figures, (cast, promised): (&Cast, &Promised)) -> Self {
        let begins = timeline.points.partition_point(|point| point.at <= Window::BLOW);
        let points = &timeline.points[begins..];
        let together = (TOGETHER.as_nanos() / timeline.every.as_nanos().max(1)).max(1) as usize;
        let settled = &points[points.partition_point(|point| point.at <= Window::BLOW + SETTLED)..];
        let traffic = cast.traffic.as_ref();
        let services = traffic.iter().flat_map(|traffic| traffic.services.ids());
        let routes = traffic.iter().flat_map(|traffic| traffic.graph.routes().ids());
        let most_errors = promised.objective.error_rate;
        let errors = services.map(|id| worst(id, worst_errors(points, together, id), most_errors));
        let latency = routes.map(|id| worst(id, worst_latency(settled, together, id), objective(promised, id)));
        Blow {
            errors: errors.reduce(Worst::or).unwrap_or_default(),
            latency: latency.reduce(Worst::or).unwrap_or_default(),
            pending: longest_pending(points, timeline.every, cast),
            breach: Promise { what: What::Breach, limit: 0.0 }.value(figures),
            others: promises(cast).into_iter().filter(is_other).map(|promise| Judged::of(promise, figures)).collect(),
        }
    }

    /// Within what is promised.
    pub(super) fn is_within(&self, promised: &Promised) -> bool {
        !self.errors.is_too_much()
            && !self.latency.is_too_much()
            && promised.limits.pending.is_none_or(|most| self.pending <= most)
            && promised.limits.breach.is_none_or(|most| self.breach <= most)
            && !self.others.iter().any(Judged::is_too_much)
    }

    /// The worse of each of two.
    pub(super) fn or_worse(self, other: Blow) -> Blow {
        Blow {
            errors: self.errors.or(other.errors),
            latency: self.latency.or(other.latency),
            pending: self.pending.max(other.pending),
            breach: self.breach.max(other.breach),
            others: worse_of_each(self.others, other.others),
        }
    }
}

/// Both are of the same promises, or one is of nothing yet.
fn worse_of_each(these: Vec<Judged>, those: Vec<Judged>) -> Vec<Judged> {
    if these.is_empty() {
        return those;
    }
    let worse = |(this, that): (Judged, &Judged)| Judged { value: this.value.max(that.value), ..this };
    if those.is_empty() { these } else { these.into_iter().zip(&those).map(worse).collect() }
}

/// Whether no other field of a blow judges it.
fn is_other(promise: &Promise) -> bool {
    match promise.what {
        What::ErrorRate(Some(_)) | What::BurnRate | What::PendingPodHours => true,
        What::LatencyP95(_) | What::ErrorRate(None) | What::Breach | What::LongestPending => false,
    }
}

fn worst<T>(of: T, value: f64, most: Option<f64>) -> Worst<T> {
    Worst { of: Some(of), value, over_limit: most.map_or(0.0, |most| value / most.max(1e-9)) }
}

/// The P95 that is promised on a route, seconds.
fn objective(promised: &Promised, route: RouteId) -> Option<f64> {
    promised.routes.get(&route).unwrap_or(&promised.objective).latency_s_p95
}

/// The largest share of a service's requests that failed in so many points one after another.
fn worst_errors(points: &[Point], together: usize, service: ServiceId) -> f64 {
    let of = |point: &Point| {
        let row = point.services.get(service);
        row.map_or((0.0, 0.0), |row| (row.requests_per_second, row.failures_per_second))
    };
    let step_s = TOGETHER.as_secs_f64() / together as f64;
    let mut worst: f64 = 0.0;
    for stretch in points.windows(together.min(points.len()).max(1)) {
        let (all, failed) = stretch.iter().map(of).fold((0.0, 0.0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
        if all * step_s >= LEAST_REQUESTS {
            worst = worst.max(failed / all);
        }
    }
    worst.min(1.0)
}

/// The largest mean P95 of a route over so many points, seconds.
fn worst_latency(points: &[Point], together: usize, route: RouteId) -> f64 {
    let p95 = |point: &Point| point.routes.get(route).map_or(0.0, |[_, _, p95, _]| *p95);
    let means = points.windows(together).map(|stretch| stretch.iter().map(p95).sum::<f64>() / stretch.len() as f64);
    means.fold(0.0, f64::max)
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

//! What was promised, and in how many of the replications it was kept.

use super::Results;
use crate::report::Objective;
use crate::report::figures::{Scope, key};
use crate::report::metrics::{self, Metric};
use crate::study::{Promise, What, promises};
use crate::units::HOURS_PER_MONTH;
use crate::world::Promised;

impl Results<'_> {
    /// A row for each promise; the latency of all routes is one, unless routes have objectives of their own.
    pub(super) fn objectives(&self) -> Vec<Objective> {
        if Promised::of(self.cast).is_nothing() {
            return Vec::new();
        }
        let is_latency = |promise: &Promise| matches!(promise.what, What::LatencyP95(_));
        let (latency, others): (Vec<Promise>, Vec<Promise>) = promises(self.cast).into_iter().partition(is_latency);
        let row =
            |promise: &Promise| self.objective_row(promise, std::slice::from_ref(promise), self.route_of(promise.what));
        let of_routes: Vec<Objective> = match self.latency_limit_ms() {
            Some(_) => latency.first().map(|first| self.objective_row(first, &latency, None)).into_iter().collect(),
            None => latency.iter().map(row).collect(),
        };
        of_routes.into_iter().chain(others.iter().map(row)).collect()
    }

    fn objective_row(&self, promise: &Promise, together: &[Promise], route: Option<&str>) -> Objective {
        let (metric, label) = measured(promise.what);
        let (metric_key, label) = match (route, promise.what) {
            (Some(route), _) => (key(metric.name, Scope::Route, route), format!("{label} of {route}")),
            (None, What::LatencyP95(_)) => (metric.name.to_owned(), format!("{label} of every route")),
            (None, _) => (metric.name.to_owned(), label.to_owned()),
        };
        Objective {
            metric: metric_key,
            label,
            unit: metric.unit,
            target: self.target(promise),
            met_ratio: self.runs.share(|run| together.iter().all(|promise| promise.is_kept(run))),
        }
    }

    fn route_of(&self, what: What) -> Option<&str> {
        match what {
            What::LatencyP95(route) | What::ErrorRate(Some(route)) => Some(&self.names.routes[route]),
            _ => None,
        }
    }

    /// In the unit of the figure that is shown.
    fn target(&self, promise: &Promise) -> f64 {
        match promise.what {
            What::LatencyP95(_) => promise.limit * 1000.0,
            What::PendingPodHours => promise.limit * 3600.0 * self.hours() / HOURS_PER_MONTH as f64,
            _ => promise.limit,
        }
    }

    /// The limit of a figure of everything, as it is shown.
    pub(super) fn limit(&self, what: What) -> Option<f64> {
        if Promised::of(self.cast).is_nothing() {
            return None;
        }
        promises(self.cast).iter().find(|promise| promise.what == what).map(|promise| self.target(promise))
    }

    /// The latency that is promised of every route, where none has its own, in milliseconds.
    pub(super) fn latency_limit_ms(&self) -> Option<f64> {
        let traffic = self.cast.traffic.as_ref()?;
        let most_s = traffic.objective.latency_s_p95?;
        let is_same = traffic.route_objectives.values().all(|own| own.latency_s_p95 == Some(most_s));
        is_same.then_some(most_s * 1000.0)
    }
}

/// The figure that shows it, and what people call it.
fn measured(what: What) -> (Metric, &'static str) {
    match what {
        What::LatencyP95(_) => (metrics::LATENCY_P95, "P95"),
        What::ErrorRate(_) => (metrics::ERRORS, "failed requests"),
        What::Breach => (metrics::BREACH, "time in breach"),
        What::LongestPending => (metrics::LONGEST_PENDING, "longest wait for a node"),
        What::PendingPodHours => (metrics::PENDING, "pods waiting for a node, in all"),
        What::BurnRate => (metrics::BURN_RATE, "burn rate of the error budget"),
    }
}

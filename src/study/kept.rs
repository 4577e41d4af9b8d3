//! The one rule of what it means that a promise was kept.

use super::figures::{Felt, Figures};
use crate::sim::burn::ErrorBudget;
use crate::traffic::calls::RouteId;
use crate::world::{Cast, Objective, Promised};

/// A limit of a figure of a replication.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Promise {
    /// Of which figure.
    pub what: What,
    /// The figure may be as large, in its own unit. At least 0.
    pub limit: f64,
}

/// A figure that may be promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Seconds in which 95 % of a route's requests are answered; those that failed are not.
    LatencyP95(RouteId),
    /// The share of a route's requests, or of all that entered, which failed.
    ErrorRate(Option<RouteId>),
    /// The share of the time in which some route broke its objective.
    Breach,
    /// The longest wait of a pod for a node, in seconds.
    LongestPending,
    /// Pods without a node, times hours, in a month of 730 hours.
    PendingPodHours,
    /// The highest burn rate of a route's error budget.
    BurnRate,
}

impl Promise {
    /// The figure, in its own unit: infinity where too few requests were answered to know their latency, 0 where there were
    /// none.
    pub fn value(&self, figures: &Figures) -> f64 {
        match self.what {
            What::LatencyP95(route) => latency_s_p95(&figures.routes[route]),
            What::ErrorRate(Some(route)) => figures.routes[route].requests.failed_ratio(),
            What::ErrorRate(None) => figures.entry.requests.failed_ratio(),
            What::Breach => figures.entry.breach_ratio(),
            What::LongestPending => figures.cluster.longest_pending.as_secs_f64(),
            What::PendingPodHours => figures.pending_pod_hours_per_month(),
            What::BurnRate => fastest_burn(figures),
        }
    }

    /// Whether a replication kept it.
    pub fn is_kept(&self, figures: &Figures) -> bool {
        self.value(figures) <= self.limit
    }
}

fn latency_s_p95(route: &Felt) -> f64 {
    if route.requests.all > 0.0 {
        route.quantile_of_all_s(1.0 - Objective::MAY_BE_SLOWER).unwrap_or(f64::INFINITY)
    } else {
        0.0
    }
}

fn fastest_burn(figures: &Figures) -> f64 {
    let promises = figures.routes.values().map(|route| route.promises);
    let budgets = promises.flat_map(|promises| [promises.latency, promises.errors]).flatten();
    budgets.map(|budget: ErrorBudget| budget.fastest).fold(0.0, f64::max)
}

/// All that a cast promises, in a fixed order: latency by route, errors, then what is promised of the run. Where there is neither traffic nor
/// an objective, that no pod waits for a node.
pub fn promises(cast: &Cast) -> Vec<Promise> {
    let mut found = Vec::new();
    let mut add = |what: What, limit: Option<f64>| found.extend(limit.map(|limit| Promise { what, limit }));
    if let Some(traffic) = &cast.traffic {
        for route in traffic.graph.routes().ids() {
            add(What::LatencyP95(route), traffic.objective_of(route).latency_s_p95);
        }
        add(What::ErrorRate(None), traffic.objective.error_rate);
        for (route, own) in &traffic.route_objectives {
            let differs = own.error_rate != traffic.objective.error_rate;
            add(What::ErrorRate(Some(*route)), own.error_rate.filter(|_| differs));
        }
        add(What::Breach, cast.limits.breach);
        add(What::BurnRate, cast.limits.burn_rate);
    } else if Promised::of(cast).is_nothing() {
        add(What::LongestPending, Some(0.0));
    }
    add(What::LongestPending, cast.limits.pending.map(|longest| longest.as_secs_f64()));
    add(What::PendingPodHours, cast.limits.pending_pod_hours);
    found
}

/// Whether a replication kept all that was promised.
pub fn keeps_promises(cast: &Cast, figures: &Figures) -> bool {
    promises(cast).iter().all(|promise| promise.is_kept(figures))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::study::figures::{Requests, WorkloadFigures};
    use crate::units::SimDuration;

    /// A route whose 100 requests took a latency; some more failed.
    fn route(latency_s: f64, failed: f64) -> Felt {
        let mut felt = Felt { requests: Requests { all: 100.0 + failed, failed }, ..Felt::default() };
        felt.latency.record(latency_s, 100.0);
        felt
    }

    fn with_routes(routes: impl IntoIterator<Item = Felt>) -> Figures {
        Figures { routes: routes.into_iter().collect(), ..Figures::default() }
    }

    fn keeps(what: What, limit: f64, figures: &Figures) -> bool {
        Promise { what, limit }.is_kept(figures)
    }

    #[test]
    fn each_route_answers_for_itself() {
        let figures = with_routes([route(0.1, 0.0), route(0.4, 0.0)]);
        let [fast, slow] = [0, 1].map(|at| What::LatencyP95(Id::from_index(at)));
        assert!(keeps(fast, 0.2, &figures) && !keeps(slow, 0.2, &figures) && keeps(slow, 0.5, &figures));
    }

    #[test]
    fn a_route_without_requests_breaks_nothing() {
        let mut unused = route(9.0, 0.0);
        unused.requests.all = 0.0;
        assert!(keeps(What::LatencyP95(Id::from_index(0)), 0.2, &with_routes([unused])));
    }

    #[test]
    fn what_fails_is_not_in_time() {
        let keeps =
            |route: Felt, most_s: f64| keeps(What::LatencyP95(Id::from_index(0)), most_s, &with_routes([route]));
        assert!(keeps(route(0.1, 5.0), 0.2), "5 of 105 may be slow");
        assert!(!keeps(route(0.1, 6.0), 0.2), "6 of 106 may not");
        let outage = Felt { requests: Requests { all: 100.0, failed: 100.0 }, ..Felt::default() };
        assert!(!keeps(outage, 1e9), "nobody was answered");
    }

    #[test]
    fn as_many_may_fail_as_was_said() {
        let mut figures = with_routes([route(0.1, 25.0)]);
        figures.entry.requests = Requests { all: 1000.0, failed: 10.0 };
        assert!(keeps(What::ErrorRate(None), 0.01, &figures) && !keeps(What::ErrorRate(None), 0.009, &figures));
        let own = What::ErrorRate(Some(Id::from_index(0)));
        assert!(keeps(own, 0.2, &figures) && !keeps(own, 0.19, &figures));
    }

    #[test]
    fn the_fastest_burn_of_any_budget_counts() {
        let mut routes = [route(0.1, 0.0), route(0.1, 0.0)];
        routes[0].promises.latency = Some(ErrorBudget { fastest: 2.0, ..ErrorBudget::default() });
        routes[1].promises.errors = Some(ErrorBudget { fastest: 14.5, ..ErrorBudget::default() });
        assert_eq!(Promise { what: What::BurnRate, limit: 14.4 }.value(&with_routes(routes)), 14.5);
        assert_eq!(Promise { what: What::BurnRate, limit: 14.4 }.value(&Figures::default()), 0.0);
    }

    #[test]
    fn waiting_pods_are_counted_by_the_month() {
        let mut waits = WorkloadFigures::default();
        waits.pending.seconds = 7200;
        let figures = Figures {
            span: SimDuration::from_hours(73),
            workloads: [waits, waits].into_iter().collect(),
            ..Figures::default()
        };
        assert_eq!(Promise { what: What::PendingPodHours, limit: 1.0 }.value(&figures), 40.0);
    }

    #[test]
    fn without_traffic_and_objectives_no_pod_may_wait() {
        let mut figures = Figures::default();
        assert!(keeps_promises(&Cast::default(), &figures));
        figures.cluster.longest_pending = SimDuration::from_secs(90);
        assert!(!keeps_promises(&Cast::default(), &figures));
        let mut patient = Cast::default();
        patient.limits.pending = Some(SimDuration::from_secs(90));
        assert!(keeps_promises(&patient, &figures));
        patient.limits.pending = Some(SimDuration::from_secs(89));
        assert!(!keeps_promises(&patient, &figures));
    }
}

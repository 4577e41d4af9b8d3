//! The one rule of what it means that a promise was kept.

use super::figures::Figures;
use crate::world::{Cast, Objective};

/// Whether every route that had requests answered 95 % of them within `most_s` seconds; those that failed were not answered.
pub fn keeps_latency(figures: &Figures, most_s: f64) -> bool {
    let mut used = figures.routes.values().filter(|route| route.requests.all > 0.0);
    used.all(|route| route.quantile_of_all_s(1.0 - Objective::MAY_BE_SLOWER).is_some_and(|slow_s| slow_s <= most_s))
}

/// Whether at most the share `most` (0..=1) of the requests that entered failed.
pub fn keeps_error_rate(figures: &Figures, most: f64) -> bool {
    figures.entry.requests.failed_ratio() <= most
}

/// Whether a replication kept all that was promised to users; without traffic, whether no pod waited for a node.
pub fn keeps_promises(cast: &Cast, figures: &Figures) -> bool {
    let Some(traffic) = &cast.traffic else { return figures.cluster.longest_pending.is_zero() };
    let Objective { latency_s_p95, error_rate } = traffic.objective;
    latency_s_p95.is_none_or(|most| keeps_latency(figures, most))
        && error_rate.is_none_or(|most| keeps_error_rate(figures, most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::figures::{Felt, Requests};

    /// A route whose 100 requests took a latency; some more failed.
    fn route(latency_s: f64, failed: f64) -> Felt {
        let mut felt = Felt { requests: Requests { all: 100.0 + failed, failed }, ..Felt::default() };
        felt.latency.record(latency_s, 100.0);
        felt
    }

    #[test]
    fn the_slowest_route_decides() {
        let figures =
            Figures { routes: [route(0.1, 0.0), route(0.4, 0.0)].into_iter().collect(), ..Figures::default() };
        assert!(keeps_latency(&figures, 0.5) && !keeps_latency(&figures, 0.2));
    }

    #[test]
    fn a_route_without_requests_promises_nothing() {
        let mut unused = route(9.0, 0.0);
        unused.requests.all = 0.0;
        let figures = Figures { routes: [unused, route(0.1, 0.0)].into_iter().collect(), ..Figures::default() };
        assert!(keeps_latency(&figures, 0.2));
        assert!(keeps_latency(&Figures::default(), 0.0));
    }

    #[test]
    fn what_fails_is_not_in_time() {
        let keeps = |route: Felt, most_s: f64| {
            keeps_latency(&Figures { routes: [route].into_iter().collect(), ..Figures::default() }, most_s)
        };
        assert!(keeps(route(0.1, 5.0), 0.2), "5 of 105 may be slow");
        assert!(!keeps(route(0.1, 6.0), 0.2), "6 of 106 may not");
        let outage = Felt { requests: Requests { all: 100.0, failed: 100.0 }, ..Felt::default() };
        assert!(!keeps(outage, 1e9), "nobody was answered");
    }

    #[test]
    fn as_many_may_fail_as_was_said() {
        let mut figures = Figures::default();
        figures.entry.requests = Requests { all: 1000.0, failed: 10.0 };
        assert!(keeps_error_rate(&figures, 0.01) && !keeps_error_rate(&figures, 0.009));
    }

    #[test]
    fn without_traffic_no_pod_may_wait() {
        let mut figures = Figures::default();
        assert!(keeps_promises(&Cast::default(), &figures));
        figures.cluster.longest_pending = crate::units::SimDuration::from_secs(1);
        assert!(!keeps_promises(&Cast::default(), &figures));
    }
}

//! What users felt: requests, latency, promises.

use crate::sim::ServiceTotals;
use crate::sim::burn::Promises;
use crate::sim::outcome::{RouteTotals, ServiceLevels, ServiceOutcome};
use crate::traffic::latency::LatencyHistogram;
use crate::units::SimDuration;
use serde::{Deserialize, Serialize};

/// Requests and those of them that failed. Fractions: the fast mode counts what is to be expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Requests {
    /// All that arrived.
    pub all: f64,
    /// Those that were refused, timed out or failed further on.
    pub failed: f64,
}

impl Requests {
    /// The share that failed, 0..=1; 0 without requests.
    pub fn failed_ratio(&self) -> f64 {
        if self.all > 0.0 { self.failed / self.all } else { 0.0 }
    }
}

/// All entry traffic against its objectives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntryFigures {
    /// Requests that entered.
    pub requests: Requests,
    /// Time in steps in which some route broke its objective.
    pub breach: SimDuration,
    /// Time observed.
    pub observed: SimDuration,
    /// Requests that the exact mode turned away because it had too many under way.
    pub turned_away: u64,
}

impl EntryFigures {
    pub(super) fn of(levels: &ServiceLevels) -> Self {
        EntryFigures {
            requests: Requests { all: levels.requests, failed: levels.errors },
            breach: levels.breach,
            observed: levels.observed,
            turned_away: levels.overflowed,
        }
    }
    /// Share of the time in breach, 0..=1.
    pub fn breach_ratio(&self) -> f64 {
        self.breach.as_secs_f64() / self.observed.as_secs_f64().max(1e-9)
    }
}

/// What the users of a service or a route felt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Felt {
    /// Their requests.
    pub requests: Requests,
    /// Latency of the requests that were answered.
    pub latency: LatencyHistogram,
    /// How the objectives were kept.
    pub promises: Promises,
    /// Time in which the fast mode followed distributions: percentiles were pooled by nature. Of a route: that of the service that did so
    /// longest.
    pub pooled: SimDuration,
    /// Time in which the fast mode replayed single requests; of a route likewise.
    #[serde(default)]
    pub replayed: SimDuration,
    /// Time in which it should have, and had replayed too much already; of a route likewise.
    #[serde(default)]
    pub doubtful: SimDuration,
}

/// How long the tiers of the fast mode were at work.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tiers {
    pooled: SimDuration,
    replayed: SimDuration,
    doubtful: SimDuration,
}

impl Tiers {
    /// The longest time in each, over the services.
    pub(super) fn longest<'a>(services: impl Iterator<Item = &'a ServiceOutcome>) -> Tiers {
        services.fold(Tiers::default(), |longest, service| Tiers {
            pooled: longest.pooled.max(service.totals.pooled),
            replayed: longest.replayed.max(service.totals.replayed),
            doubtful: longest.doubtful.max(service.totals.doubtful),
        })
    }
}

impl Felt {
    pub(super) fn on_route(route: RouteTotals, tiers: Tiers) -> Self {
        let RouteTotals { requests, errors, latency, promises, .. } = route;
        let requests = Requests { all: requests, failed: errors };
        let Tiers { pooled, replayed, doubtful } = tiers;
        Felt { requests, latency, promises, pooled, replayed, doubtful }
    }
    /// The latency in seconds that the share `quantile` (0..=1) of those that were answered does not exceed; none where
    /// nobody was.
    pub fn quantile_s(&self, quantile: f64) -> Option<f64> {
        (self.latency.requests() > 0.0).then(|| self.latency.quantile_s(quantile))
    }
    /// The largest of those that were answered, in seconds; none where nobody was.
    pub fn max_s(&self) -> Option<f64> {
        (self.latency.requests() > 0.0).then(|| self.latency.max_s())
    }
    /// What the share `quantile` of all requests does not exceed, those that failed taking for ever: none where too few were answered.
    pub fn quantile_of_all_s(&self, quantile: f64) -> Option<f64> {
        let answered = self.latency.requests();
        let wanted =
            if self.requests.failed > 0.0 { quantile * (1.0 + self.requests.failed / answered) } else { quantile };
        if wanted <= 1.0 { self.quantile_s(wanted) } else { None }
    }
    /// Apdex with failed requests as frustrated; 1 without any request.
    pub fn apdex(&self, target_s: f64) -> f64 {
        let (answered, failed) = (self.latency.requests(), self.requests.failed);
        if answered + failed > 0.0 { self.latency.apdex(target_s) * answered / (answered + failed) } else { 1.0 }
    }
}

/// A service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceFigures {
    /// What its callers felt.
    pub felt: Felt,
    /// Time in steps that broke its objective.
    pub breach: SimDuration,
}

impl ServiceFigures {
    pub(super) fn of(service: ServiceOutcome) -> Self {
        let ServiceOutcome { totals, latency, promises, .. } = service;
        let requests = Requests { all: totals.requests, failed: totals.errors };
        let ServiceTotals { pooled, replayed, doubtful, .. } = totals;
        let felt = Felt { requests, latency, promises, pooled, replayed, doubtful };
        ServiceFigures { felt, breach: totals.breach }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn felt(failed: f64) -> Felt {
        Felt {
            requests: Requests { all: 100.0, failed },
            latency: LatencyHistogram::new(),
            promises: Promises::default(),
            pooled: SimDuration::ZERO,
            replayed: SimDuration::ZERO,
            doubtful: SimDuration::ZERO,
        }
    }

    #[test]
    fn failed_requests_are_frustrated() {
        let mut some = felt(20.0);
        some.latency.record(0.1, 80.0);
        assert!((some.apdex(0.5) - 0.8).abs() < 1e-9);
        assert_eq!(felt(0.0).apdex(0.5), 1.0);
        some.latency.record(1e9, 3.0);
        assert_eq!(some.latency.overflowed(), 3.0);
    }

    #[test]
    fn nobody_fails_where_nobody_asks() {
        assert_eq!(Requests::default().failed_ratio(), 0.0);
        assert_eq!(Requests { all: 4.0, failed: 1.0 }.failed_ratio(), 0.25);
    }
}

//! What users felt.

use crate::study::{Estimate, known_or_not};
use serde::{Deserialize, Serialize};

/// What users of one service felt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceResult {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Mean over the run.
    pub requests_per_second: Estimate,
    /// Median.
    pub latency_ms_p50: Estimate,
    /// 95th percentile.
    pub latency_ms_p95: Estimate,
    /// 99th percentile.
    pub latency_ms_p99: Estimate,
    /// Requests that failed or timed out.
    pub error_ratio: Estimate,
    /// Share of time outside the service levels.
    pub breach_ratio: Estimate,
    /// More figures, and what each of them is.
    pub detail: LatencyDetail,
}

/// A route from outside over all replications: end to end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteResult {
    /// Usually an Ingress path.
    pub name: String,
    /// Requests per second that enter.
    pub requests_per_second: Estimate,
    /// Median latency of each run.
    pub latency_ms_p50: Estimate,
    /// P95 of each run.
    pub latency_ms_p95: Estimate,
    /// P99 of each run.
    pub latency_ms_p99: Estimate,
    /// Share of failed requests.
    pub error_ratio: Estimate,
    /// More figures, and what each of them is.
    pub detail: LatencyDetail,
}

/// What a service's or a route's latency figures are made of.
///
/// `Estimate`s are of one figure per replication, with their interval over replications; `pooledMs` are
/// percentiles of all replications' requests together and have no interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LatencyDetail {
    /// `fast` or `exact`: the latency mode of every figure here.
    pub mode: String,
    /// P90 of each run.
    pub latency_ms_p90: Estimate,
    /// The largest of each run; in the fast mode the largest to expect.
    pub latency_ms_max: Estimate,
    /// Percentiles of the requests of all runs together.
    pub pooled_ms: PooledLatency,
    /// Apdex with the objective's latency (500 ms without one) as target, failed requests as frustrated.
    pub apdex: Estimate,
    /// Share of the time in which the fast mode followed distributions (load near capacity): its
    /// percentiles of that time are pooled by nature, even those of one run. Of a route: that of the
    /// service that did so longest.
    pub distribution_ratio: Estimate,
    /// Share of the time in which the fast mode replayed single requests, because no formula is good there. Of a route
    /// likewise.
    #[serde(default = "never")]
    pub replay_ratio: Estimate,
    /// Share of the time in which it should have, and had replayed so much before that formulas had to do. Of a route
    /// likewise.
    #[serde(default = "never")]
    pub doubtful_ratio: Estimate,
    /// The objectives, one by one.
    pub objectives: Vec<ObjectiveDetail>,
}

/// What results that were written before say of it.
fn never() -> Estimate {
    Estimate::exact(0.0)
}

/// Percentiles of the requests of all replications together, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PooledLatency {
    /// The median.
    #[serde(deserialize_with = "known_or_not")]
    pub p50: f64,
    /// 90th percentile.
    #[serde(deserialize_with = "known_or_not")]
    pub p90: f64,
    /// 95th percentile.
    #[serde(deserialize_with = "known_or_not")]
    pub p95: f64,
    /// 99th percentile.
    #[serde(deserialize_with = "known_or_not")]
    pub p99: f64,
    /// The largest.
    #[serde(deserialize_with = "known_or_not")]
    pub max: f64,
}

/// How one objective was kept, as a multi-window burn-rate alert would have seen it.
///
/// Windows and rates: Google SRE workbook, chapter 5 (14.4 over 1 h and 5 min or 6 over 6 h and 30 min
/// pages; 1 over 3 days and 6 h is a ticket); a window longer than the run so far is as long as the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectiveDetail {
    /// `latencyMsP95` or `errorRatio`.
    pub metric: String,
    /// The limit: milliseconds, or a share.
    pub target: f64,
    /// The share of requests that may be bad (slower, or failed).
    pub budget_ratio: f64,
    /// Share of time in steps that broke the objective.
    pub breach_ratio: Estimate,
    /// Bad requests over those that may be: 1 is the whole budget of the run.
    pub budget_spent: Estimate,
    /// Share of time in which somebody would have been paged.
    pub paging_ratio: Estimate,
    /// Share of time in which a ticket would have been open.
    pub ticket_ratio: Estimate,
}

//! What a request costs each service, what Jobs do, and what is promised to users.

use super::values::{ShortTime, Time};
use crate::units::Quantity;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A service's profile.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Service {
    /// Cpu time of a request.
    pub cpu_per_request: Option<ShortTime>,
    /// Time that a request waits for something that is not modelled (a database, a disk).
    pub wait_per_request: Option<ShortTime>,
    /// Squared coefficient of variation of a request's work; 1 by default.
    pub scv: Option<f64>,
    /// Measured cpu times of single requests: their distribution, in place of `scv`.
    pub cpu_samples: Option<Vec<Time>>,
    /// Requests that a pod works on at once.
    pub concurrency: Option<u32>,
    /// Requests that may wait at a pod.
    pub queue: Option<u32>,
    /// After how long a caller gives up; 60 s by default, as nginx does.
    pub timeout: Option<Time>,
    /// What callers do about failures (exact mode).
    pub retries: Option<RetryPolicy>,
    /// Whether a request keeps its thread while it waits for the services it calls (exact mode).
    pub blocking: bool,
    /// `random`, `roundRobin`, `leastOutstanding`, `powerOfTwo`, `sharedQueue`.
    pub load_balancing: Option<LoadBalancing>,
    /// Memory of an idle pod.
    pub memory: Option<String>,
    /// Memory per request in hand.
    pub memory_per_request: Option<String>,
    /// Cpu of an idle pod.
    pub idle_cpu: Option<String>,
    /// Bytes of a request that it gets, headers included.
    pub request_bytes: Option<Quantity>,
    /// Bytes of its answer, headers included.
    pub response_bytes: Option<Quantity>,
    /// Whether it is on the internet, outside of the cluster and of its network.
    pub on_internet: bool,
    /// Services called for each request, one step after the other: name, and how often.
    pub calls: Vec<BTreeMap<String, f64>>,
    /// From running containers to an application that answers.
    pub warm_up: Option<Time>,
    /// How slow a pod is that has just become ready.
    pub cold_start: Option<ColdStart>,
}

/// From `speed` to full speed in a straight line.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColdStart {
    /// The speed of its cpu at first, 1 is full speed.
    pub speed: f64,
    /// How long it takes.
    pub duration: Time,
}

/// How callers try again.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryPolicy {
    /// Attempts after the first.
    pub attempts: u32,
    /// The base of the back-off; 25 ms by default, as Envoy's.
    #[serde(default)]
    pub backoff: Option<Time>,
    /// Retries over first attempts in the long run; 0.2 by default.
    #[serde(default)]
    pub budget: Option<f64>,
}

/// How requests are spread over pods.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum LoadBalancing {
    Random,
    RoundRobin,
    LeastOutstanding,
    PowerOfTwo,
    SharedQueue,
}

/// What a Job's pod does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobWork {
    /// How long a pod works.
    pub duration: Time,
}

/// Other bounds for an HPA.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HpaPatch {
    /// `spec.minReplicas`.
    pub min_replicas: Option<i32>,
    /// `spec.maxReplicas`.
    pub max_replicas: Option<i32>,
    /// The target of its cpu metric, percent.
    pub cpu_utilization: Option<i64>,
}

/// Service level objectives.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Objectives {
    /// P95 of every route, end to end.
    pub latency_p95: Option<ShortTime>,
    /// Failed requests over all, 0..=1.
    pub error_rate: Option<f64>,
}

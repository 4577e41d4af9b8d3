//! What a request costs each service, what Jobs do, and what workloads ask for.

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
    #[schemars(example = "14ms")]
    pub cpu_per_request: Option<ShortTime>,
    /// Time that a request waits for something that is not modelled (a database, a disk).
    #[schemars(extend("default" = 0), example = "5ms")]
    pub wait_per_request: Option<ShortTime>,
    /// Squared coefficient of variation of a request's work; 1 by default.
    #[schemars(extend("default" = 1, "x-unit" = "variance over squared mean"), example = 0.5)]
    pub scv: Option<f64>,
    /// Measured cpu times of single requests: their distribution, in place of `scv`.
    #[schemars(example = serde_json::json!(["12ms", "15ms"]))]
    pub cpu_samples: Option<Vec<Time>>,
    /// Requests that a pod works on at once.
    #[schemars(extend("x-unit" = "requests"), example = 16)]
    pub concurrency: Option<u32>,
    /// Requests that may wait at a pod.
    #[schemars(extend("x-unit" = "requests"), example = 100)]
    pub queue: Option<u32>,
    /// After how long a caller gives up; 60 s by default, as nginx does.
    #[schemars(extend("default" = "60s"), example = "5s")]
    pub timeout: Option<Time>,
    /// What callers do about failures.
    #[schemars(example = serde_json::json!({"attempts": 2}))]
    pub retries: Option<RetryPolicy>,
    /// Whether a request keeps its thread while it waits for the services it calls.
    #[schemars(extend("default" = false), example = true)]
    pub blocking: bool,
    /// `random`, `roundRobin`, `leastOutstanding`, `powerOfTwo`, `sharedQueue`.
    #[schemars(extend("default" = "random"), example = &"leastOutstanding")]
    pub load_balancing: Option<LoadBalancing>,
    /// Memory of an idle pod.
    #[schemars(extend("x-unit" = "bytes"), example = "128Mi")]
    pub memory: Option<String>,
    /// Memory per request in hand.
    #[schemars(extend("x-unit" = "bytes"), example = "2Mi")]
    pub memory_per_request: Option<String>,
    /// Cpu of an idle pod.
    #[schemars(extend("x-unit" = "cores"), example = "5m")]
    pub idle_cpu: Option<String>,
    /// Bytes of a request that it gets, headers included.
    #[schemars(extend("default" = 1000, "x-unit" = "bytes"), example = 1500)]
    pub request_bytes: Option<Quantity>,
    /// Bytes of its answer, headers included.
    #[schemars(extend("default" = 10000, "x-unit" = "bytes"), example = "20k")]
    pub response_bytes: Option<Quantity>,
    /// Whether it is on the internet, outside of the cluster and of its network.
    #[schemars(extend("default" = false), example = true)]
    pub on_internet: bool,
    /// Services called for each request, one step after the other: name, and how often.
    #[schemars(extend("x-unit" = "calls per request"), example = serde_json::json!([{"payment-service": 0.4}]))]
    pub calls: Vec<BTreeMap<String, f64>>,
    /// From running containers to an application that answers.
    #[schemars(extend("default" = 0), example = "20s")]
    pub warm_up: Option<Time>,
    /// How slow a pod is that has just become ready.
    #[schemars(example = serde_json::json!({"speed": 0.4, "duration": "60s"}))]
    pub cold_start: Option<ColdStart>,
}

/// From `speed` to full speed in a straight line.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColdStart {
    /// The speed of its cpu at first, 1 is full speed.
    #[schemars(extend("x-unit" = "1 is full speed"), example = 0.4)]
    pub speed: f64,
    /// How long it takes.
    #[schemars(example = "60s")]
    pub duration: Time,
}

/// How callers try again.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryPolicy {
    /// Attempts after the first.
    #[schemars(extend("x-unit" = "attempts"), example = 2)]
    pub attempts: u32,
    /// The base of the back-off; 25 ms by default, as Envoy's.
    #[serde(default)]
    #[schemars(extend("default" = "25ms"), example = "25ms")]
    pub backoff: Option<Time>,
    /// Retries over first attempts in the long run; 0.2 by default.
    #[serde(default)]
    #[schemars(extend("default" = 0.2, "x-unit" = "retries per first attempt"), example = 0.2)]
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
    #[schemars(example = "10m")]
    pub duration: Time,
}

/// What a scenario says of a workload in place of its manifest.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct WorkloadPatch {
    /// What its first container requests.
    #[schemars(example = serde_json::json!({"cpu": "250m"}))]
    pub requests: Requests,
}

/// What a container requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Requests {
    /// Cpu.
    #[schemars(extend("x-default" = "from the manifest", "x-unit" = "cores"), example = "250m")]
    pub cpu: Option<Quantity>,
    /// Memory.
    #[schemars(extend("x-default" = "from the manifest", "x-unit" = "bytes"), example = "512Mi")]
    pub memory: Option<Quantity>,
}

//! What is promised, to users and of the cluster.

use super::values::{ShortTime, Time};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Service level objectives.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Objectives {
    /// P95 of every route, end to end.
    #[schemars(example = "200ms")]
    pub latency_p95: Option<ShortTime>,
    /// Failed requests over all, 0..=1.
    #[schemars(extend("x-unit" = "0 to 1"), example = 0.01)]
    pub error_rate: Option<f64>,
    /// Of single routes, by their names: an Ingress path, or the service that `traffic.routes` names. What one does not say is
    /// as for every route.
    #[schemars(example = serde_json::json!({"/checkout": {"latencyP95": "400ms"}}))]
    pub routes: BTreeMap<String, RouteObjectives>,
    /// The share of the time in which some route may break its latency or error rate.
    #[schemars(extend("x-unit" = "0 to 1"), example = 0.01)]
    pub breach: Option<f64>,
    /// How long a pod may wait for a node.
    #[schemars(example = "5m")]
    pub pending: Option<Time>,
    /// Pods that wait for a node, times hours.
    #[schemars(extend("x-unit" = "pod-hours in a month of 730 hours"), example = 2)]
    pub pending_pod_hours: Option<f64>,
    /// How fast a route's error budget may burn over an hour and its last five minutes: 1 lasts for the budget's period, 14.4
    /// is what wakes somebody.
    #[schemars(extend("x-unit" = "times as fast as the budget lasts"), example = 14.4)]
    pub burn_rate: Option<f64>,
    /// How much is to spare where a setting is searched: every limit is taken as so much lower. A run is judged without it.
    #[schemars(extend("default" = 0, "x-unit" = "0 to less than 1"), example = 0.1)]
    pub margin: Option<f64>,
    /// The chance with which a recommended setting is to keep the objectives in the next period.
    #[schemars(extend("default" = 0.95, "x-unit" = "0.5 to less than 1"), example = 0.99)]
    pub confidence: Option<f64>,
}

/// What is promised to users of a route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RouteObjectives {
    /// Its P95, end to end.
    #[schemars(extend("x-default" = "objectives.latencyP95"), example = "400ms")]
    pub latency_p95: Option<ShortTime>,
    /// Its failed requests over all, 0..=1.
    #[schemars(extend("x-default" = "objectives.errorRate", "x-unit" = "0 to 1"), example = 0.001)]
    pub error_rate: Option<f64>,
}

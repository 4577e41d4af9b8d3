//! What happened over time.

use serde::{Deserialize, Serialize};

/// What happened over time, in one replication.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Timeline {
    /// Which replication.
    pub replication: u32,
    /// The first value's time since the start.
    pub start_seconds: f64,
    /// From one value to the next.
    pub step_seconds: f64,
    /// All equally long.
    pub series: Vec<Series>,
}

impl Timeline {
    /// The series drawn in `panel`, in order.
    pub fn of(&self, panel: Panel) -> impl Iterator<Item = &Series> {
        self.series.iter().filter(move |series| series.panel == panel)
    }
    /// The number of steps of the longest series.
    pub fn len(&self) -> usize {
        self.series.iter().map(|series| series.values.len()).max().unwrap_or(0)
    }
    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where a series is drawn, and its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Panel {
    /// Requests per second of a service.
    RequestsPerSecond,
    /// Ready pods of a workload.
    Replicas,
    /// Ready nodes of a group.
    Nodes,
    /// Pods waiting for a node; one series.
    PendingPods,
    /// 95th percentile of a service's latency, in milliseconds.
    LatencyMsP95,
    /// Share of failed requests of a service.
    ErrorRatio,
    /// USD per hour of the whole cluster; one series.
    CostUsdPerHour,
}

impl Panel {
    /// The prefix of its columns in `timeline.csv`, with the unit.
    pub const fn column(self) -> &'static str {
        match self {
            Panel::RequestsPerSecond => "requests_per_second",
            Panel::Replicas => "replicas",
            Panel::Nodes => "nodes",
            Panel::PendingPods => "pending_pods",
            Panel::LatencyMsP95 => "latency_ms_p95",
            Panel::ErrorRatio => "error_ratio",
            Panel::CostUsdPerHour => "cost_usd_per_hour",
        }
    }
}

/// One line over time. A missing value is a gap (no traffic, no latency).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Series {
    /// Where it is drawn.
    pub panel: Panel,
    /// The service, workload or group; empty for the whole cluster.
    pub name: String,
    /// One per step.
    pub values: Vec<Option<f64>>,
}

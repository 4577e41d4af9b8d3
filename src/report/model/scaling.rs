//! What autoscalers and node groups did.

use crate::study::Estimate;
use serde::{Deserialize, Serialize};

/// What one HorizontalPodAutoscaler did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AutoscalerResult {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `minReplicas`.
    pub min_replicas: u32,
    /// `maxReplicas`.
    pub max_replicas: u32,
    /// Mean over time.
    pub replicas_mean: Estimate,
    /// The most at any time.
    pub replicas_peak: Estimate,
    /// Share of time at `maxReplicas`.
    pub at_max_ratio: Estimate,
    /// Changes of the replica count.
    pub scale_events: Estimate,
    /// Pods started and stopped per hour.
    pub flapping_per_hour: Estimate,
}

/// What one VerticalPodAutoscaler recommended for a container at the end of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerticalResult {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The container.
    pub container: String,
    /// Cpu in milli-cores.
    pub cpu_milli: VerticalBounds,
    /// Memory in bytes.
    pub memory_bytes: VerticalBounds,
}

/// Requests now and as recommended, over the replications that had samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerticalBounds {
    /// The template's request.
    pub request: i64,
    /// What new pods get.
    pub target: Estimate,
    /// Pods that request less are evicted.
    pub lower_bound: Estimate,
    /// Pods that request more are evicted.
    pub upper_bound: Estimate,
}

/// What one node group did and cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupResult {
    /// Its name.
    pub name: String,
    /// Its machine types.
    pub instance_types: Vec<String>,
    /// `ON_DEMAND` or `SPOT`.
    pub capacity_type: String,
    /// The smallest size.
    pub min_size: u32,
    /// The largest size.
    pub max_size: u32,
    /// Mean over time.
    pub nodes_mean: Estimate,
    /// The most at any time.
    pub nodes_peak: Estimate,
    /// Mean over time of how many of them would do if pods were packed anew by their requests; absent where Cluster Autoscaler
    /// does not manage the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes_if_repacked: Option<Estimate>,
    /// Node hours over the run.
    pub node_hours: Estimate,
    /// At 730 hours a month.
    pub cost_usd_per_month: Estimate,
    /// Share of the node cost that nobody held.
    pub idle_ratio: Estimate,
    /// Spot nodes taken back.
    pub interruptions: Estimate,
}

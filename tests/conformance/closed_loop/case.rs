//! A recorded case as it is written.

use foresail::scenario::kubernetes::autoscaling::HorizontalPodAutoscaler;
use foresail::scenario::kubernetes::meta::{LabelSelector, ObjectMeta};
use foresail::scenario::kubernetes::node::Node;
use foresail::scenario::kubernetes::pod::PodTemplateSpec;
use foresail::scenario::kubernetes::policy::{PodDisruptionBudget, PriorityClass};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Case {
    pub name: String,
    pub seed: u64,
    pub duration_s: i64,
    #[serde(default)]
    pub ca_options: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    pub priorities: Option<String>,
    #[serde(default)]
    pub hpa_flags: HpaFlags,
    pub node_groups: Vec<NodeGroup>,
    pub deployments: Vec<Owner>,
    #[serde(default)]
    pub daemon_sets: Vec<Owner>,
    #[serde(default)]
    pub hpas: Vec<HorizontalPodAutoscaler>,
    #[serde(default)]
    pub pdbs: Vec<PodDisruptionBudget>,
    #[serde(default)]
    pub priority_classes: Vec<PriorityClass>,
    #[serde(default)]
    pub workloads: BTreeMap<String, WorkloadRow>,
    #[serde(default)]
    pub faults: Vec<FaultRow>,
    pub expect: Expect,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct HpaFlags {
    pub downscale_stabilization_s: i64,
    pub tolerance: f64,
    pub cpu_initialization_period_s: i64,
    pub initial_readiness_delay_s: i64,
}

impl Default for HpaFlags {
    /// The controller's own.
    fn default() -> Self {
        HpaFlags {
            downscale_stabilization_s: 300,
            tolerance: 0.1,
            cpu_initialization_period_s: 300,
            initial_readiness_delay_s: 30,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NodeGroup {
    pub id: String,
    pub min: i32,
    pub max: i32,
    pub initial: i32,
    pub template: Node,
    #[serde(default)]
    pub boot_s: Vec<i64>,
    #[serde(default)]
    pub ready_lag_s: i64,
    #[serde(default)]
    pub termination_s: i64,
    #[serde(default)]
    pub price: f64,
}

#[derive(Deserialize)]
pub(crate) struct Owner {
    pub metadata: ObjectMeta,
    pub spec: OwnerSpec,
}

#[derive(Deserialize)]
pub(crate) struct OwnerSpec {
    #[serde(default)]
    pub replicas: Option<i32>,
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    pub template: PodTemplateSpec,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WorkloadRow {
    pub start_s: i64,
    pub ready_s: i64,
    pub shutdown_s: i64,
    pub demand: Vec<(i64, i64)>,
    pub mem_base: i64,
    pub mem_per_milli: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FaultRow {
    pub at: i64,
    pub kind: String,
    pub group: String,
    #[serde(default)]
    pub pick: u32,
    #[serde(default)]
    pub replace: String,
    #[serde(default)]
    pub until: i64,
    #[serde(default)]
    pub error_after_s: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Expect {
    pub sample_every: i64,
    pub deployments: BTreeMap<String, Samples>,
    pub groups: BTreeMap<String, GroupSamples>,
    #[serde(default)]
    pub events: Vec<BTreeMap<String, serde_json::Value>>,
    #[serde(default)]
    pub pods: Vec<Vec<serde_json::Value>>,
    pub totals: Totals,
}

/// Change lists: (time, value).
#[derive(Deserialize)]
pub(crate) struct Samples {
    pub spec: Vec<(i64, i64)>,
    pub pending: Vec<(i64, i64)>,
    pub running: Vec<(i64, i64)>,
    pub ready: Vec<(i64, i64)>,
}

#[derive(Deserialize)]
pub(crate) struct GroupSamples {
    pub target: Vec<(i64, i64)>,
    pub nodes: Vec<(i64, i64)>,
}

/// Sums over the whole run; not compared are demand, what of it was not served, and the most pods, which count
/// terminating ones.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Totals {
    pub node_seconds: i64,
    pub instance_seconds: i64,
    pub pod_pending_seconds: i64,
    pub ready_pod_seconds: i64,
    pub hpa_rescales: i64,
    pub nodes_added: i64,
    pub nodes_removed: i64,
    pub scale_ups: i64,
    pub evictions: i64,
    pub evictions_denied: i64,
    pub preemptions: i64,
    pub pods_created: i64,
    pub max_pending_seconds: i64,
    pub max_nodes: i64,
    pub deployments: BTreeMap<String, DeploymentTotals>,
    pub groups: BTreeMap<String, GroupTotals>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DeploymentTotals {
    pub pending_seconds: i64,
    pub starting_seconds: i64,
    pub ready_seconds: i64,
    pub terminating_seconds: i64,
    pub pods_created: i64,
    pub rescales: i64,
    pub max_spec_replicas: i64,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct GroupTotals {
    pub node_seconds: i64,
    pub instance_seconds: i64,
    pub nodes_added: i64,
    pub nodes_removed: i64,
    pub max_nodes: i64,
    pub scale_ups: i64,
}

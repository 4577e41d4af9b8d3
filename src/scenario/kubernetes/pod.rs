//! Pods and pod templates.

use crate::scenario::kubernetes::meta::{LabelSelector, ObjectMeta, SelectorRequirement, Time, null_as_default};
pub use crate::scenario::kubernetes::volume::{
    AwsDisk, AzureDisk, ClaimVolume, CsiVolume, EmptyDir, GceDisk, ImageVolume, IscsiDisk, RbdDisk, Volume,
};
use crate::units::Quantity;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `v1` Pod.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pod {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// What should run.
    pub spec: PodSpec,
    /// What is the case.
    #[serde(deserialize_with = "null_as_default")]
    pub status: PodStatus,
}

/// A pod template of a workload.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodTemplateSpec {
    /// Labels and annotations of the pods.
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: ObjectMeta,
    /// What should run.
    pub spec: PodSpec,
}

/// `spec` of a pod.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    /// The containers.
    #[serde(deserialize_with = "null_as_default")]
    pub containers: Vec<Container>,
    /// The init containers.
    #[serde(deserialize_with = "null_as_default")]
    pub init_containers: Vec<Container>,
    /// Labels the node must have.
    #[serde(deserialize_with = "null_as_default")]
    pub node_selector: BTreeMap<String, String>,
    /// The node, when chosen.
    #[serde(deserialize_with = "null_as_default")]
    pub node_name: String,
    /// Affinities.
    #[serde(deserialize_with = "null_as_default")]
    pub affinity: Affinity,
    /// Tolerations.
    #[serde(deserialize_with = "null_as_default")]
    pub tolerations: Vec<Toleration>,
    /// Topology spread constraints.
    #[serde(deserialize_with = "null_as_default")]
    pub topology_spread_constraints: Vec<TopologySpreadConstraint>,
    /// The priority as admitted.
    pub priority: Option<i32>,
    /// The priority class by name.
    #[serde(deserialize_with = "null_as_default")]
    pub priority_class_name: String,
    /// `Never` or `PreemptLowerPriority`.
    pub preemption_policy: Option<String>,
    /// Overhead of the runtime class.
    #[serde(deserialize_with = "null_as_default")]
    pub overhead: BTreeMap<String, Quantity>,
    /// Scheduling gates.
    #[serde(deserialize_with = "null_as_default")]
    pub scheduling_gates: Vec<SchedulingGate>,
    /// Volumes.
    #[serde(deserialize_with = "null_as_default")]
    pub volumes: Vec<Volume>,
    /// `Always`, `OnFailure` or `Never`.
    pub restart_policy: Option<String>,
    /// Seconds between the request to stop and the kill.
    pub termination_grace_period_seconds: Option<i64>,
    /// Uses the node's network.
    pub host_network: Option<bool>,
    /// `activeDeadlineSeconds`.
    pub active_deadline_seconds: Option<i64>,
    /// Whose scheduler.
    pub scheduler_name: Option<String>,
    /// Requests and limits of the pod as a whole.
    #[serde(deserialize_with = "null_as_default")]
    pub resources: ResourceRequirements,
}

/// A container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// The name.
    pub name: String,
    /// The image.
    #[serde(deserialize_with = "null_as_default")]
    pub image: String,
    /// The command.
    #[serde(deserialize_with = "null_as_default")]
    pub command: Vec<String>,
    /// The arguments.
    #[serde(deserialize_with = "null_as_default")]
    pub args: Vec<String>,
    /// Variables of its environment.
    #[serde(deserialize_with = "null_as_default")]
    pub env: Vec<EnvVar>,
    /// Requests and limits.
    #[serde(deserialize_with = "null_as_default")]
    pub resources: ResourceRequirements,
    /// Ports.
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<ContainerPort>,
    /// `Always` makes an init container a sidecar.
    pub restart_policy: Option<String>,
    /// The readiness probe.
    pub readiness_probe: Option<Probe>,
    /// The liveness probe.
    pub liveness_probe: Option<Probe>,
    /// The startup probe.
    pub startup_probe: Option<Probe>,
    /// Lifecycle hooks.
    pub lifecycle: Option<Lifecycle>,
}

/// A variable of a container's environment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EnvVar {
    /// The name.
    pub name: String,
    /// The value; empty where it comes from elsewhere.
    #[serde(deserialize_with = "null_as_default")]
    pub value: String,
}

/// Requests and limits of a container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceRequirements {
    /// What is reserved.
    #[serde(deserialize_with = "null_as_default")]
    pub requests: BTreeMap<String, Quantity>,
    /// What is the most.
    #[serde(deserialize_with = "null_as_default")]
    pub limits: BTreeMap<String, Quantity>,
}

/// A port of a container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    /// The port inside.
    pub container_port: i32,
    /// The port on the node.
    pub host_port: i32,
    /// The address on the node.
    #[serde(rename = "hostIP", deserialize_with = "null_as_default")]
    pub host_ip: String,
    /// `TCP`, `UDP` or `SCTP`.
    #[serde(deserialize_with = "null_as_default")]
    pub protocol: String,
    /// The name.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
}

/// Timing of a probe. What it asks is not modelled.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Probe {
    /// Seconds before the first probe.
    pub initial_delay_seconds: Option<i64>,
    /// Seconds between probes, 10 by default.
    pub period_seconds: Option<i64>,
    /// Seconds until a probe fails, 1 by default.
    pub timeout_seconds: Option<i64>,
    /// Successes in a row that make it ready, 1 by default.
    pub success_threshold: Option<i64>,
    /// Failures in a row that make it unready, 3 by default.
    pub failure_threshold: Option<i64>,
}

/// Lifecycle hooks of a container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lifecycle {
    /// Runs before the stop signal.
    pub pre_stop: Option<LifecycleHandler>,
}

/// What a hook does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LifecycleHandler {
    /// A command.
    pub exec: Option<ExecAction>,
    /// A pause (1.29).
    pub sleep: Option<SleepAction>,
}

/// A command in the container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExecAction {
    /// The words of the command.
    #[serde(deserialize_with = "null_as_default")]
    pub command: Vec<String>,
}

/// A pause.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SleepAction {
    /// How long.
    pub seconds: i64,
}

/// `spec.affinity`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Affinity {
    /// To nodes.
    #[serde(deserialize_with = "null_as_default")]
    pub node_affinity: NodeAffinity,
    /// To pods.
    #[serde(deserialize_with = "null_as_default")]
    pub pod_affinity: PodAffinity,
    /// Against pods.
    #[serde(deserialize_with = "null_as_default")]
    pub pod_anti_affinity: PodAffinity,
}

/// `spec.affinity.nodeAffinity`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeAffinity {
    /// Must match.
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    pub required: Option<NodeSelector>,
    /// Should match.
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution", deserialize_with = "null_as_default")]
    pub preferred: Vec<PreferredSchedulingTerm>,
}

/// Terms of which one must match.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelector {
    /// The alternatives.
    #[serde(deserialize_with = "null_as_default")]
    pub node_selector_terms: Vec<NodeSelectorTerm>,
}

/// Conditions on a node that must all hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelectorTerm {
    /// On labels.
    #[serde(deserialize_with = "null_as_default")]
    pub match_expressions: Vec<SelectorRequirement>,
    /// On fields.
    #[serde(deserialize_with = "null_as_default")]
    pub match_fields: Vec<SelectorRequirement>,
}

/// A weighted node selector term.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PreferredSchedulingTerm {
    /// 1..=100.
    pub weight: i32,
    /// The preference.
    pub preference: NodeSelectorTerm,
}

/// `spec.affinity.podAffinity` and `podAntiAffinity`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodAffinity {
    /// Must match.
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution", deserialize_with = "null_as_default")]
    pub required: Vec<PodAffinityTerm>,
    /// Should match.
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution", deserialize_with = "null_as_default")]
    pub preferred: Vec<WeightedPodAffinityTerm>,
}

/// One term of pod (anti-)affinity.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodAffinityTerm {
    /// Which pods; absent matches none.
    pub label_selector: Option<LabelSelector>,
    /// In which namespaces, by name.
    #[serde(deserialize_with = "null_as_default")]
    pub namespaces: Vec<String>,
    /// In which namespaces, by label.
    pub namespace_selector: Option<LabelSelector>,
    /// The node label that makes a domain.
    pub topology_key: String,
    /// Keys of the pod whose values have to be the other pod's.
    #[serde(deserialize_with = "null_as_default")]
    pub match_label_keys: Vec<String>,
    /// Keys of the pod whose values must not be the other pod's.
    #[serde(deserialize_with = "null_as_default")]
    pub mismatch_label_keys: Vec<String>,
}

/// A weighted pod affinity term.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WeightedPodAffinityTerm {
    /// 1..=100.
    pub weight: i32,
    /// The wish.
    pub pod_affinity_term: PodAffinityTerm,
}

/// A toleration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Toleration {
    /// The taint's key.
    #[serde(deserialize_with = "null_as_default")]
    pub key: String,
    /// `Equal` (default) or `Exists`.
    #[serde(deserialize_with = "null_as_default")]
    pub operator: String,
    /// The taint's value.
    #[serde(deserialize_with = "null_as_default")]
    pub value: String,
    /// The effect; empty matches all.
    #[serde(deserialize_with = "null_as_default")]
    pub effect: String,
    /// How long a NoExecute taint is tolerated.
    pub toleration_seconds: Option<i64>,
}

/// A topology spread constraint.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopologySpreadConstraint {
    /// The largest allowed difference.
    pub max_skew: i32,
    /// The node label that makes a domain.
    pub topology_key: String,
    /// `DoNotSchedule` or `ScheduleAnyway`.
    pub when_unsatisfiable: String,
    /// Which pods count; absent counts none.
    pub label_selector: Option<LabelSelector>,
    /// The least number of domains.
    pub min_domains: Option<i32>,
    /// `Honor` (default) or `Ignore`.
    pub node_affinity_policy: Option<String>,
    /// `Honor` or `Ignore` (default).
    pub node_taints_policy: Option<String>,
    /// Keys of the pod whose values are added to the selector.
    #[serde(deserialize_with = "null_as_default")]
    pub match_label_keys: Vec<String>,
}

/// An entry of `spec.schedulingGates`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SchedulingGate {
    /// The gate's name.
    pub name: String,
}

/// `status` of a pod.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    /// The phase.
    pub phase: Option<String>,
    /// Where a preemptor is to go.
    #[serde(deserialize_with = "null_as_default")]
    pub nominated_node_name: String,
    /// When the kubelet saw it first.
    pub start_time: Option<Time>,
    /// The conditions.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
    /// What the containers have.
    #[serde(deserialize_with = "null_as_default")]
    pub container_statuses: Vec<ContainerStatus>,
    /// What the init containers have.
    #[serde(deserialize_with = "null_as_default")]
    pub init_container_statuses: Vec<ContainerStatus>,
    /// What the pod as a whole has.
    pub resources: Option<ResourceRequirements>,
    /// What the pod as a whole was promised.
    pub allocated_resources: Option<BTreeMap<String, Quantity>>,
}

/// A container as it runs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus {
    /// Its name.
    pub name: String,
    /// What it has.
    pub resources: Option<ResourceRequirements>,
    /// What it was promised.
    #[serde(deserialize_with = "null_as_default")]
    pub allocated_resources: BTreeMap<String, Quantity>,
}

/// A condition of a pod or node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// `Ready`, `DisruptionTarget`...
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Why, in a word.
    #[serde(deserialize_with = "null_as_default")]
    pub reason: String,
    /// Since when.
    pub last_transition_time: Option<Time>,
}

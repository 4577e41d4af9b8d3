//! The cluster: where it runs, its node groups, its controllers.

use super::values::{FilePath, Time, VersionText};
use crate::units::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The cloud.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Cluster {
    /// `us-east-1`, `europe-west1`...
    #[schemars(extend("default" = "us-east-1"), example = "europe-west1")]
    pub region: Option<String>,
    /// Whose rules apply, `1.28` to `1.36`: that of the infrastructure or of a dump's nodes where it is not given, else 1.35.
    #[schemars(extend("x-default" = "the infrastructure's, else of a dump's nodes, else 1.35"), example = "1.33")]
    pub kubernetes_version: Option<VersionText>,
    /// Feature gates that are not as the version has them.
    #[schemars(example = serde_json::json!({"PodLevelResources": true}))]
    pub feature_gates: BTreeMap<String, bool>,
    /// `--horizontal-pod-autoscaler-...` flags of the kube-controller-manager, as on its command line.
    #[schemars(example = serde_json::json!(["--horizontal-pod-autoscaler-sync-period=30s"]))]
    pub controller_manager_flags: Vec<String>,
    /// The zones of node groups that name none.
    #[schemars(extend("x-default" = "three of the region"), example = serde_json::json!(["us-east-1a", "us-east-1b"]))]
    pub zones: Vec<String>,
    /// The machine type on which `cpuPerRequest` was measured.
    #[schemars(extend("x-default" = "m5.large, on Google Cloud e2-standard-2"), example = "m6i.large")]
    pub cpu_reference: Option<String>,
    /// EKS Auto Mode: AWS runs the nodes, for a fee on each, and makes the load balancers.
    #[schemars(extend("default" = false), example = true)]
    pub auto_mode: bool,
    /// GKE Autopilot: pods are paid for, nodes are not.
    #[schemars(extend("default" = false), example = true)]
    pub autopilot: bool,
    /// The release channel of a GKE cluster: `extended` has extended support, for a fee.
    #[schemars(example = &"regular")]
    pub release_channel: Option<ReleaseChannel>,
    /// Profiles whose pods run on Fargate.
    pub fargate: Vec<FargateProfile>,
    /// NAT gateways (AWS), or whether Cloud NAT is used (1); what Terraform says without this.
    #[schemars(extend("x-default" = "from Terraform, else 0", "x-unit" = "gateways"), example = 2)]
    pub nat_gateways: Option<u32>,
    /// Whether nodes have public IPv4 addresses.
    #[schemars(extend("default" = false), example = true)]
    pub public_nodes: bool,
}

/// A release channel of GKE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum ReleaseChannel {
    Rapid,
    Regular,
    Stable,
    Extended,
}

/// A selector of an EKS Fargate profile.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FargateProfile {
    /// The namespace; `*` and `?` stand for any characters and any one.
    #[schemars(example = "batch-*")]
    pub namespace: String,
    /// Labels that its pods have, all of them.
    #[serde(default)]
    #[schemars(example = serde_json::json!({"runs-on": "fargate"}))]
    pub labels: BTreeMap<String, String>,
}

/// The disk that a node starts from.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RootVolume {
    /// GiB; `diskSize` without this.
    #[schemars(extend("x-default" = "diskSize", "x-unit" = "GiB"), example = 50)]
    pub size: Option<i64>,
    /// `gp3`, `pd-balanced`...
    #[serde(rename = "type")]
    #[schemars(example = &"gp3")]
    pub kind: Option<String>,
    /// Provisioned operations per second.
    #[schemars(extend("x-unit" = "operations per second"), example = 3000)]
    pub iops: Option<i64>,
    /// Provisioned MiB per second.
    #[schemars(extend("x-unit" = "MiB per second"), example = 125)]
    pub throughput: Option<i64>,
}

/// A node group.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NodeGroup {
    /// The machine types.
    #[schemars(extend("x-default" = "from Terraform or the dump"), example = serde_json::json!(["m5.large"]))]
    pub instance_types: Option<Vec<String>>,
    /// `ON_DEMAND` or `SPOT`.
    #[schemars(extend("default" = "ON_DEMAND"), example = &"SPOT")]
    pub capacity_type: Option<String>,
    /// 0..=1: so much of its least, largest and first size goes to a second group on spot, otherwise alike and called
    /// `NAME-spot`.
    #[schemars(extend("default" = 0, "x-unit" = "0 to 1"), example = 0.5)]
    pub spot_share: Option<f64>,
    /// Least size.
    #[schemars(extend("default" = 0, "x-unit" = "nodes"), example = 2)]
    pub min_size: Option<i32>,
    /// Largest size.
    #[schemars(extend("x-default" = "desiredSize, else minSize", "x-unit" = "nodes, at most 100000"), example = 10)]
    pub max_size: Option<i32>,
    /// Size at the start.
    #[schemars(extend("x-default" = "minSize", "x-unit" = "nodes"), example = 3)]
    pub desired_size: Option<i32>,
    /// Node labels.
    #[schemars(example = serde_json::json!({"workload": "application"}))]
    pub labels: Option<BTreeMap<String, String>>,
    /// `key=value:Effect`.
    #[schemars(example = serde_json::json!(["workload=database:NoSchedule"]))]
    pub taints: Option<Vec<String>>,
    /// Zones.
    #[schemars(extend("x-default" = "cluster.zones"), example = serde_json::json!(["us-east-1a"]))]
    pub zones: Option<Vec<String>>,
    /// Whether Cluster Autoscaler manages it; without this as its flags say, else yes if min and max differ.
    #[schemars(extend("x-default" = "as Cluster Autoscaler's flags say, else whether minSize and maxSize differ"), example = true)]
    pub autoscaled: Option<bool>,
    /// Tags by which `--node-group-auto-discovery` finds it, besides those that EKS gives.
    #[schemars(example = serde_json::json!({"k8s.io/cluster-autoscaler/enabled": "true"}))]
    pub tags: Option<BTreeMap<String, String>>,
    /// The disk for images, logs and `emptyDir`, in GiB.
    #[schemars(extend("x-default" = "from Terraform, else 20 on EKS, 100 on GKE", "x-unit" = "GiB, 1 to 65536"), example = 50)]
    pub disk_size: Option<i64>,
    /// The disk that nodes start from, as it is paid for.
    #[schemars(example = serde_json::json!({"size": 50, "type": "gp3"}))]
    pub root_volume: Option<RootVolume>,
    /// Extended resources of a node, such as `nvidia.com/gpu: 1`, and `pods`, how many it takes.
    #[schemars(extend("x-default" = "accelerators of the machine type"), example = serde_json::json!({"nvidia.com/gpu": 1}))]
    pub resources: Option<BTreeMap<String, Quantity>>,
    /// The speed of its cpus over those of `cluster.cpuReference`.
    #[schemars(extend("x-default" = "by machine type", "x-unit" = "1 is cluster.cpuReference's; 0.01 to 100"), example = 1.1)]
    pub cpu_speed: Option<f64>,
    /// From launch to registration, as a fixed time instead of the measured distribution.
    #[schemars(extend("x-default" = "measured boot times"), example = "90s")]
    pub boot_time: Option<Time>,
    /// Not there at all.
    #[schemars(extend("default" = false), example = true)]
    pub remove: bool,
}

/// Cluster Autoscaler.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Autoscaler {
    /// Whether there is one; yes if its Deployment is among the manifests or flags are given.
    #[schemars(extend("x-default" = "whether its Deployment is among the manifests, or flags are given"), example = true)]
    pub enabled: Option<bool>,
    /// `--name=value`.
    #[schemars(extend("x-default" = "from its Deployment"), example = serde_json::json!(["--expander=least-waste"]))]
    pub flags: Vec<String>,
    /// Its own version, whose rules and flags apply: `"1.32"` or `"1.32.1"`.
    #[schemars(extend("x-default" = "by the image of its Deployment, else cluster.kubernetesVersion"), example = "1.32")]
    pub version: Option<VersionText>,
}

/// kube-scheduler.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Scheduler {
    /// A file with a KubeSchedulerConfiguration; kube-scheduler's defaults without one.
    #[schemars(example = "scheduler.yaml")]
    pub configuration: Option<FilePath>,
    /// How long a scheduling cycle takes: one pod each; 2ms by default.
    #[schemars(extend("default" = "2ms", "x-unit" = "at most 1m"), example = "2ms")]
    pub cycle_time: Option<Time>,
}

/// What to do about containers without requests.
#[derive(Clone, Debug)]
pub enum Assumption {
    /// `refuse`: they are an error.
    Refuse,
    /// They ask for this.
    Requests(Assume),
}

impl<'de> Deserialize<'de> for Assumption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Assumption;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`refuse`, or requests such as {cpu: 100m, memory: 128Mi}")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Assumption, E> {
                match text {
                    "refuse" => Ok(Assumption::Refuse),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Assumption, A::Error> {
                Assume::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Assumption::Requests)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// Requests of containers that have none.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assume {
    /// As Kubernetes writes it.
    #[schemars(extend("x-unit" = "cores"), example = "100m")]
    pub cpu: String,
    /// As Kubernetes writes it.
    #[schemars(extend("x-unit" = "bytes"), example = "128Mi")]
    pub memory: String,
}

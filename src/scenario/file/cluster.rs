//! The cluster: where it runs, its node groups, its controllers.

use super::values::{FilePath, KubernetesVersion, Time};
use crate::units::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The cloud.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Cluster {
    /// `us-east-1`, `europe-west1`...
    pub region: Option<String>,
    /// `1.28`: whose rules apply.
    pub kubernetes_version: Option<KubernetesVersion>,
    /// `--horizontal-pod-autoscaler-...` flags of the kube-controller-manager, as on its command line.
    pub controller_manager_flags: Vec<String>,
    /// The zones of node groups that name none.
    pub zones: Vec<String>,
    /// The machine type on which `cpuPerRequest` was measured.
    pub cpu_reference: Option<String>,
    /// EKS Auto Mode: AWS runs the nodes, for a fee on each, and makes the load balancers.
    pub auto_mode: bool,
    /// GKE Autopilot: pods are paid for, nodes are not.
    pub autopilot: bool,
    /// The release channel of a GKE cluster: `extended` has extended support, for a fee.
    pub release_channel: Option<ReleaseChannel>,
    /// Profiles whose pods run on Fargate.
    pub fargate: Vec<FargateProfile>,
    /// NAT gateways (AWS), or whether Cloud NAT is used (1); what Terraform says without this.
    pub nat_gateways: Option<u32>,
    /// Whether nodes have public IPv4 addresses.
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
    pub namespace: String,
    /// Labels that its pods have, all of them.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// The disk that a node starts from.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RootVolume {
    /// GiB; `diskSize` without this.
    pub size: Option<i64>,
    /// `gp3`, `pd-balanced`...
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Provisioned operations per second.
    pub iops: Option<i64>,
    /// Provisioned MiB per second.
    pub throughput: Option<i64>,
}

/// A node group.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NodeGroup {
    /// The machine types.
    pub instance_types: Option<Vec<String>>,
    /// `ON_DEMAND` or `SPOT`.
    pub capacity_type: Option<String>,
    /// 0..=1: so much of its least, largest and first size goes to a second group on spot, otherwise alike and called
    /// `NAME-spot`.
    pub spot_share: Option<f64>,
    /// Least size.
    pub min_size: Option<i32>,
    /// Largest size.
    pub max_size: Option<i32>,
    /// Size at the start.
    pub desired_size: Option<i32>,
    /// Node labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// `key=value:Effect`.
    pub taints: Option<Vec<String>>,
    /// Zones.
    pub zones: Option<Vec<String>>,
    /// Whether Cluster Autoscaler manages it; without this as its flags say, else yes if min and max differ.
    pub autoscaled: Option<bool>,
    /// Tags by which `--node-group-auto-discovery` finds it, besides those that EKS gives.
    pub tags: Option<BTreeMap<String, String>>,
    /// The disk for images, logs and `emptyDir`, in GiB.
    pub disk_size: Option<i64>,
    /// The disk that nodes start from, as it is paid for.
    pub root_volume: Option<RootVolume>,
    /// Extended resources of a node, such as `nvidia.com/gpu: 1`, and `pods`, how many it takes.
    pub resources: Option<BTreeMap<String, Quantity>>,
    /// The speed of its cpus over those of `cluster.cpuReference`.
    pub cpu_speed: Option<f64>,
    /// From launch to registration, as a fixed time instead of the measured distribution.
    pub boot_time: Option<Time>,
    /// Not there at all.
    pub remove: bool,
}

/// Cluster Autoscaler.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Autoscaler {
    /// Whether there is one; yes if its Deployment is among the manifests or flags are given.
    pub enabled: Option<bool>,
    /// `--name=value`.
    pub flags: Vec<String>,
}

/// kube-scheduler.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Scheduler {
    /// A file with a KubeSchedulerConfiguration; kube-scheduler's defaults without one.
    pub configuration: Option<FilePath>,
    /// How long a scheduling cycle takes: one pod each; 2ms by default.
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
    pub cpu: String,
    /// As Kubernetes writes it.
    pub memory: String,
}

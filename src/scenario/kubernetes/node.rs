//! Nodes and namespaces.

use crate::market::{Catalog, Provider, region_of_zone};
use crate::scenario::kubernetes::meta::{ObjectMeta, null_as_default};
use crate::scenario::kubernetes::pod::Condition;
use crate::units::Quantity;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `v1` Node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// Taints and cordon.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: NodeSpec,
    /// What it offers.
    #[serde(deserialize_with = "null_as_default")]
    pub status: NodeStatus,
}

/// The label that EKS gives the nodes of its managed groups.
pub(crate) const EKS_GROUP: &str = "eks.amazonaws.com/nodegroup";

/// Labels that name a node's group, most specific first: EKS, eksctl, GKE, Karpenter, AKS, kOps.
const GROUP_LABELS: &[&str] = &[
    EKS_GROUP,
    "alpha.eksctl.io/nodegroup-name",
    "cloud.google.com/gke-nodepool",
    "karpenter.sh/nodepool",
    "kubernetes.azure.com/agentpool",
    "kops.k8s.io/instancegroup",
];

impl Node {
    /// The name of its group by its labels; nothing where no label names one. The same at every door.
    pub fn group(&self) -> Option<&str> {
        self.groups().next()
    }
    /// All names that its labels give its group, the most specific first: some tools label beside the cloud.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        GROUP_LABELS.iter().filter_map(|key| self.metadata.labels.get(*key)).map(String::as_str)
    }
}

/// What a cloud's own labels begin with, by its name as Cluster Autoscaler has it.
const CLOUD_LABELS: &[(&str, &[&str])] = &[
    ("aws", &["eks.amazonaws.com/", "k8s.amazonaws.com/", "alpha.eksctl.io/", "topology.ebs.csi.aws.com/"]),
    ("gce", &["cloud.google.com/", "topology.gke.io/"]),
    ("azure", &["kubernetes.azure.com/", "topology.disk.csi.azure.com/"]),
];

impl Node {
    /// The cloud that the node is of, as `--cloud-provider` names it: by its `providerID`, the labels that only one cloud sets,
    /// or its region or zone. Nothing where none tells.
    pub fn cloud_provider(&self) -> Option<&'static str> {
        let scheme = self.spec.provider_id.split_once("://").map(|(scheme, _)| scheme);
        let by_id = scheme.and_then(|scheme| CLOUD_LABELS.iter().find(|(name, _)| *name == scheme));
        let labels = &self.metadata.labels;
        let has = |prefixes: &[&str]| labels.keys().any(|key| prefixes.iter().any(|prefix| key.starts_with(prefix)));
        let by_label = || CLOUD_LABELS.iter().find(|(_, prefixes)| has(prefixes));
        let value = |key: &str| labels.get(key).map(String::as_str);
        let by_region = || {
            let region = value("topology.kubernetes.io/region");
            let region = region.or_else(|| value("topology.kubernetes.io/zone").map(region_of_zone))?;
            Catalog::shipped().provider(region).ok().map(cloud_name)
        };
        by_id.or_else(by_label).map(|(name, _)| *name).or_else(by_region)
    }
}

/// A provider as Cluster Autoscaler's `--cloud-provider` names it.
pub(crate) fn cloud_name(provider: Provider) -> &'static str {
    match provider {
        Provider::Aws => "aws",
        Provider::Gcp => "gce",
    }
}

/// `spec` of a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSpec {
    /// The taints.
    #[serde(deserialize_with = "null_as_default")]
    pub taints: Vec<Taint>,
    /// Cordoned.
    pub unschedulable: bool,
    /// The cloud's name of the instance.
    #[serde(rename = "providerID", deserialize_with = "null_as_default")]
    pub provider_id: String,
}

/// A taint.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value.
    #[serde(deserialize_with = "null_as_default")]
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

/// `status` of a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// What pods may request.
    #[serde(deserialize_with = "null_as_default")]
    pub allocatable: BTreeMap<String, Quantity>,
    /// What the machine has.
    #[serde(deserialize_with = "null_as_default")]
    pub capacity: BTreeMap<String, Quantity>,
    /// The conditions.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
    /// Images on the node.
    #[serde(deserialize_with = "null_as_default")]
    pub images: Vec<ContainerImage>,
    /// What runs it.
    #[serde(deserialize_with = "null_as_default")]
    pub node_info: NodeInfo,
}

/// `status.nodeInfo` of a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeInfo {
    /// `v1.29.3-eks-ae9a62a`; empty where it is not said.
    #[serde(deserialize_with = "null_as_default")]
    pub kubelet_version: String,
}

/// An image on a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerImage {
    /// Its names.
    #[serde(deserialize_with = "null_as_default")]
    pub names: Vec<String>,
    /// Its size.
    pub size_bytes: i64,
}

/// `v1` Namespace.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Namespace {
    /// The metadata.
    pub metadata: ObjectMeta,
}

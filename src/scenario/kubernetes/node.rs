//! Nodes and namespaces.

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

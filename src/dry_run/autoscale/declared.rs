//! Node groups as a `--node-groups` file declares them.

use crate::autoscaler::Tags;
use crate::scenario::kubernetes::node;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A group as a file declares it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) min: i32,
    pub(super) max: Option<i32>,
    pub(super) target: Option<i32>,
    /// Labels of its nodes; absent means the label that names groups.
    pub(super) node_selector: BTreeMap<String, String>,
    /// USD per node and hour.
    pub(super) price: Option<f64>,
    /// By which `--node-group-auto-discovery` finds it, besides those that EKS gives.
    pub(super) tags: Tags,
    /// What a new node looks like; absent means like its first node, or a machine of this type.
    pub(super) template: Option<node::Node>,
    /// A machine type, for groups that have no node.
    pub(super) instance_type: Option<String>,
    /// Labels of its nodes.
    pub(super) labels: BTreeMap<String, String>,
    /// `key=value:Effect`.
    pub(super) taints: Vec<String>,
    /// Where it is; the first of several.
    pub(super) zone: Option<String>,
    /// The disk in GiB.
    pub(super) disk_size: Option<i64>,
}

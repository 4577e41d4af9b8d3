//! What was full while requests failed.

use crate::study::Estimate;
use serde::{Deserialize, Serialize};

/// Something whose size held requests back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bottleneck {
    /// What it is.
    pub kind: BottleneckKind,
    /// Its name: `namespace/name`, that of a node group, or `the cluster`.
    pub name: String,
    /// Its largest size: `maxReplicas`, `replicas` of a workload without HPA, `maxSize`, all nodes.
    pub maximum: u32,
    /// The share of time in which it was at it and, of a node group, pods waited for one more node.
    pub full_ratio: Estimate,
    /// The share of all failed requests (refused, timed out) that failed behind it; unknown where none failed.
    pub failed_share: Estimate,
}

/// What can be full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BottleneckKind {
    /// Pods wait for a node, and nothing scales a node group.
    NoAutoscaler,
    /// Pods wait for a node although no group that would take them is at its maximum: it comes too late, or none fits.
    NodesTooLate,
    /// A node group at its maximum, with pods that wait for a node.
    GroupAtMaximum,
    /// An HPA at `maxReplicas`.
    HpaAtMaximum,
    /// A workload that no HPA scales.
    NoHpa,
    /// An HPA that grew too late: requests failed although it was below its maximum.
    HpaTooLate,
    /// An HPA that changed nothing in any run: it is below its maximum, and does not scale.
    HpaIdle,
}

impl Bottleneck {
    /// What is full, in words: `HPA default/web at its maximum of 10`.
    pub(crate) fn named(&self) -> String {
        let Bottleneck { name, maximum, .. } = self;
        match self.kind {
            BottleneckKind::NoAutoscaler => format!("{name} stays at {maximum} nodes while pods wait"),
            BottleneckKind::GroupAtMaximum => format!("node group {name} at its maximum of {maximum}"),
            BottleneckKind::HpaAtMaximum => format!("HPA {name} at its maximum of {maximum}"),
            BottleneckKind::NoHpa => format!("{name} has no HPA, {maximum} pods"),
            BottleneckKind::NodesTooLate => format!("pods of {name} wait for a node that no group gives in time"),
            BottleneckKind::HpaIdle => format!("HPA {name} never scales"),
            BottleneckKind::HpaTooLate => format!("HPA {name} follows too late"),
        }
    }
}

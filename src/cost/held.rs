//! What is held of nodes, and by whom.

use super::ids::NamespaceId;
use crate::id::WorkloadId;

/// What pods hold: of each container the larger of request and usage, per resource, summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Held {
    /// Millicores.
    pub cpu_milli: i64,
    /// Bytes.
    pub memory_bytes: i64,
    /// Accelerators, whole.
    pub gpus: i64,
    /// Pods.
    pub pods: i64,
}

/// Who holds something: the pods of a workload, or pods that none made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// The pods of a workload.
    Workload(WorkloadId),
    /// Pods of a namespace that no workload of the cast made.
    Namespace(NamespaceId),
}

//! PodDisruptionBudgets: their status follows the pods that they protect.

use crate::world::WorkloadId;

/// Which budgets protect whom, and which are to be computed again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Budgets {
    /// By budget: the workloads whose pods it selects.
    pub(crate) targets: Vec<Vec<WorkloadId>>,
    /// Budgets whose status is to be computed again.
    pub(crate) stale: Vec<usize>,
    /// Grows when the status of a budget changes.
    pub(crate) version: u64,
}

//! Pods: how they come into being, live on their nodes, and go.

pub(crate) mod birth;
pub(crate) mod budget_status;
pub(crate) mod budgets;
pub(crate) mod eviction;
pub(crate) mod kubelet;
pub(crate) mod life;
pub(crate) mod probes;
pub(crate) mod questions;
pub(crate) mod slots;
pub(crate) mod stages;

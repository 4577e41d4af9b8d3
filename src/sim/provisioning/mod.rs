//! Node autoscaling: Cluster Autoscaler is shown the cluster, and what it decides is done.

pub(crate) mod clockwork;
pub(crate) mod deletions;
pub(crate) mod loop_clock;
mod packed_anew;
mod reasons;
pub(crate) mod shortage;
pub(crate) mod state;
pub(crate) mod taints;
pub(crate) mod turn;

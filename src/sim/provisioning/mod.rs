//! Node autoscaling: Cluster Autoscaler is shown the cluster, and what it decides is done.

pub(crate) mod deletions;
mod packed_anew;
mod reasons;
pub(crate) mod shortage;
pub(crate) mod state;
pub(crate) mod taints;
pub(crate) mod turn;

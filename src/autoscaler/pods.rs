//! Pods that do not count: expendable ones, and those that should be gone.

use super::flags::Flags;
use crate::cluster::{ClusterState, PodId, PodSpec, Resources};
use crate::units::{SimDuration, SimTime};

/// What `deletionGracePeriodSeconds` is where nobody says.
const DEFAULT_GRACE: SimDuration = SimDuration::from_secs(30);
/// How long beyond its grace a pod that terminates is taken for gone.
const EXTRA_GRACE: SimDuration = SimDuration::from_secs(30);

/// Whether the pod may be lost without regret. Upstream: `FilterOutExpendablePods`, 1.28.0.
pub(super) fn is_expendable(spec: &PodSpec, flags: &Flags) -> bool {
    spec.has_priority && spec.priority < flags.expendable_pods_priority_cutoff
}

/// What a pod asks for, as the autoscaler counts: its containers, or the whole pod.
pub(super) fn counted_requests<'a>(spec: &'a PodSpec, flags: &Flags) -> &'a Resources {
    if flags.rules.counts_pod_requests { &spec.requests } else { &spec.container_requests }
}

/// A pod that has been terminating for too long.
pub(super) fn is_long_terminating(cluster: &ClusterState, pod: PodId, now: SimTime) -> bool {
    should_be_gone(cluster, pod).is_some_and(|at| at < now)
}

/// After when a terminating pod is taken for gone.
pub(super) fn should_be_gone(cluster: &ClusterState, pod: PodId) -> Option<SimTime> {
    let grace = cluster.spec_of(pod).termination_grace.unwrap_or(DEFAULT_GRACE);
    // The API's deletionTimestamp lies one grace period after the request.
    cluster.pod(pod).deleted.map(|deleted| deleted + grace + grace + EXTRA_GRACE)
}

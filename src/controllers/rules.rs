//! What differs between versions of the controllers of workloads and nodes.

use crate::release::{Gate, KubernetesVersion::*, Release};
use crate::units::SimDuration;

/// The rules of a version. Source: kube-controller-manager, 1.28 to 1.36.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// `--node-monitor-grace-period`: how long a node may be silent until it counts as not ready. Default of 40 s, 50 s from 1.32 on.
    pub node_monitor_grace: SimDuration,
    /// `podReplacementPolicy` of Jobs. Gate JobPodReplacementPolicy, on from 1.29 on.
    pub pod_replacement_policy: bool,
    /// `maxUnavailable` of StatefulSets' rolling updates. Gate MaxUnavailableStatefulSet.
    pub max_unavailable_stateful_set: bool,
}

impl Rules {
    /// The table: a row per rule.
    pub fn of(release: &Release) -> Rules {
        let since = |first| release.version >= first;
        Rules {
            node_monitor_grace: SimDuration::from_secs(if since(V1_32) { 50 } else { 40 }),
            pod_replacement_policy: release.is_on(Gate::JobPodReplacementPolicy),
            max_unavailable_stateful_set: release.is_on(Gate::MaxUnavailableStatefulSet),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silent_nodes_are_given_more_time_from_1_32_on() {
        let grace = |version| Rules::of(&Release::of(version)).node_monitor_grace.as_secs();
        assert_eq!([V1_28, V1_31, V1_32, V1_36].map(grace), [40, 40, 50, 50]);
    }

    #[test]
    fn jobs_may_say_when_pods_are_replaced_from_1_29_on() {
        let knows = |version| Rules::of(&Release::of(version)).pod_replacement_policy;
        assert_eq!([V1_28, V1_29, V1_36].map(knows), [false, true, true]);
    }
}

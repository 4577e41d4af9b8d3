//! What differs between versions of Cluster Autoscaler: one row per rule, with the version that brought it.
//!
//! Only this table asks for a version. A flag that a version brought or removed, and a default that changed, are rows of
//! `flags/table.rs`.

use crate::go_sort::Go;
use crate::release::KubernetesVersion::{self, *};

/// The version whose rules hold where nobody says another.
pub const DEFAULT_VERSION: KubernetesVersion = V1_28;

/// The newest version whose rules were recorded; a later one decides by them.
pub const NEWEST_RECORDED: KubernetesVersion = V1_35;

/// A row per rule: what it does, where upstream has it, its name, and the version from which on it holds.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident: $since:expr;)+) => {
        /// The rules of a version; a field is true where the version has the rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Rules {
            $($(#[doc = $doc])+ pub $name: bool,)+
        }

        impl Rules {
            /// Those of a version.
            pub fn of(version: KubernetesVersion) -> Rules {
                Rules { $($name: version >= $since,)+ }
            }

            /// All, by name, with the version that brought each.
            #[cfg(test)]
            pub(crate) const ALL: &[(&'static str, KubernetesVersion)] = &[$((stringify!($name), $since)),+];
        }
    };
}

rules! {
    /// A group is left alone at the very instant at which its back-off ends, too. Upstream: `backoff.BackoffStatus`, 1.29.
    backs_off_at_the_end: V1_29;
    /// A scale-up that is complete does not end its group's back-off. Upstream: `ClusterStateRegistry.updateScaleRequests`, 1.30.
    backoff_outlives_scale_up: V1_30;
    /// Whether the last new node is empty is looked at before the limiter is asked for another. Upstream:
    /// `BinpackingNodeEstimator.Estimate`, 1.29.
    limiter_is_asked_last: V1_29;
    /// It is built with a Go that sorts equal elements into another order. Upstream: `go.mod`, `sort.xorshift` of Go 1.22, 1.30.
    sorts_as_go_1_22: V1_30;
    /// Equivalence groups are sorted and packed, not single pods; a group whose pod fits no new node is given up.
    /// Upstream: `BinpackingNodeEstimator.Estimate`, `DecreasingPodOrderer`, 1.30.
    estimates_by_groups: V1_30;
    /// A pod that the last new node refuses for a spread over hostnames is tried on all others. Upstream:
    /// `tryToScheduleOnNewNodes`, 1.34.
    hostname_spread_anywhere: V1_34;
    /// Use, waste and size are of what the whole pod asks for: init containers, sidecars and overhead too. Upstream:
    /// `utils/pod.PodRequests`, 1.33.
    counts_pod_requests: V1_33;
    /// Unready nodes count for `--max-nodes-total` in a scale-up, and cores and memory are those of nodes instead of the
    /// groups' targets. Upstream: `orchestrator.ScaleUp`, `resourcequotas.Tracker`, 1.35.
    limits_count_nodes: V1_35;
    /// A loop that finds `--max-nodes-total` nodes says so. Upstream: `StaticAutoscaler.RunOnce`, 1.33.
    names_max_nodes_total: V1_33;
    /// Instances that failed are deleted and the loop goes on. Upstream: `deleteCreatedNodesWithErrors`, 1.31.
    goes_on_after_failed_instances: V1_31;
    /// A scale-up, or one that failed, does not end the loop. Upstream: `StaticAutoscaler.RunOnce`, 1.34.
    goes_on_after_scale_up: V1_34;
    /// Without a node that could go the loop counts as one that cools down. Upstream: `isScaleDownInCooldown`, 1.30.
    cools_down_without_candidates: V1_30;
    /// ... or says that there is none. Upstream: `ScaleDownNoCandidates`, 1.33.
    names_no_candidates: V1_33;
    /// A node whose use is the threshold is unneeded. Upstream: `eligibility.Checker`, 1.35.
    threshold_is_inclusive: V1_35;
    /// All rules are asked of a pod before the next pod's turn. Upstream: `drainability/rules.Rules.Drainable`, 1.29.
    drain_rules_by_pod: V1_29;
    /// Pods of kube-system keep their node only for `--blocking-system-pod-distruption-timeout`. Upstream:
    /// `drainability/rules/system`, 1.33.
    system_pods_grow_old: V1_33;
    /// The DaemonSet of another API group is not looked for. Upstream: `drainability/rules/replicacount`, 1.30.
    knows_foreign_daemon_sets: V1_30;
    /// The StatefulSet of another API group is not looked for. Upstream: `drainability/rules/replicacount`, 1.33.
    knows_foreign_stateful_sets: V1_33;
    /// A node leaves the snapshot before its pods look for another place. Upstream: `RemovalSimulator.findPlaceFor`, 1.33.
    removes_the_candidate: V1_33;
    /// Pods that terminate are not moved once more. Upstream: `currentlydrainednodes.PodListProcessor`, 1.29.
    leaves_terminating_pods_out: V1_29;
    /// A node that is being deleted stands for no group. Upstream: `isNodeGoodTemplateCandidate`, 1.33.
    samples_stay: V1_33;
    /// Startup and status taints have flags and prefixes. Upstream: `utils/taints`, 1.29.
    has_startup_taints: V1_29;
    /// Zone ids of AWS, and more labels of AKS, may differ between similar groups. Upstream: `nodegroupset`, 1.30.
    ignores_more_labels: V1_30;
}

impl Rules {
    /// The Go that sorts.
    pub(super) fn go(&self) -> Go {
        if self.sorts_as_go_1_22 { Go::V1_22 } else { Go::V1_21 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_the_rules_of_those_before_it() {
        let oldest = format!("{:?}", Rules::of(KubernetesVersion::OLDEST));
        assert!(!oldest.contains("true"), "{oldest}: the oldest is what the others are told by");
        let newest = format!("{:?}", Rules::of(NEWEST_RECORDED));
        assert!(!newest.contains("false"), "{newest}");
        assert_eq!(Rules::of(V1_36), Rules::of(NEWEST_RECORDED), "nothing of 1.36 is simulated");
        assert!(Rules::ALL.iter().all(|(_, since)| *since > KubernetesVersion::OLDEST));
    }

    #[test]
    fn each_rule_begins_with_its_version() {
        let of = Rules::of;
        assert!(!of(V1_28).backs_off_at_the_end && of(V1_29).backs_off_at_the_end);
        assert!(of(V1_29).limiter_is_asked_last && !of(V1_29).estimates_by_groups && of(V1_30).estimates_by_groups);
        assert!(!of(V1_30).goes_on_after_failed_instances && of(V1_31).goes_on_after_failed_instances);
        assert!(!of(V1_33).goes_on_after_scale_up && of(V1_34).goes_on_after_scale_up);
        assert!(!of(V1_34).threshold_is_inclusive && of(V1_35).threshold_is_inclusive);
    }
}

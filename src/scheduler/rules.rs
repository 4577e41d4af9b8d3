//! What changed in kube-scheduler from version to version.

use crate::go_sort::Go;
use crate::release::KubernetesVersion::{self, *};
use crate::release::{Gate, Release};

/// A row per rule: its name, what it says with upstream's function, and from when on it holds.
macro_rules! rules {
    ($release:ident, $since:ident, $until:ident; $($(#[doc = $doc:literal])+ $name:ident: $value:expr;)+) => {
        /// Rules of kube-scheduler that not every version from 1.28 to 1.36 has, and what the API server does to a pod before it.
        ///
        /// All paths are below `pkg/scheduler/framework/plugins` unless they begin with another folder.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Rules {
            $($(#[doc = $doc])+ pub $name: bool,)+
        }

        impl Rules {
            /// The rules of a version, with the gates that were switched.
            pub fn of($release: &Release) -> Rules {
                let version = $release.version;
                let $since = |from: KubernetesVersion| version >= from;
                let $until = |gone: KubernetesVersion| version < gone;
                Rules { $($name: $value,)+ }
            }
        }
    };
}

rules! {
    release, since, until;

    // What a pod asks for.
    /// Pods with restartable init containers are placed at all. 1.29, `noderesources/fit.go`.
    sidecars: release.is_on(Gate::SidecarContainers);
    /// What scores count of a pod that is on a node is its effective request with defaults for each container, as of a pod that is to be placed; before,
    /// sidecars counted in steps of the start alone. 1.32, `pkg/scheduler/framework/types.go`, `calculateResource`.
    effective_scored_requests: since(V1_32);
    /// Host ports of restartable init containers conflict, too. 1.34, `pkg/scheduler/util`, `GetHostPorts`.
    sidecar_host_ports: since(V1_34);
    /// Requests of the pod as a whole stand for those of its containers. 1.34 (alpha in 1.32), `component-helpers/resource`, `PodRequests`.
    pod_level_resources: release.is_on(Gate::PodLevelResources);
    /// Of huge pages as well. 1.34, `IsSupportedPodLevelResource`.
    pod_level_huge_pages: since(V1_34);
    /// A pod that is being resized counts the largest of what it asks for, was promised and has. 1.33, `AggregateContainerRequests`.
    resize_from_status: release.is_on(Gate::InPlacePodVerticalScaling);
    /// So do requests of the pod as a whole. 1.36 (alpha in 1.35), `PodRequests`.
    pod_level_resize: release.is_on(Gate::InPlacePodLevelResourcesVerticalScaling);
    /// `matchLabelKeys` and `mismatchLabelKeys` of pod affinity, which the API server writes into the selectors. 1.31 (alpha in 1.29),
    /// `pkg/registry/core/pod/strategy.go`.
    pod_affinity_label_keys: release.is_on(Gate::MatchLabelKeysInPodAffinity);
    /// `matchLabelKeys` of spread constraints, whoever merges them: since 1.34 the API server. `podtopologyspread/common.go`.
    spread_label_keys: release.is_on(Gate::MatchLabelKeysInPodTopologySpread);
    /// `minDomains`. `podtopologyspread/common.go`.
    spread_min_domains: release.version >= V1_32 || release.is_on(Gate::MinDomainsInPodTopologySpread);
    /// `nodeAffinityPolicy` and `nodeTaintsPolicy`. `podtopologyspread/common.go`.
    spread_inclusion_policies: release.is_on(Gate::NodeInclusionPolicyInPodTopologySpread);

    // Filters.
    /// More of a resource than the whole node has is UnschedulableAndUnresolvable. 1.34, `noderesources/fit.go`, `fitsRequest`.
    oversized_is_unresolvable: since(V1_34);
    /// EBSLimits, GCEPDLimits and AzureDiskLimits are there. Until 1.30, `pkg/scheduler/apis/config/v1/default_plugins.go`.
    in_tree_volume_limits: until(V1_31);
    /// VolumeBinding leaves out the nodes that a bound local volume is not on, instead of rejecting them. Until 1.31, `volumebinding`, `PreFilter`.
    bound_volumes_name_nodes: until(V1_32);
    /// A name of a node that does not exist is no error of the cycle. 1.29, `pkg/scheduler/schedule_one.go`, `findNodesThatFitPod`.
    unknown_names_are_skipped: since(V1_29);
    /// Where the next search of a part of the nodes begins is counted over all nodes, also when few were named. 1.29, `findNodesThatFitPod`.
    start_over_all_nodes: since(V1_29);

    // Scores.
    /// ImageLocality looks at init containers, too. 1.30, `imagelocality`.
    init_images: since(V1_30);
    /// And at volumes of images. 1.36, `imagelocality`.
    volume_images: since(V1_36);
    /// NodeResourcesBalancedAllocation has nothing to say about a pod that asks for none of its resources. 1.33, `noderesources/balanced_allocation.go`,
    /// `PreScore`.
    best_effort_skips_balance: since(V1_33);
    /// It scores what the pod changes about the balance, not the balance. 1.36, `balancedResourceScorer`.
    balance_by_change: since(V1_36);
    /// Pods that are alike are placed by one ranking. 1.35, `pkg/scheduler/framework/runtime/batch.go`.
    batching: release.is_on(Gate::OpportunisticBatching);

    // Preemption.
    /// If PreFilter refused the pod no node is a candidate for preemption. 1.29, `findNodesThatFitPod`.
    refused_is_unresolvable: since(V1_29);
    /// Nor is a node that PreFilter left out. 1.30, `findNodesThatFitPod`.
    left_out_is_unresolvable: since(V1_30);
    /// It is built with a Go that sorts equal elements into another order, where there are more than twelve. 1.30, `go.mod`, `sort.xorshift` of Go 1.22.
    sorts_as_go_1_22: since(V1_30);
    /// Victims are sorted anew when some of them violate a budget. 1.32, `defaultpreemption`, `SelectVictimsOnNode`.
    victims_sorted_again: since(V1_32);
    /// DynamicResources comes before DefaultPreemption; pods with claims are not modelled, its words are. 1.34, `dynamicresources`, `PostFilter`.
    dynamic_resources: release.is_on(Gate::DynamicResourceAllocation);

    // Texts.
    /// "node(s) had untolerated taint(s)", without key and value. 1.35, `tainttoleration`.
    taints_unnamed: since(V1_35);
    /// "node(s) didn't match PersistentVolume's node affinity". 1.33, `volumebinding`.
    volume_affinity_reworded: since(V1_33);
    /// "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod". 1.34, `volumerestrictions`.
    read_write_once_pod_reworded: since(V1_34);
    /// A full stop behind what preemption said, which has one. Until 1.29, `FitError.Error`.
    second_full_stop: until(V1_30);

    // The queue.
    /// A pod waits for what its plugins say may help, event by event. 1.32, `isSchedulableAfter...` of each plugin.
    queueing_hints: release.is_on(Gate::SchedulerQueueingHints);
    /// When nobody else waits, pods are tried before their back-off ends. 1.33, `pkg/scheduler/backend/queue/active_queue.go`.
    pops_back_off: release.is_on(Gate::SchedulerPopFromBackoffQ);
    /// A node that goes is an event. 1.32, `pkg/scheduler/eventhandlers.go`, `deleteNodeFromCache`.
    node_deletion_wakes: since(V1_32);
    /// Pods that PodTopologySpread refused are tried again when a pod gets a node, not only those with affinity to it. 1.31,
    /// `getUnschedulablePodsWithCrossTopologyTerm`.
    spread_hears_of_pods: since(V1_31);
}

impl Rules {
    /// The Go that sorts.
    pub(super) fn go(&self) -> Go {
        if self.sorts_as_go_1_22 { Go::V1_22 } else { Go::V1_21 }
    }
}

impl Default for Rules {
    /// Those of 1.28.
    fn default() -> Self {
        Rules::of(&Release::of(KubernetesVersion::OLDEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_switch_what_upstream_lets_switch() {
        let mut release = Release::of(V1_33);
        assert!(!Rules::of(&release).pod_level_resources && Rules::of(&release).pops_back_off);
        release.switch(Gate::PodLevelResources, true).expect("alpha");
        release.switch(Gate::SchedulerPopFromBackoffQ, false).expect("beta");
        assert!(Rules::of(&release).pod_level_resources && !Rules::of(&release).pops_back_off);
    }

    #[test]
    fn a_gate_that_is_gone_leaves_its_rule() {
        for version in KubernetesVersion::ALL {
            assert!(Rules::of(&version.into()).spread_min_domains, "{version}");
        }
    }
}

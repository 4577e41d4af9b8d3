//! The flags that change decisions: one row each, by name, with their defaults and the versions that know them.
//!
//! Upstream: `main.go`, 1.28.0, `config/flags/flags.go`, 1.33 to 1.35. Flags without effect in a simulation are in `without_effect.rs`.

use super::define::{Flag, flags};
use super::groups::{Discovery, NamedGroup};
use super::kind;
use super::values::{DrainPriority, Expander, GpuLimit};
use crate::units::SimDuration;

flags! {
    /// Only pods that wait for one of these schedulers are helped; without any name all are. May be given again.
    "allowed-scheduler-names" => NAMES, allowed_scheduler_names: Vec<String> = "", since V1_35;
    /// New nodes are divided among groups that are the same but for their zone.
    "balance-similar-node-groups" => SWITCH, balance_similar_node_groups: bool = "false";
    /// A label that may differ between similar groups, besides those of Kubernetes and of the cloud. May be given again.
    "balancing-ignore-label" => TEXTS, balancing_ignore_labels: Vec<String> = "";
    /// Groups with equal values of this label are similar, whatever else differs. May be given again.
    "balancing-label" => TEXTS, balancing_labels: Vec<String> = "";
    /// A pod of `kube-system` without a PodDisruptionBudget keeps its node until it is so old.
    "blocking-system-pod-distruption-timeout" => PERIOD, blocking_system_pod_timeout: SimDuration = "1h", since V1_33;
    /// Pods that wait for one of these schedulers are helped before it has looked at them; with any name given, pods are
    /// helped however young they are. May be given again.
    "bypassed-scheduler-names" => NAMES, bypassed_scheduler_names: Vec<String> = "", since V1_29;
    /// Whose labels, GPUs and node pools are meant: `aws`, `azure`, `gce`, or another cloud without rules of its own.
    "cloud-provider" => TEXT, cloud_provider: String = "";
    /// A node that goes is cordoned as well as tainted.
    "cordon-node-before-terminating" => SWITCH, cordon_node_before_terminating: bool = "false", from V1_34 "true";
    /// Least and most cores of the cluster.
    "cores-total" => RANGE, cores_total: (i64, i64) = "0:320000";
    /// Pods of DaemonSets are evicted from a node that has no other pods before it goes.
    "daemonset-eviction-for-empty-nodes" => SWITCH, daemonset_eviction_for_empty_nodes: bool = "false";
    /// Pods of DaemonSets are evicted from a node that is drained.
    "daemonset-eviction-for-occupied-nodes" => SWITCH, daemonset_eviction_for_occupied_nodes: bool = "true";
    /// `priority:seconds`, with commas: a node that is drained loses its pods by priority, the lowest first, and each group
    /// of pods may terminate for its own time. Not together with `--max-graceful-termination-sec`.
    "drain-priority-config" => DRAIN_PRIORITIES, drain_priorities: Vec<DrainPriority> = "", since V1_29;
    /// Groups below their least size grow to it.
    "enforce-node-group-min-size" => SWITCH, enforce_node_group_min_size: bool = "false";
    /// How the number of new nodes is found; there is one way.
    "estimator" => ESTIMATOR, estimator: String = "binpacking";
    /// How one of several groups is chosen; each further expander decides what those before it leave open, the last
    /// ties are broken at random.
    "expander" => EXPANDERS, expander: Vec<Expander> = "random", from V1_33 "least-waste";
    /// Pods of a lower priority neither cause growth nor keep a node.
    "expendable-pods-priority-cutoff" => WHOLE, expendable_pods_priority_cutoff: i32 = "-10";
    /// Instances that do not become nodes are deleted even below their group's least size.
    "force-delete-unregistered-nodes" => SWITCH, force_delete_unregistered_nodes: bool = "false", since V1_32;
    /// New nodes are taken to have the pods of all DaemonSets that would run there, not only those of their group's
    /// present nodes.
    "force-ds" => SWITCH, force_ds: bool = "false";
    /// A loop that asked for nodes, or removed some, is followed by another at once, and a pod that turns out to need a
    /// node begins one.
    "frequent-loops-enabled" => SWITCH, frequent_loops: bool = "false", from V1_35 "true", since V1_30;
    /// Least and most GPUs of a kind in the cluster. May be given again.
    "gpu-total" => GPU_LIMITS, gpu_total: Vec<GpuLimit> = "";
    /// Pods of DaemonSets do not count as use of a node.
    "ignore-daemonsets-utilization" => SWITCH, ignore_daemonsets_utilization: bool = "false";
    /// Mirror pods do not count as use of a node.
    "ignore-mirror-pods-utilization" => SWITCH, ignore_mirror_pods_utilization: bool = "false";
    /// Nodes with a taint of this key count as not ready, and new nodes are taken not to have it. May be given again.
    /// The same as `--startup-taint`.
    "ignore-taint" => TEXTS, ignore_taints: Vec<String> = "";
    /// How long a group is left alone after its first failure.
    "initial-node-group-backoff-duration" => PERIOD, initial_node_group_backoff_duration: SimDuration = "5m";
    /// By how much the allocatable resources of similar groups may differ, as a share of the larger.
    "max-allocatable-difference-ratio" => NUMBER, max_allocatable_difference_ratio: f64 = "0.05";
    /// How many nodes may get or lose the soft taint in one loop.
    "max-bulk-soft-taint-count" => WHOLE, max_bulk_soft_taint_count: i32 = "10";
    /// How many nodes may be drained at the same time.
    "max-drain-parallelism" => WHOLE, max_drain_parallelism: i32 = "1";
    /// How many empty nodes may go at the same time. Given alone, it sets `--max-scale-down-parallelism` too.
    "max-empty-bulk-delete" => WHOLE, max_empty_bulk_delete: i32 = "10", gone V1_33 "--max-scale-down-parallelism";
    /// By how much the free resources of similar groups' new nodes may differ, as a share of the larger.
    "max-free-difference-ratio" => NUMBER, max_free_difference_ratio: f64 = "0.05";
    /// For how many seconds pods of a drained node may terminate.
    "max-graceful-termination-sec" => SECONDS, max_graceful_termination: SimDuration = "600";
    /// For how long a group is left alone at most, however often it fails.
    "max-node-group-backoff-duration" => PERIOD, max_node_group_backoff_duration: SimDuration = "30m";
    /// After how long a new instance without a node has failed.
    "max-node-provision-time" => PERIOD, max_node_provision_time: SimDuration = "15m";
    /// A node that has not become ready for so long since it registered is unready; before that it is on its way.
    "max-node-startup-time" => PERIOD, max_node_startup_time: SimDuration = "15m", since V1_35;
    /// How many nodes one scale-up may add.
    "max-nodes-per-scaleup" => WHOLE, max_nodes_per_scaleup: i32 = "1000";
    /// How many nodes the cluster may have; 0 is no limit.
    "max-nodes-total" => WHOLE, max_nodes_total: i32 = "0";
    /// For how long the eviction of a pod is tried.
    "max-pod-eviction-time" => PERIOD, max_pod_eviction_time: SimDuration = "2m";
    /// How many nodes may go at the same time, empty or drained. Given alone, it sets `--max-empty-bulk-delete` too.
    "max-scale-down-parallelism" => WHOLE, max_scale_down_parallelism: i32 = "10";
    /// With more unready nodes than this percentage, and than `--ok-total-unready-count`, nothing is done.
    "max-total-unready-percentage" => NUMBER, max_total_unready_percentage: f64 = "45";
    /// By how much the memory of similar groups' machines may differ, as a share of the larger.
    "memory-difference-ratio" => NUMBER, memory_difference_ratio: f64 = "0.015";
    /// Least and most memory of the cluster, in GiB.
    "memory-total" => RANGE, memory_total: (i64, i64) = "0:6400000";
    /// ReplicaSets and ReplicationControllers with fewer replicas keep their nodes.
    "min-replica-count" => WHOLE, min_replica_count: i32 = "0";
    /// Where the ConfigMap of the expander `priority` is looked for.
    "namespace" => TEXT, namespace: String = "kube-system";
    /// How old a pod has to be before nodes are added for it.
    "new-pod-scale-up-delay" => PERIOD, new_pod_scale_up_delay: SimDuration = "0s";
    /// The time between the taint of a node that goes and its drain.
    "node-delete-delay-after-taint" => PERIOD, node_delete_delay_after_taint: SimDuration = "5s";
    /// For how long the soft taints of a dump's nodes count: such a node has been unneeded since its taint says; 0 is off.
    "node-deletion-candidate-ttl" => PERIOD, node_deletion_candidate_ttl: SimDuration = "0s", since V1_34;
    /// Which groups are the autoscaler's, by tags or by the beginning of their names. May be given again.
    "node-group-auto-discovery" => DISCOVERIES, node_group_auto_discovery: Vec<Discovery> = "";
    /// After how long without a failure the next one counts as the first.
    "node-group-backoff-reset-timeout" => PERIOD, node_group_backoff_reset_timeout: SimDuration = "180m";
    /// A group of the autoscaler's, with its least and largest size. May be given again.
    "nodes" => NAMED_GROUPS, nodes: Vec<NamedGroup> = "";
    /// So many unready nodes never stop the autoscaler, nor a group's growth.
    "ok-total-unready-count" => WHOLE, ok_total_unready_count: i32 = "3";
    /// Several nodes may be drained at the same time; else the legacy planner decides.
    "parallel-drain" => SWITCH, parallel_drain: bool = "true", gone V1_32 "nothing: nodes are drained in parallel, see --max-drain-parallelism";
    /// The legacy planner: at least among so many nodes further candidates are looked for.
    "scale-down-candidates-pool-min-count" => WHOLE, scale_down_candidates_pool_min_count: i32 = "50";
    /// The legacy planner: the share of all nodes among which further candidates are looked for, 0 to 1.
    "scale-down-candidates-pool-ratio" => NUMBER, scale_down_candidates_pool_ratio: f64 = "0.1";
    /// For how long nothing goes after a scale-up.
    "scale-down-delay-after-add" => PERIOD, scale_down_delay_after_add: SimDuration = "10m";
    /// For how long nothing goes after a deletion.
    "scale-down-delay-after-delete" => PERIOD, scale_down_delay_after_delete: SimDuration = "0s";
    /// For how long nothing goes after a deletion that failed.
    "scale-down-delay-after-failure" => PERIOD, scale_down_delay_after_failure: SimDuration = "3m";
    /// The three delays count for the node's group alone: its nodes are no candidates so long.
    "scale-down-delay-type-local" => SWITCH, scale_down_delay_type_local: bool = "false", since V1_30;
    /// Nodes may go.
    "scale-down-enabled" => SWITCH, scale_down_enabled: bool = "true";
    /// A node with GPUs is needed where at least this share of them is requested, 0 to 1.
    "scale-down-gpu-utilization-threshold" => NUMBER, scale_down_gpu_utilization_threshold: f64 = "0.5";
    /// The legacy planner: so many nodes to drain are candidates enough; 0 or less is no limit.
    "scale-down-non-empty-candidates-count" => WHOLE, scale_down_non_empty_candidates_count: i32 = "30";
    /// How long a node must have been unneeded before it goes.
    "scale-down-unneeded-time" => PERIOD, scale_down_unneeded_time: SimDuration = "10m";
    /// Nodes that are not ready may go.
    "scale-down-unready-enabled" => SWITCH, scale_down_unready_enabled: bool = "true";
    /// How long a node that is not ready must have been unneeded before it goes.
    "scale-down-unready-time" => PERIOD, scale_down_unready_time: SimDuration = "20m";
    /// A node is needed where at least this share of its cpu or memory is requested, 0 to 1.
    "scale-down-utilization-threshold" => NUMBER, scale_down_utilization_threshold: f64 = "0.5";
    /// New nodes are taken to be like nodes that are cordoned, but not to be cordoned themselves.
    "scale-from-unschedulable" => SWITCH, scale_from_unschedulable: bool = "false", since V1_35;
    /// The cluster grows even without a ready node.
    "scale-up-from-zero" => SWITCH, scale_up_from_zero: bool = "true";
    /// The time between two loops.
    "scan-interval" => PERIOD, scan_interval: SimDuration = "10s";
    /// A KubeSchedulerConfiguration for the what-ifs; a path.
    "scheduler-config-file" => TEXT, scheduler_config_file: String = "";
    /// Pods that no known controller would create again keep their nodes.
    "skip-nodes-with-custom-controller-pods" => SWITCH, skip_nodes_with_custom_controller_pods: bool = "true";
    /// Pods with volumes on the node's disk keep their nodes.
    "skip-nodes-with-local-storage" => SWITCH, skip_nodes_with_local_storage: bool = "true";
    /// Pods of `kube-system` without a PodDisruptionBudget keep their nodes.
    "skip-nodes-with-system-pods" => SWITCH, skip_nodes_with_system_pods: bool = "true";
    /// Nodes with a taint of this key count as not ready, and new nodes are taken not to have it. May be given again.
    "startup-taint" => TEXTS, startup_taints: Vec<String> = "", since V1_29;
    /// New nodes are taken not to have a taint of this key; nodes that have it may be ready. May be given again.
    "status-taint" => TEXTS, status_taints: Vec<String> = "", since V1_29;
    /// How long a node that could not go is not looked at again.
    "unremovable-node-recheck-timeout" => PERIOD, unremovable_node_recheck_timeout: SimDuration = "5m";
}

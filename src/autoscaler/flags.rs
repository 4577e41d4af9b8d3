//! Cluster Autoscaler's flags that change decisions, under their own names, with the defaults of 1.28.0.

use super::ownership::{Discovery, NamedGroup};
use crate::units::SimDuration;
use regex::Regex;
use std::collections::BTreeMap;

/// What the flags say.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Flags {
    pub expander: Vec<Expander>,
    /// The priority expander's ConfigMap.
    pub priorities: Priorities,
    pub cloud_provider: String,
    /// A KubeSchedulerConfiguration for the what-ifs.
    pub scheduler_config_file: String,
    pub nodes: Vec<NamedGroup>,
    pub node_group_auto_discovery: Vec<Discovery>,
    pub scan_interval: SimDuration,
    pub balance_similar_node_groups: bool,
    pub balancing_ignore_labels: Vec<String>,
    pub balancing_labels: Vec<String>,
    pub enforce_node_group_min_size: bool,
    pub max_nodes_total: i32,
    pub max_nodes_per_scaleup: i32,
    pub cores_total: (i64, i64),
    /// In GiB.
    pub memory_total: (i64, i64),
    pub gpu_total: Vec<GpuLimit>,
    pub max_node_provision_time: SimDuration,
    pub new_pod_scale_up_delay: SimDuration,
    pub expendable_pods_priority_cutoff: i32,
    pub max_total_unready_percentage: f64,
    pub ok_total_unready_count: i32,
    pub initial_node_group_backoff_duration: SimDuration,
    pub max_node_group_backoff_duration: SimDuration,
    pub node_group_backoff_reset_timeout: SimDuration,
    pub force_ds: bool,
    /// Nodes with one of these taints count as not ready, and new nodes are taken not to have it.
    pub ignore_taints: Vec<String>,
    /// New nodes are taken not to have these taints.
    pub status_taints: Vec<String>,
    pub scale_up_from_zero: bool,
    pub memory_difference_ratio: f64,
    pub max_allocatable_difference_ratio: f64,
    pub max_free_difference_ratio: f64,
    pub scale_down_gpu_utilization_threshold: f64,
    pub scale_down_enabled: bool,
    pub scale_down_unready_enabled: bool,
    pub scale_down_delay_after_add: SimDuration,
    pub scale_down_delay_after_delete: SimDuration,
    pub scale_down_delay_after_failure: SimDuration,
    pub scale_down_unneeded_time: SimDuration,
    pub scale_down_unready_time: SimDuration,
    pub scale_down_utilization_threshold: f64,
    pub unremovable_node_recheck_timeout: SimDuration,
    pub ignore_daemonsets_utilization: bool,
    pub ignore_mirror_pods_utilization: bool,
    pub max_scale_down_parallelism: i32,
    pub max_empty_bulk_delete: i32,
    /// Whether each of the two was given: one given alone sets the other.
    pub(super) bulk_given: (bool, bool),
    pub max_drain_parallelism: i32,
    pub max_graceful_termination: SimDuration,
    pub max_pod_eviction_time: SimDuration,
    pub node_delete_delay_after_taint: SimDuration,
    pub max_bulk_soft_taint_count: i32,
    pub min_replica_count: i32,
    pub skip_nodes_with_system_pods: bool,
    pub skip_nodes_with_local_storage: bool,
    pub skip_nodes_with_custom_controller_pods: bool,
    pub daemonset_eviction_for_empty_nodes: bool,
    pub daemonset_eviction_for_occupied_nodes: bool,
    pub parallel_drain: bool,
    /// The legacy planner's: how many nodes to be drained are enough; 0 or less is no limit.
    pub scale_down_non_empty_candidates_count: i32,
    /// The legacy planner's: the share of nodes among which further ones are looked for, 0..=1.
    pub scale_down_candidates_pool_ratio: f64,
    /// The legacy planner's: at least so many.
    pub scale_down_candidates_pool_min_count: i32,
}

/// `--gpu-total=kind:min:max`: how many GPUs of a kind, which a label of the nodes names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct GpuLimit {
    pub kind: String,
    pub min: i64,
    pub max: i64,
}

/// What the priority expander's ConfigMap says: regular expressions of group names by priority.
#[derive(Clone, Debug, Default)]
pub struct Priorities {
    /// The highest number is the most wanted.
    pub(super) rows: Vec<(i64, Vec<Regex>)>,
}

impl Priorities {
    /// From the expressions' texts. Errors: the expression that is none.
    pub fn new(rows: BTreeMap<i64, Vec<String>>) -> Result<Priorities, String> {
        let one = |text: &String| Regex::new(text).map_err(|_| format!("`{text}` is not a regular expression"));
        let row = |(priority, texts): (i64, Vec<String>)| {
            Ok::<_, String>((priority, texts.iter().map(one).collect::<Result<_, _>>()?))
        };
        Ok(Priorities { rows: rows.into_iter().map(row).collect::<Result<_, _>>()? })
    }
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl PartialEq for Priorities {
    fn eq(&self, other: &Self) -> bool {
        let texts = |rows: &[(i64, Vec<Regex>)]| format!("{rows:?}");
        texts(&self.rows) == texts(&other.rows)
    }
}

/// How one of several options is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Expander {
    Random,
    MostPods,
    LeastWaste,
    LeastNodes,
    Price,
    Priority,
}

impl Expander {
    pub(super) const ALL: [(&'static str, Expander); 6] = [
        ("random", Expander::Random),
        ("most-pods", Expander::MostPods),
        ("least-waste", Expander::LeastWaste),
        ("least-nodes", Expander::LeastNodes),
        ("price", Expander::Price),
        ("priority", Expander::Priority),
    ];

    /// As the flag spells it.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, expander)| *expander == self).map_or("", |(name, _)| name)
    }
}

impl Default for Flags {
    fn default() -> Self {
        Flags {
            expander: vec![Expander::Random],
            priorities: Priorities::default(),
            cloud_provider: String::new(),
            scheduler_config_file: String::new(),
            nodes: Vec::new(),
            node_group_auto_discovery: Vec::new(),
            scan_interval: SimDuration::from_secs(10),
            balance_similar_node_groups: false,
            balancing_ignore_labels: Vec::new(),
            balancing_labels: Vec::new(),
            enforce_node_group_min_size: false,
            max_nodes_total: 0,
            max_nodes_per_scaleup: 1000,
            cores_total: (0, 320_000),
            memory_total: (0, 6_400_000),
            gpu_total: Vec::new(),
            max_node_provision_time: SimDuration::from_mins(15),
            new_pod_scale_up_delay: SimDuration::ZERO,
            expendable_pods_priority_cutoff: -10,
            max_total_unready_percentage: 45.0,
            ok_total_unready_count: 3,
            initial_node_group_backoff_duration: SimDuration::from_mins(5),
            max_node_group_backoff_duration: SimDuration::from_mins(30),
            node_group_backoff_reset_timeout: SimDuration::from_mins(180),
            force_ds: false,
            ignore_taints: Vec::new(),
            status_taints: Vec::new(),
            scale_up_from_zero: true,
            memory_difference_ratio: 0.015,
            max_allocatable_difference_ratio: 0.05,
            max_free_difference_ratio: 0.05,
            scale_down_gpu_utilization_threshold: 0.5,
            scale_down_enabled: true,
            scale_down_unready_enabled: true,
            scale_down_delay_after_add: SimDuration::from_mins(10),
            scale_down_delay_after_delete: SimDuration::ZERO,
            scale_down_delay_after_failure: SimDuration::from_mins(3),
            scale_down_unneeded_time: SimDuration::from_mins(10),
            scale_down_unready_time: SimDuration::from_mins(20),
            scale_down_utilization_threshold: 0.5,
            unremovable_node_recheck_timeout: SimDuration::from_mins(5),
            ignore_daemonsets_utilization: false,
            ignore_mirror_pods_utilization: false,
            max_scale_down_parallelism: 10,
            max_empty_bulk_delete: 10,
            bulk_given: (false, false),
            max_drain_parallelism: 1,
            max_graceful_termination: SimDuration::from_secs(600),
            max_pod_eviction_time: SimDuration::from_mins(2),
            node_delete_delay_after_taint: SimDuration::from_secs(5),
            max_bulk_soft_taint_count: 10,
            min_replica_count: 0,
            skip_nodes_with_system_pods: true,
            skip_nodes_with_local_storage: true,
            skip_nodes_with_custom_controller_pods: true,
            daemonset_eviction_for_empty_nodes: false,
            daemonset_eviction_for_occupied_nodes: true,
            parallel_drain: true,
            scale_down_non_empty_candidates_count: 30,
            scale_down_candidates_pool_ratio: 0.1,
            scale_down_candidates_pool_min_count: 50,
        }
    }
}

impl Flags {
    /// Flags that do not go together, in words.
    ///
    /// Upstream: the checks of `main.createAutoscalingOptions` that end the process, 1.28.0; and backoffs whose
    /// bounds are the wrong way round.
    pub fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut check = |wrong: bool, why: &str| found.extend(wrong.then(|| why.to_owned()));
        check(
            self.max_drain_parallelism > 1.max(self.max_scale_down_parallelism),
            "--max-drain-parallelism must not be above --max-scale-down-parallelism",
        );
        check(
            self.max_drain_parallelism > 1 && !self.parallel_drain,
            "--max-drain-parallelism above 1 needs --parallel-drain",
        );
        check(
            self.initial_node_group_backoff_duration > self.max_node_group_backoff_duration,
            "--initial-node-group-backoff-duration must not be above --max-node-group-backoff-duration",
        );
        for (at, group) in self.nodes.iter().enumerate() {
            let again = self.nodes[..at].iter().any(|other| other.name == group.name);
            check(again, &format!("--nodes names `{}` twice", group.name));
        }
        found
    }
}

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
    const ALL: [(&'static str, Expander); 6] = [
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

/// Flags that exist and change nothing in a simulation.
const WITHOUT_EFFECT: &[&str] = &[
    "v",
    "vmodule",
    "logtostderr",
    "alsologtostderr",
    "stderrthreshold",
    "namespace",
    "cloud-config",
    "kubeconfig",
    "cluster-name",
    "leader-elect",
    "leader-elect-lease-duration",
    "leader-elect-renew-deadline",
    "leader-elect-resource-lock",
    "leader-elect-resource-name",
    "leader-elect-resource-namespace",
    "leader-elect-retry-period",
    "address",
    "profiling",
    "write-status-configmap",
    "status-config-map-name",
    "max-inactivity",
    "max-failing-time",
    "kubernetes",
    "kube-client-qps",
    "kube-client-burst",
    "user-agent",
    "aws-use-static-instance-list",
    "regional",
    "max-autoprovisioned-node-group-count",
    "node-autoprovisioning-enabled",
    "emit-per-nodegroup-metrics",
    "debugging-snapshot-enabled",
    "record-duplicated-events",
    "cordon-node-before-terminating",
    "max-nodegroup-binpacking-duration",
    "scale-down-simulation-timeout",
    "max-bulk-soft-taint-time",
    "node-deletion-delay-timeout",
    "node-deletion-batcher-interval",
    "estimator",
    "grpc-expander-cert",
    "grpc-expander-url",
    "clusterapi-cloud-config-authoritative",
    "bypassed-scheduler-names",
    "feature-gates",
    "node-info-cache-expire-time",
    "parallel-scale-up",
    "one-output",
    "add-dir-header",
    "log-dir",
    "log-file",
    "skip-headers",
    "skip-log-headers",
    "log-file-max-size",
    "log-backtrace-at",
    "log-flush-frequency",
    "log-json-info-buffer-size",
    "log-json-split-stream",
    "logging-format",
    "kube-api-content-type",
    "gce-concurrent-refreshes",
    "gce-expander-ephemeral-storage-support",
    "gce-mig-instances-min-refresh-wait-time",
    "dynamic-node-delete-delay-after-taint-enabled",
];

/// What became of a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagOutcome {
    /// It is set.
    Set,
    /// It exists and has no effect here.
    WithoutEffect,
    /// Its value is wrong: what was expected.
    Bad(String),
    /// There is no such flag; perhaps this one was meant.
    Unknown(Option<&'static str>),
}

/// All flags that [`Flags::set`] understands.
const KNOWN: &[&str] = &[
    "expander",
    "cloud-provider",
    "scheduler-config-file",
    "nodes",
    "node-group-auto-discovery",
    "scan-interval",
    "balance-similar-node-groups",
    "balancing-ignore-label",
    "balancing-label",
    "enforce-node-group-min-size",
    "max-nodes-total",
    "max-nodes-per-scaleup",
    "cores-total",
    "memory-total",
    "gpu-total",
    "max-node-provision-time",
    "new-pod-scale-up-delay",
    "expendable-pods-priority-cutoff",
    "max-total-unready-percentage",
    "ok-total-unready-count",
    "initial-node-group-backoff-duration",
    "max-node-group-backoff-duration",
    "node-group-backoff-reset-timeout",
    "force-ds",
    "ignore-taint",
    "startup-taint",
    "status-taint",
    "scale-up-from-zero",
    "memory-difference-ratio",
    "max-allocatable-difference-ratio",
    "max-free-difference-ratio",
    "scale-down-gpu-utilization-threshold",
    "scale-down-enabled",
    "scale-down-unready-enabled",
    "scale-down-delay-after-add",
    "scale-down-delay-after-delete",
    "scale-down-delay-after-failure",
    "scale-down-unneeded-time",
    "scale-down-unready-time",
    "scale-down-utilization-threshold",
    "unremovable-node-recheck-timeout",
    "ignore-daemonsets-utilization",
    "ignore-mirror-pods-utilization",
    "max-scale-down-parallelism",
    "max-drain-parallelism",
    "max-empty-bulk-delete",
    "max-graceful-termination-sec",
    "max-pod-eviction-time",
    "node-delete-delay-after-taint",
    "max-bulk-soft-taint-count",
    "min-replica-count",
    "skip-nodes-with-system-pods",
    "skip-nodes-with-local-storage",
    "skip-nodes-with-custom-controller-pods",
    "parallel-drain",
    "scale-down-non-empty-candidates-count",
    "scale-down-candidates-pool-ratio",
    "scale-down-candidates-pool-min-count",
    "daemonset-eviction-for-empty-nodes",
    "daemonset-eviction-for-occupied-nodes",
];

impl Flags {
    /// Sets `--name=value`; an empty value means that only the name was given. Names are written with `-` or `_`.
    pub fn set(&mut self, name: &str, value: &str) -> FlagOutcome {
        let name = &*name.replace('_', "-");
        match self.try_set(name, value) {
            Some(Ok(())) => FlagOutcome::Set,
            Some(Err(expected)) => FlagOutcome::Bad(expected),
            None if WITHOUT_EFFECT.contains(&name) => FlagOutcome::WithoutEffect,
            None => FlagOutcome::Unknown(nearest(name)),
        }
    }

    /// Whether `--name` alone says something, and the next word is another.
    pub fn is_switch(name: &str) -> bool {
        Flags::default().set(name, SWITCH) == FlagOutcome::Bad(SWITCH.to_owned())
    }

    fn try_set(&mut self, name: &str, value: &str) -> Option<Result<(), String>> {
        Some(match name {
            "expander" => expanders(value).map(|list| self.expander = list),
            "cloud-provider" => text(value).map(|text| self.cloud_provider = text),
            "scheduler-config-file" => text(value).map(|text| self.scheduler_config_file = text),
            "nodes" => NamedGroup::parse(value).map(|group| self.nodes.push(group)),
            "node-group-auto-discovery" => {
                Discovery::parse(value).map(|found| self.node_group_auto_discovery.push(found))
            }
            "scan-interval" => period(value, &mut self.scan_interval),
            "balance-similar-node-groups" => boolean(value, &mut self.balance_similar_node_groups),
            "balancing-ignore-label" => text(value).map(|text| self.balancing_ignore_labels.push(text)),
            "balancing-label" => text(value).map(|text| self.balancing_labels.push(text)),
            "enforce-node-group-min-size" => boolean(value, &mut self.enforce_node_group_min_size),
            "max-nodes-total" => integer(value, &mut self.max_nodes_total),
            "max-nodes-per-scaleup" => integer(value, &mut self.max_nodes_per_scaleup),
            "cores-total" => range(value, &mut self.cores_total),
            "memory-total" => range(value, &mut self.memory_total),
            "gpu-total" => gpu_limit(value).map(|limit| self.gpu_total.push(limit)),
            "max-node-provision-time" => period(value, &mut self.max_node_provision_time),
            "new-pod-scale-up-delay" => period(value, &mut self.new_pod_scale_up_delay),
            "expendable-pods-priority-cutoff" => integer(value, &mut self.expendable_pods_priority_cutoff),
            "max-total-unready-percentage" => number(value, &mut self.max_total_unready_percentage),
            "ok-total-unready-count" => integer(value, &mut self.ok_total_unready_count),
            "initial-node-group-backoff-duration" => period(value, &mut self.initial_node_group_backoff_duration),
            "max-node-group-backoff-duration" => period(value, &mut self.max_node_group_backoff_duration),
            "node-group-backoff-reset-timeout" => period(value, &mut self.node_group_backoff_reset_timeout),
            "force-ds" => boolean(value, &mut self.force_ds),
            // Later versions call ignored taints startup taints.
            "ignore-taint" | "startup-taint" => text(value).map(|text| self.ignore_taints.push(text)),
            "status-taint" => text(value).map(|text| self.status_taints.push(text)),
            "scale-up-from-zero" => boolean(value, &mut self.scale_up_from_zero),
            "memory-difference-ratio" => number(value, &mut self.memory_difference_ratio),
            "max-allocatable-difference-ratio" => number(value, &mut self.max_allocatable_difference_ratio),
            "max-free-difference-ratio" => number(value, &mut self.max_free_difference_ratio),
            "scale-down-gpu-utilization-threshold" => number(value, &mut self.scale_down_gpu_utilization_threshold),
            "scale-down-enabled" => boolean(value, &mut self.scale_down_enabled),
            "scale-down-unready-enabled" => boolean(value, &mut self.scale_down_unready_enabled),
            "scale-down-delay-after-add" => period(value, &mut self.scale_down_delay_after_add),
            "scale-down-delay-after-delete" => period(value, &mut self.scale_down_delay_after_delete),
            "scale-down-delay-after-failure" => period(value, &mut self.scale_down_delay_after_failure),
            "scale-down-unneeded-time" => period(value, &mut self.scale_down_unneeded_time),
            "scale-down-unready-time" => period(value, &mut self.scale_down_unready_time),
            "scale-down-utilization-threshold" => number(value, &mut self.scale_down_utilization_threshold),
            "unremovable-node-recheck-timeout" => period(value, &mut self.unremovable_node_recheck_timeout),
            "ignore-daemonsets-utilization" => boolean(value, &mut self.ignore_daemonsets_utilization),
            "ignore-mirror-pods-utilization" => boolean(value, &mut self.ignore_mirror_pods_utilization),
            "max-scale-down-parallelism" | "max-empty-bulk-delete" => self.set_bulk(name, value),
            "max-drain-parallelism" => integer(value, &mut self.max_drain_parallelism),
            "max-graceful-termination-sec" => {
                let mut seconds = 0;
                let outcome = integer(value, &mut seconds);
                self.max_graceful_termination = SimDuration::from_secs(i64::from(seconds));
                outcome
            }
            "max-pod-eviction-time" => period(value, &mut self.max_pod_eviction_time),
            "node-delete-delay-after-taint" => period(value, &mut self.node_delete_delay_after_taint),
            "max-bulk-soft-taint-count" => integer(value, &mut self.max_bulk_soft_taint_count),
            "min-replica-count" => integer(value, &mut self.min_replica_count),
            "skip-nodes-with-system-pods" => boolean(value, &mut self.skip_nodes_with_system_pods),
            "skip-nodes-with-local-storage" => boolean(value, &mut self.skip_nodes_with_local_storage),
            "skip-nodes-with-custom-controller-pods" => {
                boolean(value, &mut self.skip_nodes_with_custom_controller_pods)
            }
            "daemonset-eviction-for-empty-nodes" => boolean(value, &mut self.daemonset_eviction_for_empty_nodes),
            "daemonset-eviction-for-occupied-nodes" => boolean(value, &mut self.daemonset_eviction_for_occupied_nodes),
            "parallel-drain" => boolean(value, &mut self.parallel_drain),
            "scale-down-non-empty-candidates-count" => integer(value, &mut self.scale_down_non_empty_candidates_count),
            "scale-down-candidates-pool-ratio" => number(value, &mut self.scale_down_candidates_pool_ratio),
            "scale-down-candidates-pool-min-count" => integer(value, &mut self.scale_down_candidates_pool_min_count),
            _ => return None,
        })
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
            self.max_drain_parallelism > self.max_scale_down_parallelism,
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

    /// Upstream: `main.createAutoscalingOptions`, 1.28.0: of the two limits, one given alone holds for both.
    fn set_bulk(&mut self, name: &str, value: &str) -> Result<(), String> {
        let mut count = 0;
        integer(value, &mut count)?;
        if name == "max-empty-bulk-delete" {
            (self.max_empty_bulk_delete, self.bulk_given.1) = (count, true);
        } else {
            (self.max_scale_down_parallelism, self.bulk_given.0) = (count, true);
        }
        match self.bulk_given {
            (true, false) => self.max_empty_bulk_delete = count,
            (false, true) => self.max_scale_down_parallelism = count,
            _ => {}
        }
        Ok(())
    }
}

fn nearest(name: &str) -> Option<&'static str> {
    let all = KNOWN.iter().chain(WITHOUT_EFFECT).copied();
    let near = all.map(|known| (strsim::damerau_levenshtein(known, name), known)).min()?;
    (near.0 <= 3).then_some(near.1)
}

fn expanders(value: &str) -> Result<Vec<Expander>, String> {
    let one = |name: &str| {
        let known = Expander::ALL.iter().find(|(known, _)| *known == name.trim());
        let names = Expander::ALL.map(|(name, _)| name).join(", ");
        known.map(|(_, expander)| *expander).ok_or_else(|| format!("one or more of {names}"))
    };
    let list: Vec<Expander> = value.split(',').map(one).collect::<Result<_, _>>()?;
    match list.iter().enumerate().find(|(at, expander)| list[..*at].contains(expander)) {
        Some(_) => Err("each expander once".to_owned()),
        None => Ok(list),
    }
}

fn text(value: &str) -> Result<String, String> {
    Ok(value.to_owned())
}

/// What a switch expects.
const SWITCH: &str = "true or false";

/// As Go's `strconv.ParseBool`; the bare flag means true.
fn boolean(value: &str, into: &mut bool) -> Result<(), String> {
    *into = match value {
        "" | "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
        "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
        _ => return Err(SWITCH.to_owned()),
    };
    Ok(())
}

/// As Go's `strconv.ParseInt` with base 0: `0x10`, `0b11`, `0o17` and `017` are numbers too.
fn integer(value: &str, into: &mut i32) -> Result<(), String> {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", value.strip_prefix('+').unwrap_or(value)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    let plain = digits.chars().all(|c| c.is_ascii_alphanumeric());
    let parsed = plain.then(|| i32::from_str_radix(&format!("{sign}{digits}"), base).ok()).flatten();
    *into = parsed.ok_or_else(|| "a whole number".to_owned())?;
    Ok(())
}

fn number(value: &str, into: &mut f64) -> Result<(), String> {
    *into = value.parse().ok().filter(|number: &f64| number.is_finite()).ok_or("a number")?;
    Ok(())
}

fn period(value: &str, into: &mut SimDuration) -> Result<(), String> {
    *into = SimDuration::parse(value).map_err(|_| "a duration such as 10s or 5m".to_owned())?;
    Ok(())
}

fn range(value: &str, into: &mut (i64, i64)) -> Result<(), String> {
    let bad = || "min:max in whole numbers".to_owned();
    let (min, max) = value.split_once(':').ok_or_else(bad)?;
    let (min, max) = (min.parse().map_err(|_| bad())?, max.parse().map_err(|_| bad())?);
    if min < 0 || min > max {
        return Err("min:max with 0 <= min and min not above max".into());
    }
    *into = (min, max);
    Ok(())
}

fn gpu_limit(value: &str) -> Result<GpuLimit, String> {
    let (kind, bounds) = value.split_once(':').filter(|(kind, _)| !kind.is_empty()).ok_or("kind:min:max")?;
    let mut limits = (0, 0);
    range(bounds, &mut limits).map_err(|expected| format!("kind:{expected}"))?;
    Ok(GpuLimit { kind: kind.to_owned(), min: limits.0, max: limits.1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_parsed_as_go_does() {
        let mut flags = Flags::default();
        assert_eq!(flags.set("expander", "priority,least-waste"), FlagOutcome::Set);
        assert_eq!(flags.expander, [Expander::Priority, Expander::LeastWaste]);
        assert_eq!(flags.set("scale-down-unneeded-time", "2m30s"), FlagOutcome::Set);
        assert_eq!(flags.scale_down_unneeded_time, SimDuration::from_secs(150));
        assert_eq!(flags.set("balance-similar-node-groups", ""), FlagOutcome::Set);
        assert!(flags.balance_similar_node_groups);
        assert_eq!(flags.set("expandr", "random"), FlagOutcome::Unknown(Some("expander")));
        assert_eq!(flags.set("v", "4"), FlagOutcome::WithoutEffect);
        assert!(matches!(flags.set("cores-total", "9:3"), FlagOutcome::Bad(_)));
    }
}

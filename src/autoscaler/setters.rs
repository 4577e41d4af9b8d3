//! How each flag is set: its name, and what its value has to look like.

use super::flags::{Expander, Flags, GpuLimit};
use super::ownership::{Discovery, NamedGroup};
use crate::units::SimDuration;

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

impl Flags {
    /// Sets `--name=value`; an empty value means that only the name was given. Names are written with `-` or `_`.
    pub fn set(&mut self, name: &str, value: &str) -> FlagOutcome {
        let name = &*name.replace('_', "-");
        match SETTERS.iter().find(|(known, _)| *known == name) {
            Some((_, set)) => set(self, value).map_or_else(FlagOutcome::Bad, |()| FlagOutcome::Set),
            None if WITHOUT_EFFECT.contains(&name) => FlagOutcome::WithoutEffect,
            None => FlagOutcome::Unknown(nearest(name)),
        }
    }

    /// Whether `--name` alone says something, and the next word is another.
    pub fn is_switch(name: &str) -> bool {
        Flags::default().set(name, SWITCH) == FlagOutcome::Bad(SWITCH.to_owned())
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

/// Sets one flag. Errors: what was expected.
type Setter = fn(&mut Flags, &str) -> Result<(), String>;

/// All flags that change decisions.
const SETTERS: &[(&str, Setter)] = &[
    ("expander", |flags, value| expanders(value).map(|list| flags.expander = list)),
    ("estimator", |_, value| if value == "binpacking" { Ok(()) } else { Err("binpacking".to_owned()) }),
    ("cloud-provider", |flags, value| text(value).map(|text| flags.cloud_provider = text)),
    ("scheduler-config-file", |flags, value| text(value).map(|text| flags.scheduler_config_file = text)),
    ("nodes", |flags, value| NamedGroup::parse(value).map(|group| flags.nodes.push(group))),
    ("node-group-auto-discovery", |flags, value| {
        Discovery::parse(value).map(|found| flags.node_group_auto_discovery.push(found))
    }),
    ("scan-interval", |flags, value| period(value, &mut flags.scan_interval)),
    ("balance-similar-node-groups", |flags, value| boolean(value, &mut flags.balance_similar_node_groups)),
    ("balancing-ignore-label", |flags, value| text(value).map(|text| flags.balancing_ignore_labels.push(text))),
    ("balancing-label", |flags, value| text(value).map(|text| flags.balancing_labels.push(text))),
    ("enforce-node-group-min-size", |flags, value| boolean(value, &mut flags.enforce_node_group_min_size)),
    ("max-nodes-total", |flags, value| integer(value, &mut flags.max_nodes_total)),
    ("max-nodes-per-scaleup", |flags, value| integer(value, &mut flags.max_nodes_per_scaleup)),
    ("cores-total", |flags, value| range(value, &mut flags.cores_total)),
    ("memory-total", |flags, value| range(value, &mut flags.memory_total)),
    ("gpu-total", |flags, value| gpu_limit(value).map(|limit| flags.gpu_total.push(limit))),
    ("max-node-provision-time", |flags, value| period(value, &mut flags.max_node_provision_time)),
    ("new-pod-scale-up-delay", |flags, value| period(value, &mut flags.new_pod_scale_up_delay)),
    ("expendable-pods-priority-cutoff", |flags, value| integer(value, &mut flags.expendable_pods_priority_cutoff)),
    ("max-total-unready-percentage", |flags, value| number(value, &mut flags.max_total_unready_percentage)),
    ("ok-total-unready-count", |flags, value| integer(value, &mut flags.ok_total_unready_count)),
    ("initial-node-group-backoff-duration", |flags, value| {
        period(value, &mut flags.initial_node_group_backoff_duration)
    }),
    ("max-node-group-backoff-duration", |flags, value| period(value, &mut flags.max_node_group_backoff_duration)),
    ("node-group-backoff-reset-timeout", |flags, value| period(value, &mut flags.node_group_backoff_reset_timeout)),
    ("force-ds", |flags, value| boolean(value, &mut flags.force_ds)),
    // Later versions call ignored taints startup taints.
    ("ignore-taint", |flags, value| text(value).map(|text| flags.ignore_taints.push(text))),
    ("startup-taint", |flags, value| text(value).map(|text| flags.ignore_taints.push(text))),
    ("status-taint", |flags, value| text(value).map(|text| flags.status_taints.push(text))),
    ("scale-up-from-zero", |flags, value| boolean(value, &mut flags.scale_up_from_zero)),
    ("memory-difference-ratio", |flags, value| number(value, &mut flags.memory_difference_ratio)),
    ("max-allocatable-difference-ratio", |flags, value| number(value, &mut flags.max_allocatable_difference_ratio)),
    ("max-free-difference-ratio", |flags, value| number(value, &mut flags.max_free_difference_ratio)),
    ("scale-down-gpu-utilization-threshold", |flags, value| {
        number(value, &mut flags.scale_down_gpu_utilization_threshold)
    }),
    ("scale-down-enabled", |flags, value| boolean(value, &mut flags.scale_down_enabled)),
    ("scale-down-unready-enabled", |flags, value| boolean(value, &mut flags.scale_down_unready_enabled)),
    ("scale-down-delay-after-add", |flags, value| period(value, &mut flags.scale_down_delay_after_add)),
    ("scale-down-delay-after-delete", |flags, value| period(value, &mut flags.scale_down_delay_after_delete)),
    ("scale-down-delay-after-failure", |flags, value| period(value, &mut flags.scale_down_delay_after_failure)),
    ("scale-down-unneeded-time", |flags, value| period(value, &mut flags.scale_down_unneeded_time)),
    ("scale-down-unready-time", |flags, value| period(value, &mut flags.scale_down_unready_time)),
    ("scale-down-utilization-threshold", |flags, value| number(value, &mut flags.scale_down_utilization_threshold)),
    ("unremovable-node-recheck-timeout", |flags, value| period(value, &mut flags.unremovable_node_recheck_timeout)),
    ("ignore-daemonsets-utilization", |flags, value| boolean(value, &mut flags.ignore_daemonsets_utilization)),
    ("ignore-mirror-pods-utilization", |flags, value| boolean(value, &mut flags.ignore_mirror_pods_utilization)),
    ("max-scale-down-parallelism", |flags, value| flags.set_bulk("max-scale-down-parallelism", value)),
    ("max-empty-bulk-delete", |flags, value| flags.set_bulk("max-empty-bulk-delete", value)),
    ("max-drain-parallelism", |flags, value| integer(value, &mut flags.max_drain_parallelism)),
    ("max-graceful-termination-sec", |flags, value| {
        let mut seconds = 0;
        let outcome = integer(value, &mut seconds);
        flags.max_graceful_termination = SimDuration::from_secs(i64::from(seconds));
        outcome
    }),
    ("max-pod-eviction-time", |flags, value| period(value, &mut flags.max_pod_eviction_time)),
    ("node-delete-delay-after-taint", |flags, value| period(value, &mut flags.node_delete_delay_after_taint)),
    ("max-bulk-soft-taint-count", |flags, value| integer(value, &mut flags.max_bulk_soft_taint_count)),
    ("min-replica-count", |flags, value| integer(value, &mut flags.min_replica_count)),
    ("skip-nodes-with-system-pods", |flags, value| boolean(value, &mut flags.skip_nodes_with_system_pods)),
    ("skip-nodes-with-local-storage", |flags, value| boolean(value, &mut flags.skip_nodes_with_local_storage)),
    ("skip-nodes-with-custom-controller-pods", |flags, value| {
        boolean(value, &mut flags.skip_nodes_with_custom_controller_pods)
    }),
    ("daemonset-eviction-for-empty-nodes", |flags, value| {
        boolean(value, &mut flags.daemonset_eviction_for_empty_nodes)
    }),
    ("daemonset-eviction-for-occupied-nodes", |flags, value| {
        boolean(value, &mut flags.daemonset_eviction_for_occupied_nodes)
    }),
    ("parallel-drain", |flags, value| boolean(value, &mut flags.parallel_drain)),
    ("scale-down-non-empty-candidates-count", |flags, value| {
        integer(value, &mut flags.scale_down_non_empty_candidates_count)
    }),
    ("scale-down-candidates-pool-ratio", |flags, value| number(value, &mut flags.scale_down_candidates_pool_ratio)),
    ("scale-down-candidates-pool-min-count", |flags, value| {
        integer(value, &mut flags.scale_down_candidates_pool_min_count)
    }),
];

fn nearest(name: &str) -> Option<&'static str> {
    let all = SETTERS.iter().map(|(known, _)| known).chain(WITHOUT_EFFECT).copied();
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

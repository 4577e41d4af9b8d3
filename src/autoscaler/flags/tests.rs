//! All rows at once, and how they are found and set.

use super::*;
use crate::release::KubernetesVersion::*;
use crate::units::SimDuration;
use std::fmt::Write;

#[test]
fn flags_are_set_by_their_names() {
    let mut flags = Flags::default();
    assert_eq!(flags.set("expander", "priority,least-waste"), FlagOutcome::Set);
    assert_eq!(flags.expander, [Expander::Priority, Expander::LeastWaste]);
    assert_eq!(flags.set("scale_down_unneeded_time", "2m30s"), FlagOutcome::Set);
    assert_eq!(flags.scale_down_unneeded_time, SimDuration::from_secs(150));
    assert_eq!(flags.set("balance-similar-node-groups", ""), FlagOutcome::Set);
    assert!(flags.balance_similar_node_groups);
    assert_eq!(flags.set("ignore-taint", "a"), FlagOutcome::Set);
    assert_eq!(flags.ignore_taints, ["a"]);
    assert_eq!(flags.set("expandr", "random"), FlagOutcome::Unknown(Some("expander")));
    assert_eq!(flags.set("nothing-like-it", ""), FlagOutcome::Unknown(None));
    assert_eq!(flags.set("v", "4"), FlagOutcome::WithoutEffect);
    assert!(matches!(flags.set("cores-total", "9:3"), FlagOutcome::Bad(_)));
    assert!(Flags::is_switch("force-ds") && Flags::is_switch("force_ds"));
    assert!(!Flags::is_switch("expander") && !Flags::is_switch("leader-elect"));
}

#[test]
fn a_version_knows_its_own_flags_and_defaults() {
    let set = |version, name: &str, value: &str| Flags::of(version).set(name, value);
    assert_eq!(set(V1_28, "startup-taint", "a"), FlagOutcome::Later(V1_29));
    assert_eq!(set(V1_29, "startup-taint", "a"), FlagOutcome::Set);
    assert_eq!(set(V1_31, "parallel-drain", "false"), FlagOutcome::Set);
    assert!(matches!(set(V1_32, "parallel-drain", "false"), FlagOutcome::Gone(V1_32, _)));
    assert!(matches!(
        set(V1_33, "max-empty-bulk-delete", "3"),
        FlagOutcome::Gone(V1_33, "--max-scale-down-parallelism")
    ));
    assert_eq!(set(V1_30, "max-binpacking-time", "5m"), FlagOutcome::Later(V1_31));
    assert_eq!(set(V1_31, "max-binpacking-time", "5m"), FlagOutcome::WithoutEffect);
    assert!(matches!(set(V1_34, "node-autoprovisioning-enabled", ""), FlagOutcome::Gone(V1_33, _)));
    assert!(matches!(set(V1_30, "expander", "least-nodes"), FlagOutcome::Bad(why) if why.contains("came with 1.31")));
    assert_eq!(set(V1_31, "expander", "least-nodes,random"), FlagOutcome::Set);
    let expander = |version| Flags::of(version).expander;
    assert_eq!((expander(V1_32), expander(V1_33)), (vec![Expander::Random], vec![Expander::LeastWaste]));
    let frequent = |version| Flags::of(version).frequent_loops;
    assert!(!frequent(V1_34) && frequent(V1_35) && frequent(V1_36));
    let cordons = |version| Flags::of(version).cordon_node_before_terminating;
    assert!(!cordons(V1_33) && cordons(V1_34));
    assert_eq!(Flags::of(V1_32).version(), V1_32);
}

#[test]
fn flags_that_exclude_each_other_are_named() {
    let of = |given: &[(&str, &str)]| {
        let mut flags = Flags::of(V1_35);
        given.iter().for_each(|(name, value)| assert_eq!(flags.set(name, value), FlagOutcome::Set, "{name}"));
        flags.contradictions().len()
    };
    assert_eq!(of(&[("drain-priority-config", "1000:20,0:60")]), 0);
    assert_eq!(of(&[("drain-priority-config", "1000:20"), ("max-graceful-termination-sec", "60")]), 1);
    assert_eq!(of(&[("allowed-scheduler-names", "a,b"), ("bypassed-scheduler-names", "b")]), 0);
    assert_eq!(of(&[("allowed-scheduler-names", "a"), ("bypassed-scheduler-names", "b")]), 1);
}

#[test]
fn one_of_the_two_limits_given_alone_holds_for_both() {
    let both = |given: &[(&str, &str)]| {
        let mut flags = Flags::default();
        given.iter().for_each(|(name, value)| assert_eq!(flags.set(name, value), FlagOutcome::Set));
        (flags.max_scale_down_parallelism, flags.max_empty_bulk_delete)
    };
    assert_eq!(both(&[]), (10, 10));
    assert_eq!(both(&[("max-empty-bulk-delete", "3")]), (3, 3));
    assert_eq!(both(&[("max-scale-down-parallelism", "4")]), (4, 4));
    assert_eq!(both(&[("max-scale-down-parallelism", "4"), ("max-empty-bulk-delete", "3")]), (4, 3));
    assert_eq!(both(&[("max-empty-bulk-delete", "3"), ("max-scale-down-parallelism", "4")]), (4, 3));
}

#[test]
fn every_default_is_what_its_row_says() {
    for (flag, version) in FLAGS.iter().flat_map(|flag| KubernetesVersion::ALL.map(|version| (flag, version))) {
        let (mut flags, default) = (Flags::of(version), flag.default_in(version));
        if !default.is_empty() {
            assert_eq!((flag.set)(&mut flags, default), Ok(()), "--{}", flag.name);
        }
        assert_eq!(flags, Flags::of(version), "--{}={default}", flag.name);
    }
}

#[test]
fn rows_are_in_order_and_nothing_is_there_twice() {
    assert!(FLAGS.is_sorted_by_key(|flag| flag.name));
    assert!(WITHOUT_EFFECT.iter().all(|(_, names)| names.is_sorted()));
    assert!(SINCE.is_sorted_by_key(|row| row.0) && SINCE.iter().all(|row| without_effect().any(|name| name == row.0)));
    assert!(UNTIL.is_sorted_by_key(|row| row.0) && UNTIL.iter().all(|row| without_effect().any(|name| name == row.0)));
    let mut all: Vec<&str> = names().collect();
    all.sort_unstable();
    let count = all.len();
    all.dedup();
    assert_eq!(all.len(), count);
    assert!(all.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
}

#[test]
fn every_flag_of_upstream_is_known() {
    let known: Vec<&str> = names().collect();
    let missing: Vec<&str> = UPSTREAM.split_whitespace().filter(|name| !known.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The page for people says what the rows say; `FORESAIL_UPDATE=1` writes it anew.
#[test]
fn the_list_of_flags_is_the_rows() {
    let mut page = String::from(
        "# Cluster Autoscaler's flags\n\n\
         Written from `src/autoscaler/flags/table.rs`. A version that does not know a flag says so.\n\n\
         | Flag | Versions | Default | What it does |\n|---|---|---|---|\n",
    );
    for flag in FLAGS {
        let names = [flag.name].into_iter().chain(flag.aliases.iter().copied());
        let names: Vec<String> = names.map(|name| format!("`--{name}`")).collect();
        let mut default = if flag.default.is_empty() { String::new() } else { format!("`{}`", flag.default) };
        if let Some((from, later)) = flag.later_default {
            let _ = write!(default, ", from {from} `{later}`");
        }
        let versions = match (flag.since > KubernetesVersion::OLDEST, flag.gone) {
            (false, None) => String::new(),
            (true, None) => format!("since {}", flag.since),
            (_, Some((gone, _))) => format!("until {gone}"),
        };
        let about: Vec<&str> = flag.about.split_whitespace().collect();
        let _ = writeln!(page, "| {} | {versions} | {default} | {} |", names.join(", "), about.join(" "));
    }
    page.push_str("\nThese exist and change nothing in a simulation:\n\n");
    for (why, names) in WITHOUT_EFFECT {
        let names: Vec<String> = names.iter().map(|name| format!("`--{name}`")).collect();
        let _ = writeln!(page, "- {why}: {}", names.join(", "));
    }
    page.push_str("\nOf these some came or went:\n\n");
    for (name, since) in SINCE {
        let _ = writeln!(page, "- `--{name}` since {since}");
    }
    for (name, gone, _) in UNTIL {
        let _ = writeln!(page, "- `--{name}` until {gone}");
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cluster-autoscaler/flags.md");
    if std::env::var_os("FORESAIL_UPDATE").is_some() {
        std::fs::write(path, &page).expect("docs can be written");
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "FORESAIL_UPDATE=1 writes it anew");
}

/// The flags that `main.go` of 1.28.0 declares.
const UPSTREAM: &str = "
    cluster-name address kubernetes kubeconfig kube-api-content-type kube-client-burst kube-client-qps cloud-config
    namespace enforce-node-group-min-size scale-down-enabled scale-down-unready-enabled scale-down-delay-after-add
    scale-down-delay-after-delete scale-down-delay-after-failure scale-down-unneeded-time scale-down-unready-time
    scale-down-utilization-threshold scale-down-gpu-utilization-threshold scale-down-non-empty-candidates-count
    scale-down-candidates-pool-ratio scale-down-candidates-pool-min-count scheduler-config-file
    node-deletion-delay-timeout node-deletion-batcher-interval scan-interval max-nodes-total cores-total memory-total
    gpu-total cloud-provider max-bulk-soft-taint-count max-bulk-soft-taint-time max-empty-bulk-delete
    max-graceful-termination-sec max-total-unready-percentage ok-total-unready-count scale-up-from-zero
    parallel-scale-up max-node-provision-time max-pod-eviction-time nodes node-group-auto-discovery estimator expander
    grpc-expander-cert grpc-expander-url ignore-daemonsets-utilization ignore-mirror-pods-utilization
    write-status-configmap status-config-map-name max-inactivity max-failing-time balance-similar-node-groups
    node-autoprovisioning-enabled max-autoprovisioned-node-group-count unremovable-node-recheck-timeout
    expendable-pods-priority-cutoff regional new-pod-scale-up-delay ignore-taint balancing-ignore-label balancing-label
    aws-use-static-instance-list gce-concurrent-refreshes gce-mig-instances-min-refresh-wait-time profiling
    clusterapi-cloud-config-authoritative cordon-node-before-terminating daemonset-eviction-for-empty-nodes
    daemonset-eviction-for-occupied-nodes user-agent emit-per-nodegroup-metrics debugging-snapshot-enabled
    node-info-cache-expire-time initial-node-group-backoff-duration max-node-group-backoff-duration
    node-group-backoff-reset-timeout max-scale-down-parallelism max-drain-parallelism record-duplicated-events
    max-nodes-per-scaleup max-nodegroup-binpacking-duration skip-nodes-with-system-pods skip-nodes-with-local-storage
    skip-nodes-with-custom-controller-pods min-replica-count node-delete-delay-after-taint
    scale-down-simulation-timeout parallel-drain max-allocatable-difference-ratio max-free-difference-ratio
    memory-difference-ratio force-ds leader-elect leader-elect-lease-duration leader-elect-renew-deadline
    leader-elect-resource-lock leader-elect-resource-name leader-elect-resource-namespace leader-elect-retry-period
    feature-gates logging-format v vmodule
";

//! What happens in one second, and to deletions under way, in the recordings' world: cases that no recording has.

use super::recorded_world::replay;
use foresail::sim::log::Occurrence;
use foresail::sim::outcome::Outcome;
use serde_json::{Value, json};

/// A group of machines of 4 cores, labelled with its own name.
fn group(id: &str, sizes: [i32; 3], boot_s: i64) -> Value {
    let amounts = json!({"cpu": "4", "memory": "16Gi", "pods": "58"});
    let template =
        json!({"metadata": {"labels": {"pool": id}}, "status": {"capacity": amounts, "allocatable": amounts}});
    let [min, max, initial] = sizes;
    json!({"id": id, "min": min, "max": max, "initial": initial, "template": template, "bootS": [boot_s], "terminationS": 30})
}

/// Two pods of half a core that would rather be in a pool; a budget keeps one of them.
fn web(pool: &str) -> Value {
    deployment("web", 2, json!({"key": "pool", "operator": "In", "values": [pool]}))
}

/// So many pods of web that would rather be on a node.
fn part(name: &str, count: i32, node: &str) -> Value {
    deployment(name, count, json!({"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}))
}

fn deployment(name: &str, replicas: i32, expression: Value) -> Value {
    let preferred = json!([{"weight": 100, "preference": {"matchExpressions": [expression]}}]);
    let affinity = json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}});
    let container = json!({"name": "main", "resources": {"requests": {"cpu": "500m", "memory": "512Mi"}}});
    let labels = json!({"app": "web", "part": name});
    json!({
        "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"affinity": affinity, "containers": [container]}}},
    })
}

fn run(groups: &[Value], with_web: bool, faults: Value) -> Outcome {
    let deployments = if with_web { vec![web("go")] } else { Vec::new() };
    run_with(&[], json!({"nodeGroups": groups, "deployments": deployments, "faults": faults}))
}

/// With further flags of the autoscaler and parts of the case.
fn run_with(flags: &[(&str, i32)], parts: Value) -> Outcome {
    let budget =
        json!({"metadata": {"name": "web"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}});
    let mut case = json!({
        "name": "overlap", "seed": 1, "durationS": 900,
        "caOptions": {"expander": "random", "scale-down-unneeded-time": "2m", "scale-down-delay-after-add": "2m"},
        "hpaFlags": {"downscaleStabilizationS": 300, "tolerance": 0.1, "cpuInitializationPeriodS": 300, "initialReadinessDelayS": 30},
        "pdbs": [budget],
        "workloads": {"default/web": {"startS": 2, "readyS": 200, "shutdownS": 2}},
        "expect": {"sampleEvery": 15, "deployments": {}, "groups": {}, "totals": {}},
    });
    for (name, value) in flags {
        case["caOptions"][*name] = json!(value);
    }
    for (name, value) in parts.as_object().expect("an object") {
        case[name] = value.clone();
    }
    let case = serde_json::from_value(case).expect("the test's own case");
    replay::lockstep(&case).expect("a case that makes sense")
}

fn times(outcome: &Outcome, wanted: impl Fn(&Occurrence) -> bool) -> Vec<i64> {
    outcome.log.records().values().filter(|record| wanted(&record.what)).map(|record| record.at.as_secs()).collect()
}

fn added(outcome: &Outcome) -> Vec<(i64, String)> {
    let name = |what: &Occurrence| match what {
        Occurrence::NodeAdded(node, _) => Some(outcome.cluster.node_name(*node).to_owned()),
        _ => None,
    };
    outcome.log.records().values().filter_map(|record| Some((record.at.as_secs(), name(&record.what)?))).collect()
}

fn lost(group: &str, at: i64) -> Value {
    json!({"at": at, "kind": "nodeLost", "group": group, "pick": 0, "replace": "replace"})
}

#[test]
fn launches_fail_from_the_first_second_of_a_fault_to_the_last_before_its_end() {
    let failing = json!({"at": 100, "until": 200, "kind": "instanceError", "group": "a", "errorAfterS": 20});
    // Listed before and after the fault, as it begins, and as it ends.
    for (faults, comes) in [
        (json!([lost("a", 99), failing]), true),
        (json!([lost("a", 100), failing]), false),
        (json!([failing, lost("a", 199)]), false),
        (json!([lost("a", 200), failing]), true),
    ] {
        let outcome = run(&[group("a", [1, 5, 1], 30)], false, faults.clone());
        assert_eq!(added(&outcome).len(), usize::from(comes), "{faults}");
    }
}

#[test]
fn a_replacement_at_the_end_of_a_notice_meets_the_fault_of_that_second() {
    let spot = json!({"at": 80, "kind": "spot", "group": "a", "pick": 0, "replace": "replace"});
    let never = json!({"at": 200, "until": 300, "kind": "neverRegisters", "group": "a"});
    let outcome = run(&[group("a", [1, 5, 1], 30)], false, json!([spot, never]));
    assert_eq!(times(&outcome, |what| matches!(what, Occurrence::NodeGone { .. })), [200]);
    assert!(added(&outcome).is_empty());
}

#[test]
fn nodes_register_group_by_group() {
    let groups = [group("a", [1, 5, 1], 50), group("b", [1, 5, 1], 60)];
    let outcome = run(&groups, false, json!([lost("b", 100), lost("a", 110)]));
    assert_eq!(added(&outcome), [(160, "a-0002".to_owned()), (160, "b-0002".to_owned())]);
}

#[test]
fn a_machine_that_boots_in_no_time_registers_in_the_next_turn_of_the_cloud() {
    let outcome = run(&[group("go", [0, 1, 0], 0)], true, json!([]));
    assert_eq!(times(&outcome, |what| matches!(what, Occurrence::ScaleUp { .. })), [10]);
    assert_eq!(added(&outcome), [(11, "go-0001".to_owned())]);
    let outcome = run(&[group("a", [1, 5, 1], 0)], false, json!([lost("a", 100)]));
    assert_eq!(added(&outcome), [(100, "a-0002".to_owned())], "launched before others register");
}

/// Web's pods are on the node of `go`, which is to go at 430: a budget stands in the way of the second pod.
fn shrinking(faults: Value) -> Outcome {
    let outcome = run(&[group("keep", [1, 1, 1], 60), group("go", [0, 1, 1], 60)], true, faults);
    let begun = times(&outcome, |what| matches!(what, Occurrence::ScaleDown { drain: true, .. }));
    assert_eq!(begun.first(), Some(&430));
    outcome
}

#[test]
fn evictions_are_tried_twelve_times() {
    let outcome = shrinking(json!([]));
    let denied = times(&outcome, |what| matches!(what, Occurrence::EvictionDenied { .. }));
    assert_eq!(denied, (0..12).map(|turn| 435 + 10 * turn).collect::<Vec<_>>());
    assert_eq!(times(&outcome, |what| matches!(what, Occurrence::ScaleDownFailed(..))), [555]);
}

#[test]
fn the_deletion_of_a_node_that_is_lost_meanwhile_fails() {
    let outcome = shrinking(json!([lost("go", 440)]));
    assert_eq!(times(&outcome, |what| matches!(what, Occurrence::ScaleDownFailed(..))), [445]);
}

/// Three nodes go at once, with one pod, two and one of a budget that lets three of four pods go. The last comes to it
/// when nothing of it is left.
#[test]
fn what_one_deletion_takes_of_a_budget_does_not_keep_another_of_the_same_loop_from_beginning() {
    let groups = [group("keep", [1, 1, 1], 60), group("zoo", [0, 1, 1], 60), group("go", [0, 2, 2], 60)];
    let deployments = [part("a", 1, "go-0001"), part("b", 2, "go-0002"), part("c", 1, "zoo-0001")];
    let quick = json!({"startS": 2, "readyS": 30, "shutdownS": 2});
    let workloads = json!({"default/a": quick, "default/b": quick, "default/c": quick});
    let parts = json!({"nodeGroups": groups, "deployments": deployments, "workloads": workloads});
    let outcome = run_with(&[("max-drain-parallelism", 3)], parts);
    let begun = times(&outcome, |what| matches!(what, Occurrence::ScaleDown { drain: true, .. }));
    assert_eq!(begun, [430, 430, 430]);
    assert_eq!(times(&outcome, |what| matches!(what, Occurrence::ScaleDownFailed(..))), [] as [i64; 0]);
    let denied = times(&outcome, |what| matches!(what, Occurrence::EvictionDenied { .. }));
    assert_eq!(denied, [435, 445, 455, 465], "the replacements are ready 32 s after they were bound");
    assert_eq!(times(&outcome, |what| matches!(what, Occurrence::NodeGone { .. })).len(), 3);
}

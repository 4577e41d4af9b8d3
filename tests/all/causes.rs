//! Every record of the decision log knows the record that led to it, by the word of who decided.

use crate::program::Folder;
use foresail::report::decisions::Decisions;
use foresail::scenario::{self, Sources};
use foresail::study::Study;
use serde_json::Value;
use std::path::Path;

fn rows(json_lines: &str) -> Vec<Value> {
    json_lines.lines().map(|line| serde_json::from_str(line).expect("a record")).collect()
}

fn decision(row: &Value) -> &str {
    row["decision"].as_str().expect("a decision")
}

fn cause<'a>(rows: &'a [Value], row: &Value) -> Option<&'a Value> {
    row["cause"].as_u64().map(|at| &rows[usize::try_from(at).expect("a record")])
}

fn names(row: &Value) -> Vec<&str> {
    row["objects"].as_array().expect("objects").iter().map(|name| name.as_str().expect("a name")).collect()
}

/// What may lead to a decision; nothing stands for traffic, the clock, the market and the scenario.
fn plausible(decision: &str) -> &'static [&'static str] {
    const REPLACED: &[&str] = &[
        "rescaled",
        "started",
        "rollout",
        "rolled-back",
        "evicted",
        "preempted",
        "node-lost",
        "node-reclaimed",
        "node-removed",
    ];
    match decision {
        "waits" => REPLACED,
        "bound" | "preempted" => &[
            "waits",
            "rescaled",
            "started",
            "rollout",
            "rolled-back",
            "evicted",
            "preempted",
            "node-lost",
            "node-reclaimed",
            "node-removed",
        ],
        "deleted" | "unneeded" => &["rescaled", "rollout", "switched", "retired", "rolled-back"],
        "scale-up" | "refused" | "group-skipped" => &["waits"],
        "launch-failed" | "node-added" => &["scale-up", "node-lost", "node-reclaimed", "fault-begins", "fault-ends"],
        "scale-down" => &["unneeded"],
        "scale-down-failed" | "node-removed" => &["scale-down", "fault-ends"],
        "instance-deleted" => &["scale-down", "launch-failed", "scale-up", "fault-ends"],
        "node-lost" | "silent" | "hangs" | "fault-ends" => &["fault-begins"],
        "node-reclaimed" => &["spot-notice"],
        "spot-notice" => &["rebalance-recommended", "fault-begins"],
        "not-ready" | "back" => &["silent"],
        "probe-failed" => &["hangs"],
        "evicted" | "eviction-denied" => {
            &["scale-down", "spot-notice", "rebalance-recommended", "silent", "fault-ends"]
        }
        "rolled-out" | "stuck" => &["rollout", "switched", "retired", "rolled-back"],
        "switched" | "retired" | "rolled-back" => &["rollout", "switched", "retired"],
        _ => &[],
    }
}

#[test]
fn causes_come_first_and_are_of_a_plausible_kind() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = std::fs::read_dir(&folder).expect("the folder").filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|kind| kind == "yaml")).collect();
    files.sort();
    let sets = ["duration=12h".to_owned()];
    let scenarios = files.iter().map(|path| scenario::load(Sources::Disk, path, &sets));
    let all = scenarios.chain([scenario::embedded(&["duration=30h".to_owned()])]);
    let mut caused = 0;
    for scenario in all {
        let study = Study::of(&scenario.unwrap_or_else(|issues| panic!("{issues:?}")));
        let history = study.history();
        let rows = rows(&Decisions::new(&study.cast, &history).json_lines());
        for (at, row) in rows.iter().enumerate() {
            let always = ["scale-up", "scale-down", "node-added", "instance-deleted"].contains(&decision(row));
            assert!(!always || cause(&rows, row).is_some(), "nothing led to {row}");
            if let Some(led) = cause(&rows, row) {
                caused += 1;
                assert!(led["n"].as_u64() < Some(at as u64), "{row}");
                assert!(plausible(decision(row)).contains(&decision(led)), "{row}\nbecause of {led}");
            }
        }
    }
    assert!(caused > 1000, "only {caused} records have a cause");
}

fn deployment(name: &str, pool: &str, replicas: u32) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: {replicas}\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         nodeSelector: {{pool: {pool}}}\n      containers:\n      - name: c\n        image: c\n        \
         resources: {{requests: {{cpu: 1500m, memory: 1Gi}}}}\n---\n"
    )
}

#[test]
fn a_scale_up_is_for_the_pods_that_it_helps() {
    let objects = deployment("alpha", "a", 3) + &deployment("beta", "nowhere", 1);
    let scenario = "\
apiVersion: foresail/v1alpha1
kind: Scenario
name: two-groups
manifests: [objects.yaml]
cluster: {region: us-east-1}
nodeGroups:
  ga: {instanceTypes: [m5.large], minSize: 1, maxSize: 5, labels: {pool: a}}
  gb: {instanceTypes: [m5.large], minSize: 1, maxSize: 5, labels: {pool: b}}
autoscaler: {enabled: true}
duration: 30m
";
    let place = Folder::new().file("scenario.yaml", scenario).file("objects.yaml", objects);
    place.run("run . -q -n 1 --no-recommend --out out").ok();
    let rows = rows(&place.text("out/decisions.jsonl"));
    let waits = |name: &str| rows.iter().any(|row| decision(row) == "waits" && names(row).contains(&name));
    assert!(waits("alpha") && waits("beta"), "both have a pod that waits");
    let grown: Vec<&Value> = rows.iter().filter(|row| decision(row) == "scale-up").collect();
    assert!(!grown.is_empty());
    for row in &grown {
        let led = cause(&rows, row).unwrap_or_else(|| panic!("{row} has no cause"));
        assert!(names(row).contains(&"ga") && names(led).contains(&"alpha"), "{row}\nbecause of {led}");
        assert_eq!(row["pods"], 2, "{row}");
    }
    let added: Vec<&Value> = rows.iter().filter(|row| decision(row) == "node-added").collect();
    assert!(!added.is_empty() && added.iter().all(|row| cause(&rows, row) == Some(grown[0])), "{added:?}");
}

#[test]
fn who_waits_says_which_plugins_refused() {
    let place = Folder::new().file("objects.yaml", deployment("beta", "nowhere", 1)).file(
        "scenario.yaml",
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: one\nmanifests: [objects.yaml]\ncluster: {region: us-east-1}\n\
         nodeGroups:\n  ga: {instanceTypes: [m5.large], minSize: 1, maxSize: 1}\nduration: 10m\n",
    );
    place.run("run . -q -n 1 --no-recommend --out out").ok();
    let rows = rows(&place.text("out/decisions.jsonl"));
    let row = rows.iter().find(|row| decision(row) == "waits").expect("it waits");
    assert_eq!(row["refused_by"], serde_json::json!(["NodeAffinity"]), "{row}");
    assert!(row["text"].as_str().is_some_and(|text| text.ends_with("it waits (NodeAffinity).")), "{row}");
}

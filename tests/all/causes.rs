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

/// What may lead to a decision, apart from traffic, the clock, the market and the scenario.
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
            "pod-at-start",
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
        "deleted" => &["rescaled", "rollout", "switched", "retired", "rolled-back"],
        "unneeded" => &["rescaled", "rollout", "switched", "retired", "rolled-back", "completed", "failed"],
        // A pod of a node that is drained helps to grow a group before it has waited itself.
        "scale-up" => &["waits", "scale-down"],
        "refused" | "group-skipped" => &["waits"],
        "kept" => &["bound", "pod-at-start"],
        "started" => &["completed", "failed"],
        "completed" | "failed" => &["started"],
        "target-corrected" => &["node-lost", "node-reclaimed", "fault-begins"],
        "unbound" => &["bound", "pod-at-start"],
        "volumes-created" => &["bound", "waits", "rescaled", "started", "rollout", "evicted", "preempted", "node-lost"],
        "volumes-deleted" => &["rescaled"],
        "instance-lost" => &["fault-begins"],
        "launch-failed" | "node-added" | "instance-launched" => {
            &["scale-up", "node-at-start", "node-lost", "node-reclaimed", "fault-begins", "fault-ends"]
        }
        "scale-down" => &["unneeded"],
        "scale-down-failed" | "node-removed" => &["scale-down", "fault-ends"],
        "instance-deleted" => &["scale-down", "launch-failed", "scale-up", "node-at-start", "fault-ends"],
        "node-lost" | "silent" | "hangs" | "fault-ends" => &["fault-begins"],
        "node-reclaimed" => &["spot-notice"],
        "spot-notice" => &["rebalance-recommended", "fault-begins"],
        "not-ready" | "back" => &["silent"],
        "probe-failed" => &["hangs", "bound", "pod-at-start"],
        "evicted" | "eviction-denied" => {
            &["scale-down", "spot-notice", "rebalance-recommended", "silent", "fault-ends", "out-of-memory"]
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
            assert!(row["cause"].is_u64() != row["origin"].is_string(), "a record or an origin: {row}");
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
fn who_waits_says_what_kube_scheduler_says() {
    let place = Folder::new().file("objects.yaml", deployment("beta", "nowhere", 1)).file(
        "scenario.yaml",
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: one\nmanifests: [objects.yaml]\ncluster: {region: us-east-1, kubernetesVersion: '1.28'}\n\
         nodeGroups:\n  ga: {instanceTypes: [m5.large], minSize: 1, maxSize: 1}\nduration: 10m\n",
    );
    place.run("run . -q -n 1 --no-recommend --out out").ok();
    let rows = rows(&place.text("out/decisions.jsonl"));
    let row = rows.iter().find(|row| decision(row) == "waits").expect("it waits");
    assert_eq!(row["refused_by"], serde_json::json!(["NodeAffinity"]), "{row}");
    let message = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. \
                   preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling..";
    assert_eq!(row["message"], message, "{row}");
    assert_eq!(row["text"], format!("The pod beta-1 waits: {}", message.trim_end_matches("..").to_owned() + "."));
}

/// The decisions of one of the golden scenarios.
fn golden(scenario: &str, objects: &str) -> Vec<Value> {
    let place = Folder::new().file("scenario.yaml", scenario).file("objects.yaml", objects);
    place.run("run . -q -n 1 --no-recommend --out out").ok();
    rows(&place.text("out/decisions.jsonl"))
}

fn text(row: &Value) -> &str {
    row["text"].as_str().expect("a sentence")
}

#[test]
fn an_hpa_names_the_metric_that_won() {
    let rows =
        golden(include_str!("../golden/hpa-signals/scenario.yaml"), include_str!("../golden/hpa-signals/objects.yaml"));
    let rescaled: Vec<&Value> = rows.iter().filter(|row| decision(row) == "rescaled").collect();
    assert!(rescaled.len() > 5);
    for row in rescaled {
        assert_eq!(row["origin"], "traffic", "{row}");
        let (metric, proposed) =
            (row["metric"].as_str().expect("a metric"), row["proposed"].as_i64().expect("replicas"));
        assert!(row["current"].is_i64() && row["target"].is_i64(), "{row}");
        let asks =
            if row["proposed"] == row["from"] { ": no change asked for" } else { &format!(" asks for {proposed}") };
        let (named, told) = (format!(" replicas: {metric} "), text(row));
        assert!(told.contains(&named) && told.contains(asks), "{row}");
    }
}

#[test]
fn an_updater_says_what_a_pod_should_request() {
    let rows = golden(include_str!("../golden/vpa/scenario.yaml"), include_str!("../golden/vpa/objects.yaml"));
    let evicted: Vec<&Value> = rows.iter().filter(|row| decision(row) == "evicted").collect();
    assert!(!evicted.is_empty());
    for row in evicted {
        assert!(text(row).contains(" requests should be ") && text(row).contains(" instead of "), "{row}");
        assert_eq!(row["origin"], "load", "{row}");
    }
}

#[test]
fn a_job_ends_because_it_began_and_one_that_had_to_wait_begins_because_of_that() {
    let rows = golden(include_str!("../golden/jobs/scenario.yaml"), include_str!("../golden/jobs/objects.yaml"));
    let of = |kind: &'static str, name: &'static str| {
        rows.iter().filter(move |row| decision(row) == kind && names(row).contains(&name))
    };
    let ended: Vec<&Value> = of("completed", "allow").collect();
    assert!(!ended.is_empty());
    for row in ended {
        let began = cause(&rows, row).expect("a beginning");
        assert_eq!((decision(began), names(began)), ("started", vec!["allow"]), "{row}");
        assert!(text(row).contains("succeeded"), "{row}");
    }
    assert!(of("completed", "import").all(|row| row["origin"] == "start"), "it was there at the start");
    let late = of("started", "forbid").filter_map(|row| cause(&rows, row));
    assert!(late.map(decision).all(|kind| kind == "completed"));
    assert!(of("started", "forbid").any(|row| cause(&rows, row).is_some()), "some were due while another ran");
}

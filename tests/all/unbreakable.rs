//! Nothing that a user can type panics, hangs, eats memory, prints what is no number, or fails without a message. The inputs are mutations of
//! those in `tests/mutations`, which `examples/mutations` makes more of.

use crate::program::Folder;
use std::fs;
use std::path::Path;

fn seed(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutations").join(name)).expect("a file")
}

/// A small scenario with traffic.
fn shop() -> Folder {
    Folder::new().file("s.yaml", seed("results/s.yaml")).file("app.yaml", seed("results/app.yaml"))
}

const RUN: &str = "run s.yaml -n 1 -q --no-recommend --jobs 1 --out out";

#[test]
fn recorded_objects_that_are_none_are_refused() {
    let recording: serde_json::Value = serde_json::from_str(&seed("recording/backoff.json")).expect("a recording");
    for kind in ["pdbs", "replicaSets", "statefulSets", "jobs", "replicationControllers"] {
        let mut wrong = recording.clone();
        let objects = wrong.pointer_mut("/objects").and_then(|objects| objects.as_object_mut()).expect("objects");
        objects.insert(kind.to_owned(), serde_json::json!([7]));
        let done = Folder::new().file("r.json", wrong.to_string()).run("autoscale -f r.json");
        done.refused(&["r.json", "found `7`, expected an object"]);
    }
}

#[test]
fn what_expanders_cannot_count_is_unknown() {
    let groups = "- name: memory\n  min: 0\n  max: 4\n  nodeSelector: {eks.amazonaws.com/nodegroup: memory}\n  template:\n    \
                  apiVersion: v1\n    kind: Node\n    metadata: {labels: {eks.amazonaws.com/nodegroup: memory}}\n    \
                  status: {allocatable: {cpu: 3920m, memory: 30Gi, pods: '58'}}\n";
    let folder = Folder::new().file("up.yaml", seed("autoscale/up.yaml")).file("groups.yaml", groups);
    for line in
        ["autoscale -f up.yaml --node-groups groups.yaml", "autoscale -f up.yaml --node-groups groups.yaml -o json"]
    {
        let text = folder.run(line).ok().to_lowercase();
        assert!(!text.contains("nan") && !text.contains("inf "), "{text}");
    }
    let groups = groups.replace("max: 4", "max: 4\n  price: 1e308");
    let folder = folder.file("groups.yaml", groups);
    folder.run("autoscale -f up.yaml --node-groups groups.yaml").refused(&["price", "expected 0 to 1000000 USD"]);
}

#[test]
fn a_run_is_at_least_a_step_long() {
    let done = shop().run(&format!("{RUN} --set duration=200ms"));
    done.refused(&["duration: found 200ms, expected at least a step of traffic, 1s"]);
    let done = shop().run(&format!("{RUN} --set duration=20s --set step=1m"));
    done.refused(&["expected at least a step of traffic, 1m"]);
    shop().run(&format!("{RUN} --set duration=20s")).ok();
}

#[test]
fn recorded_metrics_beyond_reason_are_refused() {
    let text = seed("fit/fit.csv");
    for (good, bad, column) in [
        (",49,2,0.49", ",49,1e308,0.49", "replicas"),
        (",49,2,0.49", ",1e300,2,0.49", "rps"),
        (",49,2,0.49", ",49,2,1e300", "cpu_cores"),
    ] {
        assert!(text.contains(good));
        let folder = Folder::new().file("fit.csv", text.replacen(good, bad, 1));
        folder.run("fit --metrics fit.csv").refused(&["fit.csv:15", column, "expected a number from 0 to"]);
    }
}

#[test]
fn services_beyond_reason_are_refused() {
    for (field, value, expected) in [
        ("concurrency", "2000000000", "1 to 65536"),
        ("queue", "2000000000", "0 to 1000000"),
        ("retries.attempts", "2000000000", "0 to 100"),
        ("cpuPerRequest", "100d", "at most a day"),
        ("timeout", "100d", "at most a week"),
    ] {
        let done = shop().run(&format!("{RUN} --set services.api.{field}={value}"));
        done.refused(&[&format!("services.api.{field}"), expected]);
    }
}

#[test]
fn budgets_name_themselves_and_the_option_that_raises_them() {
    let done = shop().run(&format!("{RUN} --set latency=exact --set traffic.scale=1e7"));
    done.refused(&["latency: found", "requests one by one", "--limit requests=N"]);
    shop().run(&format!("{RUN} --limit pods=1")).refused(&["found 2 pods to begin with, at most 1", "--limit pods=N"]);
    shop().run(&format!("{RUN} --limit services=0")).refused(&["--limit"]);
    shop().run(&format!("{RUN} --limit pots=1")).refused(&["unknown name `pots`", "pods"]);
    let text = shop().run(&format!("{RUN} --limit file-bytes=100")).stderr;
    assert!(text.contains("more than 100 bytes in a file: `--limit file-bytes=N` allows more"), "{text}");
    let done = shop().run("fit --metrics /dev/zero --limit file-bytes=100000");
    done.refused(&["/dev/zero", "more than 100000 bytes in a file"]);
}

#[test]
fn time_and_memory_end_a_run_in_order() {
    let done = shop().run(&format!("{RUN} --set duration=366d --max-time 500ms"));
    done.refused(&["--max-time: not finished after 0.5 s: stopped, with no result"]);
    if Path::new("/proc/self/status").exists() {
        let done = shop().run(&format!("{RUN} --set duration=366d --max-memory 16Mi"));
        done.refused(&["--max-memory", "at most 16 MiB may be"]);
    }
    shop().run(&format!("{RUN} --max-time 0s")).refused(&["--max-time"]);
}

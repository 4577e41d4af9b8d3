//! `foresail recommend`: what to set, in every form, and what is refused.

use crate::program::Folder;
use foresail::report::advice::AdviceReport;
use foresail::scenario::wanted::KnobKind;
use serde_json::Value;

const OBJECTS: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 6\n  selector: {matchLabels: {app: web}}\n  \
    template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - {name: main, image: web, resources: {requests: {cpu: 500m, memory: 256Mi}}}\n\
    ---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  \
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 6\n  maxReplicas: 10\n  \
    metrics:\n    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}\n";

fn shop(more: &str) -> Folder {
    let scenario = format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: shop\nmanifests: [objects.yaml]\nautoscaler: {{enabled: true}}\n\
         cluster: {{region: us-east-1, zones: [us-east-1a, us-east-1b]}}\n\
         nodeGroups:\n  base: {{instanceTypes: [m5.large], minSize: 1, maxSize: 8, desiredSize: 2}}\n\
         traffic:\n  routes: {{web: 1}}\n  patterns:\n    - diurnal: {{meanRate: 20, swing: 0.8, peakHour: 12}}\n\
         services:\n  web: {{cpuPerRequest: 5ms, concurrency: 16}}\nduration: 6h\n{more}"
    );
    Folder::new().file("scenario.yaml", scenario).file("objects.yaml", OBJECTS)
}

const PROMISED: &str = "objectives: {latencyP95: 500ms, errorRate: 0.01}\n";

#[test]
fn too_many_pods_are_found_and_patched_away() {
    let folder = shop(PROMISED);
    let done = folder.run("recommend . -n 3 --budget 60 --no-stress --out found -o json -q");
    let report: AdviceReport = serde_json::from_str(done.ok()).expect("a recommendation");
    assert_eq!(report.kind, "Recommendation");
    let changed: Vec<&str> = report.answer.changes().map(|knob| knob.name.as_str()).collect();
    assert!(!changed.is_empty() && report.answer.difference_usd_per_month.mean < 0.0, "{changed:?}");
    assert_eq!(folder.text("found/recommend.json"), done.stdout);
    let sets = folder.text("found/recommended-sets.txt");
    let words: Vec<&str> = sets.lines().filter(|line| line.starts_with("--set '")).collect();
    assert_eq!(words.len(), report.answer.changes().map(|knob| knob.sets.len()).sum::<usize>(), "{sets}");
    assert!(folder.text("found/recommended-hpas.yaml").contains("minReplicas: "));

    // All of it is known by then.
    let again = folder.run("recommend . -n 3 --budget 60 --no-stress --out found");
    assert!(again.stderr.contains("replications stand already"), "{}", again.stderr);
    let lines: Vec<&str> = again.ok().lines().collect();
    assert!(lines[0].starts_with("shop: make "), "{}", again.stdout);
    assert!(lines.len() <= 24 && lines.iter().all(|line| line.chars().count() <= 80), "{}", again.stdout);
    let markdown = folder.run("recommend . -n 3 --budget 60 --no-stress --out found -o markdown -q");
    assert!(markdown.ok().starts_with("## shop\n\n**make "), "{}", markdown.stdout);
    let yaml = folder.run("recommend . -n 3 --budget 60 --no-stress --out found -o yaml -q");
    assert_eq!(yaml.ok(), folder.text("found/recommended-hpas.yaml"));
}

#[test]
fn what_is_named_moves_and_is_patched() {
    let folder = shop(&format!("{PROMISED}recommend: {{knobs: [scaleUp, scaleDown, requests, schedule]}}\n"));
    let done = folder.run("recommend . -n 3 --budget 60 --no-stress --out found -o json -q");
    let report: AdviceReport = serde_json::from_str(done.ok()).expect("a recommendation");
    let kinds: Vec<Option<KnobKind>> = report.answer.knobs.iter().map(|knob| knob.kind).collect();
    for kind in [KnobKind::ScaleUp, KnobKind::ScaleDown, KnobKind::Requests] {
        assert!(kinds.contains(&Some(kind)), "{kinds:?}");
    }
    assert!(!kinds.contains(&Some(KnobKind::Min)), "what is not named stays: {kinds:?}");
    // Pods of 5 ms a request that ask for half a core each: smaller ones are what there is to save.
    let requests = report.answer.changes().find(|knob| knob.kind == Some(KnobKind::Requests)).expect("requests fall");
    let patch = folder.text("found/recommended-requests.yaml");
    assert!(patch.contains("kind: Deployment") && patch.contains(&requests.recommended), "{patch}");
    let sets = folder.text("found/recommended-sets.txt");
    assert!(sets.contains(&format!("--set '{}'", requests.sets[0])), "{sets}");
    let json: Value = serde_json::from_str(&done.stdout).expect("JSON");
    let kind = json["answer"]["knobs"].as_array().and_then(|rows| rows.iter().find(|row| row["kind"] == "scaleDown"));
    assert!(kind.is_some(), "named as the scenario does");
}

#[test]
fn threads_change_nothing() {
    let folder = shop(PROMISED);
    let answer =
        |jobs: u32| folder.run(&format!("recommend . -n 2 --budget 30 -q -o json -j {jobs}")).json()["answer"].take();
    let one: Value = answer(1);
    assert_eq!(one, answer(2));
}

#[test]
fn what_cannot_be_searched_is_refused() {
    let folder = shop(PROMISED);
    let refused = |line: &str, texts: &[&str]| folder.run(&format!("recommend . -q {line}")).refused(texts);
    refused("--budget soon", &["--budget: found `soon`, expected a number of replications or a time", "--budget 2m"]);
    refused("--budget 12", &["found 12 replications, expected at least 50: 20 fresh periods", "-n 1"]);
    refused("-o csv", &["csv is there for commitments only", "--commitments"]);
    refused("--commitments -o yaml", &["commitments are no objects"]);
    refused("--against [", &["--against: `[` is not YAML"]);
    let still = Folder::new().file(
        "scenario.yaml",
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: still\ncluster: {region: us-east-1}\n\
         nodeGroups:\n  base: {instanceTypes: [m5.large], minSize: 1, maxSize: 1, desiredSize: 1}\nduration: 1h\n",
    );
    still.run("recommend . -q").refused(&["there is nothing to move"]);
}

#[test]
fn a_folder_of_another_search_is_not_taken_over() {
    let folder = shop(PROMISED);
    folder.run("recommend . -n 2 --budget 20 --out found -q").ok();
    let other = folder.run("recommend . -n 2 --budget 20 --out found -q --set traffic.scale=2");
    other.refused(&["study.jsonl is of another study", "--fresh"]);
    folder.run("recommend . -n 2 --budget 20 --out found -q --set traffic.scale=2 --fresh").ok();
}

/// The best so far is told, marked as such, with the exit code of the signal.
#[cfg(unix)]
#[test]
fn an_interrupted_search_tells_the_best_so_far() {
    use std::process::{Command, Stdio};
    let folder = shop(PROMISED);
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("foresail"))
        .args([
            "recommend",
            ".",
            "-n",
            "2",
            "--budget",
            "100000",
            "--out",
            "found",
            "-o",
            "json",
            "-q",
            "--set",
            "duration=1h",
        ])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let begun = std::time::Instant::now();
    let stands =
        || std::fs::read_to_string(folder.path().join("found/study.jsonl")).unwrap_or_default().lines().count();
    // The present setting is measured by then.
    while stands() < 9 && begun.elapsed().as_secs() < 300 && child.try_wait().expect("known").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    let done = child.wait_with_output().expect("it ends");
    match done.status.code() {
        // It was through before.
        Some(0) => {}
        code => {
            assert_eq!(code, Some(130));
            let report: AdviceReport = serde_json::from_slice(&done.stdout).expect("the best so far");
            assert!(report.answer.best_so_far);
        }
    }
    assert!(folder.text("found/study.jsonl").ends_with('\n'), "whole lines");
}

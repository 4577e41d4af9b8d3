//! `precision:` in a scenario: who looks at it, what wins over it, and who says that they do not.

use crate::program::Folder;
use serde_json::Value;

const WEB: &str = "
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3, selector: {matchLabels: {app: web}}, template: {
  metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: web, resources: {requests: {cpu: 500m, memory: 256Mi}}}]}}}}
";

const SCENARIO: &str = "\
apiVersion: foresail/v1alpha1
kind: Scenario
name: shop
manifests: [web.yaml]
duration: 1h
replications: 2
precision: 20%
nodeGroups: {pool: {instanceTypes: [m5.large], minSize: 2, maxSize: 4, desiredSize: 2}}
traffic: {patterns: [{constant: {rate: 60}}], noise: 0.3, routes: {web: 1}}
services: {web: {cpuPerRequest: 20ms, concurrency: 8}}
objectives: {latencyP95: 500ms}
";

fn folder() -> Folder {
    Folder::new().file("web.yaml", WEB).file("shop.yaml", SCENARIO)
}

/// How many replications a run took.
fn replications(flags: &str) -> u64 {
    let done = folder().run(&format!("run shop.yaml --no-recommend -q -o json {flags}"));
    done.ok();
    let result: Value = serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}", done.stdout));
    result["run"]["replications"].as_u64().expect("a number")
}

#[test]
fn a_run_adds_replications_until_the_scenarios_precision_is_reached() {
    let taken = replications("");
    assert!(taken > 2 && taken.is_power_of_two(), "{taken}");
    assert_eq!(replications("--precision 20%"), taken, "the flag says the same");
}

#[test]
fn flags_win_over_the_scenario() {
    assert_eq!(replications("--set precision=null"), 2);
    assert_eq!(replications("-n 3"), 3, "a number is that number");
    assert_eq!(replications("--precision 99%"), 2, "two are enough for that");
}

#[test]
fn a_precision_that_cannot_be_is_refused_wherever_it_is_asked_for() {
    for (asked, found) in [
        ("--set precision=0", "precision: found `0`, expected a share above 0 and below 1"),
        ("--set precision=100%", "precision: found `100%`, expected a share above 0 and below 1"),
        ("--set precision=soon", "precision: found `soon`, expected a share above 0 and below 1"),
        ("--precision 1", "--precision: found `1`, expected a share above 0 and below 1"),
    ] {
        folder().run(&format!("run shop.yaml {asked}")).refused(&[found]);
    }
    folder().run("sweep shop.yaml --vary precision=0.1,0.2").refused(&["precision"]);
}

#[test]
fn commands_that_do_not_look_at_it_say_so() {
    for (line, instead) in [
        ("compare shop.yaml --set traffic.scale=2 -q", "all sides have the same replications"),
        ("sweep shop.yaml --vary traffic.scale=1,2 -q", "every point has as many replications as -n"),
        ("check shop.yaml -q --max-replications 4", "replications are added until the answer is clear"),
        ("recommend shop.yaml -q --budget 16 -n 2", "the search has as many replications as --budget says"),
    ] {
        let done = folder().run(line);
        let note = format!("note: precision is not looked at here: {instead}");
        assert!(done.stderr.contains(&note), "{line}: {}\n{}", done.stdout, done.stderr);
    }
    let done = folder().run("compare shop.yaml --set traffic.scale=2 --set precision=null -q");
    assert_eq!(done.stderr.matches("note: precision").count(), 1, "once for all sides: {}", done.stderr);
    assert!(!folder().run("run shop.yaml --no-recommend -q -n 2").stderr.contains("precision is not"));
}

#[test]
fn it_is_explained() {
    let done = folder().run("explain precision");
    done.ok();
    for text in ["share", "1%, or 0.01", "doubles the replications"] {
        assert!(done.stdout.contains(text), "`{text}` is not in:\n{}", done.stdout);
    }
}

//! The gate: verdicts, exit codes, baselines, thresholds, bad input.

use crate::program::{Done, Folder};
use serde_json::Value;
use std::process::Command;

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: web, resources: {requests: {cpu: 500m}, limits: {cpu: 1}}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  minReplicas: 2
  maxReplicas: 12
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}
";

const SCENARIO: &str = "\
apiVersion: foresail/v1alpha1
kind: Scenario
name: shop
manifests: [web.yaml]
duration: 2h
replications: 4
autoscaler: {enabled: true}
nodeGroups: {pool: {instanceTypes: [m5.large], minSize: 1, maxSize: 8}}
traffic: {patterns: [{constant: {rate: 60}}], noise: 0.1, routes: {web: 1}}
services: {web: {cpuPerRequest: 20ms, concurrency: 8}}
";

pub(crate) fn folder(more: &str) -> Folder {
    Folder::new().file("web.yaml", WEB).file("shop.yaml", format!("{SCENARIO}{more}"))
}

fn with_baseline(more: &str) -> Folder {
    let folder = folder(more);
    folder.run("check shop.yaml --baseline base.json --update-baseline -q").ok();
    folder
}

fn result(done: &Done) -> Value {
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}\n{}", done.stdout, done.stderr))
}

fn figure<'a>(result: &'a Value, key: &str) -> &'a Value {
    let rows = result["figures"].as_array().expect("figures");
    rows.iter().find(|row| row["figure"] == key).unwrap_or_else(|| panic!("no {key}"))
}

/// Runs git in a folder, with a name of its own.
fn git(folder: &Folder, arguments: &[&str]) {
    let named = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"];
    let done = Command::new("git").current_dir(folder.path()).args(named).args(arguments).output().expect("git runs");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn what_did_not_change_passes_at_the_first_look() {
    let folder = with_baseline("");
    let baseline: Value = serde_json::from_str(&folder.text("base.json")).expect("JSON");
    assert_eq!(baseline["replications"], 16, "as many as a check may take");
    let done = folder.run("check shop.yaml --baseline base.json -q -o json --strict");
    let result = result(&done);
    assert_eq!(
        (done.code, &result["verdict"], &result["replications"]),
        (0, &"passed".into(), &4.into()),
        "{}",
        done.stdout
    );
    assert_eq!(result["baseline"]["identical"], true);
    folder.run("check shop.yaml --baseline again.json --update-baseline -q -j 1").ok();
    assert_eq!(folder.text("again.json"), folder.text("base.json"), "the same bytes at any number of threads");
}

#[test]
fn a_worse_hpa_fails_and_says_where_it_is_written() {
    let folder = with_baseline("").file("web.yaml", WEB.replace("averageUtilization: 60", "averageUtilization: 30"));
    let done = folder.run("check shop.yaml --baseline base.json -q -o json -n 12");
    let result = result(&done);
    assert_eq!((done.code, &result["verdict"]), (1, &"failed".into()), "{}", done.stdout);
    let cost = figure(&result, "costUsdPerMonth");
    assert_eq!(cost["verdict"], "regressed", "{cost}");
    assert!(cost["pAdjusted"].as_f64().is_some_and(|p| p <= 0.05 / 2.0), "{cost}");
    assert!(result["headline"].as_str().is_some_and(|text| text.contains("Cost per month +$")), "{result}");
    let hpa = result["inputs"].as_array().expect("inputs").iter().find(|row| row["base"] == "60").expect("the target");
    assert_eq!((&hpa["written"]["file"], &hpa["written"]["line"]), (&"web.yaml".into(), &21.into()), "{hpa}");
    // What is allowed is no regression.
    let done = folder.run("check shop.yaml --baseline base.json -q -o json -n 12 --margin costUsdPerMonth=1000%");
    assert_eq!(figure(&self::result(&done), "costUsdPerMonth")["verdict"], "unchanged", "{}", done.stdout);
}

#[test]
fn a_revision_is_a_baseline() {
    let folder = folder("");
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-qm", "a"]);
    let check = "check shop.yaml --baseline git:HEAD -q -o json -n 12";
    assert_eq!(result(&folder.run(check))["headline"], "nothing changed in any replication");
    let folder = folder.file("web.yaml", WEB.replace("averageUtilization: 60", "averageUtilization: 30"));
    let before = git_status(&folder);
    let done = folder.run(check);
    let result = result(&done);
    assert_eq!((done.code, &figure(&result, "costUsdPerMonth")["verdict"]), (1, &"regressed".into()));
    assert!(result["baseline"]["revision"].as_str().is_some_and(|commit| commit.len() == 40), "{result}");
    assert_eq!(git_status(&folder), before, "the repository is as it was");
    let done = folder.run("check shop.yaml --baseline git:no-such -q");
    assert!(done.code == 2 && done.stderr.contains("git fetch"), "{}", done.stderr);
    let broken = folder.file("shop.yaml", format!("{SCENARIO}thresholdz: {{}}\n"));
    git(&broken, &["commit", "-qam", "b"]);
    let done = broken.file("shop.yaml", SCENARIO).run("check shop.yaml --baseline git:HEAD -q");
    assert!(done.code == 2 && done.stderr.contains("HEAD:shop.yaml:11"), "{}", done.stderr);
}

fn git_status(folder: &Folder) -> String {
    let done =
        Command::new("git").current_dir(folder.path()).args(["status", "--porcelain"]).output().expect("git runs");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[test]
fn thresholds_are_kept_crossed_or_open() {
    let outcome = |more: &str| {
        let folder = folder(more);
        let done = folder.run("check shop.yaml -q -o json --max-replications 4 --strict");
        let rows = result(&done)["thresholds"].as_array().expect("thresholds").clone();
        let outcomes: Vec<String> =
            rows.iter().map(|row| row["outcome"].as_str().unwrap_or_default().to_owned()).collect();
        (done.code, outcomes)
    };
    assert_eq!(outcome("thresholds: {costUsdPerMonth: ['< 9000']}\n"), (0, vec!["kept".to_owned()]));
    assert_eq!(
        outcome("thresholds: {costUsdPerMonth: ['< 9000', '< 9'], 'latencyMsP95{route:web}': ['< 1s']}\n"),
        (1, vec!["kept".to_owned(), "crossed".to_owned(), "kept".to_owned()])
    );
    assert_eq!(
        outcome("objectives: {latencyP95: 1ms}\n"),
        (1, vec!["crossed".to_owned()]),
        "an objective is a threshold"
    );
    let (code, outcomes) = outcome("thresholds: {'requestsPerSecond{route:web}': ['< 60']}\n");
    assert_eq!((code, outcomes), (3, vec!["inconclusive".to_owned()]), "noise around 60 per second");
}

#[test]
fn a_change_has_a_threshold_of_its_own() {
    let folder = with_baseline("thresholds: {costUsdPerMonth: ['increase < 2%'], rescales: ['increase < 1000']}\n")
        .file("web.yaml", WEB.replace("averageUtilization: 60", "averageUtilization: 30"));
    let done = folder.run("check shop.yaml --baseline base.json -q -o json");
    let rows = result(&done)["thresholds"].clone();
    assert_eq!((done.code, &rows[0]["outcome"], &rows[1]["outcome"]), (1, &"crossed".into(), &"kept".into()), "{rows}");
    assert_eq!(rows[0]["unit"], "ratio");
    let done = folder.run("check shop.yaml -q -o json");
    assert!(done.code == 2 || done.stdout.contains("a change needs a baseline"), "{}\n{}", done.stdout, done.stderr);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let folder = folder(
        "thresholds: {latencyP95: ['< 200'], evictions: ['< many'], costUsdPerMonth: ['< 5%', 'increase < 5%']}\n",
    );
    let folder =
        folder.file("base.json", "{\"apiVersion\": \"foresail/v1alpha1\", \"kind\": \"Baseline\", \"seed\": }");
    let done = folder.run("check shop.yaml -q");
    assert_eq!(done.code, 2);
    for said in [
        "shop.yaml:11",
        "did you mean `latencyMsP95`?",
        "`< many`",
        "`increase < 5%` or a number",
        "costUsdPerMonth[0]",
    ] {
        assert!(done.stderr.contains(said), "{said}: {}", done.stderr);
    }
    let done = folder.run("check shop.yaml --baseline base.json -q");
    assert!(
        done.code == 2 && done.stderr.contains("base.json:1") && done.stderr.contains("--update-baseline"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_baseline_of_something_else_is_refused_with_what_to_do() {
    let folder = with_baseline("");
    for (change, said) in [
        ("--set name=other", "it is of the scenario `shop`, expected `other`"),
        ("--seed 7", "it is of seed 1, expected 7"),
        ("--set duration=1h", "it is of a run of 2 h, expected 60 min"),
    ] {
        let done = folder.run(&format!("check shop.yaml --baseline base.json -q {change}"));
        assert!(
            done.code == 2 && done.stderr.contains(said) && done.stderr.contains("--update-baseline"),
            "{said}: {}",
            done.stderr
        );
    }
    let text = folder.text("base.json");
    for (from, to, said) in [
        ("foresail/v1alpha1", "foresail/v9", "found apiVersion `foresail/v9`"),
        ("\"kind\": \"Baseline\"", "\"kind\": \"Result\"", "found apiVersion `foresail/v1alpha1` and kind `Result`"),
        ("\"replications\": 16", "\"replications\": 17", "expected one for each of 17 replications"),
    ] {
        let folder = self::folder("").file("base.json", text.replace(from, to));
        let done = folder.run("check shop.yaml --baseline base.json -q");
        assert!(done.code == 2 && done.stderr.contains(said), "{said}: {}", done.stderr);
    }
    let missing = folder.run("check shop.yaml --baseline nowhere.json -q");
    assert!(missing.code == 2 && missing.stderr.contains("nowhere.json does not exist"), "{}", missing.stderr);
    let nothing = folder.run("check shop.yaml -q");
    assert!(nothing.code == 2 && nothing.stderr.contains("there is nothing to check"), "{}", nothing.stderr);
    let revision = folder.run("check shop.yaml --baseline git:HEAD --update-baseline -q");
    assert!(revision.code == 2 && revision.stderr.contains("is a revision"), "{}", revision.stderr);
}

#[test]
fn a_margin_of_no_figure_is_refused_with_the_nearest() {
    let folder = with_baseline("");
    let done = folder
        .run("check shop.yaml --baseline base.json -q --margin costUsdPerMont=5% --margin latencyMsP95{route:wbe}=5%");
    assert_eq!(done.code, 2, "{}", done.stderr);
    for words in [
        "--margin",
        "no figure is called `costUsdPerMont`",
        "did you mean `costUsdPerMonth`",
        "`latencyMsP95{route:wbe}`",
    ] {
        assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
    }
    // As thresholds are written.
    let done = folder.run("check shop.yaml --baseline base.json -q --margin cost=5% --margin latencyMsP50=5%");
    assert_eq!(done.code, 0, "{}", done.stderr);
}

#[test]
fn a_threshold_of_a_change_waits_for_a_baseline_whatever_its_words_are() {
    let folder = folder("thresholds: {costUsdPerMonth: ['increase < 5%', '< 9000'], errorRatio: ['< 50%']}\n");
    let done = folder.run("check shop.yaml -q -o json");
    let caveats = result(&done)["caveats"].to_string();
    assert!(caveats.contains("needs a baseline: thresholds of costUsdPerMonth\""), "{caveats}");
}

#[test]
fn a_revision_with_other_prices_says_so() {
    let folder = folder("");
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-qm", "a"]);
    let check = "check shop.yaml --baseline git:HEAD -q -o json";
    let said = |folder: &Folder| result(&folder.run(check))["caveats"].to_string();
    let words = "git:HEAD has other prices of m5.large: what prices changed is in the differences";
    assert!(!said(&folder).contains("other prices"));
    let folder = folder.file("shop.yaml", format!("{SCENARIO}prices: {{discounts: {{ec2: 10%}}}}\n"));
    assert!(said(&folder).contains(words), "{}", said(&folder));
}

#[test]
fn another_release_and_other_prices_are_said() {
    let folder = with_baseline("");
    let version = concat!("\"foresailVersion\": \"", env!("CARGO_PKG_VERSION"), "\"");
    let text = folder.text("base.json").replace(version, "\"foresailVersion\": \"0.0.9\"");
    let folder = folder.file("base.json", text);
    let done = folder.run("check shop.yaml --baseline base.json -q -o json");
    assert!(result(&done)["caveats"].to_string().contains("release 0.0.9"), "{}", done.stdout);
}

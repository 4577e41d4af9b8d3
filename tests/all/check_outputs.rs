//! What `foresail check --report` writes, as a CI system finds it.

use crate::program::{Done, Folder};
use serde_json::Value;

const SCENARIO: &str = "\
apiVersion: foresail/v1alpha1
kind: Scenario
name: shop
manifests: [k8s/web.yaml]
duration: 2h
replications: 4
autoscaler: {enabled: true}
nodeGroups: {pool: {instanceTypes: [m5.large], minSize: 1, maxSize: 8}}
traffic: {patterns: [{diurnal: {meanRate: 100, swing: 0.6, peakHour: 1}}], noise: 0.1, routes: {web: 1}}
services: {web: {cpuPerRequest: 20ms, concurrency: 8}}
thresholds:
  costUsdPerMonth: ['< 100000']
  latencyMsP95: ['< 1']
";

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: web, resources: {requests: {cpu: 500m, memory: 512Mi}, limits: {cpu: 1}}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  minReplicas: 2
  maxReplicas: 20
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
";

/// A repository with a baseline, where the HPA has just been changed.
fn changed() -> Folder {
    let folder = Folder::new().file("infra/shop.yaml", SCENARIO).file("infra/k8s/web.yaml", WEB);
    folder.run("check infra/shop.yaml --baseline base.json --update-baseline -q --max-replications 4").ok();
    folder.file("infra/k8s/web.yaml", WEB.replace("averageUtilization: 50", "averageUtilization: 90"))
}

const CHECK: &str = "check infra/shop.yaml --baseline base.json -q --max-replications 4";

fn failed(done: &Done) {
    assert_eq!(done.code, 1, "{}\n{}", done.stdout, done.stderr);
}

fn json(folder: &Folder, name: &str) -> Value {
    serde_json::from_str(&folder.text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn all_outputs_are_written_at_once_and_the_same_every_time() {
    let folder = changed();
    let names =
        ["out/c.json", "c.md", "c.xml", "gl/gl-code-quality-report.json", "gl/metrics.txt", "b.json", "s.sarif"];
    let reports = "--report json=out/c.json --report markdown=c.md --report junit=c.xml --report gitlab=gl \
                   --report benchmark=b.json --report sarif=s.sarif";
    let texts = || -> Vec<String> {
        let done = folder.run(&format!("{CHECK} {reports}"));
        failed(&done);
        assert!(done.stdout.starts_with("shop failed: "), "{}", done.stdout);
        names.iter().map(|name| folder.text(name)).collect()
    };
    assert_eq!(texts(), texts());

    assert_eq!(json(&folder, "out/c.json")["verdict"], "failed");
    assert!(folder.text("c.md").starts_with("<!-- foresail:check:shop -->\n### "));
    let junit = folder.text("c.xml");
    assert!(junit.contains("type=\"threshold-crossed\"") && junit.contains("type=\"figure-regressed\""), "{junit}");
    let quality = json(&folder, "gl/gl-code-quality-report.json");
    let paths: Vec<&str> = quality.as_array().expect("entries").iter().filter_map(path_of).collect();
    assert!(paths.contains(&"infra/shop.yaml") && paths.contains(&"infra/k8s/web.yaml"), "{paths:?}");
    assert!(folder.text("gl/metrics.txt").contains("foresail_cost_usd_per_month{scenario=\"shop\"} "));
    assert!(json(&folder, "b.json").as_array().is_some_and(|rows| rows.len() > 5));
    let rules: Vec<Value> = json(&folder, "s.sarif")["runs"][0]["results"].as_array().expect("results").clone();
    assert!(rules.iter().any(|result| result["ruleId"] == "figure-regressed"), "{rules:#?}");
}

fn path_of(entry: &Value) -> Option<&str> {
    entry["location"]["path"].as_str()
}

#[test]
fn github_shows_the_changed_field_and_keeps_the_summary() {
    let folder = changed();
    let place = |name: &str| folder.path().join(name).display().to_string();
    let (root, summary, output) = (place(""), place("summary.md"), place("output"));
    let root = root.trim_end_matches('/');
    let variables = [("GITHUB_WORKSPACE", root), ("GITHUB_STEP_SUMMARY", &summary), ("GITHUB_OUTPUT", &output)];
    let done = folder.run_within(&variables, &format!("{CHECK} --report github"));
    failed(&done);
    let line = WEB.lines().position(|line| line.contains("averageUtilization")).expect("there") + 1;
    let place =
        format!("::error file=infra/k8s/web.yaml,line={line},title=foresail check%3A Worse than the baseline::");
    assert!(done.stdout.lines().any(|line| line.starts_with(&place)), "{place}\n{}", done.stdout);
    let threshold = "::error file=infra/shop.yaml,line=13,title=foresail check%3A Threshold crossed::";
    assert!(done.stdout.lines().any(|line| line.starts_with(threshold)), "{}", done.stdout);
    assert!(folder.text("summary.md").starts_with("<!-- foresail:check:shop -->"));
    assert!(folder.text("output").starts_with("verdict=failed\nheadline="));

    let done = folder.run_within(&variables, &format!("{CHECK} --report github -o json"));
    failed(&done);
    assert!(serde_json::from_str::<Value>(&done.stdout).is_ok(), "nothing else is in stdout: {}", done.stdout);
    assert!(done.stderr.contains("::error file="), "{}", done.stderr);
    assert_eq!(folder.text("summary.md").matches("<!-- foresail:check:shop -->").count(), 2, "it is added");
}

#[test]
fn a_report_may_take_stdout_for_itself() {
    let folder = changed();
    let done = folder.run(&format!("{CHECK} --report sarif=- --report junit=j.xml"));
    failed(&done);
    let sarif: Value = serde_json::from_str(&done.stdout).expect("SARIF and nothing else");
    assert_eq!(sarif["version"], "2.1.0");
    assert!(folder.has("j.xml"));
    let done = folder.run(&format!("{CHECK} -o markdown"));
    failed(&done);
    assert!(done.stdout.starts_with("<!-- foresail:check:shop -->\n"), "{}", done.stdout);
}

#[test]
fn bad_input_is_shown_where_it_is() {
    let folder = changed().file("infra/shop.yaml", SCENARIO.replace("latencyMsP95", "latencyMsP59"));
    let done =
        folder.run(&format!("{CHECK} --report github --report sarif=s.sarif --report junit=c.xml --report gitlab=gl"));
    done.refused(&["latencyMsP59", "latencyMsP95", "::error file=infra/shop.yaml,line=13,"]);
    let result = &json(&folder, "s.sarif")["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "input-error");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 13);
    assert!(folder.text("c.xml").contains("type=\"input-error\""));
    assert_eq!(json(&folder, "gl/gl-code-quality-report.json")[0]["severity"], "blocker");
    assert!(!folder.has("gl/metrics.txt"), "there are no figures");
}

#[test]
fn what_is_asked_wrongly_is_refused_before_anything_runs() {
    let folder = changed().file("file", "");
    folder
        .run(&format!("{CHECK} --report junti=a --report json --report sarif=file/s --report gitlab-metrics="))
        .refused(&["did you mean `junit`?", "expected `json=FILE`", "found `gitlab-metrics=`"]);
    folder
        .run(&format!("{CHECK} --report sarif=file/s --report junit=infra"))
        .refused(&["file/s", "cannot write infra"]);
    folder
        .run(&format!("{CHECK} --report json=base.json --report markdown=./infra/../infra/shop.yaml"))
        .refused(&["json would write over base.json", "markdown would write over infra"]);
    folder.run(&format!("{CHECK} --report junit=a.xml --report sarif=./a.xml")).refused(&["both go to a.xml"]);
    folder.run("check infra/shop.yaml --baseline new.json --update-baseline --report github").refused(&["--report"]);
    assert!(!folder.has("a.xml") && !folder.has("new.json"));
    assert_eq!(folder.text("infra/shop.yaml"), SCENARIO);
}

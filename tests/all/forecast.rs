//! Twelve months ahead: lengths of months, commitments, extended support, growth and budgets.

use super::program::Folder;
use serde_json::Value;

/// Two nodes that never change.
const STILL: &str = "apiVersion: foresail/v1alpha1
kind: Scenario
cluster: {region: us-east-1, kubernetesVersion: '1.35'}
nodeGroups:
  app: {instanceTypes: [m5.large], minSize: 2, maxSize: 2, desiredSize: 2, rootVolume: {size: 100, type: gp3}}
billing: {start: 2026-12-07}
duration: 7d
step: 1h
replications: 2
";

fn result(folder: &Folder, more: &str) -> Value {
    let done = folder.run(&format!("run scenario.yaml -q --no-recommend --out out {more}"));
    assert_eq!(done.code, 0, "{}", done.stderr);
    serde_json::from_str(&folder.text("out/result.json")).expect("JSON")
}

fn months(result: &Value) -> &Vec<Value> {
    result["forecast"]["months"].as_array().expect("months")
}

fn mean(value: &Value) -> f64 {
    value["mean"].as_f64().expect("a mean")
}

#[test]
fn months_are_as_long_as_they_are_and_the_version_grows_old() {
    let folder = Folder::new().file("scenario.yaml", STILL);
    assert!(result(&folder, "")["forecast"].is_null(), "nobody asked");
    let result = result(&folder, "--forecast");
    let months = months(&result);
    let names: Vec<&str> = months.iter().filter_map(|month| month["month"].as_str()).collect();
    assert_eq!((names.len(), names[0], names[11]), (12, "2026-12", "2027-11"));
    // Two nodes at 0.096 an hour, two disks of 100 GB at 0.08 a month, the control plane at 0.10 until 2027-03-27, then 0.60.
    let hours = [744.0, 744.0, 672.0, 744.0, 720.0];
    for (at, hours) in hours.into_iter().enumerate() {
        let extended = match at {
            0..=2 => 0.0,
            3 => 5.0 * 24.0,
            _ => hours,
        };
        let expected = 0.192 * hours + 16.0 + 0.1 * (hours - extended) + 0.6 * extended;
        let found = mean(&months[at]["costUsd"]);
        assert!((found - expected).abs() < 1e-6, "{}: {found}, expected {expected}", names[at]);
    }
    let sum: f64 = months.iter().map(|month| mean(&month["costUsd"])).sum();
    assert!((sum - mean(&result["forecast"]["costUsd"])).abs() < 1e-6);
    for month in months {
        let kinds: f64 = month["chargesUsd"].as_object().expect("kinds").values().filter_map(Value::as_f64).sum();
        assert!((kinds - mean(&month["costUsd"])).abs() < 1e-6);
    }
    assert!(result["forecast"]["basis"].as_str().expect("a text").starts_with("The demand does not grow: 7 days"));
}

#[test]
fn commitments_begin_and_end_within_the_year() {
    let text = format!(
        "{STILL}commitments: [{{name: app, kind: regionalReservedInstance, instanceType: m5.large, count: 2, from: 2027-02-01, until: 2027-05-01, hourlyUsd: 0.05}}]\n\
         budgets: [{{owner: cluster, usdPerMonth: 500}}]\n"
    );
    let found = result(&Folder::new().file("scenario.yaml", text), "--forecast");
    let months = months(&found);
    let node = |at: usize| months[at]["chargesUsd"]["on-demand nodes"].as_f64().expect("nodes");
    assert!((node(1) - 0.192 * 744.0).abs() < 1e-6, "on demand in January");
    assert!((node(2) - 0.1 * 672.0).abs() < 1e-6, "at the fee in February: {}", node(2));
    assert!((node(5) - 0.192 * 744.0).abs() < 1e-6, "on demand in May");
    assert_eq!(months[2]["changes"][0].as_str(), Some("app begins on 2027-02-01"));
    assert_eq!(months[5]["changes"][0].as_str(), Some("app ends on 2027-05-01"));
    let budget = &found["forecast"]["budgets"][0];
    assert_eq!(budget["exceededIn"].as_str(), Some("2027-04"), "extended support: {budget}");
}

/// A service whose pods and nodes follow its load.
const GROWING: &str = "apiVersion: foresail/v1alpha1
kind: Scenario
cluster: {region: us-east-1, kubernetesVersion: '1.33'}
manifests: [objects.yaml]
nodeGroups:
  app: {instanceTypes: [m5.large], minSize: 1, maxSize: 40, desiredSize: 3}
traffic: {patterns: [{constant: {rate: 200}}], routes: {web: 1}, growth: 10%/month}
services: {web: {cpuPerRequest: 10ms, concurrency: 16}}
autoscaler: {enabled: true}
duration: 6h
replications: 3
";
const OBJECTS: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 8
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, resources: {requests: {cpu: 500m, memory: 256Mi}}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 60
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]
";

#[test]
fn growth_is_simulated_month_by_month_and_the_same_with_any_threads() {
    let folder = Folder::new().file("scenario.yaml", GROWING).file("objects.yaml", OBJECTS);
    let found = result(&folder, "--jobs 1");
    let bytes = folder.text("out/result.json");
    result(&folder, "--jobs 4");
    assert_eq!(bytes, folder.text("out/result.json"));
    let forecast = &found["forecast"];
    assert_eq!((forecast["levels"].as_u64(), forecast["replications"].as_u64()), (Some(12), Some(3)));
    let months = months(&found);
    let demand: Vec<f64> = months.iter().filter_map(|month| month["demand"].as_f64()).collect();
    assert!((demand[11] / demand[1] - 1.1f64.powf(10.0)).abs() < 0.05, "about 10 % a month: {demand:?}");
    let daily = |at: usize| {
        let hours = [744.0, 744.0, 672.0, 744.0, 720.0, 744.0, 720.0, 744.0, 744.0, 720.0, 744.0, 720.0][at];
        mean(&months[at]["costUsd"]) / hours
    };
    let growth = daily(11) / daily(1);
    assert!(growth > 1.3 && growth < 0.95 * demand[11] / demand[1], "dearer, but not as demand grows: {growth}");
    let text = folder.run("report out").stdout;
    assert!(text.contains("Forecast, 12 months"), "{text}");
    assert!(folder.text("out/index.html").contains("<h2>By month</h2>"));
    for (growth, wanted) in
        [("5%", "whether that is a month or a year"), ("500%/month", "expected -90 % to 100 % a month")]
    {
        let done = folder.run(&format!("run scenario.yaml -q --set traffic.growth={growth}"));
        assert!(done.code == 2 && done.stderr.contains(wanted), "{}", done.stderr);
    }
}

#[test]
fn months_have_weeks_of_their_own_where_weeks_differ() {
    let text = GROWING.replace("growth: 10%/month", "weeks: {noise: 0.3}").replace("duration: 6h", "duration: 3h");
    let folder = Folder::new().file("scenario.yaml", text).file("objects.yaml", OBJECTS);
    let found = result(&folder, "--forecast -n 2");
    let forecast = &found["forecast"];
    assert_eq!((forecast["levels"].as_u64(), forecast["replications"].as_u64()), (Some(12), Some(2)));
    assert!(forecast["basis"].as_str().is_some_and(|text| text.contains("each month is 5 times")), "{forecast}");
    let costs: Vec<f64> = months(&found).iter().map(|month| mean(&month["costUsd"])).collect();
    // January, March and May have 31 days each, and other weeks.
    let [january, march, may] = [costs[1], costs[3], costs[5]];
    assert!(january != march && march != may && january != may, "{costs:?}");
}

#[test]
fn a_month_says_what_it_is_over() {
    let month = |sets: &str| {
        let text = GROWING.replace(", growth: 10%/month", "");
        let folder = Folder::new().file("scenario.yaml", text).file("objects.yaml", OBJECTS);
        let found = result(&folder, &format!("-n 4 --set duration=3h {sets}"));
        found["headlines"][0].clone()
    };
    let plain = month("");
    let (said, value) = (&plain["month"], &plain["value"]);
    assert_eq!((&said["mean"], &said["interval"]), (&value["mean"], &value["interval"]));
    assert_eq!(said["over"].as_str(), Some("over 4 replications of the same 3 h"), "{said}");
    assert!(said["leftOut"].as_str().is_some_and(|text| text.contains("`traffic.weeks`")), "{said}");
    let weekly = &month("--set traffic.weeks.noise=0.3")["month"];
    assert!(
        weekly["over"].as_str().is_some_and(|text| text.ends_with("whose weeks differ: levels of weeks by 30% each")),
        "{weekly}"
    );
    assert!(weekly.get("leftOut").is_none());
    let width = |month: &serde_json::Value| month["p95"].as_f64().unwrap_or(0.0) - month["p5"].as_f64().unwrap_or(0.0);
    assert!(width(weekly) > 3.0 * width(said), "weeks that differ make months that differ: {weekly} {said}");
}

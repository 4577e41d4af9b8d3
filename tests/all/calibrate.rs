//! `foresail calibrate` as a user has it: a scenario of guesses, answers of a Prometheus in a folder, what comes out.

use crate::program::Folder;
use crate::small_cluster::deployment;
use serde_json::{Value, json};

const STEP_S: i64 = 60;
/// 2026-11-01T00:00:00Z, a Sunday.
const START_S: i64 = 1_793_491_200;
const HOURS: i64 = 36;

/// The truth: 30 ms of cpu per request, 20 m per idle pod.
const COST_S: f64 = 0.03;
const IDLE_CORES: f64 = 0.02;

fn rate(step: i64) -> f64 {
    60.0 + 35.0 * (std::f64::consts::TAU * step as f64 / 1440.0).sin()
}

/// As an HPA at 65 % of 400 m would have it, about.
fn pods(step: i64) -> f64 {
    (rate(step - 3) * COST_S / (0.65 * 0.4 - IDLE_CORES)).ceil().max(2.0)
}

const HPA: &str = r#"
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 20
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 65}}}]
"#;

/// An answer to a range query with one series.
fn answer(metric: Value, value: impl Fn(i64) -> f64) -> String {
    let steps = HOURS * 3600 / STEP_S;
    // Twenty minutes are missing.
    let known = (0..steps).filter(|step| !(200..220).contains(step));
    let values: Vec<Value> = known.map(|step| json!([START_S + step * STEP_S, format!("{}", value(step))])).collect();
    let result = json!([{ "metric": metric, "values": values }]);
    json!({ "status": "success", "data": { "resultType": "matrix", "result": result } }).to_string()
}

fn shop() -> Folder {
    let scenario = "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: shop\nmanifests: [k8s.yaml]\nduration: 1h\nreplications: 1\n\
         autoscaler: {enabled: true}\nnodeGroups: {pool: {instanceTypes: [m5.large], minSize: 1, maxSize: 9, desiredSize: 4}}\n\
         traffic: {patterns: [{constant: {rate: 10}}], routes: {web: 1}}\nservices: {web: {cpuPerRequest: 9ms}}\n";
    let web = deployment("web", "replicas: 4", "400m", "");
    let istio = json!({ "destination_workload": "web", "destination_workload_namespace": "default", "response_code": "200",
                        "source_workload": "istio-ingressgateway", "source_workload_namespace": "istio-system" });
    let of_pod = json!({ "namespace": "default", "pod": "web-5d8f9c7b6-x7k2p" });
    let of_deployment = json!({ "namespace": "default", "deployment": "web" });
    let used = |step: i64| IDLE_CORES * pods(step) + COST_S * rate(step);
    Folder::new()
        .file("shop/shop.yaml", scenario)
        .file("shop/k8s.yaml", format!("{web}---\n{HPA}"))
        .file("past/istio-requests.json", answer(istio, rate))
        .file("past/cpu.json", answer(of_pod, used))
        .file("past/deployment-replicas.json", answer(of_deployment.clone(), pods))
        .file("past/deployment-ready.json", answer(of_deployment, pods))
}

#[test]
fn what_requests_cost_is_found_and_what_was_not_recorded_is_asked_for() {
    let folder = shop();
    let done = folder.run("calibrate shop/shop.yaml --prometheus past --hold-back 12h -n 3 -o json");
    let found = done.json();
    let parameter = |field: &str| {
        let all = found["parameters"].as_array().expect("some");
        all.iter().find(|one| one["path"][2] == field).cloned().unwrap_or_else(|| panic!("{field}: {found:#}"))
    };
    let cost = parameter("cpuPerRequest");
    assert!((cost["value"].as_f64().expect("a number") / COST_S - 1.0).abs() < 0.01, "{cost:#}");
    assert_eq!((cost["standing"].as_str(), cost["unit"].as_str()), (Some("determined"), Some("seconds")));
    let threads = parameter("concurrency");
    assert_eq!((threads["standing"].as_str(), &threads["value"]), (Some("notRecorded"), &Value::Null));
    assert!(threads["record"].as_str().is_some_and(|metric| metric.contains("_bucket")), "{threads:#}");
    let verdict = |question: &str| {
        let all = found["verdicts"].as_array().expect("some");
        all.iter().find(|one| one["question"] == question).map(|one| one["trust"].clone())
    };
    assert_eq!(verdict("latency"), Some(json!("notTested")));
    // Half a day is no day.
    assert_eq!(verdict("cpu"), Some(json!("withCare")), "{:#}", found["verdicts"]);
    assert_eq!(verdict("pods"), Some(json!("withCare")), "{:#}", found["verdicts"]);
    let page = folder.text("reports/shop-calibrated/index.html");
    assert!(page.contains("<svg") && page.contains("recorded") && page.contains("web: ready pods"), "no lines");
}

#[test]
fn the_calibrated_scenario_runs_as_it_is() {
    let folder = shop();
    let said = folder.run("calibrate shop/shop.yaml --prometheus past --hold-back 12h -n 2 --out fitted");
    said.ok();
    assert!(said.stderr.contains("foresail run fitted/calibrated.yaml"), "{}", said.stderr);
    let text = folder.text("fitted/calibrated.yaml");
    assert!(
        text.contains("extends: \"../shop/shop.yaml\"") && text.contains("cpuPerRequest: 30ms  # determined"),
        "{text}"
    );
    assert!(text.contains("# services.web.scv: not recorded"), "{text}");
    folder.run("run fitted/calibrated.yaml -q --no-recommend").ok();
}

#[test]
fn what_cannot_be_fitted_is_refused_with_what_to_do() {
    let folder = shop();
    folder.run("calibrate shop/shop.yaml --prometheus past --hold-back 36h").refused(&[
        "--hold-back",
        "at least 60",
        "--range",
    ]);
    folder.run("calibrate shop/shop.yaml").refused(&["--prometheus", "http://localhost:9090"]);
    folder.run("calibrate --prometheus past").refused(&["built-in", "foresail init"]);
    assert!(!folder.has("reports"), "nothing is written");
}

//! Emissions: by hand, where they are shown, and that nobody sees them who did not ask.

use crate::program::Folder;
use serde_json::Value;

const OBJECTS: &str = "
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, selector: {matchLabels: {app: web}},
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: a, resources: {requests: {cpu: 500m}}}]}}}}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {minReplicas: 2, maxReplicas: 4,
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web},
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 200}}}]}}
";

fn folder(cluster: &str, machine: &str, carbon: &str) -> Folder {
    let text = format!(
        "
apiVersion: foresail/v1alpha1
kind: Scenario
name: emitting
manifests: [objects.yaml]
cluster: {{{cluster}}}
nodeGroups: {{web: {{instanceTypes: [{machine}], minSize: 2, maxSize: 2}}}}
duration: 4h
replications: 2
{carbon}
"
    );
    Folder::new().files(&[("objects.yaml", OBJECTS), ("scenario.yaml", &text)])
}

fn result(folder: &Folder, more: &str) -> Value {
    let done = folder.run(&format!("run scenario.yaml --no-recommend -o json {more}"));
    serde_json::from_str(done.ok()).expect("JSON")
}

fn mean(value: &Value) -> f64 {
    value["mean"].as_f64().unwrap_or_else(|| panic!("a number: {value}"))
}

/// Two m5.large (0.65 to 4.26 W a vCPU, 8 GiB at 0.392 W), of whose four vCPUs two pods use two: what their HPA aims at.
#[test]
fn machines_emit_by_what_pods_use_of_them() {
    let found = result(&folder("", "m5.large", "carbon: true"), "");
    let carbon = &found["carbon"];
    let kw = (2.0 * (2.0 * 0.65 + 8.0 * 0.392) + 2.0 * (4.26 - 0.65)) / 1000.0 * 1.135;
    let embodied = 2.0 * 1610.38 / 48.0 / 35_040.0 * 730.0;
    let near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 0.005;
    assert!(near(mean(&carbon["energyKwhPerMonth"]), kw * 730.0), "{carbon} {}", kw * 730.0);
    assert!(near(mean(&carbon["operationalKgPerMonth"]), kw * 730.0 * 0.415_755), "{carbon}");
    assert!(near(mean(&carbon["embodiedKgPerMonth"]), embodied), "{carbon} {embodied}");
    let all = mean(&carbon["co2eKgPerMonth"]);
    let parts = mean(&carbon["operationalKgPerMonth"]) + mean(&carbon["embodiedKgPerMonth"]);
    assert!((all - parts).abs() < 1e-9);
    let headlines = found["headlines"].as_array().expect("headlines");
    let headline = headlines.iter().find(|row| row["metric"] == "co2eKgPerMonth").expect("a headline");
    assert_eq!(mean(&headline["value"]), all);
    assert!(headline["value"]["p5"].is_number() && headline["value"]["p95"].is_number());
    assert_eq!(headline["unit"], "kgPerMonth");
}

#[test]
fn figures_of_ones_own_replace_the_tables() {
    let found = result(&folder("", "m5.large", "carbon: {gridKgPerKwh: 0.1, pue: 1.2, embodied: false}"), "");
    let carbon = &found["carbon"];
    assert_eq!((&carbon["gridKgPerKwh"], &carbon["pue"]), (&Value::from(0.1), &Value::from(1.2)));
    assert_eq!(mean(&carbon["embodiedKgPerMonth"]), 0.0);
    let ratio = mean(&carbon["co2eKgPerMonth"]) / mean(&carbon["energyKwhPerMonth"]);
    assert!((ratio - 0.1).abs() < 1e-9, "{ratio}");
    for (written, expected) in [
        ("carbon: {pue: 0.9}", "found 0.9, expected 1 to 10"),
        ("carbon: {gridKgPerKwh: -1}", "found -1, expected 0 to 10"),
        ("carbon: {grid: 1}", "gridKgPerKwh"),
        ("carbon: lots", "expected true, false, or a mapping"),
    ] {
        let done = folder("", "m5.large", written).run("run scenario.yaml --no-recommend -q");
        assert_eq!(done.code, 2, "{written}: {}", done.stderr);
        assert!(
            done.stderr.contains(expected) && done.stderr.contains("scenario.yaml:10"),
            "{written}: {}",
            done.stderr
        );
    }
}

#[test]
fn averages_are_named_where_nothing_was_published() {
    let found = result(&folder("region: mx-central-1", "m7i.large", "carbon: true"), "");
    let caveats = found["caveats"].to_string();
    for words in ["power of m7i.large", "manufacture of m7i.large", "nobody published what a kWh emits in mx-central-1"]
    {
        assert!(caveats.contains(words), "{words}: {caveats}");
    }
    let found = result(&folder("region: us-central1", "n2-standard-4", "carbon: true"), "");
    assert!(!found["caveats"].to_string().contains("provider's average"), "{}", found["caveats"]);
}

#[test]
fn who_does_not_ask_sees_nothing_of_it() {
    let plain = folder("", "m5.large", "");
    let found = result(&plain, "");
    assert!(found.get("carbon").is_none() && !found.to_string().contains("co2e"));
    let text = plain.run("run scenario.yaml -q --details --out out");
    assert!(!text.ok().contains("CO2e"), "{}", text.stdout);
    assert!(!plain.text("out/index.html").contains("CO2e"));
}

#[test]
fn settings_are_shown_with_what_they_emit() {
    let asked = folder("", "m5.large", "carbon: true");
    let text = asked.run("run scenario.yaml -q --recommend --details --out out");
    assert!(text.ok().contains("CO2e per month"), "{}", text.stdout);
    let settings = text.stdout.lines().skip_while(|line| !line.starts_with("Settings of min and max")).take(4);
    let settings: Vec<&str> = settings.collect();
    assert!(settings[2].contains("as it is") && settings[3].contains("recommended"), "{}", text.stdout);
    assert!(settings[2].contains(" kg"), "{settings:?}");
    assert!(asked.text("out/index.html").contains("CO2e per month"));
    let compared = asked.run("compare scenario.yaml --set hpas.web.minReplicas=4 -q -n 3 --details --out compared");
    let line = compared.ok().lines().find(|line| line.contains("CO2e per month")).expect("a line");
    assert!(line.contains(" kg") && line.contains('+'), "more pods use more: {line}");
    let csv = asked.text("compared/comparison.csv");
    assert!(csv.contains("co2eKgPerMonth"), "{csv}");
    let swept = asked.run("sweep scenario.yaml --vary hpa.min=2,3 -q -n 2 --out swept");
    assert!(
        swept.ok().contains("CO2e/mo") && swept.stdout.lines().all(|line| line.chars().count() <= 80),
        "{}",
        swept.stdout
    );
    assert!(asked.text("swept/sweep.csv").contains("co2eKgPerMonth"));
}

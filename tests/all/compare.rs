//! Studies side by side.

use crate::program::Folder;
use crate::sweep::WEB;
use serde_json::Value;

fn scenario(manifest: &str) -> String {
    format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: shop\nmanifests: [{manifest}]\nduration: 1h\nreplications: 4\n\
         autoscaler: {{enabled: true}}\nnodeGroups: {{pool: {{instanceTypes: [m5.large], minSize: 1, maxSize: 8}}}}\n\
         objectives: {{latencyP95: 300ms}}\ntraffic: {{patterns: [{{constant: {{rate: 60}}}}], noise: 0.1, routes: {{web: 1}}}}\n\
         services: {{web: {{cpuPerRequest: 20ms, concurrency: 8}}}}\n"
    )
}

fn folder() -> Folder {
    let changed = WEB.replace("averageUtilization: 60", "averageUtilization: 40");
    Folder::new()
        .file("web.yaml", WEB)
        .file("web-40.yaml", changed)
        .file("base.yaml", scenario("web.yaml"))
        .file("new.yaml", scenario("web-40.yaml"))
}

fn figure<'a>(comparison: &'a Value, scope: &str, metric: &str) -> &'a Value {
    let rows = comparison["variants"][0]["figures"].as_array().expect("figures");
    rows.iter().find(|row| row["scope"] == scope && row["metric"] == metric).unwrap_or_else(|| panic!("no {metric}"))
}

#[test]
fn a_changed_hpa_is_found_and_what_it_does_is_told() {
    let folder = folder();
    let json = folder.run("compare base.yaml new.yaml -q --out out -o json").json();
    let inputs = json["variants"][0]["inputs"].as_array().expect("inputs");
    let hpa = inputs
        .iter()
        .find(|row| row["path"].as_str().is_some_and(|path| path.starts_with("HorizontalPodAutoscaler default/web")));
    let hpa = hpa.unwrap_or_else(|| panic!("{inputs:#?}"));
    assert_eq!((&hpa["base"], &hpa["new"]), (&"60".into(), &"40".into()));
    let replicas = figure(&json, "hpa", "replicasMean");
    assert_eq!(replicas["pair"]["verdict"], "changed");
    assert!(replicas["pair"]["difference"]["mean"].as_f64().expect("a mean") > 0.5);
    assert_eq!(figure(&json, "route", "latencyMsP95")["pair"]["verdict"], "better");
    assert!(json["variants"][0]["parting"]["new"].as_str().expect("a decision").contains("HPA sets web"));
    // Both sides met the same traffic.
    assert_eq!(figure(&json, "route", "requestsPerSecond")["pair"]["verdict"], "same");
    let written: Value = serde_json::from_str(&folder.text("out/comparison.json")).expect("JSON");
    assert_eq!(written, json);
    assert!(folder.text("out/index.html").contains("The difference at a glance"));
}

#[test]
fn the_bridge_adds_up_to_the_cost_difference() {
    let json = folder().run("compare base.yaml new.yaml -q -o json").json();
    let steps = json["variants"][0]["bridge"].as_array().expect("steps");
    let amount = |step: &Value| step["new"].as_f64().unwrap_or(0.0) - step["base"].as_f64().unwrap_or(0.0);
    let cost = figure(&json, "whole", "costUsdPerMonth")["pair"]["difference"]["mean"].as_f64().expect("a mean");
    assert!((steps.iter().map(amount).sum::<f64>() - cost).abs() < 0.01, "{cost}: {steps:?}");
}

#[test]
fn a_scenario_beside_itself_is_the_same() {
    let folder = folder();
    let json = folder.run("compare base.yaml base.yaml -q -o json").json();
    assert_eq!(json["variants"][0]["inputs"], Value::Array(Vec::new()));
    assert_eq!(json["variants"][0]["parting"], Value::Null);
    let rows = json["variants"][0]["figures"].as_array().expect("figures");
    assert!(rows.iter().all(|row| row["pair"]["verdict"] == "same" || row["pair"].is_null()), "{rows:#?}");
    let text = folder.run("compare base.yaml base.yaml -q").ok().to_owned();
    assert!(text.contains("the same inputs") && text.contains("no difference seen"), "{text}");
}

#[test]
fn earlier_results_and_variants_without_a_file_are_taken() {
    let folder = folder();
    folder.run("run base.yaml -q --no-recommend --out before").ok();
    let from_result = folder.run("compare before new.yaml -q -o csv").ok().to_owned();
    let from_file = folder.run("compare base.yaml new.yaml -q -o csv").ok().to_owned();
    assert_eq!(from_result, from_file);
    let csv =
        folder.run("compare base.yaml --set traffic.scale=2 --set duration=1h --as double -q -o csv").ok().to_owned();
    assert!(csv.starts_with("variant,scope,name,metric,unit,base,new,"), "{csv}");
    assert!(csv.lines().skip(1).all(|line| line.starts_with("double,")), "{csv}");
    let two = folder.run("compare base.yaml --set traffic.scale=2 --as double --set traffic.scale=3 --as triple -q");
    assert!(two.ok().contains("double beside shop") && two.stdout.contains("triple beside shop"), "{}", two.stdout);
    assert!(two.stdout.lines().all(|line| line.chars().count() <= 80), "{}", two.stdout);
    let markdown = folder.run("compare base.yaml new.yaml -q -o markdown").ok().to_owned();
    assert!(markdown.contains("| | base | new | difference |") && markdown.contains("<details>"), "{markdown}");
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let folder = folder();
    folder.run("compare base.yaml new.yaml -q --jobs 1 --out one").ok();
    folder.run("compare base.yaml new.yaml -q --jobs 2 --out two").ok();
    for file in ["comparison.json", "comparison.csv", "index.html"] {
        assert_eq!(folder.text(&format!("one/{file}")), folder.text(&format!("two/{file}")), "{file}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused_at_once() {
    let folder = folder();
    folder.run("compare base.yaml -q").refused(&["nothing to set beside the base", "--as NAME"]);
    folder
        .run("compare base.yaml --set trafic.scale=2 --as a --set hpas=1 --as b -q")
        .refused(&["variant a", "variant b"]);
    folder.run("run base.yaml -q --no-recommend --seed 7 --out before").ok();
    folder.run("compare before base.yaml -q --seed 8").refused(&["seed 8", "no pairs"]);
    folder.run("compare before --set traffic.scale=2 --as a -q").refused(&["is a result"]);
    folder.run("compare base.yaml missing.yaml -q").refused(&["missing.yaml"]);
    assert!(!folder.path().join("reports").exists(), "nothing is written");
}

//! ScaledObjects of KEDA in the manifests of a run: the HPA that KEDA makes of each, with its triggers by the clock.

use crate::program::Folder;
use serde_json::Value;

const WEB: &str = "
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {replicas: 2, selector: {matchLabels: {app: web}},
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: web, resources: {requests: {cpu: 500m, memory: 256Mi}}}]}}}}
";
/// Friday 2026-12-11, from six to noon in Berlin.
const SCENARIO: &str = "\
apiVersion: foresail/v1alpha1
kind: Scenario
name: shop
manifests: [web.yaml, keda.yaml]
duration: 6h
warmUp: 0s
replications: 1
fidelity: lockstep
billing: {start: '2026-12-11T05:00:00Z'}
nodeGroups: {pool: {instanceTypes: [m5.xlarge], minSize: 4, maxSize: 4, desiredSize: 4}}
traffic: {patterns: [{constant: {rate: 5}}], routes: {web: 1}}
services: {web: {cpuPerRequest: 5ms, concurrency: 32}}
";

fn scaled(triggers: &str) -> String {
    format!(
        "{{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {{name: web, namespace: shop}}, spec: {{scaleTargetRef: {{name: web}}, \
         minReplicaCount: 2, maxReplicaCount: 20, triggers: [{triggers}]}}}}\n"
    )
}

const CPU: &str = "{type: cpu, metricType: Utilization, metadata: {value: '60'}}";
const MORNING: &str =
    "{type: cron, metadata: {timezone: Europe/Berlin, start: 0 8 * * 1-5, end: 0 10 * * 1-5, desiredReplicas: '8'}}";

fn folder(objects: &str) -> Folder {
    Folder::new().file("web.yaml", WEB).file("keda.yaml", objects).file("shop.yaml", SCENARIO)
}

/// The result, and its rescales: the minute after the start, from and to how many.
fn run(folder: &Folder) -> (Value, Vec<(i64, i64, i64)>) {
    folder.run("run shop.yaml --no-recommend -q --out out").ok();
    let result = serde_json::from_str(&folder.text("out/result.json")).expect("JSON");
    let log = folder.text("out/decisions.jsonl");
    let rows = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("a record"));
    let rescales = rows.filter(|row| row["decision"] == "rescaled").map(|row| {
        let number = |key: &str| row[key].as_i64().unwrap_or_else(|| panic!("{key}: {row}"));
        (row["seconds"].as_f64().unwrap_or_else(|| panic!("{row}")) as i64 / 60, number("from"), number("to"))
    });
    let rescales = rescales.collect();
    (result, rescales)
}

#[test]
fn a_cron_trigger_asks_in_its_window() {
    for triggers in [MORNING.to_owned(), format!("{CPU}, {MORNING}")] {
        let folder = folder(&scaled(&triggers));
        let (result, rescales) = run(&folder);
        let [(up_at, 2, up_to), .., (down_at, _, 2)] = rescales[..] else { panic!("{rescales:?}") };
        assert!((120..=121).contains(&up_at) && up_to == 4, "twice as many or four more at a time: {rescales:?}");
        assert!(rescales.iter().any(|(_, _, to)| *to == 8), "{rescales:?}");
        assert!((240..=246).contains(&down_at), "the window is over, and five minutes of stabilization: {rescales:?}");
        let caveats = result["caveats"].to_string();
        assert!(!caveats.contains("ScaledObject"), "{caveats}");
        let why = folder.text("out/decisions.jsonl");
        assert!(
            why.contains("s0-cron-Europe-Berlin-08xx1-5-010xx1-5")
                || why.contains("s1-cron-Europe-Berlin-08xx1-5-010xx1-5")
        );
    }
}

#[test]
fn an_hpa_that_is_in_the_dump_too_is_not_made_again() {
    let hpa = "---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: keda-hpa-web, namespace: shop, ownerReferences: [
  {apiVersion: keda.sh/v1alpha1, kind: ScaledObject, name: web, uid: u, controller: true}]}, spec: {minReplicas: 3, maxReplicas: 6,
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, metrics: [{type: External, external: {
  metric: {name: s0-cron-Europe-Berlin-08xx1-5-010xx1-5}, target: {type: AverageValue, averageValue: '1'}}}]}}
";
    let (result, rescales) = run(&folder(&(scaled(MORNING) + hpa)));
    assert_eq!(result["autoscalers"].as_array().map(Vec::len), Some(1), "{}", result["autoscalers"]);
    assert!(rescales.iter().any(|(_, _, to)| *to == 6), "its own maximum: {rescales:?}");
    assert_eq!(rescales.last().map(|(_, _, to)| *to), Some(3), "its own minimum: {rescales:?}");
    let caveats = result["caveats"].to_string();
    assert!(!caveats.contains("same target") && !caveats.contains("has no values"), "{caveats}");
}

#[test]
fn what_is_not_simulated_is_a_caveat() {
    let queue = "{type: aws-sqs-queue, metadata: {queueURL: q}}";
    let job =
        "---\n{apiVersion: keda.sh/v1alpha1, kind: ScaledJob, metadata: {name: batch, namespace: shop}, spec: {}}\n";
    let (result, rescales) = run(&folder(&(scaled(queue) + job)));
    let caveats = result["caveats"].to_string();
    for text in [
        "the trigger `aws-sqs-queue` is not simulated",
        "no trigger of it is simulated",
        "ScaledJobs decide and are not simulated",
    ] {
        assert!(caveats.contains(text), "`{text}` is not in {caveats}");
    }
    assert_eq!(rescales, []);
    let wrong = MORNING.replace("0 8 * * 1-5", "at eight");
    let (result, _) = run(&folder(&scaled(&format!("{CPU}, {wrong}"))));
    let caveats = result["caveats"].to_string();
    assert!(
        caveats.contains("`at eight` is not a schedule") && caveats.contains("the trigger asks for nothing"),
        "{caveats}"
    );
}

#[test]
fn a_scaled_object_that_cannot_be_read_is_refused_with_its_place() {
    for (object, said) in [
        (scaled(CPU).replace("'60'", "60"), "spec.triggers[0].metadata"),
        (
            scaled(CPU).replace("maxReplicaCount: 20", "maxReplicaCount: 1"),
            "spec.maxReplicaCount: found 1, expected at least",
        ),
        (scaled(CPU) + "---\n" + &scaled(CPU), "an object of this kind and name was read before"),
    ] {
        folder(&object).run("run shop.yaml -q").refused(&["keda.yaml", said]);
    }
}

//! What holds requests back is named, with its share of those that failed.

use crate::program::Folder;
use serde_json::Value;

fn deployment(replicas: u32, cpu: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      \
         containers: [{{name: web, image: web, resources: {{requests: {{cpu: {cpu}}}, limits: {{cpu: {cpu}}}}}}}]\n"
    )
}

fn hpa(max: u32) -> String {
    format!(
        "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec:\n  minReplicas: 2\n  \
         maxReplicas: {max}\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  metrics: [{{type: Resource, \
         resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 60}}}}}}]\n"
    )
}

/// 30 requests a second of a tenth of a core: 3 cores.
fn folder(manifests: String, pool: &str, more: &str) -> Folder {
    let scenario = format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: s\nmanifests: [web.yaml]\nduration: 30m\nreplications: 2\n\
         nodeGroups: {{pool: {{instanceTypes: [m5.large], {pool}}}}}\nobjectives: {{latencyP95: 300ms, errorRate: 0.01}}\n\
         traffic: {{patterns: [{{constant: {{rate: 30}}}}], routes: {{web: 1}}}}\n\
         services: {{web: {{cpuPerRequest: 100ms, concurrency: 1, queue: 4}}}}\n{more}"
    );
    Folder::new().file("web.yaml", manifests).file("s.yaml", scenario)
}

/// result.json, and what the terminal says.
fn run(folder: &Folder) -> (Value, String) {
    let json = folder.run("run s.yaml -q --no-recommend -o json").json();
    let text = folder.run("run s.yaml -q --no-recommend").ok().to_owned();
    (json, text)
}

fn worst(json: &Value) -> (&str, &str, f64) {
    let worst = &json["bottlenecks"][0];
    let share = worst["failedShare"]["mean"].as_f64().unwrap_or(f64::NAN);
    (worst["kind"].as_str().unwrap_or("none"), worst["name"].as_str().unwrap_or(""), share)
}

#[test]
fn an_hpa_at_its_maximum() {
    let (json, text) = run(&folder(deployment(2, "500m") + &hpa(4), "minSize: 4, maxSize: 4", ""));
    assert_eq!(worst(&json), ("hpaAtMaximum", "default/web", 1.0));
    assert!(text.contains("HPA default/web at its maximum of 4"), "{text}");
    assert!(text.contains("100% of the failed requests"), "{text}");
}

#[test]
fn a_workload_without_hpa() {
    let (json, text) = run(&folder(deployment(2, "500m"), "minSize: 4, maxSize: 4", ""));
    assert_eq!(worst(&json), ("noHpa", "default/web", 1.0));
    assert!(text.contains("default/web has no HPA, 2 pods"), "{text}");
}

#[test]
fn a_node_group_at_its_maximum() {
    let pool = "minSize: 1, maxSize: 2";
    let folder = folder(deployment(2, "500m") + &hpa(20), pool, "autoscaler: {enabled: true}\n");
    let (json, text) = run(&folder);
    assert_eq!(worst(&json), ("groupAtMaximum", "pool", 1.0));
    let full = json["bottlenecks"][0]["fullRatio"]["mean"].as_f64().expect("a share of time");
    assert!(full > 0.5 && full <= 1.0, "{full}");
    assert!(text.contains("node group pool at its maximum of 2"), "{text}");
    let text = folder.run("run s.yaml -q --recommend").ok().to_owned();
    let verdict = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(verdict.contains("The bottleneck is node group pool"), "{text}");
}

#[test]
fn nodes_that_nothing_adds() {
    let (json, text) = run(&folder(deployment(2, "500m") + &hpa(20), "minSize: 2, maxSize: 2", ""));
    assert_eq!(worst(&json), ("noAutoscaler", "the cluster", 1.0));
    assert!(text.contains("the cluster stays at 2 nodes while pods wait"), "{text}");
}

#[test]
fn where_nothing_fails_and_nothing_is_full_there_is_none() {
    let (json, text) = run(&folder(deployment(40, "500m"), "minSize: 16, maxSize: 16", ""));
    assert_eq!(worst(&json).0, "none");
    assert!(text.contains("Bottleneck                none"), "{text}");
}

#[test]
fn pods_that_no_group_takes() {
    let pool = "minSize: 1, maxSize: 6";
    let manifests = deployment(2, "500m").replace("containers:", "nodeSelector: {disk: ssd}\n      containers:");
    let (json, text) = run(&folder(manifests, pool, "autoscaler: {enabled: true}\n"));
    assert_eq!(worst(&json), ("nodesTooLate", "default/web", 1.0));
    assert!(text.contains("pods of default/web wait for a node"), "{text}");
}

#[test]
fn an_hpa_that_never_scales() {
    let dead = hpa(20).replace("resource: {name: cpu,", "resource: {name: memory,");
    let (json, _) = run(&folder(deployment(2, "500m") + &dead, "minSize: 4, maxSize: 4", ""));
    assert_eq!(worst(&json), ("hpaIdle", "default/web", 1.0));
}

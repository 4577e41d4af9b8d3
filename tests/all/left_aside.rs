//! What a file holds beside what a command looks at is named, at every door.

use crate::program::Folder;

const NODE: &str = "
{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {capacity: {cpu: '4', memory: 8Gi, pods: '110'},
  allocatable: {cpu: '4', memory: 8Gi, pods: '110'}, conditions: [{type: Ready, status: 'True'}]}}
";
const SCALED: &str = "
{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: web, namespace: shop}, spec: {scaleTargetRef: {name: web}}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: shop}}
";
const HPA: &str = "
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: shop}, spec: {minReplicas: 1,
  maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, metrics: [{type: Resource,
  resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]}}
";
const USAGE: &str = "time,cpu_milli,memory_mib\n0,20,10\n60,20,10\n120,20,10\n";

fn folder() -> Folder {
    Folder::new().files(&[("node.yaml", NODE), ("scaled.yaml", SCALED), ("hpa.yaml", HPA), ("usage.csv", USAGE)])
}

#[test]
fn schedule_and_hpa_name_what_they_do_not_look_at() {
    let decides = "ScaledObjects decide and are not simulated: KEDA scales workloads by them";
    let others = "objects that no decision looks at were left aside: 1 ConfigMap";
    let folder = folder();
    for line in [
        "schedule -f node.yaml -f scaled.yaml",
        "hpa -f hpa.yaml -f scaled.yaml --metrics usage.csv --cpu-request 100m --memory-request 100Mi",
    ] {
        let done = folder.run(line);
        done.ok();
        assert!(done.stderr.contains(decides) && done.stderr.contains(others), "{line}: {}", done.stderr);
    }
}

#[test]
fn a_scaled_object_alone_names_the_hpa_that_keda_makes() {
    let done = folder().run("hpa -f scaled.yaml --metrics usage.csv");
    done.refused(&["there is no HorizontalPodAutoscaler", "kubectl get hpa keda-hpa-web -n shop -o yaml"]);
}

#[test]
fn the_recommenders_own_flags_count() {
    let recommender = "
{apiVersion: apps/v1, kind: Deployment, metadata: {name: vpa-recommender, namespace: kube-system}, spec: {selector: {
  matchLabels: {app: r}}, template: {metadata: {labels: {app: r}}, spec: {containers: [{name: recommender,
  image: 'registry.k8s.io/autoscaling/vpa-recommender:1.0.0', args: [--pod-recommendation-min-memory-mb=20,
  --storage=prometheus]}]}}}}
";
    let folder = folder().file("recommender.yaml", recommender);
    let target = |line: &str| {
        let done = folder.run(line);
        let rows: serde_json::Value = serde_json::from_str(done.ok()).expect("JSON");
        (rows.to_string(), done.stderr)
    };
    let (own, said) = target("vpa --usage usage.csv -f recommender.yaml -o json");
    assert!(own.contains(&format!("\"lowerBound\":{}", 20 << 20)), "{own}");
    assert!(said.contains("--storage: this flag of the VPA is not simulated"), "{said}");
    assert!(target("vpa --usage usage.csv -o json").0.contains(&format!("\"target\":{}", 250 << 20)));
}

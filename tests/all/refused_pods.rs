//! Pods that the API server would refuse: their workload has none, and it is said why.

use crate::program::Folder;
use serde_json::Value;

const OBJECTS: &str = "
{apiVersion: v1, kind: LimitRange, metadata: {name: bounds, namespace: default}, spec: {limits: [{type: Container,
  max: {memory: 1Gi}, default: {memory: 512Mi}}]}}
---
{apiVersion: v1, kind: ResourceQuota, metadata: {name: ten, namespace: default}, spec: {hard: {pods: '10'}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: large}, spec: {replicas: 3, selector: {matchLabels: {app: large}},
  template: {metadata: {labels: {app: large}}, spec: {containers: [{name: app, image: a, resources: {requests: {cpu: '1'},
  limits: {memory: 2Gi}}}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: small}, spec: {replicas: 2, selector: {matchLabels: {app: small}},
  template: {metadata: {labels: {app: small}}, spec: {containers: [{name: app, image: a, resources: {requests: {cpu: 100m}}}]}}}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent}, spec: {selector: {matchLabels: {app: agent}},
  template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: app, image: a, resources: {requests: {memory: 600Mi}}}]}}}}
";
const SCENARIO: &str = "
apiVersion: foresail/v1alpha1
kind: Scenario
name: refused
manifests: [objects.yaml]
nodeGroups: {web: {instanceTypes: [m5.large], minSize: 2, maxSize: 2}}
duration: 30m
traffic: {patterns: [{constant: {rate: 5}}], routes: {large: 1}}
services: {large: {cpuPerRequest: 5ms}}
replications: 1
";

#[test]
fn a_limit_range_refuses_pods_and_a_quota_is_named() {
    let folder = Folder::new().files(&[("objects.yaml", OBJECTS), ("scenario.yaml", SCENARIO)]);
    let done = folder.run("run scenario.yaml --no-recommend -o json");
    assert_eq!(done.code, 0, "{}", done.stderr);
    let report: Value = serde_json::from_str(&done.stdout).expect("JSON");
    let caveats = report["caveats"].to_string();
    for text in [
        "Deployment large: ",
        "the most of memory per Container is 1Gi, and the limit is 2Gi (LimitRange bounds)",
        "it requests 600Mi of memory, and its limit is 512Mi",
        "(FailedCreate), so it has none",
        "ResourceQuotas decide and are not simulated",
    ] {
        assert!(caveats.contains(text), "{text}: {caveats}");
    }
    assert!(!caveats.contains("Deployment small"), "{caveats}");
    folder.run("run scenario.yaml --no-recommend -q --out out").ok();
    let decisions = folder.text("out/decisions.jsonl");
    assert!(
        decisions.contains("small-") && !decisions.contains("large-") && !decisions.contains("agent-"),
        "{decisions}"
    );
}

#[test]
fn a_planned_pod_that_would_be_refused_is_doubted() {
    let dump = "
{apiVersion: v1, kind: LimitRange, metadata: {name: bounds, namespace: default}, spec: {limits: [{type: Pod, max: {cpu: '1'}}]}}
---
{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {eks.amazonaws.com/nodegroup: g}}, status: {
  capacity: {cpu: '4', memory: 8Gi, pods: '110'}, allocatable: {cpu: '4', memory: 8Gi, pods: '110'},
  conditions: [{type: Ready, status: 'True'}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: big}, spec: {containers: [{name: a, image: a, resources: {limits: {cpu: '2'}}}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: small}, spec: {containers: [{name: a, image: a, resources: {limits: {cpu: '1'}}}]}}
";
    let folder = Folder::new().files(&[("dump.yaml", dump)]);
    for line in ["schedule -f dump.yaml", "autoscale -f dump.yaml --flags --nodes=0:3:g"] {
        let done = folder.run(line);
        done.ok();
        let doubts: Vec<&str> = done.stderr.lines().filter(|line| line.contains("would refuse this pod")).collect();
        assert_eq!(doubts.len(), 1, "{line}: {}", done.stderr);
        assert!(doubts[0].contains("Pod big: ") && doubts[0].contains("the most of cpu per Pod is 1"), "{doubts:?}");
    }
}

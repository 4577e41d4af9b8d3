//! The same files say the same at every door: `run`, `schedule`, `autoscale`, `hpa`.

use crate::program::Folder;

const SCENARIO: &str = "apiVersion: foresail/v1alpha1\nkind: Scenario\nduration: 10m\nreplications: 1\n";

/// A node of m5.large size with these labels.
fn node(name: &str, labels: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Node\nmetadata: {{name: {name}, labels: {{kubernetes.io/hostname: {name}, \
         node.kubernetes.io/instance-type: m5.large, {labels}}}}}\n\
         status: {{allocatable: {{cpu: \"2\", memory: 7Gi, pods: \"29\"}}}}\n---\n"
    )
}

#[test]
fn a_scenario_finds_the_files_of_the_one_that_it_extends() {
    let configuration = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";
    let base = SCENARIO.to_owned()
        + "nodeGroups: {g: {instanceTypes: [m5.large], minSize: 1, maxSize: 1}}\n\
           scheduler: {configuration: k.yaml}\n";
    let folder = Folder::new()
        .file("base/k.yaml", configuration)
        .file("base/s.yaml", base)
        .file("top/s.yaml", SCENARIO.to_owned() + "extends: ../base/s.yaml\n");
    folder.run("run top/s.yaml --no-recommend -q").ok();
}

#[test]
fn a_dump_has_the_same_node_groups_wherever_it_is_read() {
    let nodes = node("a1", "kops.k8s.io/instancegroup: kops-a")
        + &node("b1", "karpenter.sh/nodepool: karp-b")
        + &node("c1", "kubernetes.azure.com/agentpool: aks-c")
        + &node("d1", "alpha.eksctl.io/nodegroup-name: ctl-d, kops.k8s.io/instancegroup: other");
    let folder =
        Folder::new().file("dump.yaml", nodes).file("s.yaml", SCENARIO.to_owned() + "manifests: [dump.yaml]\n");
    let alone = folder.run("autoscale -f dump.yaml");
    folder.run("run s.yaml --no-recommend -q --out out").ok();
    let simulated = folder.text("out/result.json");
    for group in ["kops-a", "karp-b", "aks-c", "ctl-d"] {
        assert!(alone.ok().contains(group), "{group}: {}", alone.stdout);
        assert!(simulated.contains(&format!("\"{group}\"")), "{group}");
    }
    assert!(!alone.stderr.contains("belong to no node group"), "{}", alone.stderr);
}

#[test]
fn a_malformed_object_is_refused_at_every_door() {
    let bad = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels: [a]\n---\n";
    let class = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: much\n---\n";
    let target = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: many}\n---\n\
                  apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n\
                  spec: {maxReplicas: 5, scaleTargetRef: {kind: Deployment, name: web}, metrics: [{type: Resource, \
                  resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]}\n";
    let folder = Folder::new()
        .file("dump.yaml", bad.to_owned() + &node("a1", "eks.amazonaws.com/nodegroup: a"))
        .file("class.yaml", class.to_owned() + &node("a1", "eks.amazonaws.com/nodegroup: a"))
        .file("hpa.yaml", target)
        .file("m.csv", "time,cpu\n0,1\n15,1\n")
        .file("s.yaml", SCENARIO.to_owned() + "manifests: [dump.yaml]\n");
    let namespace = "Namespace shop: metadata.labels";
    for (line, place) in [
        ("run s.yaml --no-recommend -q", namespace),
        ("schedule -f dump.yaml", namespace),
        ("autoscale -f dump.yaml", namespace),
        ("schedule -f class.yaml", "PriorityClass high: value"),
        ("hpa -f hpa.yaml --metrics m.csv --cpu-request 1", "Deployment web: spec.replicas"),
    ] {
        let done = folder.run(line);
        assert_eq!(done.code, 2, "{line}: {}", done.stderr);
        assert!(done.stderr.contains(place) && done.stderr.contains(".yaml:"), "{line}: {}", done.stderr);
    }
}

/// JSON as `kubectl get --raw` has it: items that do not say their kind.
const NODE_LIST: &str = r#"{"kind": "NodeList", "apiVersion": "v1", "items": [
  {"metadata": {"name": "a1", "labels": {"eks.amazonaws.com/nodegroup": "a",
      "node.kubernetes.io/instance-type": "m5.large"}},
   "status": {"allocatable": {"cpu": "2", "memory": "7Gi", "pods": "29"}}}
]}"#;

#[test]
fn every_door_reads_what_kubectl_and_the_api_print() {
    let pod =
        r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}}"#;
    let folder = Folder::new()
        .file("list.json", NODE_LIST)
        .file("several.json", format!("{NODE_LIST}\n{pod}\n"))
        .file("array.json", format!("[{pod}]"))
        .file("mixed.yaml", format!("{pod}\n---\nkind: Namespace\nmetadata: {{name: shop}}\n"))
        .file("s.yaml", SCENARIO.to_owned() + "manifests: [several.json]\n");
    for files in ["-f several.json", "-f list.json -f array.json", "-f list.json -f mixed.yaml"] {
        let placed = folder.run(&format!("schedule {files}"));
        assert!(placed.ok().contains("default     p      a1"), "{files}: {}", placed.stdout);
        assert!(folder.run(&format!("autoscale {files}")).ok().contains('a'), "{files}");
    }
    folder.run("run s.yaml --no-recommend -q --out out").ok();
    assert!(folder.text("out/result.json").contains("\"a\""));
}

#[test]
fn a_wrong_field_of_a_list_has_its_own_line_at_every_door() {
    let list = "{\n  \"kind\": \"List\",\n  \"items\": [\n    {\n      \"kind\": \"Node\",\n      \"metadata\": {\"name\": \"n\"}\n    },\n    \
                {\n      \"kind\": \"Node\",\n      \"metadata\": {\"name\": \"m\"},\n      \"spec\": {\n        \"unschedulable\": 1\n      }\n    }\n  ]\n}\n";
    let folder = Folder::new().file("dump.json", list).file("s.yaml", SCENARIO.to_owned() + "manifests: [dump.json]\n");
    for line in ["run s.yaml --no-recommend -q", "schedule -f dump.json", "autoscale -f dump.json"] {
        folder.run(line).refused(&["dump.json:12: error: Node m: spec.unschedulable: "]);
    }
    let twice = list.replace("\"m\"", "\"n\"").replace("\"unschedulable\": 1", "");
    let folder = Folder::new().file("dump.json", twice);
    for line in ["schedule -f dump.json", "autoscale -f dump.json"] {
        folder
            .run(line)
            .refused(&["dump.json:10: error: Node n: metadata.name: an object of this kind and name was read"]);
    }
}

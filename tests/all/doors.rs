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

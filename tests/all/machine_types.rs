//! Machine types differ in more than price: speed, architecture, what Cluster Autoscaler knows of them. And what is
//! said in vain is refused.

use crate::program::Folder;
use foresail::scenario::{Sources, load};
use serde_json::Value;
use std::fs;

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: web, resources: {requests: {cpu: 500m, memory: 256Mi}, limits: {cpu: \"1\"}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  minReplicas: 2
  maxReplicas: 20
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]
";

fn scenario(more: &str) -> String {
    format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: s\nmanifests: [web.yaml]\nduration: 30m\nreplications: 1\n\
         traffic: {{patterns: [{{constant: {{rate: 40}}}}], routes: {{web: 1}}}}\n\
         services: {{web: {{cpuPerRequest: 30ms, concurrency: 16}}}}\n{more}"
    )
}

fn folder(more: &str) -> Folder {
    Folder::new().file("web.yaml", WEB).file("s.yaml", scenario(more))
}

fn groups(kind: &str, more: &str) -> String {
    format!("nodeGroups: {{pool: {{instanceTypes: [{kind}], minSize: 4, maxSize: 4{more}}}}}\n")
}

/// P50 in milliseconds, and pods on average.
fn figures(more: &str) -> (f64, f64) {
    let json: Value = folder(more).run("run s.yaml -q --no-recommend -o json").json();
    let p50 = json["services"][0]["latencyMsP50"]["mean"].as_f64().expect("a P50");
    let pods = json["autoscalers"][0]["replicasMean"]["mean"].as_f64().expect("pods");
    (p50, pods)
}

#[test]
fn faster_machines_answer_faster_and_need_fewer_pods() {
    for mode in ["fast", "exact"] {
        let of = |kind: &str, more: &str| figures(&format!("latency: {mode}\n{}", groups(kind, more)));
        let (usual, fast, slow) = (of("m5.large", ""), of("m7g.large", ""), of("m5a.large", ""));
        assert!(fast.0 < usual.0 * 0.85 && slow.0 > usual.0 * 1.15, "{mode}: {usual:?} {fast:?} {slow:?}");
        // A slower core uses more of its cpu for one request: the HPA sees that.
        assert!(fast.1 < usual.1 && slow.1 > usual.1, "{mode}: {usual:?} {fast:?} {slow:?}");
        let told = of("m7g.large", ", cpuSpeed: 1");
        assert_eq!(told, usual, "{mode}: the scenario's word counts");
    }
    let measured_there = figures(&format!("cluster: {{cpuReference: m7g.large}}\n{}", groups("m7g.large", "")));
    assert_eq!(measured_there, figures(&groups("m5.large", "")), "measured on the type that runs");
}

#[test]
fn an_autoscaler_sees_what_a_fast_machine_is_kept_busy_with() {
    for mode in ["fast", "exact"] {
        // 12 cores of the reference machine are 2.4 of these: 8 pods at 60 % of half a core, after the first rush.
        let text = scenario(&format!("latency: {mode}\n{}", groups("m5.large", ", cpuSpeed: 5")));
        let busy = Folder::new().file("web.yaml", WEB).file("s.yaml", text.replace("rate: 40}", "rate: 400}"));
        let json: Value = busy.run("run s.yaml -q --no-recommend -o json").json();
        let mean = json["autoscalers"][0]["replicasMean"]["mean"].as_f64().expect("pods");
        assert!((7.0..12.0).contains(&mean), "{mode}: {mean}");
    }
}

#[test]
fn what_is_assumed_about_machines_is_said() {
    let run = |more: &str| folder(more).run("run s.yaml -q --details --no-recommend");
    let arm = run(&groups("m7g.large", ""));
    assert!(arm.ok().contains("m7g.large is arm64") && arm.stdout.contains("m7g.large 1.41"), "{}", arm.stdout);
    assert!(arm.stdout.contains("cluster.cpuReference"), "{}", arm.stdout);
    let unknown = run(&groups("a1.xlarge", ""));
    assert!(unknown.ok().contains("how fast the cpus of a1.xlarge are is not known"), "{}", unknown.stdout);
    let usual = run(&groups("m5.large", ""));
    assert!(!usual.ok().contains("cpuReference"), "{}", usual.stdout);
    let refused =
        folder(&format!("cluster: {{cpuReference: m5.lrage}}\n{}", groups("m5.large", ""))).run("run s.yaml -q");
    refused.refused(&["cluster.cpuReference", "did you mean `m5.large`?"]);
}

#[test]
fn an_empty_group_on_aws_is_foretold_as_cluster_autoscaler_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let groups = "autoscaler: {enabled: true}\nnodeGroups:\n  pool: {instanceTypes: [m5.large], minSize: 0, maxSize: 4, \
                  labels: {team: web}, taints: [\"a=b:NoSchedule\"], tags: {\"k8s.io/cluster-autoscaler/node-template/label/tier\": x}}\n";
    fs::write(folder.path().join("web.yaml"), WEB).expect("written");
    fs::write(folder.path().join("s.yaml"), scenario(groups)).expect("written");
    let scenario = load(Sources::Disk, &folder.path().join("s.yaml"), &[]).expect("it loads");
    let group = scenario.cast.groups.values().next().expect("the group");
    let told = group.foretold.as_ref().expect("what the cloud says");
    let template = &told.template;
    assert_eq!(template.capacity, template.allocatable, "nothing is reserved");
    assert_eq!((template.capacity.resources.cpu_milli, template.capacity.resources.memory_bytes), (2000, 8 << 30));
    assert_eq!((template.capacity.pods, template.capacity.resources.ephemeral_bytes), (110, 0));
    assert_eq!(group.machines[0].template.allocatable.resources.cpu_milli, 1930, "the true node");
    let symbols = &scenario.cast.cluster.symbols;
    let label =
        |key: &str| symbols.lookup(key).and_then(|key| template.labels.get(key)).map(|value| symbols.text(value));
    assert_eq!((label("team"), label("tier")), (Some("web"), Some("x")));
    assert_eq!(label("topology.kubernetes.io/zone"), Some("us-east-1a"));
    assert!(template.taints.is_empty(), "EKS's effects are not Kubernetes'");
    assert_eq!(told.pods.len(), 1, "kube-proxy");
    let caveats: String = scenario.caveats.iter().map(|issue| format!("{issue}\n")).collect();
    assert!(caveats.contains("does not see the taint a while the group is empty"), "{caveats}");
}

#[test]
fn the_template_of_an_empty_group_has_a_kube_proxy() {
    let big =
        WEB.replace("replicas: 2", "replicas: 1").replace("cpu: 500m", "cpu: 1950m").replace("cpu: \"1\"", "cpu: 2");
    let groups = "autoscaler: {enabled: true}\nnodeGroups:\n  base: {instanceTypes: [t3.small], minSize: 1, maxSize: 1, taints: [\"x=y:NoSchedule\"]}\n  \
                  pool: {instanceTypes: [m5.large], minSize: 0, maxSize: 4, desiredSize: 0}\n";
    let big = big.split("---").next().expect("the Deployment");
    let folder = Folder::new().file("web.yaml", big).file("s.yaml", scenario(groups));
    assert_eq!(folder.run("run s.yaml -q --details --no-recommend").code, 0);
    let decisions = folder.text("reports/s/decisions.jsonl");
    // Nominally 2000m less 100m do not hold 1950m.
    assert!(!decisions.contains("pool-0001"), "{decisions}");
    let fits = big.replace("1950m", "1895m");
    let folder = Folder::new().file("web.yaml", fits).file("s.yaml", scenario(groups));
    assert_eq!(folder.run("run s.yaml -q --details --no-recommend").code, 0);
    assert!(folder.text("reports/s/decisions.jsonl").contains("pool-0001"));
}

#[test]
fn settings_of_what_does_not_exist_are_refused_with_the_names_that_do() {
    let folder = folder(&groups("m5.large", ""));
    let refused = |set: &str, texts: &[&str]| folder.run(&format!("run s.yaml -q --set {set}")).refused(texts);
    refused("nodeGroups.poll.maxSize=9", &["there is no node group `poll`", "did you mean `pool`?"]);
    refused("nodeGroups.zzz.maxSize=9", &["there is no node group `zzz`", "there is pool", "needs instanceTypes"]);
    refused("nodeGroups.zzz.remove=true", &["there is no node group `zzz`"]);
    refused("services.webb.cpuPerRequest=5ms", &["`webb` is no workload", "did you mean `web`?"]);
    refused("hpas.api.maxReplicas=9", &["there is no HorizontalPodAutoscaler `api`", "there is web"]);
    refused("jobs.report.duration=5m", &["there is no Job or CronJob `report`"]);
}

#[test]
fn a_number_without_a_unit_or_quotes_says_what_is_missing() {
    let folder = folder(&groups("m5.large", ""));
    let refused = |set: &str, texts: &[&str]| folder.run(&format!("run s.yaml -q --set {set}")).refused(texts);
    refused("objectives.latencyP95=200", &["200 without a unit", "200ms", "objectives.latencyP95"]);
    refused("objectives.latencyP95=0.2", &["0.2 without a unit"]);
    refused("services.web.cpuPerRequest=14", &["14 without a unit"]);
    refused("cluster.kubernetesVersion=1.3", &["1.3 or 1.30", "in quotes"]);
    let done = folder.run("run s.yaml -q --no-recommend --set cluster.kubernetesVersion=1.33");
    assert_eq!(done.code, 0, "{}", done.stderr);
}

#[test]
fn faults_that_hit_nothing_are_said() {
    let faults = "faults:\n  - {at: 5m, spotNotice: pool}\n  - {at: 2h, nodeLost: pool}\n";
    let done = folder(&(groups("m5.large", "") + faults)).run("run s.yaml -q --details --no-recommend");
    assert!(done.ok().contains("faults[0]") && done.stdout.contains("is not spot capacity"), "{}", done.stdout);
    assert!(done.stdout.contains("it never happens"), "{}", done.stdout);
}

/// The label that the disk driver of GKE sets, and its volumes ask for.
#[test]
fn nodes_of_gke_have_their_zone_under_the_disk_drivers_name_too() {
    let objects = "
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, selector: {matchLabels: {app: web}},
  template: {metadata: {labels: {app: web}}, spec: {nodeSelector: {topology.gke.io/zone: us-central1-b}, containers: [{
  name: app, image: a, resources: {requests: {cpu: 100m, memory: 100Mi}}}]}}}}
";
    let scenario = "
apiVersion: foresail/v1alpha1
kind: Scenario
name: zones
cluster: {region: us-central1}
manifests: [objects.yaml]
nodeGroups: {pool: {instanceTypes: [e2-standard-2], minSize: 2, maxSize: 2, zones: [us-central1-a, us-central1-b]}}
duration: 30m
";
    let folder = crate::program::Folder::new().files(&[("objects.yaml", objects), ("s.yaml", scenario)]);
    let done = folder.run("run s.yaml -n 1 --no-recommend -q --out out");
    done.ok();
    let decisions = folder.text("out/decisions.jsonl");
    let bound = decisions.lines().filter(|line| line.contains("\"bound\"") && line.contains("web-")).count();
    assert_eq!(bound, 2, "{decisions}");
    assert!(!folder.text("out/result.json").contains("no node group could ever hold"));
}

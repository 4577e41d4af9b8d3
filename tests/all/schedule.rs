//! `foresail schedule` from outside: placements, messages, explanations, capacity, and what it refuses.

use crate::program::{Done, Folder};
use serde_json::{Value, json};
use std::io::Write;

/// `foresail schedule -f dump.json` and more words, on these objects.
fn schedule(objects: &Value, words: &[&str]) -> Done {
    in_folder(&folder_with("dump.json", objects.to_string().as_bytes()), &[&["-f", "dump.json"], words].concat(), b"")
}

fn in_folder(folder: &Folder, words: &[&str], stdin: &[u8]) -> Done {
    folder.pipe(&[&["schedule", "--kubernetes", "1.28"], words].concat(), stdin)
}

fn folder_with(name: &str, text: &[u8]) -> Folder {
    Folder::new().file(name, text)
}

fn node(name: &str, zone: &str, more: Value) -> Value {
    let mut node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone}},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "20"}},
    });
    if !more.is_null() {
        node["spec"] = more;
    }
    node
}

fn pod(name: &str, cpu: &str, more: Value) -> Value {
    let mut spec = json!({"containers": [
        {"name": "c", "image": "registry/app:1", "resources": {"requests": {"cpu": cpu, "memory": "256Mi"}}}]});
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}}, "spec": spec})
}

fn list(items: Vec<Value>) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

/// Two free nodes, one for databases, one cordoned.
fn cluster(pods: Vec<Value>) -> Value {
    let taint = json!({"taints": [{"key": "workload", "value": "database", "effect": "NoSchedule"}]});
    let nodes = vec![
        node("n1", "a", Value::Null),
        node("n2", "b", Value::Null),
        node("n3", "a", taint),
        node("n4", "b", json!({"unschedulable": true})),
    ];
    list(nodes.into_iter().chain(pods).collect())
}

#[test]
fn pods_get_nodes_in_a_table() {
    let there = pod("old", "3", json!({"nodeName": "n1"}));
    let done = schedule(&cluster(vec![there, pod("web", "500m", Value::Null)]), &[]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(done.stdout, "NAMESPACE   NAME   NODE\nshop        web    n2\n");
    assert!(done.stderr.starts_with("placed 1 pod, 0 wait; "), "{}", done.stderr);
    assert!(done.stderr.trim_end().ends_with(" pods/s"), "{}", done.stderr);
}

#[test]
fn a_pod_that_does_not_fit_gets_the_message_of_kubectl_describe() {
    let done = schedule(&cluster(vec![pod("big", "64", Value::Null)]), &[]);
    let expect = "shop/big: FailedScheduling: 0/4 nodes are available: 1 node(s) had untolerated taint {workload: \
                  database}, 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: 0/4 nodes are available: 2 \
                  No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.";
    assert!(done.stdout.contains(expect), "{}", done.stdout);
    assert!(done.stdout.contains("shop        big    <none>"), "{}", done.stdout);
}

#[test]
fn placements_as_json() {
    let gated = pod("gated", "1", json!({"schedulingGates": [{"name": "quota"}]}));
    let found = schedule(&cluster(vec![pod("big", "64", Value::Null), gated]), &["-o", "json"]).json();
    assert_eq!(found["pods"][0]["name"], "big");
    assert_eq!(found["pods"][0]["node"], Value::Null);
    assert!(found["pods"][0]["message"].as_str().is_some_and(|text| text.starts_with("0/4 nodes")), "{found}");
    assert_eq!(found["pods"][1]["gated"], true);
}

#[test]
fn less_important_pods_make_room() {
    let low = pod("low", "3500m", json!({"nodeName": "n1", "priority": 0}));
    let other = pod("other", "3500m", json!({"nodeName": "n2", "priority": 2000}));
    let high = pod("high", "2", json!({"priority": 1000}));
    let done = schedule(&cluster(vec![low, other, high]), &["-o", "json"]).json();
    assert_eq!(done["pods"][0]["node"], "n1");
    assert_eq!(done["preemptions"][0]["victims"], json!(["shop/low"]));
}

#[test]
fn every_node_is_explained() {
    let objects = cluster(vec![pod("web", "500m", Value::Null)]);
    let done = schedule(&objects, &["--explain", "web"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    for text in ["shop/web goes to n1 (2 nodes are equally good).", "NodeResourcesFit", "TaintToleration", "n4"] {
        assert!(done.stdout.contains(text), "`{text}` is not in:\n{}", done.stdout);
    }
    let found = schedule(&objects, &["--explain", "shop/web", "-o", "json"]).json();
    assert_eq!(found["nodes"]["n3"]["reasons"], json!(["node(s) had untolerated taint {workload: database}"]));
    assert_eq!(found["nodes"]["n1"]["plugins"]["TaintToleration"], 300);
    assert_eq!(found["best"], json!(["n1", "n2"]));
}

#[test]
fn how_many_more_fit_and_what_runs_out() {
    let objects = cluster(vec![pod("web", "500m", Value::Null)]);
    let done = schedule(&objects, &["--how-many", "web"]);
    assert!(done.stdout.contains("15 more pods like shop/web fit."), "{}", done.stdout);
    assert!(done.stdout.contains("What runs out first: cpu, on 2 of 4 nodes."), "{}", done.stdout);
    let found = schedule(&objects, &["--how-many", "web", "-o", "json"]).json();
    assert_eq!((&found["count"], &found["nodes"]["n1"]), (&json!(15), &json!(7)));
}

#[test]
fn standard_input_gzip_yaml_and_folders_are_read() {
    let text = cluster(vec![pod("web", "500m", Value::Null)]).to_string();
    let expect = schedule(&cluster(vec![pod("web", "500m", Value::Null)]), &[]).stdout;
    let folder = Folder::new();
    assert_eq!(in_folder(&folder, &["-f", "-"], text.as_bytes()).stdout, expect);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).expect("it packs");
    let packed = packed.finish().expect("it packs");
    assert_eq!(in_folder(&folder, &["-f", "-"], &packed).stdout, expect);
    let folder = folder_with("dump.json.gz", &packed);
    assert_eq!(in_folder(&folder, &["-f", "."], b"").stdout, expect);
    let yaml = "kind: Node\nmetadata: {name: n1}\nstatus: {allocatable: {cpu: 1, memory: 1Gi, pods: 9}}\n---\nkind: Pod\n\
                metadata: {name: web}\nspec: {containers: [{name: c}]}\n";
    let folder = folder_with("dump.yaml", yaml.as_bytes());
    assert_eq!(
        in_folder(&folder, &["-f", "dump.yaml"], b"").stdout,
        "NAMESPACE   NAME   NODE\ndefault     web    n1\n"
    );
}

const SPREAD_OFF: &str = "
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: default-scheduler
  pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 1}]}}
  plugins:
    score: {disabled: [{name: NodeResourcesBalancedAllocation}]}
- schedulerName: careless
  plugins:
    filter: {disabled: [{name: TaintToleration}]}
    score: {enabled: [{name: ImageLocality, weight: 7}], disabled: [{name: '*'}]}
";

/// The cluster placed under a KubeSchedulerConfiguration.
fn configured(configuration: &str, pods: Vec<Value>, words: &[&str]) -> Done {
    let folder = folder_with("scheduler.yaml", configuration.as_bytes()).file("dump.json", cluster(pods).to_string());
    in_folder(&folder, &[&["-f", "dump.json", "--config", "scheduler.yaml"], words].concat(), b"")
}

#[test]
fn a_configuration_with_two_profiles_is_heeded() {
    let pods = || {
        vec![
            pod("old", "1", json!({"nodeName": "n2"})),
            pod("web", "500m", Value::Null),
            pod("any", "500m", json!({"schedulerName": "careless", "nodeSelector": {"kubernetes.io/hostname": "n3"}})),
            pod("foreign", "500m", json!({"schedulerName": "carelses"})),
        ]
    };
    let done = configured(SPREAD_OFF, pods(), &["-o", "json"]);
    let found = done.json();
    assert_eq!(found["pods"][0]["node"], "n2", "full nodes first: {found}");
    assert_eq!(found["pods"][1]["node"], "n3", "taints do not matter to it: {found}");
    assert_eq!(found["pods"].as_array().map(Vec::len), Some(2));
    assert!(done.stderr.contains("1 pending pod of another scheduler, `carelses`"), "{}", done.stderr);
    assert!(done.stderr.contains("did you mean `careless`?"), "{}", done.stderr);
    let found = configured(SPREAD_OFF, pods(), &["--explain", "web", "-o", "json"]).json();
    assert_eq!(found["nodes"]["n1"]["plugins"].get("NodeResourcesBalancedAllocation"), None, "{found}");
}

#[test]
fn terms_that_a_profile_prefers_count_for_every_pod() {
    let configuration = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles:\n\
        - pluginConfig:\n  - name: NodeAffinity\n    args:\n      addedAffinity:\n        \
        preferredDuringSchedulingIgnoredDuringExecution:\n        - weight: 5\n          preference: \
        {matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [ZONE]}]}\n";
    for (zone, node) in [("a", "n1"), ("b", "n2")] {
        let found =
            configured(&configuration.replace("ZONE", zone), vec![pod("p", "100m", Value::Null)], &["-o", "json"]);
        assert_eq!(found.json()["pods"][0]["node"], node);
    }
}

#[test]
fn a_configuration_is_refused_with_all_that_is_wrong() {
    let text = "
apiVersion: kubescheduler.config.k8s.io/v1alpha1
kind: KubeSchedulerConfiguration
percentageOfNodesToScore: 101
podInitialBackoffSeconds: 20
podMaxBackoffSeconds: 10
profiles:
- schedulerName: a
  pluginConfig:
  - {name: NodeResourcesFitt, args: {}}
  - {name: InterPodAffinity, args: {hardPodAffinityWeight: 101}}
  - {name: PodTopologySpread, args: {defaultConstraint: []}}
- schedulerName: a
  plugins: {score: {enabled: [{name: ImageLocalty}, {name: TaintToleration, weight: -1}]}}
";
    configured(text, Vec::new(), &[]).refused(&[
        "scheduler.yaml:2: error: KubeSchedulerConfiguration: apiVersion: found `kubescheduler.config.k8s.io/v1alpha1`",
        "percentageOfNodesToScore: must be 0 (adaptive) to 100, found 101",
        "podMaxBackoffSeconds: must be podInitialBackoffSeconds (20)",
        "did you mean `NodeResourcesFit`?",
        "hardPodAffinityWeight: must be 0 to 100, found 101",
        "did you mean `defaultConstraints`?",
        "profiles[1].schedulerName: two profiles are for `a`",
        "did you mean `ImageLocality`?",
        "the weight of TaintToleration must not be negative, found -1",
    ]);
    configured("kind: Service\nmetadata: {name: x}\n", Vec::new(), &[])
        .refused(&["expected a KubeSchedulerConfiguration, found `Service`"]);
    configured("profils: []\nkind: KubeSchedulerConfiguration\n", Vec::new(), &[])
        .refused(&["unknown field `profils`", "did you mean `profiles`?"]);
}

#[test]
fn all_problems_of_a_dump_come_at_once_with_their_places() {
    let text = "[\n{\"kind\": \"Node\", \"metadata\": {\"name\": \"n1\"}, \"status\": {\"allocatable\": {\"cpu\": \"4X\"}}},\n\
                {\"kind\": \"Node\", \"metadata\": {\"name\": \"n2\"}, \"status\": {\"allocatable\": {\"cpu\": \"-4\"}}},\n\
                {\"kind\": \"Node\", \"metadata\": {\"name\": \"n2\"}},\n{\"metadata\": {\"name\": \"what\"}},\n\
                {\"kind\": \"Pod\", \"metadata\": {}},\n{\"kind\": \"Pod\", \"metadata\": {\"name\": \"p\"}, \"spec\": \
                {\"containers\": 7}},\n{\"kind\": \"Pod\", \"metadata\": {\"name\": \"q\"}, \"spec\": {\"nodeName\": \"n9\"}}\n]";
    let folder = folder_with("dump.json", text.as_bytes());
    in_folder(&folder, &["-f", "dump.json"], b"").refused(&[
        "dump.json:2: error: Node n1: status.allocatable.cpu: `4X` is not a quantity",
        "dump.json:3: error: Node n2: status.allocatable.cpu: `-4` is negative",
        "dump.json:4: error: Node n2: metadata.name: an object of this kind and name was read before",
        "dump.json:5: error: ",
        "it has no kind",
        "dump.json:6: error: Pod: metadata.name: the object has no name",
        "dump.json:7: error: Pod p: spec.containers: invalid type: integer `7`, expected a sequence",
        "warning: Pod q: spec.nodeName: the pod is bound to node `n9`",
    ]);
}

#[test]
fn files_that_are_no_dumps_are_refused() {
    let refused = |bytes: &[u8], texts: &[&str]| {
        let folder = folder_with("dump.json", bytes);
        in_folder(&folder, &["-f", "dump.json"], b"").refused(texts);
    };
    refused(b"{\"kind\": \"List\", \"items\": [{\"kind\": \"Node\",\n", &["dump.json:", "EOF"]);
    refused(b"[1, 2]", &["it has no kind"]);
    refused(&[0x1f, 0x8b, 1, 2], &["dump.json", "cannot be read"]);
    refused(&[0xff, 0xfe, 0x00], &["dump.json", "neither JSON nor YAML"]);
    refused(format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes(), &["dump.json:1", "recursion"]);
    let folder = Folder::new();
    in_folder(&folder, &["-f", "nothing.json"], b"").refused(&["nothing.json", "does not exist"]);
    in_folder(&folder, &["-f", "."], b"").refused(&["holds no"]);
}

#[test]
fn names_are_looked_up_with_care() {
    let twice = |namespace: &str| {
        let mut pod = pod("web", "1", Value::Null);
        pod["metadata"]["namespace"] = json!(namespace);
        pod
    };
    let objects = cluster(vec![twice("a"), twice("b"), pod("cart", "1", json!({"nodeName": "n1"}))]);
    schedule(&objects, &["--explain", "web"]).refused(&["names 2 pods: a/web, b/web", "give the namespace"]);
    schedule(&objects, &["--how-many", "crat"]).refused(&["there is no pod `crat`", "did you mean `cart`?"]);
    schedule(&objects, &["--explain", "cart"]).refused(&["has a node already: n1"]);
}

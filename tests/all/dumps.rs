//! Nothing that a dump may hold makes the reader or the scheduler panic, hang or lose count.

use foresail::cluster::ClusterState;
use foresail::dry_run::schedule::{how_many, place};
use foresail::rng::{Seed, Stream};
use foresail::scenario::snapshot::{self, Snapshot};
use foresail::scheduler::{Decision, Scheduler, Ties};
use serde_json::{Value, json};

/// A small cluster in which every rule has something to say.
fn dump() -> Vec<Value> {
    let node = |name: &str, zone: &str| {
        json!({"kind": "Node", "metadata": {"name": name, "creationTimestamp": "2024-05-01T10:00:00Z",
            "labels": {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone, "cores": "8"}},
            "spec": {"taints": [{"key": "team", "value": "x", "effect": "PreferNoSchedule"}]},
            "status": {"allocatable": {"cpu": "8", "memory": "16Gi", "ephemeral-storage": "100Gi", "pods": "20",
                "nvidia.com/gpu": "2"},
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2024-05-01T10:00:30Z"}],
                "images": [{"names": ["app:1"], "sizeBytes": 500_000_000}]}})
    };
    let selector = json!({"matchLabels": {"app": "web"}, "matchExpressions": [
        {"key": "app", "operator": "In", "values": ["web", "api"]}]});
    let term = json!({"labelSelector": selector, "topologyKey": "topology.kubernetes.io/zone",
        "namespaceSelector": {"matchLabels": {"team": "x"}}, "namespaces": ["shop"]});
    let pod = |name: &str, node: Value| {
        json!({"kind": "Pod", "metadata": {"name": name, "namespace": "shop", "uid": name, "labels": {"app": "web"},
            "creationTimestamp": "2024-05-02T10:00:00Z", "ownerReferences": [{"apiVersion": "apps/v1",
                "kind": "ReplicaSet", "name": "web", "uid": "rs", "controller": true}]},
            "spec": {"nodeName": node, "priority": 10, "schedulerName": "default-scheduler",
                "terminationGracePeriodSeconds": 30, "nodeSelector": {"cores": "8"},
                "overhead": {"cpu": "10m"},
                "initContainers": [{"name": "i", "image": "app:1", "resources": {"requests": {"cpu": "1"}}}],
                "containers": [{"name": "c", "image": "app:1", "ports": [{"containerPort": 80, "hostPort": 8080,
                    "protocol": "TCP", "hostIP": "10.0.0.1"}], "resources": {"requests": {"cpu": "500m",
                    "memory": "1Gi", "nvidia.com/gpu": "1"}, "limits": {"cpu": "1", "memory": "2Gi"}}}],
                "tolerations": [{"key": "team", "operator": "Equal", "value": "x", "effect": "NoSchedule",
                    "tolerationSeconds": 300}],
                "topologySpreadConstraints": [{"maxSkew": 1, "minDomains": 2, "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector, "matchLabelKeys": ["app"],
                    "nodeAffinityPolicy": "Honor", "nodeTaintsPolicy": "Ignore"},
                    {"maxSkew": 2, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": selector}],
                "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "cores", "operator": "Gt", "values": ["4"]}]}]},
                    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 5, "preference":
                        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}}]},
                    "podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 10, "podAffinityTerm": term}]},
                    "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                        {"labelSelector": {"matchLabels": {"app": "other"}}, "topologyKey": "kubernetes.io/hostname"}]}},
                "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}},
                    {"name": "e", "emptyDir": {"medium": "Memory"}}]},
            "status": {"phase": "Pending", "startTime": "2024-05-02T10:00:01Z", "conditions": [
                {"type": "Ready", "status": "True", "lastTransitionTime": "2024-05-02T10:01:00Z"}]}})
    };
    vec![
        node("n1", "a"),
        node("n2", "b"),
        node("n3", "a"),
        json!({"kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "x"}}}),
        json!({"kind": "PriorityClass", "metadata": {"name": "high"}, "value": 1000}),
        json!({"kind": "StorageClass", "metadata": {"name": "fast"}, "provisioner": "ebs.csi.aws.com",
            "volumeBindingMode": "WaitForFirstConsumer", "allowedTopologies": [{"matchLabelExpressions":
            [{"key": "topology.kubernetes.io/zone", "values": ["a", "b"]}]}]}),
        json!({"kind": "PersistentVolume", "metadata": {"name": "pv"}, "spec": {"capacity": {"storage": "10Gi"},
            "accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "csi": {"driver": "ebs.csi.aws.com",
            "volumeHandle": "v"}, "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
            {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["a"]}]}]}}},
            "status": {"phase": "Available"}}),
        json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"}, "spec":
            {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests":
            {"storage": "5Gi"}}}}),
        json!({"kind": "CSINode", "metadata": {"name": "n1"}, "spec": {"drivers": [{"name": "ebs.csi.aws.com",
            "allocatable": {"count": 25}}]}}),
        json!({"kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": "shop"}, "spec":
            {"selector": selector}, "status": {"disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1,
            "disruptedPods": {}}}),
        json!({"kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"selector":
            {"app": "web"}}}),
        json!({"kind": "ReplicaSet", "metadata": {"name": "web", "namespace": "shop", "uid": "rs"}, "spec":
            {"replicas": 3, "selector": selector}}),
        pod("there", json!("n1")),
        pod("new", json!("")),
        {
            let mut important = pod("important", Value::Null);
            important["spec"]["priority"] = json!(2000);
            important["spec"]["volumes"] = json!([]);
            important["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!("7900m");
            important
        },
    ]
}

/// Values that do not belong where they are put.
fn nasty(dice: &mut Stream) -> Value {
    let texts =
        ["", "-1", "0", "9223372036854775807", "-9223372036854775808", "1e400", "9E", "4X", "𝔘", " ", "*", "n1"];
    match dice.below(12) {
        0 => Value::Null,
        1 => json!([]),
        2 => json!({}),
        3 => json!(true),
        4 => json!(-1),
        5 => json!(i64::MAX),
        6 => json!(i64::MIN),
        7 => json!(u64::MAX),
        8 => json!(1e308),
        9 => json!("9".repeat(1 + dice.below(400))),
        _ => json!(texts[dice.below(texts.len())]),
    }
}

/// Every place of a value, as a path.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
                found.push(path.clone());
                places(inner, &path, found);
            }
        }
        Value::Array(list) => {
            for (at, inner) in list.iter().enumerate() {
                found.push(format!("{path}/{at}"));
                places(inner, &format!("{path}/{at}"), found);
            }
        }
        _ => {}
    }
}

/// One change: a nasty value, a missing field, a list many times as long, an object twice.
fn mutate(objects: &mut Vec<Value>, dice: &mut Stream) {
    let at = dice.below(objects.len());
    let mut found = Vec::new();
    places(&objects[at], "", &mut found);
    let path = found[dice.below(found.len())].clone();
    match dice.below(10) {
        0 => {
            let copy = objects[at].clone();
            objects.push(copy);
        }
        1 | 2 => {
            let (parent, key) = path.rsplit_once('/').expect("a path has a parent");
            let key = key.replace("~1", "/").replace("~0", "~");
            if let Some(map) = objects[at].pointer_mut(parent).and_then(Value::as_object_mut) {
                map.remove(&key);
            }
        }
        3 => {
            if let Some(list) = objects[at].pointer_mut(&path).and_then(Value::as_array_mut)
                && let Some(first) = list.first().cloned()
            {
                list.extend(std::iter::repeat_n(first, 1 + dice.below(300)));
            }
        }
        _ => {
            if let Some(value) = objects[at].pointer_mut(&path) {
                *value = nasty(dice);
            }
        }
    }
}

fn load(objects: &[Value]) -> Result<Snapshot, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dump.json");
    std::fs::write(&path, json!({"kind": "List", "items": objects}).to_string()).expect("a file");
    snapshot::load(&[path], None, foresail::release::KubernetesVersion::V1_28.into()).map_err(|issues| {
        assert!(issues.has_errors() && issues.iter().all(|issue| issue.place.file.is_some()));
        issues.iter().map(|issue| format!("{issue}\n")).collect()
    })
}

/// What is requested of a node is what its pods request, after all that happened.
fn check_sums(cluster: &ClusterState) {
    for (_, node) in cluster.nodes() {
        let of = |id: &foresail::cluster::PodId| cluster.spec_of(*id).requests.memory_bytes;
        let sum = node.pods().iter().map(of).fold(0, i64::wrapping_add);
        assert_eq!(node.requested().memory_bytes, sum);
    }
}

fn exercise(snapshot: Snapshot) {
    let Snapshot { mut cluster, pending, profiles, .. } = snapshot;
    let mut scheduler = Scheduler::new(profiles.unwrap_or_default(), Ties::SmallestName);
    // The memory and the plain computation see the same, however absurd.
    for pod in pending.iter().filter(|pod| cluster.spec_of(**pod).scheduling_gates.is_empty()) {
        let quick = scheduler.decide(&cluster, *pod).ok().map(|(node, _)| node);
        let plain = match scheduler.schedule(&cluster, *pod).decision {
            Decision::Bind(node) => Some(node),
            _ => None,
        };
        assert_eq!(quick, plain, "{}", cluster.pod_key(*pod));
    }
    let run = place(&mut cluster, &mut scheduler, &pending, pending.last().copied());
    run.waiting.iter().for_each(|(_, diagnosis)| assert!(!diagnosis.message().is_empty()));
    check_sums(&cluster);
    let like = pending.iter().find(|pod| cluster.pod(**pod).is_present());
    if let Some(like) = like {
        assert!(how_many(&mut cluster, &mut scheduler, *like, 40).count() <= 40);
    }
    check_sums(&cluster);
}

#[test]
fn the_dump_itself_is_good_and_every_pod_gets_a_node() {
    let snapshot = load(&dump()).expect("a good dump");
    assert_eq!(snapshot.pending.len(), 2);
    exercise(snapshot);
}

#[test]
fn mutated_dumps_are_refused_or_placed() {
    let (mut refused, mut placed) = (0, 0);
    for seed in 0..1500 {
        let mut dice = Seed::new(seed, 0).stream("mutations", 0);
        let mut objects = dump();
        for _ in 0..1 + dice.below(3) {
            mutate(&mut objects, &mut dice);
        }
        println!("seed {seed}");
        match load(&objects) {
            Err(text) => {
                refused += 1;
                assert!(text.contains("error: "), "seed {seed}: {text}");
            }
            Ok(snapshot) => {
                placed += 1;
                exercise(snapshot);
            }
        }
    }
    assert!(refused > 100 && placed > 100, "{refused} refused, {placed} placed: the mutations miss");
}

#[test]
fn thousands_of_terms_and_owners_in_a_circle_are_no_trouble() {
    let mut objects = dump();
    let at = objects.iter().position(|object| object["metadata"]["name"] == "new").expect("the pod");
    let spec = &mut objects[at]["spec"];
    let term = spec["affinity"]["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][0].clone();
    spec["affinity"]["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] = json!(vec![term; 5000]);
    let expression = json!({"matchExpressions": [{"key": "cores", "operator": "Lt", "values": ["9"]}]});
    spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"] =
        json!(vec![expression; 5000]);
    objects[at]["metadata"]["ownerReferences"][0] =
        json!({"apiVersion": "v1", "kind": "Pod", "name": "new", "uid": "new", "controller": true});
    exercise(load(&objects).expect("a long dump"));
}

#[test]
fn amounts_near_two_to_the_63_keep_the_count() {
    let mut objects = dump();
    for object in &mut objects {
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if object["kind"] == "Node" {
            object["status"]["allocatable"] = json!({"cpu": "9223372036854775807", "memory": "9223372036854775807",
                "ephemeral-storage": "8Ei", "pods": "9223372036854775807", "nvidia.com/gpu": "9223372036854775807"});
        } else if object["kind"] == "Pod" {
            let amount = if name == "there" { "9223372036854775807" } else { "4611686018427387904" };
            object["spec"]["containers"][0]["resources"] =
                json!({"requests": {"cpu": amount, "memory": amount, "nvidia.com/gpu": amount}});
        }
    }
    exercise(load(&objects).expect("absurd, but not wrong"));
}

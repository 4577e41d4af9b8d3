//! `foresail schedule` by the rules of several versions of Kubernetes.

use crate::program::{Done, Folder};
use serde_json::{Value, json};

fn schedule(objects: &[Value], words: &[&str]) -> Done {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    let folder = Folder::new().file("dump.json", list.to_string().as_bytes());
    folder.pipe(&[&["schedule", "-f", "dump.json"], words].concat(), b"")
}

fn node(name: &str, cpu: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "20"}}})
}

/// A pod with one container; `spec` has what else there is.
fn pod(name: &str, requests: Value, spec: Value) -> Value {
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
        "spec": {"containers": [{"name": "c", "image": "app:1", "resources": {"requests": requests}}]}});
    for (key, value) in spec.as_object().into_iter().flatten() {
        pod["spec"][key] = value.clone();
    }
    pod
}

/// Where the pod goes by each version, or the message why nowhere.
fn places(objects: &[Value], name: &str, words: &[&str]) -> Vec<String> {
    let by = |version: &&str| {
        let done = schedule(objects, &["-o", "json", "--kubernetes", version]);
        let value = done.json();
        assert_eq!(value["kubernetes"], **version);
        let pods = value["pods"].as_array().expect("pods").clone();
        let row = pods.into_iter().find(|row| row["name"] == name).expect("the pod");
        row["node"].as_str().or(row["message"].as_str()).unwrap_or_default().to_owned()
    };
    words.iter().map(by).collect()
}

fn sidecar(requests: Value) -> Value {
    json!({"initContainers": [{"name": "s", "image": "s:1", "restartPolicy": "Always", "resources": {"requests": requests}}]})
}

#[test]
fn sidecars_are_refused_by_1_28_and_counted_since() {
    let objects = [node("n1", "2"), pod("web", json!({"cpu": "1"}), sidecar(json!({"cpu": "1500m"})))];
    let found = places(&objects, "web", &["1.28", "1.29", "1.34"]);
    assert!(found[0].contains("the SidecarContainers feature is disabled"), "{found:?}");
    assert!(found[1].contains("1 Insufficient cpu."), "{found:?}");
    assert!(found[2].contains("1 Preemption is not helpful for scheduling"), "more than the node has: {found:?}");
    let objects = [node("n1", "3"), pod("web", json!({"cpu": "1"}), sidecar(json!({"cpu": "1500m"})))];
    assert_eq!(places(&objects, "web", &["1.29", "1.36"]), ["n1", "n1"]);
}

#[test]
fn against_names_what_is_decided_otherwise() {
    let web = pod("web", json!({"cpu": "1"}), sidecar(json!({"cpu": "100m"})));
    let objects = [node("n1", "3"), web, pod("plain", json!({"cpu": "1"}), json!({}))];
    let words = ["--kubernetes", "1.28", "--against", "1.33"];
    let done = schedule(&objects, &words);
    assert!(
        done.stdout.contains("shop/web: waits in 1.28, goes to n1 in 1.33\n    1.28: 0/1 nodes are available"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.ends_with("1.33 decides otherwise than 1.28 about 1 of 2 pods.\n"), "{}", done.stdout);
    let value = schedule(&objects, &[&words[..], &["-o", "json"]].concat()).json();
    let row = &value["against"]["pods"][0];
    assert_eq!((&row["pod"], &row["decidedOtherwise"]), (&json!("shop/web"), &json!(true)));
    assert_eq!((&row["1.28"]["node"], &row["1.33"]["node"]), (&Value::Null, &json!("n1")));
    let same = schedule(&objects[..1], &["--kubernetes", "1.35", "--against", "1.36"]);
    assert!(same.stdout.ends_with("1.36 decides as 1.35 about all of 0 pods.\n"), "{}", same.stdout);
}

#[test]
fn words_that_differ_are_no_other_decision() {
    let mut tainted = node("n1", "3");
    tainted["spec"] = json!({"taints": [{"key": "for", "value": "db", "effect": "NoSchedule"}]});
    let done = schedule(&[tainted, pod("web", json!({}), json!({}))], &["--kubernetes", "1.33", "--against", "1.35"]);
    assert!(done.stdout.contains("shop/web: waits in both\n    1.33: "), "{}", done.stdout);
    assert!(done.stdout.contains("node(s) had untolerated taint(s)"), "{}", done.stdout);
    let summary = "1.35 decides as 1.33 about all of 1 pod; about 1 it says something else.\n";
    assert!(done.stdout.ends_with(summary), "{}", done.stdout);
}

#[test]
fn the_nodes_say_which_version_it_is() {
    let with = |name: &str, version: &str| {
        let mut node = node(name, "3");
        node["status"]["nodeInfo"] = json!({"kubeletVersion": version});
        node
    };
    let web = pod("web", json!({"cpu": "1"}), sidecar(json!({"cpu": "100m"})));
    // The pod comes first: it is read when the nodes are known.
    let done = schedule(&[web.clone(), with("n1", "v1.28.9"), with("n2", "v1.28.15-eks-1")], &[]);
    assert!(done.stdout.contains("SidecarContainers feature is disabled"), "{}", done.stdout);
    assert!(done.stderr.contains("1.28 is taken, as the newest kubelet has it"), "{}", done.stderr);
    let done = schedule(&[web.clone(), with("n1", "v1.28.9"), with("n2", "v1.30.1")], &[]);
    assert!(done.stdout.contains("n1") && done.stderr.contains("1.30 is taken"), "{}{}", done.stdout, done.stderr);
    let done = schedule(&[web.clone(), with("n1", "v1.24.1")], &[]);
    assert!(done.stderr.contains("the rules of v1.24.1 are not known: 1.28 is taken, the nearest"), "{}", done.stderr);
    let done = schedule(&[web.clone(), with("n1", "v1.34.1"), with("n2", "v1.41.0")], &[]);
    assert!(done.stderr.contains("the rules of v1.41.0 are not known: 1.36 is taken, the nearest"), "{}", done.stderr);
    let done = schedule(&[web, node("n1", "3")], &[]);
    assert!(done.stderr.contains("1.35 is assumed"), "{}", done.stderr);
}

#[test]
fn what_is_no_version_or_gate_is_one_error() {
    let refused = |words: &[&str]| {
        let done = schedule(&[node("n1", "3")], words);
        assert_eq!(done.code, 2, "{}", done.stderr);
        done.stderr
    };
    assert!(refused(&["--kubernetes", "1.40"]).contains("the nearest is 1.36"));
    assert!(refused(&["--against", "latest"]).contains("expected a version such as"));
    assert!(refused(&["--feature-gates", "PodLevelResource=true"]).contains("PodLevelResources"));
    assert!(
        refused(&["--kubernetes", "1.28", "--feature-gates", "PodLevelResources=true"])
            .contains("came with Kubernetes 1.32")
    );
    assert!(refused(&["--against", "1.34", "--explain", "web"]).contains("--against"));
}

#[test]
fn a_gate_switches_a_rule() {
    let objects =
        [node("n1", "1"), pod("web", json!({"cpu": "100m"}), json!({"resources": {"requests": {"cpu": "2"}}}))];
    let by = |gates: &[&str]| schedule(&objects, &[&["--kubernetes", "1.33"], gates].concat()).stdout;
    assert!(by(&[]).contains("n1"));
    assert!(by(&["--feature-gates", "PodLevelResources=true"]).contains("Insufficient cpu"));
}

#[test]
fn what_a_pod_as_a_whole_requests_is_filled_in_from_containers_then_limits() {
    let fits = |requests: Value, resources: Value, cpu: &str| {
        let objects = [node("n1", cpu), pod("web", requests, json!({"resources": resources}))];
        places(&objects, "web", &["1.34"])[0] == "n1"
    };
    let limited = json!({"limits": {"cpu": "2"}});
    assert!(fits(json!({"cpu": "500m"}), limited.clone(), "500m"), "as much as its containers");
    assert!(!fits(json!({}), limited, "1"), "its limit, for no container asks for cpu");
    assert!(fits(json!({"cpu": "3"}), json!({"requests": {"cpu": "1"}}), "1"), "it stands for the containers");
}

#[test]
fn names_of_nodes_that_do_not_exist_fail_the_cycle_of_1_28_alone() {
    let names = |name: &str| json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]});
    let terms = json!({"nodeSelectorTerms": [names("gone"), names("n1")]});
    let affinity = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}});
    let found = places(&[node("n1", "2"), pod("web", json!({}), affinity)], "web", &["1.28", "1.31"]);
    assert_eq!(found, ["nodeinfo not found for node name \"gone\"", "n1"]);
}

#[test]
fn preemption_leaves_nodes_alone_that_are_too_small() {
    let low = pod("low", json!({"cpu": "1"}), json!({"nodeName": "n1"}));
    let high = pod("high", json!({"cpu": "3"}), json!({"priority": 10}));
    let found = places(&[node("n1", "2"), low, high], "high", &["1.33", "1.34"]);
    assert!(found[0].ends_with("preemption: 0/1 nodes are available: 1 Insufficient cpu."), "{found:?}");
    let expected =
        "no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
    assert!(found[1].ends_with(expected), "{found:?}");
}

#[test]
fn keys_of_labels_are_written_into_the_selectors_of_affinity() {
    let term = json!({"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"tier": "web"}},
        "matchLabelKeys": ["version", "absent"]});
    let away = json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}});
    let labelled = |mut pod: Value, version: &str| {
        pod["metadata"]["labels"] = json!({"tier": "web", "version": version});
        pod
    };
    let old = labelled(pod("old", json!({}), json!({"nodeName": "n1"})), "1");
    let other = labelled(pod("other", json!({}), away.clone()), "2");
    let found = places(&[node("n1", "2"), old.clone(), other], "other", &["1.30", "1.31"]);
    assert!(found[0].contains("anti-affinity") && found[1] == "n1", "{found:?}");
    let like = labelled(pod("like", json!({}), away), "1");
    assert!(places(&[node("n1", "2"), old, like], "like", &["1.31"])[0].contains("anti-affinity"));
}

#[test]
fn a_resize_counts_the_most_that_it_may_take() {
    let resized = |reason: Option<&str>| {
        let mut there = pod("there", json!({"cpu": "2"}), json!({"nodeName": "n1"}));
        there["status"] = json!({"phase": "Running", "containerStatuses": [
            {"name": "c", "resources": {"requests": {"cpu": "1"}}, "allocatedResources": {"cpu": "1"}}]});
        if let Some(reason) = reason {
            there["status"]["conditions"] = json!([{"type": "PodResizePending", "status": "True", "reason": reason}]);
        }
        [node("n1", "3"), there, pod("web", json!({"cpu": "2"}), json!({}))]
    };
    let waits = |found: &String| found.contains("Insufficient cpu");
    assert!(places(&resized(None), "web", &["1.32", "1.33", "1.36"]).iter().all(waits), "what it asks for");
    assert!(places(&resized(Some("Deferred")), "web", &["1.33"]).iter().all(waits));
    let found = places(&resized(Some("Infeasible")), "web", &["1.32", "1.33", "1.36"]);
    assert!(waits(&found[0]) && found[1..] == ["n1", "n1"], "{found:?}");
}

#[test]
fn host_ports_of_sidecars_conflict_since_1_34() {
    let with = |name: &str, node: Option<&str>| {
        let mut spec = sidecar(json!({}));
        spec["initContainers"][0]["ports"] = json!([{"containerPort": 80, "hostPort": 8080}]);
        if let Some(node) = node {
            spec["nodeName"] = json!(node);
        }
        pod(name, json!({}), spec)
    };
    let found = places(&[node("n1", "2"), with("old", Some("n1")), with("web", None)], "web", &["1.33", "1.34"]);
    assert!(found[0] == "n1" && found[1].contains("free ports"), "{found:?}");
}

#[test]
fn images_of_init_containers_and_of_volumes_draw_a_pod() {
    let with = |name: &str, image: &str| {
        let mut node = node(name, "4");
        node["status"]["images"] = json!([{"names": [image], "sizeBytes": 900_000_000}]);
        node
    };
    let nodes = || [node("n1", "4"), with("n2", "setup:1"), with("n3", "model:latest")];
    let init = json!({"initContainers": [{"name": "i", "image": "setup:1"}]});
    let found = places(&[nodes().as_slice(), &[pod("web", json!({}), init)]].concat(), "web", &["1.29", "1.30"]);
    assert_eq!(found, ["n1", "n2"]);
    let volume = json!({"volumes": [{"name": "m", "image": {"reference": "model"}}]});
    let found = places(&[nodes().as_slice(), &[pod("web", json!({}), volume)]].concat(), "web", &["1.35", "1.36"]);
    assert_eq!(found, ["n1", "n3"]);
}

#[test]
fn balance_does_not_matter_to_a_pod_that_asks_for_nothing() {
    // n1 is out of balance and has more room; n2 is in balance.
    let taken = |node: &str, cpu: &str, memory: &str| {
        pod(&format!("on-{node}"), json!({"cpu": cpu, "memory": memory}), json!({"nodeName": node}))
    };
    let objects = [
        node("n1", "4"),
        node("n2", "4"),
        taken("n1", "2", "64Mi"),
        taken("n2", "1200m", "2500Mi"),
        pod("web", json!({}), json!({})),
    ];
    assert_eq!(places(&objects, "web", &["1.32", "1.33"]), ["n2", "n1"]);
}

#[test]
fn the_most_important_victim_counts_also_where_a_budget_is_violated() {
    let victim = |name: &str, priority: i64, node: &str| {
        pod(name, json!({"cpu": "1"}), json!({"nodeName": node, "priority": priority}))
    };
    let mut budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "b", "namespace": "shop"}, "spec": {"selector": {"matchLabels": {"guarded": "yes"}}}});
    budget["status"] = json!({"disruptionsAllowed": 0});
    let guarded = |mut pod: Value| {
        pod["metadata"]["labels"]["guarded"] = json!("yes");
        pod
    };
    // Both nodes have to give up two pods, one of them guarded: n1 a guarded 1 and a 9, n2 a guarded 5 and a 4.
    let objects = [
        node("n1", "2"),
        node("n2", "2"),
        budget,
        guarded(victim("a", 1, "n1")),
        victim("b", 9, "n1"),
        guarded(victim("c", 5, "n2")),
        victim("d", 4, "n2"),
        pod("high", json!({"cpu": "2"}), json!({"priority": 100})),
    ];
    assert_eq!(places(&objects, "high", &["1.31", "1.32"]), ["n1", "n2"], "the highest victim of n1 is a 9");
}

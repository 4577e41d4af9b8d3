//! `foresail schedule` on files as people have them, after public bug reports. The inputs lie in `tests/field`.

use crate::field::case;
use crate::program::Folder;
use serde_json::Value;

fn placed(folder: &Folder, line: &str) -> Value {
    folder.run(&format!("schedule {line} -o json")).json()
}

/// Pods and their nodes; `-` where there is none.
fn nodes(told: &Value) -> Vec<(String, String)> {
    let rows = told["pods"].as_array().expect("pods");
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    rows.iter().map(|row| (text(&row["name"]), text(&row["node"]))).collect()
}

fn message(told: &Value, pod: &str) -> String {
    let rows = told["pods"].as_array().expect("pods");
    let row = rows.iter().find(|row| row["name"] == pod).unwrap_or_else(|| panic!("no pod {pod} in {told}"));
    row["message"].as_str().unwrap_or_default().to_owned()
}

fn pairs(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(pod, node)| ((*pod).to_owned(), (*node).to_owned())).collect()
}

/// kubernetes/autoscaler#5489: with minDomains 2 and one zone nothing fits; without it all does.
#[test]
fn c08_a_second_domain_has_to_be_there() {
    let folder = case("08-ca-mindomains");
    let told = placed(&folder, "-f multi-az-asg.json");
    assert_eq!(nodes(&told), pairs(&[("edge-1", "-"), ("edge-2", "-")]));
    assert!(message(&told, "edge-1").contains("1 node(s) didn't match pod topology spread constraints"));
    let told = placed(&folder, "-f multi-az-asg-nomin.json");
    assert_eq!(nodes(&told), pairs(&[("edge-1", "ip-a"), ("edge-2", "ip-a")]));
}

/// kubernetes/kubernetes#129136: which pod goes when budgets are violated whatever goes.
#[test]
fn c10_victims_are_reprieved_by_budgets_first() {
    let folder = case("10-sched-preempt-pdb");
    let done = |file: &str| folder.run(&format!("schedule -f {file}.json")).ok().to_owned();
    for file in ["two-violations", "pdb-nostatus"] {
        assert!(done(file).contains("very-high preempts on worker: default/high\n"), "{}", done(file));
    }
    assert!(done("class").contains("eager preempts on worker: default/low\n"));
    for file in ["never", "class-never"] {
        assert!(done(file).contains("not eligible due to preemptionPolicy=Never"), "{}", done(file));
    }
}

/// aws/containers-roadmap#1468: bin packing, in both versions of the file that 1.28 reads.
#[test]
fn c19_most_allocated_fills_a_node_first() {
    let folder = case("19-sched-config-mostallocated");
    let full = ["n2", "n2", "n2", "n1", "n1", "n1"];
    for config in ["v1", "v1beta3"] {
        let told = placed(&folder, &format!("-f cluster.json --config {config}.yaml"));
        let homes: Vec<String> = nodes(&told).into_iter().map(|(_, node)| node).collect();
        assert_eq!(homes, full, "{config}");
    }
    folder.run("schedule -f cluster.json --config v1beta2.yaml").refused(&[
        "v1beta2.yaml:1",
        "v1beta2` is gone since Kubernetes 1.28",
        "write `apiVersion: kubescheduler",
    ]);
}

/// kubernetes/ingress-nginx#4626: one port of a node is one pod's, by address and protocol.
#[test]
fn c23_host_ports_and_requests_are_what_the_api_server_makes_of_them() {
    let folder = case("23-sched-hostport-antiaffinity");
    let told = placed(&folder, "-f ports.json");
    // `hn-1` uses the host's network: its port 80 is the host's, which `ing-old` has.
    let right = [("ing-new", "-"), ("ip-b", "m1"), ("ip-c", "-"), ("udp-a", "m1"), ("hn-1", "-")];
    assert_eq!(nodes(&told), pairs(&right));
    assert!(message(&told, "hn-1").contains("didn't have free ports for the requested pod ports"));
    let told = placed(&folder, "-f requests.json --kubernetes 1.28");
    assert_eq!(nodes(&told), pairs(&[("a-1", "-"), ("lim-1", "s1"), ("side-1", "-")]));
    assert!(message(&told, "side-1").contains("SidecarContainers feature is disabled"));
}

/// What a dump of a living cluster holds: pods that are over, that go, that wait for a gate, and nodes that go.
#[test]
fn c33_pods_and_nodes_of_a_dump_are_in_their_states() {
    let folder = case("33-sched-real-dump-states");
    let told = placed(&folder, "-f dump.json");
    let node = "ip-10-0-1-1.ec2.internal";
    assert_eq!(nodes(&told), pairs(&[("need-1", node), ("need-2", "-"), ("gated-1", "-"), ("eph-1", "-")]));
    assert_eq!(told["pods"][2]["gated"], true);
    let why = message(&told, "need-2");
    for reason in ["ToBeDeletedByClusterAutoscaler", "node.kubernetes.io/unreachable", "2 Insufficient cpu"] {
        assert!(why.contains(reason), "{why}");
    }
}

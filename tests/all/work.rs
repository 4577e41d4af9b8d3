//! Counts of work: exact, where time is not. A count that grows is a change that costs everyone; one that shrinks may be written anew.

use foresail::cluster::{ClusterState, PodId};
use foresail::dry_run::schedule;
use foresail::scenario::kubernetes::Converter;
use foresail::scenario::kubernetes::dump::Loaded;
use foresail::scheduler::{Profile, Scheduler, Ties};
use serde_json::json;

/// So many nodes, and so many waiting pods of so many kinds.
fn waiting(nodes: usize, pods: usize, kinds: usize) -> (ClusterState, Vec<PodId>) {
    let mut cluster = ClusterState::new();
    let mut converter = Converter::new(&mut cluster, jiff::Timestamp::UNIX_EPOCH);
    let mut found = Vec::new();
    let node = |number: usize| {
        let name = format!("node-{number:04}");
        let zone = ["a", "b", "c"][number % 3];
        json!({"kind": "Node", "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone}},
            "status": {"allocatable": {"cpu": "8", "memory": "32Gi", "pods": "110"}}})
    };
    let pod = |number: usize| {
        let app = format!("app-{}", number % kinds);
        let requests = json!({"cpu": format!("{}m", 100 + number % kinds), "memory": "256Mi"});
        json!({"kind": "Pod", "metadata": {"name": format!("{app}-{number}"), "labels": {"app": app}},
            "spec": {"containers": [{"name": "c", "image": app, "resources": {"requests": requests}}]}})
    };
    for object in (0..nodes).map(node).chain((0..pods).map(pod)) {
        if let Loaded::Pod(pod) = converter.add(&object).expect("a good object") {
            found.push(pod);
        }
    }
    (cluster, found)
}

/// Nodes asked for placing pods, of which all find a node.
fn asked(nodes: usize, pods: usize, kinds: usize, percentage: i32) -> u64 {
    let (mut cluster, pending) = waiting(nodes, pods, kinds);
    let profile = Profile { percentage_of_nodes_to_score: percentage, ..Profile::default() };
    let mut scheduler = Scheduler::new(profile, Ties::SmallestName);
    let run = schedule::place(&mut cluster, &mut scheduler, &pending, None);
    assert_eq!((run.placed.len(), run.attempts), (pods, pods as u64));
    scheduler.nodes_asked()
}

#[test]
fn of_few_kinds_only_nodes_that_changed_are_asked_again() {
    // Each kind asks every node once, and then the one that the last pod went to, as do the other kinds.
    assert_eq!(asked(1000, 300, 1, 100), 1000 + 299);
    assert_eq!(asked(1000, 300, 3, 100), 3 * 1000 + (300 - 3) * 3);
}

#[test]
fn of_many_kinds_only_nodes_that_are_looked_at_are_asked() {
    // 42 % of 1,000 nodes and the first too many, which the next search begins with.
    assert_eq!(asked(1000, 300, 300, 0), 300 * 421);
    // A tenth of 5,000.
    assert_eq!(asked(5000, 100, 100, 0), 100 * 501);
}

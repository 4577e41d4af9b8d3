use super::*;
use crate::cluster::{Effect, PodName, Resources};

/// A cluster with an empty node and a pending pod.
fn one_of_each() -> (ClusterState, NodeId, PodId) {
    let mut cluster = ClusterState::new();
    let node = add_node(&mut cluster, "a");
    let pod = add_pod(&mut cluster, "web", 250);
    (cluster, node, pod)
}

fn add_node(cluster: &mut ClusterState, name: &str) -> NodeId {
    let name = cluster.symbols.intern(name);
    cluster.add_node(NodeTemplate { name, ..NodeTemplate::default() })
}

fn add_pod(cluster: &mut ClusterState, name: &str, cpu_milli: i64) -> PodId {
    let requests = Resources::new(cpu_milli, 1 << 20);
    let (nonzero_cpu_milli, nonzero_memory_bytes) = (cpu_milli.max(100), 1 << 20);
    let spec = PodSpec { requests, nonzero_cpu_milli, nonzero_memory_bytes, ..PodSpec::default() };
    let spec = cluster.intern_spec(spec);
    let name = PodName::plain(cluster.symbols.intern(name));
    cluster.add_pod(Pod::new(name, spec, SimTime::ZERO))
}

#[test]
fn totals_follow_the_pods_of_a_node() {
    let (mut cluster, node, first) = one_of_each();
    let second = add_pod(&mut cluster, "job", 0);
    // Bound later, but created first: the list is in order of creation.
    cluster.bind(second, node);
    cluster.bind(first, node);
    assert_eq!(cluster.node(node).pods(), [first, second]);
    assert_eq!(cluster.node(node).cached_pods(), [second, first]);
    assert_eq!(cluster.node(node).requested(), &Resources::new(250, 2 << 20));
    assert_eq!(cluster.node(node).nonzero_cpu_milli(), 350);
    cluster.unbind(first);
    assert_eq!(cluster.pod(first).node(), None);
    assert_eq!(cluster.node(node).requested(), &Resources::new(0, 1 << 20));
    cluster.remove_pod(second);
    assert_eq!(cluster.node(node).requested(), &Resources::default());
    assert!(cluster.node(node).pods().is_empty() && cluster.node(node).cached_pods().is_empty());
    assert_eq!(cluster.pods().map(|(id, _)| id).collect::<Vec<_>>(), [first]);
}

#[test]
fn a_trial_leaves_no_trace_unless_it_is_kept() {
    let (mut cluster, node, pod) = one_of_each();
    let key = cluster.symbols.intern("spot");
    let taint = Taint { key, value: Symbol::EMPTY, effect: Effect::NoSchedule };
    let (generation, version, next) = (cluster.node(node).generation(), cluster.version(), cluster.next_node_id());
    {
        let mut trial = cluster.trial();
        trial.set_taints(node, vec![taint]);
        trial.set_unschedulable(node, true);
        trial.bind(pod, node);
        let added = add_node(&mut trial, "b");
        let mut inner = trial.trial();
        inner.unbind(pod);
        inner.remove_node(added);
        inner.commit();
        assert!(!trial.has_node(added) && trial.node(node).pods().is_empty());
        assert_eq!(trial.node(node).taints, [taint]);
    }
    let row = cluster.node(node);
    assert!(row.taints.is_empty() && !row.unschedulable && row.pods().is_empty());
    assert_eq!((row.generation(), cluster.version(), cluster.next_node_id()), (generation, version, next));
    assert_eq!(cluster.node_ids(), [node]);
    let mut trial = cluster.trial();
    trial.set_taints(node, vec![taint]);
    trial.commit();
    assert_eq!(cluster.node(node).taints, [taint]);
    assert!(cluster.version() > version);
}

#[test]
fn only_what_may_give_a_pod_room_is_an_opening() {
    let (mut cluster, node, pod) = one_of_each();
    let (mut version, mut openings) = (cluster.version(), cluster.openings());
    let mut check = |cluster: &ClusterState, opens: bool| {
        assert!(cluster.version() > version, "the version counts every change");
        assert_eq!(cluster.openings() > openings, opens);
        (version, openings) = (cluster.version(), cluster.openings());
    };
    let name = cluster.node(node).name;
    cluster.set_nominated(pod, Some(name));
    check(&cluster, false);
    cluster.set_nominated(pod, None);
    check(&cluster, true);
    cluster.bind(pod, node);
    check(&cluster, false);
    cluster.set_deleted(pod, Some(SimTime::from_secs(1)));
    check(&cluster, false);
    cluster.remove_pod(pod);
    check(&cluster, true);
    cluster.set_taints(node, Vec::new());
    check(&cluster, true);
    add_node(&mut cluster, "b");
    check(&cluster, true);
}

#[test]
fn changes_are_told_to_who_asks_in_time() {
    let (mut cluster, node, pod) = one_of_each();
    let cursor = cluster.changes().cursor();
    cluster.bind(pod, node);
    cluster.set_unschedulable(node, true);
    let kinds =
        |since| cluster.changes().since(since).map(|changes| changes.map(|c| (c.node, c.kind)).collect::<Vec<_>>());
    assert_eq!(kinds(cursor), Some(vec![(node, ChangeKind::Pods), (node, ChangeKind::Node)]));
    assert_eq!(kinds(cluster.changes().cursor()), Some(Vec::new()));
    for _ in 0..1 << 15 {
        cluster.set_unschedulable(node, false);
    }
    assert!(cluster.changes().since(cursor).is_none(), "too late: who asks starts over");
}

#[test]
fn a_name_is_the_present_node_s() {
    let (mut cluster, node, _) = one_of_each();
    let name = cluster.node(node).name;
    assert_eq!(cluster.node_by_name(name), Some(node));
    cluster.remove_node(node);
    assert_eq!((cluster.node_by_name(name), cluster.has_node(node)), (None, false));
    let again = add_node(&mut cluster, "a");
    assert_eq!(cluster.node_by_name(name), Some(again));
    assert_ne!(again, node);
}

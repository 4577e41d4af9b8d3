//! DaemonSets alone: which nodes have a pod, and how an update goes from node to node.

use super::at_work::{begin, go_on, names};
use crate::cluster::{Effect, NodeId, Taint};
use crate::controllers::IntOrPercent;
use crate::controllers::daemon_set::Update;
use crate::id::Id;
use crate::intern::Symbol;
use crate::sim::event::Event;
use crate::sim::fixture::{Small, at, node, secs};
use crate::sim::log::Occurrence;
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;
use crate::world::{Deploy, WorkloadId, WorkloadKind};

const AGENT: usize = 0;

fn agent() -> WorkloadId {
    WorkloadId::from_index(AGENT)
}

fn daemon_set() -> Small {
    let update = Update::RollingUpdate { max_unavailable: IntOrPercent::Int(1), max_surge: IntOrPercent::Int(0) };
    Small::new().group("base", 0, |_| {}).deployment("agent", 0, |agent| agent.kind = WorkloadKind::DaemonSet(update))
}

fn put_taint(shared: &mut Shared, node: NodeId, effect: Effect) {
    let key = shared.cluster.symbols.intern("dedicated");
    shared.cluster.set_taints(node, [Taint { key, value: Symbol::EMPTY, effect }].into_iter().collect());
    shared.nodes_changed(News::NodeTaints(node));
}

#[test]
fn each_node_has_one_pod_and_one_that_comes_gets_its_own() {
    let (mut shared, mut controllers) = begin(daemon_set());
    node(&mut shared, "b");
    shared.queue.push(at(100), Event::TrafficStep);
    go_on(&mut shared, &mut controllers, at(99), |_, _| {});
    assert_eq!(names(&shared).len(), 2);
    go_on(&mut shared, &mut controllers, at(200), |shared, _| {
        let late = node(shared, "c");
        shared.nodes_changed(News::NodeAdded(late));
    });
    let on = |name: &str| {
        let node = shared.cluster.nodes().find(|(id, _)| shared.cluster.node_name(*id) == name).expect("a node").1;
        node.pods().len()
    };
    assert_eq!((on("a"), on("b"), on("c")), (1, 1, 1));
    assert!(names(&shared).iter().all(|name| name.starts_with("agent-")), "{:?}", names(&shared));
}

#[test]
fn taints_keep_its_pods_away_and_only_no_execute_drives_them_out() {
    for (effect, left) in [(Effect::NoSchedule, 2), (Effect::NoExecute, 1), (Effect::PreferNoSchedule, 2)] {
        let (mut shared, mut controllers) = begin(daemon_set());
        let b = node(&mut shared, "b");
        shared.queue.push(at(100), Event::TrafficStep);
        go_on(&mut shared, &mut controllers, at(200), |shared, _| put_taint(shared, b, effect));
        assert_eq!(names(&shared).len(), left, "{effect:?} on a node that has a pod");
    }
    for (effect, there) in [(Effect::NoSchedule, 1), (Effect::NoExecute, 1), (Effect::PreferNoSchedule, 2)] {
        let (mut shared, mut controllers) = begin(daemon_set());
        let b = node(&mut shared, "b");
        put_taint(&mut shared, b, effect);
        go_on(&mut shared, &mut controllers, at(100), |_, _| {});
        assert_eq!(names(&shared).len(), there, "{effect:?} on a node that has none");
    }
}

#[test]
fn a_pod_that_goes_is_replaced_on_its_node() {
    let (mut shared, mut controllers) = begin(daemon_set());
    let b = node(&mut shared, "b");
    shared.queue.push(at(100), Event::TrafficStep);
    go_on(&mut shared, &mut controllers, at(200), |shared, now| {
        let pod = shared.cluster.node(b).pods()[0];
        shared.delete_pod(now, pod, None);
    });
    let pods = shared.cluster.node(b).pods();
    assert_eq!(pods.len(), 1);
    assert_eq!(shared.cluster.pod(pods[0]).created, at(105), "when the first has stopped, after 5 s");
}

#[test]
fn an_update_goes_on_when_the_last_node_is_ready_again() {
    let mut small = daemon_set();
    let mut template = small.cast.cluster.spec(small.cast.workloads[agent()].template).clone();
    template.priority = 1;
    small.cast.deploys.push(Deploy {
        at: at(100),
        workload: agent(),
        template: small.cast.cluster.intern_spec(template),
        blue_green: None,
        watch_for: secs(0),
        rollback_after: None,
        cpu_factor: 1.0,
    });
    let (mut shared, mut controllers) = begin(small);
    for name in ["b", "c"] {
        node(&mut shared, name);
    }
    go_on(&mut shared, &mut controllers, at(400), |_, _| {});
    let mut created: Vec<_> =
        shared.workloads[agent()].pods.iter().map(|pod| shared.cluster.pod(*pod).created).collect();
    created.sort();
    assert_eq!(created.len(), 3);
    assert!(created[0] >= at(105), "all are new");
    assert!(created.windows(2).all(|pair| pair[1] - pair[0] >= secs(10)), "5 s to stop, 5 s to be up: {created:?}");
    let told = |wanted: Occurrence| shared.log.records().iter().find(|(_, record)| record.what == wanted);
    let (begun, _) = told(Occurrence::DeployStarted(agent())).expect("it began");
    let (_, done) = told(Occurrence::DeployFinished(agent())).expect("it is complete");
    assert_eq!(done.because.record(), Some(begun));
}

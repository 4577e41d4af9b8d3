//! What a scheduling cycle costs: pods per second by size of the cluster, plain and with spread and affinity.
//!
//! `synthetic/...` are clusters made here: machines of three sizes in three zones, one pod on each, sixteen apps
//! with twenty sizes of pods waiting in turn; `kinds-5000` is one of 5,000 such machines with 150,000 pods on them, and
//! 2,000 that wait, of 1,200 Deployments that differ in what they ask for: most are used once or twice. `workload/...`
//! are files named `plain-100.json.gz` and so on, read from `../shared/workloads/scheduler` or from the folder in
//! `FORESAIL_WORKLOADS`, where there is one. All nodes are looked at (`percentageOfNodesToScore` 100), except in
//! `adaptive/...`, which is kube-scheduler's default.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use foresail::cluster::{ClusterState, PodId};
use foresail::dry_run::schedule;
use foresail::release::KubernetesVersion;
use foresail::scenario::kubernetes::Converter;
use foresail::scenario::kubernetes::dump::Loaded;
use foresail::scenario::snapshot;
use foresail::scheduler::{Profile, Profiles, Scheduler, Ties};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

const SIZES: [usize; 3] = [100, 1000, 5000];
const PENDING: usize = 2000;
const APPS: usize = 16;
/// Deployments where there are many kinds of pods, and pods on each node.
const KINDS: usize = 1200;
const BOUND: usize = 30;

/// A cluster with pods that wait.
struct Workload {
    cluster: ClusterState,
    pending: Vec<PodId>,
    profiles: Profiles,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    /// A hard zone spread, a soft host spread, and a wish to be away from one's like.
    Spread,
}

fn node(index: usize) -> Value {
    let (cpu, memory) = [("15890m", "62Gi"), ("7910m", "62Gi"), ("7910m", "30Gi")][index % 3];
    let name = format!("node-{index:05}");
    let zone = ["a", "b", "c"][index / 3 % 3];
    let pool = ["general", "batch"][index / 9 % 2];
    json!({
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone,
            "pool": pool}},
        "status": {"allocatable": {"cpu": cpu, "memory": memory, "pods": "110"}},
    })
}

fn pod(index: usize, kind: Kind, node: Option<usize>) -> Value {
    let app = format!("app-{:02}", index * 7 % APPS);
    let cpu = format!("{}m", [50, 100, 200, 250][index * 5 % 4]);
    let memory = format!("{}Mi", [64, 128, 256, 512, 1024][index * 3 % 5]);
    let selector = json!({"matchLabels": {"app": app}});
    let mut spec = json!({
        "containers": [{"name": "c", "image": "registry.local/app:v3",
            "resources": {"requests": {"cpu": cpu, "memory": memory}}}],
    });
    if let Some(node) = node {
        spec["nodeName"] = json!(format!("node-{node:05}"));
    }
    if kind == Kind::Spread {
        spec["topologySpreadConstraints"] = json!([
            {"maxSkew": 5, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": selector},
            {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": selector},
        ]);
        spec["affinity"] = json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 100, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", "labelSelector": selector}},
        ]}});
    }
    json!({"kind": "Pod", "metadata": {"name": format!("{app}-{index}"), "labels": {"app": app}}, "spec": spec})
}

/// What an app's ReplicaSet and its Service select.
fn app_objects(app: usize) -> [Value; 2] {
    let labels = json!({"app": format!("app-{app:04}")});
    let name = format!("app-{app:04}-5d8f");
    let replica_set =
        json!({"kind": "ReplicaSet", "metadata": {"name": name}, "spec": {"selector": {"matchLabels": labels}}});
    [replica_set, json!({"kind": "Service", "metadata": {"name": name}, "spec": {"selector": labels}})]
}

/// A pod of one of many Deployments: spread over zones and nodes as all are by default; some have constraints of
/// their own.
fn pod_of_many(index: usize, node: Option<usize>) -> Value {
    let number = index * 7 % KINDS;
    let (app, name) = (format!("app-{number:04}"), format!("app-{number:04}-5d8f"));
    let tier = ["web", "worker"][number % 2];
    let labels = json!({"app": app, "tier": tier});
    let selector = json!({"matchLabels": {"app": app}});
    let (cpu, memory) = (format!("{}m", 20 + 10 * (number % 40)), format!("{}Mi", 64 + 32 * (number / 40)));
    let resources = json!({"requests": {"cpu": cpu, "memory": memory}});
    let mut spec =
        json!({"containers": [{"name": "c", "image": format!("registry.local/{app}:v3"), "resources": resources}]});
    if let Some(node) = node {
        spec["nodeName"] = json!(format!("node-{node:05}"));
    }
    let away = json!({"topologyKey": "kubernetes.io/hostname", "labelSelector": selector});
    match number % 16 {
        0 | 8 => {
            spec["topologySpreadConstraints"] = json!([{"maxSkew": 50, "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector}]);
        }
        1 | 9 => {
            let wish = json!([{"weight": 100, "podAffinityTerm": away}]);
            spec["affinity"] = json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": wish}});
        }
        2 => {
            spec["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [away]}});
        }
        3 | 11 => spec["nodeSelector"] = json!({"pool": "general"}),
        4 => spec["tolerations"] = json!([{"key": "dedicated", "operator": "Exists"}]),
        _ => {}
    }
    let owner = json!([{"kind": "ReplicaSet", "name": name, "controller": true}]);
    json!({"kind": "Pod", "metadata": {"name": format!("{name}-{index}"), "labels": labels, "ownerReferences": owner}, "spec": spec})
}

fn many_kinds(nodes: usize) -> Workload {
    let there = (0..nodes * BOUND).map(|index| pod_of_many(index, Some(index % nodes)));
    let waiting = (0..PENDING).map(|index| pod_of_many(nodes * BOUND + index, None));
    loaded((0..nodes).map(node).chain((0..KINDS).flat_map(app_objects)).chain(there).chain(waiting))
}

fn synthetic(nodes: usize, kind: Kind) -> Workload {
    let there = (0..nodes).map(node).chain((0..nodes).map(|index| pod(index, kind, Some(index))));
    let waiting = (nodes..nodes + PENDING).map(|index| pod(index, kind, None));
    loaded(there.chain(waiting))
}

/// The objects as a cluster; pods without a node wait.
fn loaded(objects: impl Iterator<Item = Value>) -> Workload {
    let mut cluster = ClusterState::new();
    let mut converter = Converter::new(&mut cluster, jiff::Timestamp::UNIX_EPOCH);
    let mut pending = Vec::new();
    for object in objects {
        match converter.add(&object).expect("a good object") {
            Loaded::Pod(pod) if converter.cluster().pod(pod).node().is_none() => pending.push(pod),
            _ => {}
        }
    }
    Workload { cluster, pending, profiles: Profile { percentage_of_nodes_to_score: 100, ..Profile::default() }.into() }
}

fn recorded(folder: &Path, name: &str) -> Option<Workload> {
    let path = folder.join(format!("{name}.json.gz"));
    let snapshot = path
        .is_file()
        .then(|| snapshot::load(&[path], None, KubernetesVersion::V1_28.into()).expect("a readable workload"))?;
    let profiles = snapshot.profiles.unwrap_or_default();
    Some(Workload { cluster: snapshot.cluster, pending: snapshot.pending, profiles })
}

/// Places all that waits in `workload`, from a cold start. The time includes binding.
fn measure(criterion: &mut Criterion, group: &str, name: &str, workload: &Workload) {
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Elements(workload.pending.len() as u64));
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    let fresh = || {
        (workload.cluster.clone(), Scheduler::new(workload.profiles.clone(), Ties::SmallestName), Vec::with_capacity(1))
    };
    group.bench_function(name, |bencher| {
        bencher.iter_batched_ref(
            fresh,
            |(cluster, scheduler, out)| out.push(schedule::place(cluster, scheduler, &workload.pending, None)),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn placements(criterion: &mut Criterion) {
    let folder = std::env::var_os("FORESAIL_WORKLOADS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/workloads/scheduler"));
    for (kind, word) in [(Kind::Plain, "plain"), (Kind::Spread, "spread")] {
        for nodes in SIZES {
            let name = format!("{word}-{nodes}");
            let mut workload = synthetic(nodes, kind);
            measure(criterion, "synthetic", &name, &workload);
            workload.profiles.for_each(|profile| profile.percentage_of_nodes_to_score = 0);
            measure(criterion, "adaptive", &name, &workload);
            if let Some(workload) = recorded(&folder, &name) {
                measure(criterion, "workload", &name, &workload);
            }
        }
    }
    let mut workload = many_kinds(5000);
    measure(criterion, "synthetic", "kinds-5000", &workload);
    workload.profiles.for_each(|profile| profile.percentage_of_nodes_to_score = 0);
    measure(criterion, "adaptive", "kinds-5000", &workload);
}

criterion_group!(benches, placements);
criterion_main!(benches);

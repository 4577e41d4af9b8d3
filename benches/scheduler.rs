//! What a scheduling cycle costs: pods per second by size of the cluster, plain and with spread and affinity.
//!
//! `synthetic/...` are clusters made here: machines of three sizes in three zones, one pod on each, sixteen apps
//! with twenty sizes of pods waiting in turn. `workload/...` are files named `plain-100.json.gz` and so on, read
//! from `../shared/workloads/scheduler` or from the folder in `FORESAIL_WORKLOADS`, where there is one. All nodes
//! are looked at (`percentageOfNodesToScore` 100), except in `adaptive/...`, which is kube-scheduler's default.

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
    json!({
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone}},
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

fn synthetic(nodes: usize, kind: Kind) -> Workload {
    let mut cluster = ClusterState::new();
    let mut converter = Converter::new(&mut cluster, jiff::Timestamp::UNIX_EPOCH);
    let mut pending = Vec::new();
    let there = (0..nodes).map(node).chain((0..nodes).map(|index| pod(index, kind, Some(index))));
    let waiting = (nodes..nodes + PENDING).map(|index| pod(index, kind, None));
    for object in there.chain(waiting) {
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
}

criterion_group!(benches, placements);
criterion_main!(benches);

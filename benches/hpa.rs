//! What one sync of the HPA controller costs: identical pods are one group.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use foresail::dry_run::hpa::{Mode, Replay};
use foresail::hpa::{
    ContainerUsage, Flags, HpaController, HpaSpec, Metric, Observation, PodContainer, PodGroup, PodPhase, Readiness,
    Resource, ScalingRules, Target,
};
use foresail::intern::{Interner, Symbol};
use foresail::scenario::hpas;
use foresail::scenario::issue::Issues;
use foresail::scenario::metrics::{self, MetricsFile, Wanted};
use foresail::scenario::pod_shape::PodShape;
use foresail::units::{SimDuration, SimTime};

use std::hint::black_box;

fn container(cpu_milli: i64) -> [PodContainer; 1] {
    let usage = ContainerUsage { cpu_milli: Some(cpu_milli), memory_bytes: Some(200 << 20) };
    [PodContainer {
        name: Symbol::EMPTY,
        cpu_request_milli: Some(250),
        memory_request_bytes: Some(256 << 20),
        is_sidecar: false,
        usage: Some(usage),
    }]
}

fn group(containers: &[PodContainer], count: i64) -> PodGroup<'_> {
    PodGroup {
        count,
        phase: PodPhase::Running,
        ready: Readiness::True,
        ready_since: SimTime::ZERO,
        started: Some(SimTime::ZERO),
        deleted: false,
        listed: true,
        containers,
        pod_level: None,
        in_metrics: true,
        sampled_at: SimTime::ZERO,
        window: SimDuration::from_secs(15),
        custom: &[],
    }
}

fn controller(resources: &[Resource]) -> HpaController {
    let flags = Flags::default();
    let metric = |resource: &Resource| Metric::Resource {
        resource: *resource,
        container: None,
        target: Target::Utilization(70),
    };
    let behavior = foresail::hpa::Behavior {
        scale_up: ScalingRules::default_up(),
        scale_down: ScalingRules::default_down(&flags),
    };
    let metrics = resources.iter().map(metric).collect();
    HpaController::new(HpaSpec { min: 3, max: 2000, metrics, behavior: Some(behavior) }, flags)
}

fn syncs(criterion: &mut Criterion) {
    let (busy, idle) = (container(180), container(20));
    let mut now = SimTime::from_secs(3600);
    let mut one = controller(&[Resource::Cpu]);
    for pods in [10, 1000] {
        let groups = [group(&busy, pods)];
        let replicas = pods as i32;
        criterion.bench_function(&format!("sync, one cpu metric, {pods} identical pods"), |bench| {
            bench.iter(|| {
                now += SimDuration::from_secs(15);
                let seen = Observation {
                    spec_replicas: replicas,
                    status_replicas: replicas,
                    pods: &groups,
                    ..Observation::default()
                };
                black_box(one.sync(now, black_box(&seen)).replicas)
            });
        });
    }
    let mut two = controller(&[Resource::Cpu, Resource::Memory]);
    criterion.bench_function("sync, cpu and memory, mixed readiness", |bench| {
        bench.iter(|| {
            now += SimDuration::from_secs(15);
            let young = PodGroup {
                started: Some(now - SimDuration::from_secs(20)),
                ready: Readiness::False,
                ready_since: now - SimDuration::from_secs(20),
                sampled_at: now,
                ..group(&idle, 3)
            };
            let pending = PodGroup { phase: PodPhase::Pending, in_metrics: false, ..young };
            let silent = PodGroup { in_metrics: false, ..group(&busy, 2) };
            let groups = [group(&busy, 20), young, pending, silent];
            let seen = Observation { spec_replicas: 28, status_replicas: 28, pods: &groups, ..Observation::default() };
            black_box(two.sync(now, black_box(&seen)).replicas)
        });
    });
}

/// `foresail hpa` on the reference HPA and the flash crowd of docs/hpa.md: an hour and a half, sync by sync.
fn replays(criterion: &mut Criterion) {
    let shipped = |name: &str| format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
    let (mut issues, mut symbols) = (Issues::new(), Interner::new());
    let flags = Flags::default();
    let objects = hpas::read(&[shipped("hpa-order.yaml")], &flags, &mut symbols, &mut issues);
    let file = MetricsFile { column: None, path: shipped("hpa-flash-crowd.csv") };
    let wanted = Wanted { fallback: "cpu", allow_gaps: false, namespace: None, container: None };
    let recording = metrics::read(&[file], wanted, &mut issues).expect("the shipped recording");
    let names: Vec<Symbol> = recording.series().iter().map(|series| symbols.intern(&series.name)).collect();
    let replay = Replay {
        spec: &objects[0].spec,
        flags,
        recording: &recording,
        names: &names,
        mode: Mode::Closed,
        start: 3,
        pod: PodShape { cpu_request_milli: Some(250), memory_request_bytes: Some(256 << 20), cpu_limit_milli: None },
        pod_start: SimDuration::from_secs(30),
        sync: SimDuration::from_secs(15),
        sample_age: SimDuration::ZERO,
    };
    let mut group = criterion.benchmark_group("replay");
    group.throughput(Throughput::Elements(replay.run().rows.len() as u64));
    group.bench_function("the reference HPA under a flash crowd", |bench| bench.iter(|| black_box(&replay).run()));
    group.finish();
}

criterion_group!(benches, syncs, replays);
criterion_main!(benches);

//! What a simulation costs: a week of the reference cluster, and a day of 200 services on 300 nodes.

use criterion::{Criterion, criterion_group, criterion_main};
use foresail::scenario::{self, Scenario, Sources};
use foresail::study::Study;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;

/// Services under HPA, of pods of 1 vCPU and 2 GiB, about 50 of each at the peak of the day.
const SERVICES: usize = 200;

/// A day of many services on nodes of 64 vCPUs, in steps of five minutes.
fn many_services() -> Scenario {
    let folder = tempfile::tempdir().expect("a folder for the bench");
    let (mut manifests, mut routes, mut profiles) = (String::new(), String::new(), String::new());
    for service in 0..SERVICES {
        let name = format!("service-{service}");
        write!(
            manifests,
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: 10\n  \
             selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    \
             spec:\n      containers: [{{name: web, image: web, resources: {{requests: {{cpu: 1, memory: 2Gi}}, \
             limits: {{cpu: 1}}}}}}]\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n\
             metadata: {{name: {name}}}\nspec:\n  minReplicas: 2\n  maxReplicas: 100\n  \
             scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}\n  \
             metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, \
             averageUtilization: 60}}}}}}]\n---\n"
        )
        .expect("text grows");
        writeln!(routes, "    {name}: 1").expect("text grows");
        writeln!(profiles, "  {name}: {{cpuPerRequest: 50ms, concurrency: 8}}").expect("text grows");
    }
    // At the peak each service gets 600 requests/s of 50 ms: 30 vCPUs, 50 pods at 60 %.
    let text = format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: many-services\nmanifests: [all.yaml]\nduration: 1d\n\
         step: 5m\ncluster: {{cpuReference: c6i.16xlarge}}\n\
         nodeGroups:\n  pool: {{instanceTypes: [c6i.16xlarge], minSize: 300, maxSize: 300}}\n\
         traffic:\n  patterns: [{{diurnal: {{meanRate: 80000, swing: 0.5, peakHour: 20}}}}]\n  noise: 0.08\n  \
         routes:\n{routes}services:\n{profiles}"
    );
    fs::write(folder.path().join("all.yaml"), manifests).expect("a file");
    let path = folder.path().join("scenario.yaml");
    fs::write(&path, text).expect("a file");
    scenario::load(Sources::Disk, &path, &[]).unwrap_or_else(|issues| panic!("{issues:?}"))
}

/// One replication of each; the seed moves on, so that nothing is remembered but the tables of latency.
fn one_replication(c: &mut Criterion) {
    let week = scenario::embedded(&[]).unwrap_or_else(|issues| panic!("{issues:?}"));
    let mut group = c.benchmark_group("run");
    group.sample_size(10);
    for (name, scenario) in [("a week of the reference cluster", week), ("a day of 200 services", many_services())] {
        let mut replication = 0;
        let study = Study::of(&scenario);
        group.bench_function(name, |b| {
            b.iter(|| {
                replication += 1;
                black_box(study.replicate(replication).events)
            });
        });
    }
    // As `foresail run -n 1` does it: tables are made too.
    group.bench_function("a week, the first of its study", |b| {
        b.iter(|| {
            let scenario = scenario::embedded(&[]).unwrap_or_else(|issues| panic!("{issues:?}"));
            black_box(Study::of(&scenario).replicate(0).events)
        });
    });
    group.finish();
}

criterion_group!(benches, one_replication);
criterion_main!(benches);

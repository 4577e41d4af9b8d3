//! What the ledger costs: a year of 1,000 nodes with its hourly lines, and without them.
//!
//! Forty of the nodes, more or less, are autoscaled with the traffic of two services; or nothing happens all year, so that next to nothing but
//! the ledger is left. Beside the whole time stands that of closing the books: prices, sharing, figures.

use criterion::{Criterion, criterion_group, criterion_main};
use foresail::scenario::{self, Scenario, Sources};
use foresail::study::{Figures, Study};
use foresail::world::Billing;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::sync::Arc;

/// Groups of nodes that are always there, 160 each, in three zones.
const GROUPS: usize = 6;
/// Services under HPA, whose pods have the autoscaled group to themselves.
const SERVICES: usize = 2;

fn manifests(with_traffic: bool) -> String {
    let mut text = String::from(
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent, namespace: kube-system}\nspec:\n  \
         selector: {matchLabels: {app: agent}}\n  template:\n    metadata: {labels: {app: agent}}\n    \
         spec: {containers: [{name: c, image: c, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {name: service-0}\nspec: {type: LoadBalancer, \
         selector: {app: service-0}, ports: [{port: 80}]}\n",
    );
    let mut deployment = |name: &str, replicas: usize, pool: &str, cpu: &str| {
        write!(
            text,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: {replicas}\n  \
             selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    \
             spec:\n      nodeSelector: {{pool: {pool}}}\n      \
             containers: [{{name: c, image: c, resources: {{requests: {{cpu: {cpu}, memory: 2Gi}}}}}}]\n"
        )
        .expect("text grows");
    };
    for group in 0..GROUPS {
        deployment(&format!("steady-{group}"), 400, &format!("steady-{group}"), "4");
    }
    for service in 0..SERVICES {
        deployment(&format!("service-{service}"), 120, "elastic", "2");
    }
    for service in 0..if with_traffic { SERVICES } else { 0 } {
        write!(
            text,
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: service-{service}}}\n\
             spec:\n  minReplicas: 20\n  maxReplicas: 400\n  \
             scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: service-{service}}}\n  \
             metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 60}}}}}}]\n"
        )
        .expect("text grows");
    }
    text
}

/// A year of 960 nodes that are always there, and about 40 that follow the day; without traffic 40 as well.
fn scenario(with_traffic: bool) -> Scenario {
    let folder = tempfile::tempdir().expect("a folder for the bench");
    let mut text = String::from(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: year\nmanifests: [all.yaml]\nduration: 365d\nstep: 5m\n\
         cluster: {region: us-east-1, zones: [us-east-1a, us-east-1b, us-east-1c]}\nbilling: {start: 2027-01-01}\nnodeGroups:\n",
    );
    let elastic = if with_traffic { "minSize: 10, maxSize: 200" } else { "minSize: 40, maxSize: 40" };
    for group in 0..GROUPS {
        let row = "instanceTypes: [m5.4xlarge], minSize: 160, maxSize: 160";
        writeln!(text, "  steady-{group}: {{{row}, labels: {{pool: steady-{group}}}}}").expect("text grows");
    }
    writeln!(text, "  elastic: {{instanceTypes: [m5.4xlarge], {elastic}, desiredSize: 40, labels: {{pool: elastic}}}}")
        .expect("text grows");
    if with_traffic {
        text += "autoscaler: {enabled: true}\n\
                 traffic:\n  patterns: [{diurnal: {meanRate: 6000, swing: 0.6, peakHour: 20}}]\n  noise: 0.08\n  routes:\n";
        (0..SERVICES).for_each(|service| writeln!(text, "    service-{service}: 1").expect("text grows"));
        text += "services:\n";
        for service in 0..SERVICES {
            writeln!(text, "  service-{service}: {{cpuPerRequest: 50ms, concurrency: 8}}").expect("text grows");
        }
    }
    fs::write(folder.path().join("all.yaml"), manifests(with_traffic)).expect("a file");
    let path = folder.path().join("scenario.yaml");
    fs::write(&path, text).expect("a file");
    scenario::load(Sources::Disk, &path, &[]).unwrap_or_else(|issues| panic!("{issues:?}"))
}

/// The same simulation with as little of a bill as there can be: nodes alone, in one endless month.
fn without_lines(study: &Study) -> Study {
    let mut cast = (*study.cast).clone();
    cast.metered.clear();
    cast.billing = Billing { provider: cast.billing.provider, ..Billing::default() };
    Study { cast: Arc::new(cast), ..study.clone() }
}

fn a_year(c: &mut Criterion) {
    let mut group = c.benchmark_group("bill");
    group.sample_size(10);
    for (name, with_traffic) in [("some autoscaled", true), ("nothing happens", false)] {
        let study = Study::of(&scenario(with_traffic));
        let bare = without_lines(&study);
        for (kind, study) in [("with its lines", &study), ("without", &bare)] {
            let names = study.names();
            group.bench_function(format!("a year of 1,000 nodes, {name}/{kind}"), |b| {
                b.iter(|| {
                    let outcome = study.replicate(1);
                    black_box(Figures::of(1, &names, outcome))
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, a_year);
criterion_main!(benches);

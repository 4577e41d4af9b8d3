//! Random scenarios with random faults: what must be true after every event is.
//!
//! A failing seed prints the command that replays it alone.

use crate::fuzz::world::check;
use foresail::cost::Part;
use foresail::id::{Id, IdVec};
use foresail::rng::{Seed, Stream};
use foresail::scenario::{Sources, load};
use foresail::sim::log::{Launched, NodeEnd, Occurrence, Termination};
use foresail::sim::outcome::Outcome;
use foresail::study::Study;
use foresail::units::SimTime;
use foresail::world::{Cast, InstanceId};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::fs;

const SEEDS: u64 = 16;
const VARIABLE: &str = "FORESAIL_INVARIANTS_SEED";

/// The seeds to try: all, or the one that is asked for.
fn seeds() -> Vec<u64> {
    match std::env::var(VARIABLE).ok().and_then(|text| text.parse().ok()) {
        Some(seed) => vec![seed],
        None => (0..SEEDS).collect(),
    }
}

fn study(seed: u64) -> Study {
    let folder = tempfile::tempdir().expect("a folder for the scenario");
    let mut chance = Seed::new(seed, 0).stream("scenario", 0);
    fs::write(folder.path().join("scenario.yaml"), scenario(&mut chance)).expect("a file");
    fs::write(folder.path().join("objects.yaml"), objects(&mut chance)).expect("a file");
    let path = folder.path().join("scenario.yaml");
    let scenario = load(Sources::Disk, &path, &[]).unwrap_or_else(|issues| {
        panic!("seed {seed} is refused: {issues:?}\n{}", fs::read_to_string(&path).unwrap_or_default())
    });
    Study { seed, ..Study::of(&scenario) }
}

fn pick<'a>(chance: &mut Stream, list: &[&'a str]) -> &'a str {
    list[chance.below(list.len())]
}

/// Groups, traffic, faults, rollouts.
fn scenario(chance: &mut Stream) -> String {
    let mut text =
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: random\nmanifests: [objects.yaml]\nduration: 2h\n\
        cluster: {region: us-east-1, zones: [us-east-1a, us-east-1b]}\nautoscaler:\n  enabled: true\n  \
        version: \"VERSION\"\n  flags: [--scale-down-delay-after-add=2m, --scale-down-unneeded-time=2m]\nnodeGroups:\n"
            .replace("VERSION", pick(chance, &["1.28", "1.31", "1.33", "1.35"]));
    let second = pick(chance, &["ON_DEMAND", "SPOT"]);
    for (name, capacity) in [("fixed", "ON_DEMAND"), ("pool", second)] {
        let (least, types) = (1 + chance.below(3), pick(chance, &["m5.large", "m5.xlarge", "c5.large"]));
        let _ = writeln!(
            text,
            "  {name}: {{instanceTypes: [{types}], capacityType: {capacity}, minSize: {least}, maxSize: {}, desiredSize: {least}}}",
            least + 2 + chance.below(6),
        );
    }
    let (rate, peak) = (5 + chance.below(40), 20 + chance.below(200));
    let _ = writeln!(
        text,
        "traffic:\n  patterns:\n    - constant: {{rate: {rate}}}\n    - flashCrowd: {{peakRate: {peak}, at: {}m, rise: 2m, hold: 10m, halfLife: 5m}}\n  \
         noise: 0.1\n  routes: {{app-0: 1}}\nobjectives: {{latencyP95: 200ms, errorRate: 0.01}}\nservices:",
        10 + chance.below(60),
    );
    for app in 0..3 {
        let calls = if app == 0 { ", calls: [{app-1: 1}, {app-2: 0.5}]" } else { "" };
        let _ = writeln!(text, "  app-{app}: {{cpuPerRequest: {}ms, concurrency: 16{calls}}}", 5 + chance.below(20));
    }
    match chance.below(3) {
        0 => text.push_str("terminationHandler: {enableRebalanceDraining: true, rebalanceLead: 4m}\n"),
        1 => text.push_str("terminationHandler: {enableRebalanceMonitoring: true}\n"),
        _ => {}
    }
    if chance.chance(0.3) {
        text.push_str("fidelity: lockstep\n");
    }
    text.push_str("faults:\n");
    for _ in 0..1 + chance.below(4) {
        let group = pick(chance, &["fixed", "pool"]);
        let what = match chance.below(8) {
            0 => "zoneOutage: us-east-1a".to_owned(),
            1 => format!("nodeLost: {group}, replacement: {}", pick(chance, &["replace", "shrink", "none"])),
            2 => format!("nodeUnreachable: {group}"),
            3 => "spotNotice: pool".to_owned(),
            4 => format!("noCapacity: {group}"),
            5 => format!("increaseError: {group}"),
            6 => {
                format!("containersHang: {}, pods: {}", pick(chance, &["app-0", "app-1", "app-2"]), 1 + chance.below(3))
            }
            _ => format!("neverRegisters: {group}"),
        };
        let _ = writeln!(text, "  - {{at: {}m, for: {}m, {what}}}", 5 + chance.below(90), 1 + chance.below(30));
    }
    let (first, second) = (5 + chance.below(30), 70 + chance.below(30));
    let _ = writeln!(
        text,
        "deploys:\n  - {{at: {first}m, deployment: app-1, switchAt: {}m, watchFor: 5m, rollbackAfter: 30s, cpuFactor: {}}}\n  \
         - {{at: {second}m, deployment: app-0, rollbackAfter: 1m, cpuFactor: {}}}\n  - {{at: {}m, statefulSet: db}}\n  \
         - {{at: {}m, daemonSet: agent, rollbackAfter: 1m}}",
        first + chance.below(10),
        1 + chance.below(6),
        1 + chance.below(4),
        10 + chance.below(90),
        10 + chance.below(90),
    );
    text
}

/// Deployments with HPAs and budgets, a StatefulSet, a DaemonSet, a CronJob.
fn objects(chance: &mut Stream) -> String {
    let mut text = String::new();
    for app in 0..3 {
        let (cpu, memory) = (100 + 50 * chance.below(12), 128 << chance.below(3));
        let probe =
            if chance.chance(0.3) { "\n          livenessProbe: {periodSeconds: 5, failureThreshold: 2}" } else { "" };
        let _ = write!(
            text,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{app}, labels: {{app: app-{app}}}}}\nspec:\n  \
             replicas: {replicas}\n  minReadySeconds: {min_ready}\n  selector: {{matchLabels: {{app: app-{app}}}}}\n  template:\n    metadata: {{labels: {{app: app-{app}}}}}\n    \
             spec:\n      terminationGracePeriodSeconds: {grace}\n      containers:\n        - name: main\n          image: app:{app}\n          \
             resources: {{requests: {{cpu: {cpu}m, memory: {memory}Mi}}, limits: {{cpu: {limit}m, memory: {double}Mi}}}}{probe}\n",
            replicas = 1 + chance.below(6),
            min_ready = 30 * chance.below(2),
            grace = 1 + chance.below(60),
            limit = cpu * 2,
            double = memory * 2,
        );
        let least = 1 + chance.below(3);
        let _ = write!(
            text,
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: app-{app}}}\nspec:\n  \
             scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: app-{app}}}\n  minReplicas: {least}\n  maxReplicas: {}\n  \
             metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 60}}}}}}]\n",
            least + 1 + chance.below(20),
        );
        let promise = pick(chance, &["minAvailable: 1", "minAvailable: 60%", "maxUnavailable: 1", "maxUnavailable: 0"]);
        let _ = write!(
            text,
            "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: app-{app}}}\nspec: {{{promise}, selector: \
             {{matchLabels: {{app: app-{app}}}}}}}\n",
        );
    }
    let management = pick(chance, &["OrderedReady", "Parallel"]);
    let of_pods = pick(chance, &["{type: OnDelete}", "{rollingUpdate: {partition: 1}}", "{type: RollingUpdate}"]);
    let of_agents =
        pick(chance, &["{rollingUpdate: {maxUnavailable: 30%}}", "{rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}"]);
    let _ = write!(
        text,
        "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db}}\nspec:\n  replicas: 3\n  podManagementPolicy: {management}\n  \
         updateStrategy: {of_pods}\n  minReadySeconds: 10\n  selector: {{matchLabels: {{app: db}}}}\n  template:\n    \
         metadata: {{labels: {{app: db}}}}\n    spec:\n      \
         containers: [{{name: main, image: db, resources: {{requests: {{cpu: 300m, memory: 256Mi}}}}}}]\n  \
         volumeClaimTemplates: [{{metadata: {{name: data}}, spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 10Gi}}}}}}}}]\n\
         ---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: agent}}\nspec:\n  updateStrategy: {of_agents}\n  selector: {{matchLabels: {{app: agent}}}}\n  template:\n    \
         metadata: {{labels: {{app: agent}}}}\n    spec:\n      containers:\n        - {{name: agent, image: agent, resources: {{requests: {{cpu: 50m, memory: 64Mi}}}}}}\n",
    );
    text.push_str(
        "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: report}\nspec:\n  schedule: \"*/10 * * * *\"\n  concurrencyPolicy: Forbid\n  jobTemplate:\n    spec:\n      \
         parallelism: 2\n      completions: 4\n      template:\n        spec:\n          restartPolicy: Never\n          \
         containers: [{name: main, image: report, resources: {requests: {cpu: 500m, memory: 256Mi}}}]\n",
    );
    text
}

#[test]
fn what_must_be_true_is_true_after_every_event() {
    for seed in seeds() {
        let study = study(seed);
        let again = format!("seed {seed}: {VARIABLE}={seed} cargo test --release --test all invariants");
        let number = check::invariants(&study, 1, &again);
        assert!(number > 1000, "seed {seed}: only {number} events");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let pool = |threads: usize| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let (one, four) = (pool(1), pool(4));
    for seed in seeds() {
        let study = study(seed);
        let run = || (0..4).into_par_iter().map(|number| check::digest(&study.replicate(number))).collect::<Vec<u64>>();
        let (alone, together) = (one.install(run), four.install(run));
        let again = format!("{VARIABLE}={seed} cargo test --release --test all invariants");
        assert_eq!(alone, together, "replications depend on the number of threads\n{again}");
        assert_ne!(alone[1], alone[2], "replications are all the same\n{again}");
    }
}

/// A node group, a machine type and a zone; whether it is paid for.
type Pool = (usize, String, String, bool);

/// Nanoseconds of nodes as the bill has them.
fn billed(outcome: &Outcome) -> BTreeMap<Pool, i128> {
    let mut sums = BTreeMap::new();
    for line in &outcome.bill.lines {
        if let Some(group) = outcome.bill.group(line) {
            let zone = line.item.zone.as_deref().unwrap_or_default().to_owned();
            let pool = (group.index(), line.item.sku.to_string(), zone, line.key.part != Part::Free);
            *sums.entry(pool).or_default() += line.quantity.sum() / 1_000_000;
        }
    }
    sums
}

/// The same as the log tells it.
fn told(outcome: &Outcome, cast: &Cast) -> BTreeMap<Pool, i128> {
    let text = |symbol| outcome.cluster.symbols.text(symbol);
    let by_name: HashMap<&str, InstanceId> =
        outcome.instance_names.iter().map(|(id, name)| (text(*name), id)).collect();
    let mut there: IdVec<InstanceId, Option<(Launched, SimTime)>> = IdVec::filled(None, outcome.instance_names.len());
    let mut sums = BTreeMap::new();
    let mut pay = |launched: Launched, nanos: i64, is_paid: bool| {
        let kind = cast.groups[launched.group].machines[launched.machine].instance_type.to_string();
        let pool = (launched.group.index(), kind, text(launched.zone).to_owned(), is_paid);
        *sums.entry(pool).or_default() += i128::from(nanos);
    };
    for record in outcome.log.records().values() {
        let (id, end) = match record.what {
            Occurrence::NodeAtStart(launched) | Occurrence::InstanceLaunched(launched) => {
                let before = there[launched.id].replace((launched, record.at));
                assert_eq!(before, None, "launched twice");
                continue;
            }
            Occurrence::NodeGone { node, reason, .. } => (by_name[outcome.cluster.node_name(node)], reason),
            Occurrence::InstanceDeleted(id, Termination::NeverRegistered) | Occurrence::InstanceLost(id) => {
                (id, NodeEnd::Lost)
            }
            _ => continue,
        };
        let (launched, since) = there[id].take().expect("it was launched");
        let lived = (record.at - since).as_nanos();
        let whole = ((lived + 999_999_999) / 1_000_000_000).max(60) * 1_000_000_000;
        pay(launched, whole, end != NodeEnd::Spot || lived >= 3_600_000_000_000);
    }
    for (launched, since) in there.values().flatten() {
        pay(*launched, (outcome.end - *since).as_nanos(), true);
    }
    sums.retain(|_, nanos| *nanos != 0);
    sums
}

#[test]
fn the_log_tells_for_how_long_every_node_is_paid_for() {
    let mut free = 0;
    for seed in seeds() {
        let study = study(seed);
        let outcome = study.replicate(0);
        let again = format!("{VARIABLE}={seed} cargo test --release --test all invariants");
        assert_eq!(told(&outcome, &study.cast), billed(&outcome), "the log and the bill differ\n{again}");
        free += billed(&outcome).keys().filter(|(.., is_paid)| !is_paid).count();
    }
    assert!(seeds().len() == 1 || free > 0, "no spot node was free of charge");
}

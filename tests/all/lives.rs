//! Pods and Jobs in time, as a scenario shows them: probes, crash loops, ordered StatefulSets, Jobs that lose pods.

use crate::small_cluster::{HEAD, STATEFUL, deployment, pods, run, times};
use foresail::scenario::{Sources, load};
use foresail::sim::log::{Evictor, JobEnd, Occurrence};
use foresail::sim::outcome::Outcome;
use foresail::units::SimTime;
use std::fs;

/// When the number of ready pods of the first workload changed, and to what.
fn readiness(outcome: &Outcome) -> Vec<(i64, i32)> {
    let mut changes: Vec<(i64, i32)> = Vec::new();
    for point in &outcome.timeline.points {
        let ready = point.pods[0].ready;
        if changes.last().is_none_or(|(_, before)| *before != ready) {
            changes.push((point.at.as_secs(), ready));
        }
    }
    changes
}

fn gaps(times: &[i64]) -> Vec<i64> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn a_container_that_never_starts_up_crash_loops_with_pauses_of_10_to_300_seconds() {
    let scenario = format!("{HEAD}duration: 1h\nservices: {{app: {{cpuPerRequest: 5ms, warmUp: 60s}}}}\n");
    let probe = "startupProbe: {periodSeconds: 10, failureThreshold: 3}";
    let outcome = run(&scenario, &deployment("app", "replicas: 1", "100m", probe));
    let killed = times(&outcome, |what| matches!(what, Occurrence::FailedProbe(_)));
    // Killed by the third probe, 20 s after the start; the first restart is at once.
    assert_eq!(gaps(&killed)[..8], [20, 30, 40, 60, 100, 180, 320, 320], "{killed:?}");
    assert_eq!(readiness(&outcome), [(0, 0)]);
}

#[test]
fn a_startup_probe_with_enough_patience_lets_a_slow_container_come_up() {
    let scenario = format!("{HEAD}duration: 10m\nservices: {{app: {{cpuPerRequest: 5ms, warmUp: 60s}}}}\n");
    let probes = "startupProbe: {periodSeconds: 10, failureThreshold: 30}\n          livenessProbe: {periodSeconds: 5, failureThreshold: 1}";
    let outcome = run(&scenario, &deployment("app", "replicas: 1", "100m", probes));
    assert!(times(&outcome, |what| matches!(what, Occurrence::FailedProbe(_))).is_empty());
    assert_eq!(readiness(&outcome).last().map(|(_, ready)| *ready), Some(1));
}

#[test]
fn a_hanging_container_is_restarted_by_its_liveness_probe_and_back_off_forgets_after_ten_minutes() {
    let hangs = |at: &str| format!("  - {{at: {at}, containersHang: app}}\n");
    let faults = hangs("20m") + &hangs("22m") + &hangs("40m");
    let scenario = format!("{HEAD}duration: 1h\nfaults:\n{faults}");
    let probe = "livenessProbe: {periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 2}";
    let outcome = run(&scenario, &deployment("app", "replicas: 1", "100m", probe));
    let hung = times(&outcome, |what| matches!(what, Occurrence::ContainerHangs(_)));
    let killed = times(&outcome, |what| matches!(what, Occurrence::FailedProbe(_)));
    assert_eq!((hung.as_slice(), killed.len()), ([1200, 1320, 2400].as_slice(), 3));
    for (hung, killed) in hung.iter().zip(&killed) {
        // Up to a period to the first probe that fails, two more periods, and the last one's timeout.
        assert!((12..=17).contains(&(killed - hung)), "killed {} s after it hung", killed - hung);
    }
    let back: Vec<i64> =
        readiness(&outcome).iter().filter(|(_, ready)| *ready == 1).skip(1).map(|(at, _)| *at).collect();
    let pauses: Vec<i64> = back.iter().zip(&killed).map(|(back, killed)| back - killed).collect();
    assert_eq!(pauses, [0, 10, 0]);
}

#[test]
fn without_a_liveness_probe_a_hanging_container_comes_back_when_the_fault_ends() {
    let scenario = format!("{HEAD}duration: 30m\nfaults: [{{at: 10m, for: 5m, containersHang: app, pods: 2}}]\n");
    let probe = "readinessProbe: {periodSeconds: 10, failureThreshold: 2}";
    let outcome = run(&scenario, &deployment("app", "replicas: 3", "100m", probe));
    assert!(times(&outcome, |what| matches!(what, Occurrence::FailedProbe(_))).is_empty());
    let ready = |at: i64| readiness(&outcome).iter().rfind(|(since, _)| *since <= at).map(|(_, ready)| *ready);
    assert_eq!([ready(599), ready(600), ready(899), ready(915)], [Some(3), Some(1), Some(1), Some(3)]);
}

#[test]
fn two_hpas_of_one_deployment_scale_by_no_metric() {
    let traffic =
        "traffic: {patterns: [{constant: {rate: 40}}], routes: {app: 1}}\nservices: {app: {cpuPerRequest: 20ms}}\n";
    let hpa = |name: &str| {
        format!(
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\nspec:\n  \
             scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: app}}\n  minReplicas: 1\n  maxReplicas: 5\n"
        )
    };
    let rescales = |hpas: &str| {
        let objects = deployment("app", "replicas: 1", "500m", "") + hpas;
        let outcome = run(&format!("{HEAD}duration: 30m\n{traffic}"), &objects);
        times(&outcome, |what| matches!(what, Occurrence::Rescaled { .. })).len()
    };
    assert!(rescales(&hpa("one")) > 0);
    assert_eq!(rescales(&(hpa("one") + &hpa("two"))), 0);
}

#[test]
fn a_container_above_its_memory_limit_is_killed() {
    let traffic = "traffic: {patterns: [{constant: {rate: 40}}], routes: {app: 1}}\n\
         services: {app: {cpuPerRequest: 20ms, memory: 60Mi, memoryPerRequest: 200Mi}}\n";
    let outcome = run(&format!("{HEAD}duration: 30m\n{traffic}"), &deployment("app", "replicas: 1", "1", ""));
    let killed = times(&outcome, |what| matches!(what, Occurrence::OutOfMemory { .. }));
    assert!(killed.len() > 3 && outcome.counts.out_of_memory == killed.len() as u64, "{killed:?}");
    let small = traffic.replace("200Mi", "20Mi");
    let outcome = run(&format!("{HEAD}duration: 30m\n{small}"), &deployment("app", "replicas: 1", "1", ""));
    assert_eq!(outcome.counts.out_of_memory, 0);
}

#[test]
fn a_stateful_set_starts_its_pods_one_after_the_other() {
    let outcome = run(&format!("{HEAD}duration: 10m\n"), STATEFUL);
    let rows = pods(&outcome, "db-");
    let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["db-0", "db-1", "db-2"]);
    for pair in rows.windows(2) {
        let ready = pair[0].1.ready.filter(|(ready, _)| *ready).map(|(_, since)| since).expect("ready");
        assert_eq!(pair[1].1.created, ready, "{} is created when {} is ready", pair[1].0, pair[0].0);
    }
    let all_at_once = STATEFUL.replace("serviceName: db", "podManagementPolicy: Parallel");
    let outcome = run(&format!("{HEAD}duration: 10m\n"), &all_at_once);
    assert!(pods(&outcome, "db-").iter().all(|(_, pod)| pod.created == SimTime::ZERO));
}

#[test]
fn a_stateful_set_stops_its_pods_from_the_highest_one_after_the_other() {
    let scenario = format!(
        "{HEAD}duration: 1h\ntraffic: {{patterns: [{{step: {{rate: 150, at: 0s, for: 20m}}}}, {{constant: {{rate: 1}}}}], routes: {{db: 1}}}}\n\
         services: {{db: {{cpuPerRequest: 5ms}}}}\n"
    );
    let hpa = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: db}\nspec:\n  \
         scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}\n  minReplicas: 1\n  maxReplicas: 3\n  \
         behavior: {scaleDown: {stabilizationWindowSeconds: 0}}\n  \
         metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]\n";
    let outcome = run(&scenario, &format!("{STATEFUL}{hpa}"));
    let rows = pods(&outcome, "db-");
    let deleted: Vec<i64> = rows.iter().filter_map(|(_, pod)| pod.deleted.map(SimTime::as_secs)).collect();
    let [lower, higher] = deleted[..] else { panic!("{rows:?}") };
    assert!(rows[0].1.deleted.is_none() && higher >= 1200, "{rows:?}");
    // The pod stops within its grace period; the next one is asked to go in the second after.
    assert!((1..=31).contains(&(lower - higher)), "db-2 at {higher}, db-1 at {lower}");
}

/// A StatefulSet whose pods have a block device each.
fn with_claims(stateful_set: &str) -> String {
    let class = "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: gp3}\nprovisioner: ebs.csi.aws.com\n\
         volumeBindingMode: WaitForFirstConsumer\n";
    format!(
        "{class}{stateful_set}  volumeClaimTemplates:\n    - metadata: {{name: data}}\n      \
         spec: {{storageClassName: gp3, accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 10Gi}}}}}}\n"
    )
}

#[test]
fn a_claim_keeps_a_pod_in_its_zone() {
    let scenario = HEAD.replace("[us-east-1a]", "[us-east-1a, us-east-1b]")
        + "duration: 30m\nfaults: [{at: 10m, nodeLost: base, pick: PICK, replacement: none}]\n";
    let one = STATEFUL.replace("replicas: 3", "replicas: 1");
    let with_claim = with_claims(&one);
    // The node with the pod on it is lost, whichever that is: with a claim the other zone is of no use.
    let homeless = |objects: &str| {
        let outcomes = ["0", "1"].map(|pick| run(&scenario.replace("PICK", pick), objects));
        outcomes
            .iter()
            .map(|outcome| outcome.cluster.pods().filter(|(_, pod)| pod.node().is_none()).count())
            .sum::<usize>()
    };
    assert_eq!((homeless(&one), homeless(&with_claim)), (0, 1));
}

#[test]
fn a_group_spreads_over_its_zones_again_when_one_is_back() {
    let head = HEAD.replace("[us-east-1a]", "[us-east-1a, us-east-1b]").replace("Size: 2", "Size: 4");
    let scenario = head + "duration: 1h\nfaults: [{at: 10m, for: 10m, zoneOutage: us-east-1a}]\n";
    let outcome = run(&scenario, &with_claims(STATEFUL));
    let zone = outcome.cluster.symbols.lookup("topology.kubernetes.io/zone").expect("known");
    let nodes = outcome.cluster.nodes().filter_map(|(_, node)| node.labels.get(zone));
    let mut zones: Vec<&str> = nodes.map(|zone| outcome.cluster.symbols.text(zone)).collect();
    zones.sort_unstable();
    assert_eq!(zones, ["us-east-1a", "us-east-1a", "us-east-1b", "us-east-1b"]);
    let ready = |at: i64| readiness(&outcome).iter().rfind(|(since, _)| *since <= at).map(|(_, ready)| *ready);
    assert!(ready(599) == Some(3) && ready(1199) < Some(3) && ready(3599) == Some(3), "{:?}", readiness(&outcome));
    let most = outcome.timeline.points.iter().map(|point| point.nodes[0].nodes).max();
    assert_eq!(most, Some(6), "the new ones come before the old ones go");
}

/// A Job of one pod on a spot group whose node gets its notice at 10, 20, 30 and 40 minutes.
fn reclaimed_job(policy: &str) -> Outcome {
    let notices: String = [10, 20, 30, 40].iter().map(|at| format!("  - {{at: {at}m, spotNotice: pool}}\n")).collect();
    let scenario = format!(
        "{}  pool: {{instanceTypes: [c5.large], capacityType: SPOT, minSize: 3, maxSize: 3, desiredSize: 3, labels: {{pool: spot}}}}\n\
         duration: 1h\njobs: {{work: {{duration: 10h}}}}\nfaults:\n{notices}",
        HEAD.replace("minSize: 2", "minSize: 1").replace("desiredSize: 2", "desiredSize: 1"),
    );
    // One pod per spot node, so that each notice takes one.
    let job = format!(
        "---\napiVersion: batch/v1\nkind: Job\nmetadata: {{name: work}}\nspec:\n  parallelism: 3\n  completions: 3\n  backoffLimit: 2\n  {policy}\n  \
         template:\n    spec:\n      restartPolicy: Never\n      nodeSelector: {{pool: spot}}\n      containers:\n        \
         - {{name: main, image: work, resources: {{requests: {{cpu: 1200m, memory: 256Mi}}}}}}\n"
    );
    run(&scenario, &job)
}

#[test]
fn reclaimed_pods_count_against_the_back_off_limit_and_are_replaced_after_a_pause() {
    let outcome = reclaimed_job("");
    assert_eq!(times(&outcome, |what| matches!(what, Occurrence::JobEnded(_, JobEnd::Failed(_)))), [1800]);
    let created: Vec<i64> = pods(&outcome, "work").iter().map(|(_, pod)| pod.created.as_secs()).collect();
    assert_eq!(created, [0, 0, 0, 610, 1220]);
}

#[test]
fn a_pod_failure_policy_decides_what_reclaimed_pods_mean() {
    let failed = |action: &str| {
        let rule = format!(
            "podFailurePolicy: {{rules: [{{action: {action}, onPodConditions: [{{type: DisruptionTarget}}]}}]}}"
        );
        let outcome = reclaimed_job(&rule);
        let created = pods(&outcome, "work").iter().map(|(_, pod)| pod.created.as_secs()).collect::<Vec<_>>();
        (times(&outcome, |what| matches!(what, Occurrence::JobEnded(_, JobEnd::Failed(_)))), created)
    };
    // With a policy a pod counts, and is replaced, when it has stopped: a second after its deletion.
    assert_eq!(failed("Ignore"), (Vec::new(), vec![0, 0, 0, 601, 1201, 1801, 2401]));
    assert_eq!(failed("FailJob"), (vec![601], vec![0, 0, 0]));
    let late = times(&reclaimed_job("activeDeadlineSeconds: 900"), |what| {
        matches!(what, Occurrence::JobEnded(_, JobEnd::Failed(_)))
    });
    assert_eq!(late, [900]);
}

#[test]
fn concurrency_policies_decide_what_a_due_cron_job_does() {
    let started = |policy: &str| {
        let scenario = format!("{HEAD}duration: 1h\njobs: {{report: {{duration: 20m}}}}\nseed: 3\n");
        let objects = format!(
            "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: report}}\nspec:\n  schedule: \"*/10 * * * *\"\n  {policy}\n  \
             jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          \
             containers: [{{name: main, image: report, resources: {{requests: {{cpu: 100m, memory: 64Mi}}}}}}]\n"
        );
        let outcome = run(&scenario, &objects);
        let completed = times(&outcome, |what| matches!(what, Occurrence::JobEnded(_, JobEnd::Complete(_))));
        (times(&outcome, |what| matches!(what, Occurrence::JobStarted(_))), completed)
    };
    let every_ten: Vec<i64> = (1..=6).map(|turn| turn * 600).collect();
    let (allowed, completed) = started("concurrencyPolicy: Allow");
    assert_eq!(allowed, every_ten);
    assert!(completed.len() >= 3, "{completed:?}");
    let (replaced, completed_of_replaced) = started("concurrencyPolicy: Replace");
    assert_eq!(replaced, every_ten);
    assert!(completed_of_replaced.len() < completed.len(), "{completed_of_replaced:?}");
    // The second one is due while the first runs, and starts when that ends.
    let (waited, completed) = started("concurrencyPolicy: Forbid");
    assert_eq!((waited[0], waited[1]), (600, completed[0]));
    assert!(completed[0] > 1200, "the first Job works for more than its schedule's period: {completed:?}");
    // Too late for it, it is given up, and the next one in time starts.
    let (punctual, completed) = started("concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 10");
    let next_due = |at: i64| (at / 600 + 1) * 600;
    assert_eq!((punctual[0], punctual[1]), (600, next_due(completed[0])));
}

#[test]
fn a_rebalance_recommendation_empties_the_node_before_the_notice_and_asks_the_budgets() {
    let scenario = |handler: &str| {
        format!(
            "{}  pool: {{instanceTypes: [m5.large], capacityType: SPOT, minSize: 2, maxSize: 2, desiredSize: 2, labels: {{pool: spot}}}}\n\
             duration: 1h\n{handler}\nfaults: [{{at: 30m, spotNotice: pool}}]\n",
            HEAD
        )
    };
    let app = deployment("app", "replicas: 4", "200m", "") + "      nodeSelector: {pool: spot}\n";
    let budget = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: app}\nspec: {maxUnavailable: 1, selector: {matchLabels: {app: app}}}\n";
    let objects = format!("{app}{budget}");
    let evicted = |outcome: &Outcome, wanted: Evictor| {
        times(outcome, |what| matches!(what, Occurrence::Evicted { by, .. } if *by == wanted))
    };
    let recommended = |outcome: &Outcome| times(outcome, |what| matches!(what, Occurrence::RebalanceRecommended(_)));
    let drained = run(&scenario("terminationHandler: {enableRebalanceDraining: true, rebalanceLead: 5m}"), &objects);
    assert_eq!(recommended(&drained), [1500]);
    assert!(evicted(&drained, Evictor::SpotNotice).is_empty());
    let moved = evicted(&drained, Evictor::Rebalance);
    assert!(moved.len() == 2 && moved[0] == 1500 && moved[1] > 1500 && moved[1] < 1620, "{moved:?}");
    let least =
        drained.timeline.points.iter().filter(|point| point.at.as_secs() > 600).map(|point| point.pods[0].ready).min();
    assert_eq!(least, Some(3), "the budget keeps three");
    let cordoned = run(&scenario("terminationHandler: {enableRebalanceMonitoring: true}"), &objects);
    assert_eq!(recommended(&cordoned), [1200]);
    assert_eq!((evicted(&cordoned, Evictor::Rebalance).len(), evicted(&cordoned, Evictor::SpotNotice).len()), (0, 2));
    let silent = run(&scenario(""), &objects);
    assert!(recommended(&silent).is_empty());
}

#[test]
fn fidelity_chooses_between_whole_seconds_and_real_delays() {
    let scenario = format!("{HEAD}duration: 20m\n");
    let objects = deployment("app", "replicas: 4", "100m", "");
    let whole =
        |outcome: &Outcome| outcome.log.records().values().all(|record| record.at.as_nanos() % 1_000_000_000 == 0);
    assert!(whole(&run(&scenario, &objects)));
    assert!(!whole(&run(&scenario.replace("lockstep", "stochastic"), &objects)));
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("scenario.yaml"), scenario.replace("lockstep", "exactly")).expect("written");
    fs::write(folder.path().join("objects.yaml"), objects).expect("written");
    let refused = load(Sources::Disk, &folder.path().join("scenario.yaml"), &[]).expect_err("no such fidelity");
    assert!(format!("{refused:?}").contains("lockstep"), "{refused:?}");
}

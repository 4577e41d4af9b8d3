//! New templates of Deployments, StatefulSets and DaemonSets reach their pods in time.

use crate::small_cluster::{HEAD, STATEFUL, deployment, pods, run, times};
use foresail::sim::log::Occurrence;
use foresail::sim::outcome::Outcome;
use foresail::units::SimTime;

fn finished(outcome: &Outcome) -> Vec<i64> {
    times(outcome, |what| matches!(what, Occurrence::DeployFinished(_)))
}

/// The seconds at which a pod became ready, if it still is.
fn ready_since(pod: &foresail::cluster::Pod) -> i64 {
    pod.ready.filter(|(ready, _)| *ready).map_or(-1, |(_, since)| since.as_secs())
}

#[test]
fn a_rollout_that_breaks_an_objective_is_taken_back() {
    let scenario = format!(
        "{HEAD}duration: 1h\ntraffic: {{patterns: [{{constant: {{rate: 60}}}}], routes: {{app: 1}}}}\n\
         services: {{app: {{cpuPerRequest: 10ms, concurrency: 8}}}}\nobjectives: {{latencyP95: 100ms}}\n\
         deploys: [{{at: 20m, deployment: app, watchFor: 15m, rollbackAfter: 2m, cpuFactor: 10}}]\n"
    );
    let outcome = run(&scenario, &deployment("app", "replicas: 2", "500m", ""));
    assert_eq!(times(&outcome, |what| matches!(what, Occurrence::DeployStarted(_))), [1200]);
    let [back] = times(&outcome, |what| matches!(what, Occurrence::RolledBack(_)))[..] else {
        panic!("taken back once")
    };
    assert!((1320..=1500).contains(&back), "taken back at {back}");
    // The new version was complete before its requests broke the objective; so is the old one afterwards.
    let [new, old] = times(&outcome, |what| matches!(what, Occurrence::DeployFinished(_)))[..] else { panic!("both") };
    assert!(new < back && back <= old, "complete at {new}, taken back at {back}, complete at {old}");
    // All pods are of the old kind again.
    let old = pods(&outcome, "app-1")[0].1.spec;
    let left: Vec<_> =
        outcome.cluster.pods().filter(|(id, _)| outcome.cluster.pod_name(*id).starts_with("app")).collect();
    assert!(left.len() == 2 && left.iter().all(|(_, pod)| pod.spec == old), "{left:?}");
}

#[test]
fn a_rollout_without_progress_is_said_to_be_stuck() {
    // Both nodes are full: the new version's pod finds no place, and no old one may go before.
    let spec =
        "replicas: 2\n  progressDeadlineSeconds: 120\n  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}";
    let scenario = |size: i32| {
        format!("{HEAD}duration: 30m\ndeploys: [{{at: 10m, deployment: app}}]\n").replace(": 2", &format!(": {size}"))
    };
    let stuck = |outcome: &Outcome| times(outcome, |what| matches!(what, Occurrence::DeployStuck(_)));
    let done = |outcome: &Outcome| times(outcome, |what| matches!(what, Occurrence::DeployFinished(_))).len();
    let full = run(&scenario(2), &deployment("app", spec, "2500m", ""));
    assert_eq!((stuck(&full), done(&full)), (vec![720], 0));
    let roomy = run(&scenario(3), &deployment("app", spec, "2500m", ""));
    assert_eq!((stuck(&roomy), done(&roomy)), (Vec::new(), 1));
}

#[test]
fn a_rolling_update_waits_until_a_new_pod_has_been_ready_for_long_enough() {
    let update = |min_ready: i64| {
        let spec = format!(
            "replicas: 2\n  minReadySeconds: {min_ready}\n  strategy: {{rollingUpdate: {{maxSurge: 1, maxUnavailable: 0}}}}"
        );
        let scenario = format!("{HEAD}duration: 30m\ndeploys: [{{at: 10m, deployment: app}}]\n");
        let outcome = run(&scenario, &deployment("app", &spec, "100m", ""));
        let rows = pods(&outcome, "app-");
        // Two old ones, then two new ones, each of which one old one waits for.
        let deleted: Vec<i64> = rows[..2].iter().filter_map(|(_, pod)| pod.deleted.map(SimTime::as_secs)).collect();
        let mut pairs: Vec<i64> = deleted;
        pairs.sort_unstable();
        let ready: Vec<i64> = rows[2..].iter().map(|(_, pod)| ready_since(pod)).collect();
        assert_eq!((pairs.len(), ready.len()), (2, 2), "{rows:?}");
        pairs.iter().zip(&ready).map(|(deleted, ready)| deleted - ready).collect::<Vec<_>>()
    };
    assert_eq!((update(0), update(60)), (vec![0, 0], vec![60, 60]));
}

#[test]
fn percentages_of_a_rolling_update_are_of_the_present_size() {
    // The HPA has made eight of two by the time of the rollout: a quarter of them are two at once.
    let scenario = format!(
        "{HEAD}duration: 1h\ntraffic: {{patterns: [{{constant: {{rate: 60}}}}], routes: {{app: 1}}}}\n\
         services: {{app: {{cpuPerRequest: 10ms}}}}\ndeploys: [{{at: 40m, deployment: app}}]\n"
    );
    let hpa = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: app}\nspec:\n  \
         scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: app}\n  minReplicas: 2\n  maxReplicas: 8\n  \
         metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]\n";
    let outcome = run(&scenario, &format!("{}{hpa}", deployment("app", "replicas: 2", "100m", "")));
    let created = pods(&outcome, "app-").iter().filter(|(_, pod)| pod.created.as_secs() == 2400).count();
    let deleted =
        pods(&outcome, "app-").iter().filter(|(_, pod)| pod.deleted.map(SimTime::as_secs) == Some(2400)).count();
    assert_eq!(
        (created, deleted, finished(&outcome).len()),
        (4, 2, 1),
        "two surge, and two take the place of old ones"
    );
}

#[test]
fn a_stateful_set_is_updated_from_the_highest_ordinal_down_to_the_partition() {
    let update = |strategy: &str| {
        let scenario = format!("{HEAD}duration: 30m\ndeploys: [{{at: 10m, statefulSet: db}}]\n");
        let objects =
            STATEFUL.replace("serviceName: db", &format!("minReadySeconds: 20\n  updateStrategy: {strategy}"));
        let outcome = run(&scenario, &objects);
        let rows: Vec<(String, Option<i64>, i64)> = pods(&outcome, "db-")
            .into_iter()
            .map(|(name, pod)| (name, pod.deleted.map(SimTime::as_secs), ready_since(pod)))
            .collect();
        (rows, finished(&outcome).len())
    };
    let (rows, complete) = update("{type: RollingUpdate}");
    let names: Vec<&str> = rows.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!((names, complete), (vec!["db-0", "db-1", "db-2", "db-2", "db-1", "db-0"], 1));
    assert_eq!(rows[2].1, Some(600));
    assert_eq!(rows[1].1, Some(rows[3].2 + 20), "the next one goes when the new one is available");
    assert_eq!(rows[0].1, Some(rows[4].2 + 20));
    let (rows, complete) = update("{rollingUpdate: {partition: 2}}");
    let replaced: Vec<bool> = rows.iter().map(|(_, deleted, _)| deleted.is_some()).collect();
    assert_eq!((replaced, complete), (vec![false, false, true, false], 1));
    let (rows, complete) = update("{type: OnDelete}");
    assert_eq!((rows.len(), complete), (3, 0));
}

const AGENT: &str = "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec:\n  STRATEGY\n  \
    selector: {matchLabels: {app: agent}}\n  template:\n    metadata: {labels: {app: agent}}\n    spec:\n      containers:\n        \
    - {name: main, image: agent, resources: {requests: {cpu: 100m, memory: 64Mi}}}\n";

#[test]
fn a_daemon_set_is_updated_node_by_node_or_with_a_second_pod_beside_the_old_one() {
    let update = |strategy: &str| {
        let scenario = format!("{HEAD}duration: 30m\ndeploys: [{{at: 10m, daemonSet: agent}}]\n");
        let outcome = run(&scenario, &AGENT.replace("STRATEGY", strategy));
        let rows = pods(&outcome, "agent-");
        let (old, new): (Vec<_>, Vec<_>) = rows.iter().partition(|(_, pod)| pod.created.as_secs() < 600);
        let mut gone: Vec<i64> = old.iter().filter_map(|(_, pod)| pod.deleted.map(SimTime::as_secs)).collect();
        let mut created: Vec<i64> = new.iter().map(|(_, pod)| pod.created.as_secs()).collect();
        let mut ready: Vec<i64> = new.iter().map(|(_, pod)| ready_since(pod)).collect();
        [&mut gone, &mut created, &mut ready].into_iter().for_each(|times| times.sort_unstable());
        (gone, created, ready, finished(&outcome).len())
    };
    let (gone, created, ready, complete) = update("updateStrategy: {type: RollingUpdate}");
    assert_eq!((gone[0], complete), (600, 1));
    assert!(created[0] > gone[0] && gone[1] == ready[0] && created[1] > gone[1], "{gone:?} {created:?} {ready:?}");
    let surge = "updateStrategy: {rollingUpdate: {maxSurge: 50%, maxUnavailable: 0}}";
    let (gone, created, ready, complete) = update(surge);
    assert_eq!((created[0], complete), (600, 1));
    assert!(gone == ready && created[1] == gone[0], "{gone:?} {created:?} {ready:?}");
    let (gone, created, ..) = update("updateStrategy: {rollingUpdate: {maxUnavailable: 100%}}");
    assert!(gone == [600, 600] && created.len() == 2);
    assert!(update("updateStrategy: {type: OnDelete}").0.is_empty());
}

//! Every scenario in `scenarios/` runs, and what it is about happens.

use foresail::scenario::{Sources, load};
use foresail::sim::log::{NodeEnd, Occurrence};
use foresail::sim::outcome::Outcome;
use foresail::study::Study;
use foresail::units::SimDuration;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// One replication of a scenario, cut short.
fn run(name: &str, duration: &str) -> Outcome {
    let scenario = load(Sources::Disk, &folder().join(name), &[format!("duration={duration}")]);
    Study::of(&scenario.unwrap_or_else(|issues| panic!("{name}: {issues:?}"))).replicate(0)
}

fn count(outcome: &Outcome, of_interest: impl Fn(&Occurrence) -> bool) -> usize {
    outcome.log.records().values().filter(|record| of_interest(&record.what)).count()
}

#[test]
fn every_scenario_is_accepted() {
    let entries = std::fs::read_dir(folder()).expect("the folder");
    let mut seen = 0;
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some()) {
        let scenario = load(Sources::Disk, &path, &[]);
        assert!(scenario.is_ok(), "{}: {:?}", path.display(), scenario.err());
        seen += 1;
    }
    assert!(seen >= 8, "only {seen} scenarios");
}

#[test]
fn times_before_the_start_are_refused() {
    for setting in [
        "faults=[{at: -1h, zoneOutage: us-east-1a}]",
        "faults=[{at: -1ms, zoneOutage: us-east-1a}]",
        "deploys=[{at: -1h, deployment: order-service}]",
        "terminationHandler={rebalanceLead: -5m}",
        "step=-30s",
    ] {
        let refused = load(Sources::Disk, &folder().join("ecommerce/scenario.yaml"), &[setting.to_owned()]);
        assert!(format!("{:?}", refused.expect_err(setting)).contains("a duration such as"), "{setting}");
    }
}

#[test]
fn deploys_that_cannot_be_are_refused_all_at_once() {
    let setting = "deploys=[{at: 1h}, {at: 1h, deployment: order-service, daemonSet: x}, {at: 1h, statefulSet: postgre}, \
        {at: 1h, statefulSet: postgres, switchAt: 2h}, {at: 1h, deployment: order-service, cpuFactor: 0}]";
    let refused =
        load(Sources::Disk, &folder().join("ecommerce/scenario.yaml"), &[setting.to_owned()]).expect_err(setting);
    let fields: Vec<_> = refused.iter().filter_map(|issue| issue.place.field.as_deref()).collect();
    let expected =
        ["deploys[0]", "deploys[1]", "deploys[2].statefulSet", "deploys[3].switchAt", "deploys[4].cpuFactor"];
    assert!(expected.iter().all(|field| fields.contains(field)), "{refused:?}");
    assert!(format!("{refused:?}").contains("did you mean `postgres`?"), "{refused:?}");
}

#[test]
fn a_blue_green_rollout_pays_for_both_and_is_taken_back() {
    let outcome = run("blue-green.yaml", "47h");
    assert_eq!(count(&outcome, |what| matches!(what, Occurrence::TrafficSwitched(_))), 2);
    assert_eq!(count(&outcome, |what| matches!(what, Occurrence::RolledBack(_))), 1);
    assert_eq!(count(&outcome, |what| matches!(what, Occurrence::OldRetired(_))), 1);
    let at = |wanted: fn(&Occurrence) -> bool| {
        let mut records = outcome.log.records().values();
        records.find(|record| wanted(&record.what)).map(|record| record.at).expect("it happens")
    };
    let switched = at(|what| matches!(what, Occurrence::TrafficSwitched(_)));
    let started = at(|what| matches!(what, Occurrence::DeployStarted(_)));
    let workload = outcome.log.records().values().find_map(|record| match record.what {
        Occurrence::DeployStarted(workload) => Some(workload),
        _ => None,
    });
    let ready = |time: foresail::units::SimTime| {
        let point = outcome.timeline.points.iter().rfind(|point| point.at <= time).expect("a point");
        point.pods.iter().find(|row| Some(row.workload) == workload).map_or((0, 0), |row| (row.desired, row.ready))
    };
    let ((_, before), (desired, both)) = (ready(started), ready(switched));
    assert!(both >= 2 * desired && both > before, "{before} pods before, {both} of {desired} with both colours");
}

#[test]
fn a_spot_reclaim_moves_pods_before_the_node_goes() {
    let outcome = run("spot-reclaim.yaml", "45h");
    assert!(count(&outcome, |what| matches!(what, Occurrence::SpotNotice(_))) >= 3);
    let gone = |what: &Occurrence| matches!(what, Occurrence::NodeGone { reason: NodeEnd::Spot, .. });
    assert!(count(&outcome, gone) >= 3);
}

#[test]
fn a_zone_outage_takes_its_nodes() {
    let outcome = run("zone-outage.yaml", "44h");
    assert!(count(&outcome, |what| matches!(what, Occurrence::NodeGone { reason: NodeEnd::Lost, .. })) >= 2);
}

#[test]
fn rolling_updates_finish() {
    let outcome = run("rolling-update.yaml", "45h");
    assert_eq!(count(&outcome, |what| matches!(what, Occurrence::DeployFinished(_))), 2);
}

#[test]
fn a_silent_node_loses_its_pods_after_their_toleration() {
    let outcome = run("node-unreachable.yaml", "45h");
    let at = |wanted: &dyn Fn(&Occurrence) -> bool| {
        let mut records = outcome.log.records().values();
        records.find(|record| wanted(&record.what)).map(|record| record.at).expect("it happens")
    };
    let silent = at(&|what| matches!(what, Occurrence::NodeSilent(_)));
    let not_ready = at(&|what| matches!(what, Occurrence::NodeNotReady(_)));
    let evicted = at(&|what| matches!(what, Occurrence::Evicted { by: foresail::sim::log::Evictor::TaintManager, .. }));
    assert_eq!((not_ready - silent).as_secs_f64(), 40.0);
    assert_eq!((evicted - not_ready).as_secs_f64(), 300.0);
    assert_eq!(count(&outcome, |what| matches!(what, Occurrence::NodeBack(_))), 1);
}

#[test]
fn a_spot_notice_is_as_long_as_the_providers() {
    let spans = |path: &str, group: &str| -> Vec<SimDuration> {
        let settings = ["duration=20m".to_owned(), format!("faults=[{{at: 5m, spotNotice: {group}}}]")];
        let scenario = load(Sources::Disk, &folder().join(path), &settings).expect(path);
        let log = Study::of(&scenario).replicate(0).log;
        let reclaimed = |node| {
            let gone = log.records().values().find(|record| {
                matches!(&record.what, Occurrence::NodeGone { node: other, reason: NodeEnd::Spot, .. } if *other == node)
            });
            gone.map(|record| record.at)
        };
        let notices = log.records().values().filter_map(|record| match record.what {
            Occurrence::SpotNotice(node) => Some(reclaimed(node)?.since(record.at)),
            _ => None,
        });
        notices.collect()
    };
    // With a market of its own, and without one.
    for group in ["spot", "app-nodes"] {
        for (path, span) in [("ecommerce/scenario.yaml", 120), ("gke.yaml", 30)] {
            let spans = spans(path, group);
            assert!(!spans.is_empty(), "{path}: no node of {group} was taken");
            assert!(spans.iter().all(|known| *known == SimDuration::from_secs(span)), "{path}, {group}: {spans:?}");
        }
    }
}

#[test]
fn a_retry_storm_outlives_its_crowd_unless_a_budget_ends_it() {
    // The share of all requests that fail in the last five minutes.
    let at_the_end = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().chain(&["duration=36m"]).map(|set| (*set).to_owned()).collect();
        let scenario = load(Sources::Disk, &folder().join("retry-storm.yaml"), &sets);
        let study = Study::of(&scenario.unwrap_or_else(|issues| panic!("{issues:?}")));
        let outcome = Study { timeline_every: study.timing.step, ..study }.replicate(0);
        let end = outcome.timeline.points.last().expect("points").at;
        let late = outcome.timeline.points.iter().filter(|point| end - point.at < SimDuration::from_secs(300));
        let failing: Vec<f64> = late.map(|point| point.error_rate).collect();
        failing.iter().sum::<f64>() / failing.len() as f64
    };
    for mode in ["latency=fast", "latency=exact"] {
        let storm = at_the_end(&[mode]);
        assert!(storm > 0.2, "{mode}: {storm}");
        let ended = at_the_end(&[mode, "services.catalog-service.retries.budget=0.2"]);
        assert!(ended < 0.01, "{mode}: {ended}");
    }
}

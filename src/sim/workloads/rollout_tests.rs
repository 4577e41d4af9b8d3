//! Rollouts alone: rolling ones, and blue-green ones until the old version is gone.

use super::at_work::{begin, go_on, names};
use crate::id::Id;
use crate::sim::event::Event;
use crate::sim::fixture::{Small, at, secs};
use crate::sim::log::Occurrence;
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::{BlueGreen, Deploy, WorkloadId};

fn web() -> WorkloadId {
    WorkloadId::from_index(0)
}

/// Three pods; at 100 s a new version.
fn deployed(blue_green: Option<BlueGreen>) -> Small {
    let mut small = Small::new().group("base", 0, |_| {}).deployment("web", 3, |_| {});
    let mut template = small.cast.cluster.spec(small.cast.workloads[web()].template).clone();
    template.priority = 1;
    small.cast.deploys.push(Deploy {
        at: at(100),
        workload: web(),
        template: small.cast.cluster.intern_spec(template),
        blue_green,
        watch_for: secs(60),
        rollback_after: None,
        cpu_factor: 1.0,
    });
    small
}

fn when(shared: &Shared, wanted: Occurrence) -> Option<SimTime> {
    shared.log.records().values().find(|record| record.what == wanted).map(|record| record.at)
}

fn ready(shared: &Shared) -> usize {
    shared.workloads[web()]
        .pods
        .iter()
        .filter(|pod| shared.is_active(**pod) && shared.cluster.pod(**pod).is_ready())
        .count()
}

#[test]
fn a_rolling_one_never_has_less_than_it_needs_and_at_most_one_pod_more() {
    let (mut shared, mut controllers) = begin(deployed(None));
    for second in 101..160 {
        shared.queue.push(at(second), Event::TrafficStep);
    }
    let (mut least, mut most) = (usize::MAX, 0);
    go_on(&mut shared, &mut controllers, at(400), |shared, _| {
        (least, most) = (least.min(ready(shared)), most.max(names(shared).len()));
    });
    assert_eq!((least, most), (3, 4), "maxUnavailable 0, maxSurge 1");
    assert_eq!(names(&shared), ["web-4", "web-5", "web-6"]);
    let (begun, done) =
        (when(&shared, Occurrence::DeployStarted(web())), when(&shared, Occurrence::DeployFinished(web())));
    assert_eq!(begun, Some(at(100)));
    assert!(done.is_some_and(|done| done >= at(115)), "three pods, 5 s each, one after another: {done:?}");
}

#[test]
fn both_versions_are_there_until_the_old_one_is_no_longer_kept() {
    let (mut shared, mut controllers) = begin(deployed(Some(BlueGreen { switch_at: at(150) })));
    let count_at = |shared: &mut Shared, controllers: &mut _, until| {
        go_on(shared, controllers, until, |_, _| {});
        (names(shared).len(), shared.workloads[web()].serving)
    };
    assert_eq!(count_at(&mut shared, &mut controllers, at(149)), (6, Some(0)), "the old version has the traffic");
    assert_eq!(count_at(&mut shared, &mut controllers, at(151)), (6, Some(1)));
    assert_eq!(when(&shared, Occurrence::TrafficSwitched(web())), Some(at(150)));
    assert_eq!(count_at(&mut shared, &mut controllers, at(209)).0, 6, "kept for a minute");
    assert_eq!(count_at(&mut shared, &mut controllers, at(230)).0, 3);
    assert_eq!(when(&shared, Occurrence::OldRetired(web())), Some(at(210)));
    assert_eq!(names(&shared), ["web-4", "web-5", "web-6"]);
}

#[test]
fn traffic_does_not_move_before_the_new_version_is_ready() {
    // The new pods need 5 s from 100 s on.
    let (mut shared, mut controllers) = begin(deployed(Some(BlueGreen { switch_at: at(101) })));
    go_on(&mut shared, &mut controllers, at(200), |_, _| {});
    let switched = when(&shared, Occurrence::TrafficSwitched(web())).expect("it moves");
    assert!(switched > at(105) && switched <= at(115), "{switched:?}");
}

#[test]
fn each_turn_of_a_rollout_goes_back_to_the_one_before() {
    let (mut shared, mut controllers) = begin(deployed(Some(BlueGreen { switch_at: at(150) })));
    go_on(&mut shared, &mut controllers, at(400), |_, _| {});
    let records = shared.log.records();
    let of = |wanted: Occurrence| records.iter().find(|(_, record)| record.what == wanted).expect("a record");
    let (begun, _) = of(Occurrence::DeployStarted(web()));
    let (switched, switch) = of(Occurrence::TrafficSwitched(web()));
    let (_, retired) = of(Occurrence::OldRetired(web()));
    assert_eq!((switch.because.record(), retired.because.record()), (Some(begun), Some(switched)));
    let given_up = records.values().filter(|record| matches!(record.what, Occurrence::GivenUp(_)));
    let causes: Vec<_> = given_up.map(|record| record.because.record().map(|cause| records[cause].what)).collect();
    assert_eq!(causes, [Some(Occurrence::OldRetired(web())); 3]);
}

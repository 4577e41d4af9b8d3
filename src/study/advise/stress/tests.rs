//! What a setting gets through: the loss of a node and of a zone, more traffic, a crowd, a market without spot capacity.

use crate::scenario::{Scenario, Sources, load};
use crate::study::Study;
use super::{Limits, Stress, StressKind, Stresses, Withstood};
use crate::units::SimDuration;
use std::fs;

/// Three zones, four nodes with an autoscaler, and a shop whose pods have as many as an HPA lets them.
fn shop(min_replicas: u32, more: &str) -> Scenario {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: shop\nmanifests: [objects.yaml]\n\
         cluster: {{region: us-east-1, zones: [us-east-1a, us-east-1b, us-east-1c]}}\n\
         nodeGroups:\n  base: {{instanceTypes: [m5.large], minSize: 3, maxSize: 12, desiredSize: 3{more}}}\n\
         traffic:\n  gateway: web\n  patterns:\n    - diurnal: {{meanRate: 20, swing: 0.8, peakHour: 20}}\n\
         services:\n  web: {{cpuPerRequest: 5ms, concurrency: 16}}\n\
         objectives: {{latencyP95: 200ms, errorRate: 0.01}}\nduration: 1d\n"
    );
    let objects = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {min_replicas}\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n        \
         - {{name: main, image: web, resources: {{requests: {{cpu: 500m, memory: 256Mi}}}}}}\n\
         ---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec:\n  \
         scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  minReplicas: {min_replicas}\n  maxReplicas: 10\n  \
         metrics:\n    - {{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 60}}}}}}\n"
    );
    fs::write(folder.path().join("scenario.yaml"), &scenario).expect("written");
    fs::write(folder.path().join("objects.yaml"), objects).expect("written");
    let loaded = load(Sources::Disk, &folder.path().join("scenario.yaml"), &[]);
    loaded.unwrap_or_else(|issues| panic!("{issues:?}\n{scenario}"))
}

fn undergone(scenario: &Scenario, kind: StressKind) -> Withstood {
    let stress =
        Stress { name: String::new(), kind, at: None, lasts: SimDuration::from_hours(1), limits: Limits::default() };
    let study = Study::of(scenario);
    let found = Stresses::of(&study, Some(&[stress])).undergo(&study, 1..3);
    found.into_iter().next().expect("one stress")
}

#[test]
fn a_single_pod_does_not_survive_the_loss_of_its_node_and_three_do() {
    for kind in [StressKind::NodeLoss(None), StressKind::ZoneLoss(None)] {
        let (alone, spread) = (undergone(&shop(1, ""), kind), undergone(&shop(3, ""), kind));
        assert_eq!(alone.kept(), 0.0, "{kind:?} {:?}", alone.worst());
        assert_eq!(spread.kept(), 1.0, "{kind:?} {:?}", spread.worst());
    }
}

#[test]
fn more_traffic_than_the_maximum_can_serve_is_not_survived() {
    let scenario = shop(2, "");
    assert_eq!(undergone(&scenario, StressKind::Traffic(1.25)).kept(), 1.0);
    let far_too_much = undergone(&scenario, StressKind::Traffic(60.0));
    assert_eq!(far_too_much.kept(), 0.0, "{:?}", far_too_much.worst());
    let crowd = |factor| undergone(&scenario, StressKind::FlashCrowd(Some(factor))).worst();
    assert!(crowd(1.0).latency_s_p95 < crowd(30.0).latency_s_p95);
}

#[test]
fn where_there_is_no_spot_nothing_goes_with_it() {
    let on_demand = undergone(&shop(2, ""), StressKind::SpotGone(None));
    assert_eq!(on_demand.kept(), 1.0, "{:?}", on_demand.worst());
    let spot = undergone(&shop(2, ", capacityType: SPOT"), StressKind::SpotGone(None));
    assert_eq!(spot.kept(), 0.0, "nothing stands any more: {:?}", spot.worst());
}

#[test]
fn there_are_stresses_for_what_there_is_to_lose() {
    let names = |more| {
        let study = Study::of(&shop(2, more));
        let stresses = Stresses::of(&study, None);
        stresses.list().iter().map(|stress| stress.name.clone()).collect::<Vec<_>>()
    };
    let always = ["loss of the biggest zone", "loss of any one node", "traffic x1.25", "a flash crowd"];
    assert_eq!(names(""), always);
    assert_eq!(names(", capacityType: SPOT"), [&always[..], &["spot gone for an hour"]].concat());
}

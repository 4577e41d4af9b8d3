//! What a setting gets through: the loss of a node and of a zone, more traffic, a crowd, a market without spot capacity.

use super::{Stresses, Withstood};
use crate::scenario::wanted::{Crowd, Stress, StressKind};
use crate::scenario::{Scenario, Sources, load};
use crate::study::Study;
use crate::units::SimDuration;
use crate::world::{Limits, Objective, Promised};
use std::fs;

/// Three zones, four nodes with an autoscaler, and a shop whose pods have as many as an HPA lets them.
fn shop(min_replicas: u32, more: &str) -> Scenario {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: shop\nmanifests: [objects.yaml]\n\
         cluster: {{region: us-east-1, zones: [us-east-1a, us-east-1b, us-east-1c]}}\n\
         nodeGroups:\n  base: {{instanceTypes: [m5.large], minSize: 3, maxSize: 12, desiredSize: 3{more}}}\n\
         traffic:\n  routes: {{web: 1}}\n  patterns:\n    - diurnal: {{meanRate: 20, swing: 0.8, peakHour: 20}}\n\
         services:\n  web: {{cpuPerRequest: 5ms, concurrency: 16, warmUp: 60s}}\n\
         objectives: {{latencyP95: 200ms, errorRate: 0.01}}\nduration: 1d\n"
    );
    let objects = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {min_replicas}\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n        \
         - {{name: main, image: web, resources: {{requests: {{cpu: 500m, memory: 256Mi}}, limits: {{cpu: 500m}}}}}}\n\
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
    under_promise(scenario, kind, Stress::usual_promise())
}

fn under_promise(scenario: &Scenario, kind: StressKind, promised: Promised) -> Withstood {
    let stress = Stress { name: String::new(), kind, at: None, promised };
    let study = Study::of(scenario);
    let found = Stresses::of(&study, Some(&[stress])).undergo(&study, 1..3);
    found.into_iter().next().expect("one stress")
}

#[test]
fn a_single_pod_does_not_survive_the_loss_of_its_node_and_three_do() {
    for kind in [StressKind::NodeLoss(None), StressKind::ZoneLoss { zone: None, lasts: Stress::LASTS }] {
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
    let crowd = |factor| {
        undergone(&scenario, StressKind::FlashCrowd(Some(Crowd { factor, lasts: SimDuration::from_mins(40) }))).worst()
    };
    let (calm, crowded) = (crowd(1.0), crowd(30.0));
    assert!(calm.latency.value < crowded.latency.value, "{calm:?} {crowded:?}");
}

const GONE: StressKind = StressKind::SpotGone { group: None, lasts: Stress::LASTS };

#[test]
fn where_there_is_no_spot_nothing_goes_with_it() {
    let on_demand = undergone(&shop(2, ""), GONE);
    assert_eq!(on_demand.kept(), 1.0, "{:?}", on_demand.worst());
    let spot = undergone(&shop(2, ", capacityType: SPOT"), GONE);
    assert_eq!(spot.kept(), 0.0, "nothing stands any more: {:?}", spot.worst());
}

#[test]
fn what_breaks_is_told() {
    let scenario = shop(1, "");
    let (alone, spread) =
        (undergone(&scenario, StressKind::NodeLoss(None)), undergone(&shop(3, ""), StressKind::NodeLoss(None)));
    let told = super::answers(&[alone], &[spread], &scenario.cast);
    assert!(!told[0].as_is_survives && told[0].recommended_survives);
    assert!(told[0].as_is_broken[0].ends_with("% of the requests of web fail in five minutes, 5 % may"), "{told:?}");
    assert_eq!(told[0].recommended_broken, Vec::<String>::new());
}

/// The one sentence that says what broke.
fn the_one_broken(withstood: &Withstood, scenario: &Scenario) -> String {
    assert_eq!(withstood.kept(), 0.0, "{:?}", withstood.worst());
    let told = super::told::broken(withstood, &scenario.cast);
    assert_eq!(told.len(), 1, "{told:?}");
    told.into_iter().next().expect("one")
}

#[test]
fn a_burn_rate_is_judged_in_a_stress() {
    // A service that is away for two minutes of an hour burns a budget of a hundredth three times as fast as it may.
    let promised = |burn_rate: f64| Promised {
        objective: Objective { latency_s_p95: None, error_rate: Some(0.01) },
        limits: Limits { burn_rate: Some(burn_rate), ..Limits::default() },
        ..Promised::default()
    };
    let (alone, spread) = (shop(1, ""), shop(3, ""));
    let lost = StressKind::NodeLoss(None);
    let broken = super::told::broken(&under_promise(&alone, lost, promised(1.0)), &alone.cast);
    assert!(broken.iter().any(|told| told.starts_with("an error budget burns ")), "{broken:?}");
    let of = |scenario: &Scenario| {
        let others = under_promise(scenario, lost, promised(1.0)).worst().others;
        others.first().expect("the burn rate").value
    };
    let (of_alone, of_spread) = (of(&alone), of(&spread));
    assert!((1.0..30.0).contains(&of_alone), "{of_alone}: it was calm in the rest of the hour");
    assert!(of_spread < of_alone, "{of_spread} {of_alone}");
    assert!(under_promise(&spread, StressKind::Traffic(1.0), promised(1.0)).survives());
}

#[test]
fn the_errors_of_a_route_are_judged_in_a_stress() {
    let (alone, spread) = (shop(1, ""), shop(3, ""));
    let promised = |scenario: &Scenario| {
        let routes = scenario.cast.traffic.as_ref().expect("traffic").graph.routes();
        let own = Objective { latency_s_p95: None, error_rate: Some(0.01) };
        Promised { routes: routes.ids().map(|route| (route, own)).collect(), ..Promised::default() }
    };
    let lost = StressKind::NodeLoss(None);
    let told = the_one_broken(&under_promise(&alone, lost, promised(&alone)), &alone);
    assert!(told.ends_with(" % of the requests of web fail from then on, 1 % may"), "{told}");
    let kept = under_promise(&spread, lost, promised(&spread));
    assert!(kept.survives(), "{:?}", kept.worst());
}

#[test]
fn pod_hours_without_a_node_are_those_of_the_stress() {
    let limits = Limits { pending_pod_hours: Some(0.5), ..Limits::default() };
    let promised = Promised { limits, ..Promised::default() };
    let spot = shop(2, ", capacityType: SPOT");
    let gone = under_promise(&spot, GONE, promised.clone());
    let told = the_one_broken(&gone, &spot);
    assert!(told.starts_with("pods wait for nodes for ") && told.ends_with(" pod-hours in all, 0.5 may be"), "{told}");
    let hours = gone.worst().others[0].value;
    assert!((1.0..10.0).contains(&hours), "at least two pods for most of an hour, not of a month: {hours}");
    assert!(under_promise(&shop(2, ""), GONE, promised).survives());
}

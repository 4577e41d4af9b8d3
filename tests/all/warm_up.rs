//! A run begins with a cluster that has settled, and is counted from time 0 on.

use foresail::scenario::{Scenario, Sources, load};
use foresail::sim::log::Occurrence;
use foresail::study::{Figures, Study};
use foresail::units::SimDuration;
use std::path::Path;

fn scenario(path: &str, sets: &[&str]) -> Scenario {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    load(Sources::Disk, &path, &sets).unwrap_or_else(|issues| panic!("{}: {issues:?}", path.display()))
}

fn figures(path: &str, sets: &[&str]) -> Figures {
    let study = Study { keeps_story: false, ..Study::of(&scenario(path, sets)) };
    study.replicate_all(0..1, &|| ()).figures()[0].clone()
}

#[test]
fn figures_do_not_depend_on_how_many_nodes_there_happen_to_be() {
    for path in ["scenarios/ecommerce/scenario.yaml", "scenarios/gke.yaml", "scenarios/spot-for-stateless.yaml"] {
        let of = |size: &str| figures(path, &["duration=6h", &format!("nodeGroups.app-nodes.desiredSize={size}")]);
        let few = of("2");
        assert!(few == of("5") && few == of("10"), "{path}");
    }
}

#[test]
fn nothing_before_the_start_is_counted_or_logged() {
    let scenario = scenario("scenarios/ecommerce/scenario.yaml", &["duration=2h", "warmUp=1h"]);
    let study = Study::of(&scenario);
    assert_eq!(study.warm_up, SimDuration::from_hours(1));
    let outcome = study.replicate(0);
    let records = outcome.log.records();
    assert!(records.values().all(|record| record.at >= foresail::units::SimTime::ZERO));
    let at_start = |wanted: fn(&Occurrence) -> bool| records.values().filter(|row| wanted(&row.what)).count();
    let nodes = at_start(|what| matches!(what, Occurrence::NodeAtStart(_)));
    assert!(nodes >= 3, "{nodes}");
    assert!(at_start(|what| matches!(what, Occurrence::PodAtStart { .. })) > nodes);
    assert_eq!(outcome.service_levels.observed, SimDuration::from_hours(2));
    assert!(outcome.counts.nodes.hours(outcome.end) >= 2.0 * nodes as f64 - 2.0);
    let first = outcome.timeline.points[0].at;
    assert_eq!(first - foresail::units::SimTime::ZERO, study.timeline_every);
}

#[test]
fn a_crowd_that_comes_at_0_meets_a_cluster_that_does_not_expect_it() {
    let crowd = "traffic.patterns.+={flashCrowd: {peakRate: 3000, at: 0s, rise: 1m, hold: 10m, halfLife: 5m}}";
    let calm = figures("scenarios/ecommerce/scenario.yaml", &["duration=1h", "warmUp=1h"]);
    let crowded = figures("scenarios/ecommerce/scenario.yaml", &["duration=1h", "warmUp=1h", crowd]);
    let breach = |figures: &Figures| figures.entry.breach;
    assert!(breach(&crowded) > breach(&calm), "{:?} {:?}", breach(&crowded), breach(&calm));
}

#[test]
fn a_cluster_that_never_settles_warms_up_for_a_day_and_lockstep_not_at_all() {
    let lockstep = scenario("scenarios/ecommerce/scenario.yaml", &["duration=6h", "fidelity=lockstep"]);
    assert!(Study::of(&lockstep).warm_up.is_zero());
    let settled = Study::of(&scenario("scenarios/ecommerce/scenario.yaml", &["duration=6h"])).warm_up;
    assert!(settled > SimDuration::from_mins(10) && settled < SimDuration::from_hours(3), "{settled}");
    assert_eq!(settled.as_secs() % 300, 0);
}

#[test]
fn warm_ups_that_cannot_be_are_refused() {
    for (sets, expected) in [
        (&["warmUp=25h"][..], "expected 0s to 24h"),
        (&["warmUp=-5m"], "a duration such as"),
        (&["warmUp=1h", "fidelity=lockstep"], "expected 0s with `fidelity: lockstep`"),
    ] {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/ecommerce/scenario.yaml");
        let refused = format!("{:?}", load(Sources::Disk, &path, &sets).expect_err("refused"));
        assert!(refused.contains(expected), "{refused}");
    }
}

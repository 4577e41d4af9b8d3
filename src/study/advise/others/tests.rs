//! Knobs of the reference scenario.

use super::super::keep::Floors;
use super::super::knob::Knob;
use super::super::periods::Times;
use super::super::point::Point;
use super::{Given, others};
use crate::scenario::wanted::KnobKind;
use crate::scenario::{Scenario, Setting, Sources, Written};
use std::path::Path;

/// The reference scenario with these values, and its knobs.
fn reference(sets: &[&str]) -> (Written, Vec<Setting>, Scenario, Vec<Knob>) {
    let written =
        Written::read(Sources::Embedded, Path::new("scenario.yaml")).unwrap_or_else(|issues| panic!("{issues:?}"));
    let parse = |set: &&str| Setting::parse(set).unwrap_or_else(|issue| panic!("{issue}"));
    let sets: Vec<Setting> = ["duration=30h", "step=1m"].iter().chain(sets).map(parse).collect();
    let base = written.with(&sets).unwrap_or_else(|issues| panic!("{issues:?}"));
    let floors = Floors::of(&base.cast, &base.wanted.keep);
    let times = Times::of(&base.cast, base.duration, None);
    let knobs = others(&Given { written: &written, sets: &sets, base: &base, floors: &floors, times: &times });
    (written, sets, base, knobs)
}

fn named<'a>(knobs: &'a [Knob], name: &str) -> &'a Knob {
    let names = || knobs.iter().map(|knob| knob.name.as_str()).collect::<Vec<_>>();
    knobs.iter().find(|knob| knob.name == name).unwrap_or_else(|| panic!("{name} is not among {:?}", names()))
}

fn texts(knob: &Knob) -> Vec<&str> {
    knob.levels.iter().map(|level| level.text.as_str()).collect()
}

#[test]
fn every_value_of_every_knob_is_a_scenario() {
    let (written, sets, _, knobs) = reference(&["recommend.knobs=[scaleDown, schedule]"]);
    let as_is = Point::as_is(&knobs);
    for (at, knob) in knobs.iter().enumerate() {
        let wanted = matches!(knob.kind, Some(KnobKind::ScaleDown | KnobKind::Schedule));
        assert_eq!(knob.moves, wanted, "{}", knob.name);
        for level in (0..knob.levels.len()).filter(|level| *level != knob.current) {
            let point = as_is.with(at, level);
            let texts = point.texts(&knobs);
            // What is put there and what its texts say is the same.
            let read = texts.iter().map(|text| Setting::parse(text).unwrap_or_else(|issue| panic!("{issue}")));
            for settings in [point.settings(&knobs), read.collect()] {
                let all: Vec<Setting> = sets.iter().cloned().chain(settings).collect();
                let built = written.with(&all);
                assert!(built.is_ok(), "{texts:?}: {:?}", built.err());
            }
        }
    }
}

#[test]
fn windows_and_policies_stand_beside_those_of_the_hpa() {
    let policies = "{type: Percent, value: 10, periodSeconds: 60}";
    let down =
        format!("hpas.order-service-hpa.behavior.scaleDown={{stabilizationWindowSeconds: 90, policies: [{policies}]}}");
    let low = "hpas.order-service-hpa.cpuUtilization=15";
    let (.., knobs) = reference(&[&down, low, "hpas.order-service-hpa.minReplicas=2"]);
    let label = "HPA order-service/order-service-hpa";
    let window = named(&knobs, &format!("{label} scale-down window"));
    assert_eq!(texts(window), ["0s", "1m", "1m30s", "2m", "5m", "10m"]);
    assert_eq!(window.text(window.current), "1m30s");
    let frees: Vec<bool> = window.levels.iter().map(|level| level.may_free > Some(0.0)).collect();
    assert_eq!(frees, [true, true, false, false, false, false], "a shorter window gives pods back sooner");
    assert_eq!(texts(named(&knobs, &format!("{label} scale-down policies"))), ["10 %/1m", "100 %/15s"]);
    let up = texts(named(&knobs, &format!("{label} scale-up policies")));
    assert!(up.contains(&"4 pods/15s or 100 %/15s") && up.contains(&"12 pods/15s or 300 %/15s"), "{up:?}");
}

#[test]
fn requests_are_what_vpa_would_recommend_and_steps_of_the_present_ones() {
    let (.., base, knobs) = reference(&["workloads.order-service.requests={cpu: 400m}"]);
    let cpu = named(&knobs, "Deployment order-service/order-service cpu request");
    let numbers: Vec<i64> = cpu.levels.iter().map(|level| level.number).collect();
    assert_eq!(cpu.number(cpu.current), 400);
    assert!(numbers.contains(&320) && numbers.is_sorted(), "{numbers:?}");
    let limit = base.cast.workloads.values().find(|row| base.cast.cluster.symbols.text(row.name) == "order-service");
    let first = &base.cast.cluster.spec(limit.expect("it").template).containers[0];
    assert!(numbers.iter().all(|milli| first.cpu_limit_milli.is_none_or(|limit| *milli <= limit)), "{numbers:?}");
    assert!(numbers.iter().any(|milli| ![320, 400, 500].contains(milli) && *milli >= 25), "VPA's: {numbers:?}");
    // The scenario speaks of it by its name alone: another key would hide what it says.
    let at = knobs.iter().position(|knob| knob.name == cpu.name).expect("it is there");
    assert_eq!(Point::as_is(&knobs).texts_of(&knobs, at), ["workloads.order-service.requests.cpu=400m"]);
}

#[test]
fn a_schedule_that_is_there_stays_a_candidate() {
    let own = "hpas.order-service-hpa.schedule=[{from: '06:00', to: '23:00', minReplicas: 3}]";
    let (.., knobs) = reference(&[own]);
    let schedule = named(&knobs, "HPA order-service/order-service-hpa schedule");
    let levels = texts(schedule);
    assert_eq!((levels[0], levels.last()), ("as it is", Some(&"none")));
    assert!(levels.len() > 2 && levels[1].ends_with(", else 2"), "{levels:?}");
    let other = named(&knobs, "HPA iam-service/iam-service-hpa schedule");
    assert_eq!(texts(other)[0], "none");
}

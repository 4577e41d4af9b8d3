//! Recorded closed-loop cases, changed in ways that must not matter: what happens stays the same.

use super::recorded_world::case::Case;
use super::recorded_world::{replay, world};
use foresail::rng::Seed;
use foresail::sim::log::Occurrence;
use foresail::units::SimTime;
use foresail::world::Timing;
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

type History = Vec<(SimTime, Occurrence)>;

/// The recorded cases of a theme.
fn recorded(theme: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/closed-loop");
    let file = folder.join(format!("{theme}.jsonl.gz"));
    let mut text = String::new();
    let bytes = std::fs::read(file).expect("the recordings");
    flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("compressed text");
    text.lines().map(|line| serde_json::from_str(line).expect("a case")).collect()
}

fn history(case: &Value) -> History {
    history_with(case, replay::recordings_timing())
}

fn history_with(case: &Value, timing: Timing) -> History {
    let case: Case = serde_json::from_value(case.clone()).expect("a case");
    let cast = Arc::new(world::build(&case).expect("a case that makes sense"));
    replay::run(&case, cast, timing, Seed::new(1, 0))
        .log
        .records()
        .values()
        .map(|record| (record.at, record.what))
        .collect()
}

/// Every case before and after a change: a part of what happens is the same.
fn unchanged(name: &str, change: impl Fn(&mut Value), part: impl Fn(&Value, History) -> History) {
    for case in recorded("smoke") {
        let mut changed = case.clone();
        change(&mut changed);
        assert_eq!(part(&case, history(&changed)), part(&case, history(&case)), "{name}: {}", case["name"]);
    }
}

fn list<'a>(case: &'a mut Value, field: &str) -> &'a mut Vec<Value> {
    if case[field].is_null() {
        case[field] = json!([]);
    }
    case[field].as_array_mut().expect("a list")
}

#[test]
fn a_longer_run_begins_as_a_shorter_one() {
    let longer = |case: &mut Value| case["durationS"] = json!(case["durationS"].as_i64().map(|end| end + 607));
    let until = |case: &Value, mut history: History| {
        let end = SimTime::from_secs(case["durationS"].as_i64().expect("a number"));
        history.retain(|(at, _)| *at <= end);
        history
    };
    unchanged("longer", longer, until);
}

#[test]
fn demand_said_twice_is_the_same_demand() {
    let twice = |case: &mut Value| {
        for row in case["workloads"].as_object_mut().expect("workloads").values_mut() {
            let Some(steps) = row.get_mut("demand").and_then(Value::as_array_mut) else { continue };
            let again = |step: &Value| [step.clone(), json!([step[0].as_i64().map(|at| at + 1), step[1]])];
            *steps = steps.iter().flat_map(again).collect();
        }
    };
    unchanged("demand", twice, |_, history| history);
}

#[test]
fn what_cannot_take_part_does_not_matter() {
    let crowd = |case: &mut Value| {
        let mut group = case["nodeGroups"][0].clone();
        (group["id"], group["min"], group["max"], group["initial"]) = (json!("none"), json!(0), json!(0), json!(0));
        list(case, "nodeGroups").push(group);
        let labels = json!({"idle": "yes"});
        let mut idle = case["deployments"][0].clone();
        idle["metadata"] = json!({"name": "idle", "namespace": "elsewhere"});
        (idle["spec"]["replicas"], idle["spec"]["selector"]) = (json!(0), json!({"matchLabels": labels}));
        idle["spec"]["template"]["metadata"] = json!({"labels": labels});
        list(case, "deployments").push(idle);
        let budget = json!({"metadata": {"name": "idle", "namespace": "elsewhere"}, "spec": {"minAvailable": "50%", "selector": {}}});
        list(case, "pdbs").push(budget);
        let target = json!({"kind": "Deployment", "name": "nobody"});
        list(case, "hpas")
            .push(json!({"metadata": {"name": "a"}, "spec": {"scaleTargetRef": target, "maxReplicas": 3}}));
    };
    // The autoscaler tells which groups it leaves out.
    let told = |_: &Value, mut history: History| {
        history.retain(|(_, what)| !matches!(what, Occurrence::GroupSkipped { .. }));
        history
    };
    unchanged("bystanders", crowd, told);
}

#[test]
fn what_is_remembered_decides_nothing() {
    for case in ["smoke", "preempt", "failures", "pdbs", "spot", "zones"].into_iter().flat_map(recorded) {
        let afresh = Timing { afresh: true, ..replay::recordings_timing() };
        assert_eq!(history(&case), history_with(&case, afresh), "{}", case["name"]);
    }
}

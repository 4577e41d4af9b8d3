//! `foresail why` and the decision log: every record has a place, and causes come before what they cause.

use foresail::report::decisions::{Decisions, Question, why};
use foresail::study::Study;
use foresail::units::{SimDuration, SimTime};

#[test]
fn causes_come_first_and_lead_back_to_the_traffic() {
    let scenario = foresail::scenario::embedded(&["duration=30h".to_owned()]).unwrap();
    let study = Study::of(&scenario);
    let history = study.history();
    let lines = Decisions::new(&study.cast, &history).json_lines();
    let (mut rescales, mut grown) = (0, 0);
    let mut rows: Vec<serde_json::Value> = Vec::new();
    for (number, line) in lines.lines().enumerate() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["n"], number);
        assert!(row["text"].as_str().is_some_and(|text| text.ends_with('.')), "{line}");
        if let Some(cause) = row["cause"].as_u64() {
            assert!((cause as usize) < number, "{line}");
        }
        rescales += usize::from(row["decision"] == "rescaled");
        grown += usize::from(row["decision"] == "scale-up" && row["cause"].is_u64());
        rows.push(row);
    }
    assert!(rescales > 0 && grown > 0, "{rescales} rescales, {grown} scale-ups with a cause");
    let rescale = rows.iter().find(|row| row["decision"] == "rescaled" && row["seconds"].as_f64() > Some(3600.0));
    let rescale = rescale.expect("the traffic moves");
    let (object, at) = (rescale["objects"][0].as_str().unwrap(), rescale["seconds"].as_f64().unwrap());
    let question = Question {
        at: SimTime::ZERO + SimDuration::from_secs_f64(at + 1.0),
        window: SimDuration::from_mins(5),
        object: Some(object.to_owned()),
    };
    let answer = why(&study.cast, &history, &question).unwrap();
    assert!(answer.contains(rescale["text"].as_str().unwrap()), "{answer}");
    assert!(answer.contains("That is the traffic's doing."), "{answer}");
    let waiting = answer.lines().find_map(|line| line.strip_suffix(" pods without a node (mean of the step)."));
    let waiting = waiting.and_then(|line| line.rsplit(", ").next()).expect("it says how many wait");
    assert!(waiting.parse::<f64>().is_ok() && waiting.len() <= 5, "one digit after the point: {waiting}");
    let nothing = Question { object: Some("nobody".into()), ..question };
    assert!(why(&study.cast, &history, &nothing).is_err());
}

#[test]
fn what_the_autoscaler_leaves_alone_is_told_with_its_reason() {
    let scenario = foresail::scenario::embedded(&["duration=30h".to_owned()]).unwrap();
    let study = Study::of(&scenario);
    let history = study.history();
    let lines = Decisions::new(&study.cast, &history).json_lines();
    let rows: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = |decision: &str| rows.iter().filter(|row| row["decision"] == decision).count();
    assert!(told("kept") > 0 && told("unneeded") > 0, "{} kept, {} unneeded", told("kept"), told("unneeded"));
    // A node goes because it was found to be unneeded before.
    let removed: Vec<_> = rows.iter().filter(|row| row["decision"] == "scale-down").collect();
    assert!(!removed.is_empty());
    for row in &removed {
        let cause = &rows[row["cause"].as_u64().expect("a cause") as usize];
        assert_eq!((&cause["decision"], &cause["objects"][0]), (&"unneeded".into(), &row["objects"][0]), "{row}");
    }
    // Told when it changes, not loop by loop: 10,800 loops.
    assert!(told("kept") < 2_000, "{} kept", told("kept"));
}

#[test]
fn the_pods_of_a_daemon_set_are_its_own() {
    let settings = ["duration=3h", "deploys=[{at: 1h, daemonSet: fluent-bit}]"].map(str::to_owned);
    let scenario = foresail::scenario::embedded(&settings).unwrap();
    let study = Study::of(&scenario);
    let history = study.history();
    let lines = Decisions::new(&study.cast, &history).json_lines();
    let rows: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_about =
        |row: &&serde_json::Value| row["objects"].as_array().is_some_and(|o| o.contains(&"fluent-bit".into()));
    let told =
        |decision: &str| rows.iter().filter(is_about).filter(|row| row["decision"] == decision).collect::<Vec<_>>();
    let [begun] = told("rollout")[..] else { panic!("one rollout") };
    let deleted = told("deleted");
    assert!(deleted.len() > 5 && deleted.iter().all(|row| row["controller"] == "daemonset"), "{deleted:?}");
    let (first, last) = (begun["seconds"].as_f64(), told("rolled-out")[0]["seconds"].as_f64());
    let in_rollout = |row: &&serde_json::Value| row["seconds"].as_f64() > first && row["seconds"].as_f64() < last;
    let (replaced, others): (Vec<_>, Vec<_>) = told("bound").into_iter().partition(|row| in_rollout(row));
    assert!(replaced.len() >= deleted.len(), "{} bound", replaced.len());
    assert!(deleted.iter().chain(&replaced).all(|row| row["cause"] == begun["n"]), "the rollout's doing");
    assert!(others.iter().all(|row| row["cause"].is_null()), "they come with their nodes");
}

//! `foresail why` and the decision log: every record has a place, and causes come before what they cause.

use crate::program::Folder;
use foresail::report::decisions::{Decisions, Question, Story, why, why_written};
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
    // What was written says the same, apart from the traffic.
    let story = Story::read("decisions.jsonl", &lines).expect("a log");
    let written = why_written(&story, &question).expect("an answer");
    let told =
        |answer: &str| answer.lines().filter(|line| line.starts_with("  ")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(told(&written), told(&answer));
    let nothing = Question { object: Some("nobody".into()), ..question };
    assert!(why(&study.cast, &history, &nothing).is_err() && why_written(&story, &nothing).is_err());
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

fn line(n: usize, rest: &str) -> String {
    format!("{{\"n\":{n},\"seconds\":{}.5,\"objects\":[\"web\"],\"text\":\"Line {n}.\"{rest}}}\n", n * 60)
}

#[test]
fn a_log_that_was_written_answers_without_a_simulation() {
    let log = line(0, ",\"origin\":\"traffic\"") + &line(1, ",\"cause\":0") + &line(2, ",\"origin\":\"clock\"");
    let place = Folder::new().file("report/decisions.jsonl", log);
    let expect = "From 00:00:00 to 00:01:40\n\nWhat happened\n  00:00:00  Line 0.\n  00:01:00  Line 1.\n\n\
                  How it came to that, backwards\n  00:01:00  Line 1.\n  00:00:00  Line 0.\n  \
                  That is the traffic's doing.\n";
    let asked = "--at 70s --window 30s --object web";
    assert_eq!(
        place.run(&format!("why report/decisions.jsonl {asked}")).ok(),
        expect.replace("00:00:00 to", "00:00:40 to").replace("  00:00:00  Line 0.\n  00:01:00", "  00:01:00")
    );
    assert_eq!(
        place.run("why report --at 50s --window 50s").ok(),
        expect.replace("  00:01:00  Line 1.\n  00:00:00  Line 0.\n  That", "  00:00:00  Line 0.\n  That")
    );
    place
        .run(&format!("why report/decisions.jsonl {asked}x"))
        .refused(&["nothing in report/decisions.jsonl is called `webx`", "did you mean `web`?"]);
    place.run("why report --at 1m --seed 7").refused(&["--set and --seed change a scenario"]);
    place.run("why none.jsonl --at 1m").refused(&["none.jsonl: error: cannot read it"]);
}

#[test]
fn a_file_that_is_no_log_is_refused_with_its_line() {
    let good = line(0, "");
    let check = |text: &str, told: &[&str]| {
        Folder::new()
            .file("d.jsonl", text)
            .run("why d.jsonl --at 1m")
            .refused(&[told, &["expected a decision: {"]].concat());
    };
    check("", &["d.jsonl: error: the file is empty"]);
    check("kind: Scenario\n", &["d.jsonl:1: error: found `kind: Scenario`"]);
    check("[1, 2]\n", &["d.jsonl:1: error: found `[1,2]`"]);
    check(&(good.clone() + &line(5, "")), &["d.jsonl:2: error: `n` is `5` where 1 comes next"]);
    check(&(good.clone() + &line(1, ",\"cause\":1")), &["d.jsonl:2: error: `cause` is `1`, which is no earlier line"]);
    check(&(good.clone() + &line(1, ",\"origin\":\"fate\"")), &["d.jsonl:2: error: `origin` is `\"fate\"`"]);
    check(&good.replace("\"text\"", "\"said\""), &["d.jsonl:1: error: `text` is missing"]);
    check(&good.replace("[\"web\"]", "\"web\""), &["d.jsonl:1: error: `objects` is `\"web\"`"]);
    let twice = good.clone() + "{}\n" + &good;
    check(&twice, &["d.jsonl:2: error: `n` is missing", "d.jsonl:3: error: `n` is `0` where 2 comes next"]);
}

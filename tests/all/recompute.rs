//! Bills, recomputed from decision logs and price tables by a script in another language: `tests/recompute`.

use crate::program::Folder;
use crate::small_cluster::deployment;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Whether the script can run here; it is said if not.
fn is_possible() -> bool {
    // Months are those of a time zone.
    let asked = ["-c", "import sys, zoneinfo; zoneinfo.ZoneInfo('Asia/Kolkata'); sys.exit(sys.version_info < (3, 11))"];
    let possible = Command::new("python3").args(asked).output().is_ok_and(|output| output.status.success());
    if !possible {
        println!("skipped: there is no Python 3.11 with time zones");
    }
    possible
}

fn recompute(report: &Path) -> Output {
    let script = root().join("tests/recompute/recompute.py");
    // Nothing is written beside the script.
    Command::new("python3").arg("-B").arg(script).arg(report).arg("--quiet").output().expect("it starts")
}

/// What it prints, if all is equal.
#[track_caller]
fn equal(report: &Path) -> String {
    let output = recompute(report);
    let (said, faults) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}{faults}");
    assert!(said.contains(": equal to the nano-USD"), "{said}");
    println!("{said}");
    said.into_owned()
}

/// The report of a scenario of the repository.
fn report(scenario: &str, duration: &str) -> Folder {
    let place = Folder::new();
    let path = root().join(scenario).display().to_string();
    let set = format!("duration={duration}");
    place.run_words(&["run", &path, "-q", "-n", "1", "--no-recommend", "--set", &set, "--out", "out"]).ok();
    place
}

#[test]
fn the_reference_scenario_is_equal_to_the_nano_dollar() {
    if is_possible() {
        // A week takes half a minute without --release.
        let place = report("scenarios/ecommerce", if cfg!(debug_assertions) { "30h" } else { "7d" });
        let said = equal(&place.path().join("out"));
        assert!(said.contains("log ") && said.contains("standing ") && said.contains("traffic "), "{said}");
    }
}

#[test]
fn so_are_spot_nodes_commitments_and_google() {
    if is_possible() {
        for scenario in ["spot-for-stateless.yaml", "committed.yaml", "gke.yaml"] {
            equal(&report(&format!("scenarios/{scenario}"), "20h").path().join("out"));
        }
    }
}

#[test]
fn so_are_spot_nodes_at_prices_that_change_and_what_support_is_a_share_of() {
    if is_possible() {
        let place = Folder::new();
        let path = root().join("tests/recompute/all-kinds").display().to_string();
        let prices = "prices={spotPrices: fitted, spotProcess: {halfLife: 48h, dailySd: 0.05, zoneCorrelation: 0.5}}";
        let words = ["run", &path, "-q", "-n", "1", "--no-recommend", "--set", "support=business", "--set", prices];
        place.run_words(&[&words[..], &["--out", "out"]].concat()).ok();
        let said = equal(&place.path().join("out"));
        assert!(said.contains("market ") && said.contains("sum "), "{said}");
    }
}

#[test]
fn so_are_instances_that_never_become_nodes() {
    if !is_possible() {
        return;
    }
    let of = |name: &str| {
        let pods = deployment(name, "replicas: 4", "1500m", "");
        format!("{}\n      nodeSelector: {{pool: {name}}}\n", pods.trim_end())
    };
    let scenario = "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: never\nmanifests: [objects.yaml]\n\
        cluster: {region: us-east-1, zones: [us-east-1a, us-east-1b]}\nnodeGroups:\n  \
        lame: {instanceTypes: [m5.large], minSize: 1, maxSize: 9, labels: {pool: lame}}\n  \
        pool: {instanceTypes: [m5.large], minSize: 1, maxSize: 9, labels: {pool: pool}}\n\
        autoscaler: {enabled: true}\nfaults:\n  - {at: 0s, for: 30m, neverRegisters: lame}\n  \
        - {at: 35s, for: 10m, zoneOutage: us-east-1b}\nduration: 2h\n";
    let place = Folder::new().file("scenario.yaml", scenario).file("objects.yaml", of("lame") + &of("pool"));
    place.run("run . -q -n 1 --no-recommend --out out").ok();
    let ended = |decision: &str| {
        records(&place).iter().filter(|row| row["decision"] == decision && row["billing"] == "ends").count()
    };
    assert!(ended("instance-lost") > 0 && ended("instance-deleted") > 0, "{}", place.text("out/decisions.jsonl"));
    equal(&place.path().join("out"));
}

#[test]
fn so_is_a_bill_by_the_day_over_two_months() {
    if is_possible() {
        let objects = include_str!("../golden/stateful-set/objects.yaml");
        let scenario = include_str!("../golden/stateful-set/scenario.yaml")
            .replace("duration: 80m", "duration: 40d\nbilling: {start: 2027-02-11, timeZone: America/New_York}");
        let place = Folder::new().file("scenario.yaml", scenario).file("objects.yaml", objects);
        place.run("run . -q -n 1 --no-recommend --out out").ok();
        let said = equal(&place.path().join("out"));
        assert!(said.contains(" days, "), "{said}");
    }
}

/// A report with all that decisions make a bill of.
fn all_kinds() -> Folder {
    let place = report("tests/recompute/all-kinds", "5h");
    equal(&place.path().join("out"));
    place
}

fn records(place: &Folder) -> Vec<Value> {
    place.text("out/decisions.jsonl").lines().map(|line| serde_json::from_str(line).expect("a record")).collect()
}

/// The report with another log or another result; the answer is what the script finds.
#[track_caller]
fn found(place: &Folder, result: &str, records: &[Value]) -> String {
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    let changed = Folder::new().file("out/result.json", result).file("out/decisions.jsonl", lines);
    let output = recompute(&changed.path().join("out"));
    assert_eq!(output.status.code(), Some(1), "nothing was found: {}", String::from_utf8_lossy(&output.stdout));
    assert!(place.has("out/result.json"));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_nano_dollar_is_found_wherever_it_is_missing() {
    if !is_possible() {
        return;
    }
    let place = all_kinds();
    let (records, result) = (records(&place), place.text("out/result.json"));
    let result: Value = serde_json::from_str(&result).expect("JSON");
    let lines = result["bill"]["lines"].as_array().expect("lines").len();
    assert!(lines > 20, "{lines}");
    for line in 0..lines {
        for amount in ["listUsd", "netUsd", "effectiveUsd"] {
            let mut changed = result.clone();
            let row = &mut changed["bill"]["lines"][line];
            let by = |value: &mut Value| {
                *value = json!(((value.as_f64().expect("a number") * 1e9).round() + 1.0) / 1e9);
            };
            by(&mut row[amount]);
            by(&mut row["cells"][0][amount]);
            let name = row["name"].as_str().expect("a name").to_owned();
            let said = found(&place, &changed.to_string(), &records);
            assert!(said.starts_with(&format!("DIFFERS: {name} (")), "{name}: {said}");
        }
    }
}

#[test]
fn a_record_is_missed_whichever_it_is() {
    if !is_possible() {
        return;
    }
    let place = all_kinds();
    let (records, result) = (records(&place), place.text("out/result.json"));
    let mut tried: Vec<&str> = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let decision = record["decision"].as_str().expect("a word");
        if record["billing"].is_null() || tried.contains(&decision) {
            continue;
        }
        tried.push(decision);
        let mut fewer = records.clone();
        fewer.remove(at);
        (0..).zip(&mut fewer).for_each(|(n, record)| record["n"] = json!(n));
        found(&place, &result, &fewer);
        let mut later = records.clone();
        let seconds = later[at]["seconds"].as_f64().expect("a number");
        later[at]["seconds"] = json!(seconds + 1.0);
        found(&place, &result, &later);
    }
    for decision in ["node-at-start", "instance-launched", "node-reclaimed", "node-removed", "bound", "unbound"] {
        assert!(tried.contains(&decision), "no {decision} among {tried:?}");
    }
    assert!(tried.contains(&"volumes-created") && tried.contains(&"volumes-deleted"), "{tried:?}");
}

#[test]
fn a_mean_of_several_replications_is_refused() {
    if !is_possible() {
        return;
    }
    let place = Folder::new();
    let path = root().join("tests/recompute/all-kinds").display().to_string();
    place.run_words(&["run", &path, "-q", "-n", "2", "--no-recommend", "--set", "duration=10m", "--out", "out"]).ok();
    let output = recompute(&place.path().join("out"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("found 2 replications, expected one"), "{said}");
}

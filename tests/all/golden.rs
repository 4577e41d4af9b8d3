//! What the program says of a few small scenarios, and of the reference scenario, is what is committed.
//!
//! Each folder of `tests/golden` is a scenario about one theme, with
//!
//! - `history.txt`: every decision of replication 0, one a line: when, who and what, about which objects, its numbers, and
//!   after `<-` the decision that caused it;
//! - `figures.txt`: the figures of `result.json`, one a line: means of the replications with six digits, and the mean of
//!   each series of the timeline.
//!
//! A change that is meant is written by `FORESAIL_UPDATE=1 cargo test --release --test all golden`; the difference is then
//! read line by line before it is committed.

use crate::program::Folder;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Set to write what is, instead of comparing it with what was.
const UPDATE: &str = "FORESAIL_UPDATE";

#[test]
fn small_scenarios_have_their_committed_history_and_figures() {
    let scenarios = folders(&root().join("tests/golden"));
    assert!(scenarios.len() >= 6, "only {scenarios:?}");
    let mut changes = String::new();
    for scenario in &scenarios {
        let place = names(scenario)
            .iter()
            .fold(Folder::new(), |place, name| place.file(name, fs::read(scenario.join(name)).expect("a file")));
        place.run("run . -q -n 2 --out out").ok();
        let result: Value = serde_json::from_str(&place.text("out/result.json")).expect("JSON");
        compare(&scenario.join("history.txt"), &history(&place.text("out/decisions.jsonl")), &mut changes);
        compare(&scenario.join("figures.txt"), &figures(&result), &mut changes);
    }
    assert!(changes.is_empty(), "{changes}\nIf this is meant: {UPDATE}=1 cargo test --release --test all golden");
}

/// The README's command, with the seed and the replications of the scenario itself.
#[test]
fn the_sample_report_is_what_the_program_writes() {
    if cfg!(debug_assertions) {
        println!("skipped: a minute without --release");
        return;
    }
    let (place, committed) = (Folder::new(), root().join("reports/ecommerce"));
    let done = place.run("run -q");
    let printed: Vec<&str> = done.ok().lines().map(str::trim_end).collect();
    let written = place.path().join("reports/ecommerce");
    let mut changes = String::new();
    for name in names(&written) {
        let now = fs::read(written.join(&name)).expect("a file");
        match String::from_utf8(now) {
            Ok(text) => compare(&committed.join(&name), &text, &mut changes),
            Err(binary) => compare_bytes(&committed.join(&name), binary.as_bytes(), &mut changes),
        }
    }
    let readme = fs::read_to_string(root().join("README.md")).expect("text");
    let sample = readme.split("$ foresail run\n").nth(1).and_then(|text| text.split("```").next()).expect("a sample");
    let strange = sample.lines().filter(|line| line.trim() != "..." && !printed.contains(line));
    changes.extend(strange.map(|line| format!("README.md shows what is not printed: {line}\n")));
    let stale = names(&committed).into_iter().filter(|name| !written.join(name).exists());
    changes.extend(stale.map(|name| format!("reports/ecommerce/{name} is not written any more\n")));
    assert!(changes.is_empty(), "{changes}\nIf this is meant: {UPDATE}=1 cargo test --release --test all golden");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    names(parent).iter().map(|name| parent.join(name)).filter(|path| path.is_dir()).collect()
}

/// Adds to `changes` where the file and the text part; or writes the file.
fn compare(file: &Path, now: &str, changes: &mut String) {
    let before = fs::read_to_string(file).unwrap_or_default();
    if before == now {
        return;
    }
    if std::env::var_os(UPDATE).is_some() {
        fs::write(file, now).expect("a file");
        return;
    }
    let name = file.strip_prefix(root()).unwrap_or(file).display();
    let line = before.lines().zip(now.lines()).take_while(|(before, now)| before == now).count();
    let at = |text: &str| text.lines().nth(line).unwrap_or("(the end)").chars().take(300).collect::<String>();
    let _ = writeln!(changes, "{name}:{}:\n  was {}\n  is  {}", line + 1, at(&before), at(now));
}

/// The same of a file that is no text.
fn compare_bytes(file: &Path, now: &[u8], changes: &mut String) {
    if fs::read(file).is_ok_and(|before| before == now) {
        return;
    }
    if std::env::var_os(UPDATE).is_some() {
        fs::write(file, now).expect("a file");
        return;
    }
    let name = file.strip_prefix(root()).unwrap_or(file).display();
    let _ = writeln!(changes, "{name}: {} bytes, none of which can be shown, are not the committed ones", now.len());
}

/// The decision log without the numbers of its records, which move when a line comes in before them.
fn history(json_lines: &str) -> String {
    let records: Vec<Map<String, Value>> =
        json_lines.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
    let mut text = String::new();
    for record in &records {
        let _ = write!(text, "{} {}", moment(record), deed(record));
        for (key, value) in record {
            if !["n", "time", "seconds", "controller", "decision", "objects", "text", "cause"].contains(&key.as_str()) {
                let _ = write!(text, " {key}={}", plain(value));
            }
        }
        if let Some(cause) = record.get("cause").and_then(Value::as_u64) {
            let cause = &records[usize::try_from(cause).expect("a record")];
            let _ = write!(text, "  <- {} {}", moment(cause), deed(cause));
        }
        text.push('\n');
    }
    text
}

/// A record's time, to the millisecond.
fn moment(record: &Map<String, Value>) -> String {
    let seconds = record["seconds"].as_f64().expect("a time");
    format!("{}.{:03.0}", plain(&record["time"]), (seconds.fract() * 1000.0).floor())
}

fn deed(record: &Map<String, Value>) -> String {
    let words = ["controller", "decision"].map(|key| plain(&record[key]));
    let objects = record["objects"].as_array().expect("objects").iter().map(plain);
    words.into_iter().chain(objects).collect::<Vec<_>>().join(" ")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => rounded(number.as_f64().expect("a number")),
        other => other.to_string(),
    }
}

/// Six digits: enough to see a change, too few to see another machine's mathematics.
fn rounded(number: f64) -> String {
    let short: f64 = format!("{number:.5e}").parse().expect("a number");
    format!("{short}")
}

/// The figures of a result, one a line, by their names and not by their positions.
fn figures(result: &Value) -> String {
    let mut lines = String::new();
    for (key, value) in result.as_object().expect("an object") {
        // Versions, and what the scenario itself says.
        if !["apiVersion", "kind", "foresailVersion", "scenario", "run", "prices", "inputs"].contains(&key.as_str()) {
            flatten(key, value, &mut lines);
        }
    }
    lines
}

fn flatten(name: &str, value: &Value, lines: &mut String) {
    match value {
        Value::Object(fields) => match fields.get("mean") {
            Some(mean) => flatten(name, mean, lines),
            None => fields.iter().for_each(|(key, value)| flatten(&format!("{name}/{key}"), value, lines)),
        },
        Value::Array(items) if name.ends_with("/values") => {
            let sum: f64 = items.iter().filter_map(Value::as_f64).sum();
            let _ = writeln!(lines, "{name} {}", rounded(sum / items.len() as f64));
        }
        Value::Array(items) if items.iter().all(|item| !item.is_object()) => {
            items.iter().for_each(|item| flatten(name, item, lines));
        }
        Value::Array(items) => {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for item in items {
                let own = identity(item);
                let before = seen.entry(own.clone()).or_default();
                *before += 1;
                let again = if *before > 1 { format!(" ({before})") } else { String::new() };
                flatten(&format!("{name}[{own}{again}]"), &without_names(item), lines);
            }
        }
        // What is absent, and how a figure is shown.
        Value::Null => {}
        _ if ["/label", "/unit"].iter().any(|end| name.ends_with(end)) => {}
        other => {
            let _ = writeln!(lines, "{name} {}", plain(other));
        }
    }
}

const NAMES: [&str; 9] =
    ["day", "panel", "group", "namespace", "name", "container", "resource", "metric", "replication"];

/// What an element of a list is called.
fn identity(item: &Value) -> String {
    let parts = NAMES.iter().filter_map(|key| item.get(key)).filter(|value| !value.is_object()).map(plain);
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { item.get("target").map_or_else(String::new, plain) } else { parts.join(" ") }
}

/// An element without what it is called.
fn without_names(item: &Value) -> Value {
    let fields = item.as_object().expect("an element with fields").iter();
    let rest = fields.filter(|(key, value)| !NAMES.contains(&key.as_str()) || value.is_object());
    Value::Object(rest.map(|(key, value)| (key.clone(), value.clone())).collect())
}

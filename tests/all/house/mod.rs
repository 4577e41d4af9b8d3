//! The house rules that a compiler does not check.
//!
//! - A room (a folder below `src/`) names only the rooms that [`MAP`] allows it.
//! - No circle between files: A uses B uses A. A file uses the file in which what it names is written: paths that begin
//!   with `crate`, `super`, `self`, a child module or an imported name are followed through imports and re-exports to the
//!   module with that item. `mod x;` is no use; `pub use` is a signpost and no use, unless its file needs the name itself.
//!   A file may use the `mod.rs` of a folder that it lies in, which is made of such files. What only a compiler knows
//!   (methods, macros, names behind a glob) is not seen.
//! - No file over 500 lines, no function over 80 (from `fn` to its last brace); at most 20 functions with more than four
//!   arguments (`self` is not counted). Test modules are not looked at, except for the length of files.
//!
//! What breaks a rule today is listed beside it, and nothing that keeps it: the lists can only become shorter.

mod functions;
mod graph;
mod source;

use functions::functions;
use graph::{Graph, circles};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may use. What is not listed here is the ground floor, which everybody may use and
/// which uses nothing else.
const MAP: &[(&str, &[&str])] = &[
    ("cluster", &[]),
    ("market", &[]),
    ("traffic", &[]),
    ("controllers", &["cluster"]),
    ("hpa", &["cluster"]),
    ("vpa", &["cluster"]),
    ("scheduler", &["cluster"]),
    ("cost", &["market"]),
    ("autoscaler", &["cluster", "controllers", "market", "scheduler"]),
    ("world", &["autoscaler", "cluster", "controllers", "cost", "hpa", "market", "scheduler", "traffic", "vpa"]),
    ("sim", &["autoscaler", "cluster", "controllers", "cost", "hpa", "market", "scheduler", "traffic", "vpa", "world"]),
    (
        "scenario",
        &["autoscaler", "cluster", "controllers", "cost", "hpa", "market", "scheduler", "traffic", "vpa", "world"],
    ),
    ("past", &["scenario"]),
    ("recorded", &["past", "scenario", "traffic"]),
    ("init", &["market", "past", "recorded", "scenario"]),
    ("dry_run", &["autoscaler", "cluster", "controllers", "cost", "hpa", "market", "scenario", "scheduler", "vpa"]),
    ("study", &["cluster", "cost", "hpa", "market", "scenario", "scheduler", "sim", "traffic", "vpa", "world"]),
    ("calibrate", &["past", "scenario", "sim", "traffic", "world"]),
    (
        "report",
        &[
            "autoscaler",
            "calibrate",
            "cluster",
            "cost",
            "dry_run",
            "hpa",
            "market",
            "past",
            "scenario",
            "sim",
            "study",
            "traffic",
            "vpa",
            "world",
        ],
    ),
    (
        "cli",
        &[
            "autoscaler",
            "calibrate",
            "cluster",
            "cost",
            "dry_run",
            "hpa",
            "init",
            "market",
            "past",
            "recorded",
            "report",
            "scenario",
            "scheduler",
            "sim",
            "study",
            "traffic",
            "vpa",
        ],
    ),
];

const GROUND_FLOOR: &[&str] = &["units", "id", "id_type", "intern", "release", "rng", "go_sort", "limits", "whole"];

/// Files on a circle.
const ON_A_CIRCLE: &[&str] = &[];
/// Files of more than 500 lines.
const LONG_FILES: &[&str] = &[];
/// Functions of more than 80 lines.
const LONG_FUNCTIONS: &[&str] = &[];

const MOST_LINES: usize = 500;
const MOST_LINES_OF_A_FUNCTION: usize = 80;
const MOST_ARGUMENTS: usize = 4;
const MOST_FUNCTIONS_WITH_MORE: usize = 20;

#[test]
fn rooms_know_only_the_rooms_the_map_allows() {
    let map: BTreeMap<&str, &[&str]> = MAP.iter().copied().collect();
    let graph = graph();
    let mut strangers = BTreeSet::new();
    for (file, other) in graph.rooms() {
        let file = &graph.files[file];
        let room = file.split('/').next().expect("a name").trim_end_matches(".rs");
        let allowed = map.get(room).copied().unwrap_or_default();
        let may = other == room || GROUND_FLOOR.contains(&other.as_str()) || allowed.contains(&other.as_str());
        if !may && !["lib", "main"].contains(&room) {
            strangers.insert(format!("{file} uses {other}"));
        }
    }
    assert!(strangers.is_empty(), "not on the map:\n{strangers:#?}");
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let graph = graph();
    let arrows = graph.arrows();
    let name = |file: &usize| graph.files[*file].as_str();
    let circles = circles(&graph.files, &arrows);
    let found: BTreeSet<&str> = circles.iter().flatten().map(name).collect();
    let mut text = String::new();
    for circle in &circles {
        let inside = arrows.iter().filter(|(from, to)| circle.contains(from) && circle.contains(to));
        let lines: Vec<String> = inside.map(|(from, to)| format!("  {} -> {}", name(from), name(to))).collect();
        text += &format!("{} files:\n{}\n", circle.len(), lines.join("\n"));
    }
    only_known("on a circle", &found, ON_A_CIRCLE, &text);
}

#[test]
fn files_are_short() {
    let mut found = BTreeSet::new();
    let mut lengths = String::new();
    for file in ["src", "tests", "examples", "benches"].iter().flat_map(|folder| rust_files(&root().join(folder))) {
        let lines = fs::read_to_string(&file).expect("readable source").lines().count();
        if lines > MOST_LINES {
            let name = file.strip_prefix(root()).expect("below the root").display().to_string();
            lengths += &format!("  {name}: {lines}\n");
            found.insert(name);
        }
    }
    only_known("too long", &found.iter().map(String::as_str).collect(), LONG_FILES, &lengths);
}

#[test]
fn functions_are_short_and_take_few_arguments() {
    let graph = graph();
    let (mut long, mut lengths, mut wide) = (BTreeSet::new(), String::new(), Vec::new());
    for (file, code) in graph.files.iter().zip(&graph.codes) {
        for function in functions(code) {
            let name = format!("{file}: {}", function.name);
            if function.lines > MOST_LINES_OF_A_FUNCTION {
                lengths += &format!("  {name}: {}\n", function.lines);
                long.insert(name.clone());
            }
            if function.arguments > MOST_ARGUMENTS {
                wide.push(format!("{name}: {}", function.arguments));
            }
        }
    }
    only_known("too long", &long.iter().map(String::as_str).collect(), LONG_FUNCTIONS, &lengths);
    assert!(
        wide.len() <= MOST_FUNCTIONS_WITH_MORE,
        "{} functions with more than four arguments: {wide:#?}",
        wide.len()
    );
}

/// What is written with so many digits is [`foresail::units::Finite`], which has no NaN in it, unless the file sees to that itself.
#[test]
fn floats_of_reports_are_written_as_finite() {
    let sees_to_it = ["report/format.rs", "report/csv.rs", "report/bill/workbook/sheet.rs"];
    let draws_or_reads_back = ["report/compare/waterfall.rs", "report/check/benchmark.rs", "report/check/baseline.rs"];
    let mut bare = Vec::new();
    for file in rust_files(&root().join("src/report")) {
        let name = file.strip_prefix(root().join("src")).expect("below src").display().to_string();
        if name.ends_with("tests.rs") || sees_to_it.iter().chain(&draws_or_reads_back).any(|known| *known == name) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("readable source");
        let lines: Vec<&str> = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).collect();
        let has_digits = |line: &str| {
            line.split('{').skip(1).any(|spec| {
                let spec = spec.split('}').next().unwrap_or_default();
                spec.split_once(':').is_some_and(|(_, how)| how.trim_start_matches('+').starts_with('.'))
            })
        };
        for at in (0..lines.len()).filter(|at| has_digits(lines[*at])) {
            if !lines[at..lines.len().min(at + 8)].iter().any(|line| line.contains("finite(")) {
                bare.push(format!("{name}:{}: {}", at + 1, lines[at].trim()));
            }
        }
    }
    assert!(bare.is_empty(), "write `finite(value)`:\n{}", bare.join("\n"));
}

/// The list says what there is: nothing new, and nothing that has been mended.
fn only_known(what: &str, found: &BTreeSet<&str>, known: &[&str], text: &str) {
    let known: BTreeSet<&str> = known.iter().copied().collect();
    let (new, gone): (Vec<_>, Vec<_>) = (found.difference(&known).collect(), known.difference(found).collect());
    assert!(new.is_empty(), "{what}: {new:#?}\n{text}");
    assert!(gone.is_empty(), "not {what} any more, strike them off the list: {gone:#?}");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn graph() -> Graph {
    Graph::of(&root().join("src"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("readable folder") {
        let path = entry.expect("readable entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

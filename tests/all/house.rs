//! The house rules a compiler does not check: who may know whom.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may use. What is not listed here is the ground floor (units, id, intern,
/// rng, go_sort), which everybody may use and which uses nothing else.
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
    ("study", &["cluster", "cost", "scenario", "sim", "traffic", "vpa", "world"]),
    (
        "report",
        &["autoscaler", "cluster", "cost", "hpa", "market", "scenario", "sim", "study", "traffic", "vpa", "world"],
    ),
];

const GROUND_FLOOR: &[&str] = &["units", "id", "id_type", "intern", "rng", "go_sort"];

#[test]
fn rooms_know_only_the_rooms_the_map_allows() {
    let map: BTreeMap<&str, &[&str]> = MAP.iter().copied().collect();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut strangers = Vec::new();
    for file in rust_files(&source) {
        let inside = file.strip_prefix(&source).expect("found below src");
        let room = inside.iter().next().expect("a file has a name").to_string_lossy();
        let room = room.trim_end_matches(".rs");
        if ["lib", "main", "cli"].contains(&room) {
            continue;
        }
        let allowed = map.get(room).copied();
        for other in rooms_named_in(&fs::read_to_string(&file).expect("readable source")) {
            let may = other == room
                || GROUND_FLOOR.contains(&other.as_str())
                || allowed.is_some_and(|rooms| rooms.contains(&other.as_str()));
            if !may {
                strangers.push(format!("{} uses {other}", inside.display()));
            }
        }
    }
    assert!(strangers.is_empty(), "not on the map:\n{}", strangers.join("\n"));
}

/// The first path segments after `crate::`, without those in test modules.
fn rooms_named_in(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut rooms = Vec::new();
    for line in lines {
        for part in line.split("crate::").skip(1) {
            rooms.push(part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    rooms
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

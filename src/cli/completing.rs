//! What a shell is told while somebody types: commands and options, fields of a scenario, names in the one at hand.

use super::Cli;
use clap::CommandFactory;
use clap_complete::CompleteEnv;
use clap_complete::engine::CompletionCandidate;
use foresail::scenario::{Field, Sources, Written, explain};
use std::ffi::OsStr;
use std::path::PathBuf;

/// The variable by which the shell's script asks.
pub(super) const VARIABLE: &str = "FORESAIL_COMPLETE";

/// Answers and ends the program, if it is a shell that asks.
pub(super) fn answer() {
    CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
}

/// Fields for `explain`.
pub(super) fn fields(typed: &OsStr) -> Vec<CompletionCandidate> {
    candidates(typed, "")
}

/// Fields for `--set`, with the `=` behind what takes a value.
pub(super) fn settings(typed: &OsStr) -> Vec<CompletionCandidate> {
    candidates(typed, "=")
}

fn candidates(typed: &OsStr, end: &str) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let (before, begun) = typed.rsplit_once('.').unwrap_or(("", &typed));
    let Ok(place) = explain(before, false) else { return Vec::new() };
    let full = |name: &str| if before.is_empty() { name.to_owned() } else { format!("{before}.{name}") };
    let has_names = place.kind.starts_with("map[");
    let mut found: Vec<CompletionCandidate> = Vec::new();
    if has_names {
        let names = names(before).into_iter().filter(|name| name.starts_with(begun));
        found.extend(names.map(|name| CompletionCandidate::new(full(&name) + ".")));
    }
    // `explain` passes names by, `--set` cannot.
    if !has_names || end.is_empty() {
        let fields = place.fields.iter().filter(|field| field.name.starts_with(begun));
        found.extend(fields.map(|field| {
            let text = full(&field.name) + if is_branch(field) { "." } else { end };
            CompletionCandidate::new(text).help(Some(field.description.clone().into()))
        }));
    }
    found
}

/// Whether there are fields below it.
fn is_branch(field: &Field) -> bool {
    explain(&field.path, false).is_ok_and(|inner| !inner.fields.is_empty()) && !field.kind.starts_with("[]")
}

/// Names below a field, in the scenario that the command line names, or that lies here.
fn names(field: &str) -> Vec<String> {
    let words = std::env::args_os().map(PathBuf::from);
    let is_scenario =
        |path: &PathBuf| path.is_dir() || path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let named = words.skip(2).find(|path| is_scenario(path) && path.exists());
    let path = named.unwrap_or_else(|| PathBuf::from("scenario.yaml"));
    let path = if path.is_dir() { path.join("scenario.yaml") } else { path };
    Written::read(Sources::Disk, &path).map(|written| written.names(field)).unwrap_or_default()
}

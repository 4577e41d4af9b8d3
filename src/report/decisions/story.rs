//! A decision log as it is told: of a simulation that has just run, or as it was written.

use super::Decisions;
use super::origin::origin;
use crate::id::Id;
use crate::scenario::issue::{Issue, Issues};
use crate::sim::log::Cause;
use crate::study::History;
use crate::units::{SimDuration, SimTime};
use crate::world::Cast;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// So many wrong lines are told; a file with more of them is something else.
const MOST_ISSUES: usize = 5;
/// What is expected of a line.
const EXPECTED: &str = "expected a decision: {\"n\": …, \"seconds\": …, \"objects\": […], \"text\": …, …}";

/// Decisions in order, each with its sentence.
#[derive(Clone, Debug)]
pub struct Story {
    pub(super) rows: Vec<Told>,
    /// The names that may be asked for.
    pub(super) names: BTreeSet<String>,
    /// Nothing happens after this instant.
    pub(super) end: SimTime,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) at: SimTime,
    pub(super) objects: Vec<String>,
    pub(super) text: String,
    pub(super) because: Because,
}

/// What led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Because {
    /// The row with this number.
    Row(usize),
    /// What else it was, in a sentence.
    Origin(&'static str),
}

impl Story {
    /// The log of a history. Cost: one pass.
    pub fn of(cast: &Cast, history: &History) -> Story {
        let decisions = Decisions::new(cast, history);
        let tell = |record: &crate::sim::log::Record| {
            let line = decisions.describe(&record.what);
            let because = match record.because {
                Cause::Record(id) => Because::Row(id.index()),
                cause => Because::Origin(origin(cause).1),
            };
            Told { at: record.at, objects: line.objects, text: line.text, because }
        };
        let rows: Vec<Told> = history.log.records().values().map(tell).collect();
        let workloads = cast.workloads.ids().map(|id| decisions.workload_name(id).to_owned());
        let groups = cast.groups.values().map(|group| group.name.clone());
        let names = workloads.chain(groups).chain(rows.iter().flat_map(|row| row.objects.iter().cloned())).collect();
        Story { rows, names, end: history.end }
    }

    /// What a `decisions.jsonl` says; `name` is the file's. Errors: lines that are no decisions, the first few of them.
    pub fn read(name: &str, text: &str) -> Result<Story, Issues> {
        let (mut rows, mut issues) = (Vec::new(), Issues::new());
        for (at, line) in text.lines().enumerate() {
            match decision(line, at) {
                Ok(row) => rows.push(row),
                Err(message) => {
                    let issue = Issue::error("", format!("{message}; {EXPECTED}"));
                    issues.push(issue.in_file(name, u32::try_from(at + 1).ok()).with_help(
                        "name the decisions.jsonl that `foresail run` writes beside its page, as it was written",
                    ));
                    if issues.len() == MOST_ISSUES || rows.is_empty() {
                        break;
                    }
                }
            }
        }
        if rows.is_empty() && issues.is_empty() {
            issues.push(Issue::error("", format!("the file is empty; {EXPECTED}")).in_file(name, None));
        }
        if !issues.is_empty() {
            return Err(issues);
        }
        let names = rows.iter().flat_map(|row: &Told| row.objects.iter().cloned()).collect();
        Ok(Story { rows, names, end: SimTime::MAX })
    }
}

/// A line as the row with this number; the error says what was found.
fn decision(line: &str, number: usize) -> Result<Told, String> {
    let row: Map<String, Value> = match serde_json::from_str(line) {
        Ok(Value::Object(row)) => row,
        Ok(other) => return Err(format!("found `{}`", short(&other.to_string()))),
        Err(_) => return Err(format!("found `{}`", short(line))),
    };
    let found = |key: &str| match row.get(key) {
        Some(value) => format!("`{key}` is `{}`", short(&value.to_string())),
        None => format!("`{key}` is missing"),
    };
    if row.get("n").and_then(Value::as_u64) != Some(number as u64) {
        return Err(format!("{} where {number} comes next", found("n")));
    }
    let seconds = row.get("seconds").and_then(Value::as_f64).filter(|at| (0.0..1e9).contains(at));
    let seconds = seconds.ok_or_else(|| found("seconds"))?;
    let objects: Option<Vec<String>> = row
        .get("objects")
        .and_then(Value::as_array)
        .and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>());
    let objects = objects.ok_or_else(|| found("objects"))?;
    let text = row.get("text").and_then(Value::as_str).ok_or_else(|| found("text"))?.to_owned();
    let because = match (row.get("cause"), row.get("origin")) {
        (Some(cause), _) => {
            let cause = cause.as_u64().and_then(|cause| usize::try_from(cause).ok()).filter(|cause| *cause < number);
            Because::Row(cause.ok_or_else(|| format!("{}, which is no earlier line", found("cause")))?)
        }
        (None, Some(word)) => {
            let known = Cause::ORIGINS.into_iter().find(|cause| Some(origin(*cause).0) == word.as_str());
            Because::Origin(origin(known.ok_or_else(|| found("origin"))?).1)
        }
        // Older logs have no word for it.
        (None, None) => Because::Origin("The log does not say what led to it."),
    };
    Ok(Told { at: SimTime::ZERO + SimDuration::from_secs_f64(seconds), objects, text, because })
}

fn short(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

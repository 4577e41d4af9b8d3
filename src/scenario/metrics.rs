//! Recorded metrics in: CSV and Prometheus `query_range` JSON. Every doubt about time, values and units
//! is said with its line.

pub(crate) mod answer;
mod column;
mod labelled;
mod prometheus;
mod recording;
mod rows;
mod table;
mod wanted;

pub(crate) use recording::View;
pub use recording::{Recording, Series, Unit};
pub use wanted::Wanted;

use super::issue::{Issue, Issues};
use super::sources::{Files as _, Sources};
use rows::Rows;
use std::path::Path;

/// A metrics file, with what its numbers are where the file does not say.
#[derive(Clone, Debug)]
pub struct MetricsFile {
    /// As `cpu`, `cpu_percent`, `memory_mib`, `replicas` or a name of one's own; JSON needs it, and a CSV with a column per
    /// pod.
    pub column: Option<String>,
    /// The path as the user wrote it; `-` is standard input.
    pub path: String,
}

impl MetricsFile {
    /// From `FILE` or `NAME=FILE`.
    pub fn parse(text: &str) -> Self {
        match text.split_once('=') {
            Some((column, path)) if !column.contains(['/', '.']) => {
                MetricsFile { column: Some(column.to_owned()), path: path.to_owned() }
            }
            _ => MetricsFile { column: None, path: text.to_owned() },
        }
    }
}

/// One recording of all files together.
///
/// Errors: times that go back, duplicates, gaps (unless they are allowed, then nothing is known there), units
/// that do not match, values that are not numbers; all of them are added to `issues`.
pub fn read(files: &[MetricsFile], wanted: Wanted<'_>, issues: &mut Issues) -> Option<Recording> {
    let mut rows = Rows::default();
    for file in files {
        match Sources::Disk.read(Path::new(&file.path)) {
            Ok(text) => read_one(file, &text, wanted, &mut rows, issues),
            Err(why) => {
                let mut issue = Issue::error("", format!("the file {why}"));
                issue.place.file = Some(file.path.clone());
                issues.push(issue);
            }
        }
    }
    if issues.has_errors() {
        return None;
    }
    rows.into_recording(&files.first()?.path, issues)
}

fn read_one(file: &MetricsFile, text: &str, wanted: Wanted<'_>, rows: &mut Rows, issues: &mut Issues) {
    let mut part = Issues::new();
    if text.trim_start().starts_with(['{', '[']) {
        prometheus::read(text, file.column.as_deref().unwrap_or(wanted.fallback), wanted, rows, &mut part);
    } else {
        table::csv(text, (file.column.as_deref(), wanted), rows, &mut part);
    }
    issues.absorb(part, |place| {
        place.file.get_or_insert_with(|| file.path.clone());
    });
}

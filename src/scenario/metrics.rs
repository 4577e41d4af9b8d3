//! Recorded metrics in: CSV and Prometheus `query_range` JSON. Every doubt about time, values and units
//! is said with its line.

mod column;
mod recording;
mod rows;
mod table;

pub(crate) use recording::View;
pub use recording::{Recording, Series, Unit};

use super::issue::{Issue, Issues};
use super::sources::{Files as _, Sources};
use rows::Rows;
use std::path::Path;

/// A metrics file, with what its numbers are where the file does not say.
#[derive(Clone, Debug)]
pub struct MetricsFile {
    /// As `cpu`, `cpu_percent`, `memory_mib`, `replicas` or a name of one's own; JSON needs it.
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
/// Errors: times that go back, duplicates, gaps (unless `allow_gaps`, then nothing is known there), units
/// that do not match, values that are not numbers; all of them are added to `issues`.
pub fn read(files: &[MetricsFile], fallback: &str, allow_gaps: bool, issues: &mut Issues) -> Option<Recording> {
    let mut rows = Rows::default();
    for file in files {
        match Sources::Disk.read(Path::new(&file.path)) {
            Ok(text) => read_one(file, &text, fallback, allow_gaps, &mut rows, issues),
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

fn read_one(file: &MetricsFile, text: &str, fallback: &str, allow_gaps: bool, rows: &mut Rows, issues: &mut Issues) {
    let mut part = Issues::new();
    if text.trim_start().starts_with('{') {
        table::prometheus(text, file.column.as_deref().unwrap_or(fallback), rows, &mut part);
    } else {
        table::csv(text, allow_gaps, rows, &mut part);
    }
    issues.absorb(part, |place| {
        place.file.get_or_insert_with(|| file.path.clone());
    });
}

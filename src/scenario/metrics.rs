//! Recorded metrics in: CSV and Prometheus `query_range` JSON. Every doubt about time, values and units
//! is said with its line.

mod clock;
mod column;
mod rows;
mod table;

use super::issue::{Issue, Issues};
use super::sources::{Files as _, Sources};
use crate::hpa::replay::{self, Mode, PodShape, Recording, Unit};
use crate::hpa::{HpaSpec, Metric, Resource, Target};
use crate::intern::Interner;
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

/// The column that holds a metric, for a file that does not say what it holds.
pub fn usual_column(metric: &Metric, symbols: &Interner) -> String {
    match metric {
        Metric::Resource { resource: Resource::Cpu, .. } => "cpu".to_owned(),
        Metric::Resource { resource: Resource::Memory, .. } => "memory".to_owned(),
        Metric::Pods { metric, .. } | Metric::Object { metric, .. } | Metric::External { metric, .. } => {
            symbols.text(*metric).to_owned()
        }
    }
}

/// A value of more than this many times the request has a mistaken unit.
const IMPLAUSIBLE: f64 = 50.0;

/// Whether an HPA can be replayed with a recording: requests where they are needed, values in units that can
/// be right. Metrics that were not recorded are left out of it.
pub fn check_fit(
    label: &str,
    spec: &mut HpaSpec,
    recording: &Recording,
    pod: PodShape,
    mode: Mode,
    symbols: &Interner,
    issues: &mut Issues,
) {
    let mut report = |mut issue: Issue| {
        issue.place.object = Some(label.to_owned());
        issues.push(issue);
    };
    let known: Vec<&str> = recording.series().iter().map(|series| series.name.as_str()).collect();
    spec.metrics.retain(|metric| {
        let name = usual_column(metric, symbols);
        let is_known = known.contains(&name.as_str());
        if !is_known {
            let message = format!("`{name}` is not in the recording, which has {}", known.join(", "));
            report(Issue::warning("spec.metrics", message).with_help("the HPA is replayed without this metric"));
        }
        is_known
    });
    if spec.metrics.is_empty() {
        report(Issue::error("spec.metrics", "none of the HPA's metrics is in the recording"));
    }
    for metric in &spec.metrics {
        let name = usual_column(metric, symbols);
        let Some(series) = recording.series().iter().find(|series| series.name == name) else { continue };
        let (request, flag) = match name.as_str() {
            "cpu" => (pod.cpu_request_milli, "--cpu-request"),
            "memory" => (pod.memory_request_bytes, "--memory-request"),
            _ => continue,
        };
        let relative = matches!(replay::target_of(metric), Target::Utilization(_));
        if request.is_none() && relative != (series.unit == Unit::Percent) {
            let message = format!("the requests of `{name}` are not known, and the units need them");
            report(Issue::error("spec.metrics", message).with_help(format!("pass {flag}, or the Deployment with -f")));
        }
        if mode == Mode::Closed && series.unit == Unit::Percent && !series.per_pod && name == "cpu" {
            if recording.replicas_at(recording.begin()).is_none() {
                let message = "percent of the requests are a load only with the number of pods";
                report(Issue::error("--mode", message).with_help("add a column replicas, or record cores"));
            }
        } else if let (Some(request), Mode::Open, false) = (request, mode, series.unit == Unit::Percent) {
            let values = series.points.iter().flat_map(|(_, values)| values).map(|(_, value)| *value);
            let most = values.fold(0.0, f64::max);
            if most > IMPLAUSIBLE * request as f64 {
                let times = (most / request as f64).round();
                let message = format!("up to {times} times the request of a pod: the units do not match");
                let help =
                    format!("name the column {name}_percent or as its unit is, or pass --mode closed for a total");
                report(Issue::error(&name, message).with_help(help));
            }
        }
    }
}

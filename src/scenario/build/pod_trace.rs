//! Pods of a trace: a CSV of `time_s,pod,cpu_milli,mem_bytes,duration_s`.

use super::scene::Scene;
use crate::cluster::{Owner, OwnerKind, PodSpec, Resources};
use crate::scenario::file::FilePath;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::scenario::sources::Files as _;
use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, TracePod};
use serde::Deserialize;

/// At most this many lines are complained about; more would say nothing new.
const MOST_COMPLAINTS: usize = 10;
/// A century, in seconds.
const LONGEST: f64 = 3.2e9;
/// More of anything than any machine has: 10^15 millicores or bytes.
const LARGEST: f64 = 1e15;

/// A line of the file.
#[derive(Deserialize)]
struct Row {
    time_s: f64,
    #[serde(rename = "pod")]
    _pod: String,
    cpu_milli: f64,
    mem_bytes: f64,
    duration_s: f64,
}

impl Row {
    /// What is wrong with it, given the time of the row before.
    fn problem(&self, last: f64) -> Option<String> {
        let within = |name: &str, value: f64, most: f64| {
            let message = format!("found {name} {value}, expected a number from 0 to {most:e}");
            (!(0.0..=most).contains(&value)).then_some(message)
        };
        within("time_s", self.time_s, LONGEST)
            .or_else(|| within("cpu_milli", self.cpu_milli, LARGEST))
            .or_else(|| within("mem_bytes", self.mem_bytes, LARGEST))
            .or_else(|| within("duration_s", self.duration_s, LONGEST))
            .or_else(|| {
                (self.time_s < last).then(|| format!("the trace goes back in time: {} after {last}", self.time_s))
            })
    }
}

/// Reads the trace that the scenario names into the cast.
pub(super) fn build(
    scene: &Scene<'_>,
    path: &FilePath,
    converter: &mut Converter<'_>,
    cast: &mut Cast,
    issues: &mut Issues,
) {
    let full = path.below(scene.folder);
    let refuse = |line: Option<u64>, message: String| {
        Issue::error("", message).in_file(full.display().to_string(), line.map(|line| line as u32))
    };
    let text = match scene.files.read(&full) {
        Ok(text) => text,
        Err(why) => return issues.push(refuse(None, format!("the pod trace {why}"))),
    };
    let (mut last, mut complaints) = (0.0_f64, 0);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    for record in reader.records() {
        let line = |record: &csv::StringRecord| record.position().map(csv::Position::line);
        let row = record.map_err(|error| (error.position().map(csv::Position::line), error.to_string()));
        let row = row.and_then(|record| {
            let row: Row = record.deserialize(Some(&headers)).map_err(|error| (line(&record), unreadable(&error)))?;
            row.problem(last).map_or(Ok(row), |problem| Err((line(&record), problem)))
        });
        match row {
            Ok(row) => {
                last = row.time_s;
                cast.trace.push(pod(&row, converter));
            }
            Err((line, message)) => {
                issues.push(refuse(line, message));
                complaints += 1;
                if complaints == MOST_COMPLAINTS {
                    return;
                }
            }
        }
    }
}

fn unreadable(error: &csv::Error) -> String {
    let what = match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        _ => error.to_string(),
    };
    format!("{what}; expected the columns time_s,pod,cpu_milli,mem_bytes,duration_s")
}

fn pod(row: &Row, converter: &mut Converter<'_>) -> TracePod {
    let requests = Resources::new(row.cpu_milli as i64, row.mem_bytes as i64);
    let name = converter.symbol("trace");
    let spec = PodSpec {
        namespace: converter.symbol("default"),
        container_requests: requests.clone(),
        nonzero_cpu_milli: requests.cpu_milli,
        nonzero_memory_bytes: requests.memory_bytes,
        requests,
        owner: Some(Owner { kind: OwnerKind::Job, name, uid: name }),
        ..PodSpec::default()
    };
    TracePod {
        arrives: SimTime::ZERO + SimDuration::from_secs_f64(row.time_s),
        template: converter.cluster().intern_spec(spec),
        runs: SimDuration::from_secs_f64(row.duration_s),
    }
}

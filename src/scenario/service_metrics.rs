//! Recorded metrics: CSV with a header, one row per service and interval.

use crate::scenario::issue::{Issue, Issues};
use crate::traffic::fit::Sample;
use std::collections::BTreeMap;

/// The columns and whether they must be there.
const COLUMNS: [(&str, bool); 8] = [
    ("time", true),
    ("service", false),
    ("rps", true),
    ("replicas", true),
    ("cpu_cores", true),
    ("p50_ms", false),
    ("p95_ms", false),
    ("p99_ms", false),
];

/// The name of the only service of a file without that column.
const ONLY_SERVICE: &str = "service";

/// Reads metrics; `name` is the file's, for what is said about it. Samples are by service, in order of time.
/// Times are seconds on any clock.
///
/// Errors: every wrong column and cell, with its line.
pub fn read_metrics(name: &str, text: &str) -> Result<BTreeMap<String, Vec<Sample>>, Issues> {
    let mut issues = Issues::new();
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut services: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            issues.push(at(name, 1, Issue::error("header", error.to_string())));
            return Err(issues);
        }
    };
    let places = places(name, &header, &mut issues);
    if issues.has_errors() {
        return Err(issues);
    }
    for (row, record) in reader.records().enumerate() {
        let line = row as u32 + 2;
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                issues.push(at(name, line, Issue::error("row", error.to_string())));
                continue;
            }
        };
        let cell = |column: usize| places[column].and_then(|place| record.get(place)).unwrap_or("");
        let mut number = |column: usize, least: f64| read_number(name, line, column, cell(column), least, &mut issues);
        let numbers = [number(0, f64::MIN), number(2, 0.0), number(3, 0.0), number(4, 0.0)];
        let latency_s = [5, 6, 7].map(|column| number(column, 0.0).map(|ms| ms / 1000.0));
        let [Some(time_s), Some(requests_per_second), Some(replicas), Some(cpu_cores)] = numbers else { continue };
        let service = if cell(1).is_empty() { ONLY_SERVICE } else { cell(1) };
        let sample = Sample { time_s, requests_per_second, replicas, cpu_cores, latency_s };
        services.entry(service.to_owned()).or_default().push(sample);
    }
    if services.is_empty() && !issues.has_errors() {
        issues.push(at(name, 1, Issue::error("rows", "there are none, expected one per service and interval")));
    }
    services.values_mut().for_each(|samples| samples.sort_by(|a, b| a.time_s.total_cmp(&b.time_s)));
    if issues.has_errors() { Err(issues) } else { Ok(services) }
}

/// Where each column is.
fn places(name: &str, header: &csv::StringRecord, issues: &mut Issues) -> [Option<usize>; COLUMNS.len()] {
    let known: Vec<&str> = COLUMNS.iter().map(|(column, _)| *column).collect();
    for title in header.iter().filter(|title| !known.contains(title)) {
        let issue = Issue::error(title, format!("unknown column `{title}`, expected {}", known.join(", ")));
        issues.push(at(name, 1, issue.suggest(title, known.iter().copied())));
    }
    COLUMNS.map(|(column, must)| {
        let place = header.iter().position(|title| title == column);
        if must && place.is_none() {
            issues.push(at(name, 1, Issue::error(column, format!("there is no column `{column}`"))));
        }
        place
    })
}

/// A cell's number; none if it is empty and may be, or wrong.
fn read_number(name: &str, line: u32, column: usize, text: &str, least: f64, issues: &mut Issues) -> Option<f64> {
    let (title, must) = COLUMNS[column];
    if text.is_empty() && !must {
        return None;
    }
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= least);
    if number.is_none() {
        let bound = if least == 0.0 { " of at least 0" } else { "" };
        issues.push(at(name, line, Issue::error(title, format!("found `{text}`, expected a number{bound}"))));
    }
    number
}

fn at(name: &str, line: u32, mut issue: Issue) -> Issue {
    (issue.place.file, issue.place.line) = (Some(name.to_owned()), Some(line));
    issue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_by_their_titles() {
        let text = "service,time,rps,replicas,cpu_cores,p95_ms\nb,60,5,2,0.3,\na,0,10,2,0.5,80\na,-60,9,2,0.4,70\n";
        let services = read_metrics("m.csv", text).unwrap();
        assert_eq!(services.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(services["a"][0].time_s, -60.0);
        assert_eq!(services["a"][1].latency_s, [None, Some(0.08), None]);
        assert_eq!(services["b"][0].latency_s, [None; 3]);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let said = |text: &str| {
            let issues = read_metrics("m.csv", text).unwrap_err();
            issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let text = said("time,rsp,replicas\n");
        assert!(text.contains("did you mean `rps`") && text.contains("no column `cpu_cores`"), "{text}");
        let text = said("time,rps,replicas,cpu_cores\n0,x,2,1\n1,5,-2,1\n2,5,2,1\n");
        assert!(text.contains("m.csv:2") && text.contains("`x`") && text.contains("m.csv:3"), "{text}");
        assert!(said("time,rps,replicas,cpu_cores\n").contains("there are none"));
    }
}

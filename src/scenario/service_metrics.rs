//! Recorded metrics: CSV with a header, one row per service and interval.

use crate::limits::{LONGEST_LATENCY_MS, MOST_CORES, MOST_RECORDED_PODS, MOST_REQUESTS_PER_S};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::timed::{Clock, Order, Table};
use crate::traffic::fit::Sample;
use std::collections::BTreeMap;

/// The columns, whether they must be there, and what a number in them may be at most.
const COLUMNS: [(&str, bool, f64); 8] = [
    ("time", true, f64::INFINITY),
    ("service", false, f64::INFINITY),
    ("rps", true, MOST_REQUESTS_PER_S),
    ("replicas", true, MOST_RECORDED_PODS),
    ("cpu_cores", true, MOST_CORES),
    ("p50_ms", false, LONGEST_LATENCY_MS),
    ("p95_ms", false, LONGEST_LATENCY_MS),
    ("p99_ms", false, LONGEST_LATENCY_MS),
];

/// The name of the only service of a file without that column.
const ONLY_SERVICE: &str = "service";

/// Reads metrics; `name` is the file's, for what is said about it. Samples are by service, in order of time.
/// Times may come in any order, but none twice for one service.
///
/// Errors: every wrong column and cell, with its line.
pub fn read_metrics(name: &str, text: &str) -> Result<BTreeMap<String, Vec<Sample>>, Issues> {
    let mut issues = Issues::new();
    let services = services(text, &mut issues);
    if !issues.has_errors() {
        return Ok(services);
    }
    let mut located = Issues::new();
    located.absorb(issues, |place| {
        place.file = Some(name.to_owned());
        place.line.get_or_insert(1);
    });
    Err(located)
}

fn services(text: &str, issues: &mut Issues) -> BTreeMap<String, Vec<Sample>> {
    let mut services: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    let table = Table::new(text);
    let places = places(&table, issues);
    if issues.has_errors() {
        return services;
    }
    let mut clock = Clock::new(Order::Any);
    clock.allows_negative = true;
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    table.each(issues, |row, issues| {
        let cell = |column: usize| places[column].map_or("", |place| row.cell(place));
        let service = if cell(1).is_empty() { ONLY_SERVICE } else { cell(1) };
        let next = numbers.len() as u32;
        let number = *numbers.entry(service.to_owned()).or_insert(next);
        let time = clock.read(cell(0), (number, service), row.line).map_err(|issue| issues.push(issue));
        let mut number = |column: usize| read_number(row.line, column, cell(column), issues);
        let numbers = [number(2), number(3), number(4)];
        let latency_s = [5, 6, 7].map(|column| number(column).map(|ms| ms / 1000.0));
        let (Ok(time), [Some(requests_per_second), Some(replicas), Some(cpu_cores)]) = (time, numbers) else { return };
        let sample = Sample { time_s: time.seconds, requests_per_second, replicas, cpu_cores, latency_s };
        services.entry(service.to_owned()).or_default().push(sample);
    });
    if services.is_empty() && !issues.has_errors() {
        issues.push(Issue::error("rows", "there are none, expected one per service and interval"));
    }
    services.values_mut().for_each(|samples| samples.sort_by(|a, b| a.time_s.total_cmp(&b.time_s)));
    services
}

/// Where each column is.
fn places(table: &Table<'_>, issues: &mut Issues) -> [Option<usize>; COLUMNS.len()] {
    let known: Vec<&str> = COLUMNS.iter().map(|(column, ..)| *column).collect();
    for title in table.header.iter().filter(|title| !known.contains(title)) {
        let issue = Issue::error(title, format!("unknown column `{title}`, expected {}", known.join(", ")));
        issues.push(issue.suggest(title, known.iter().copied()));
    }
    COLUMNS.map(|(column, must, _)| {
        let place = table.column(column);
        if must && place.is_none() {
            issues.push(Issue::error(column, format!("there is no column `{column}`")));
        }
        place
    })
}

/// A cell's number of at least 0 and as much as its column may have; none if it is empty and may be, or wrong.
fn read_number(line: u32, column: usize, text: &str, issues: &mut Issues) -> Option<f64> {
    let (title, must, most) = COLUMNS[column];
    if text.is_empty() && !must {
        return None;
    }
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=most).contains(number));
    if number.is_none() {
        let mut issue = Issue::error(title, format!("found `{text}`, expected a number from 0 to {most}"));
        issue.place.line = Some(line);
        issues.push(issue);
    }
    number
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

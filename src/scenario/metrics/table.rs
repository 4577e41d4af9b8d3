//! The two formats: a CSV with a header, and what Prometheus answers to `query_range`.

use super::clock;
use super::column::{self, Column, Measure};
use super::rows::{Rows, usual_step};
use crate::scenario::issue::{Issue, Issues};
use crate::units::{SimDuration, SimTime};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// At most this many complaints of one kind are told.
const ENOUGH: usize = 10;

fn at_line(line: u32, message: impl Into<String>) -> Issue {
    let mut issue = Issue::error("", message);
    issue.place.line = Some(line);
    issue
}

/// A CSV with a header: `time`, perhaps `pod` and `replicas`, and one column per metric.
pub(super) fn csv(text: &str, allow_gaps: bool, rows: &mut Rows, issues: &mut Issues) {
    let mut reader = csv::ReaderBuilder::new().flexible(true).comment(Some(b'#')).from_reader(text.as_bytes());
    let Ok(header) = reader.headers().cloned() else {
        issues.push(at_line(1, "is not CSV: no header was found"));
        return;
    };
    let Some(mut table) = Table::new(&header, issues) else { return };
    for record in reader.records() {
        match record {
            Ok(record) => table.row(&record, rows, issues),
            Err(error) => {
                let line = error.position().map_or(1, |position| position.line() as u32);
                issues.push(at_line(line, "is not a row of CSV"));
            }
        }
        if issues.len() > 3 * ENOUGH {
            issues.push(Issue::error("", "more like these; the rest was not read"));
            return;
        }
    }
    if !allow_gaps {
        table.check_gaps(issues);
    }
}

struct Table {
    columns: Vec<Column>,
    time: usize,
    pod: Option<usize>,
    /// By column: the unit its values turned out to have, and the line that said so.
    measures: Vec<Option<(Measure, u32)>>,
    seen: HashMap<(u32, SimTime), u32>,
    /// The last time of each pod, and its line.
    last: HashMap<u32, (SimTime, u32)>,
    /// Each time once, with its line.
    times: BTreeMap<SimTime, u32>,
}

impl Table {
    fn new(header: &csv::StringRecord, issues: &mut Issues) -> Option<Self> {
        let before = issues.len();
        let mut columns = Vec::new();
        for name in header {
            match Column::parse(name) {
                Ok(column) if columns.contains(&column) => {
                    issues.push(at_line(1, format!("there are two columns `{name}`")));
                }
                Ok(column) => columns.push(column),
                Err(why) => issues.push(at_line(1, why)),
            }
        }
        let time = columns.iter().position(|column| *column == Column::Time);
        if time.is_none() {
            let issue = at_line(
                1,
                format!("there is no column `time` among `{}`", header.iter().collect::<Vec<_>>().join(",")),
            );
            issues.push(issue.with_help("the first line names the columns, as `time,cpu_percent,replicas`"));
        }
        if !columns.iter().any(|column| matches!(column, Column::Metric { .. })) {
            let issue = at_line(1, "there is no metric among the columns");
            issues
                .push(issue.with_help("name a column cpu_percent, cpu_milli, cpu_cores, memory_mib or as your metric"));
        }
        let (pod, count) = (columns.iter().position(|column| *column == Column::Pod), columns.len());
        (issues.len() == before).then(|| Table {
            columns,
            time: time.unwrap_or(0),
            pod,
            measures: vec![None; count],
            seen: HashMap::new(),
            last: HashMap::new(),
            times: BTreeMap::new(),
        })
    }

    fn row(&mut self, record: &csv::StringRecord, rows: &mut Rows, issues: &mut Issues) {
        let line = record.position().map_or(0, |position| position.line() as u32);
        if record.len() != self.columns.len() {
            let message = format!("has {} fields, the header has {}", record.len(), self.columns.len());
            issues.push(at_line(line, message));
            return;
        }
        let (at, calendar) = match clock::parse(&record[self.time]) {
            Ok(time) => time,
            Err(why) => return issues.push(at_line(line, why)),
        };
        if !rows.same_calendar(calendar) {
            let message = "the time counts from the start while others are of the calendar, or the other way round";
            return issues.push(at_line(line, message));
        }
        let pod = self.pod.map_or(0, |column| rows.pod(record[column].trim()));
        if !self.keeps_order(pod, at, line, record, issues) {
            return;
        }
        for number in 0..self.columns.len() {
            match self.columns[number].clone() {
                Column::Time | Column::Pod => {}
                Column::Replicas => match record[number].trim().parse::<i32>() {
                    Ok(replicas) if (0..=1_000_000).contains(&replicas) => rows.add_replicas(at, replicas),
                    _ if record[number].trim().is_empty() => {}
                    _ => issues.push(at_line(line, format!("`{}` is no number of replicas", &record[number]))),
                },
                Column::Metric { name, measure } => {
                    if let Err(why) = self.sample(rows, (number, &name, measure), (at, pod, line), &record[number]) {
                        issues.push(at_line(line, format!("{name}: {why}")));
                    }
                }
            }
        }
    }

    /// Times go forward, per pod where there are pods.
    fn keeps_order(
        &mut self,
        pod: u32,
        at: SimTime,
        line: u32,
        record: &csv::StringRecord,
        issues: &mut Issues,
    ) -> bool {
        let time = &record[self.time];
        if let Some(first) = self.seen.insert((pod, at), line) {
            let whose = self.pod.map_or(String::new(), |column| format!(" of pod `{}`", &record[column]));
            issues.push(at_line(line, format!("the time `{time}`{whose} is there already, in line {first}")));
            return false;
        }
        if let Some((last, last_line)) = self.last.insert(pod, (at, line)).filter(|(last, _)| *last > at) {
            let back = (last - at).as_secs_f64();
            let message = format!("the time `{time}` goes back by {back} s from line {last_line}");
            issues.push(at_line(line, message).with_help("sort the file by time"));
            return false;
        }
        self.times.entry(at).or_insert(line);
        true
    }

    fn sample(
        &mut self,
        rows: &mut Rows,
        (column, name, measure): (usize, &str, Option<Measure>),
        (at, pod, line): (SimTime, u32, u32),
        text: &str,
    ) -> Result<(), String> {
        let value = column::value(text, name)?;
        let own = value.and_then(|(_, own)| own);
        let unit = match (measure, own, self.measures[column]) {
            (Some(given), Some(own), _) if given.unit().0 != own.unit().0 => {
                return Err(format!("`{}` does not match the column, which is in {}", text.trim(), given.words()));
            }
            // A value with a unit of its own is in that unit, not in the column's.
            (_, Some(own), None) => own,
            (_, own, Some((known, first))) => {
                let found = own.or(measure).unwrap_or(Measure::usual(name));
                if found.unit().0 != known.unit().0 {
                    let (found, known) = (found.words(), known.words());
                    return Err(format!("`{}` is in {found}, line {first} is in {known}", text.trim()));
                }
                found
            }
            (given, None, None) => given.unwrap_or(Measure::usual(name)),
        };
        if value.is_some() {
            self.measures[column].get_or_insert((unit, line));
        }
        let series = rows.series(name, self.measures[column].map_or(unit, |(known, _)| known), self.pod.is_some())?;
        rows.add(series, at, pod, value.map(|(number, _)| number * unit.unit().1));
        Ok(())
    }

    fn check_gaps(&self, issues: &mut Issues) {
        let times: Vec<SimTime> = self.times.keys().copied().collect();
        let Some(step) = usual_step(&times) else { return };
        let most = SimDuration::from_nanos(step.as_nanos() + step.as_nanos() / 2);
        let gaps = times.windows(2).filter(|pair| pair[1] - pair[0] > most);
        for pair in gaps.take(ENOUGH) {
            let (line, gap) = (self.times[&pair[1]], (pair[1] - pair[0]).as_secs_f64());
            let message =
                format!("a gap of {gap} s before this line, where samples are {} s apart", step.as_secs_f64());
            let help = "fill it, or pass --allow-gaps: then the HPA has no metrics there";
            issues.push(at_line(line, message).with_help(help));
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    status: String,
    #[serde(default)]
    error: String,
    data: Option<Data>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: serde_json::Value,
}

#[derive(Deserialize)]
struct Matrix {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    values: Vec<(f64, String)>,
}

/// The answer to `query_range`. Several series are several pods. Missing steps and NaN mean that nothing
/// is known then.
pub(super) fn prometheus(text: &str, column: &str, rows: &mut Rows, issues: &mut Issues) {
    let answer: Answer = match serde_json::from_str(text) {
        Ok(answer) => answer,
        Err(error) => return issues.push(at_line(error.line() as u32, format!("is no answer of Prometheus: {error}"))),
    };
    let Some(data) = answer.data.filter(|_| answer.status == "success") else {
        let message = format!("Prometheus answered with status `{}` {}", answer.status, answer.error);
        return issues.push(Issue::error("status", message.trim_end()));
    };
    if data.result_type != "matrix" {
        let issue = Issue::error("data.resultType", format!("`{}` has no course over time", data.result_type));
        return issues.push(issue.with_help("ask /api/v1/query_range, which answers with a matrix"));
    }
    let result = match Vec::<Matrix>::deserialize(data.result) {
        Ok(result) if result.is_empty() => return issues.push(Issue::error("data.result", "there are no series")),
        Ok(result) => result,
        Err(error) => return issues.push(Issue::error("data.result", error.to_string())),
    };
    match Column::parse(column) {
        Ok(column @ (Column::Metric { .. } | Column::Replicas)) => series(&result, &column, rows, issues),
        Ok(_) => issues.push(Issue::error("--metrics", format!("`{column}` is not a metric"))),
        Err(why) => issues.push(Issue::error("--metrics", why)),
    }
}

fn series(result: &[Matrix], column: &Column, rows: &mut Rows, issues: &mut Issues) {
    let per_pod = result.len() > 1 || result[0].metric.contains_key("pod");
    for (number, one) in result.iter().enumerate() {
        let field = |at: usize| format!("data.result[{number}].values[{at}]");
        let labels: Vec<String> = one.metric.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let name = one.metric.get("pod").cloned().unwrap_or_else(|| labels.join(","));
        let pod = if per_pod { rows.pod(&name) } else { 0 };
        let mut last = f64::NEG_INFINITY;
        for (at, (seconds, text)) in one.values.iter().enumerate() {
            if *seconds <= last {
                let what = if *seconds == last { "is there twice" } else { "goes back" };
                issues.push(Issue::error(field(at), format!("the time {seconds} {what}")));
                continue;
            }
            last = *seconds;
            let time = clock::from_number(*seconds).filter(|(_, calendar)| rows.same_calendar(*calendar));
            let Some((time, _)) = time else {
                issues.push(Issue::error(field(at), format!("the time {seconds} does not fit the others")));
                continue;
            };
            if let Err(why) = sample(column, rows, (time, pod), per_pod, text) {
                issues.push(Issue::error(field(at), why));
            }
        }
        report_holes(&format!("data.result[{number}]"), one, issues);
    }
}

/// Where Prometheus knew nothing: steps that are left out, and NaN.
fn report_holes(field: &str, one: &Matrix, issues: &mut Issues) {
    let times = |known: bool| -> Vec<SimTime> {
        let is_known = |text: &str| !known || text.parse::<f64>().is_ok_and(f64::is_finite);
        let rows = one.values.iter().filter(|(_, text)| is_known(text));
        rows.filter_map(|(seconds, _)| clock::from_number(*seconds)).map(|(time, _)| time).collect()
    };
    let Some(step) = usual_step(&times(false)) else { return };
    let most = SimDuration::from_nanos(step.as_nanos() + step.as_nanos() / 2);
    let times = times(true);
    let holes: Vec<SimDuration> =
        times.windows(2).map(|pair| pair[1] - pair[0]).filter(|apart| *apart > most).collect();
    if let Some(longest) = holes.iter().max() {
        let message = format!(
            "{} gaps, the longest of {} s, where samples are {} s apart: nothing is known there",
            holes.len(),
            longest.as_secs_f64(),
            step.as_secs_f64()
        );
        issues.push(Issue::warning(field, message));
    }
}

fn sample(column: &Column, rows: &mut Rows, at: (SimTime, u32), per_pod: bool, text: &str) -> Result<(), String> {
    let Column::Metric { name, measure } = column else {
        let value = column::value(text, "replicas")?;
        value.into_iter().for_each(|(number, _)| rows.add_replicas(at.0, number.round() as i32));
        return Ok(());
    };
    let measure = measure.unwrap_or(Measure::usual(name));
    let series = rows.series(name, measure, per_pod)?;
    let value = column::value(text, name)?.map(|(number, _)| number * measure.unit().1);
    rows.add(series, at.0, at.1, value);
    Ok(())
}

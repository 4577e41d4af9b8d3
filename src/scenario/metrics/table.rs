//! The two formats: a CSV with a header, and what Prometheus answers to `query_range`.

use super::column::{self, Column, Measure};
use super::rows::Rows;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::timed::{self, Clock, ENOUGH, Gaps, Order, Reading, Row, at_line, usual_step};
use crate::units::SimTime;
use crate::units::counted;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A CSV with a header: `time`, perhaps `pod` and `replicas`, and one column per metric.
pub(super) fn csv(text: &str, allow_gaps: bool, rows: &mut Rows, issues: &mut Issues) {
    let file = timed::Table::new(text);
    if file.header.is_empty() {
        return issues.push(at_line(1, "is not CSV: no header was found"));
    }
    let Some(mut table) = Table::new(&file.header, issues) else { return };
    file.each(issues, |row, issues| table.row(row, rows, issues));
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
    clock: Clock,
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
            clock: Clock::new(Order::Rising),
            times: BTreeMap::new(),
        })
    }

    fn row(&mut self, row: &Row<'_>, rows: &mut Rows, issues: &mut Issues) {
        let line = row.line;
        let whose = self.pod.map_or("", |column| row.cell(column));
        let pod = self.pod.map_or(0, |_| rows.pod(whose));
        let reading = match self.clock.read(row.cell(self.time), (pod, whose), line) {
            Ok(reading) => reading,
            Err(issue) => return issues.push(issue),
        };
        let at = reading.time();
        if !rows.same_calendar(reading) {
            return issues.push(at_line(line, "the time is of another calendar than those of the other files"));
        }
        self.times.entry(at).or_insert(line);
        for number in 0..self.columns.len() {
            match self.columns[number].clone() {
                Column::Time | Column::Pod => {}
                Column::Replicas => match row.cell(number).parse::<i32>() {
                    Ok(replicas) if (0..=1_000_000).contains(&replicas) => rows.add_replicas(at, replicas),
                    _ if row.cell(number).is_empty() => {}
                    _ => issues.push(at_line(line, format!("`{}` is no number of replicas", row.cell(number)))),
                },
                Column::Metric { name, measure } => {
                    let outcome = self.sample(rows, (number, &name, measure), (at, pod, line), row.cell(number));
                    if let Err(why) = outcome {
                        issues.push(at_line(line, format!("{name}: {why}")));
                    }
                }
            }
        }
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
        for (at, apart) in Gaps::of(&times, step).found.into_iter().take(ENOUGH) {
            let (gap, step) = (apart.as_secs_f64(), step.as_secs_f64());
            let message = format!("a gap of {gap} s before this line, where samples are {step} s apart");
            let help = "fill it, or pass --allow-gaps: then the HPA has no metrics there";
            issues.push(at_line(self.times[&times[at]], message).with_help(help));
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
            let reading = Reading::from_number(*seconds).filter(|reading| reading.seconds >= 0.0);
            let Some(time) = reading.filter(|reading| rows.same_calendar(*reading)).map(Reading::time) else {
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
        rows.filter_map(|(seconds, _)| Reading::from_number(*seconds)).map(Reading::time).collect()
    };
    let Some(step) = usual_step(&times(false)) else { return };
    let gaps = Gaps::of(&times(true), step);
    if let Some(longest) = gaps.longest() {
        let message = format!(
            "{}, the longest of {} s, where samples are {} s apart: nothing is known there",
            counted(gaps.found.len(), "gap"),
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

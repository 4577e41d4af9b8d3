//! Series in JSON: what Grafana exports and answers with, and what Prometheus answers to `query_range`.

use super::choose::{Candidate, choose};
use super::found::{Found, Sample, Series, added_up};
use super::json_rows;
use crate::scenario::file::Trace;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::timed::Reading;
use serde_json::Value;

/// The series that is meant of all that the document holds, however deep.
///
/// Errors: it holds none, or it is not known which is meant.
pub(super) fn read(document: &Value, trace: &Trace, issues: &mut Issues) -> Result<Option<Found>, Issue> {
    if let Some(failed) = prometheus_failure(document) {
        return Err(failed);
    }
    let mut all = All::default();
    all.walk(document);
    let form = all.form;
    if all.series.is_empty() {
        return Err(nothing(document));
    }
    let names: Vec<String> = all.series.iter().map(|series| series.name.clone()).collect();
    let candidates: Vec<Candidate<'_>> = (1..).zip(names.iter().map(String::as_str)).collect();
    let (chosen, told) = choose(&candidates, trace.column.as_ref()).map_err(|mut issue| {
        issue.message = issue.message.replace("columns", "series").replace("column", "series");
        issue
    })?;
    told.into_iter().for_each(|told| issues.push(Issue::note("", told)));
    let mut series: Vec<Option<Series>> = all.series.into_iter().map(Some).collect();
    let wanted: Vec<Series> = chosen.iter().filter_map(|at| series[*at].take()).collect();
    let Some(one) = added_up(wanted) else { return Ok(None) };
    let mut is_calendar = None;
    for sample in &one.samples {
        let reading =
            Reading::from_number(sample.at_s).ok_or_else(|| wrong(&one, "has a time that is out of range"))?;
        if *is_calendar.get_or_insert(reading.is_calendar) != reading.is_calendar {
            return Err(wrong(&one, "has times since 1970 and others"));
        }
        if sample.value.is_some_and(|value| value < 0.0) {
            return Err(wrong(&one, "has a number below 0"));
        }
    }
    Ok(Some(Found { form, series: vec![one], is_calendar: is_calendar.unwrap_or(false) }))
}

fn wrong(series: &Series, what: &str) -> Issue {
    Issue::error("", format!("the series `{}` {what}", series.name))
}

/// Prometheus says itself why there is no answer.
fn prometheus_failure(document: &Value) -> Option<Issue> {
    let text = |key: &str| document.get(key).and_then(Value::as_str);
    if text("status") == Some("error") {
        let why = text("error").unwrap_or("without saying why");
        return Some(Issue::error("", format!("Prometheus answered with an error: {why}")));
    }
    let kind = document.pointer("/data/resultType").and_then(Value::as_str)?;
    let help = "ask /api/v1/query_range, which answers with a matrix";
    (kind != "matrix").then(|| Issue::error("", format!("`{kind}` has no course over time")).with_help(help))
}

fn nothing(document: &Value) -> Issue {
    let is_panel = document.get("targets").is_some() || document.get("panels").is_some();
    let (message, help) = match is_panel {
        true => (
            "this describes a panel of Grafana and holds no data",
            "in Grafana: Inspect > Data > Download CSV, or the response of Inspect > Query",
        ),
        false => (
            "there are no series in this JSON",
            "docs/traffic.md has the forms that are read: answers of Prometheus, Grafana and CloudWatch, rows with a time, and k6's options",
        ),
    };
    Issue::error("", message).with_help(help)
}

#[derive(Default)]
struct All {
    form: &'static str,
    series: Vec<Series>,
}

impl All {
    fn walk(&mut self, value: &Value) {
        if let Some(rows) = value.as_array().map(|rows| json_rows::of_list(rows)).filter(|rows| !rows.is_empty()) {
            return self.add("rows in JSON", rows);
        }
        match value {
            Value::Array(parts) => parts.iter().for_each(|part| self.walk(part)),
            Value::Object(fields) if !self.take(value) => fields.values().for_each(|part| self.walk(part)),
            _ => {}
        }
    }

    fn add(&mut self, form: &'static str, found: Vec<json_rows::Named>) {
        self.form = form;
        self.series.extend(found.into_iter().map(|(name, samples)| Series { name, unit: None, samples }));
    }

    fn take(&mut self, value: &Value) -> bool {
        if let Some(found) = json_rows::of_cloudwatch(value) {
            self.add("an answer of CloudWatch", found);
            return true;
        }
        let list = |pointer: &str| value.pointer(pointer).and_then(Value::as_array);
        if let (Some(fields), Some(columns)) = (list("/schema/fields"), list("/data/values")) {
            self.frame(fields, columns, value.pointer("/schema/name"));
            return true;
        }
        if let Some(fields) = list("/fields").filter(|fields| fields.iter().any(|field| field.get("values").is_some()))
        {
            let columns: Vec<Value> =
                fields.iter().map(|field| field.get("values").cloned().unwrap_or_default()).collect();
            self.frame(fields, &columns, value.get("name"));
            return true;
        }
        if let Some(points) = list("/datapoints") {
            let name = value.get("target").and_then(Value::as_str).unwrap_or("value").to_owned();
            self.push("Grafana's data points", name, points.iter().filter_map(|point| pair(point, (1, 0))).collect());
            return true;
        }
        if let (Some(points), true) = (list("/values"), value.get("metric").is_some_and(Value::is_object)) {
            let samples = points.iter().filter_map(|point| pair(point, (0, 1))).collect();
            self.push("an answer of Prometheus", labels(value.get("metric")), samples);
            return true;
        }
        false
    }

    /// Columns of which one is the time.
    fn frame(&mut self, fields: &[Value], columns: &[Value], name: Option<&Value>) {
        let kind = |field: &Value| field.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let column = |at: usize| columns.get(at).and_then(Value::as_array);
        let is_time =
            |field: &Value| kind(field) == "time" || field.get("name").and_then(Value::as_str) == Some("Time");
        let Some(times) = fields.iter().position(is_time).and_then(column) else { return };
        for (at, field) in fields.iter().enumerate() {
            let Some(values) = column(at).filter(|_| !is_time(field) && matches!(kind(field).as_str(), "number" | ""))
            else {
                continue;
            };
            let shown = field.pointer("/config/displayNameFromDS").or_else(|| field.pointer("/config/displayName"));
            let own = field.get("labels").filter(|own| own.as_object().is_some_and(|own| !own.is_empty()));
            let plain = field.get("name").and_then(Value::as_str).unwrap_or("value");
            let frame =
                name.and_then(Value::as_str).filter(|name| !name.is_empty() && ["Value", "value"].contains(&plain));
            let name = match (shown.and_then(Value::as_str), own) {
                (Some(shown), _) => shown.to_owned(),
                (None, Some(_)) if ["Value", "value"].contains(&plain) => labels(own),
                (None, Some(_)) => format!("{plain}{}", labels(own)),
                (None, None) => frame.unwrap_or(plain).to_owned(),
            };
            let both = times.iter().zip(values);
            let samples = both.filter_map(|(time, value)| Some((time.as_f64()?, number(value))));
            self.push("data frames of Grafana", name, samples.collect());
        }
    }

    fn push(&mut self, form: &'static str, name: String, samples: Vec<(f64, Option<f64>)>) {
        self.form = form;
        let sample = |(time, value): (f64, Option<f64>)| Sample {
            at_s: Reading::from_number(time).map_or(f64::INFINITY, |reading| reading.seconds),
            value,
            line: None,
        };
        self.series.push(Series { name, unit: None, samples: samples.into_iter().map(sample).collect() });
    }
}

/// `[time, value]` or the other way round.
fn pair(point: &Value, (time, value): (usize, usize)) -> Option<(f64, Option<f64>)> {
    Some((point.get(time)?.as_f64()?, number(point.get(value)?)))
}

/// A number, or a text that is one; what is not finite is missing.
fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
    number.filter(|number| number.is_finite())
}

/// `name{key="value"}`.
fn labels(metric: Option<&Value>) -> String {
    let Some(metric) = metric.and_then(Value::as_object) else { return String::new() };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let own: Vec<String> = metric
        .iter()
        .filter(|(key, _)| *key != "__name__")
        .map(|(key, value)| format!("{key}=\"{}\"", text(value)))
        .collect();
    format!("{}{{{}}}", metric.get("__name__").map(text).unwrap_or_default(), own.join(", "))
}

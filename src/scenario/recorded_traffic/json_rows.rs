//! Rows in JSON: lists of pairs, lists of objects with a time, and what CloudWatch answers.

use super::found::Sample;
use crate::scenario::timed::Reading;
use serde_json::Value;
use std::collections::BTreeMap;

/// A series: its name and its samples.
pub(super) type Named = (String, Vec<Sample>);

/// Names of times.
const TIMES: &[&str] =
    &["time", "timestamp", "@timestamp", "date", "datetime", "ts", "_time", "t", "x", "start", "period"];

/// An object a line, as one list; nothing if a line is none.
pub(super) fn lines(text: &str) -> Option<Value> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let rows: Option<Vec<Value>> = lines
        .map(|line| serde_json::from_str(line).ok().filter(|row: &Value| row.is_object() || row.is_array()))
        .collect();
    rows.filter(|rows| rows.len() > 1).map(Value::Array)
}

/// `[[time, number], ...]` or `[{"time": ..., "rps": ...}, ...]`: a series for each column of numbers.
pub(super) fn of_list(rows: &[Value]) -> Vec<Named> {
    if rows.len() < 2 {
        return Vec::new();
    }
    let pair = |row: &Value| {
        let [time, value] = row.as_array()?.as_slice() else { return None };
        sample(time, value)
    };
    if let Some(samples) = rows.iter().map(pair).collect::<Option<Vec<Sample>>>() {
        return vec![("column 2".to_owned(), samples)];
    }
    let mut found: BTreeMap<&str, Vec<Sample>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for row in rows {
        let Some(fields) = row.as_object() else { return Vec::new() };
        let is_time = |key: &&String| TIMES.contains(&key.to_lowercase().as_str());
        let Some(time) = fields.keys().find(is_time).and_then(|key| fields.get(key)) else { return Vec::new() };
        for (key, value) in fields.iter().filter(|(key, _)| !is_time(key)) {
            let Some(sample) = sample(time, value) else { continue };
            if !found.contains_key(key.as_str()) {
                order.push(key);
            }
            found.entry(key).or_default().push(sample);
        }
    }
    order.into_iter().filter_map(|key| Some((key.to_owned(), found.remove(key)?))).collect()
}

/// What `aws cloudwatch get-metric-statistics` and `get-metric-data` print; points of the former are in no order.
pub(super) fn of_cloudwatch(value: &Value) -> Option<Vec<Named>> {
    let list = |key: &str| value.get(key).and_then(Value::as_array);
    let label = value.get("Label").and_then(Value::as_str).unwrap_or("value");
    if let (Some(times), Some(values)) = (list("Timestamps"), list("Values")) {
        let samples = times.iter().zip(values).filter_map(|(time, value)| sample(time, value)).collect();
        return Some(vec![(label.to_owned(), in_order(samples))]);
    }
    let points = list("Datapoints")?;
    // A sum of requests counts them; how many there were in a second is not known of the others.
    let statistic = ["Sum", "SampleCount", "Average", "Maximum", "Minimum"]
        .into_iter()
        .find(|name| points.iter().any(|point| point.get(name).is_some()))?;
    let of_point = |point: &Value| sample(point.get("Timestamp")?, point.get(statistic)?);
    let name = if statistic == "Sum" { label.to_owned() } else { format!("{label} ({statistic})") };
    Some(vec![(name, in_order(points.iter().filter_map(of_point).collect()))])
}

fn in_order(mut samples: Vec<Sample>) -> Vec<Sample> {
    samples.sort_by(|one, other| one.at_s.total_cmp(&other.at_s));
    samples
}

/// A time, as a number or as a text, and a number, or nothing in its place.
fn sample(time: &Value, value: &Value) -> Option<Sample> {
    let reading = match time {
        Value::String(text) => Reading::parse(text).ok()?,
        other => Reading::from_number(other.as_f64()?)?,
    };
    let value = match value {
        Value::Null => None,
        Value::Number(number) => number.as_f64(),
        Value::String(text) => Some(text.parse::<f64>().ok()?),
        _ => return None,
    };
    Some(Sample { at_s: reading.seconds, value: value.filter(|value| value.is_finite()), line: None })
}

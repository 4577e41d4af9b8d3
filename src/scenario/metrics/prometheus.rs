//! What Prometheus answers to `query_range`: one series per pod, or per container.

use super::answer;
use super::column::{self, Column, Measure};
use super::rows::Rows;
use super::wanted::Wanted;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::timed::{Gaps, Reading, at_line, usual_step};
use crate::units::{SimTime, counted};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A series.
#[derive(Deserialize)]
pub(super) struct Matrix {
    #[serde(default)]
    pub(super) metric: BTreeMap<String, String>,
    pub(super) values: Vec<(f64, String)>,
    /// By value the line of a table, if it is of one.
    #[serde(skip)]
    pub(super) lines: Vec<u32>,
}

impl Matrix {
    pub(super) fn empty() -> Self {
        Matrix { metric: BTreeMap::new(), values: Vec::new(), lines: Vec::new() }
    }
    fn label(&self, name: &str) -> &str {
        self.metric.get(name).map_or("", String::as_str)
    }
}

/// The answer to `query_range`. Several series are several pods; those of one pod's containers are added up. Missing steps and
/// NaN mean that nothing is known then.
pub(super) fn read(text: &str, column: &str, wanted: Wanted<'_>, rows: &mut Rows, issues: &mut Issues) {
    let data = match answer::data_of::<serde_json::Value>(text) {
        Ok((data, _)) => data,
        Err(issue) => return issues.push(issue),
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
        Ok(column @ (Column::Metric { .. } | Column::Replicas)) => {
            let mut chosen = Chosen::of(&result, wanted, rows, issues);
            chosen.read_all(&column, rows, issues);
        }
        Ok(_) => issues.push(Issue::error("--metrics", format!("`{column}` is not a metric"))),
        Err(why) => issues.push(Issue::error("--metrics", why)),
    }
}

/// A series that counts, with its place in the answer.
type Numbered<'a> = (usize, &'a Matrix);

/// The series that count: by pod, and of each by container.
pub(super) struct Chosen<'a> {
    pods: BTreeMap<String, BTreeMap<&'a str, Vec<Numbered<'a>>>>,
    /// Whether they are of single pods.
    per_pod: bool,
}

impl<'a> Chosen<'a> {
    pub(super) fn of(result: &'a [Matrix], wanted: Wanted<'_>, rows: &mut Rows, issues: &mut Issues) -> Self {
        let mut series: Vec<Numbered<'a>> = result.iter().enumerate().collect();
        leave_namespaces(&mut series, wanted, issues);
        leave_containers(&mut series, wanted, rows, issues);
        let of_pods = series.iter().any(|(_, one)| !one.label("pod").is_empty());
        let of_containers = series.iter().all(|(_, one)| !one.label("container").is_empty());
        let per_pod = of_pods || (series.len() > 1 && !of_containers);
        let mut pods: BTreeMap<String, BTreeMap<&str, Vec<Numbered<'a>>>> = BTreeMap::new();
        for (number, one) in series {
            let name = match (one.label("namespace"), one.label("pod")) {
                ("", "") if of_containers => String::new(),
                (_, "") => one.metric.iter().map(|(key, value)| format!("{key}={value},")).collect(),
                ("", pod) => pod.to_owned(),
                (namespace, pod) => format!("{namespace}/{pod}"),
            };
            pods.entry(name).or_default().entry(one.label("container")).or_default().push((number, one));
        }
        Chosen { pods, per_pod }
    }

    pub(super) fn read_all(&mut self, column: &Column, rows: &mut Rows, issues: &mut Issues) {
        let relative = match column {
            Column::Metric { name, measure } => {
                matches!(measure.unwrap_or(Measure::usual(name)), Measure::Percent | Measure::Ratio)
            }
            _ => false,
        };
        if relative && self.pods.values().any(|containers| containers.len() > 1) {
            let message = "shares of the requests of several containers cannot be added up to that of their pod";
            issues.push(Issue::error("data.result", message).with_help("record cores or bytes"));
            return;
        }
        let doubles = self.pods.values().flat_map(BTreeMap::values).filter(|several| several.len() > 1).count();
        if doubles > 0 {
            let message = format!(
                "{} with several series: where they overlap the largest counts",
                counted(doubles, "container or pod")
            );
            let help = "ask for sum by (namespace, pod, container) (...)";
            issues.push(Issue::warning("data.result", message).with_help(help));
        }
        for (name, containers) in &self.pods {
            let pod = if self.per_pod { rows.pod(name) } else { 0 };
            let mut samples = Vec::new();
            for several in containers.values() {
                let mut one: BTreeMap<SimTime, Option<f64>> = BTreeMap::new();
                for series in several {
                    for (at, value) in values(column, *series, rows, issues) {
                        let known = one.entry(at).or_insert(value);
                        *known = larger(*known, value);
                    }
                }
                samples.push(one);
            }
            for (at, value) in sum(&samples) {
                if let Err(why) = add(column, rows, Place { at, pod, per_pod: self.per_pod }, value) {
                    issues.push(Issue::error("data.result", why));
                    return;
                }
            }
        }
    }
}

/// Pods of other namespaces than the one that is asked for.
fn leave_namespaces(series: &mut Vec<Numbered<'_>>, wanted: Wanted<'_>, issues: &mut Issues) {
    let known: BTreeSet<String> = series.iter().map(|(_, one)| one.label("namespace").to_owned()).collect();
    let Some(namespace) = wanted.namespace.filter(|namespace| known.contains(*namespace)) else {
        if known.len() > 1 {
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            let message = format!("pods of several namespaces are taken together: {}", names.join(", "));
            issues.push(Issue::warning("data.result", message).with_help("ask for one of them: {namespace=\"...\"}"));
        }
        return;
    };
    let before = series.len();
    series.retain(|(_, one)| one.label("namespace") == namespace);
    if series.len() < before {
        let message = format!("{} series of other namespaces than `{namespace}` were left out", before - series.len());
        issues.push(Issue::warning("data.result", message));
    }
}

/// What is no container: the pause container, and cgroups of whole pods beside those of their containers. Of several
/// containers the one that is asked for.
fn leave_containers(series: &mut Vec<Numbered<'_>>, wanted: Wanted<'_>, rows: &mut Rows, issues: &mut Issues) {
    let is_container = |one: &Matrix| !["", "POD"].contains(&one.label("container"));
    if !series.iter().any(|(_, one)| is_container(one)) {
        let whole = series.iter().any(|(_, one)| one.label("container").is_empty());
        series.retain(|(_, one)| !whole || one.label("container").is_empty());
        return;
    }
    let mut leave = |keep: &dyn Fn(&Matrix) -> bool, what: &str| {
        let before = series.len();
        series.retain(|(_, one)| keep(one));
        if series.len() < before {
            let message = format!("{} series were left out: {what}", before - series.len());
            issues.push(Issue::warning("data.result", message));
        }
    };
    leave(&is_container, "of pause containers (POD) and of whole pods, beside those of containers");
    rows.add_containers(series.iter().map(|(_, one)| one.label("container")));
    if let Some(name) = wanted.container.filter(|name| rows.has_container(name)) {
        series.retain(|(_, one)| one.label("container") == name);
    }
}

/// The values of a series, in the unit of a recording.
fn values(
    column: &Column,
    (number, one): Numbered<'_>,
    rows: &mut Rows,
    issues: &mut Issues,
) -> BTreeMap<SimTime, Option<f64>> {
    let mut values = BTreeMap::new();
    let wrong = |at: usize, message: String| match one.lines.get(at) {
        Some(line) => at_line(*line, message),
        None => Issue::error(format!("data.result[{number}].values[{at}]"), message),
    };
    let mut last = f64::NEG_INFINITY;
    for (at, (seconds, text)) in one.values.iter().enumerate() {
        if *seconds <= last {
            let what = if *seconds == last { "is there twice" } else { "goes back" };
            issues.push(wrong(at, format!("the time {seconds} {what}")));
            continue;
        }
        last = *seconds;
        let reading = Reading::from_number(*seconds).filter(|reading| reading.seconds >= 0.0);
        let Some(time) = reading.filter(|reading| rows.same_calendar(*reading)).map(Reading::time) else {
            issues.push(wrong(at, format!("the time {seconds} does not fit the others")));
            continue;
        };
        let (name, factor) = match column {
            Column::Metric { name, measure } => (name.as_str(), measure.unwrap_or(Measure::usual(name)).unit().1),
            _ => ("replicas", 1.0),
        };
        match column::value(text, name) {
            Ok(value) => drop(values.insert(time, value.map(|(number, _)| number * factor))),
            Err(why) => issues.push(wrong(at, why)),
        }
    }
    report_holes(&format!("data.result[{number}]"), one, issues);
    values
}

/// The larger of two values, one if only one is known.
fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).reduce(f64::max)
}

/// The values of a pod's containers together. While one of them runs and has none, nothing is known of the pod, as metrics-server
/// tells nothing of it.
fn sum(containers: &[BTreeMap<SimTime, Option<f64>>]) -> BTreeMap<SimTime, Option<f64>> {
    let times: BTreeSet<SimTime> = containers.iter().flat_map(|one| one.keys().copied()).collect();
    let at = |time: SimTime| {
        let runs = containers.iter().filter(|one| {
            let (first, last) = (one.keys().next(), one.keys().next_back());
            first.is_some_and(|first| *first <= time) && last.is_some_and(|last| time <= *last)
        });
        runs.map(|one| one.get(&time).copied().flatten()).sum::<Option<f64>>()
    };
    times.into_iter().map(|time| (time, at(time))).collect()
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

/// Where a sample belongs.
struct Place {
    at: SimTime,
    pod: u32,
    per_pod: bool,
}

fn add(column: &Column, rows: &mut Rows, place: Place, value: Option<f64>) -> Result<(), String> {
    let Place { at, pod, per_pod } = place;
    match column {
        Column::Metric { name, measure } => {
            let series = rows.series(name, measure.unwrap_or(Measure::usual(name)), per_pod)?;
            rows.add(series, at, pod, value);
        }
        _ => value.into_iter().for_each(|value| rows.add_replicas(at, value.round() as i32)),
    }
    Ok(())
}

//! Traffic in whatever form people have it: tables, exports of Grafana, answers of Prometheus, k6's options, access logs.
//!
//! What a file is, its content says. Every form ends as rates over time from the file's first instant on. What was assumed,
//! sorted, left out or filled in is told.
//!
//! Not here: what times mean (`scenario::timed`) and what traffic does. Start reading at [`read`]; docs/traffic.md has every form.

mod choose;
mod course;
mod delimited;
mod entries;
mod found;
mod input;
mod json_rows;
mod json_series;
mod k6;
mod log;
mod no_traffic;
mod number;
mod sheet;
mod unit;

use super::digest::Recorder;
use super::documents::json_message;
use super::file::Trace;
use super::issue::{Issue, Issues};
use super::timed::WallClock;
use crate::traffic::demand::{After, Cursor, Curve};
use crate::units::{SimDuration, SimTime, grouped};
use course::{Course, How, course};
use found::{Found, Series};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use unit::{Subject, Unit, meaning};

/// Where files are read, and what is known about them.
pub(crate) struct Source<'a> {
    /// What reads them.
    pub(crate) files: &'a Recorder,
    /// Where the scenario is.
    pub(crate) folder: &'a Path,
    /// Paths of Ingresses.
    pub(crate) prefixes: &'a [String],
}

/// What a file says.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// Requests over time, unscaled.
    pub(crate) curve: Curve,
    /// Requests by path of an Ingress, where the file tells them apart.
    pub(crate) routes: BTreeMap<String, f64>,
}

/// The traffic of a file.
///
/// Errors: the first thing that makes it none; what is wrong with its rows is added to `issues`.
pub(crate) fn read(source: &Source<'_>, trace: &Trace, issues: &mut Issues) -> Result<Recorded, Issue> {
    let path = trace.file.below(source.folder);
    let name = path.display().to_string();
    let mut part = Issues::new();
    let outcome = of_path(source, &path, trace, &mut part);
    let is_broken = part.has_errors();
    issues.absorb(part, |place| {
        place.file.get_or_insert_with(|| name.clone());
    });
    match outcome {
        Ok(Some(recorded)) if !is_broken => Ok(recorded),
        Ok(_) => Err(Issue::error("", "the trace cannot be read").in_file(name, None)),
        Err(mut issue) => {
            issue.place.file.get_or_insert(name);
            Err(issue)
        }
    }
}

/// What a file or a folder says; nothing if what is wrong has been told.
fn of_path(source: &Source<'_>, path: &Path, trace: &Trace, issues: &mut Issues) -> Result<Option<Recorded>, Issue> {
    let wrong = |why: String| Issue::error("", format!("the trace {why}"));
    let clock =
        WallClock::of(trace.timezone.as_deref()).map_err(|why| Issue::error("", format!("`timezone`: {why}")))?;
    if let Some(unit) = trace.unit.as_deref().filter(|unit| given(unit).is_none()) {
        return Err(Issue::error("", format!("found the unit `{unit}`, expected rps, rpm or requests")));
    }
    let paths = input::files(source.files, path).map_err(wrong)?;
    let Some(first) = paths.first() else { return Err(wrong("is an empty folder".to_owned())) };
    let input = entries::as_lines(input::open(source.files, first).map_err(wrong)?).map_err(wrong)?;
    if let Some(form) = log::Form::of(&input.head) {
        tell_unused(trace, &["column", "unit", "gaps", "timeFormat", "requestsPerVu", "requestsPerIteration"], issues);
        let begun = (first.display().to_string(), input.rest);
        let more = paths[1..].iter().map(|path| {
            let name = path.display().to_string();
            source.files.stream(path).map(|input| (name.clone(), input)).map_err(|why| format!("{name} {why}"))
        });
        let parts = std::iter::once(Ok(begun)).chain(more);
        let log = log::read(parts, (&form, source.prefixes), (trace, &clock), issues)?;
        let unit = Unit::Per(1.0);
        let how = How { trace, clock: &clock, is_calendar: true, unit };
        let curve = recorded(&log.course, (&format!("{}, requests", form.words()), &how), issues)?;
        return Ok(Some(Recorded { curve, routes: log.routes }));
    }
    if paths.len() > 1 {
        let message = format!("is a folder, and {} is no access log: name one file", first.display());
        return Err(wrong(message));
    }
    let text = input.text().map_err(wrong)?;
    if let Some(issue) = no_traffic::found(&text) {
        return Err(issue);
    }
    let curve = of_text(&text, (trace, &clock), issues)?;
    Ok(curve.map(|curve| Recorded { curve, routes: BTreeMap::new() }))
}

/// The curve of a text; nothing if what is wrong has been told.
fn of_text(text: &str, (trace, clock): (&Trace, &WallClock), issues: &mut Issues) -> Result<Option<Curve>, Issue> {
    let found = if text.trim_start().starts_with(['{', '[']) && !looks_like_a_row(text) {
        let document: Value =
            serde_json::from_str(text).or_else(|error| json_rows::lines(text).ok_or(error)).map_err(|error| {
                let mut issue = Issue::error("", format!("is not JSON: {}", json_message(&error)));
                issue.place.line = Some(error.line() as u32);
                issue
            })?;
        if k6::is_meant(&document) {
            return planned(&document, trace, issues).map(Some);
        }
        json_series::read(&document, trace, issues)?
    } else {
        delimited::read(text, trace, clock, issues)?
    };
    tell_unused(trace, &["requestsPerVu", "requestsPerIteration", "step"], issues);
    let Some(Found { form, mut series, is_calendar }) = found else { return Ok(None) };
    let Some(one) = series.pop() else { return Ok(None) };
    let unit = unit_of(&one, trace, issues);
    let how = How { trace, clock, is_calendar, unit };
    let title = format!("{form}, `{}`", one.name);
    let course = course(one, &how, issues)?;
    recorded(&course, (&title, &how), issues).map(Some)
}

/// `[01/Jan/2026:00:00:00 +0000],5` is no JSON.
fn looks_like_a_row(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.starts_with('[') && first.contains(']') && serde_json::from_str::<Value>(text).is_err()
}

fn given(unit: &str) -> Option<Unit> {
    Some(match unit {
        "rps" => Unit::Per(1.0),
        "rpm" => Unit::Per(60.0),
        "requests" => Unit::PerStep,
        _ => return None,
    })
}

/// What a series' numbers are: as the scenario says, else its cells, else its name.
fn unit_of(series: &Series, trace: &Trace, issues: &mut Issues) -> Unit {
    let named = meaning(&series.name);
    let said = series.unit.or(named.unit);
    let unit = match trace.unit.as_deref().and_then(given) {
        Some(unit) => {
            if let Some(other) = said.filter(|other| *other != unit && *other != Unit::Counter && unit != Unit::PerStep)
            {
                let message = format!(
                    "`{}` looks like {}: taken as {}, as `unit` says",
                    series.name,
                    other.words(),
                    unit.words()
                );
                issues.push(Issue::warning("", message));
            }
            return unit;
        }
        None => said.unwrap_or(Unit::Per(1.0)),
    };
    let words = unit.words();
    issues.push(match named.subject {
        _ if series.unit.is_some() => Issue::note("", format!("`{}`: {words}, as its cells say", series.name)),
        Subject::NotCounted => {
            let message = format!("`{}` is no number of requests: taken as {words}", series.name);
            Issue::warning("", message).with_help("`scale` says how many requests a second one of it is")
        }
        Subject::Others => Issue::warning("", format!("each of `{}` is taken as a request: {words}", series.name)),
        _ => Issue::note("", format!("`{}` is taken as {words}", series.name)).with_help("`unit` says what it is"),
    });
    unit
}

/// The curve of what was recorded, and a sentence about it.
fn recorded(course: &Course, (title, how): (&str, &How<'_>), issues: &mut Issues) -> Result<Curve, Issue> {
    let made = Curve::steps(&course.points, course.last_span_s, After::Repeat);
    let curve = made.map_err(|error| Issue::error("", error.to_string()))?;
    let span_s = course.points.last().map_or(0.0, |(last, _)| last + course.last_span_s);
    let message = format!(
        "{title}: {} samples from {} on, every {} s over {}, {} requests/s on average; then it begins again",
        grouped(course.samples as u64),
        how.words(course.origin_s),
        course.step_s,
        SimDuration::from_secs_f64(span_s.round()),
        rounded(mean(&curve, span_s)),
    );
    issues.push(Issue::note("", message));
    Ok(curve)
}

/// Requests per second on average over the first so many seconds.
fn mean(curve: &Curve, span_s: f64) -> f64 {
    let end = SimTime::ZERO + SimDuration::from_secs_f64(span_s);
    if span_s > 0.0 { curve.requests(SimTime::ZERO, end, &mut Cursor::default()) / span_s } else { 0.0 }
}

fn planned(document: &Value, trace: &Trace, issues: &mut Issues) -> Result<Curve, Issue> {
    let unused = ["column", "timezone", "timeFormat", "from", "to", "gaps", "unit", "step"];
    tell_unused(trace, &unused, issues);
    let plan = k6::read(document, trace, issues)?;
    let curve = Curve::linear(&plan.points, After::End).map_err(|error| Issue::error("", error.to_string()))?;
    let span_s = plan.points.last().map_or(0.0, |(last, _)| *last);
    let message = format!(
        "options of k6 ({}): {} requests/s on average over {}, none afterwards",
        plan.scenarios.join(", "),
        rounded(mean(&curve, span_s)),
        SimDuration::from_secs_f64(span_s)
    );
    issues.push(Issue::note("", message));
    Ok(curve)
}

/// Four digits.
fn rounded(number: f64) -> String {
    let digits = if number > 0.0 { (3 - number.log10().floor() as i32).clamp(0, 9) } else { 0 };
    format!("{number:.*}", digits as usize)
}

/// Fields that have no effect on a file of this form.
fn tell_unused(trace: &Trace, fields: &[&str], issues: &mut Issues) {
    let is_given = |field: &str| match field {
        "column" => trace.column.is_some(),
        "timezone" => trace.timezone.is_some(),
        "timeFormat" => trace.time_format.is_some(),
        "from" => trace.from.is_some(),
        "to" => trace.to.is_some(),
        "gaps" => trace.gaps.is_some(),
        "unit" => trace.unit.is_some(),
        "step" => trace.step.is_some(),
        "requestsPerVu" => trace.requests_per_vu.is_some(),
        "requestsPerIteration" => trace.requests_per_iteration.is_some(),
        _ => false,
    };
    for field in fields.iter().filter(|field| is_given(field)) {
        issues.push(Issue::warning("", format!("`{field}` has no effect on a file of this form")));
    }
}

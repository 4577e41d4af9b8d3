//! Recorded traffic: a CSV of `timestamp,value` at a regular step, perhaps with a header.

use super::scene::Scene;
use crate::scenario::file::FilePath;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::sources::Files as _;
use crate::scenario::timed::{Clock, Gaps, Order, Reading, Row, Table, at_line};
use crate::traffic::demand::{After, Curve};
use crate::units::counted;
use crate::units::{SimDuration, SimTime};

/// The curve of a file; `unit` is `rps` or `requests` per step.
///
/// Errors: the first thing that makes it no curve; what is wrong with its rows is added to `issues`.
pub(super) fn curve(
    scene: &Scene<'_>,
    file: &FilePath,
    unit: Option<&str>,
    issues: &mut Issues,
) -> Result<Curve, Issue> {
    let path = file.below(scene.folder);
    let name = path.display().to_string();
    let wrong = |message: String| Issue::error("", message).in_file(name.clone(), None);
    let text = scene.files.read(&path).map_err(|why| wrong(format!("the trace {why}")))?;
    let mut part = Issues::new();
    let mut points = points(&text, &mut part);
    let is_broken = part.has_errors();
    issues.absorb(part, |place| place.file = Some(name.clone()));
    if is_broken {
        return Err(wrong("the trace cannot be read".into()));
    }
    let [first, second, ..] = points.as_slice() else {
        return Err(wrong("the trace needs at least two points".into()));
    };
    let (origin, step) = (first.0, second.0 - first.0);
    if let Some(message) = gaps(&points, step) {
        issues.push(Issue::warning("", message).in_file(name.clone(), None));
    }
    let per_second = match unit {
        None | Some("rps") => 1.0,
        Some("requests") => 1.0 / step,
        Some(other) => return Err(wrong(format!("found the unit `{other}`, expected rps or requests"))),
    };
    points.iter_mut().for_each(|(time, value)| (*time, *value) = (*time - origin, *value * per_second));
    Curve::steps(&points, step, After::Repeat).map_err(|error| wrong(error.to_string()))
}

/// Seconds and values.
fn points(text: &str, issues: &mut Issues) -> Vec<(f64, f64)> {
    let is_number = |cell: Option<&str>| cell.is_some_and(|cell| cell.parse::<f64>().is_ok());
    let is_header = |first: &csv::StringRecord| {
        Reading::parse(first.get(0).unwrap_or_default()).is_err() && !is_number(first.get(1))
    };
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut clock = Clock::new(Order::Rising);
    clock.allows_negative = true;
    Table::with_header_if(text, is_header).each(issues, |row, issues| match point(row, &mut clock) {
        Ok(point) => points.push(point),
        Err(issue) => issues.push(issue),
    });
    points
}

fn point(row: &Row<'_>, clock: &mut Clock) -> Result<(f64, f64), Issue> {
    let (time, value) = (row.cell(0), row.cell(1));
    let reading = clock.read(time, (0, ""), row.line)?;
    let number = value.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
    let message = || format!("found `{time},{value}`, expected timestamp,value: finite numbers, the value at least 0");
    Ok((reading.seconds, number.ok_or_else(|| at_line(row.line, message()))?))
}

/// What is missing of a trace whose step is that of its first two points.
fn gaps(points: &[(f64, f64)], step: f64) -> Option<String> {
    let times: Vec<SimTime> =
        points.iter().map(|(seconds, _)| SimTime::ZERO + SimDuration::from_secs_f64(*seconds)).collect();
    let gaps = Gaps::of(&times, SimDuration::from_secs_f64(step));
    let (longest, step) = (gaps.longest()?.as_secs_f64() - step, gaps.step.as_secs_f64());
    let gaps = counted(gaps.found.len(), "gap");
    Some(format!("the step is {step} s, with {gaps}, the longest of {longest} s: the value before holds on"))
}

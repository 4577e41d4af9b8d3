//! Access logs: a rate over time, and how requests divide among routes. Logs of any size, line by line.
//!
//! Start reading at [`read`]; `line.rs` has what lines look like.

mod count;
mod fields;
mod line;
mod lines;
mod paths;

pub(super) use line::Form;

use super::course::{Course, Window};
use crate::scenario::file::Trace;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::timed::WallClock;
use crate::units::{SimDuration, grouped};
use count::Count;
use lines::each_line;
use std::collections::BTreeMap;
use std::io::Read;

/// Requests are counted over this where nothing is said.
const STEP: SimDuration = SimDuration::from_secs(60);
/// A course has at most so many steps.
const MOST_STEPS: i64 = 5_000_000;
/// How many paths are named.
const NAMED: usize = 5;

/// A file of a log: its name and its text.
pub(super) type Part = (String, Box<dyn Read>);

/// What a log says.
pub(super) struct Log {
    /// Requests over time.
    pub(super) course: Course,
    /// Requests by path of an Ingress.
    pub(super) routes: BTreeMap<String, f64>,
}

/// Counts the requests of a log, which may be many files.
///
/// Errors: a file cannot be read, or there are no requests. Cost: each file is read once, whatever its size; memory grows with
/// the steps and with up to 10,000 different paths.
pub(super) fn read(
    parts: impl Iterator<Item = Result<Part, String>>,
    (form, prefixes): (&Form, &[String]),
    (trace, clock): (&Trace, &WallClock),
    issues: &mut Issues,
) -> Result<Log, Issue> {
    let step_s = trace.step.map_or(STEP, |step| step.0).as_secs_f64();
    if step_s <= 0.0 {
        return Err(Issue::error("", "`step`: found 0, expected a duration such as 1m"));
    }
    let window = Window::of((trace, clock, true))?;
    let mut count = Count::new((clock, &window), step_s, prefixes);
    for part in parts {
        let (name, input) = part.map_err(|why| Issue::error("", why))?;
        let read = each_line(input, |line, number| {
            count.take(form, line, (&name, number));
            !count.is_too_fine()
        });
        read.map_err(|error| Issue::error("", format!("{name}: cannot be read to its end: {error}")))?;
    }
    if count.is_too_fine() {
        return Err(too_fine(count.ends_s));
    }
    count.tell(issues)?;
    if count.ends_s.is_none() {
        let unled = count.paths.unled;
        let asked: Vec<String> = count.paths.most_asked(NAMED).iter().map(|(path, _)| format!("`{path}`")).collect();
        let message = format!(
            "no Ingress has a path for any of the {} requests: asked for were {}",
            grouped(unled),
            asked.join(", ")
        );
        return Err(Issue::error("", message).with_help("give weights of services under `traffic.routes`"));
    }
    let routes: BTreeMap<String, f64> =
        count.paths.led().map(|(path, count)| (path.to_owned(), count as f64)).collect();
    tell_paths(&count, prefixes.is_empty(), issues);
    course(&count, step_s).map(|course| Log { course, routes })
}

/// What was asked for most, and what leads nowhere.
fn tell_paths(count: &Count<'_>, without_ingress: bool, issues: &mut Issues) {
    let shares = |counts: &[(&str, u64)], all: u64| -> String {
        let share = |(path, count): &(&str, u64)| format!("{path} {:.1} %", 100.0 * *count as f64 / all.max(1) as f64);
        counts.iter().take(NAMED).map(share).collect::<Vec<_>>().join(", ")
    };
    let mut led: Vec<(&str, u64)> = count.paths.led().collect();
    led.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let all = count.paths.unled + led.iter().map(|(_, count)| count).sum::<u64>();
    let asked = shares(&count.paths.most_asked(NAMED), all);
    if without_ingress {
        issues.push(Issue::note("", format!("asked for most: {asked}")));
    } else {
        issues.push(Issue::note("", format!("by path of an Ingress: {}; asked for most: {asked}", shares(&led, all))));
    }
    if count.paths.unled > 0 && !without_ingress {
        let share = 100.0 * count.paths.unled as f64 / all as f64;
        let message = format!("{share:.2} % of the requests are for paths that no Ingress has: left out");
        issues.push(Issue::warning("", message));
    }
}

/// A log that is longer than it has steps: often of a clock that jumped.
fn too_fine(ends_s: Option<(f64, f64)>) -> Issue {
    let day = |seconds: f64| {
        jiff::Timestamp::from_second(seconds as i64).map_or_else(|_| "?".to_owned(), |at| at.to_string())
    };
    let (first, last) = ends_s.map_or_else(Default::default, |(first, last)| (day(first), day(last)));
    let message = format!("the log is from {first} to {last}: that is too long for its `step`");
    Issue::error("", message)
        .with_help("if a clock jumped, cut out what is meant with `from` and `to`; else give a longer `step`")
}

/// Requests per second by step, from the first request to the last.
fn course(count: &Count<'_>, step_s: f64) -> Result<Course, Issue> {
    let Some((first_s, last_s)) = count.ends_s else { return Err(Issue::error("", "the log holds no requests")) };
    let (first, last) = ((first_s / step_s).floor() as i64, (last_s / step_s).floor() as i64);
    if last - first >= MOST_STEPS {
        return Err(too_fine(count.ends_s));
    }
    // Logs count whole seconds: the last request belongs to the second after it.
    let end_s = (last_s.floor() + 1.0).max(first_s + 1.0);
    let mut points = Vec::with_capacity((last - first + 1) as usize);
    let mut last_span_s = step_s;
    for step in first..=last {
        let from = (step as f64 * step_s).max(first_s);
        let to = ((step + 1) as f64 * step_s).min(end_s).max(from + 1e-3);
        last_span_s = to - from;
        let requests = count.steps.get(&step).copied().unwrap_or(0);
        points.push((from - first_s, requests as f64 / last_span_s));
    }
    let samples = usize::try_from(count.steps.values().sum::<u64>()).unwrap_or(usize::MAX);
    Ok(Course { points, last_span_s, samples, step_s, origin_s: first_s })
}

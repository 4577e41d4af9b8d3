//! From samples to a course over time: the window that is wanted, in order, without gaps.

use super::found::{Sample, Series};
use super::unit::Unit;
use crate::scenario::file::{GapFilling, NameOrNumber, Trace};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::timed::{Gaps, WallClock, usual_step};
use crate::units::{SimDuration, SimTime, counted};

/// At most so many steps are put into gaps.
const MOST_FILLED: usize = 1_000_000;
/// Rows are evenly apart if so many of their distances are the usual one, to a tenth.
const EVEN: f64 = 0.5;

/// Rates over time, from 0 on.
pub(super) struct Course {
    /// Seconds since `origin_s`, requests per second.
    pub(super) points: Vec<(f64, f64)>,
    /// How long the last one holds, in seconds.
    pub(super) last_span_s: f64,
    /// Samples that were there.
    pub(super) samples: usize,
    /// The usual distance of samples, in seconds.
    pub(super) step_s: f64,
    /// The first instant: seconds since 1970 or since the start.
    pub(super) origin_s: f64,
}

/// How a course is made of samples.
pub(super) struct How<'a> {
    pub(super) trace: &'a Trace,
    pub(super) clock: &'a WallClock,
    pub(super) is_calendar: bool,
    pub(super) unit: Unit,
}

/// What `from` and `to` leave, in seconds.
pub(super) struct Window {
    pub(super) from_s: f64,
    pub(super) to_s: f64,
}

impl Window {
    /// Errors: a bound is no time, or not of the calendar of the file.
    pub(super) fn of(how: (&Trace, &WallClock, bool)) -> Result<Window, Issue> {
        let (trace, clock, is_calendar) = how;
        let bound = |bound: &Option<NameOrNumber>, name: &str, open: f64| {
            let Some(text) = bound.as_ref().map(ToString::to_string) else { return Ok(open) };
            let refuse = |why: String| Issue::error("", format!("`{name}`: {why}"));
            let reading = clock.single(&text, trace.time_format.as_deref()).map_err(refuse)?;
            if reading.is_calendar == is_calendar {
                return Ok(reading.seconds);
            }
            let (kind, example) =
                if is_calendar { ("of the calendar", "2026-01-31") } else { ("since the start", "36h") };
            Err(refuse(format!("found `{text}`, and the times of the file are {kind}: expected such as {example}")))
        };
        let from_s = bound(&trace.from, "from", f64::NEG_INFINITY)?;
        let to_s = bound(&trace.to, "to", f64::INFINITY)?;
        if from_s >= to_s {
            return Err(Issue::error("", "`from` is not before `to`"));
        }
        Ok(Window { from_s, to_s })
    }
    pub(super) fn holds(&self, at_s: f64) -> bool {
        (self.from_s..self.to_s).contains(&at_s)
    }
}

/// The course of a series.
///
/// Errors: less than two samples are left.
pub(super) fn course(series: Series, how: &How<'_>, issues: &mut Issues) -> Result<Course, Issue> {
    let window = Window::of((how.trace, how.clock, how.is_calendar))?;
    let mut samples = series.samples;
    let whole = samples.len();
    sort(&mut samples, issues);
    let ends = samples.first().zip(samples.last()).map(|(first, last)| (first.at_s, last.at_s));
    samples.retain(|sample| window.holds(sample.at_s));
    if let Some((first, last)) = ends.filter(|_| samples.is_empty()) {
        let message =
            format!("nothing is within `from` and `to`: the file is from {} to {}", how.words(first), how.words(last));
        return Err(Issue::error("", message));
    }
    merge_equal(&mut samples, issues);
    let known: Vec<(f64, f64)> = samples.iter().filter_map(|one| Some((one.at_s, one.value?))).collect();
    let missing = samples.len() - known.len();
    if missing > 0 {
        let first = samples.iter().find(|one| one.value.is_none()).and_then(|one| one.line);
        let mut issue =
            Issue::warning("", format!("{} without a number: as if they were not there", counted(missing, "row")));
        issue.place.line = first;
        issues.push(issue);
    }
    if known.len() < 2 {
        let of = if whole > known.len() { format!(": {} of {whole} are left", known.len()) } else { String::new() };
        return Err(Issue::error("", format!("the trace needs at least two points{of}")));
    }
    let origin_s = known[0].0;
    let known: Vec<(f64, f64)> = known.into_iter().map(|(at, value)| (at - origin_s, value)).collect();
    let known = if how.unit == Unit::Counter { growth(&known, issues)? } else { known };
    Ok(filled(known, how, issues).starting(origin_s))
}

impl How<'_> {
    /// A time in words.
    pub(super) fn words(&self, seconds: f64) -> String {
        if self.is_calendar { self.clock.words(seconds) } else { SimDuration::from_secs_f64(seconds).to_string() }
    }
    /// Requests per second of a number that counts for so many seconds.
    fn rate(&self, value: f64, span_s: f64) -> f64 {
        match self.unit {
            Unit::Per(seconds) => value / seconds,
            Unit::PerStep => value / span_s,
            Unit::Counter => value,
        }
    }
}

impl Course {
    fn starting(self, origin_s: f64) -> Self {
        Course { origin_s, ..self }
    }
}

/// Files that are not in order, or whose clock went back, are sorted.
fn sort(samples: &mut [Sample], issues: &mut Issues) {
    let back: Vec<(f64, Option<u32>)> = samples
        .windows(2)
        .filter(|pair| pair[1].at_s < pair[0].at_s)
        .map(|pair| (pair[0].at_s - pair[1].at_s, pair[1].line))
        .collect();
    let Some(first) = back.first() else { return };
    // From last to first is an order, too.
    if back.len() + 1 == samples.len() {
        issues.push(Issue::note("", "the rows are from last to first: they are read the other way round"));
    } else {
        let most = back.iter().map(|(by, _)| *by).fold(0.0, f64::max);
        let times = counted(back.len(), "time");
        let message = format!("the time goes back {times}, by up to {most} s: the rows are sorted");
        let mut issue = Issue::warning("", message);
        issue.place.line = first.1;
        issues.push(issue);
    }
    samples.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
}

/// Rows of the same instant are one row, with their mean.
fn merge_equal(samples: &mut Vec<Sample>, issues: &mut Issues) {
    let (mut same, mut other) = (Vec::new(), Vec::new());
    let mut merged: Vec<(Sample, f64)> = Vec::with_capacity(samples.len());
    for sample in samples.iter() {
        match merged.last_mut().filter(|(last, _)| last.at_s == sample.at_s) {
            Some((last, rows)) => {
                if last.value == sample.value {
                    same.push(sample.line)
                } else {
                    other.push(sample.line)
                }
                last.value = match (last.value, sample.value) {
                    (Some(mean), Some(value)) => Some(mean + (value - mean) / (*rows + 1.0)),
                    (mean, value) => mean.or(value),
                };
                *rows += 1.0;
            }
            None => merged.push((*sample, 1.0)),
        }
    }
    if let Some(first) = same.first() {
        let mut issue = Issue::note(
            "",
            format!("{} at a time that is there already, with the same number", counted(same.len(), "row")),
        );
        issue.place.line = *first;
        issues.push(issue);
    }
    if let Some(first) = other.first() {
        let message = format!(
            "{} at a time that is there already, with another number: their mean is taken",
            counted(other.len(), "row")
        );
        let mut issue = Issue::warning("", message);
        issue.place.line = *first;
        issues.push(issue.with_help("are these several series? `column` chooses one"));
    }
    *samples = merged.into_iter().map(|(sample, _)| sample).collect();
}

/// By how much a counter grows per second. Where it falls it began anew.
fn growth(known: &[(f64, f64)], issues: &mut Issues) -> Result<Vec<(f64, f64)>, Issue> {
    let resets = known.windows(2).filter(|pair| pair[1].1 < pair[0].1).count();
    let told = if resets > 0 { format!(", {} where it began anew", counted(resets, "time")) } else { String::new() };
    issues.push(Issue::note("", format!("a counter: what it grows by is taken{told}")));
    let grown = known.windows(2).map(|pair| {
        let by = if pair[1].1 < pair[0].1 { pair[1].1 } else { pair[1].1 - pair[0].1 };
        (pair[0].0, by / (pair[1].0 - pair[0].0))
    });
    let grown: Vec<(f64, f64)> = grown.collect();
    if grown.len() < 2 { Err(Issue::error("", "a counter needs at least three points")) } else { Ok(grown) }
}

/// Rates, with something where samples are missing.
fn filled(known: Vec<(f64, f64)>, how: &How<'_>, issues: &mut Issues) -> Course {
    let times: Vec<SimTime> =
        known.iter().map(|(at, _)| SimTime::ZERO + SimDuration::from_secs_f64((at * 1e3).round() / 1e3)).collect();
    let step = usual_step(&times).unwrap_or(SimDuration::from_secs(1));
    let step_s = step.as_secs_f64();
    let is_usual = |pair: &&[(f64, f64)]| (pair[1].0 - pair[0].0 - step_s).abs() <= 0.1 * step_s;
    let even = known.windows(2).filter(is_usual).count() as f64 / (known.len() - 1) as f64;
    let gaps = Gaps::of(&times, step);
    let filling = how.trace.gaps.unwrap_or_default();
    let mut course = Course { points: Vec::new(), last_span_s: step_s, samples: known.len(), step_s, origin_s: 0.0 };
    if even < EVEN {
        let message = format!("the rows are not evenly apart ({step_s} s as a rule): each holds until the next");
        issues.push(Issue::warning("", message));
        let spans = known.windows(2).map(|pair| pair[1].0 - pair[0].0).chain([step_s]);
        course.points = known.iter().zip(spans).map(|((at, value), span)| (*at, how.rate(*value, span))).collect();
        return course;
    }
    tell_gaps(&gaps, filling, issues);
    let mut points = Vec::with_capacity(known.len());
    let mut before = gaps.found.iter().map(|(at, _)| *at).peekable();
    for (at, (time, value)) in known.iter().enumerate() {
        let rate = how.rate(*value, step_s);
        if before.next_if_eq(&at).is_some()
            && let Some(last) = points.last().copied()
        {
            points.extend(within(last, (*time, rate), (step_s, filling)));
        }
        points.push((*time, rate));
    }
    course.points = points;
    course
}

/// What is put into a gap between two points.
fn within((from, low): (f64, f64), (to, high): (f64, f64), (step, filling): (f64, GapFilling)) -> Vec<(f64, f64)> {
    let steps = (((to - from) / step).ceil() as usize).clamp(1, MOST_FILLED);
    match filling {
        GapFilling::Hold => Vec::new(),
        GapFilling::Zero => vec![(from + step, 0.0)],
        GapFilling::Interpolate => {
            let share = |number: usize| number as f64 / steps as f64;
            (1..steps).map(|number| (from + share(number) * (to - from), low + share(number) * (high - low))).collect()
        }
    }
}

fn tell_gaps(gaps: &Gaps, filling: GapFilling, issues: &mut Issues) {
    let Some(longest) = gaps.longest() else { return };
    let step = gaps.step.as_secs_f64();
    let longest = longest.as_secs_f64() - step;
    let what = match filling {
        GapFilling::Hold => "the value before holds on",
        GapFilling::Zero => "no requests there",
        GapFilling::Interpolate => "a straight line fills it",
    };
    let gaps = counted(gaps.found.len(), "gap");
    let message = format!("the step is {step} s, with {gaps}, the longest of {longest} s: {what}");
    issues.push(Issue::warning("", message).with_help("`gaps: zero`, `hold` or `interpolate` says what is there"));
}

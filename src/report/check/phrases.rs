//! What a check found, in a few words each; every output says it alike.

use super::model::{CheckResult, CheckVerdict, FigureChange, FigureVerdict, InputChange};
use super::model::{ThresholdOutcome, ThresholdResult};
use crate::report::compare::words::{difference, relative};
use crate::report::figures::Scope;
use crate::report::format::figure;
use crate::report::screen::cut;
use crate::report::{Estimate, Unit};
use crate::study::Better;
use crate::units::counted;

/// `latency P95 of route /checkout`.
pub(super) fn called(row: &FigureChange) -> String {
    match row.scope {
        Scope::Whole => one_line(&row.label),
        scope => one_line(&format!("{} of {} {}", row.label, scope.word(), row.name)),
    }
}

/// `/checkout latency P95`, in at most so many characters: of a long name the end tells most.
pub(super) fn called_briefly(row: &FigureChange, most: usize) -> String {
    if row.name.is_empty() {
        return cut(&one_line(&row.label), most);
    }
    let (name, room) = (one_line(&row.name), most.saturating_sub(row.label.chars().count() + 1).max(6));
    let length = name.chars().count();
    let name =
        if length <= room { name } else { format!("…{}", name.chars().skip(length + 1 - room).collect::<String>()) };
    cut(&format!("{name} {}", row.label), most)
}

/// What a file may hold, without what breaks a line or moves a cursor.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The verdict, as the first word of everything.
pub(super) fn verdict(verdict: CheckVerdict) -> &'static str {
    match verdict {
        CheckVerdict::Passed => "passed",
        CheckVerdict::Failed => "failed",
        CheckVerdict::Inconclusive => "inconclusive",
    }
}

/// What a figure says, and with how many replications it would where it does not.
pub(super) fn said(row: &FigureChange) -> String {
    match row.verdict {
        FigureVerdict::Improved => "better".to_owned(),
        FigureVerdict::Unchanged if row.difference.mean == 0.0 && row.difference.half_width() == 0.0 => {
            "the same".to_owned()
        }
        FigureVerdict::Unchanged if row.better == Better::Neither => "none seen".to_owned(),
        FigureVerdict::Unchanged if is_within_margin(row) => "within margin".to_owned(),
        FigureVerdict::Unchanged => "not worse".to_owned(),
        FigureVerdict::Regressed => "worse".to_owned(),
        FigureVerdict::Changed => "changed".to_owned(),
        FigureVerdict::Inconclusive => format!("unclear{}", needing(row.replications_needed)),
    }
}

/// Whether the whole interval is, either way: what is not worse may be better, without being so beyond chance.
fn is_within_margin(row: &FigureChange) -> bool {
    let [low, high] = row.difference.interval.unwrap_or([row.difference.mean; 2]);
    low.abs().max(high.abs()) <= row.margin
}

/// What became of a threshold.
pub(super) fn kept(threshold: &ThresholdResult) -> String {
    match threshold.outcome {
        ThresholdOutcome::Kept => "kept".to_owned(),
        ThresholdOutcome::Crossed => "crossed".to_owned(),
        ThresholdOutcome::Inconclusive => format!("unclear{}", needing(threshold.replications_needed)),
    }
}

/// More replications than this nobody runs.
const MOST_REPLICATIONS: u32 = 100_000;

fn needing(replications: Option<u32>) -> String {
    match replications {
        Some(count) if count < MOST_REPLICATIONS => format!(": -n {count}"),
        Some(_) => " at any -n".to_owned(),
        None => String::new(),
    }
}

/// With how many replications something could be told, as the end of a sentence.
pub(super) fn would_do(replications: Option<u32>) -> String {
    match replications {
        Some(count) if count < MOST_REPLICATIONS => format!("; about {count} would do"),
        Some(_) => "; no number of replications would do".to_owned(),
        None => String::new(),
    }
}

/// `+14.3 ± 0.3 ms`, to the digit that the interval carries.
pub(super) fn change(row: &FigureChange) -> String {
    difference(&row.difference, row.unit)
}

/// `+16%`.
pub(super) fn share(row: &FigureChange) -> String {
    relative(row.relative, row.base, row.new)
}

/// Both sides: what it was, what it is.
pub(super) fn sides(row: &FigureChange) -> [String; 2] {
    [figure(row.base, row.unit), figure(row.new, row.unit)]
}

/// `$950 ± 12`: a value with half its interval, to the digit that the interval carries.
pub(super) fn measured(value: &Estimate, unit: Unit) -> String {
    if !value.is_known() {
        return "none".to_owned();
    }
    if value.half_width() == 0.0 {
        return figure(value.mean, unit);
    }
    let text = difference(value, unit);
    text.strip_prefix('+').unwrap_or(&text).replace(" pp", "%")
}

/// The condition as it was written; a share also in per cent.
pub(super) fn condition(threshold: &ThresholdResult) -> String {
    let written = &threshold.expression;
    match threshold.unit {
        Unit::Ratio if !written.contains('%') => format!("{written} ({})", figure(threshold.limit, threshold.unit)),
        _ => written.clone(),
    }
}

/// `latency P95 of route /checkout got worse: 88.5 ms -> 103 ms (+14.3 ± 0.3 ms, +16%)`.
pub(super) fn regression(row: &FigureChange) -> String {
    let ([base, new], share) = (sides(row), share(row));
    let share = if share.is_empty() { share } else { format!(", {share}") };
    format!("{} got worse: {base} -> {new} ({}{share})", called(row), change(row))
}

/// `cost per month is $950 ± 12 and crosses the threshold < 900`.
pub(super) fn crossing(threshold: &ThresholdResult) -> String {
    let what = if threshold.objective { "objective" } else { "threshold" };
    format!(
        "{} is {} and crosses the {what} `{}`",
        subject(threshold),
        measured(&threshold.value, threshold.unit),
        condition(threshold)
    )
}

/// What is held against the limit: a figure, or its increase.
pub(super) fn subject(threshold: &ThresholdResult) -> String {
    let expression = threshold.expression.trim_start();
    let change = ["increase", "decrease"].into_iter().find(|word| expression.starts_with(word));
    let label = one_line(&threshold.label);
    change.map_or_else(|| label.clone(), |word| format!("the {word} of {label}"))
}

/// `hpas.web.minReplicas: 4 -> 2`.
pub(super) fn input(row: &InputChange) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
    one_line(&format!("{}: {} -> {}", row.path, value(&row.base), value(&row.new)))
}

/// The same in at most so many characters: of a long path both ends are kept.
pub(super) fn input_briefly(row: &InputChange, most: usize) -> String {
    let value = |value: &Option<String>| value.as_ref().map_or("(none)".to_owned(), |text| cut(&one_line(text), 20));
    let values = format!(": {} -> {}", value(&row.base), value(&row.new));
    let (path, room) = (one_line(&row.path), most.saturating_sub(values.chars().count()));
    let length = path.chars().count();
    if length <= room {
        return path + &values;
    }
    let (head, tail) = (room / 2, room - room / 2 - 1);
    let begin: String = path.chars().take(head).collect();
    let end: String = path.chars().skip(length - tail).collect();
    format!("{begin}…{end}{values}")
}

/// How it was found: `10 replications, seed 1, beside git:origin/main (1234567)`.
pub(super) fn how(result: &CheckResult) -> String {
    let runs = counted(result.replications as usize, "replication");
    let mut text = format!("{runs}, seed {}", result.seed);
    if let Some(baseline) = &result.baseline {
        text += &format!(", beside {}", baseline.source);
        if let Some(revision) = &baseline.revision {
            text += &format!(" ({})", revision.chars().take(8).collect::<String>());
        }
        if baseline.identical {
            text += ", which has the same values";
        }
    } else {
        text += ", without a baseline";
    }
    text
}

/// Rows that say something: worse first, then better, then what is neither good nor bad. Services mostly repeat routes,
/// namespaces and charges groups: those that are not worse are among all figures only.
pub(super) fn changed(result: &CheckResult) -> Vec<&FigureChange> {
    let repeats = |row: &FigureChange| matches!(row.scope, Scope::Service | Scope::Namespace | Scope::Charge);
    let of = |verdict: FigureVerdict| result.figures.iter().filter(move |row| row.verdict == verdict);
    let others = [FigureVerdict::Improved, FigureVerdict::Changed];
    let others = others.into_iter().flat_map(of).filter(|row| !repeats(row));
    of(FigureVerdict::Regressed).chain(others).collect()
}

/// Rows that could not be decided; those that need fewest replications first.
pub(super) fn undecided(result: &CheckResult) -> Vec<&FigureChange> {
    let mut rows: Vec<&FigureChange> =
        result.figures.iter().filter(|row| row.verdict == FigureVerdict::Inconclusive).collect();
    rows.sort_by_key(|row| row.replications_needed.unwrap_or(u32::MAX));
    rows
}

/// Thresholds: crossed, undecided, kept.
pub(super) fn thresholds(result: &CheckResult) -> Vec<&ThresholdResult> {
    let order = [ThresholdOutcome::Crossed, ThresholdOutcome::Inconclusive, ThresholdOutcome::Kept];
    order.iter().flat_map(|outcome| result.thresholds.iter().filter(move |row| row.outcome == *outcome)).collect()
}

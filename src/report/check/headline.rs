//! The answer in one line, and by which rule it was found.

use super::model::{CheckResult, CheckVerdict, FigureChange, FigureVerdict, Look, ThresholdOutcome};
use super::phrases::{called, change, condition, measured, share, subject, would_do};
use crate::report::figures::Scope;
use crate::study::{ALPHA, Better};
use crate::units::counted;

/// So many figures and thresholds are named in the headline.
const NAMED: usize = 2;

/// By which rule errors are kept.
pub(super) fn rule(changes: &[FigureChange], taken: &[Look], looks: usize) -> String {
    let gates = changes.iter().filter(|row| row.better != Better::Neither).count();
    let shared = format!("alpha {ALPHA} shared evenly among {}, {} taken", counted(looks, "look"), taken.len());
    match gates {
        0 => format!("t intervals, {shared}"),
        _ => format!("paired t-tests, Holm's rule over {}, {shared}", counted(gates, "figure")),
    }
}

/// The answer in one line.
pub(super) fn headline(result: &CheckResult) -> String {
    let with = |verdict: FigureVerdict| ordered(result, verdict);
    let of = |outcome: ThresholdOutcome| result.thresholds.iter().filter(move |row| row.outcome == outcome);
    match result.verdict {
        CheckVerdict::Failed => {
            let worse: Vec<String> = with(FigureVerdict::Regressed).into_iter().map(changed).collect();
            let is = |row| format!("{} is {}, asked {}", subject(row), measured(&row.value, row.unit), condition(row));
            let crossed: Vec<String> = of(ThresholdOutcome::Crossed).map(is).collect();
            let worse = said(&worse, ["figure got worse", "figures got worse"]);
            let crossed = said(&crossed, ["threshold is crossed", "thresholds are crossed"]);
            worse.into_iter().chain(crossed).collect::<Vec<_>>().join("; ")
        }
        CheckVerdict::Inconclusive => {
            let figures = with(FigureVerdict::Inconclusive).into_iter().filter(|row| row.scope == Scope::Whole);
            let mut open: Vec<String> =
                figures.map(|row| format!("{}{}", changed(row), told(row.replications_needed))).collect();
            open.extend(of(ThresholdOutcome::Inconclusive).map(|row| {
                let value = measured(&row.value, row.unit);
                format!("{} {value}, asked {}{}", subject(row), condition(row), told(row.replications_needed))
            }));
            said(&open, ["thing could not be told", "things could not be told"]).unwrap_or_default()
        }
        CheckVerdict::Passed => passed(result, with(FigureVerdict::Improved)),
    }
}

/// `Cost per month +$54 ± 5 (+19%)`.
fn changed(row: &FigureChange) -> String {
    let share = match share(row) {
        share if share.is_empty() => share,
        share => format!(" ({share})"),
    };
    format!("{} {}{share}", called(row), change(row))
}

fn told(needed: Option<u32>) -> String {
    match would_do(needed) {
        words if words.is_empty() => words,
        words => format!(" ({})", words.trim_start_matches("; ")),
    }
}

/// The figures of everything before those of parts, each in the order of the report: money first.
fn ordered(result: &CheckResult, verdict: FigureVerdict) -> Vec<&FigureChange> {
    let mut rows: Vec<&FigureChange> = result.figures.iter().filter(|row| row.verdict == verdict).collect();
    rows.sort_by_key(|row| row.scope);
    rows
}

fn passed(result: &CheckResult, better: Vec<&FigureChange>) -> String {
    let thresholds = counted(result.thresholds.len(), "threshold") + " kept";
    let first = match &result.baseline {
        None => return thresholds,
        Some(base) if base.identical => "nothing changed in any replication",
        Some(_) => "nothing got worse beyond chance and margin",
    };
    let better: Vec<String> = better.into_iter().map(changed).collect();
    let better = said(&better, ["figure got better", "figures got better"]);
    let thresholds = (!result.thresholds.is_empty()).then_some(thresholds);
    [Some(first.to_owned()), better, thresholds].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// `3 figures got worse: a, b, c`, and how many more; nothing where there are none.
fn said(rows: &[String], [one, many]: [&str; 2]) -> Option<String> {
    let (first, rest) = rows.split_at(rows.len().min(NAMED));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    let what = if rows.len() == 1 { one } else { many };
    (!rows.is_empty()).then(|| format!("{} {what}: {}{more}", rows.len(), first.join(", ")))
}

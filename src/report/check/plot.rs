//! The picture of a check, in characters: it is shown where neither images nor scripts are.

use super::model::{CheckResult, FigureChange};
use super::phrases::{called_briefly, change, changed, said, undecided};
use crate::study::Better;
use crate::units::finite;
use std::fmt::Write;

/// Columns of a figure's name.
const NAME: usize = 28;
/// Columns of the scale on each side of zero.
const HALF: usize = 18;
/// More rows nobody reads.
const MOST_ROWS: usize = 24;
/// Undecided figures are drawn to show how wide they are, not to be read one by one.
const MOST_UNDECIDED: usize = 6;
/// How far the scale reaches beyond the largest mean.
const ROOM: f64 = 1.2;
/// The least that the scale reaches, as a share of the baseline.
const LEAST_SCALE: f64 = 0.02;

/// Relative changes with their intervals, worse to the right, on one scale that has room for the largest decided one. None where
/// there is nothing to draw: no figure changed or is undecided, or its baseline is zero.
pub(super) fn plot(result: &CheckResult) -> Option<String> {
    let decided = drawn(changed(result));
    let open: Vec<&FigureChange> = drawn(undecided(result)).into_iter().take(MOST_UNDECIDED).collect();
    let scale = match decided.is_empty() {
        true => open.iter().map(|row| furthest(row)).fold(LEAST_SCALE, f64::max),
        false => decided.iter().map(|row| reach(row)).fold(LEAST_SCALE, f64::max),
    };
    let rows: Vec<&FigureChange> = decided.into_iter().chain(open).take(MOST_ROWS).collect();
    if rows.is_empty() {
        return None;
    }
    let mut text = ruler(scale);
    let changes: Vec<String> = rows.iter().map(|row| change(row)).collect();
    let widest = changes.iter().map(|change| change.chars().count()).max().unwrap_or(0);
    for (row, change) in rows.iter().zip(&changes) {
        let (name, gap) = (padded(&called_briefly(row, NAME), NAME), padded(change, widest));
        let _ = writeln!(text, "{name} {} {gap}  {}", bar(row, scale), said(row));
    }
    Some(text)
}

fn drawn(rows: Vec<&FigureChange>) -> Vec<&FigureChange> {
    let is_drawn =
        |row: &&FigureChange| row.better != Better::Neither && row.base != 0.0 && row.difference.mean.is_finite();
    rows.into_iter().filter(is_drawn).collect()
}

/// Both ends of the interval as shares of the baseline, worse above zero.
fn ends(row: &FigureChange) -> [f64; 2] {
    let [low, high] = row.difference.interval.unwrap_or([row.difference.mean; 2]).map(|end| worse(row, end));
    [low.min(high), low.max(high)]
}

fn furthest(row: &FigureChange) -> f64 {
    ends(row).iter().fold(0.0, |most, end| end.abs().max(most))
}

/// A wide interval may leave the picture, its mean may not.
fn reach(row: &FigureChange) -> f64 {
    furthest(row).min(ROOM * worse(row, row.difference.mean).abs())
}

/// A difference as a share of the baseline, worse above zero.
fn worse(row: &FigureChange, difference: f64) -> f64 {
    let share = difference / row.base.abs();
    if row.better == Better::Higher { -share } else { share }
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.chars().count())))
}

fn ruler(scale: f64) -> String {
    let percent =
        if scale < 0.1 { format!("{:.1}%", finite(scale * 100.0)) } else { format!("{:.0}%", finite(scale * 100.0)) };
    let (left, right) = (format!("{percent} better"), format!("worse {percent}"));
    let gap = |text: &str| " ".repeat(HALF.saturating_sub(text.chars().count()));
    format!("{} {left}{}│{}{right}\n", " ".repeat(NAME), gap(&left), gap(&right))
}

/// `      │ ·┝━━━█━━━┥    `: what lies beyond the scale ends in an arrow.
fn bar(row: &FigureChange, scale: f64) -> String {
    let place = |share: f64| (share / scale * HALF as f64).round().clamp(-(HALF as f64), HALF as f64) as i64;
    let [low, high] = ends(row);
    let (from, to, mean) = (place(low), place(high), place(worse(row, row.difference.mean)));
    let margin = place(row.margin / row.base.abs());
    let at = |column: i64| match column {
        _ if column == mean => '█',
        _ if column == from && low < -scale => '◄',
        _ if column == to && high > scale => '►',
        _ if column == from => '┝',
        _ if column == to => '┥',
        0 if from < 0 && to > 0 => '╋',
        _ if from < column && column < to => '━',
        0 => '│',
        _ if column.abs() <= margin => '·',
        _ => ' ',
    };
    (-(HALF as i64)..=HALF as i64).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{failed, passed, vast};
    use super::*;

    #[test]
    fn columns_are_aligned_and_worse_is_to_the_right() {
        let text = plot(&failed()).expect("there is something");
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{widest:?}:\n{text}");
        let zero = NAME + 1 + HALF;
        let place = |line: &str, c: char| line.chars().position(|found| found == c);
        for line in text.lines() {
            let has = |at: usize, all: &str| line.chars().nth(at).is_some_and(|c| all.contains(c));
            assert!(has(zero, "│╋█━┥┝"), "nothing at zero: {line}");
            match line {
                line if line.ends_with("better") && !line.starts_with(' ') => {
                    assert!(place(line, '█') < Some(zero), "{line}")
                }
                line if line.ends_with("worse") => assert!(place(line, '█') > Some(zero), "{line}"),
                _ => {}
            }
        }
        assert!(text.contains("shop/web apdex"), "less of it is worse:\n{text}");
        assert!(!text.contains("Node hours"), "neither good nor bad:\n{text}");
    }

    #[test]
    fn an_interval_that_leaves_the_scale_ends_in_arrows() {
        let text = plot(&failed()).expect("there is something");
        let wide = text.lines().find(|line| line.starts_with("Pods waiting")).expect("undecided");
        assert!(wide.contains('◄') && wide.contains('►') && wide.contains('╋'), "{wide}");
    }

    #[test]
    fn nothing_is_drawn_of_nothing_and_not_all_of_too_much() {
        assert_eq!(plot(&passed()), None);
        assert_eq!(plot(&vast()).map(|text| text.lines().count()), Some(1 + MOST_ROWS));
    }
}

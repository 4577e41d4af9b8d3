//! The picture of a check, in characters: it is shown where neither images nor scripts are.

use super::model::{CheckResult, FigureChange};
use super::phrases::{called, change, changed, said, undecided};
use crate::report::screen::cut;
use crate::study::Better;

/// Columns of a figure's name.
const NAME: usize = 34;
/// Columns of the scale on each side of zero.
const HALF: usize = 20;
/// More rows nobody reads.
const MOST_ROWS: usize = 24;
/// Undecided figures are drawn to show how wide they are, not to be read one by one.
const MOST_UNDECIDED: usize = 6;
/// The least that the scale reaches, as a share of the baseline.
const LEAST_SCALE: f64 = 0.02;

/// Relative changes with their intervals, worse to the right, on one scale that ends at the largest decided one. None where
/// there is nothing to draw: no figure changed or is undecided, or its baseline is zero.
pub(super) fn plot(result: &CheckResult) -> Option<String> {
    let decided = drawn(changed(result));
    let open: Vec<&FigureChange> = drawn(undecided(result)).into_iter().take(MOST_UNDECIDED).collect();
    let widest =
        |rows: &[&FigureChange]| rows.iter().flat_map(|row| ends(row)).fold(0.0, |most: f64, end| most.max(end.abs()));
    let scale = if decided.is_empty() { widest(&open) } else { widest(&decided) }.max(LEAST_SCALE);
    let rows: Vec<&FigureChange> = decided.into_iter().chain(open).take(MOST_ROWS).collect();
    if rows.is_empty() {
        return None;
    }
    let mut text = ruler(scale);
    for row in rows {
        let name = cut(&called(row), NAME);
        let pad = NAME - name.chars().count();
        let line = format!("{name}{} {} {}  {}", " ".repeat(pad), bar(row, scale), change(row), said(row));
        text += &line;
        text.push('\n');
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

/// A difference as a share of the baseline, worse above zero.
fn worse(row: &FigureChange, difference: f64) -> f64 {
    let share = difference / row.base.abs();
    if row.better == Better::Higher { -share } else { share }
}

fn ruler(scale: f64) -> String {
    let percent = if scale < 0.1 { format!("{:.1}%", scale * 100.0) } else { format!("{:.0}%", scale * 100.0) };
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

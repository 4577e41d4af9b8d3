//! The check in the terminal: one line of verdict, then what it is made of.

use super::model::{CheckResult, FigureChange, FigureVerdict, InputChange, ThresholdOutcome, ThresholdResult};
use super::phrases::{change, changed, condition, how, input, kept, measured, said, share, sides, subject, thresholds};
use super::phrases::{undecided, verdict};
use crate::report::figures::Scope;
use crate::report::screen::{cut, right, shortened, table, wrapped};
use crate::units::counted;
use std::fmt::Write;

/// As many changed inputs are listed without `--details`.
const MOST_INPUTS: usize = 8;
/// As many rows of a table.
const MOST_ROWS: usize = 12;
/// As many figures that could not be decided.
const MOST_UNDECIDED: usize = 4;
/// Columns of a name.
const NAME: usize = 30;

/// As text of at most 80 columns, without colours; `details` has every figure, every threshold, every caveat.
pub fn check_table(result: &CheckResult, details: bool) -> String {
    let mut text = String::new();
    wrapped(&mut text, "", &format!("{} {}: {}", result.scenario, verdict(result.verdict), result.headline));
    wrapped(&mut text, " ", &how(result));
    inputs(&mut text, &result.inputs, details);
    let rows = changed(result);
    figures(&mut text, "Changed beyond chance", &rows, if details { usize::MAX } else { MOST_ROWS });
    limits(&mut text, result, details);
    open(&mut text, result, details);
    if details {
        for scope in Scope::ALL {
            let rows: Vec<&FigureChange> = result.figures.iter().filter(|row| row.scope == scope).collect();
            figures(&mut text, &format!("Figures {}", by(scope)), &rows, usize::MAX);
        }
        for caveat in &result.caveats {
            wrapped(&mut text, " ", &format!("caveat: {caveat}"));
        }
        wrapped(&mut text, "", &format!("\n{}", result.rule));
    } else if !result.caveats.is_empty() {
        let _ = writeln!(text, " {}: --details", counted(result.caveats.len(), "caveat"));
    }
    text
}

fn by(scope: Scope) -> String {
    if scope == Scope::Whole { scope.word().to_owned() } else { format!("by {}", scope.word()) }
}

fn inputs(text: &mut String, rows: &[InputChange], details: bool) {
    let most = if details { usize::MAX } else { MOST_INPUTS };
    for row in rows.iter().take(most) {
        let _ = writeln!(text, "{}", shortened(&format!(" {}", input(row))));
    }
    if rows.len() > most {
        let _ = writeln!(text, " and {} more", counted(rows.len() - most, "changed input"));
    }
}

fn figures(text: &mut String, title: &str, rows: &[&FigureChange], most: usize) {
    if rows.is_empty() {
        return;
    }
    let mut grid = table(&["", "baseline", "now", "difference", ""]);
    for row in rows.iter().take(most) {
        let [base, new] = sides(row);
        let is_sure = !matches!(row.verdict, FigureVerdict::Inconclusive | FigureVerdict::Unchanged);
        let share = if is_sure { format!("{} ", share(row)) } else { String::new() };
        grid.add_row([name(row), base, new, change(row), format!("{}{}", share, said(row)).trim().to_owned()]);
    }
    let _ = writeln!(text, "\n{title}");
    lines(text, grid);
    if rows.len() > most {
        let _ = writeln!(text, " and {} more: --details", counted(rows.len() - most, "figure"));
    }
}

fn lines(text: &mut String, grid: comfy_table::Table) {
    for line in right(grid).iter().flat_map(|grid| grid.trim_fmt().lines().map(str::to_owned).collect::<Vec<_>>()) {
        let _ = writeln!(text, "{}", shortened(&line));
    }
}

/// `/checkout latency P95`: of a long name the end tells most.
fn name(row: &FigureChange) -> String {
    if row.name.is_empty() {
        return cut(&row.label, NAME);
    }
    let (room, length) = (NAME.saturating_sub(row.label.chars().count() + 1).max(6), row.name.chars().count());
    let name: String = match length <= room {
        true => row.name.clone(),
        false => format!("…{}", row.name.chars().skip(length + 1 - room).collect::<String>()),
    };
    format!("{name} {}", row.label)
}

fn limits(text: &mut String, result: &CheckResult, details: bool) {
    let rows = thresholds(result);
    let shown: Vec<&ThresholdResult> =
        rows.iter().copied().filter(|row| details || row.outcome != ThresholdOutcome::Kept).collect();
    let kept_silently = rows.len() - shown.len();
    if !shown.is_empty() {
        let mut grid = table(&["", "value", "limit", ""]);
        for row in &shown {
            let value = measured(&row.value, row.unit);
            grid.add_row([cut(&subject(row), NAME + 6), value, cut(&condition(row), 20), kept(row)]);
        }
        let _ = writeln!(text, "\nThresholds");
        lines(text, grid);
    }
    if kept_silently > 0 {
        let _ =
            writeln!(text, "{}{} kept", if shown.is_empty() { "\n" } else { " " }, counted(kept_silently, "threshold"));
    }
}

fn open(text: &mut String, result: &CheckResult, details: bool) {
    let rows = undecided(result);
    let runs = counted(result.replications as usize, "replication");
    figures(text, &format!("Not decided with {runs}"), &rows, if details { usize::MAX } else { MOST_UNDECIDED });
}

//! The check in the terminal: one line of verdict, then what it is made of.

use super::model::{CheckResult, FigureChange, FigureVerdict, InputChange, ThresholdOutcome, ThresholdResult};
use super::phrases::{
    called_briefly, change, changed, condition, how, input_briefly, kept, measured, said, share, sides, subject,
    thresholds,
};
use super::phrases::{undecided, verdict};
use crate::report::figures::Scope;
use crate::report::screen::{WIDTH, cut, right, shortened, table, wrapped};
use crate::units::counted;
use std::fmt::Write;

/// As many changed inputs are listed without `--details`.
const MOST_INPUTS: usize = 6;
/// As many rows of a table.
const MOST_ROWS: usize = 10;
/// As many figures that could not be decided.
const MOST_UNDECIDED: usize = 3;
/// Columns of a name.
const NAME: usize = 30;
/// At least.
const LEAST_NAME: usize = 14;

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
        let _ = writeln!(text, " {}", input_briefly(row, 79));
    }
    if rows.len() > most {
        let _ = writeln!(text, " and {} more inputs: --details", rows.len() - most);
    }
}

fn figures(text: &mut String, title: &str, rows: &[&FigureChange], most: usize) {
    if rows.is_empty() {
        return;
    }
    let rows_of = |name: usize| {
        let mut grid = table(&["", "baseline", "now", "difference", ""]);
        for row in rows.iter().take(most) {
            let [base, new] = sides(row);
            let is_sure = !matches!(row.verdict, FigureVerdict::Inconclusive | FigureVerdict::Unchanged);
            let share = if is_sure { format!("{} ", share(row)) } else { String::new() };
            let said = format!("{share}{}", said(row)).trim().to_owned();
            grid.add_row([called_briefly(row, name), base, new, change(row), said]);
        }
        grid_lines(grid)
    };
    // Names give way to figures.
    let lines = rows_of(NAME);
    let widest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let lines = match widest.saturating_sub(WIDTH) {
        0 => lines,
        over => rows_of(NAME.saturating_sub(over).max(LEAST_NAME)),
    };
    let _ = writeln!(text, "\n{title}");
    add(text, &lines);
    if rows.len() > most {
        let _ = writeln!(text, " and {} more: --details", rows.len() - most);
    }
}

fn grid_lines(grid: comfy_table::Table) -> Vec<String> {
    right(grid).iter().flat_map(|grid| grid.trim_fmt().lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn add(text: &mut String, lines: &[String]) {
    for line in lines {
        let _ = writeln!(text, "{}", shortened(line));
    }
}

fn limits(text: &mut String, result: &CheckResult, details: bool) {
    let rows = thresholds(result);
    let shown: Vec<&ThresholdResult> =
        rows.iter().copied().filter(|row| details || row.outcome != ThresholdOutcome::Kept).collect();
    let (kept_silently, most) = (rows.len() - shown.len(), if details { usize::MAX } else { MOST_ROWS });
    if !shown.is_empty() {
        let mut grid = table(&["", "value", "limit", ""]);
        for row in shown.iter().take(most) {
            let value = measured(&row.value, row.unit);
            grid.add_row([cut(&subject(row), NAME + 6), value, cut(&condition(row), 20), kept(row)]);
        }
        let _ = writeln!(text, "\nThresholds");
        add(text, &grid_lines(grid));
        if shown.len() > most {
            let _ = writeln!(text, " and {} more: --details", shown.len() - most);
        }
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

#[cfg(test)]
mod tests {
    use super::super::fixture::{failed, passed, vast};
    use super::*;

    #[test]
    fn it_fits_a_terminal() {
        for text in [check_table(&failed(), false), check_table(&failed(), true), check_table(&vast(), false)] {
            let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
            assert!(wide.is_empty(), "{wide:#?}");
        }
        let lines = check_table(&vast(), false).lines().count();
        assert!(lines < 60, "{lines} lines");
    }

    #[test]
    fn the_verdict_is_on_top_and_nothing_is_left_out_silently() {
        let text = check_table(&failed(), false);
        assert!(text.starts_with("shop failed: 5 figures got worse"), "{text}");
        for part in [
            "40 replications, seed 1, beside git:origin/main (12345678)",
            "averageUtilization",
            "traffic.scale: 1 -> (none)",
            "+16% worse",
            "< 140",
            "crossed",
            "unclear: -n 320",
            "Not decided with 40 replications",
            "1 threshold kept",
            "1 caveat: --details",
        ] {
            assert!(text.contains(part), "`{part}` is not in:\n{text}");
        }
        let all = check_table(&failed(), true);
        assert!(all.contains("Holm") && all.contains("caveat: prices"), "{all}");
    }

    #[test]
    fn a_pass_is_a_few_lines() {
        let text = check_table(&passed(), false);
        assert!(text.starts_with("shop passed: nothing changed"), "{text}");
        assert!(text.lines().count() < 8, "{text}");
    }
}

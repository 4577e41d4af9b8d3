//! What `--details` shows before the summary: every headline with its intervals, all caveats, the tables.

use super::advice::{sections, words};
use super::forecast_words;
use super::format::{exact, figure, interval};
use super::owner_words;
use super::screen::{right, table};
use super::tables::{self, Grid};
use super::verdict::{basis, is_met, overall};
use super::{Estimate, Report};
use crate::units::finite;
use comfy_table::CellAlignment;
use std::fmt::Write;

/// All tables as text, without colours.
pub(super) fn details(report: &Report) -> String {
    let mut text = String::new();
    for caveat in &report.caveats {
        let _ = writeln!(text, "caveat: {caveat}");
    }
    for note in &report.notes {
        let _ = writeln!(text, "note: {note}");
    }
    if report.caveats.len() + report.notes.len() > 0 {
        text.push('\n');
    }
    answer(report, &mut text);
    recommendation(report, &mut text);
    section(&mut text, tables::settings(report));
    section(&mut text, tables::bill(report));
    section(&mut text, owner_words::budgets(report));
    section(&mut text, forecast_words::months(report));
    section(&mut text, owner_words::allocation(owner_words::table(report, "namespace")));
    section(&mut text, owner_words::allocation(owner_words::first_label(report)));
    section(&mut text, tables::bottlenecks(report));
    section(&mut text, tables::groups(report));
    section(&mut text, tables::commitments(report));
    section(&mut text, tables::commitment_advice(report));
    section(&mut text, tables::hpas(report));
    section(&mut text, tables::vpas(report));
    section(&mut text, tables::routes(report));
    text
}

/// The headlines, one a line: mean, where the mean lies, where single runs lie.
fn answer(report: &Report, text: &mut String) {
    let mut table = table(&["", "mean", "95 % interval", "P5 – P95 of runs", ""]);
    for headline in report.headlines.iter().filter(|row| is_worth_a_line(report, row)) {
        let target = headline.objective.map_or(String::new(), |target| {
            let verdict = if is_met(report, headline, target) { "met" } else { "MISSED" };
            format!("objective {}: {verdict}", figure(target, headline.unit))
        });
        let Estimate { mean, p5, p95, .. } = headline.value;
        let [low, high] = [p5, p95].map(|value| figure(value, headline.unit));
        let spread = if low == high { String::new() } else { format!("{low} – {high}") };
        let range = interval(&headline.value, headline.unit);
        table.add_row([headline.label.clone(), exact(mean, headline.unit), range, spread, target]);
    }
    for at in 1..4 {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let _ = writeln!(text, "{}", table.trim_fmt());
    for objective in &report.objectives {
        let _ = writeln!(
            text,
            " {} at most {}: kept in {:.0} % of the replications",
            objective.label,
            figure(objective.target, objective.unit),
            finite(objective.met_ratio * 100.0)
        );
    }
}

/// What never happened needs no line, unless it was promised.
fn is_worth_a_line(report: &Report, headline: &super::Headline) -> bool {
    let always = headline.objective.is_some() || report.headlines.iter().take(2).any(|row| row == headline);
    always || headline.value.p95 != 0.0 || headline.value.mean != 0.0
}

fn recommendation(report: &Report, text: &mut String) {
    let Some(found) = &report.recommendation else { return };
    if let Some(answer) = &found.answer {
        let _ = write!(text, "\nRecommended: {}\n{}", words::verdict(answer), sections(answer));
        return;
    }
    let _ = writeln!(text, "\nRecommended min and max: {}", overall(report, found));
    let _ = writeln!(text, "{}", basis(found));
    let changed = found.bounds.iter().filter(|row| (row.min, row.max) != (row.current_min, row.current_max));
    let mut table = table(&["", "now", "set", "why"]);
    for row in changed {
        table.add_row([
            format!("  {}", row.target),
            format!("{}..{}", row.current_min, row.current_max),
            format!("{}..{}", row.min, row.max),
            row.reason.clone(),
        ]);
    }
    if table.row_count() > 0 {
        let _ = writeln!(text, "{}", table.trim_fmt());
    }
}

fn section(text: &mut String, grid: Grid) {
    let mut table = table(grid.heads);
    table.add_rows(grid.rows);
    if let Some(table) = right(table) {
        let _ = writeln!(text, "\n{}\n{}", grid.title, table.trim_fmt());
    }
}

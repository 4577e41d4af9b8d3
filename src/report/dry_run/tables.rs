//! Dry runs for people: the terminal and Markdown.

use super::super::format::{digits, duration};
use super::{HpaRun, clock, words};
use crate::dry_run::hpa::{SyncRow, Totals};
use comfy_table::{CellAlignment, ContentArrangement, Table, TableStyle, presets};
use std::fmt::Write;

/// Timelines, totals and differences. Of each timeline the syncs at which something changed, or `all`.
pub fn terminal(runs: &[HpaRun<'_>], all: bool) -> String {
    tables(runs, all, presets::NOTHING, "")
}

/// The same as Markdown.
pub fn markdown(runs: &[HpaRun<'_>], all: bool) -> String {
    tables(runs, all, presets::ASCII_MARKDOWN, "## ")
}

fn tables(runs: &[HpaRun<'_>], all: bool, preset: TableStyle, heading: &str) -> String {
    let mut text = String::new();
    for run in runs {
        let (spec, totals) = (run.spec, &run.timeline.totals);
        let syncs = run.timeline.rows.len();
        let (hours, what) = (duration(totals.hours * 3600.0), if all { "all syncs" } else { "syncs with news" });
        let _ =
            writeln!(text, "{heading}{} ({}..{}): {syncs} syncs in {hours}; {what}\n", run.label, spec.min, spec.max);
        let _ = writeln!(text, "{}\n", timeline(run, all, preset));
    }
    let _ = writeln!(text, "{heading}Totals\n\n{}", totals(runs, preset));
    if runs.len() > 1 {
        let _ = writeln!(text, "\n{heading}Replicas side by side\n\n{}", side_by_side(runs, preset));
    }
    text
}

fn table(preset: TableStyle, header: Vec<String>) -> Table {
    let mut table = Table::new();
    table.load_style(preset).set_content_arrangement(ContentArrangement::Disabled).set_header(header);
    table
}

fn align_right(table: &mut Table, columns: impl Iterator<Item = usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

fn timeline(run: &HpaRun<'_>, all: bool, preset: TableStyle) -> String {
    let header = ["time", "metrics", "replicas", "wanted", "stabilized", "set to", "why"];
    let mut table = table(preset, header.map(str::to_owned).to_vec());
    let mut before: Option<&SyncRow> = None;
    for row in &run.timeline.rows {
        let same = |other: &SyncRow| other.decision.conditions == row.decision.conditions && !row.decision.rescaled;
        let told = before.is_some_and(same);
        before = Some(row);
        if told && !all {
            continue;
        }
        let optional = |value: Option<i32>| value.map_or("-".to_owned(), |value| value.to_string());
        let set = if row.decision.rescaled { row.decision.replicas.to_string() } else { String::new() };
        table.add_row(vec![
            clock(row.at),
            words::readings(run, row),
            row.before.to_string(),
            optional(row.decision.metric),
            optional(row.decision.stabilized),
            set,
            words::why(run, row),
        ]);
    }
    align_right(&mut table, 2..6);
    table.trim_fmt()
}

/// A line of the totals: what it is and how it is read off.
type Line = (&'static str, fn(&Totals) -> f64);

const LINES: [Line; 8] = [
    ("pod-hours", |totals| totals.pod_hours),
    ("most replicas", |totals| f64::from(totals.replicas_peak)),
    ("hours at maxReplicas", |totals| totals.hours_at_max),
    ("hours above target", |totals| totals.hours_above_target),
    ("rescales", |totals| f64::from(totals.rescales)),
    ("direction flips per hour", |totals| totals.flips_per_hour),
    ("longest lag behind the load, minutes", |totals| totals.longest_lag_minutes),
    ("syncs without metrics", |totals| f64::from(totals.syncs_without_metrics)),
];

/// One column per HPA; from the second on with the difference to the first.
fn totals(runs: &[HpaRun<'_>], preset: TableStyle) -> String {
    let mut header = vec![String::new()];
    header.extend(runs.iter().map(|run| run.label.to_owned()));
    let mut table = table(preset, header);
    for (name, of) in LINES {
        let base = runs.first().map_or(0.0, |run| of(&run.timeline.totals));
        let cell = |(number, run): (usize, &HpaRun<'_>)| {
            let value = of(&run.timeline.totals);
            match value - base {
                _ if number == 0 => digits(value),
                0.0 => format!("{} (same)", digits(value)),
                difference if difference > 0.0 => format!("{} (+{})", digits(value), digits(difference)),
                difference => format!("{} ({})", digits(value), digits(difference)),
            }
        };
        let mut cells = vec![name.to_owned()];
        cells.extend(runs.iter().enumerate().map(cell));
        table.add_row(cells);
    }
    align_right(&mut table, 1..=runs.len());
    table.trim_fmt()
}

/// Every sync at which one of them rescaled.
fn side_by_side(runs: &[HpaRun<'_>], preset: TableStyle) -> String {
    let mut header = vec!["time".to_owned()];
    header.extend(runs.iter().map(|run| run.label.to_owned()));
    header.push("difference".to_owned());
    let mut table = table(preset, header);
    let syncs = runs.iter().map(|run| run.timeline.rows.len()).min().unwrap_or(0);
    for sync in 0..syncs {
        let rows: Vec<&SyncRow> = runs.iter().map(|run| &run.timeline.rows[sync]).collect();
        if !rows.iter().any(|row| row.decision.rescaled) {
            continue;
        }
        let replicas: Vec<i32> = rows.iter().map(|row| row.decision.replicas).collect();
        let (least, most) = (replicas.iter().min().copied(), replicas.iter().max().copied());
        let mut cells = vec![clock(rows[0].at)];
        cells.extend(replicas.iter().map(i32::to_string));
        cells.push((most.unwrap_or(0) - least.unwrap_or(0)).to_string());
        table.add_row(cells);
    }
    align_right(&mut table, 1..=runs.len() + 1);
    table.trim_fmt()
}

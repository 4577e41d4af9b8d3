//! The comparison for a merge request.

use super::answer::{self, COLUMNS, base_cells, met};
use super::model::{Comparison, FigureDifference, Variant};
use super::variance;
use super::words::{cells, sentence, tells};
use crate::report::beginning::beginning;
use crate::report::figures::Scope;
use crate::units::counted;
use std::fmt::Write;

/// The comparison as GitHub and GitLab render it: the answer first, what changed beyond chance, the rest folded away.
pub fn comparison_markdown(comparison: &Comparison) -> String {
    let mut text = String::new();
    if comparison.variants.len() > 1 {
        overview(comparison, &mut text);
    }
    for variant in &comparison.variants {
        let _ = writeln!(text, "## {} beside {}\n", escaped(&variant.side.name), escaped(&comparison.base.name));
        let _ = writeln!(text, "**{}.**\n", escaped(&sentence(variant)));
        inputs(variant, &mut text);
        let (told, silent): (Vec<&FigureDifference>, Vec<_>) = variant.figures.iter().partition(|row| tells(row));
        if !told.is_empty() {
            rows(&told, &mut text);
        }
        why_it_costs(variant, &mut text);
        if let Some(parting) = &variant.parting {
            let side = |what: &Option<String>| escaped(what.as_deref().unwrap_or("nothing"));
            let _ = writeln!(
                text,
                "\nThey part at {}. Base: {}. New: {}.",
                parting.time,
                side(&parting.base),
                side(&parting.new)
            );
        }
        let _ = writeln!(
            text,
            "\n<details><summary>{} without a change beyond chance</summary>\n",
            counted(silent.len(), "figure")
        );
        rows(&silent, &mut text);
        text.push_str("\n</details>\n\n");
    }
    let base = &comparison.base;
    let runs = counted(base.replications as usize, "replication");
    let _ = writeln!(
        text,
        "{runs} with the same random numbers, seed {}, {}; intervals are 95 % of the paired difference.",
        base.seed,
        beginning(base.warm_up_seconds)
    );
    text
}

/// All studies in a table, the answer above.
fn overview(comparison: &Comparison, text: &mut String) {
    let _ = writeln!(text, "**{}**\n", escaped(&comparison.answer));
    let _ = writeln!(text, "| | {} | kept |", COLUMNS.map(|(_, title)| title).join(" | "));
    let _ = writeln!(text, "|---|{}--:|", "--:|".repeat(COLUMNS.len()));
    let base = &comparison.base;
    let _ = writeln!(text, "| {} | {} | {} |", escaped(&base.name), base_cells(comparison).join(" | "), met(base));
    for variant in &comparison.variants {
        let cells: Vec<String> = answer::cells(variant)
            .iter()
            .map(|[value, beside]| format!("{value} {beside}").trim_end().to_owned())
            .collect();
        let _ = writeln!(text, "| {} | {} | {} |", escaped(&variant.side.name), cells.join(" | "), met(&variant.side));
    }
    text.push('\n');
}

fn inputs(variant: &Variant, text: &mut String) {
    for row in &variant.inputs {
        let value = |value: &Option<String>| {
            value.as_ref().map_or("(none)".to_owned(), |value| format!("`{}`", value.replace('`', "'")))
        };
        let _ = writeln!(text, "- `{}`: {} → {}", row.path, value(&row.base), value(&row.new));
    }
    if !variant.inputs.is_empty() {
        text.push('\n');
    }
}

/// The cost difference by its causes.
fn why_it_costs(variant: &Variant, text: &mut String) {
    let Some(variance) = &variant.variance else { return };
    let steps = variance::shown(variance);
    if steps.is_empty() {
        return;
    }
    text.push_str("\n| cost difference by cause | per month | 95 % interval | |\n|---|--:|--:|---|\n");
    for step in &steps {
        let _ =
            writeln!(text, "| {} ({}) | {} | {} | {} |", step.name, step.meaning, step.amount, step.range, step.says);
    }
    let [amount, range] = variance::total(variance);
    let _ = writeln!(text, "| **all** | **{amount}** | {range} | |\n\n{}", variance::CONVENTION);
}

fn rows(rows: &[&FigureDifference], text: &mut String) {
    text.push_str("| | base | new | difference | | |\n|---|--:|--:|--:|--:|---|\n");
    for row in rows {
        let about = match row.scope {
            Scope::Whole => String::new(),
            scope => format!("{} {}: ", scope.word(), row.name),
        };
        let cells = cells(row).map(|cell| escaped(&cell)).join(" | ");
        let _ = writeln!(text, "| {}{} | {cells} |", escaped(&about), row.label);
    }
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}

//! The comparison in the terminal: what differs in the input, then what came out, the answer last.

use super::model::{Comparison, FigureDifference, Variant};
use super::variance;
use super::words::{cells, sentence, tells};
use crate::report::beginning::beginning;
use crate::report::figures::Scope;
use crate::report::screen::{right, shortened, table, wrapped};
use crate::units::counted;
use std::fmt::Write;
use std::path::Path;

/// As many differing inputs are listed.
const MOST_INPUTS: usize = 10;
/// As many rows of parts (routes, groups) are listed without `--details`.
const MOST_PARTS: usize = 12;

/// As text of at most 80 columns, without colours; `details` has every row, also those that say nothing.
pub fn comparison_table(comparison: &Comparison, page: Option<&Path>, details: bool) -> String {
    let mut text = String::new();
    let base = &comparison.base;
    let _ = writeln!(
        text,
        "base {}: {}, seed {},\n{}",
        base.name,
        counted(base.replications as usize, "replication"),
        base.seed,
        beginning(base.warm_up_seconds)
    );
    for variant in &comparison.variants {
        let _ = writeln!(text, "\n{} beside {}", variant.side.name, base.name);
        if variant.side.warm_up_seconds != base.warm_up_seconds {
            let _ = writeln!(text, "{}", beginning(variant.side.warm_up_seconds));
        }
        inputs(variant, details, &mut text);
        let whole = |row: &&FigureDifference| row.scope == Scope::Whole;
        let rows: Vec<&FigureDifference> =
            variant.figures.iter().filter(whole).filter(|row| details || is_headline(row)).collect();
        figures(&rows, &mut text);
        // Services mostly repeat routes, namespaces and charges groups: they are on the page.
        let shown =
            |row: &&FigureDifference| details || matches!(row.scope, Scope::Route | Scope::Hpa | Scope::NodeGroup);
        let parts = variant.figures.iter().filter(|row| !whole(row)).filter(shown);
        let mut parts: Vec<&FigureDifference> = parts.filter(|row| details || tells(row)).collect();
        let left = parts.len().saturating_sub(if details { usize::MAX } else { MOST_PARTS });
        parts.truncate(parts.len() - left);
        figures(&parts, &mut text);
        if left > 0 {
            let _ = writeln!(text, " and {} more that changed: --details", counted(left, "figure"));
        }
        why_it_costs(variant, &mut text);
        parting(variant, &mut text);
    }
    if let Some(page) = page {
        let _ = writeln!(text, "\nReport   {}", page.display());
    }
    text.push('\n');
    for variant in &comparison.variants {
        wrapped(&mut text, "", &format!("{}: {}.", variant.side.name, sentence(variant)));
    }
    if comparison.variants.len() > 1 {
        text.push('\n');
        wrapped(&mut text, "", &comparison.answer);
    }
    text
}

/// Rows that are shown even if they say nothing.
fn is_headline(row: &FigureDifference) -> bool {
    tells(row) || ["costUsdPerMonth", "latencyMsP95", "errorRatio", "breachRatio"].contains(&row.metric.as_str())
}

fn inputs(variant: &Variant, details: bool, text: &mut String) {
    if variant.inputs.is_empty() {
        text.push_str(" the same inputs\n");
    }
    let shown = if details { variant.inputs.len() } else { MOST_INPUTS };
    for row in variant.inputs.iter().take(shown) {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
        let line = format!(" {}: {} -> {}", row.path, value(&row.base), value(&row.new));
        let _ = writeln!(text, "{}", shortened(&line));
    }
    if variant.inputs.len() > shown {
        let _ = writeln!(text, " and {} more", counted(variant.inputs.len() - shown, "differing value"));
    }
}

fn figures(rows: &[&FigureDifference], text: &mut String) {
    if rows.is_empty() {
        return;
    }
    let mut table = table(&["", "base", "new", "difference", ""]);
    for row in rows {
        let [base, new, difference, relative, verdict] = cells(row);
        // A share that may be chance is no news.
        let verdict = if relative.is_empty() || !tells(row) { verdict } else { format!("{relative} {verdict}") };
        table.add_row([label(row), base, new, difference, verdict]);
    }
    for line in right(table).iter().flat_map(|table| table.trim_fmt().lines().map(str::to_owned).collect::<Vec<_>>()) {
        let _ = writeln!(text, "{}", shortened(&line));
    }
}

fn label(row: &FigureDifference) -> String {
    let most = 24;
    if row.name.is_empty() {
        let label = &row.label;
        return if label.chars().count() <= most {
            label.clone()
        } else {
            format!("{}…", label.chars().take(most - 1).collect::<String>())
        };
    }
    // Of a long name the end tells most.
    let (room, length) = (most.saturating_sub(row.label.chars().count() + 1).max(6), row.name.chars().count());
    let name = if length <= room {
        row.name.clone()
    } else {
        format!("…{}", row.name.chars().skip(length + 1 - room).collect::<String>())
    };
    format!("{name} {}", row.label)
}

/// The cost difference by its causes.
fn why_it_costs(variant: &Variant, text: &mut String) {
    let Some(variance) = &variant.variance else { return };
    let steps = variance::shown(variance);
    if steps.is_empty() {
        return;
    }
    let mut table = table(&["cost difference by cause", "per month", "95 % interval", ""]);
    for step in &steps {
        table.add_row([step.name, &step.amount, &step.range, step.says]);
    }
    let [amount, range] = variance::total(variance);
    table.add_row(["all", &amount, &range, ""]);
    for line in right(table).iter().flat_map(|table| table.trim_fmt().lines().map(str::to_owned).collect::<Vec<_>>()) {
        let _ = writeln!(text, "{}", shortened(&line));
    }
    wrapped(text, " ", variance::CONVENTION);
}

fn parting(variant: &Variant, text: &mut String) {
    let Some(parting) = &variant.parting else { return };
    let _ = writeln!(text, " They part at {}:", parting.time);
    for (name, what) in [("base", &parting.base), ("new", &parting.new)] {
        let what = what.as_deref().unwrap_or("nothing");
        wrapped(text, "   ", &format!("{name}: {what}"));
    }
}

//! The check as a comment on a merge request: one line of verdict, what changed beyond chance, the picture; the rest is
//! folded away.

use super::model::{CheckResult, CheckVerdict, FigureChange, InputChange, ThresholdOutcome, ThresholdResult};
use super::phrases::{
    called, change, changed, condition, how, kept, measured, said, share, sides, subject, thresholds,
};
use super::phrases::{undecided, verdict};
use super::plot::plot;
use crate::report::figures::Scope;
use crate::report::screen::cut;
use crate::units::counted;
use std::fmt::Write;

/// GitHub takes comments of 65,536 characters. Counted here are bytes, of which there are never fewer.
const MOST_BYTES: usize = 65_536;
/// What is kept free for what stands behind a long table.
const RESERVE: usize = 3_000;
/// Rows of what is not folded away.
const MOST_ROWS: usize = 20;
/// Of folded ones.
const MOST_FOLDED_ROWS: usize = 1_000;
/// Characters of a name or a value.
const MOST_CHARACTERS: usize = 100;

/// As GitHub and GitLab render it. The first line is a hidden marker, by which the comment is found again to be updated.
pub fn check_markdown(result: &CheckResult) -> String {
    let mut page = Page { text: format!("{}\n", marker(&result.scenario)) };
    let (icon, word) = (icon(result.verdict), verdict(result.verdict));
    page.line(&format!("### {icon} foresail check: {} {word}\n", escaped(&cut(&result.scenario, MOST_CHARACTERS))));
    page.line(&format!("**{}**\n", escaped(&cut(&result.headline, 500))));
    inputs(&mut page, &result.inputs);
    let rows = changed(result);
    if !rows.is_empty() {
        page.table(&FIGURES, rows.iter().map(|row| figure(row)).collect(), MOST_ROWS);
    } else if result.baseline.is_some() && !result.baseline.as_ref().is_some_and(|baseline| baseline.identical) {
        page.line("No figure changed beyond chance.\n");
    }
    if let Some(picture) = plot(result) {
        page.block(&format!("```text\n{}```\n\n", picture.replace('`', "'")));
    }
    let broken: Vec<&ThresholdResult> =
        thresholds(result).into_iter().filter(|row| row.outcome != ThresholdOutcome::Kept).collect();
    if !broken.is_empty() {
        page.table(&THRESHOLDS, broken.into_iter().map(threshold).collect(), MOST_ROWS);
    }
    open(&mut page, result);
    details(&mut page, result);
    page.line(&format!(
        "<sub>{}</sub>",
        escaped(&cut(&format!("{}, foresail {}.", how(result), result.foresail_version), 300))
    ));
    page.text
}

/// `<!-- foresail:check:shop -->`.
fn marker(scenario: &str) -> String {
    // Nothing that could end the comment, which two hyphens can.
    let mut name: String =
        scenario.chars().map(|c| if c.is_alphanumeric() || "._".contains(c) { c } else { '-' }).collect();
    while name.contains("--") {
        name = name.replace("--", "-");
    }
    format!("<!-- foresail:check:{} -->", name.trim_matches('-').chars().take(MOST_CHARACTERS).collect::<String>())
}

fn icon(verdict: CheckVerdict) -> &'static str {
    match verdict {
        CheckVerdict::Passed => "✅",
        CheckVerdict::Failed => "❌",
        CheckVerdict::Inconclusive => "⚠️",
    }
}

/// A text that ends in time.
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.block(&format!("{line}\n"));
    }

    /// All of it, or nothing where there is no room.
    fn block(&mut self, block: &str) {
        if self.text.len() + block.len() + RESERVE / 2 <= MOST_BYTES {
            self.text.push_str(block);
        }
    }

    /// Rows as far as there is room, and how many are left out.
    fn table(&mut self, heads: &[&str], rows: Vec<String>, most: usize) {
        let (first, others) = (heads.first().copied().unwrap_or_default(), heads.len().saturating_sub(1));
        let heads = heads.iter().skip(1).map(|head| format!(" {head} |")).collect::<String>();
        let mut text = format!("| {first} |{heads}\n|---|{}\n", "--:|".repeat(others));
        let mut shown = 0;
        for row in rows.iter().take(most) {
            if self.text.len() + text.len() + row.len() + RESERVE > MOST_BYTES {
                break;
            }
            text.push_str(row);
            text.push('\n');
            shown += 1;
        }
        if shown < rows.len() {
            let _ = write!(text, "\nand {} more\n", rows.len() - shown);
        }
        text.push('\n');
        self.block(&text);
    }
}

const FIGURES: [&str; 6] = ["", "baseline", "now", "difference", "", "verdict"];
const THRESHOLDS: [&str; 4] = ["threshold", "value", "limit", "outcome"];

fn figure(row: &FigureChange) -> String {
    let ([base, new], name) = (sides(row), cut(&row.name, MOST_CHARACTERS));
    let name = match row.scope {
        Scope::Whole => escaped(&row.label),
        scope => format!("{} of {} {}", escaped(&row.label), scope.word(), cell(&name)),
    };
    format!("| {name} | {base} | {new} | {} | {} | {} |", change(row), share(row), said(row))
}

fn threshold(row: &ThresholdResult) -> String {
    let objective = if row.objective { " (objective)" } else { "" };
    format!(
        "| {}{objective} | {} | {} | {} |",
        escaped(&cut(&subject(row), MOST_CHARACTERS)),
        measured(&row.value, row.unit),
        cell(&cut(&condition(row), MOST_CHARACTERS)),
        kept(row)
    )
}

fn inputs(page: &mut Page, rows: &[InputChange]) {
    let most = MOST_ROWS / 2;
    for row in rows.iter().take(most) {
        page.line(&format!("- {}", input(row)));
    }
    if rows.len() > most {
        page.line(&format!("- and {} more", counted(rows.len() - most, "changed input")));
    }
    if !rows.is_empty() {
        page.line("");
    }
}

fn input(row: &InputChange) -> String {
    let value =
        |value: &Option<String>| value.as_ref().map_or("(none)".to_owned(), |value| code(&cut(value, MOST_CHARACTERS)));
    let place = row.written.as_ref().map(|written| match written.line {
        Some(line) => format!(" ({}:{line})", code(&written.file)),
        None => format!(" ({})", code(&written.file)),
    });
    let place = place.unwrap_or_default();
    format!("{}: {} → {}{place}", code(&cut(&row.path, MOST_CHARACTERS)), value(&row.base), value(&row.new))
}

/// What could not be decided, in a sentence.
fn open(page: &mut Page, result: &CheckResult) {
    let rows = undecided(result);
    if rows.is_empty() {
        return;
    }
    let names: Vec<String> = rows.iter().take(5).map(|row| escaped(&cut(&called(row), MOST_CHARACTERS))).collect();
    let more = if rows.len() > 5 { format!(" and {} more", rows.len() - 5) } else { String::new() };
    let enough = rows.iter().filter_map(|row| row.replications_needed).max();
    let enough = enough.filter(|_| rows.iter().all(|row| row.replications_needed.is_some_and(|count| count < 100_000)));
    let enough = enough.map(|count| format!(" About {count} would do.")).unwrap_or_default();
    page.line(&format!(
        "{} could not be decided with {}: {}{more}.{enough}\n",
        counted(rows.len(), "difference"),
        counted(result.replications as usize, "replication"),
        names.join(", ")
    ));
}

fn details(page: &mut Page, result: &CheckResult) {
    if !result.thresholds.is_empty() {
        page.line(&format!("<details><summary>{}</summary>\n", counted(result.thresholds.len(), "threshold")));
        page.table(&THRESHOLDS, thresholds(result).into_iter().map(threshold).collect(), MOST_FOLDED_ROWS);
        page.line("</details>\n");
    }
    if !result.caveats.is_empty() {
        page.line(&format!("<details><summary>{}</summary>\n", counted(result.caveats.len(), "caveat")));
        for caveat in result.caveats.iter().take(MOST_ROWS) {
            page.line(&format!("- {}", escaped(&cut(caveat, 300))));
        }
        if result.caveats.len() > MOST_ROWS {
            page.line(&format!("- and {} more", result.caveats.len() - MOST_ROWS));
        }
        page.line("\n</details>\n");
    }
    if !result.figures.is_empty() {
        page.line(&format!("<details><summary>All {}</summary>\n", counted(result.figures.len(), "figure")));
        page.table(&FIGURES, result.figures.iter().map(figure).collect(), MOST_FOLDED_ROWS);
        page.line(&format!("{}\n", escaped(&cut(&result.rule, 600))));
        page.line("</details>\n");
    }
}

/// Text that is taken as it is: nothing of it is Markdown or HTML, it calls nobody, it ends no cell and no line.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' => safe.push_str("@<!-- -->"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '|' | '$' | '#' => safe.extend(['\\', c]),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// A name or a value outside of tables.
fn code(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| {
            if c == '`' {
                '\''
            } else if c.is_control() {
                ' '
            } else {
                c
            }
        })
        .collect();
    if plain.trim().is_empty() { "``".replace("``", "\"\"") } else { format!("`{plain}`") }
}

/// The same in a cell of a table, which a bar ends even in code.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

//! The check as a comment on a merge request: one line of verdict, what changed beyond chance, the picture; the rest is
//! folded away.

use super::model::{
    CheckResult, CheckVerdict, FigureChange, FigureVerdict, InputChange, ThresholdOutcome, ThresholdResult,
};
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
/// What is kept free for what stands behind what is folded away.
const RESERVE: usize = 3_500;
/// A table that is not folded away.
const MOST_BYTES_OPEN: usize = 12_000;
/// Less room than this is not worth a table.
const LEAST_FOLDED: usize = 1_500;
/// Rows of what is not folded away.
const MOST_ROWS: usize = 20;
/// Of folded ones.
const MOST_FOLDED_ROWS: usize = 1_000;
/// Characters of a name or a value.
const MOST_CHARACTERS: usize = 100;
/// Of a sentence.
const MOST_CHARACTERS_OF_TEXT: usize = 500;

/// As GitHub and GitLab render it. The first line is a hidden marker, by which the comment is found again to be updated.
pub fn check_markdown(result: &CheckResult) -> String {
    let mut page = Page { text: format!("{}\n", marker(&result.scenario)) };
    let (icon, word) = (icon(result.verdict), verdict(result.verdict));
    page.line(&format!("### {icon} foresail check: {} {word}\n", escaped(&cut(&result.scenario, MOST_CHARACTERS))));
    page.line(&format!("**{}**\n", escaped(&cut(&result.headline, MOST_CHARACTERS_OF_TEXT))));
    inputs(&mut page, &result.inputs);
    let rows = changed(result);
    if !rows.is_empty() {
        page.table(&FIGURES, &rows.iter().map(|row| figure(row)).collect::<Vec<_>>());
    } else if result.baseline.is_some() && !result.baseline.as_ref().is_some_and(|baseline| baseline.identical) {
        page.line("No figure changed beyond chance.\n");
    }
    if let Some(picture) = plot(result) {
        page.line(&format!("```text\n{}```\n", picture.replace('`', "'")));
    }
    let broken: Vec<&ThresholdResult> =
        thresholds(result).into_iter().filter(|row| row.outcome != ThresholdOutcome::Kept).collect();
    if !broken.is_empty() {
        page.table(&THRESHOLDS, &broken.into_iter().map(threshold).collect::<Vec<_>>());
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
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Rows as far as there is room for them.
    fn table(&mut self, heads: &[&str], rows: &[String]) {
        self.text += &table(heads, rows, MOST_ROWS, MOST_BYTES_OPEN);
        self.text.push('\n');
    }

    /// Something folded away, which gets a share of the room that is left.
    fn folded(&mut self, summary: &str, share: f64, body: impl FnOnce(usize) -> String) {
        let room = MOST_BYTES.saturating_sub(self.text.len() + RESERVE);
        if room < LEAST_FOLDED {
            self.line(&format!("{summary}: no room is left here.\n"));
            return;
        }
        let body = body((room as f64 * share) as usize);
        self.line(&format!("<details><summary>{summary}</summary>\n\n{body}\n</details>\n"));
    }
}

/// A table with at most so many rows and bytes, and how many rows are left out.
fn table(heads: &[&str], rows: &[String], most_rows: usize, most_bytes: usize) -> String {
    let (first, others) = (heads.first().copied().unwrap_or_default(), heads.len().saturating_sub(1));
    let heads = heads.iter().skip(1).map(|head| format!(" {head} |")).collect::<String>();
    let mut text = format!("| {first} |{heads}\n|---|{}\n", "--:|".repeat(others));
    let shown = lines(&mut text, rows, most_rows, most_bytes);
    if shown < rows.len() {
        let _ = write!(text, "\nand {} more\n", rows.len() - shown);
    }
    text
}

/// Adds lines while the text stays short enough; returns how many.
fn lines(text: &mut String, lines: &[String], most: usize, most_bytes: usize) -> usize {
    let mut shown = 0;
    for line in lines.iter().take(most) {
        if text.len() + line.len() > most_bytes {
            break;
        }
        text.push_str(line);
        text.push('\n');
        shown += 1;
    }
    shown
}

const FIGURES: [&str; 6] = ["", "baseline", "now", "difference", "", "verdict"];
const THRESHOLDS: [&str; 4] = ["threshold", "value", "limit", "outcome"];

fn figure(row: &FigureChange) -> String {
    let ([base, new], name) = (sides(row), cut(&row.name, MOST_CHARACTERS));
    let name = match row.scope {
        Scope::Whole => escaped(&row.label),
        scope => format!("{} of {} {}", escaped(&row.label), scope.word(), cell(&name)),
    };
    let said = if row.verdict == FigureVerdict::Regressed { format!("**{}**", said(row)) } else { said(row) };
    let cells = [base, new, change(row), share(row), said].map(|cell| unbroken(&cell));
    format!("| {name} | {} |", cells.join(" | "))
}

fn threshold(row: &ThresholdResult) -> String {
    let objective = if row.objective { " (objective)" } else { "" };
    let kept = if row.outcome == ThresholdOutcome::Crossed { format!("**{}**", kept(row)) } else { kept(row) };
    format!(
        "| {}{objective} | {} | {} | {} |",
        escaped(&cut(&subject(row), MOST_CHARACTERS)),
        unbroken(&measured(&row.value, row.unit)),
        cell(&cut(&condition(row), MOST_CHARACTERS)),
        unbroken(&kept)
    )
}

/// A figure and its unit stay in one line.
fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

fn inputs(page: &mut Page, rows: &[InputChange]) {
    let most = MOST_ROWS / 2;
    for row in rows.iter().take(most) {
        page.line(&format!("- {}", input(row)));
    }
    if rows.len() > most {
        page.line(&format!("- and {} more", rows.len() - most));
    }
    if !rows.is_empty() {
        page.line("");
    }
}

fn input(row: &InputChange) -> String {
    let value =
        |value: &Option<String>| value.as_ref().map_or("(none)".to_owned(), |value| code(&cut(value, MOST_CHARACTERS)));
    let place = row.written.as_ref().map(|written| match written.line {
        Some(line) => format!(" ({}:{line})", code(&cut(&written.file, MOST_CHARACTERS))),
        None => format!(" ({})", code(&cut(&written.file, MOST_CHARACTERS))),
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
    let enough = enough.map(|count| format!(" `--max-replications {count}` would do.")).unwrap_or_default();
    page.line(&format!(
        "{} could not be decided with {}: {}{more}.{enough}\n",
        counted(rows.len(), "difference"),
        counted(result.replications as usize, "replication"),
        names.join(", ")
    ));
}

fn details(page: &mut Page, result: &CheckResult) {
    if !result.thresholds.is_empty() {
        let rows: Vec<String> = thresholds(result).into_iter().map(threshold).collect();
        let summary = counted(rows.len(), "threshold");
        page.folded(&summary, 0.25, |room| table(&THRESHOLDS, &rows, MOST_FOLDED_ROWS, room));
    }
    if !result.caveats.is_empty() {
        let rows: Vec<String> = result
            .caveats
            .iter()
            .map(|caveat| format!("- {}", escaped(&cut(caveat, MOST_CHARACTERS_OF_TEXT))))
            .collect();
        page.folded(&counted(rows.len(), "caveat"), 0.25, |room| {
            let mut text = String::new();
            let shown = lines(&mut text, &rows, MOST_ROWS, room);
            if shown < rows.len() {
                let _ = writeln!(text, "- and {} more", rows.len() - shown);
            }
            text
        });
    }
    if !result.figures.is_empty() {
        let rows: Vec<String> = result.figures.iter().map(figure).collect();
        let summary = format!("All {}", counted(rows.len(), "figure"));
        let rule = escaped(&cut(&result.rule, MOST_CHARACTERS_OF_TEXT));
        page.folded(&summary, 1.0, |room| {
            format!("{}\n{rule}\n", table(&FIGURES, &rows, MOST_FOLDED_ROWS, room.saturating_sub(rule.len())))
        });
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

#[cfg(test)]
mod tests {
    use super::super::fixture::{failed, passed, vast};
    use super::*;

    #[test]
    fn it_begins_with_the_marker_and_the_verdict() {
        let text = check_markdown(&failed());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "<!-- foresail:check:shop -->");
        assert_eq!(lines[1], "### ❌ foresail check: shop failed");
        assert!(lines[3].starts_with("**5 figures got worse: Latency P95"), "{}", lines[3]);
        assert_eq!(marker("a --> <b> -- c"), "<!-- foresail:check:a-b-c -->");
    }

    #[test]
    fn names_stay_in_their_cells() {
        let text = check_markdown(&failed());
        let figures = text.lines().filter(|line| line.starts_with("| latency P95 of route `"));
        for line in figures {
            let bars = line.replace("\\|", "").matches('|').count();
            assert_eq!(bars, 7, "{line}");
        }
        assert!(text.lines().any(|line| line.contains("`/pay\\|'cart', <b>100%</b>:: @all \"é\\`")), "{text}");
        let plain = escaped("a|b`c` <i> @all *x*\n#1");
        assert_eq!(plain, "a\\|b\\`c\\` &lt;i&gt; @<!-- -->all \\*x\\* \\#1");
    }

    #[test]
    fn a_comment_has_room_for_it_however_much_there_is() {
        let text = check_markdown(&vast());
        assert!(text.len() <= MOST_BYTES, "{} bytes", text.len());
        assert!(text.len() > MOST_BYTES / 2, "the room is used: {} bytes", text.len());
        for part in ["and 490 more", "and 2980 more", "<sub>40 replications", "### ❌"] {
            assert!(text.contains(part), "`{part}` is not in:\n{}", &text[..3_000]);
        }
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        assert_eq!(text.matches("```").count() % 2, 0);
    }

    #[test]
    fn a_pass_is_short() {
        let text = check_markdown(&passed());
        let open: String = text.split("<details>").next().unwrap_or_default().to_owned();
        assert!(open.lines().count() < 8, "{open}");
        assert!(open.contains("✅") && open.contains("nothing changed in any replication"), "{open}");
    }
}

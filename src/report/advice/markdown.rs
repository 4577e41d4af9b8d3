//! An answer for a merge request or a wiki.

use super::model::AdviceReport;
use super::rows::{beside, change, effect, in_training};
use super::words::{aim, basis, left_out, needed, next, stresses, verdict};
use std::fmt::Write;

/// As GitHub and GitLab render it: the verdict first, every change with its reason.
pub fn advice_markdown(report: &AdviceReport) -> String {
    let answer = &report.answer;
    let mut text = format!("## {}\n\n**{}**\n\n", escaped(&report.scenario.name), escaped(&verdict(answer)));
    paragraph(&mut text, &next(answer));
    stresses(answer).iter().for_each(|words| paragraph(&mut text, words));
    needed(answer).iter().for_each(|words| paragraph(&mut text, words));
    heads(&mut text, &["", "as it is", "recommended", "difference"], 1);
    for line in beside(answer) {
        row(&mut text, &[line.label.to_owned(), line.now, line.new, line.difference]);
    }
    if answer.changes().next().is_some() {
        text.push('\n');
        heads(&mut text, &["set", "now", "to", "alone, a month", "in the whole, a month", "why"], 1);
        answer.changes().for_each(|knob| row(&mut text, &change(knob)));
    }
    let also: Vec<_> = answer.would_also_save.iter().filter(|row| row.keeps).collect();
    if !also.is_empty() {
        text.push_str("\nWould also save:\n\n");
        for row in also {
            let words = format!("{} {} -> {}: {}", row.name, row.current, row.value, effect(&row.effect));
            let _ = writeln!(text, "- {}", escaped(&words));
        }
    }
    let _ = writeln!(
        text,
        "\n<details><summary>{}</summary>\n",
        escaped(&format!("What the search saw: {}", answer.held_back.trained_in))
    );
    heads(&mut text, &["", "as it is", "recommended"], 1);
    in_training(answer).iter().for_each(|cells| row(&mut text, cells));
    text.push_str("\n</details>\n\n");
    left_out(answer).iter().for_each(|words| paragraph(&mut text, words));
    paragraph(&mut text, &aim(answer));
    let _ = writeln!(text, "{}", escaped(&basis(answer)));
    text
}

fn paragraph(text: &mut String, words: &str) {
    let _ = writeln!(text, "{}\n", escaped(words));
}

/// Columns from `figures` on stand at the right, but for one called `why`.
fn heads(text: &mut String, heads: &[&str], figures: usize) {
    let _ = writeln!(text, "| {} |", heads.join(" | "));
    let line = |(at, head): (usize, &&str)| if at < figures || *head == "why" { "---|" } else { "--:|" };
    let _ = writeln!(text, "|{}", heads.iter().enumerate().map(line).collect::<String>());
}

fn row(text: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// Names are text, whatever is in them.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_[]<>|#".contains(c) {
            out.push('\\');
        }
        out.push(if c == '\n' { ' ' } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn names_of_others_are_text() {
        let mut report = fixture::report();
        "a|b <script>".clone_into(&mut report.scenario.name);
        "*bold*".clone_into(&mut report.answer.knobs[0].why);
        let text = advice_markdown(&report);
        assert!(text.starts_with("## a\\|b \\<script\\>") && text.contains("\\*bold\\*"), "{text}");
    }

    #[test]
    fn every_row_has_as_many_cells_as_its_heads() {
        let text = advice_markdown(&fixture::report());
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let tables = text.split("\n\n").filter(|part| part.starts_with('|'));
        for table in tables {
            let counts: Vec<usize> = table.lines().map(cells).collect();
            assert!(counts.iter().all(|count| *count == counts[0]), "{table}");
        }
        assert!(text.contains("saves $309.") && text.contains("- --scale-down-unneeded-time 10m -\\> 2m"), "{text}");
    }
}

//! Workflow commands of GitHub Actions: what was found, beside the lines that were changed.

use super::findings::{Finding, Outcome, Refusal, Rule, Spot, changed_inputs, findings, of_input};
use super::model::{CheckResult, CheckVerdict};
use super::phrases::{how, verdict};
use crate::scenario::issue::Severity;
use std::fmt::Write;

/// GitHub shows at most ten annotations of a kind from one step, and silently drops the rest.
const MOST: usize = 10;
/// At most as many changed lines are annotated with what got worse.
const MOST_PLACES: usize = 5;
/// As many lines of an annotation somebody reads.
const MOST_LINES: usize = 12;

/// An annotation before it is written.
struct Annotation {
    rule: Rule,
    place: Option<Spot>,
    lines: Vec<String>,
}

/// The commands, a line each: one annotation a place and kind of finding, then the whole verdict.
pub fn check_commands(outcome: &Outcome<'_>) -> String {
    let result = outcome.result;
    let changes = changed_inputs(result);
    let mut annotations: Vec<Annotation> = grouped(findings(outcome));
    for annotation in &mut annotations {
        if annotation.rule == Rule::FigureRegressed && !changes.is_empty() {
            let listed = changes.iter().take(MOST_PLACES).map(|change| format!("  {change}"));
            let lines: Vec<String> = std::iter::once("Changed:".to_owned()).chain(listed).collect();
            annotation.lines.extend(lines);
        }
    }
    let mut text = commands(annotations);
    if result.verdict == CheckVerdict::Passed {
        let _ = writeln!(
            text,
            "{}",
            command("notice", None, &title(result), &format!("{} ({})", result.headline, how(result)))
        );
    }
    text
}

/// The problems of a refused input.
pub(super) fn refused(refusal: &Refusal<'_>) -> String {
    commands(grouped(of_input(refusal.problems, refusal.root)))
}

fn title(result: &CheckResult) -> String {
    format!("foresail check {}: {}", result.scenario, verdict(result.verdict))
}

/// Findings of one kind at one place are one annotation.
fn grouped(findings: Vec<Finding>) -> Vec<Annotation> {
    let mut annotations: Vec<Annotation> = Vec::new();
    for finding in findings {
        let most = if finding.rule == Rule::FigureRegressed { MOST_PLACES } else { 1 };
        let mut places: Vec<Option<Spot>> = finding.places.into_iter().take(most).map(Some).collect();
        if places.is_empty() {
            places.push(None);
        }
        for place in places {
            let known = annotations.iter_mut().find(|other| other.rule == finding.rule && other.place == place);
            match known {
                Some(known) => known.lines.push(finding.message.clone()),
                None => {
                    annotations.push(Annotation { rule: finding.rule, place, lines: vec![finding.message.clone()] });
                }
            }
        }
    }
    annotations
}

fn commands(annotations: Vec<Annotation>) -> String {
    let mut text = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let of: Vec<&Annotation> =
            annotations.iter().filter(|annotation| annotation.rule.severity() == severity).collect();
        // The last one says what is left out.
        let shown = if of.len() > MOST { MOST - 1 } else { of.len() };
        for annotation in &of[..shown] {
            let _ = writeln!(text, "{}", written(annotation));
        }
        let left: usize = of[shown..].iter().map(|annotation| annotation.lines.len()).sum();
        if left > 0 {
            let message = format!("and {left} more that GitHub would not show: see the summary or the log");
            let _ = writeln!(text, "{}", command(word(severity), None, "foresail check", &message));
        }
    }
    text
}

fn written(annotation: &Annotation) -> String {
    let mut lines: Vec<String> = annotation.lines.iter().take(MOST_LINES).cloned().collect();
    if annotation.lines.len() > MOST_LINES {
        lines.push(format!("and {} more", annotation.lines.len() - MOST_LINES));
    }
    let title = format!("foresail check: {}", annotation.rule.title());
    command(word(annotation.rule.severity()), annotation.place.as_ref(), &title, &lines.join("\n"))
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

fn command(word: &str, place: Option<&Spot>, title: &str, message: &str) -> String {
    let mut properties = Vec::new();
    if let Some(Spot { file, line, column }) = place {
        properties.push(format!("file={}", property(file)));
        properties.extend(line.map(|line| format!("line={line}")));
        properties.extend(column.map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", property(title)));
    format!("::{word} {}::{}", properties.join(","), data(message))
}

/// What stands behind the last `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value of a property, where `:` and `,` end it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// What `$GITHUB_OUTPUT` gets, for steps behind this one.
pub fn github_outputs(result: &CheckResult) -> String {
    // A value ends with its line.
    let one_line = |text: &str| text.replace(['\r', '\n'], " ");
    format!(
        "verdict={}\nheadline={}\nreplications={}\n",
        verdict(result.verdict),
        one_line(&result.headline),
        result.replications
    )
}

/// Step summaries above this are dropped by GitHub, with an error.
const LARGEST_SUMMARY: usize = 1024 * 1024 - 16;

/// What a step summary that has so many bytes gets; none where there is no room left.
pub fn github_summary(markdown: &str, present: u64) -> Option<String> {
    let room = LARGEST_SUMMARY.saturating_sub(usize::try_from(present).unwrap_or(usize::MAX));
    (markdown.len() + 1 <= room).then(|| format!("{markdown}\n"))
}

/// The problems of a refused input for a step summary.
pub fn github_summary_refused(refusal: &Refusal<'_>) -> String {
    let mut text = format!("## foresail check: {} was refused\n\n", super::markdown::escaped(refusal.scenario));
    for finding in of_input(refusal.problems, refusal.root).iter().take(100) {
        let place = finding.places.first().map(|spot| match spot.line {
            Some(line) => format!("{}:{line}: ", spot.file),
            None => format!("{}: ", spot.file),
        });
        let line = format!("{}{}", place.unwrap_or_default(), finding.message);
        let _ = writeln!(text, "- {}", super::markdown::escaped(&line));
    }
    text
}

//! Workflow commands of GitHub Actions: what was found, beside the lines that were changed.

use super::findings::{Finding, Outcome, Refusal, Root, Rule, Spot, changed_inputs, findings, of_input};
use super::model::{CheckResult, CheckVerdict};
use super::phrases::{how, verdict};
use crate::scenario::issue::{Issues, Severity};
use std::fmt::Write;

/// GitHub shows at most ten annotations of a kind from one step, and silently drops the rest.
const MOST: usize = 10;
/// At most as many changed lines are annotated with what got worse.
const MOST_PLACES: usize = 5;
/// As many lines of an annotation somebody reads.
const MOST_LINES: usize = 12;

/// Whose annotations they are.
const CHECK: &str = "foresail check";

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
    let mut text = commands(CHECK, annotations);
    if result.verdict == CheckVerdict::Passed {
        let _ = writeln!(
            text,
            "{}",
            command("notice", None, &title(result), &format!("{} ({})", result.headline, how(result)))
        );
    }
    text
}

/// What readers say of an input that is not simulated.
pub fn problems_commands(problems: &Issues, root: &Root) -> String {
    commands("foresail validate", grouped(of_input(problems, root)))
}

/// The problems of a refused input.
pub(super) fn refused(refusal: &Refusal<'_>) -> String {
    commands(CHECK, grouped(of_input(refusal.problems, refusal.root)))
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

fn commands(by: &str, annotations: Vec<Annotation>) -> String {
    let mut text = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let of: Vec<&Annotation> =
            annotations.iter().filter(|annotation| annotation.rule.severity() == severity).collect();
        // The last one says what is left out.
        let shown = if of.len() > MOST { MOST - 1 } else { of.len() };
        for annotation in &of[..shown] {
            let _ = writeln!(text, "{}", written(by, annotation));
        }
        let left: usize = of[shown..].iter().map(|annotation| annotation.lines.len()).sum();
        if left > 0 {
            let message = format!("and {left} more that GitHub would not show: see the summary or the log");
            let _ = writeln!(text, "{}", command(word(severity), None, by, &message));
        }
    }
    text
}

fn written(by: &str, annotation: &Annotation) -> String {
    let mut lines: Vec<String> = annotation.lines.iter().take(MOST_LINES).cloned().collect();
    if annotation.lines.len() > MOST_LINES {
        lines.push(format!("and {} more", annotation.lines.len() - MOST_LINES));
    }
    let title = format!("{by}: {}", annotation.rule.title());
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
    (markdown.len() < room).then(|| format!("{markdown}\n"))
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

#[cfg(test)]
mod tests {
    use super::super::findings::Root;
    use super::super::fixture::{failed, passed, vast};
    use super::*;
    use crate::scenario::issue::Issue;

    fn said(result: &CheckResult, problems: &Issues) -> String {
        let root = Root { current: "/repo/infra".into(), repository: "/repo".into() };
        check_commands(&Outcome { result, problems, root: &root })
    }

    #[test]
    fn what_got_worse_stands_beside_the_changed_fields() {
        let text = said(&failed(), &Issues::new());
        let lines: Vec<&str> = text.lines().collect();
        assert!(!text.contains("thresholds."), "a limit moves no figure:\n{text}");
        assert_eq!(lines.len(), 6, "two thresholds and two places, one threshold and one list are open:\n{text}");
        let place =
            "::error file=infra/k8s/web%3A hpa%2C1.yaml,line=12,title=foresail check%3A Worse than the baseline::";
        let worse = lines.iter().find(|line| line.starts_with(place)).unwrap_or_else(|| panic!("{text}"));
        assert!(
            worse.contains("latency P95 of route /checkout got worse: 120 ms -> 150 ms (+30 ± 4 ms, +25%25)%0A"),
            "{worse}"
        );
        assert!(worse.contains("averageUtilization: 60 -> 80"), "{worse}");
        let crossed =
            "::error file=infra/scenarios/shop.yaml,line=41,title=foresail check%3A Threshold crossed::latency P95";
        assert!(text.contains(crossed), "{text}");
        assert!(text.contains("::warning file=infra/scenarios/shop.yaml,line=41,"), "{text}");
        assert!(lines.iter().all(|line| line.starts_with("::")), "nothing breaks a line:\n{text}");
    }

    #[test]
    fn a_pass_is_a_notice() {
        let text = said(&passed(), &Issues::new());
        assert!(text.starts_with("::notice title=foresail check shop%3A passed::nothing changed"), "{text}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn no_more_of_a_kind_than_github_shows() {
        let mut problems = Issues::new();
        (1..100)
            .for_each(|line| problems.push(Issue::warning("x", format!("doubt {line}")).in_file("a.yaml", Some(line))));
        let text = said(&vast(), &problems);
        let of = |word: &str| text.lines().filter(|line| line.starts_with(&format!("::{word} "))).count();
        assert!(of("error") <= MOST && of("warning") == MOST, "{text}");
        assert!(text.contains("and 91 more that GitHub would not show"), "{text}");
    }

    #[test]
    fn bad_input_is_shown_where_it_is() {
        let mut problems = Issues::new();
        let mut issue =
            Issue::error("spec.maxReplicas", "found 0").in_file("../k8s/./hpa.yaml", Some(7)).with_help("write 1");
        issue.place.column = Some(3);
        problems.push(issue);
        problems.push(Issue::error("trafic", "unknown").in_file("--set trafic=1", None));
        let root = Root { current: "/repo/infra".into(), repository: "/repo".into() };
        let refusal = Refusal { scenario: "shop.yaml", problems: &problems, root: &root };
        let text = refused(&refusal);
        let first = "::error file=k8s/hpa.yaml,line=7,col=3,title=foresail check%3A Input refused::spec.maxReplicas: found 0 (write 1)";
        assert_eq!(text.lines().next(), Some(first));
        assert!(
            text.contains("::error title=foresail check%3A Input refused::--set trafic=1: trafic: unknown"),
            "{text}"
        );
        assert!(github_summary_refused(&refusal).contains("- k8s/hpa.yaml:7: spec.maxReplicas: found 0"));
    }

    #[test]
    fn a_summary_is_added_where_there_is_room() {
        assert_eq!(github_summary("text", 100).as_deref(), Some("text\n"));
        assert_eq!(github_summary("text", 1024 * 1024 - 10), None);
        let outputs = github_outputs(&CheckResult { headline: "a\nb=c".to_owned(), ..failed() });
        assert_eq!(outputs, "verdict=failed\nheadline=a b=c\nreplications=40\n");
    }
}

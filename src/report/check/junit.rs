//! The check as test results: a suite for thresholds and one for each kind of thing that figures are about. What is
//! worse or crossed fails, what could not be decided is skipped. Fixed bytes: no times, no ids.

use super::findings::{Refusal, of_input};
use super::model::{CheckResult, FigureChange, FigureVerdict, ThresholdOutcome, ThresholdResult};
use super::phrases::{
    called, change, condition, crossing, measured, one_line, regression, share, sides, subject, would_do,
};
use crate::report::figures::Scope;
use crate::study::Better;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// JUnit XML. Figures that are neither good nor bad are no tests.
pub fn check_junit(result: &CheckResult) -> String {
    let mut report = Report::new(format!("foresail check {}", result.scenario));
    let cases: Vec<TestCase> = result.thresholds.iter().map(|row| threshold(result, row)).collect();
    add(&mut report, "thresholds", cases);
    for scope in Scope::ALL {
        let rows = result.figures.iter().filter(|row| row.scope == scope && row.better != Better::Neither);
        let cases: Vec<TestCase> = rows.map(|row| figure(result, row)).collect();
        let suite = match scope {
            Scope::Whole => "figures".to_owned(),
            scope => format!("figures by {}", scope.word()),
        };
        add(&mut report, &suite, cases);
    }
    text(&report)
}

/// The problems of a refused input, an error each.
pub(super) fn refused(refusal: &Refusal<'_>) -> String {
    let mut report = Report::new(format!("foresail check {}", refusal.scenario));
    let cases = of_input(refusal.problems, refusal.root).into_iter().enumerate().map(|(at, finding)| {
        let place = finding.places.first().map(|spot| match spot.line {
            Some(line) => format!("{}:{line}: ", spot.file),
            None => format!("{}: ", spot.file),
        });
        let message = format!("{}{}", place.unwrap_or_default(), finding.message);
        let status = told(TestCaseStatus::non_success(NonSuccessKind::Error), finding.rule.id(), &message);
        case(&format!("{} {}", at + 1, finding.key), "foresail.input", status)
    });
    add(&mut report, "input", cases.collect());
    text(&report)
}

fn add(report: &mut Report, name: &str, cases: Vec<TestCase>) {
    if cases.is_empty() {
        return;
    }
    let mut suite = TestSuite::new(name);
    suite.set_time(Duration::ZERO);
    suite.add_test_cases(cases);
    report.add_test_suite(suite);
}

fn case(name: &str, class: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(one_line(name), status);
    // GitLab shows the class as the suite.
    case.set_classname(class).set_time(Duration::ZERO);
    case
}

/// Some read the message from the attribute, some from the text.
fn told(mut status: TestCaseStatus, kind: &str, message: &str) -> TestCaseStatus {
    status.set_type(kind).set_message(message).set_description(message);
    status
}

fn threshold(result: &CheckResult, row: &ThresholdResult) -> TestCase {
    let place = row.written.as_ref().map(|written| match written.line {
        Some(line) => format!(" ({}:{line})", written.file),
        None => format!(" ({})", written.file),
    });
    let place = place.unwrap_or_default();
    let status = match row.outcome {
        ThresholdOutcome::Kept => TestCaseStatus::success(),
        ThresholdOutcome::Crossed => {
            let message = format!("{}{place}", crossing(row));
            told(TestCaseStatus::non_success(NonSuccessKind::Failure), "threshold-crossed", &message)
        }
        ThresholdOutcome::Inconclusive => {
            let message = format!(
                "{} is {}: that does not decide {} with {} replications{}{place}",
                subject(row),
                measured(&row.value, row.unit),
                condition(row),
                result.replications,
                would_do(row.replications_needed)
            );
            told(TestCaseStatus::skipped(), "threshold-undecided", &message)
        }
    };
    case(&format!("{} {}", row.figure, row.expression), "foresail.thresholds", status)
}

fn figure(result: &CheckResult, row: &FigureChange) -> TestCase {
    let status = match row.verdict {
        FigureVerdict::Improved | FigureVerdict::Unchanged | FigureVerdict::Changed => TestCaseStatus::success(),
        FigureVerdict::Regressed => {
            told(TestCaseStatus::non_success(NonSuccessKind::Failure), "figure-regressed", &regression(row))
        }
        FigureVerdict::Inconclusive => {
            let [base, new] = sides(row);
            let message = format!(
                "{} cannot be decided with {} replications: {base} -> {new} ({}, {}){}",
                called(row),
                result.replications,
                change(row),
                share(row),
                would_do(row.replications_needed)
            );
            told(TestCaseStatus::skipped(), "figure-undecided", &message)
        }
    };
    let class = row.scope.tag().map_or("foresail.figures".to_owned(), |tag| format!("foresail.figures.{tag}"));
    case(&row.figure, &class, status)
}

fn text(report: &Report) -> String {
    // Writing to memory does not fail.
    let xml = report.to_string().unwrap_or_default();
    // The count of all skipped tests is an extension that strict schemas refuse; suites have theirs.
    xml.replacen(&format!(" skipped=\"{}\"", report.skipped), "", 1)
}

#[cfg(test)]
mod tests {
    use super::super::findings::Root;
    use super::super::fixture::{NASTY, failed, passed};
    use super::*;
    use crate::scenario::issue::{Issue, Issues};
    use quick_junit::Report;

    fn read(xml: &str) -> Report {
        Report::deserialize_from_str(xml).unwrap_or_else(|error| panic!("{error}:\n{xml}"))
    }

    #[test]
    fn what_is_worse_fails_and_what_is_open_is_skipped() {
        let xml = check_junit(&failed());
        let report = read(&xml);
        let suites: Vec<&str> = report.test_suites.iter().map(|suite| suite.name.as_str()).collect();
        assert_eq!(
            suites,
            ["thresholds", "figures", "figures by route", "figures by service", "figures by node group"]
        );
        assert_eq!((report.tests, report.failures, report.errors), (13, 7, 0), "neutral figures are no tests");
        let skipped: usize = report.test_suites.iter().map(|suite| suite.skipped).sum();
        assert_eq!(skipped, 2);
        assert!(xml.contains("about 320 would do") && xml.contains("about 64 would do"), "{xml}");
        let name = format!("latencyMsP95{{route:{NASTY}}}");
        let case = report.test_suites[2].test_cases.iter().find(|case| case.name.as_str().contains("/pay"));
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(case.map(|case| squeezed(case.name.as_str())), Some(squeezed(&name)));
    }

    #[test]
    fn the_same_check_is_the_same_bytes() {
        assert_eq!(check_junit(&failed()), check_junit(&failed()));
        let xml = check_junit(&passed());
        assert!(!xml.contains("timestamp") && !xml.contains("uuid"), "{xml}");
        assert_eq!(read(&xml).failures, 0);
        let root = xml.lines().nth(1).expect("a root");
        assert!(!root.contains("skipped") && root.contains("tests="), "{root}");
    }

    #[test]
    fn names_are_unlike_within_a_class() {
        let report = read(&check_junit(&failed()));
        let cases = report.test_suites.iter().flat_map(|suite| &suite.test_cases);
        let mut names: Vec<String> = cases.map(|case| format!("{:?} {:?}", case.classname, case.name)).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_refused_input_is_an_error_each() {
        let mut problems = Issues::new();
        problems.push(Issue::error("spec.maxReplicas", "found 0").in_file("k8s/hpa.yaml", Some(7)));
        problems.push(Issue::error("--margin", "found x"));
        let refusal = Refusal { scenario: "shop.yaml", problems: &problems, root: &Root::default() };
        let report = read(&refused(&refusal));
        assert_eq!((report.tests, report.errors), (2, 2));
    }
}

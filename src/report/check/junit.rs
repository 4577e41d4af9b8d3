//! The check as test results: a suite for thresholds and one for each kind of thing that figures are about. What is
//! worse or crossed fails, what could not be decided is skipped. Fixed bytes: no times, no ids.

use super::findings::{Refusal, of_input};
use super::model::{CheckResult, FigureChange, FigureVerdict, ThresholdOutcome, ThresholdResult};
use super::phrases::{called, change, condition, crossing, measured, regression, share, sides, subject, would_do};
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
    let mut case = TestCase::new(name, status);
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

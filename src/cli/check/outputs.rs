//! Outputs of a check besides the answer: what stands in the environment of a CI, where they go, what is said when one
//! cannot be written.

use super::super::files::{check_folder, unwritable};
use super::super::root::root;
use super::super::streams::{print, tell};
use super::Failure;
use foresail::report::check::{
    CheckResult, Outcome, Refusal, ReportAsked, ReportKind, ReportTarget, Written, check_markdown, github_outputs,
    github_summary, github_summary_refused, parse, write_all, write_refused,
};
use foresail::scenario::issue::{Issue, Issues};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

const FLAG: &str = "--report";

/// What is asked for behind `--report`.
///
/// Errors: everything that is wrong with it, before anything is simulated: also files that could not be written, and those
/// that the check itself reads.
pub(super) fn asked(reports: &[String], read: &[&Path]) -> Result<Vec<ReportAsked>, Issues> {
    let asked = parse(reports)?;
    let mut issues = Issues::new();
    for report in &asked {
        let ReportTarget::File(path) = &report.target else { continue };
        match fs::canonicalize(path) {
            Ok(place) if read.iter().any(|other| fs::canonicalize(other).is_ok_and(|other| other == place)) => {
                let message = format!("{} would write over {}, which is read", report.kind.name(), path.display());
                issues.push(Issue::error(FLAG, message).with_help("name another file"));
            }
            Ok(place) if place.is_dir() => {
                issues.absorb(of(unwritable(FLAG, path, &ErrorKind::IsADirectory.into())), |_| {});
            }
            // A pipe or a device.
            Ok(place) if !place.is_file() => {}
            // A new one is moved to the place of the old one.
            Ok(place) => issues.absorb(unless_writable(place.parent().unwrap_or(&place)), |_| {}),
            Err(_) => issues.absorb(unless_writable(path), |_| {}),
        }
    }
    if issues.is_empty() { Ok(asked) } else { Err(issues) }
}

fn unless_writable(path: &Path) -> Issues {
    check_folder(FLAG, path).err().map(of).unwrap_or_default()
}

fn of(failure: Failure) -> Issues {
    match failure {
        Failure::Input(issues) => issues,
        Failure::Internal(what) => Issue::error(FLAG, what).into(),
        Failure::Unread => Issues::new(),
    }
}

/// What goes to stdout where no report takes its place.
pub(super) struct Answer {
    pub(super) text: String,
    /// It is for programs: nothing else may stand there.
    pub(super) is_data: bool,
}

/// Writes what was asked for, and prints the answer.
///
/// Errors: what cannot be written, all of it; then no file was, and the answer is printed nevertheless.
pub(super) fn write(
    result: &CheckResult,
    problems: &Issues,
    asked: &[ReportAsked],
    answer: &Answer,
) -> Result<(), Failure> {
    let root = root();
    let written = write_all(&Outcome { result, problems, root: &root }, asked);
    let mut failures = Vec::new();
    if is_for_github(asked) {
        failures.extend(append("GITHUB_STEP_SUMMARY", |present| github_summary(&check_markdown(result), present)));
        failures.extend(append("GITHUB_OUTPUT", |_| Some(github_outputs(result))));
    }
    shown(&written, Some(answer))?;
    failures.extend(unwritten(&written));
    together(failures)
}

/// Where the input was refused: those outputs that speak of files are written, and everything that is wrong is returned.
pub(super) fn refuse(scenario: &str, problems: Issues, asked: &[ReportAsked]) -> Failure {
    let root = root();
    let refusal = Refusal { scenario, problems: &problems, root: &root };
    let written = write_refused(&refusal, asked);
    let mut failures = Vec::new();
    if is_for_github(asked) {
        let text = github_summary_refused(&refusal);
        failures.extend(append("GITHUB_STEP_SUMMARY", |present| github_summary(&text, present)));
    }
    failures.extend(shown(&written, None).err());
    failures.extend(unwritten(&written));
    failures.insert(0, Failure::Input(problems));
    together(failures).err().unwrap_or(Failure::Unread)
}

fn is_for_github(asked: &[ReportAsked]) -> bool {
    asked.iter().any(|report| report.kind == ReportKind::Github)
}

fn shown(written: &Written, answer: Option<&Answer>) -> Result<(), Failure> {
    let text = written.stdout.as_deref().or(answer.map(|answer| answer.text.as_str()));
    let is_data = written.stdout.is_some() || answer.is_none_or(|answer| answer.is_data);
    print(text.unwrap_or_default())?;
    match &written.log {
        // GitHub's runner takes commands from stderr as well.
        Some(log) if is_data => tell(log.trim_end()),
        Some(log) => print(log)?,
        None => {}
    }
    Ok(())
}

fn unwritten(written: &Written) -> impl Iterator<Item = Failure> {
    written.unwritten.iter().map(|file| unwritable(FLAG, &file.path, &file.error))
}

/// All failures as one: bad input, as long as it is nothing worse.
fn together(failures: Vec<Failure>) -> Result<(), Failure> {
    let (mut issues, mut internal) = (Issues::new(), Vec::new());
    for failure in failures {
        match failure {
            Failure::Input(found) => issues.absorb(found, |_| {}),
            Failure::Internal(what) => internal.push(what),
            Failure::Unread => {}
        }
    }
    if !internal.is_empty() {
        issues.iter().for_each(tell);
        return Err(Failure::Internal(internal.join("\n")));
    }
    if issues.is_empty() { Ok(()) } else { Err(Failure::Input(issues)) }
}

/// Appends to the file that a variable of the environment names, where it names one.
fn append(variable: &str, text: impl Fn(u64) -> Option<String>) -> Option<Failure> {
    let path = PathBuf::from(std::env::var_os(variable).filter(|path| !path.is_empty())?);
    let present = fs::metadata(&path).map_or(0, |file| file.len());
    let Some(text) = text(present) else {
        tell(format!("warning: {variable}: {} is as large as GitHub takes it, nothing is added", path.display()));
        return None;
    };
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let appended = file.and_then(|mut file| file.write_all(text.as_bytes()));
    appended.err().map(|error| unwritable(variable, &path, &error))
}

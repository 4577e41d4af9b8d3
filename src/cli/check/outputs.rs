//! Outputs of a check besides stdout: files, and what a CI system reads of its own.

use super::super::files::unwritable;
use super::super::streams::tell;
use super::Failure;
use foresail::report::check::{
    CheckResult, Outcome, Refusal, ReportAsked, ReportTarget, Root, Written, check_markdown, github_outputs,
    github_summary, github_summary_refused, write_all, write_refused,
};
use foresail::scenario::issue::Issues;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes what was asked for. What goes to stdout alone is returned.
///
/// Errors: places that cannot be written, all of them; then no file was.
pub(super) fn write(result: &CheckResult, problems: &Issues, asked: &[ReportAsked]) -> Result<Option<String>, Failure> {
    let root = root();
    let written = write_all(&Outcome { result, problems, root: &root }, asked);
    if asked.iter().any(|report| report.target == ReportTarget::Log) {
        append("GITHUB_STEP_SUMMARY", |present| github_summary(&check_markdown(result), present))?;
        append("GITHUB_OUTPUT", |_| Some(github_outputs(result)))?;
    }
    finish(written)
}

/// The same where the input was refused: those outputs that speak of files.
pub(super) fn refuse(scenario: &str, problems: &Issues, asked: &[ReportAsked]) -> Result<(), Failure> {
    let root = root();
    let refusal = Refusal { scenario, problems, root: &root };
    let written = write_refused(&refusal, asked);
    if asked.iter().any(|report| report.target == ReportTarget::Log) {
        append("GITHUB_STEP_SUMMARY", |present| github_summary(&github_summary_refused(&refusal), present))?;
    }
    finish(written).map(drop)
}

fn finish(written: Written) -> Result<Option<String>, Failure> {
    if let Some(log) = written.log {
        // A runner reads its commands from stderr too, and stdout belongs to the result.
        tell(log.trim_end());
    }
    let mut failures = written.unwritten.iter().map(|row| unwritable("--report", &row.path, &row.error));
    let Some(first) = failures.next() else { return Ok(written.stdout) };
    Err(failures.fold(first, |all, next| match (all, next) {
        (Failure::Input(mut issues), Failure::Input(more)) => {
            more.into_iter().for_each(|issue| issues.push(issue));
            Failure::Input(issues)
        }
        (all, _) => all,
    }))
}

/// Appends to a file that the runner names; without the variable there is nothing to do.
fn append(variable: &str, text: impl Fn(u64) -> Option<String>) -> Result<(), Failure> {
    let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from) else {
        return Ok(());
    };
    let present = std::fs::metadata(&path).map_or(0, |file| file.len());
    let Some(text) = text(present) else { return Ok(()) };
    let appended: io::Result<()> =
        OpenOptions::new().append(true).create(true).open(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    appended.map_err(|error| unwritable(variable, &path, &error))
}

/// Paths are counted from the root of the repository; outside of one from the working directory.
fn root() -> Root {
    let current = std::env::current_dir().unwrap_or_default();
    let top = Command::new("git").args(["rev-parse", "--show-toplevel"]).output().ok();
    let top = top.filter(|output| output.status.success()).and_then(|output| String::from_utf8(output.stdout).ok());
    let repository = top.map_or_else(|| current.clone(), |top| Path::new(top.trim()).to_owned());
    Root { current, repository }
}

//! The outputs that `foresail check --report` asks for: what stands in the environment of a CI, where they go, what is
//! said when one cannot be written.

use super::Failure;
use super::files::{check_folder, unwritable};
use super::streams::{print, tell};
use foresail::report::check::{
    Outcome, Refusal, ReportAsked, ReportKind, ReportTarget, Root, Written, check_markdown, github_outputs,
    github_summary, github_summary_refused, parse, write_all, write_refused,
};
use foresail::scenario::issue::Issues;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Which outputs beside the answer.
#[derive(clap::Args)]
pub(super) struct ReportArgs {
    /// Another output, `--report junit=FILE` (repeatable; `-` is stdout): json, markdown, junit, sarif, benchmark,
    /// gitlab-codequality, gitlab-metrics; `gitlab=FOLDER` for both of these; `github` for annotations and the step summary.
    #[arg(long = "report", value_name = "KIND[=FILE]")]
    reports: Vec<String>,
}

impl ReportArgs {
    /// What is asked for.
    ///
    /// Errors: everything that is wrong with it, also files that could not be written, before anything is simulated.
    pub(super) fn read(&self) -> Result<Vec<ReportAsked>, Issues> {
        let asked = parse(&self.reports)?;
        let mut issues = Issues::new();
        for report in &asked {
            let ReportTarget::File(path) = &report.target else { continue };
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let writable = if path.is_dir() {
                Err(unwritable("--report", path, &std::io::ErrorKind::IsADirectory.into()))
            } else if path.exists() && !path.is_file() {
                Ok(())
            } else {
                check_folder("--report", folder)
            };
            if let Err(Failure::Input(found)) = writable {
                issues.absorb(found, |_| {});
            }
        }
        if issues.is_empty() { Ok(asked) } else { Err(issues) }
    }
}

/// The answer that goes to stdout where no report takes its place.
pub(super) struct Answer {
    pub(super) text: String,
    /// For programs: nothing else may stand in stdout.
    pub(super) is_data: bool,
}

/// Writes the outputs and prints the answer.
///
/// Errors: what could not be written, all of it; the answer is printed nevertheless.
pub(super) fn write(
    outcome: (&foresail::report::check::CheckResult, &Issues),
    asked: &[ReportAsked],
    answer: &Answer,
) -> Result<(), Failure> {
    let (result, problems) = outcome;
    let root = root();
    let written = write_all(&Outcome { result, problems, root: &root }, asked);
    let mut failed = Vec::new();
    if is_for_github(asked) {
        failed.extend(append("GITHUB_STEP_SUMMARY", |size| github_summary(&check_markdown(result), size)));
        failed.extend(append("GITHUB_OUTPUT", |_| Some(github_outputs(result))));
    }
    shown(written, Some(answer), failed)
}

/// Writes the outputs that can tell of a refused input; the errors themselves are the caller's to print.
pub(super) fn write_for_refused(
    scenario: Option<&Path>,
    problems: &Issues,
    asked: &[ReportAsked],
) -> Result<(), Failure> {
    let root = root();
    let scenario = scenario.map(|path| path.display().to_string()).unwrap_or_default();
    let refusal = Refusal { scenario: &scenario, problems, root: &root };
    let mut failed = Vec::new();
    if is_for_github(asked) {
        failed.extend(append("GITHUB_STEP_SUMMARY", |size| github_summary(&github_summary_refused(&refusal), size)));
    }
    shown(write_refused(&refusal, asked), None, failed)
}

fn is_for_github(asked: &[ReportAsked]) -> bool {
    asked.iter().any(|report| report.kind == ReportKind::Github)
}

fn shown(written: Written, answer: Option<&Answer>, mut failed: Vec<Failure>) -> Result<(), Failure> {
    failed.extend(written.unwritten.iter().map(|file| unwritable("--report", &file.path, &file.error)));
    let is_data = answer.is_none_or(|answer| answer.is_data) || written.stdout.is_some();
    if let Some(text) = written.stdout.as_deref().or(answer.map(|answer| answer.text.as_str())) {
        print(text)?;
    }
    match written.log {
        // GitHub reads commands from stderr as well.
        Some(log) if is_data => tell(log.trim_end()),
        Some(log) => print(&log)?,
        None => {}
    }
    together(failed)
}

/// All failures as one: bad input as long as it is no more than that.
fn together(failed: Vec<Failure>) -> Result<(), Failure> {
    let (mut issues, mut internal) = (Issues::new(), Vec::new());
    for failure in failed {
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

/// Appends to the file that a variable of the environment names, if it names one.
fn append(variable: &str, text: impl Fn(u64) -> Option<String>) -> Option<Failure> {
    let path = PathBuf::from(std::env::var_os(variable).filter(|path| !path.is_empty())?);
    let size = std::fs::metadata(&path).map_or(0, |file| file.len());
    let Some(text) = text(size) else {
        tell(format!("warning: {} is nearly as large as GitHub takes it: nothing is added", path.display()));
        return None;
    };
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.err().map(|error| unwritable(variable, &path, &error))
}

/// The root of the repository, as the CI says it.
fn root() -> Root {
    let current = std::env::current_dir().unwrap_or_default();
    let said = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"].into_iter().find_map(std::env::var_os);
    let repository = said.map_or_else(|| current.clone(), PathBuf::from);
    Root { current, repository }
}

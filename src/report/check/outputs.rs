//! Which outputs are asked for, and writing them: all of them, or none.

use super::findings::{Outcome, Refusal};
use super::{benchmark, github, gitlab, json, junit, markdown, sarif};
use crate::scenario::issue::{Issue, Issues};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A form in which a check is written, for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportKind {
    /// Everything, versioned.
    Json,
    /// A comment on a merge request, or a step summary.
    Markdown,
    /// Test reports of any CI.
    Junit,
    /// Workflow commands of GitHub Actions.
    Github,
    /// GitLab's code quality report.
    GitlabCodequality,
    /// OpenMetrics text, as GitLab's metrics report.
    GitlabMetrics,
    /// What github-action-benchmark follows over time.
    Benchmark,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

impl ReportKind {
    const ALL: [ReportKind; 8] = [
        ReportKind::Json,
        ReportKind::Markdown,
        ReportKind::Junit,
        ReportKind::Github,
        ReportKind::GitlabCodequality,
        ReportKind::GitlabMetrics,
        ReportKind::Benchmark,
        ReportKind::Sarif,
    ];

    /// As it is written behind `--report`.
    pub fn name(self) -> &'static str {
        match self {
            ReportKind::Json => "json",
            ReportKind::Markdown => "markdown",
            ReportKind::Junit => "junit",
            ReportKind::Github => "github",
            ReportKind::GitlabCodequality => "gitlab-codequality",
            ReportKind::GitlabMetrics => "gitlab-metrics",
            ReportKind::Benchmark => "benchmark",
            ReportKind::Sarif => "sarif",
        }
    }
}

/// Both of GitLab's, in a folder, under the names that GitLab itself gives them.
const BOTH_GITLAB: &str = "gitlab";
const GITLAB_FILES: [(ReportKind, &str); 2] =
    [(ReportKind::GitlabCodequality, "gl-code-quality-report.json"), (ReportKind::GitlabMetrics, "metrics.txt")];

/// Where an output goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportTarget {
    /// To stdout as a whole: `-`.
    Stdout,
    /// Where the CI reads the log of the job: `github` without a file.
    Log,
    /// To a file, and the folders above it where they are missing.
    File(PathBuf),
}

/// An output that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportAsked {
    /// As what.
    pub kind: ReportKind,
    /// To where.
    pub target: ReportTarget,
}

/// Reads what stands behind `--report`: `KIND=FILE` each; `-` for stdout; `github` and `gitlab` alone; `gitlab=FOLDER`.
///
/// Errors: kinds that there are not, kinds without their file, the same place twice; all of them.
pub fn parse(asked: &[String]) -> Result<Vec<ReportAsked>, Issues> {
    let (mut found, mut issues): (Vec<ReportAsked>, Issues) = (Vec::new(), Issues::new());
    for text in asked {
        match one(text) {
            Ok(reports) => found.extend(reports),
            Err(issue) => issues.push(issue),
        }
    }
    let mut places: BTreeMap<&ReportTarget, ReportKind> = BTreeMap::new();
    for report in &found {
        if let Some(other) = places.insert(&report.target, report.kind) {
            let place = match &report.target {
                ReportTarget::File(path) => path.display().to_string(),
                ReportTarget::Stdout => "stdout".to_owned(),
                ReportTarget::Log => "the log".to_owned(),
            };
            let message = format!("{} and {} both go to {place}", other.name(), report.kind.name());
            issues.push(Issue::error(FLAG, message).with_help("give each its own file"));
        }
    }
    if issues.is_empty() { Ok(found) } else { Err(issues) }
}

const FLAG: &str = "--report";

fn one(text: &str) -> Result<Vec<ReportAsked>, Issue> {
    let (name, place) = text.split_once('=').map_or((text, None), |(name, place)| (name, Some(place)));
    if let Some("") = place {
        let issue = Issue::error(FLAG, format!("found `{text}`, expected a file behind the `=`"));
        return Err(issue.with_help(format!("write `--report {name}=FILE`")));
    }
    if name == BOTH_GITLAB {
        let folder = Path::new(place.unwrap_or("."));
        if place == Some("-") {
            let issue = Issue::error(FLAG, "gitlab writes two files, which cannot both go to stdout");
            return Err(issue.with_help("ask for gitlab-codequality=- or gitlab-metrics=-"));
        }
        let both = GITLAB_FILES.map(|(kind, file)| {
            let path = if folder == Path::new(".") { PathBuf::from(file) } else { folder.join(file) };
            ReportAsked { kind, target: ReportTarget::File(path) }
        });
        return Ok(both.into());
    }
    let Some(kind) = ReportKind::ALL.into_iter().find(|kind| kind.name() == name) else {
        return Err(unknown(name));
    };
    let target = match place {
        Some("-") => ReportTarget::Stdout,
        Some(path) => ReportTarget::File(PathBuf::from(path)),
        None if kind == ReportKind::Github => ReportTarget::Log,
        None => {
            let issue = Issue::error(FLAG, format!("found `{name}`, expected `{name}=FILE`"));
            return Err(issue.with_help("only github and gitlab need no file; `-` is stdout"));
        }
    };
    Ok(vec![ReportAsked { kind, target }])
}

fn unknown(name: &str) -> Issue {
    let mut names: Vec<&str> = ReportKind::ALL.iter().map(|kind| kind.name()).chain([BOTH_GITLAB]).collect();
    names.sort_unstable();
    let issue = Issue::error(FLAG, format!("there is no kind `{name}`; there are {}", names.join(", ")));
    issue.with_help("write `--report KIND=FILE`").suggest(name, names)
}

/// What became of the outputs.
#[derive(Debug, Default)]
pub struct Written {
    /// The one that goes to stdout, where nothing else does then.
    pub stdout: Option<String>,
    /// What goes to the log.
    pub log: Option<String>,
    /// What could not be written; then no file was.
    pub unwritten: Vec<Unwritten>,
}

/// A file that could not be written.
#[derive(Debug)]
pub struct Unwritten {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// Makes and writes all outputs: files beside their places first, then all are moved there.
pub fn write_all(outcome: &Outcome<'_>, asked: &[ReportAsked]) -> Written {
    write(asked, |kind| Some(rendered(outcome, kind)))
}

/// The same where the input was refused and nothing was simulated: those outputs are written that speak of files.
pub fn write_refused(refusal: &Refusal<'_>, asked: &[ReportAsked]) -> Written {
    write(asked, |kind| match kind {
        ReportKind::Junit => Some(junit::refused(refusal)),
        ReportKind::Github => Some(github::refused(refusal)),
        ReportKind::GitlabCodequality => Some(gitlab::refused(refusal)),
        ReportKind::Sarif => Some(sarif::refused(refusal)),
        ReportKind::Json | ReportKind::Markdown | ReportKind::GitlabMetrics | ReportKind::Benchmark => None,
    })
}

fn rendered(outcome: &Outcome<'_>, kind: ReportKind) -> String {
    match kind {
        ReportKind::Json => json::check_json(outcome.result),
        ReportKind::Markdown => markdown::check_markdown(outcome.result),
        ReportKind::Junit => junit::check_junit(outcome.result),
        ReportKind::Github => github::check_commands(outcome),
        ReportKind::GitlabCodequality => gitlab::check_code_quality(outcome),
        ReportKind::GitlabMetrics => gitlab::check_metrics(outcome.result),
        ReportKind::Benchmark => benchmark::check_benchmark(outcome.result),
        ReportKind::Sarif => sarif::check_sarif(outcome),
    }
}

fn write(asked: &[ReportAsked], text: impl Fn(ReportKind) -> Option<String>) -> Written {
    let mut written = Written::default();
    let mut drafts: Vec<Draft> = Vec::new();
    for report in asked {
        let Some(text) = text(report.kind) else { continue };
        match &report.target {
            ReportTarget::Stdout => written.stdout = Some(text),
            ReportTarget::Log => written.log = Some(text),
            ReportTarget::File(path) => match Draft::new(path, &text) {
                Ok(draft) => drafts.push(draft),
                Err(error) => written.unwritten.push(Unwritten { path: path.clone(), error }),
            },
        }
    }
    for draft in drafts {
        let path = draft.path.clone();
        if !written.unwritten.is_empty() {
            draft.discard();
        } else if let Err(error) = draft.publish() {
            written.unwritten.push(Unwritten { path, error });
        }
    }
    written
}

/// A file's new text, beside it.
struct Draft {
    path: PathBuf,
    /// Nothing stands beside a pipe or a device: the text itself waits.
    beside: Result<PathBuf, String>,
}

impl Draft {
    fn new(path: &Path, text: &str) -> io::Result<Self> {
        // Behind a link is the file that is meant.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if place.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
        }
        if place.exists() && !place.is_file() {
            return Ok(Draft { path: place, beside: Err(text.to_owned()) });
        }
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let beside = folder.join(format!(".{name}.{}.tmp", std::process::id()));
        let written = fs::write(&beside, text);
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written.map(|()| Draft { path: place, beside: Ok(beside) })
    }

    fn publish(self) -> io::Result<()> {
        match &self.beside {
            Ok(beside) => fs::rename(beside, &self.path).inspect_err(|_| drop(fs::remove_file(beside))),
            Err(text) => fs::OpenOptions::new().write(true).open(&self.path)?.write_all(text.as_bytes()),
        }
    }

    fn discard(self) {
        if let Ok(beside) = &self.beside {
            let _ = fs::remove_file(beside);
        }
    }
}

//! Which outputs are asked for, and writing them: all of them, or none.

use super::findings::{Outcome, Refusal};
use super::{benchmark, github, gitlab, json, junit, markdown, sarif};
use crate::scenario::issue::{Issue, Issues};
use crate::whole::Draft;
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

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
        // `./x` is `x`.
        Some(path) => {
            ReportTarget::File(Path::new(path).components().filter(|part| *part != Component::CurDir).collect())
        }
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
            ReportTarget::File(path) => match drafted(path, &text) {
                Ok(draft) => drafts.push(draft),
                Err(error) => written.unwritten.push(Unwritten { path: path.clone(), error }),
            },
        }
    }
    // What can still fail comes first.
    drafts.sort_by_key(Draft::is_beside);
    for draft in drafts {
        let path = draft.path().to_owned();
        if written.unwritten.is_empty()
            && let Err(error) = draft.publish()
        {
            written.unwritten.push(Unwritten { path, error });
        }
    }
    written
}

fn drafted(path: &Path, text: &str) -> io::Result<Draft> {
    let mut draft = Draft::new(path)?;
    draft.write_all(text.as_bytes())?;
    draft.flush()?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::super::findings::Root;
    use super::super::fixture::{failed, passed, vast};
    use super::super::text::check_table;
    use super::*;
    use std::fs;

    fn asked(texts: &[&str]) -> Result<Vec<ReportAsked>, Issues> {
        parse(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    fn named(kind: ReportKind, path: &Path) -> ReportAsked {
        ReportAsked { kind, target: ReportTarget::File(path.to_owned()) }
    }

    #[test]
    fn kinds_come_with_their_places() {
        let found = asked(&["junit=a=b.xml", "github", "sarif=-", "gitlab=out", "json=c.json"]).expect("all are known");
        let text: Vec<String> =
            found.iter().map(|report| format!("{} {:?}", report.kind.name(), report.target)).collect();
        assert_eq!(
            text,
            [
                "junit File(\"a=b.xml\")",
                "github Log",
                "sarif Stdout",
                "gitlab-codequality File(\"out/gl-code-quality-report.json\")",
                "gitlab-metrics File(\"out/metrics.txt\")",
                "json File(\"c.json\")"
            ]
        );
        let here = asked(&["gitlab", "github=commands.txt"]).expect("known");
        assert_eq!(here[1].target, ReportTarget::File(PathBuf::from("metrics.txt")));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let issues =
            asked(&["junti=a", "junit", "sarif=", "gitlab=-", "json=./x", "markdown=x"]).expect_err("six faults");
        let text = issues.to_string();
        for part in [
            "no kind `junti`",
            "benchmark, github, gitlab, gitlab-codequality, gitlab-metrics, json, junit, markdown, sarif",
            "did you mean `junit`?",
            "expected `junit=FILE`",
            "found `sarif=`",
            "both go to stdout",
            "json and markdown both go to x",
        ] {
            assert!(text.contains(part), "`{part}` is not in:\n{text}");
        }
        assert_eq!(issues.len(), 5, "{text}");
    }

    #[test]
    fn every_kind_writes_something() {
        let parent = tempfile::tempdir().expect("a folder");
        // To look at the outputs: FORESAIL_SAMPLE=some/folder cargo test --lib report::check::outputs
        let folder = std::env::var_os("FORESAIL_SAMPLE").map_or(parent.path().to_owned(), PathBuf::from);
        let (problems, root) = (Issues::new(), Root::default());
        for (name, result) in [("failed", failed()), ("passed", passed()), ("vast", vast())] {
            let outcome = Outcome { result: &result, problems: &problems, root: &root };
            let place = |kind: ReportKind| folder.join(format!("{name}.{}", kind.name()));
            let asked = ReportKind::ALL.map(|kind| named(kind, &place(kind)));
            assert!(write_all(&outcome, &asked).unwritten.is_empty());
            for kind in ReportKind::ALL {
                assert!(fs::metadata(place(kind)).is_ok_and(|file| file.len() > 0), "{name} {}", kind.name());
            }
            for details in [false, true] {
                let place = folder.join(format!("{name}.{}", if details { "details" } else { "table" }));
                fs::write(place, check_table(&result, details)).expect("a file");
            }
        }
    }

    #[test]
    fn all_files_are_written_or_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = |name: &str| folder.path().join(name);
        let (result, problems, root) = (failed(), Issues::new(), Root::default());
        let outcome = Outcome { result: &result, problems: &problems, root: &root };
        let good = [named(ReportKind::Json, &place("new/a.json")), named(ReportKind::Junit, &place("b.xml"))];
        assert!(write_all(&outcome, &good).unwritten.is_empty());
        let before = fs::read_to_string(place("b.xml")).expect("written");
        assert!(before.starts_with("<?xml"));

        fs::write(place("file"), "").expect("a file");
        fs::write(place("b.xml"), "old").expect("a file");
        let bad = [
            good[1].clone(),
            named(ReportKind::Sarif, &place("file/c.sarif")),
            named(ReportKind::Markdown, &place("new")),
        ];
        let unwritten = write_all(&outcome, &bad).unwritten;
        assert_eq!(unwritten.len(), 2, "both are told: {unwritten:?}");
        assert_eq!(fs::read_to_string(place("b.xml")).expect("still there"), "old");
        let names: Vec<_> =
            fs::read_dir(folder.path()).expect("there").flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(names.len(), 3, "no draft is left: {names:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_stays_one() {
        let (result, problems, root) = (failed(), Issues::new(), Root::default());
        let outcome = Outcome { result: &result, problems: &problems, root: &root };
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &link).expect("a link");
        assert!(write_all(&outcome, &[named(ReportKind::Json, &link)]).unwritten.is_empty());
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());

        let full = Path::new("/dev/full");
        if full.exists() {
            let asked = [named(ReportKind::Junit, &folder.path().join("a.xml")), named(ReportKind::Json, full)];
            assert_eq!(write_all(&outcome, &asked).unwritten.len(), 1);
            assert!(!folder.path().join("a.xml").exists(), "all, or none");
        }
    }
}

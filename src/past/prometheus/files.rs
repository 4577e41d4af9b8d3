//! Answers in files: a folder with a file per query, as a server's are saved or as `curl` wrote them; or series as they are
//! scraped, told by their `__name__`.

use super::answers::{Answers, of_raw};
use super::clock::Clock;
use super::matrix::{self, Line, Written};
use super::queries::{QUERIES, Query};
use super::{Options, nothing_known};
use crate::scenario::encoding;
use crate::scenario::issue::{Issue, Issues};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// As long as the longest run.
const LONGEST_S: i64 = 366 * 86_400;
/// A larger file is no answer, in bytes.
const MOST_BYTES: u64 = 512 << 20;
/// When a server was asked, beside its answers.
const CLOCK: &str = "clock.json";

/// Reads a file or a folder.
///
/// Errors: all files that cannot be read; nothing that is known.
pub(super) fn read(path: &Path, issues: &mut Issues) -> Result<Answers, Issues> {
    let (mut answers, mut wrong) = (Answers::default(), Issues::new());
    let mut unknown = BTreeSet::new();
    match paths(path) {
        Ok(paths) => {
            for path in paths {
                let mut found = Issues::new();
                match read_one(&path, &mut answers, &mut found) {
                    Ok(names) => unknown.extend(names),
                    Err(issue) => wrong.push(located(issue, &path)),
                }
                issues.absorb(found, |place| place.file = Some(path.display().to_string()));
            }
        }
        Err(issue) => wrong.push(located(issue, path)),
    }
    if !unknown.is_empty() {
        let names: Vec<&str> = unknown.iter().map(String::as_str).collect();
        let mut issue = Issue::warning("Prometheus", format!("metrics that nothing is known of: {}", names.join(", ")));
        for name in names {
            issue = issue.suggest(name, QUERIES.iter().map(|query| query.metric));
        }
        issues.push(issue);
    }
    if wrong.is_empty() && answers.is_empty() {
        wrong.push(located(nothing_known(""), path));
    }
    if wrong.is_empty() { Ok(answers) } else { Err(wrong) }
}

/// The clock of what was read: that of the server's answers if it was saved with them, at the step and within the span that are asked for.
///
/// Errors: no two samples to tell a step by; nothing within the span.
pub(super) fn clock(path: &Path, answers: &Answers, options: &Options) -> Result<Clock, Issue> {
    let saved = fs::read_to_string(path.join(CLOCK)).ok();
    let saved = match saved.map(|text| serde_json::from_str::<Clock>(&text).ok().filter(|clock| clock.is_sound())) {
        Some(None) => {
            let issue = Issue::error("", "is not as --save writes it").with_help("remove it: samples have their times");
            return Err(located(issue, &path.join(CLOCK)));
        }
        saved => saved.flatten(),
    };
    let own = saved.or(answers.clock()).ok_or_else(|| {
        let message = "no series has two samples: there is no course over time";
        Issue::error("--prometheus", message).with_help("ask /api/v1/query_range with start, end and step")
    })?;
    let step_s = options.step_s.unwrap_or(own.step_s).max(own.step_s);
    let (from, to) = options.span_s.unwrap_or((own.start_s, own.end_s()));
    let (from, to) = (from.max(own.start_s), to.min(own.end_s()));
    if from > to {
        let message =
            format!("nothing was recorded then: answers are of {} to {}", time(own.start_s), time(own.end_s()));
        return Err(Issue::error("--start", message));
    }
    if to - from > LONGEST_S {
        let message = format!("answers are of {} to {}, expected at most 366 days", time(from), time(to));
        return Err(
            Issue::error("--range", message).with_help("name a part with --start and --end; times are in seconds")
        );
    }
    let steps = usize::try_from((to - from) / i64::from(step_s)).unwrap_or(0) + 1;
    Ok(Clock { start_s: from, step_s, steps })
}

/// An instant for people.
pub(super) fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

fn located(issue: Issue, path: &Path) -> Issue {
    let line = issue.place.line;
    issue.in_file(path.display().to_string(), line)
}

/// The files of a folder in order of their names.
fn paths(path: &Path) -> Result<Vec<PathBuf>, Issue> {
    let unread = |error: std::io::Error| {
        let issue = Issue::error("--prometheus", format!("cannot be read: {error}"));
        issue.with_help("a server is named with its scheme: http://localhost:9090")
    };
    if !fs::metadata(path).map_err(unread)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).map_err(unread)?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json") && !path.ends_with(CLOCK));
    paths.sort();
    if paths.is_empty() {
        let issue = Issue::error("--prometheus", "the folder has no answers, `*.json`");
        return Err(issue.with_help("`foresail init --commands` prints what to ask"));
    }
    Ok(paths)
}

/// Adds a file's lines; the answer is the names of metrics that are unknown.
fn read_one(path: &Path, answers: &mut Answers, issues: &mut Issues) -> Result<BTreeSet<String>, Issue> {
    let unread = |error: std::io::Error| Issue::error("", format!("cannot be read: {error}"));
    let length = fs::metadata(path).map_err(unread)?.len();
    if length > MOST_BYTES {
        let message = format!("has {length} bytes, expected at most {MOST_BYTES}");
        return Err(Issue::error("", message).with_help("ask for a larger step or a shorter span"));
    }
    let unfit = |why: String| Issue::error("", format!("the file {why}"));
    let text = encoding::text(fs::read(path).map_err(unread)?).map_err(unfit)?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let lines = matrix::lines(matrix::written(&text, stem, issues)?, stem, issues);
    if lines.is_empty() {
        issues.push(Issue::note(stem, "there are no series: nothing was recorded of it"));
        return Ok(BTreeSet::new());
    }
    let mut by_name: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for line in lines {
        by_name.entry(line.labels.get("__name__").cloned().unwrap_or_default()).or_default().push(line);
    }
    let mut unknown = BTreeSet::new();
    for (name, lines) in by_name {
        if !name.is_empty() {
            let of_metric: Vec<&'static Query> = QUERIES.iter().filter(|query| query.metric == name).collect();
            of_metric.iter().for_each(|query| answers.add(query, of_raw(query, &lines)));
            unknown.extend(of_metric.is_empty().then_some(name));
            continue;
        }
        // What a query made of a metric has no name any more.
        let Some(query) = QUERIES.iter().find(|query| query.id == stem) else {
            let issue = Issue::error(stem, "has series without `__name__`, and is not called after a query");
            let issue = issue.with_help("call it `ID.json`, as `foresail init --commands` prints them");
            return Err(issue.suggest(stem, QUERIES.iter().map(|query| query.id)));
        };
        answers.add(query, lines);
    }
    Ok(unknown)
}

/// Writes answers to a folder, a file per query: all or nothing. An earlier folder of answers is replaced.
///
/// Errors: why it cannot be written.
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub(super) fn save(folder: &Path, answers: &[(&'static Query, Vec<Written>)], clock: Clock) -> Result<(), Issue> {
    let unwritable = |error: std::io::Error| {
        Issue::error("--save", format!("cannot write {}: {error}", folder.display()))
            .with_help("name a folder that you may write to")
    };
    if fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(|entry| !is_answer(&entry.path()))) {
        let message = format!("{} has other files than answers", folder.display());
        return Err(Issue::error("--save", message).with_help("name a new folder"));
    }
    let mut partial = folder.as_os_str().to_owned();
    partial.push(format!(".{}.tmp", std::process::id()));
    let partial = PathBuf::from(partial);
    let written = fs::create_dir_all(&partial).and_then(|()| {
        for (query, written) in answers {
            let answer = serde_json::json!({
                "status": "success",
                "data": { "resultType": "matrix", "result": written },
            });
            fs::write(partial.join(format!("{}.json", query.id)), answer.to_string())?;
        }
        fs::write(partial.join(CLOCK), serde_json::json!(clock).to_string())?;
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::rename(&partial, folder)
    });
    written.map_err(|error| {
        let _ = fs::remove_dir_all(&partial);
        unwritable(error)
    })
}

fn is_answer(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    path.ends_with(CLOCK)
        || path.extension().is_some_and(|end| end == "json") && QUERIES.iter().any(|query| query.id == stem)
}

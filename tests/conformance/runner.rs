//! Reads the recordings, hands each case to its controller's judge, prints the tally.

use crate::differences::{self, cases_of, themes_of};
use foresail::release::KubernetesVersion;
use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Judges one case (one JSON object as text): the first difference, or nothing.
#[derive(Clone, Copy)]
pub(crate) enum Judge {
    /// Whatever the version.
    Plain(fn(case: &str) -> Result<(), String>),
    /// By the rules of a version.
    Of(fn(case: &str, version: KubernetesVersion) -> Result<(), String>),
}

/// One controller's recordings.
pub(crate) struct Controller {
    /// The folder under the recordings' root, and the prefix of the printed lines. `NAME-1.NN` holds those of another version than 1.28.
    pub name: &'static str,
    /// Compares one case with the recording.
    pub judge: Judge,
    /// Splits a theme's cases into lines of their own: a suffix for the case, usually empty.
    pub subtheme: fn(case: &str) -> &'static str,
    /// What else there is to say of a theme's cases, behind their tally.
    pub remark: Option<fn(cases: &[&str]) -> String>,
    /// Tells the difference of every case, not of a theme's first alone.
    pub tells_all: bool,
}

impl Controller {
    /// A controller whose themes are one line each.
    pub(crate) const fn new(name: &'static str, judge: fn(case: &str) -> Result<(), String>) -> Self {
        Controller { name, judge: Judge::Plain(judge), subtheme: whole_theme, remark: None, tells_all: false }
    }

    /// As [`new`](Self::new), of which there are recordings of several versions.
    pub(crate) const fn versioned(
        name: &'static str,
        judge: fn(case: &str, version: KubernetesVersion) -> Result<(), String>,
    ) -> Self {
        Controller { judge: Judge::Of(judge), ..Controller::new(name, |_| Ok(())) }
    }
}

/// The usual [`Controller::subtheme`]: one line per file.
pub(crate) fn whole_theme(_case: &str) -> &'static str {
    ""
}

/// Recordings of numbers with their uncertainty instead of decisions: they are read and judged as a
/// whole, and may miss a share of the comparisons by chance alone.
pub(crate) struct Measurement {
    /// The folder under the recordings' root, and the prefix of the printed lines.
    pub name: &'static str,
    /// Replays the themes that `wanted` selects by their line; prints what else there is to say.
    pub replay: fn(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Tally)>,
    /// The share of a theme's comparisons that must be within their interval.
    pub share_wanted: f64,
}

/// How many comparisons there were, how many passed, and those that did not.
#[derive(Default)]
pub(crate) struct Tally {
    pub passed: usize,
    pub total: usize,
    /// What differs, case by case.
    pub differences: Vec<String>,
    /// What else there is to say.
    pub remark: String,
}

impl Tally {
    /// One more case.
    pub(crate) fn count(&mut self, verdict: Result<(), String>) {
        self.total += 1;
        match verdict {
            Ok(()) => self.passed += 1,
            Err(difference) => self.differences.push(difference),
        }
    }
}

/// Replays everything that is there; fails if a case differs, or a theme of a measurement too often, or if nothing is
/// there.
pub(crate) fn run(controllers: &[Controller], measurements: &[Measurement]) -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if std::env::args().any(|a| a == "--list") {
        return ExitCode::SUCCESS;
    }
    if let ["pack", whole, base] = wanted.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return pack(Path::new(whole), base);
    }
    let selected = |line: &str| wanted.is_empty() || wanted.iter().any(|w| line.contains(w.as_str()));
    let root = root();
    if !root.is_dir() {
        println!("{}: there is no such folder", root.display());
        return ExitCode::FAILURE;
    }
    let (mut passed, mut failed) = (0, 0);
    for (controller, folder, version) in folders(&root, controllers, measurements) {
        let folder = root.join(folder);
        let (shown, themes) = match themes_of(&folder) {
            Ok(themes) => (folder.file_name().unwrap_or_default().to_string_lossy(), themes),
            Err(why) => {
                println!("{why}");
                failed += 1;
                continue;
            }
        };
        for theme in themes {
            let line = format!("{shown}/{theme}");
            if !selected(&line) {
                continue;
            }
            for (suffix, tally) in replay(controller, version, cases_of(&folder, &theme)) {
                print(&format!("{line}{suffix}"), &tally, controller.tells_all);
                passed += tally.passed;
                failed += tally.total - tally.passed;
            }
        }
    }
    for measurement in measurements {
        for (theme, tally) in (measurement.replay)(&root.join(measurement.name), &selected) {
            print(&format!("{}/{theme}", measurement.name), &tally, false);
            let enough = tally.passed as f64 >= measurement.share_wanted * tally.total as f64;
            *(if enough { &mut passed } else { &mut failed }) += 1;
        }
    }
    println!("\n{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `pack WHOLE BASE`: keeps the recordings of the folder `WHOLE` as what differs from the folder `BASE` that is here.
fn pack(whole: &Path, base: &str) -> ExitCode {
    let done = differences::pack(whole, base, &root().join(whole.file_name().unwrap_or_default()));
    println!("{}", done.as_deref().unwrap_or_else(|why| why));
    if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The folders of recordings, controller by controller, oldest version first. One that nobody knows is named and left out.
fn folders<'a>(
    root: &Path,
    controllers: &'a [Controller],
    measurements: &[Measurement],
) -> Vec<(&'a Controller, String, KubernetesVersion)> {
    let mut found = Vec::new();
    let names = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut names: Vec<String> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    for name in names {
        let whose = |controller: &&Controller| {
            name.strip_prefix(controller.name).is_some_and(|rest| rest.is_empty() || rest.starts_with("-1."))
        };
        let has_recordings = !themes(&root.join(&name)).is_empty();
        match controllers.iter().find(whose) {
            Some(controller) => match name[controller.name.len()..].strip_prefix('-').map(KubernetesVersion::parse) {
                None => found.push((controller, name, KubernetesVersion::OLDEST)),
                Some(Ok(version)) => found.push((controller, name, version)),
                Some(Err(why)) => println!("{name}: skipped: {why}"),
            },
            None if has_recordings && measurements.iter().all(|row| row.name != name) => {
                println!("{name}: skipped: no controller of that name");
            }
            None => {}
        }
    }
    let place = |row: &Controller| controllers.iter().position(|other| std::ptr::eq(row, other));
    found.sort_by_key(|(controller, _, version)| (place(controller), *version));
    found
}

fn print(line: &str, tally: &Tally, tells_all: bool) {
    println!("{line}: {}/{}{}", tally.passed, tally.total, tally.remark);
    let told = if tells_all { usize::MAX } else { 1 };
    for difference in tally.differences.iter().take(told) {
        println!("    {}difference: {difference}", if tells_all { "" } else { "first " });
    }
}

fn root() -> PathBuf {
    match std::env::var_os("FORESAIL_CONFORMANCE") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance"),
    }
}

/// The files of each theme of a folder, `THEME.jsonl.gz` or `THEME.jsonl`; none when the folder is absent.
pub(crate) fn themes(folder: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut themes: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(theme) = name.strip_suffix(".jsonl.gz").or(name.strip_suffix(".jsonl")) {
            themes.entry(theme.to_owned()).or_default().push(entry.path());
        }
    }
    themes.values_mut().for_each(|files| files.sort());
    themes
}

/// The text of a file, compressed or not. Errors: why it cannot be read, in words.
pub(crate) fn read(file: &Path) -> Result<String, String> {
    let bytes = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut text = String::new();
    let read = match file.extension().is_some_and(|extension| extension == "gz") {
        true => flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text),
        false => bytes.as_slice().read_to_string(&mut text),
    };
    read.map(|_| text).map_err(|e| format!("{}: {e}", file.display()))
}

/// The tallies of a theme's cases by subtheme, in order of first appearance. A theme that cannot be read is a case that differs.
fn replay(
    controller: &Controller,
    version: KubernetesVersion,
    cases: Result<Vec<Value>, String>,
) -> Vec<(&'static str, Tally)> {
    let mut tallies: Vec<(&'static str, Tally)> = Vec::new();
    let mut rows: Vec<(&'static str, String)> = Vec::new();
    match cases {
        Ok(cases) => rows.extend(cases.into_iter().map(text).map(|case| ((controller.subtheme)(&case), case))),
        Err(why) => tally_of(&mut tallies, "").count(Err(why)),
    }
    let judge = |case: &str| match controller.judge {
        Judge::Plain(judge) => judge(case),
        Judge::Of(judge) => judge(case, version),
    };
    let verdicts: Vec<_> = rows.par_iter().map(|(_, case)| judged(|| judge(case))).collect();
    for ((suffix, _), verdict) in rows.iter().zip(verdicts) {
        tally_of(&mut tallies, suffix).count(verdict);
    }
    if let Some(remark) = controller.remark {
        for (suffix, tally) in &mut tallies {
            let of_line = rows.iter().filter(|(other, _)| other == suffix);
            tally.remark = remark(&of_line.map(|(_, case)| case.as_str()).collect::<Vec<_>>());
        }
    }
    tallies
}

fn tally_of<'a>(tallies: &'a mut Vec<(&'static str, Tally)>, suffix: &'static str) -> &'a mut Tally {
    let known = tallies.iter().position(|(other, _)| *other == suffix);
    let at = known.unwrap_or_else(|| {
        tallies.push((suffix, Tally::default()));
        tallies.len() - 1
    });
    &mut tallies[at].1
}

/// A case's text. What is `null` is taken to be absent, as the API's decoders do.
fn text(mut case: Value) -> String {
    drop_nulls(&mut case);
    case.to_string()
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// A panic is a difference of the case at hand; the others still run.
pub(crate) fn judged<T>(judge: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(judge)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        Err(format!("panicked: {}", text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?")))
    })
}

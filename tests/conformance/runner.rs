//! Reads the recordings, hands each case to its controller's judge, prints the tally.

use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Judges one case (one JSON object as text): the first difference, or nothing.
pub(crate) type Judge = fn(case: &str) -> Result<(), String>;

/// One controller's recordings.
pub(crate) struct Controller {
    /// The folder under the recordings' root, and the prefix of the printed lines.
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
    pub(crate) const fn new(name: &'static str, judge: Judge) -> Self {
        Controller { name, judge, subtheme: whole_theme, remark: None, tells_all: false }
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
    let selected = |line: &str| wanted.is_empty() || wanted.iter().any(|w| line.contains(w.as_str()));
    let root = root();
    if !root.is_dir() {
        println!("{}: there is no such folder", root.display());
        return ExitCode::FAILURE;
    }
    let (mut passed, mut failed) = (0, 0);
    for controller in controllers {
        for (theme, files) in themes(&root.join(controller.name)) {
            let line = format!("{}/{theme}", controller.name);
            if !selected(&line) {
                continue;
            }
            for (suffix, tally) in replay(controller, &files) {
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
fn themes(folder: &Path) -> BTreeMap<String, Vec<PathBuf>> {
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

/// The tallies of a theme's files by subtheme, in order of first appearance. A file that cannot be read is a case that
/// differs.
fn replay(controller: &Controller, files: &[PathBuf]) -> Vec<(&'static str, Tally)> {
    let mut tallies: Vec<(&'static str, Tally)> = Vec::new();
    let mut rows: Vec<(&'static str, String)> = Vec::new();
    for file in files {
        match read(file) {
            Ok(text) => rows.extend(cases(&text).map(|case| ((controller.subtheme)(&case), case))),
            Err(why) => tally_of(&mut tallies, "").count(Err(why)),
        }
    }
    let verdicts: Vec<_> = rows.par_iter().map(|(_, case)| judged(|| (controller.judge)(case))).collect();
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

/// The cases of a text, one a line. What is `null` is taken to be absent, as the API's decoders do.
fn cases(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| match serde_json::from_str(line) {
        Ok(mut case) => {
            drop_nulls(&mut case);
            case.to_string()
        }
        // Its judge says what is wrong with it.
        Err(_) => line.to_owned(),
    })
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

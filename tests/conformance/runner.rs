//! Reads the recordings, hands each case to its controller's judge, prints the tally.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Judges one case (one JSON object as text): the first difference, or nothing.
pub type Judge = fn(case: &str) -> Result<(), String>;

/// One controller's recordings.
pub struct Controller {
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
    pub const fn new(name: &'static str, judge: Judge) -> Self {
        Controller { name, judge, subtheme: whole_theme, remark: None, tells_all: false }
    }
}

/// The usual [`Controller::subtheme`]: one line per file.
pub fn whole_theme(_case: &str) -> &'static str {
    ""
}

/// Recordings of numbers with their uncertainty instead of decisions: they are read and judged as a
/// whole, and may miss a share of the comparisons by chance alone.
pub struct Measurement {
    /// The folder under the recordings' root, and the prefix of the printed lines.
    pub name: &'static str,
    /// Replays the themes that `wanted` selects by their line; prints what else there is to say.
    pub replay: fn(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Tally)>,
    /// The share of a theme's comparisons that must be within their interval.
    pub share_wanted: f64,
}

/// How many comparisons there were, how many passed, and those that did not.
#[derive(Default)]
pub struct Tally {
    pub passed: usize,
    pub total: usize,
    /// What differs, case by case.
    pub differences: Vec<String>,
    /// What else there is to say.
    pub remark: String,
}

/// Replays everything that is there; fails if a case differs, or a theme of a measurement too often.
pub fn run(controllers: &[Controller], measurements: &[Measurement]) -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if std::env::args().any(|a| a == "--list") {
        return ExitCode::SUCCESS;
    }
    let selected = |line: &str| wanted.is_empty() || wanted.iter().any(|w| line.contains(w.as_str()));
    let root = root();
    let (mut passed, mut failed) = (0, 0);
    for controller in controllers {
        for file in themes(&root.join(controller.name)) {
            let theme = theme_name(&file);
            let line = format!("{}/{theme}", controller.name);
            if !selected(&line) {
                continue;
            }
            for (suffix, tally) in replay(controller, &file) {
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

/// The `*.jsonl.gz` files of a folder, by name; none when the folder is absent.
fn themes(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".jsonl.gz"))
        .collect();
    files.sort();
    files
}

fn theme_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.trim_end_matches(".jsonl.gz").to_owned()
}

/// The tallies of one file by subtheme, in order of first appearance.
fn replay(controller: &Controller, file: &Path) -> Vec<(&'static str, Tally)> {
    let bytes = std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice())
        .read_to_string(&mut text)
        .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let cases: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    use rayon::prelude::*;
    let verdicts: Vec<_> =
        cases.par_iter().map(|case| ((controller.subtheme)(case), judged(controller.judge, case))).collect();
    let mut tallies: Vec<(&'static str, Tally)> = Vec::new();
    for (suffix, verdict) in verdicts {
        let position = tallies.iter().position(|(s, _)| *s == suffix).unwrap_or_else(|| {
            tallies.push((suffix, Tally::default()));
            tallies.len() - 1
        });
        let tally = &mut tallies[position].1;
        tally.total += 1;
        match verdict {
            Ok(()) => tally.passed += 1,
            Err(difference) => tally.differences.push(difference),
        }
    }
    if let Some(remark) = controller.remark {
        for (suffix, tally) in &mut tallies {
            let of_line = |case: &&&str| (controller.subtheme)(case) == *suffix;
            let rows: Vec<&str> = cases.iter().filter(of_line).copied().collect();
            tally.remark = remark(&rows);
        }
    }
    tallies
}

/// A panic of one case is that case's difference; the others still run.
fn judged(judge: Judge, case: &str) -> Result<(), String> {
    std::panic::catch_unwind(|| judge(case)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        Err(format!("panicked: {}", text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?")))
    })
}

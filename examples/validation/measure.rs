//! Every recorded case in our engine: equal or not, and how fast.

use crate::case::Case;
use crate::{compare, replay, world};
use foresail::rng::Seed;
use foresail::sim::outcome::Outcome;
use foresail::units::SimDuration;
use foresail::world::Timing;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Wall times are the least of so many runs.
pub(crate) const TIMED_RUNS: usize = 20;

/// A case with our run of it.
pub(crate) struct Measured {
    pub theme: String,
    pub case: Case,
    pub outcome: Outcome,
    pub difference: Option<String>,
    /// Of one run on one thread, reading and building excluded as in the recordings.
    pub wall: Duration,
    /// Of the real controllers, if it is known; with the machine's own rounding to a tenth of a second.
    pub real_wall_s: Option<f64>,
}

type Failure = Box<dyn std::error::Error>;

/// All cases, theme by theme.
pub(crate) fn all(folder: &Path) -> Result<Vec<Measured>, Failure> {
    let walls = real_walls(&std::fs::read_to_string(folder.join("timings.txt"))?);
    let mut files: Vec<_> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".jsonl.gz"));
    files.sort();
    let mut rows = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let theme = name.trim_end_matches(".jsonl.gz").to_owned();
        for line in text(&file)?.lines().filter(|line| !line.trim().is_empty()) {
            let case: Case = serde_json::from_str(line)?;
            rows.push(one(theme.clone(), case, &walls)?);
        }
    }
    Ok(rows)
}

fn one(theme: String, case: Case, walls: &BTreeMap<String, f64>) -> Result<Measured, Failure> {
    let outcome = replay::lockstep(&case)?;
    let cast = Arc::new(world::build(&case)?);
    let timing = Timing { lockstep: true, by_chance: false, step: SimDuration::from_secs(15), ..Timing::default() };
    let time = |_| {
        let begin = Instant::now();
        replay::run(&case, cast.clone(), timing.clone(), Seed::new(case.seed, 0));
        begin.elapsed()
    };
    let wall = (0..TIMED_RUNS).map(time).min().unwrap_or_default();
    let difference = compare::first_difference(&case, &outcome);
    let real_wall_s = walls.get(&case.name).copied();
    Ok(Measured { theme, case, outcome, difference, wall, real_wall_s })
}

/// The text of a gzipped file.
pub(crate) fn text(file: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(file)?;
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text)?;
    Ok(text)
}

/// `# name simulated_s wall_s ...`
fn real_walls(text: &str) -> BTreeMap<String, f64> {
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.nth(1)?.parse().ok()?))
    };
    rows.filter_map(row).collect()
}

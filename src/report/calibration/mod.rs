//! What `foresail calibrate` found: on the terminal, as a page that shows both lines, as JSON.

mod page;
mod text;

pub use page::page;
pub use text::{table, verdicts};

use crate::calibrate::Calibration;
use crate::past::Past;
use crate::scenario::issue::Severity;
use serde_json::{Value, json};

/// What is shown: the calibration, and what it was held against.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The scenario's name.
    pub name: &'a str,
    /// What was found.
    pub calibration: &'a Calibration,
    /// All that was recorded.
    pub past: &'a Past,
    /// How many replays there were.
    pub replays: u32,
}

impl Shown<'_> {
    /// The instant of a step, as RFC 3339 to the minute.
    fn at(&self, step: usize) -> String {
        let seconds = self.past.start_s + step as i64 * i64::from(self.past.step_s);
        let when = jiff::Timestamp::from_second(seconds);
        when.map_or_else(|_| seconds.to_string(), |when| when.strftime("%Y-%m-%d %H:%M UTC").to_string())
    }
    /// What was fitted, what was held back.
    fn about(&self) -> String {
        let split = &self.calibration.split;
        format!(
            "fitted to {} until {}, held against what came until {}; {} replays",
            self.at(split.fitted.start),
            self.at(split.fitted.end),
            self.at(split.held.end),
            self.replays
        )
    }
    fn caveats(&self) -> Vec<String> {
        let issues = self.calibration.issues.iter().filter(|issue| issue.severity != Severity::Note);
        issues.map(|issue| issue.sentence()).collect()
    }
    /// Metrics that would improve some answer, each once.
    fn wanted(&self) -> Vec<&str> {
        let mut all: Vec<&str> =
            self.calibration.verdicts.iter().flat_map(|verdict| &verdict.record).map(String::as_str).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Everything as one object: `calibration.json`.
pub fn json(shown: &Shown<'_>) -> Value {
    let Calibration { parameters, comparisons, verdicts, split, .. } = shown.calibration;
    json!({
        "scenario": shown.name,
        "foresailVersion": env!("CARGO_PKG_VERSION"),
        "recorded": { "start": shown.at(0), "stepSeconds": shown.past.step_s, "steps": shown.past.steps },
        "fitted": { "from": shown.at(split.fitted.start), "to": shown.at(split.fitted.end) },
        "heldBack": { "from": shown.at(split.held.start), "to": shown.at(split.held.end) },
        "replays": shown.replays,
        "parameters": parameters,
        "comparisons": comparisons,
        "verdicts": verdicts,
        "caveats": shown.caveats(),
        "record": shown.wanted(),
    })
}

//! What `foresail hpa` prints: timelines in words, totals side by side, a chart; and `foresail vpa`'s requests.
//!
//! Start reading at [`HpaRun`].

mod against;
mod chart;
mod data;
mod requests;
mod tables;
mod words;

pub use against::otherwise;
pub use chart::{page, svg};
pub use data::{csv, json};
pub use requests::{advice_csv, advice_json, advice_markdown, advice_terminal};
pub use tables::{markdown, terminal};

use crate::dry_run::hpa::{Run, Timeline};
use crate::hpa::HpaSpec;
use crate::intern::Interner;
use crate::units::SimTime;

/// A dry run with what is needed to put it into words.
#[derive(Clone, Copy, Debug)]
pub struct HpaRun<'a> {
    /// What it is called.
    pub label: &'a str,
    /// The HPA.
    pub spec: &'a HpaSpec,
    /// What it did.
    pub timeline: &'a Timeline,
    /// The names of its metrics.
    pub symbols: &'a Interner,
}

impl<'a> HpaRun<'a> {
    /// Of a dry run; `symbols` are the names of its metrics.
    pub fn new(run: &'a Run, symbols: &'a Interner) -> Self {
        HpaRun { label: &run.label, spec: &run.spec, timeline: &run.timeline, symbols }
    }
}

/// Seconds of Unix time from which on a time is one of the calendar (1973).
const CALENDAR_FROM_S: i64 = 100_000_000;

/// `2026-01-31 10:42:15`, or `1:02:15` since the start.
fn clock(at: SimTime) -> String {
    let seconds = at.as_secs();
    if seconds >= CALENDAR_FROM_S
        && let Ok(timestamp) = jiff::Timestamp::from_second(seconds)
    {
        return timestamp.strftime("%Y-%m-%d %H:%M:%S").to_string();
    }
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

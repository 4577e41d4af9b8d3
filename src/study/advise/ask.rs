//! What is asked of a search: of what, until when, with what is known already, and what it may not look at.

use super::outcome::Outcome;
use super::periods::Period;
use crate::scenario::wanted::HoldBack;
use crate::scenario::{Scenario, Setting, Written};
use crate::units::{SimDuration, SimTime};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Fresh periods in which an answer is checked.
const CHECK: u32 = 20;
/// Of a trace this share is held back, if it is so long.
const HELD_BACK: f64 = 0.3;
const LONG_ENOUGH: SimDuration = SimDuration::from_hours(48);

/// What is asked.
pub struct Ask<'a> {
    /// The scenario as it is written, and built.
    pub written: &'a Written,
    /// What is set on top of it.
    pub sets: &'a [Setting],
    /// With that.
    pub base: &'a Scenario,
    /// Outcomes of an earlier search.
    pub known: &'a dyn Known,
    /// When to stop.
    pub ends: Ends<'a>,
    /// Fresh periods in which the answer is checked.
    pub check: u32,
    /// The search looks at the time before this, and its answer is checked after it; absent: both in the whole, with other luck.
    pub split: Option<SimTime>,
}

impl<'a> Ask<'a> {
    /// As the scenario itself asks: part of a trace of two days or more is held back, else other luck is.
    pub fn of(written: &'a Written, sets: &'a [Setting], base: &'a Scenario, ends: Ends<'a>) -> Ask<'a> {
        let share = match base.wanted.hold_back {
            Some(HoldBack::Share(share)) => Some(share),
            None if base.has_trace && base.duration >= LONG_ENOUGH => Some(HELD_BACK),
            _ => None,
        };
        let split =
            share.map(|share| SimTime::ZERO + SimDuration::from_secs_f64(base.duration.as_secs_f64() * (1.0 - share)));
        let weeks = match base.wanted.hold_back {
            Some(HoldBack::Weeks(weeks)) => weeks,
            _ => CHECK,
        };
        Ask { written, sets, base, known: &(), ends, check: weeks, split }
    }
}

/// Remembers outcomes from one search to the next: a file of them, or nothing.
pub trait Known: Sync {
    /// What came of a period with these settings (in the words of `--set`), if it is known.
    fn get(&self, settings: &str, period: Period) -> Option<Outcome>;
    /// It came to this.
    fn put(&self, settings: &str, period: Period, outcome: &Outcome);
}

impl Known for () {
    fn get(&self, _: &str, _: Period) -> Option<Outcome> {
        None
    }
    fn put(&self, _: &str, _: Period, _: &Outcome) {}
}

/// When to stop.
#[derive(Clone, Copy)]
pub struct Ends<'a> {
    /// Replications, all together; about so many.
    pub replications: u32,
    /// No new setting is tried after this.
    pub until: Option<Instant>,
    /// Somebody asks for the best so far.
    pub stop: &'a AtomicBool,
}

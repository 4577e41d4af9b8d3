//! When the simulated time is, and in whose calendar.

use crate::cost::Calendar;
use crate::scenario::file::ScenarioFile;
use crate::scenario::issue::{Issue, Issues};
use crate::units::SimDuration;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use std::sync::Arc;

/// Monday 2026-12-07: where nothing is said, weeks begin on a Monday, in the month after the shipped prices were collected.
pub(super) const START: Date = jiff::civil::date(2026, 12, 7);

/// When the simulated time begins.
pub(super) struct Start {
    pub(super) at: Timestamp,
    pub(super) zone: TimeZone,
    /// The scenario did not say.
    pub(super) assumed: bool,
}

/// Reads `billing.start` and `billing.timeZone`; what is wrong is said, and the default stands in.
pub(super) fn start(file: &ScenarioFile, issues: &mut Issues) -> Start {
    let name = file.billing.time_zone.as_deref().unwrap_or("UTC");
    let zone = TimeZone::get(name).unwrap_or_else(|_| {
        let help = "an IANA name such as Europe/Berlin";
        issues.push(Issue::error("billing.timeZone", format!("found `{name}`, expected {help}")));
        TimeZone::UTC
    });
    let midnight = |date: Date| date.to_zoned(zone.clone()).map(|zoned| zoned.timestamp());
    let read = file.billing.start.as_deref().map(|text| {
        let date = text.parse::<Date>().ok().filter(|_| !text.contains([':', 'T'])).map(midnight);
        let instant = || text.parse::<Timestamp>();
        let local = || text.parse::<DateTime>()?.to_zoned(zone.clone()).map(|zoned| zoned.timestamp());
        let at = date.unwrap_or_else(|| instant().or_else(|_| local())).ok();
        // What bills are made of lies between the first public cloud and the end of the calendar.
        (text, at.filter(|at| (1_136_073_600..=4_102_444_800).contains(&at.as_second())))
    });
    let fallback = midnight(START).unwrap_or(Timestamp::UNIX_EPOCH);
    match read {
        None => Start { at: fallback, zone, assumed: true },
        Some((_, Some(at))) => Start { at, zone, assumed: false },
        Some((text, None)) => {
            let expected = "a date such as 2026-12-07, or a moment such as 2026-12-07T00:00:00Z, from 2006 to 2099";
            issues.push(Issue::error("billing.start", format!("found `{text}`, expected {expected}")));
            Start { at: fallback, zone, assumed: true }
        }
    }
}

/// The account's calendar over the simulated time.
pub(super) fn calendar(start: &Start, span: SimDuration) -> Arc<Calendar> {
    Arc::new(Calendar::new(start.at, &start.zone, span).unwrap_or_default())
}

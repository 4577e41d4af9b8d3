//! Times as metrics files write them.

use crate::units::{SimDuration, SimTime};

/// From this many seconds on, a number is a Unix time and not a time since the start (1973).
const UNIX_FROM_S: f64 = 1e8;
/// Unix times in milliseconds, as some exporters write them.
const UNIX_MILLIS_FROM: f64 = 1e11;
/// What a time may hold, in seconds.
const MOST_S: f64 = 9e9;

/// A time, and whether it is one of the calendar.
///
/// Errors: in words.
pub(super) fn parse(text: &str) -> Result<(SimTime, bool), String> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number).ok_or_else(|| format!("`{text}` is out of range"));
    }
    let spaced = text.replacen(' ', "T", 1);
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>().or_else(|_| spaced.parse()) {
        return absolute(timestamp).ok_or_else(|| format!("`{text}` is out of range"));
    }
    let civil = spaced.parse::<jiff::civil::DateTime>().ok();
    if let Some(timestamp) = civil.and_then(|civil| civil.to_zoned(jiff::tz::TimeZone::UTC).ok()) {
        return absolute(timestamp.timestamp()).ok_or_else(|| format!("`{text}` is out of range"));
    }
    match SimDuration::parse(text) {
        Ok(span) => Ok((SimTime::ZERO + span, false)),
        Err(_) => Err(format!(
            "`{text}` is not a time: write RFC 3339 (2026-01-31T10:42:00Z), Unix seconds, or seconds since the start"
        )),
    }
}

/// From seconds since the start, Unix seconds or Unix milliseconds.
pub(super) fn from_number(number: f64) -> Option<(SimTime, bool)> {
    let seconds = if number >= UNIX_MILLIS_FROM { number / 1000.0 } else { number };
    let fits = (0.0..MOST_S).contains(&seconds);
    fits.then(|| (SimTime::from_millis((seconds * 1000.0).round() as i64), seconds >= UNIX_FROM_S))
}

fn absolute(timestamp: jiff::Timestamp) -> Option<(SimTime, bool)> {
    (timestamp.as_second() >= 0).then(|| (SimTime::from_millis(timestamp.as_millisecond()), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        let at = |text: &str| parse(text).map(|(time, absolute)| (time.as_secs(), absolute));
        assert_eq!(at("2026-01-01T00:00:15Z"), Ok((1_767_225_615, true)));
        assert_eq!(at("2026-01-01 00:00:15"), Ok((1_767_225_615, true)));
        assert_eq!(at("1767225615"), Ok((1_767_225_615, true)));
        assert_eq!(at("1767225615000"), Ok((1_767_225_615, true)));
        assert_eq!(at("30"), Ok((30, false)));
        assert_eq!(at("2m30s"), Ok((150, false)));
        assert!(at("yesterday").is_err());
        assert!(at("-5").is_err());
    }
}

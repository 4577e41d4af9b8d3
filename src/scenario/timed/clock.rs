//! Times as recordings write them, and their order.

use super::table::at_line;
use crate::scenario::issue::Issue;
use crate::units::{SimDuration, SimTime};
use std::collections::HashMap;

/// From this many seconds on, a number is a Unix time and not a time since the start (1973).
const UNIX_FROM_S: f64 = 1e8;
/// Unix times in milliseconds, as some exporters write them; in microseconds and nanoseconds a thousand times that.
const UNIX_MILLIS_FROM: f64 = 1e11;
const UNIX_MICROS_FROM: f64 = 1e14;
const UNIX_NANOS_FROM: f64 = 1e17;
/// What a time may hold, in seconds.
const MOST_S: f64 = 9e9;

/// A time that was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading {
    /// Since the start of the recording, or since 1970.
    pub(crate) seconds: f64,
    /// Whether it is since 1970.
    pub(crate) is_calendar: bool,
}

impl Reading {
    /// RFC 3339, a date with a time (UTC), Unix seconds or milliseconds, seconds or a duration since the start.
    ///
    /// Errors: in words.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let out_of_range = || format!("`{text}` is out of range");
        if let Ok(number) = text.parse::<f64>() {
            return Reading::from_number(number).ok_or_else(out_of_range);
        }
        let spaced = text.replacen(' ', "T", 1);
        if let Ok(timestamp) = text.parse::<jiff::Timestamp>().or_else(|_| spaced.parse()) {
            return Reading::of(timestamp).ok_or_else(out_of_range);
        }
        let civil = spaced.parse::<jiff::civil::DateTime>().ok();
        if let Some(timestamp) = civil.and_then(|civil| civil.to_zoned(jiff::tz::TimeZone::UTC).ok()) {
            return Reading::of(timestamp.timestamp()).ok_or_else(out_of_range);
        }
        match SimDuration::parse(text) {
            Ok(span) => Ok(Reading { seconds: span.as_secs_f64(), is_calendar: false }),
            Err(_) => Err(format!(
                "`{text}` is not a time: write RFC 3339 (2026-01-31T10:42:00Z), Unix seconds, or seconds since the start"
            )),
        }
    }
    /// From seconds since the start, or Unix seconds, milliseconds, microseconds or nanoseconds.
    pub(crate) fn from_number(number: f64) -> Option<Self> {
        let seconds = match number {
            UNIX_NANOS_FROM.. => number / 1e9,
            UNIX_MICROS_FROM.. => number / 1e6,
            UNIX_MILLIS_FROM.. => number / 1e3,
            _ => number,
        };
        let is_calendar = seconds >= UNIX_FROM_S;
        (seconds.abs() < MOST_S).then_some(Reading { seconds, is_calendar })
    }
    /// An instant from 1970 on.
    pub(crate) fn of(timestamp: jiff::Timestamp) -> Option<Self> {
        let seconds = timestamp.as_nanosecond() as f64 / 1e9;
        (seconds >= 0.0).then_some(Reading { seconds, is_calendar: true })
    }
    /// In whole milliseconds: no recording is finer, and sums of fractions are not equal where they should be.
    pub(crate) fn time(self) -> SimTime {
        SimTime::from_millis((self.seconds * 1000.0).round() as i64)
    }
}

/// How the times of a file follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Each after the one before.
    Rising,
    /// Several may be equal.
    NotFalling,
    /// As they come, none twice.
    Any,
}

/// The times of a file: all of one calendar, in order, from 0 where they count from the start.
pub(crate) struct Clock {
    order: Order,
    /// Times before the start are times, too.
    pub(crate) allows_negative: bool,
    is_calendar: Option<bool>,
    /// By series and time: the line.
    seen: HashMap<(u32, u64), u32>,
    /// The last time of each series, and its line.
    last: HashMap<u32, (f64, u32)>,
}

impl Clock {
    pub(crate) fn new(order: Order) -> Self {
        Clock { order, allows_negative: false, is_calendar: None, seen: HashMap::new(), last: HashMap::new() }
    }

    /// The time of a row; order counts within a `series`, a number and what it is called.
    ///
    /// Errors: what is wrong with it.
    pub(crate) fn read(&mut self, text: &str, (series, whose): (u32, &str), line: u32) -> Result<Reading, Issue> {
        let reading = Reading::parse(text).map_err(|why| at_line(line, why))?;
        if reading.seconds < 0.0 && !self.allows_negative {
            return Err(at_line(line, format!("`{}` is out of range", text.trim())));
        }
        if !self.is_of_this_calendar(reading) {
            let message = "the time counts from the start while others are of the calendar, or the other way round";
            return Err(at_line(line, message));
        }
        let (text, seconds) = (text.trim(), reading.seconds);
        if self.order != Order::NotFalling
            && let Some(first) = self.seen.insert((series, seconds.to_bits()), line)
        {
            let of = if whose.is_empty() { String::new() } else { format!(" of `{whose}`") };
            return Err(at_line(line, format!("the time `{text}`{of} is there already, in line {first}")));
        }
        let before = self.last.insert(series, (seconds, line));
        if let Some((last, last_line)) = before.filter(|(last, _)| *last > seconds && self.order != Order::Any) {
            let message = format!("the time `{text}` goes back by {} s from line {last_line}", last - seconds);
            return Err(at_line(line, message).with_help("sort the file by time: it goes back in time here"));
        }
        Ok(reading)
    }

    /// Whether a time is of the same kind as the others.
    pub(crate) fn is_of_this_calendar(&mut self, reading: Reading) -> bool {
        *self.is_calendar.get_or_insert(reading.is_calendar) == reading.is_calendar
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        let at = |text: &str| Reading::parse(text).map(|reading| (reading.time().as_secs(), reading.is_calendar));
        assert_eq!(at("2026-01-01T00:00:15Z"), Ok((1_767_225_615, true)));
        assert_eq!(at("2026-01-01T01:00:15+01:00"), Ok((1_767_225_615, true)));
        assert_eq!(at("2026-01-01 00:00:15"), Ok((1_767_225_615, true)));
        assert_eq!(at("1767225615"), Ok((1_767_225_615, true)));
        assert_eq!(at("1767225615000"), Ok((1_767_225_615, true)));
        assert_eq!(at("30"), Ok((30, false)));
        assert_eq!(at("2m30s"), Ok((150, false)));
        assert!(at("yesterday").is_err());
        assert!(at("nan").is_err());
    }

    #[test]
    fn times_are_in_order_as_far_as_they_have_to_be() {
        let read = |order: Order, times: &[&str]| {
            let mut clock = Clock::new(order);
            let lines = times.iter().zip(2..);
            let wrong = lines.filter_map(|(time, line)| clock.read(time, (0, ""), line).err());
            wrong.map(|issue| issue.to_string()).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(read(Order::Rising, &["0", "30", "1m"]), "");
        assert!(read(Order::Rising, &["-5"]).contains("`-5` is out of range"));
        assert!(read(Order::Rising, &["0", "1767225615"]).contains("of the calendar"));
        assert!(read(Order::Rising, &["0", "30", "30"]).contains("the time `30` is there already, in line 3"));
        assert!(read(Order::Rising, &["30", "20"]).contains("the time `20` goes back by 10 s from line 2"));
        assert_eq!(read(Order::NotFalling, &["0", "30", "30"]), "");
        assert!(read(Order::NotFalling, &["30", "20"]).contains("goes back"));
        assert_eq!(read(Order::Any, &["30", "20"]), "");
        assert!(read(Order::Any, &["30", "20", "30"]).contains("is there already"));
    }
}

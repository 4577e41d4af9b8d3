//! A time as somebody wrote it, before it is known what it means: which zone, and whether the day or the month is first.

use super::clock::Reading;
use crate::units::SimDuration;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime::BrokenDownTime;
use regex::Regex;
use std::sync::LazyLock;

/// A time as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stamp {
    /// Since the start, or since 1970: nothing is left to know.
    Known(Reading),
    /// Of a wall clock of some zone.
    Local(DateTime),
    /// Of a wall clock, with two numbers of which one is the day: `03/04/2026 10:00`.
    DayOrMonth {
        /// The first number, 1..=31.
        first: i8,
        /// The second number, 1..=31.
        second: i8,
        /// The year.
        year: i16,
        /// The time of day.
        time: Time,
    },
}

/// `3/4/2026`, `03.04.26`, with or without a time, perhaps AM or PM.
static NUMBERS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = r"^(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4}|\d{2})";
    let time = r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AP])\.?M\.?)?)?$";
    Regex::new(&format!("(?i){date}{time}")).ok()
});

/// With months in words; commas are taken out before.
const IN_WORDS: [&str; 10] = [
    "%a %b %d %H:%M:%S %Y",
    "%b %d %Y %I:%M:%S %p",
    "%b %d %Y %I:%M %p",
    "%b %d %Y %H:%M:%S",
    "%b %d %Y %H:%M",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y %H:%M",
    "%d-%b-%Y %H:%M:%S",
    "%B %d %Y %H:%M",
    "%d %B %Y %H:%M:%S",
];

impl Stamp {
    /// Any of the forms that are told apart by themselves.
    pub(crate) fn parse(text: &str) -> Option<Stamp> {
        let text: String = text.trim().replace(['\u{a0}', '\u{202f}', '\u{2009}'], " ");
        let text = text.trim_start_matches('[').trim_end_matches(']').trim();
        if !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if let Ok(number) = text.parse::<f64>() {
            return Reading::from_number(number).map(Stamp::Known);
        }
        iso(text).or_else(|| numbers(text)).or_else(|| in_words(text)).or_else(|| since_start(text))
    }

    /// In a form of strftime.
    pub(crate) fn parse_as(text: &str, format: &str) -> Option<Stamp> {
        let broken = BrokenDownTime::parse(format, text.trim()).ok()?;
        let instant = broken.to_timestamp().ok().and_then(known);
        instant.or_else(|| broken.to_datetime().ok().map(Stamp::Local)).or_else(|| {
            let midnight = broken.to_date().ok()?.to_datetime(Time::midnight());
            Some(Stamp::Local(midnight))
        })
    }
}

fn known(timestamp: Timestamp) -> Option<Stamp> {
    Reading::of(timestamp).map(Stamp::Known)
}

/// ISO 8601 and RFC 3339, with `/` in place of `-`, a space in place of `T`, and a zone in words.
fn iso(text: &str) -> Option<Stamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || !matches!(bytes[4], b'-' | b'/') {
        return None;
    }
    let text = if bytes[4] == b'/' { text.replacen('/', "-", 2) } else { text.to_owned() };
    let zulu = [" UTC", " GMT", " Z", "UTC"].iter().find_map(|end| text.strip_suffix(end));
    let text = zulu.map_or(text.clone(), |text| format!("{text}Z"));
    let (date, time) = text.split_at_checked(10)?;
    let text = format!("{date}{}{}", if time.is_empty() { "" } else { "T" }, time.trim_start_matches(['T', ' ', '_']));
    let text = text.replace(" +", "+").replace(" -", "-").replace(',', ".");
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return known(timestamp);
    }
    if let Ok(zoned) = text.parse::<jiff::Zoned>() {
        return known(zoned.timestamp());
    }
    let date = || text.parse::<Date>().ok().map(|date| date.to_datetime(Time::midnight()));
    text.parse::<DateTime>().ok().or_else(date).map(Stamp::Local)
}

fn numbers(text: &str) -> Option<Stamp> {
    let text = text.replace(',', " ");
    let found = NUMBERS.as_ref()?.captures(&text)?;
    let number = |at: usize| found.get(at).and_then(|part| part.as_str().parse::<i16>().ok());
    let (first, second) = (i8::try_from(number(1)?).ok()?, i8::try_from(number(3)?).ok()?);
    let year = number(4).map(|year| if year < 100 { 2000 + year } else { year })?;
    let hour = match (number(5).unwrap_or(0), found.get(9).map(|half| half.as_str().to_ascii_uppercase())) {
        (hour, None) => hour,
        (12, Some(half)) => {
            if half == "A" {
                0
            } else {
                12
            }
        }
        (hour @ 0..12, Some(half)) => {
            if half == "A" {
                hour
            } else {
                hour + 12
            }
        }
        _ => return None,
    };
    let nanos = found.get(8).map_or(0, |part| format!("{:0<9}", part.as_str()).parse::<i32>().unwrap_or(0));
    let part = |at: usize| i8::try_from(number(at).unwrap_or(0)).ok();
    let time = Time::new(i8::try_from(hour).ok()?, part(6)?, part(7)?, nanos).ok()?;
    if &found[2] == "." {
        return Date::new(year, second, first).ok().map(|date| Stamp::Local(date.to_datetime(time)));
    }
    ((1..=31).contains(&first) && (1..=31).contains(&second)).then_some(Stamp::DayOrMonth { first, second, year, time })
}

/// Of Apache, of RFC 2822, and other forms with the month in words.
fn in_words(text: &str) -> Option<Stamp> {
    if !text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let apache = jiff::fmt::strtime::parse("%d/%b/%Y:%H:%M:%S %z", text).ok();
    if let Some(timestamp) = apache.and_then(|broken| broken.to_timestamp().ok()) {
        return known(timestamp);
    }
    if let Ok(zoned) = jiff::fmt::rfc2822::parse(text) {
        return known(zoned.timestamp());
    }
    let plain = text.replace(',', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let zulu = plain.strip_suffix(" UTC").or_else(|| plain.strip_suffix(" GMT"));
    let text = zulu.unwrap_or(&plain);
    let local = IN_WORDS.iter().find_map(|format| DateTime::strptime(format, text).ok())?;
    match zulu {
        Some(_) => local.to_zoned(jiff::tz::TimeZone::UTC).ok().and_then(|zoned| known(zoned.timestamp())),
        None => Some(Stamp::Local(local)),
    }
}

/// `2m30s`, `0:02:30`.
fn since_start(text: &str) -> Option<Stamp> {
    let offset = |seconds: f64| Stamp::Known(Reading { seconds, is_calendar: false });
    if let Ok(span) = SimDuration::parse(text) {
        return Some(offset(span.as_secs_f64()));
    }
    let parts: Vec<f64> = text.split(':').map(|part| part.parse::<f64>().ok()).collect::<Option<_>>()?;
    match parts.as_slice() {
        [hours, minutes] => Some(offset(hours * 3600.0 + minutes * 60.0)),
        [hours, minutes, seconds] => Some(offset(hours * 3600.0 + minutes * 60.0 + seconds)),
        _ => None,
    }
    .filter(|_| parts.iter().all(|part| (0.0..1e6).contains(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<f64> {
        match Stamp::parse(text)? {
            Stamp::Known(reading) => Some(reading.seconds),
            Stamp::Local(local) => {
                let zoned = local.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
                Some(zoned.timestamp().as_millisecond() as f64 / 1e3)
            }
            Stamp::DayOrMonth { .. } => None,
        }
    }

    #[test]
    fn an_instant_has_many_spellings() {
        let at = Some(1_767_225_615.0);
        for text in [
            "2026-01-01T00:00:15Z",
            "2026-01-01 00:00:15 UTC",
            "2026-01-01 01:00:15+01:00",
            "2026-01-01 01:00:15 +0100",
            "2026-01-01T00:00:15.000Z",
            "2026/01/01 00:00:15",
            "01.01.2026 00:00:15",
            "[01/Jan/2026:01:00:15 +0100]",
            "Thu, 1 Jan 2026 00:00:15 GMT",
            "Thu, 01 Jan 2026 00:00:15 +0000",
            "Jan 1, 2026, 12:00:15 AM",
            "Thu Jan  1 00:00:15 2026",
            "1767225615",
            "1767225615000",
            "1767225615000000",
            "1767225615000000000",
        ] {
            assert_eq!(seconds(text), at, "{text}");
        }
        assert_eq!((seconds("90"), seconds("1m30s"), seconds("00:01:30")), (Some(90.0), Some(90.0), Some(90.0)));
        for text in ["", "yesterday", "6O", "2026-01-31 1O:00", "2026-13-01 00:00", "32.01.2026 00:00", "nan"] {
            assert_eq!(Stamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn halves_of_the_day_and_orders_are_kept_apart() {
        let time = Time::constant(15, 4, 0, 0);
        let stamp = Stamp::DayOrMonth { first: 3, second: 4, year: 2026, time };
        for text in ["03/04/2026 3:04 PM", "3/4/26 15:04", "3/4/2026, 3:04:00\u{202f}pm", "03-04-2026 15:04"] {
            assert_eq!(Stamp::parse(text), Some(stamp), "{text}");
        }
        assert_eq!(Stamp::parse("3/4/2026 13:04 PM"), None);
        let local = DateTime::constant(2026, 4, 3, 15, 4, 0, 0);
        assert_eq!(Stamp::parse_as("3/4/2026 15:04", "%d/%m/%Y %H:%M"), Some(Stamp::Local(local)));
    }
}

//! Virtual time: integer nanoseconds, as Go's `time.Duration`, so upstream constants carry over.

use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

/// An instant of virtual time: nanoseconds since the start of the simulation.
///
/// Negative instants lie before the start (a recorded pod may be older than the recording).
/// Range: about ±292 years.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimTime(i64);

/// A span of virtual time: nanoseconds, may be negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct SimDuration(i64);

impl SimTime {
    /// The start of the simulation.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than everything that happens.
    pub const MAX: SimTime = SimTime(i64::MAX);
    /// Earlier than everything that happens.
    pub const MIN: SimTime = SimTime(i64::MIN);

    /// The instant `nanos` nanoseconds after the start.
    pub const fn from_nanos(nanos: i64) -> Self {
        SimTime(nanos)
    }
    /// The instant `millis` milliseconds after the start; saturates.
    pub const fn from_millis(millis: i64) -> Self {
        SimTime(millis.saturating_mul(1_000_000))
    }
    /// The instant `seconds` seconds after the start; saturates.
    pub const fn from_secs(seconds: i64) -> Self {
        SimTime(seconds.saturating_mul(1_000_000_000))
    }
    /// Nanoseconds since the start.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }
    /// Whole milliseconds since the start, rounded down.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    /// Whole seconds since the start, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }
    /// Seconds since the start, for people and for charts.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
    /// The time from `earlier` to this instant; negative when `earlier` is later; saturates.
    pub const fn since(self, earlier: SimTime) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }
    /// The first multiple of `step` after the start that is not before this instant.
    ///
    /// A `step` of zero or less returns the instant itself.
    pub const fn next_multiple_of(self, step: SimDuration) -> SimTime {
        if step.0 <= 0 {
            return self;
        }
        let past = self.0.rem_euclid(step.0);
        if past == 0 { self } else { SimTime(self.0.saturating_add(step.0 - past)) }
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: SimDuration = SimDuration(0);
    /// Longer than any simulation.
    pub const MAX: SimDuration = SimDuration(i64::MAX);

    /// A span of `nanos` nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        SimDuration(nanos)
    }
    /// A span of `millis` milliseconds; saturates.
    pub const fn from_millis(millis: i64) -> Self {
        SimDuration(millis.saturating_mul(1_000_000))
    }
    /// A span of `seconds` seconds; saturates.
    pub const fn from_secs(seconds: i64) -> Self {
        SimDuration(seconds.saturating_mul(1_000_000_000))
    }
    /// A span of `minutes` minutes; saturates.
    pub const fn from_mins(minutes: i64) -> Self {
        SimDuration(minutes.saturating_mul(60_000_000_000))
    }
    /// A span of `hours` hours; saturates.
    pub const fn from_hours(hours: i64) -> Self {
        SimDuration(hours.saturating_mul(3_600_000_000_000))
    }
    /// A span of `seconds` seconds rounded to the nearest nanosecond.
    ///
    /// NaN becomes zero; values out of range saturate.
    pub fn from_secs_f64(seconds: f64) -> Self {
        SimDuration((seconds * 1e9).round() as i64)
    }
    /// Nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }
    /// Whole milliseconds, rounded down.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    /// Whole seconds, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }
    /// Seconds, for rates and for people.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
    /// Whether the span is zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Reads a duration as Go's `time.ParseDuration` and Prometheus write them.
    ///
    /// Accepts a sign, decimals and the units `ns us µs ms s m h d w`, in any sequence:
    /// `30s`, `1h30m`, `1.5h`, `500ms`, `7d`. A bare `0` is zero.
    ///
    /// Source: Go `time.ParseDuration`; `d` and `w` as in Prometheus.
    /// Errors: [`DurationError`] names what was found.
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        let fail = || DurationError { found: text.to_owned() };
        let trimmed = text.trim();
        let (negative, mut rest) = match trimmed.as_bytes().first() {
            Some(b'-') => (true, &trimmed[1..]),
            Some(b'+') => (false, &trimmed[1..]),
            _ => (false, trimmed),
        };
        if rest == "0" {
            return Ok(SimDuration::ZERO);
        }
        if rest.is_empty() {
            return Err(fail());
        }
        let mut total: i128 = 0;
        while !rest.is_empty() {
            let (nanos, tail) = parse_component(rest).ok_or_else(fail)?;
            total = total.checked_add(nanos).ok_or_else(fail)?;
            rest = tail;
        }
        let signed = if negative { -total } else { total };
        i64::try_from(signed).map(SimDuration).map_err(|_| fail())
    }
}

/// One `12.5ms` at the start of `text`: its nanoseconds and what follows.
fn parse_component(text: &str) -> Option<(i128, &str)> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(digits_end);
    let unit_end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
    let (unit, tail) = rest.split_at(unit_end);
    let scale: i128 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        "w" => 604_800_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut nanos = whole.checked_mul(scale)?;
    let mut place = scale;
    for digit in fraction.bytes().take(18) {
        place /= 10;
        nanos = nanos.checked_add(i128::from(digit - b'0') * place)?;
    }
    Some((nanos, tail))
}

/// A text that is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not a duration; write a number and a unit, such as 30s, 5m, 1h30m or 7d")]
pub struct DurationError {
    /// The text as it was written.
    pub found: String,
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    fn add(self, span: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(span.0))
    }
}
impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, span: SimDuration) {
        *self = *self + span;
    }
}
impl Sub<SimDuration> for SimTime {
    type Output = SimTime;
    fn sub(self, span: SimDuration) -> SimTime {
        SimTime(self.0.saturating_sub(span.0))
    }
}
impl Sub for SimTime {
    type Output = SimDuration;
    fn sub(self, earlier: SimTime) -> SimDuration {
        self.since(earlier)
    }
}
impl Add for SimDuration {
    type Output = SimDuration;
    fn add(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_add(other.0))
    }
}
impl AddAssign for SimDuration {
    fn add_assign(&mut self, other: SimDuration) {
        *self = *self + other;
    }
}
impl Sub for SimDuration {
    type Output = SimDuration;
    fn sub(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_sub(other.0))
    }
}
impl SubAssign for SimDuration {
    fn sub_assign(&mut self, other: SimDuration) {
        *self = *self - other;
    }
}
impl Neg for SimDuration {
    type Output = SimDuration;
    fn neg(self) -> SimDuration {
        SimDuration(self.0.saturating_neg())
    }
}
impl Mul<i64> for SimDuration {
    type Output = SimDuration;
    fn mul(self, factor: i64) -> SimDuration {
        SimDuration(self.0.saturating_mul(factor))
    }
}
impl Div<i64> for SimDuration {
    type Output = SimDuration;
    fn div(self, divisor: i64) -> SimDuration {
        SimDuration(if divisor == 0 { 0 } else { self.0 / divisor })
    }
}

impl fmt::Display for SimDuration {
    /// Go's form without needless zeros: `1h30m`, `45s`, `1.5s`, `250ms`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0;
        if nanos == 0 {
            return f.write_str("0s");
        }
        if nanos < 0 {
            f.write_str("-")?;
        }
        let nanos = nanos.unsigned_abs();
        if nanos < 1_000_000_000 {
            return write_decimal(f, nanos, 1_000_000, "ms");
        }
        let seconds = nanos / 1_000_000_000;
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
        for (value, unit) in [(days, "d"), (hours, "h"), (minutes, "m")] {
            if value > 0 {
                write!(f, "{value}{unit}")?;
            }
        }
        let rest = nanos % 60_000_000_000;
        if rest > 0 { write_decimal(f, rest, 1_000_000_000, "s") } else { Ok(()) }
    }
}

/// `value / scale` with at most nine decimals and no trailing zeros.
fn write_decimal(f: &mut fmt::Formatter<'_>, value: u64, scale: u64, unit: &str) -> fmt::Result {
    let fraction = format!("{:09}", (value % scale) as u128 * 1_000_000_000 / u128::from(scale));
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        write!(f, "{}{unit}", value / scale)
    } else {
        write!(f, "{}.{fraction}{unit}", value / scale)
    }
}

impl fmt::Debug for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl fmt::Debug for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t+{}", SimDuration(self.0))
    }
}
impl fmt::Display for SimTime {
    /// Days and time of day since the start: `2d 10:42:05`, `10:42:05`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.as_secs();
        let sign = if seconds < 0 { "-" } else { "" };
        let seconds = seconds.unsigned_abs();
        f.write_str(sign)?;
        if seconds >= 86_400 {
            write!(f, "{}d ", seconds / 86_400)?;
        }
        write!(f, "{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_go_writes_them() {
        let check = |text: &str, nanos: i64| assert_eq!(SimDuration::parse(text).unwrap().as_nanos(), nanos, "{text}");
        check("30s", 30_000_000_000);
        check("1h30m", 5_400_000_000_000);
        check("1.5h", 5_400_000_000_000);
        check("500ms", 500_000_000);
        check("-2m", -120_000_000_000);
        check("0", 0);
        check("7d", 604_800_000_000_000);
        check("1m0.5s", 60_500_000_000);
        check(".5s", 500_000_000);
    }

    #[test]
    fn texts_that_are_no_durations_are_refused() {
        for text in ["", "5", "s", "1x", "1.2.3s", "-", "999999999999h", "1 s", "NaN"] {
            assert!(SimDuration::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_print_short() {
        let check = |nanos: i64, text: &str| assert_eq!(SimDuration::from_nanos(nanos).to_string(), text);
        check(0, "0s");
        check(5_400_000_000_000, "1h30m");
        check(1_500_000_000, "1.5s");
        check(250_000_000, "250ms");
        check(90_061_000_000_000, "1d1h1m1s");
        check(-60_000_000_000, "-1m");
    }

    #[test]
    fn multiples_round_up() {
        let step = SimDuration::from_secs(15);
        assert_eq!(SimTime::from_secs(15).next_multiple_of(step), SimTime::from_secs(15));
        assert_eq!(SimTime::from_secs(16).next_multiple_of(step), SimTime::from_secs(30));
        assert_eq!(SimTime::from_secs(-1).next_multiple_of(step), SimTime::ZERO);
    }
}

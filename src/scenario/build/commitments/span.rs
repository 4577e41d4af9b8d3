//! When a commitment begins and ends, in clock hours of the bill.

use crate::cost::Calendar;
use crate::units::SimDuration;

/// The simulated time in clock hours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period {
    /// The start of hour 0, seconds since 1970.
    pub(super) zero_unix: i64,
    /// How many hours are touched.
    pub(super) hours: i64,
}

impl Period {
    pub(super) fn of(calendar: &Calendar, duration: SimDuration) -> Self {
        let zero_unix = calendar.start_unix().div_euclid(3600) * 3600;
        let end = calendar.start_unix() + duration.as_nanos() / 1_000_000_000;
        Period { zero_unix, hours: (end - zero_unix + 3599) / 3600 }
    }
    /// The hour in which a day (UTC) begins.
    ///
    /// Errors: what was found instead of a day.
    pub(super) fn hour_of(&self, day: &str) -> Result<i64, String> {
        let wrong = || format!("found `{day}`, expected a day such as 2026-12-01");
        let date: jiff::civil::Date = day.parse().map_err(|_| wrong())?;
        let start = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong())?;
        Ok((start.timestamp().as_second() - self.zero_unix).div_euclid(3600))
    }
}

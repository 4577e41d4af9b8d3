//! Hours, days and months of the account, laid over the simulated time.

use crate::units::{HOURS_PER_MONTH, SimDuration, SimTime};

/// One hour.
pub(super) const HOUR: SimDuration = SimDuration::from_hours(1);

/// A calendar month of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month {
    /// `2026-12`.
    pub name: String,
    /// The first hour of the simulated time that lies in it.
    pub first_hour: u32,
    /// The hours of the whole month, whether or not they are simulated: 672 to 745.
    pub hours: u32,
    /// Its first moment, seconds since 1970.
    pub from_unix: i64,
    /// The first moment of the next.
    pub until_unix: i64,
}

/// The simulated time as the account's calendar divides it.
///
/// Hours are clock hours (UTC), for providers bill by them; the first may be a part. A day or a month of the
/// account's time zone has the hours that begin in it: where the zone is half an hour off, its midnight is half an hour late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The start of the simulated time, seconds since 1970.
    start_unix: i64,
    /// The start of hour 0, at most an hour before the simulation's.
    zero: SimTime,
    /// The first hour of each day; empty means days of 24 hours from the start on.
    days: Vec<u32>,
    /// At least one.
    months: Vec<Month>,
}

impl Default for Calendar {
    /// One endless month of 730 hours, of days of 24.
    fn default() -> Self {
        let month = Month {
            name: String::new(),
            first_hour: 0,
            hours: HOURS_PER_MONTH as u32,
            from_unix: 0,
            until_unix: HOURS_PER_MONTH * 3600,
        };
        Calendar { start_unix: 0, zero: SimTime::ZERO, days: Vec::new(), months: vec![month] }
    }
}

impl Calendar {
    /// The calendar of `zone` from `start` for `span`.
    ///
    /// Errors: the calendar of jiff ends in the year 9999. Cost: a step per day.
    pub fn new(start: jiff::Timestamp, zone: &jiff::tz::TimeZone, span: SimDuration) -> Result<Self, jiff::Error> {
        let start_unix = start.as_second();
        let zero_unix = start_unix.div_euclid(3600) * 3600;
        let end_unix = start_unix + span.as_nanos() / 1_000_000_000 + 3600;
        let hour_at = |unix: i64| u32::try_from((unix - zero_unix + 3599).div_euclid(3600)).unwrap_or(0);
        let mut day = start.to_zoned(zone.clone()).start_of_day()?;
        let mut days = vec![0];
        let mut months = vec![month(&day, 0)?];
        loop {
            day = day.tomorrow()?.start_of_day()?;
            let unix = day.timestamp().as_second();
            if unix >= end_unix {
                break;
            }
            days.push(hour_at(unix));
            if day.day() == 1 {
                months.push(month(&day, hour_at(unix))?);
            }
        }
        let zero = SimTime::ZERO - SimDuration::from_secs(start_unix - zero_unix);
        Ok(Calendar { start_unix, zero, days, months })
    }

    /// What is left of it for a simulation that starts `by` (at least 0) later.
    pub fn later(&self, by: SimDuration) -> Self {
        let hour = self.hour_of(SimTime::ZERO + by);
        let mut days: Vec<u32> = self.days.iter().filter(|first| **first > hour).map(|first| first - hour).collect();
        if !self.days.is_empty() {
            days.insert(0, 0);
        }
        let months = self.months[self.month_of(hour)..].iter();
        let months = months.map(|month| Month { first_hour: month.first_hour.saturating_sub(hour), ..month.clone() });
        Calendar {
            start_unix: self.start_unix + by.as_secs(),
            zero: self.hour_start(hour) - by,
            days,
            months: months.collect(),
        }
    }

    /// The start of the simulated time, seconds since 1970.
    pub fn start_unix(&self) -> i64 {
        self.start_unix
    }
    /// The months, in order.
    pub fn months(&self) -> &[Month] {
        &self.months
    }
    /// Which hour `at` lies in.
    pub fn hour_of(&self, at: SimTime) -> u32 {
        let nanos = at.since(self.zero).as_nanos().max(0);
        u32::try_from(nanos / HOUR.as_nanos()).unwrap_or(u32::MAX)
    }
    /// When an hour begins; the first one before the simulation does, unless it begins on the hour.
    pub fn hour_start(&self, hour: u32) -> SimTime {
        self.zero + HOUR * i64::from(hour)
    }
    /// Which day an hour lies in.
    pub fn day_of(&self, hour: u32) -> u32 {
        if self.days.is_empty() {
            return hour / 24;
        }
        (self.days.partition_point(|first| *first <= hour).max(1) - 1) as u32
    }
    /// The first hour of a day; none where the calendar is over.
    pub fn first_hour_of_day(&self, day: u32) -> Option<u32> {
        if self.days.is_empty() {
            return day.checked_mul(24);
        }
        self.days.get(day as usize).copied()
    }
    /// The place in [`months`](Self::months) of the month that an hour lies in.
    pub fn month_of(&self, hour: u32) -> usize {
        self.months.partition_point(|month| month.first_hour <= hour).max(1) - 1
    }
    /// The end of a day; never, for the last.
    pub(super) fn day_end(&self, day: u32) -> SimTime {
        self.first_hour_of_day(day.saturating_add(1)).map_or(SimTime::MAX, |hour| self.hour_start(hour))
    }
}

fn month(day: &jiff::Zoned, first_hour: u32) -> Result<Month, jiff::Error> {
    let first = day.first_of_month()?.start_of_day()?;
    let next = first.last_of_month()?.tomorrow()?.start_of_day()?;
    let (from, until) = (first.timestamp().as_second(), next.timestamp().as_second());
    Ok(Month {
        name: first.strftime("%Y-%m").to_string(),
        first_hour,
        hours: u32::try_from((until - from) / 3600).unwrap_or(0),
        from_unix: from,
        until_unix: until,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(start: &str, zone: &str, days: i64) -> Calendar {
        let zone = jiff::tz::TimeZone::get(zone).unwrap();
        Calendar::new(start.parse().unwrap(), &zone, SimDuration::from_hours(24 * days)).unwrap()
    }

    #[test]
    fn a_week_over_the_end_of_a_month() {
        let week = calendar("2026-11-28T00:00:00Z", "UTC", 7);
        let months: Vec<_> = week.months().iter().map(|m| (m.name.as_str(), m.first_hour, m.hours)).collect();
        assert_eq!(months, [("2026-11", 0, 720), ("2026-12", 72, 744)]);
        assert_eq!((week.day_of(0), week.day_of(71), week.day_of(72), week.month_of(71)), (0, 2, 3, 0));
        assert_eq!(week.hour_of(SimTime::ZERO + SimDuration::from_mins(119)), 1);
    }

    #[test]
    fn days_are_the_zones_and_some_have_23_hours() {
        // New York put its clocks forward on 2026-03-08; its midnight is 05:00Z before, 04:00Z after.
        let spring = calendar("2026-03-07T05:00:00Z", "America/New_York", 3);
        assert_eq!((1..4).map(|day| spring.first_hour_of_day(day).unwrap()).collect::<Vec<_>>(), [24, 47, 71]);
        assert_eq!(spring.months()[0].hours, 743);
    }

    #[test]
    fn an_odd_start_has_a_first_hour_in_part() {
        let odd = calendar("2026-12-01T10:20:00Z", "UTC", 1);
        assert_eq!(odd.hour_of(SimTime::ZERO), 0);
        assert_eq!(odd.hour_start(1), SimTime::ZERO + SimDuration::from_mins(40));
        assert_eq!(odd.first_hour_of_day(1), Some(14));
    }

    #[test]
    fn a_part_of_a_time_has_its_own_hours_days_and_months() {
        let whole = calendar("2026-11-28T10:20:00Z", "Europe/Berlin", 9);
        let later = whole.later(SimDuration::from_mins(3 * 24 * 60 + 25));
        let alone = calendar("2026-12-01T10:45:00Z", "Europe/Berlin", 6);
        assert_eq!(later, alone);
        assert_eq!(whole.later(SimDuration::ZERO), whole);
        assert_eq!(whole.later(SimDuration::from_hours(24)).months().len(), 2);
    }

    #[test]
    fn half_an_hour_off_is_the_hour_that_begins_in_the_day() {
        let delhi = calendar("2026-12-01T00:00:00Z", "Asia/Kolkata", 2);
        assert_eq!(delhi.first_hour_of_day(1), Some(19), "midnight is 18:30Z");
    }

    #[test]
    fn without_a_date_a_month_has_730_hours() {
        let plain = Calendar::default();
        assert_eq!((plain.day_of(25), plain.month_of(9999), plain.months()[0].hours), (1, 0, 730));
    }
}

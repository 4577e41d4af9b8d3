//! Minima by the clock, as KEDA's cron trigger gives them.
//!
//! In its window a schedule proposes its replicas as any metric proposes some: stabilization windows and rate limits hold, and
//! `maxReplicas` is the most. Outside it proposes nothing.
//!
//! Upstream: KEDA 2.16, pkg/scalers/cron_scaler.go, `GetMetricsAndActivity`.

use crate::units::{SimDuration, SimTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// So many replicas at least, in a window that comes back.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduledMinimum {
    /// How many; at least 1.
    pub replicas: i32,
    /// The days on which a window begins, from Monday on.
    pub days: [bool; 7],
    /// When it begins, in seconds after midnight: less than 86,400.
    pub from_s: u32,
    /// When it ends: up to 86,400. Of the next day, if that is not after its beginning.
    pub to_s: u32,
    /// Wall-clock time of [`SimTime::ZERO`].
    pub epoch: Timestamp,
    /// Whose clock it is. Where clocks are put forward a window may be shorter or none, where they are put back longer.
    pub zone: TimeZone,
}

impl ScheduledMinimum {
    /// The replicas, if `now` is in a window.
    pub fn at(&self, now: SimTime) -> Option<i32> {
        let wall = self.epoch.checked_add(SignedDuration::from_nanos(now.as_nanos())).ok()?;
        let local = self.zone.to_datetime(wall);
        let hours = u32::from(local.hour().unsigned_abs());
        let second =
            hours * 3600 + u32::from(local.minute().unsigned_abs()) * 60 + u32::from(local.second().unsigned_abs());
        let today = usize::from(local.weekday().to_monday_zero_offset().unsigned_abs());
        let begins = |day: usize| self.days[day % 7];
        let is_inside = match self.from_s < self.to_s {
            true => begins(today) && (self.from_s..self.to_s).contains(&second),
            false => (begins(today) && second >= self.from_s) || (begins(today + 6) && second < self.to_s),
        };
        is_inside.then_some(self.replicas)
    }

    /// The same on a clock that starts `by` later.
    pub fn later(&self, by: SimDuration) -> Self {
        let epoch = self.epoch.checked_add(SignedDuration::from_nanos(by.as_nanos())).unwrap_or(self.epoch);
        ScheduledMinimum { epoch, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six replicas from one time to another, on the days that are named; the clock starts at `epoch`.
    fn minimum(epoch: &str, days: [bool; 7], [from_s, to_s]: [u32; 2]) -> ScheduledMinimum {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let epoch = epoch.parse().expect("a moment");
        ScheduledMinimum { replicas: 6, days, from_s, to_s, epoch, zone }
    }

    /// In which of the hours after the epoch the window is open.
    fn open(minimum: &ScheduledMinimum, hours: i64) -> Vec<i64> {
        let is_open = |hour: &i64| minimum.at(SimTime::ZERO + SimDuration::from_hours(*hour)) == Some(6);
        (0..hours).filter(is_open).collect()
    }

    const HOUR: u32 = 3600;
    const WEEKDAYS: [bool; 7] = [true, true, true, true, true, false, false];

    #[test]
    fn a_window_is_open_on_its_days() {
        // Friday midnight in Berlin.
        let office = minimum("2026-12-10T23:00:00Z", WEEKDAYS, [8 * HOUR, 20 * HOUR]);
        let day = |first: i64| first + 8..first + 20;
        assert_eq!(open(&office, 4 * 24), day(0).chain(day(72)).collect::<Vec<_>>(), "Friday and Monday");
        assert_eq!(office.at(SimTime::ZERO + SimDuration::from_hours(20) - SimDuration::from_nanos(1)), Some(6));
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
        let night = minimum("2026-12-10T23:00:00Z", WEEKDAYS, [22 * HOUR, 2 * HOUR]);
        // Thursday's ends on Friday at two; Friday's ends on Saturday, and none begins on Saturday and Sunday.
        assert_eq!(open(&night, 4 * 24), [0, 1, 22, 23, 24, 25, 94, 95]);
    }

    #[test]
    fn the_clock_on_the_wall_counts() {
        let early = [2 * HOUR + 1800, 4 * HOUR];
        // Sunday 2026-03-29: two o'clock is three o'clock. Windows of each day.
        let spring = minimum("2026-03-28T23:00:00Z", [true; 7], early);
        let half_hours = |row: &ScheduledMinimum| -> i64 {
            let at = |half: &i64| row.at(SimTime::ZERO + SimDuration::from_mins(30 * *half)).is_some();
            (0..12).filter(at).count() as i64
        };
        assert_eq!(half_hours(&spring), 2, "from three to four");
        // Sunday 2026-10-25: the hour from two to three comes twice.
        let autumn = minimum("2026-10-24T22:00:00Z", [true; 7], early);
        assert_eq!(half_hours(&autumn), 4, "half past two comes twice");
    }

    #[test]
    fn a_later_clock_finds_the_same_windows() {
        let office = minimum("2026-12-10T23:00:00Z", WEEKDAYS, [8 * HOUR, 20 * HOUR]);
        let by = SimDuration::from_hours(31);
        let later = office.later(by);
        for hour in 0..200 {
            let at = SimTime::ZERO + SimDuration::from_hours(hour);
            assert_eq!(later.at(at), office.at(at + by), "hour {hour}");
        }
    }
}

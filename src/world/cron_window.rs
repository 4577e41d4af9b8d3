//! A value by the clock: one in a window that comes back, another outside.

use crate::controllers::cron_job::Schedule;
use crate::units::{SimDuration, SimTime};

/// A window between two schedules, as KEDA's cron trigger has one.
#[derive(Clone, Debug)]
pub struct CronWindow {
    /// When it begins.
    pub start: Schedule,
    /// When it ends.
    pub end: Schedule,
    /// The value inside.
    pub inside: i32,
}

impl CronWindow {
    /// The value outside: as many replicas as an HPA has at least.
    pub const OUTSIDE: i32 = 1;

    /// The value at `now`, and until when it stays so. It is inside where the next end comes before the next start.
    ///
    /// Upstream: KEDA 2.16, pkg/scalers/cron_scaler.go, `GetMetricsAndActivity`; `defaultDesiredReplicas`.
    /// Cost: two searches for the next time of a schedule.
    pub fn at(&self, now: SimTime) -> (i32, SimTime) {
        let (start, end) = (self.start.next_after(now), self.end.next_after(now));
        let is_inside = end.is_some_and(|end| start.is_none_or(|start| end <= start));
        let until = [start, end].into_iter().flatten().min().unwrap_or(SimTime::MAX);
        (if is_inside { self.inside } else { Self::OUTSIDE }, until)
    }

    /// The same on a clock that starts `by` later.
    pub fn later(&self, by: SimDuration) -> Self {
        CronWindow { start: self.start.later(by), end: self.end.later(by), inside: self.inside }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six from one schedule to another in Berlin; the clock starts on Friday 2026-12-11 at midnight there.
    fn window(start: &str, end: &str) -> CronWindow {
        let epoch = "2026-12-10T23:00:00Z".parse().expect("a moment");
        let schedule = |text: &str| Schedule::parse(text, Some("Europe/Berlin"), epoch).expect("a schedule");
        CronWindow { start: schedule(start), end: schedule(end), inside: 6 }
    }

    fn hour(hour: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_hours(hour)
    }

    /// The hours in which it is open.
    fn open(window: &CronWindow, hours: i64) -> Vec<i64> {
        (0..hours).filter(|at| window.at(hour(*at)).0 == 6).collect()
    }

    #[test]
    fn a_window_begins_with_its_start_and_ends_with_its_end() {
        let office = window("0 8 * * 1-5", "0 20 * * 1-5");
        let day = |first: i64| first + 8..first + 20;
        assert_eq!(open(&office, 4 * 24), day(0).chain(day(72)).collect::<Vec<_>>(), "Friday and Monday");
        assert_eq!(office.at(hour(20) - SimDuration::from_nanos(1)), (6, hour(20)));
        assert_eq!(office.at(hour(20)), (1, hour(72 + 8)), "until Monday");
    }

    #[test]
    fn of_several_starts_the_last_before_an_end_counts() {
        // A start on each day, an end on Mondays alone: on other days the next start comes before the next end.
        let week = window("0 8 * * *", "0 20 * * 1");
        assert_eq!(open(&week, 5 * 24), (80..92).collect::<Vec<_>>());
        assert_eq!(window("0 22 * * *", "0 6 * * *").at(hour(3)), (6, hour(6)), "over midnight");
    }

    #[test]
    fn a_later_clock_finds_the_same_windows() {
        let office = window("0 8 * * 1-5", "30 20 * * 1-5");
        let by = SimDuration::from_hours(31);
        let later = office.later(by);
        for at in 0..200 {
            let (value, until) = office.at(hour(at) + by);
            assert_eq!(later.at(hour(at)), (value, until - by), "hour {at}");
        }
    }
}

//! CronJobs: when the next Job is due, and what happens if the last one still runs.

use crate::units::{SimDuration, SimTime};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use std::fmt;

/// `spec.schedule` with `spec.timeZone`, anchored in virtual time.
#[derive(Clone, Debug)]
pub struct Schedule {
    pattern: croner::Cron,
    epoch: Timestamp,
    zone: TimeZone,
}

/// A schedule that is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleError {
    /// What was wrong with it.
    pub reason: String,
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; write five fields, such as `*/15 * * * *` or `0 3 * * 1-5`", self.reason)
    }
}

impl Schedule {
    /// Reads a schedule of five fields or a macro such as `@hourly`. `epoch` is the wall-clock time of
    /// [`SimTime::ZERO`], `zone` the IANA name of the time zone (UTC where none is given).
    pub fn parse(text: &str, zone: Option<&str>, epoch: Timestamp) -> Result<Self, ScheduleError> {
        let wrong = |reason: String| ScheduleError { reason };
        let zone = match zone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| wrong(format!("`{name}` is not a time zone")))?,
        };
        let pattern = text.parse().map_err(|e| wrong(format!("`{text}` is not a schedule: {e}")))?;
        Ok(Schedule { pattern, epoch, zone })
    }
    /// The same schedule on a clock that starts `by` later.
    pub fn later(&self, by: SimDuration) -> Self {
        let epoch = self.epoch.checked_add(jiff::SignedDuration::from_nanos(by.as_nanos())).unwrap_or(self.epoch);
        Schedule { epoch, ..self.clone() }
    }
    /// The first due time after `now`, if there is ever one.
    pub fn next_after(&self, now: SimTime) -> Option<SimTime> {
        let wall = self.epoch.checked_add(jiff::SignedDuration::from_nanos(now.as_nanos())).ok()?;
        let next: Zoned = self.pattern.find_next_occurrence(&wall.to_zoned(self.zone.clone()), false).ok()?;
        let nanos = next.timestamp().as_nanosecond() - self.epoch.as_nanosecond();
        i64::try_from(nanos).ok().map(SimTime::from_nanos)
    }
}

/// `spec.concurrencyPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConcurrencyPolicy {
    /// Jobs may overlap.
    #[default]
    Allow,
    /// A due Job waits while another runs; of several that wait the last one is started.
    Forbid,
    /// A due Job replaces the one that runs.
    Replace,
}

/// What a due CronJob does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CronAction {
    /// Creates a Job.
    Create,
    /// Deletes the running ones and creates a Job.
    Replace,
    /// Nothing for now: one still runs.
    Wait,
}

/// What a CronJob with `running` unfinished Jobs does when it is due.
///
/// Upstream: cronjob_controllerv2.go `syncCronJob`, 1.28.
pub(crate) fn when_due(policy: ConcurrencyPolicy, running: usize) -> CronAction {
    match policy {
        _ if running == 0 => CronAction::Create,
        ConcurrencyPolicy::Allow => CronAction::Create,
        ConcurrencyPolicy::Forbid => CronAction::Wait,
        ConcurrencyPolicy::Replace => CronAction::Replace,
    }
}

/// Whether a Job that was due at `due` may still be started now: `startingDeadlineSeconds`, no limit without it.
///
/// Upstream: cronjob_controllerv2.go `syncCronJob` (`tooLate`), 1.28.
pub(crate) fn may_start_late(starting_deadline: Option<SimDuration>, due: SimTime, now: SimTime) -> bool {
    starting_deadline.is_none_or(|most| due + most >= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_decide_about_overlaps_and_deadlines_about_late_starts() {
        use ConcurrencyPolicy::{Allow, Forbid, Replace};
        let due = |policy| [when_due(policy, 0), when_due(policy, 1)];
        assert_eq!(due(Allow), [CronAction::Create; 2]);
        assert_eq!(due(Forbid), [CronAction::Create, CronAction::Wait]);
        assert_eq!(due(Replace), [CronAction::Create, CronAction::Replace]);
        let late = |deadline: Option<i64>, now| {
            may_start_late(deadline.map(SimDuration::from_secs), SimTime::from_secs(100), SimTime::from_secs(now))
        };
        assert!(late(None, 9_999) && late(Some(30), 130) && !late(Some(30), 131));
    }

    fn next(schedule: &str, zone: Option<&str>, after_s: i64) -> i64 {
        let epoch: Timestamp = "2025-03-03T00:00:00Z".parse().expect("a Monday");
        let schedule = Schedule::parse(schedule, zone, epoch).expect("a schedule");
        schedule.next_after(SimTime::from_secs(after_s)).expect("comes again").as_secs()
    }

    #[test]
    fn schedules_are_strictly_later() {
        assert_eq!(next("*/15 * * * *", None, 0), 900);
        assert_eq!(next("*/15 * * * *", None, 899), 900);
        assert_eq!(next("0 3 * * *", None, 0), 3 * 3600);
        assert_eq!(next("@hourly", None, 10), 3600);
        assert_eq!(next("0 0 * * 0", None, 0), 6 * 86_400);
        assert_eq!(next("0 3 * * *", Some("America/New_York"), 0), 8 * 3600);
    }

    #[test]
    fn other_texts_are_refused() {
        let epoch = Timestamp::UNIX_EPOCH;
        for text in ["", "every day", "61 * * * *", "* * *"] {
            assert!(Schedule::parse(text, None, epoch).is_err(), "{text}");
        }
        assert!(Schedule::parse("* * * * *", Some("Mars/Olympus"), epoch).is_err());
    }
}

//! CronJobs alone: what happens when a Job is due while another runs.

use super::at_work::{begin, go_on, names};
use crate::controllers::cron_job::{ConcurrencyPolicy, Schedule};
use crate::controllers::job::{JobSpec, OnDisruption};
use crate::sim::fixture::{Small, at, secs};
use crate::sim::log::{Cause, Occurrence};
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::{Delay, WorkloadKind};

const MINUTE: i64 = 60;

/// A CronJob that is due every ten minutes and whose pods work for 25, until then.
fn due(concurrency: ConcurrencyPolicy, starting_deadline: Option<SimDuration>, until: SimTime) -> Shared {
    let schedule = Schedule::parse("*/10 * * * *", None, jiff::Timestamp::UNIX_EPOCH).expect("a schedule");
    let spec = JobSpec {
        parallelism: 1,
        completions: Some(1),
        backoff_limit: 6,
        active_deadline: None,
        on_disruption: OnDisruption::Count,
        only_replaces_failed: false,
    };
    let work = Delay::Fixed(secs(25 * MINUTE));
    let small = Small::new().group("base", 0, |_| {}).deployment("report", 0, |report| {
        report.kind = WorkloadKind::CronJob { schedule, concurrency, starting_deadline, spec, work };
    });
    let (mut shared, mut controllers) = begin(small);
    go_on(&mut shared, &mut controllers, until, |_, _| {});
    shared
}

fn started(shared: &Shared) -> Vec<i64> {
    let of = shared.log.records().values().filter(|record| matches!(record.what, Occurrence::JobStarted(_)));
    of.map(|record| (record.at - SimTime::ZERO).as_secs() / MINUTE).collect()
}

#[test]
fn jobs_overlap_where_they_may() {
    let shared = due(ConcurrencyPolicy::Allow, None, at(34 * MINUTE));
    assert_eq!(started(&shared), [10, 20, 30]);
    assert_eq!(names(&shared).len(), 3);
    let later = due(ConcurrencyPolicy::Allow, None, at(36 * MINUTE));
    assert_eq!(names(&later).len(), 2, "the first has done its work");
}

#[test]
fn a_job_that_may_not_overlap_begins_when_the_other_is_over_and_because_of_that() {
    let shared = due(ConcurrencyPolicy::Forbid, None, at(40 * MINUTE));
    assert_eq!(started(&shared), [10, 35], "due at 20 and at 30");
    assert_eq!(names(&shared).len(), 1);
    let causes: Vec<Option<Occurrence>> = shared
        .log
        .records()
        .values()
        .filter(|record| matches!(record.what, Occurrence::JobStarted(_)))
        .map(|record| record.because.record().map(|cause| shared.log.records()[cause].what))
        .collect();
    assert!(matches!(causes[..], [None, Some(Occurrence::JobEnded(..))]), "{causes:?}");
    let first = shared.log.records().values().next().expect("a record");
    assert_eq!(first.because, Cause::Clock);
}

#[test]
fn one_that_is_too_late_does_not_begin() {
    // The last one was due at 30 min, 5 min before the first is over.
    let shared = due(ConcurrencyPolicy::Forbid, Some(secs(4 * MINUTE)), at(39 * MINUTE));
    assert_eq!(started(&shared), [10]);
    let in_time = due(ConcurrencyPolicy::Forbid, Some(secs(6 * MINUTE)), at(39 * MINUTE));
    assert_eq!(started(&in_time), [10, 35]);
}

#[test]
fn a_job_replaces_the_one_that_runs() {
    let shared = due(ConcurrencyPolicy::Replace, None, at(34 * MINUTE));
    assert_eq!(started(&shared), [10, 20, 30]);
    assert_eq!(names(&shared).len(), 1);
    let ended = shared.log.records().values().any(|record| matches!(record.what, Occurrence::JobEnded(..)));
    assert!(!ended, "nobody finished");
}

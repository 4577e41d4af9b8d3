//! Jobs: how many pods run at once, and when it is over.

use crate::units::SimDuration;

/// `spec` of a Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobSpec {
    /// Pods at once.
    pub parallelism: i32,
    /// Pods that must succeed; absent: the first success ends it.
    pub completions: Option<i32>,
    /// Failed pods before the Job fails, 6 by default.
    pub backoff_limit: i32,
    /// `activeDeadlineSeconds`: the Job fails when it has run for this long.
    pub active_deadline: Option<SimDuration>,
    /// What becomes of it when it loses a pod by eviction, preemption or with its node.
    pub on_disruption: OnDisruption,
    /// It has a `podFailurePolicy`: pods that are deleted count, and are replaced, only when they have stopped.
    pub only_replaces_failed: bool,
}

/// The action of `podFailurePolicy` for the pod condition DisruptionTarget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDisruption {
    /// The pod counts as failed, as without a policy.
    #[default]
    Count,
    /// The pod is replaced and does not count.
    Ignore,
    /// The Job fails.
    FailJob,
}

/// How far a Job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct JobProgress {
    /// Pods that exist and are not terminating or finished.
    pub active: i32,
    /// Pods that were deleted and have not stopped.
    pub terminating: i32,
    /// Pods that succeeded.
    pub succeeded: i32,
    /// Pods that failed, evicted and reclaimed ones included.
    pub failed: i32,
    /// The pod failure policy says that it has failed.
    pub given_up: bool,
    /// How long it has run.
    pub age: SimDuration,
}

/// What a Job needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobNeed {
    /// How many more pods to create.
    Create(i32),
    /// Nothing for now.
    Wait,
    /// It is complete.
    Complete,
    /// It gave up.
    Failed(JobFailure),
}

/// Why a Job fails: the reason of its condition Failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobFailure {
    /// Its `podFailurePolicy` says so.
    PodFailurePolicy,
    /// More pods failed than `backoffLimit` allows.
    BackoffLimitExceeded,
    /// It ran longer than `activeDeadlineSeconds`.
    DeadlineExceeded,
}

/// What the Job controller does next.
///
/// Upstream: job_controller.go `syncJob`, `manageJob` and `onlyReplaceFailedPods`, 1.28. Parallelism does not change, so there are never too
/// many pods.
pub(crate) fn next_step(spec: JobSpec, progress: JobProgress) -> JobNeed {
    let is_late = spec.active_deadline.is_some_and(|most| progress.age >= most);
    let failure = match (progress.given_up, progress.failed > spec.backoff_limit) {
        (true, _) => Some(JobFailure::PodFailurePolicy),
        (false, true) => Some(JobFailure::BackoffLimitExceeded),
        (false, false) => is_late.then_some(JobFailure::DeadlineExceeded),
    };
    if let Some(why) = failure {
        return JobNeed::Failed(why);
    }
    let complete = match spec.completions {
        Some(completions) => progress.succeeded >= completions,
        None => progress.succeeded > 0 && progress.active == 0,
    };
    if complete {
        return JobNeed::Complete;
    }
    let wanted = match spec.completions {
        Some(completions) => spec.parallelism.min(completions - progress.succeeded),
        None if progress.succeeded > 0 => progress.active,
        None => spec.parallelism,
    };
    let in_place = progress.active + if spec.only_replaces_failed { progress.terminating } else { 0 };
    match wanted - in_place {
        more if more > 0 => JobNeed::Create(more),
        _ => JobNeed::Wait,
    }
}

/// How long after a failure the Job controller replaces failed pods: 10 s doubling to 10 min.
///
/// Upstream: `DefaultJobPodFailureBackOff`, `MaxJobPodFailureBackOff`; 1.28.
pub(crate) fn back_off(failures_in_a_row: u32) -> SimDuration {
    match failures_in_a_row {
        0 => SimDuration::ZERO,
        failures => SimDuration::from_secs(10 << (failures - 1).min(10)).min(SimDuration::from_mins(10)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: JobSpec = JobSpec {
        parallelism: 2,
        completions: Some(5),
        backoff_limit: 3,
        active_deadline: Some(SimDuration::from_mins(1)),
        on_disruption: OnDisruption::Count,
        only_replaces_failed: false,
    };

    #[test]
    fn jobs_create_finish_and_fail() {
        let check = |name: &str, completions, (active, succeeded, failed), expected| {
            let progress = JobProgress { active, succeeded, failed, ..JobProgress::default() };
            assert_eq!(next_step(JobSpec { completions, ..SPEC }, progress), expected, "{name}");
        };
        check("start", Some(5), (0, 0, 0), JobNeed::Create(2));
        check("refill", Some(5), (1, 2, 0), JobNeed::Create(1));
        check("the last one", Some(5), (1, 4, 0), JobNeed::Wait);
        check("done", Some(5), (0, 5, 1), JobNeed::Complete);
        check("gives up", Some(5), (1, 1, 4), JobNeed::Failed(JobFailure::BackoffLimitExceeded));
        let losing = JobProgress { active: 1, terminating: 1, ..JobProgress::default() };
        assert_eq!(next_step(SPEC, losing), JobNeed::Create(1), "a pod that is deleted is replaced");
        let patient = JobSpec { only_replaces_failed: true, ..SPEC };
        assert_eq!(next_step(patient, losing), JobNeed::Wait, "or when it has stopped");
        check("no completions: first success", None, (1, 1, 0), JobNeed::Wait);
        check("no completions: done", None, (0, 1, 0), JobNeed::Complete);
    }

    #[test]
    fn deadlines_and_failure_policies_end_jobs() {
        let young = JobProgress { active: 2, age: SimDuration::from_secs(59), ..JobProgress::default() };
        assert_eq!(next_step(SPEC, young), JobNeed::Wait);
        let late = JobProgress { age: SimDuration::from_mins(1), ..young };
        assert_eq!(next_step(SPEC, late), JobNeed::Failed(JobFailure::DeadlineExceeded));
        let given_up = JobProgress { given_up: true, ..young };
        assert_eq!(next_step(SPEC, given_up), JobNeed::Failed(JobFailure::PodFailurePolicy));
    }

    #[test]
    fn back_off_doubles_to_ten_minutes() {
        let seconds: Vec<i64> = (0..8).map(|failures| back_off(failures).as_secs()).collect();
        assert_eq!(seconds, [0, 10, 20, 40, 80, 160, 320, 600]);
        assert_eq!(back_off(40).as_secs(), 600);
    }
}

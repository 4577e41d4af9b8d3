//! Jobs: how many pods run at once, and when it is over.

/// `spec` of a Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobSpec {
    /// Pods at once.
    pub parallelism: i32,
    /// Pods that must succeed; absent: the first success ends it.
    pub completions: Option<i32>,
    /// Failed pods before the Job fails, 6 by default.
    pub backoff_limit: i32,
}

/// How far a Job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobProgress {
    /// Pods that exist and are not terminating or finished.
    pub active: i32,
    /// Pods that succeeded.
    pub succeeded: i32,
    /// Pods that failed, evicted and reclaimed ones included.
    pub failed: i32,
}

/// What a Job needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobNeed {
    /// So many more pods.
    Create(i32),
    /// So many pods fewer.
    Delete(i32),
    /// Nothing for now.
    Wait,
    /// It is complete.
    Complete,
    /// It gave up.
    Failed,
}

/// What the Job controller does next.
///
/// Upstream: job_controller.go `syncJob` and `manageJob`, 1.28. A pod deleted by eviction, preemption
/// or the loss of its node counts as failed (no pod failure policy).
pub fn next_step(spec: JobSpec, progress: JobProgress) -> JobNeed {
    if progress.failed > spec.backoff_limit {
        return JobNeed::Failed;
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
    match wanted - progress.active {
        0 => JobNeed::Wait,
        more if more > 0 => JobNeed::Create(more),
        fewer => JobNeed::Delete(-fewer),
    }
}

/// How long the Job controller waits before it replaces failed pods: 10 s doubling to 6 min.
///
/// Upstream: `DefaultJobBackOff`, `MaxJobBackOff`; 1.28.
pub fn back_off(failures_in_a_row: u32) -> crate::units::SimDuration {
    use crate::units::SimDuration;
    match failures_in_a_row {
        0 => SimDuration::ZERO,
        failures => SimDuration::from_secs(10 << (failures - 1).min(10)).min(SimDuration::from_mins(6)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_create_finish_and_fail() {
        let check = |name: &str, completions, (active, succeeded, failed), expected| {
            let spec = JobSpec { parallelism: 2, completions, backoff_limit: 3 };
            assert_eq!(next_step(spec, JobProgress { active, succeeded, failed }), expected, "{name}");
        };
        check("start", Some(5), (0, 0, 0), JobNeed::Create(2));
        check("refill", Some(5), (1, 2, 0), JobNeed::Create(1));
        check("the last one", Some(5), (1, 4, 0), JobNeed::Wait);
        check("done", Some(5), (0, 5, 1), JobNeed::Complete);
        check("gives up", Some(5), (1, 1, 4), JobNeed::Failed);
        check("no completions: first success", None, (1, 1, 0), JobNeed::Wait);
        check("no completions: done", None, (0, 1, 0), JobNeed::Complete);
    }

    #[test]
    fn back_off_doubles_to_six_minutes() {
        let seconds: Vec<i64> = (0..7).map(|failures| back_off(failures).as_secs()).collect();
        assert_eq!(seconds, [0, 10, 20, 40, 80, 160, 320]);
        assert_eq!(back_off(40).as_secs(), 360);
    }
}

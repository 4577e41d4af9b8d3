//! PodDisruptionBudgets: how many pods may be evicted now.

use super::{IntOrPercent, Rounding};

/// What a budget promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// `minAvailable`, as a count or of the pods expected.
    MinAvailable(IntOrPercent),
    /// `maxUnavailable`, as a count or of the pods expected.
    MaxUnavailable(IntOrPercent),
}

/// The status of a budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Matching pods that are ready and not terminating.
    pub current_healthy: i32,
    /// How many must be.
    pub desired_healthy: i32,
    /// Evictions allowed now.
    pub disruptions_allowed: i32,
}

/// The status of a budget over `matching` pods of which `healthy` are ready, whose controllers want
/// `wanted` pods in sum.
///
/// Upstream: disruption controller `getExpectedPodCount` and `updatePdbStatus`, 1.28: percentages round
/// up; a `minAvailable` count expects the matching pods, everything else what the controllers want.
pub fn status(promise: Promise, matching: i32, healthy: i32, wanted: i32) -> Status {
    let (expected, desired_healthy) = match promise {
        Promise::MinAvailable(IntOrPercent::Int(count)) => (matching, count),
        Promise::MinAvailable(percent) => (wanted, percent.of(wanted, Rounding::Up)),
        Promise::MaxUnavailable(count) => (wanted, wanted.saturating_sub(count.of(wanted, Rounding::Up)).max(0)),
    };
    let allowed = if expected <= 0 { 0 } else { (healthy - desired_healthy).max(0) };
    Status { current_healthy: healthy, desired_healthy, disruptions_allowed: allowed }
}

/// What the eviction API answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvictionAnswer {
    /// Go ahead; one disruption is used up.
    Allowed,
    /// Go ahead; no budget is touched.
    AllowedWithoutBudget,
    /// 429: too many requests, the budget is used up.
    Denied,
}

/// `spec.unhealthyPodEvictionPolicy`: when an unready pod may go without using up a disruption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnhealthyPods {
    /// While enough others are healthy.
    #[default]
    IfHealthyBudget,
    /// Always.
    AlwaysAllow,
}

/// What an eviction asks of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodHealth {
    /// It does not run yet, has ended, or is on its way out.
    NotRunning,
    /// It runs and is not ready.
    Unready,
    /// It is ready.
    Ready,
}

/// The answer for a pod under these budgets.
///
/// Upstream: `registry/core/pod/storage/eviction.go`, 1.28: pods that do not run are not protected
/// (`canIgnorePDB`); several budgets for one pod are an error, after which callers try again, in vain.
pub fn evict(pod: PodHealth, budgets: &[(Status, UnhealthyPods)]) -> EvictionAnswer {
    if pod == PodHealth::NotRunning {
        return EvictionAnswer::AllowedWithoutBudget;
    }
    let (budget, unhealthy_pods) = match budgets {
        [] => return EvictionAnswer::AllowedWithoutBudget,
        [only] => only,
        _ => return EvictionAnswer::Denied,
    };
    let is_healthy = budget.current_healthy >= budget.desired_healthy && budget.desired_healthy > 0;
    if pod == PodHealth::Unready && (is_healthy || *unhealthy_pods == UnhealthyPods::AlwaysAllow) {
        return EvictionAnswer::AllowedWithoutBudget;
    }
    if budget.disruptions_allowed > 0 { EvictionAnswer::Allowed } else { EvictionAnswer::Denied }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IntOrPercent::{Int, Percent};

    #[test]
    fn budgets_allow_what_is_above_the_promise() {
        let check = |promise, matching, healthy, wanted, desired, allowed| {
            let status = status(promise, matching, healthy, wanted);
            assert_eq!((status.desired_healthy, status.disruptions_allowed), (desired, allowed), "{promise:?}");
        };
        check(Promise::MinAvailable(Int(2)), 3, 3, 3, 2, 1);
        check(Promise::MinAvailable(Int(2)), 3, 1, 3, 2, 0);
        check(Promise::MinAvailable(Int(1)), 0, 0, 3, 1, 0);
        check(Promise::MinAvailable(Percent(50)), 5, 5, 5, 3, 2);
        check(Promise::MaxUnavailable(Int(1)), 2, 2, 3, 2, 0);
        check(Promise::MaxUnavailable(Percent(25)), 10, 10, 10, 7, 3);
        check(Promise::MaxUnavailable(Int(1)), 0, 0, 0, 0, 0);
    }

    #[test]
    fn unready_pods_may_go_while_enough_are_healthy() {
        let kept = Status { current_healthy: 2, desired_healthy: 2, disruptions_allowed: 0 };
        let budget = (kept, UnhealthyPods::IfHealthyBudget);
        assert_eq!(evict(PodHealth::Ready, &[budget]), EvictionAnswer::Denied);
        assert_eq!(evict(PodHealth::Unready, &[budget]), EvictionAnswer::AllowedWithoutBudget);
        assert_eq!(evict(PodHealth::NotRunning, &[budget]), EvictionAnswer::AllowedWithoutBudget);
        assert_eq!(evict(PodHealth::Ready, &[]), EvictionAnswer::AllowedWithoutBudget);
        assert_eq!(evict(PodHealth::Ready, &[budget, budget]), EvictionAnswer::Denied);
        let broken = Status { current_healthy: 1, ..kept };
        assert_eq!(evict(PodHealth::Unready, &[(broken, UnhealthyPods::IfHealthyBudget)]), EvictionAnswer::Denied);
        assert_eq!(
            evict(PodHealth::Unready, &[(broken, UnhealthyPods::AlwaysAllow)]),
            EvictionAnswer::AllowedWithoutBudget
        );
        assert_eq!(evict(PodHealth::Ready, &[(broken, UnhealthyPods::AlwaysAllow)]), EvictionAnswer::Denied);
    }
}

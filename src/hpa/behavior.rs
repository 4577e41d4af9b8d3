//! From a proposal to a decision: stabilisation windows, rate limits, bounds.
//!
//! Upstream: pkg/controller/podautoscaler/horizontal.go, 1.28.

use super::controller::Reason;
use super::spec::{Behavior, PolicyKind, ScalingRules, SelectPolicy};
use crate::units::{SimDuration, SimTime};

/// Recommendations and rescales of the past, as far as they matter.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// (replicas, when); absent until the first sync.
    pub(super) recommendations: Option<Vec<(i32, SimTime)>>,
    scale_ups: Vec<ScaleEvent>,
    scale_downs: Vec<ScaleEvent>,
}

#[derive(Clone, Copy, Debug)]
struct ScaleEvent {
    change: i32,
    at: SimTime,
    outdated: bool,
}

/// Bounds and present state, for the rate limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) spec: i32,
    pub(super) min: i32,
    pub(super) max: i32,
}

impl History {
    /// Upstream: `stabilizeRecommendation`: the highest recommendation of the window; one exactly as old
    /// as the window still counts.
    pub(super) fn stabilize_legacy(&mut self, proposal: i32, window: SimDuration, now: SimTime) -> i32 {
        let cutoff = now - window;
        let recommendations = self.recommendations.get_or_insert_default();
        let young = recommendations.iter().filter(|(_, at)| *at >= cutoff);
        let highest = young.map(|(replicas, _)| *replicas).fold(proposal, i32::max);
        replace_last(recommendations, |(_, at)| *at < cutoff, (proposal, now));
        highest
    }

    /// Upstream: `stabilizeRecommendationWithBehaviors`: never past `spec` against a window; a
    /// recommendation exactly as old as a window no longer counts.
    pub(super) fn stabilize(&mut self, proposal: i32, spec: i32, behavior: &Behavior, now: SimTime) -> i32 {
        let up_cutoff = now - behavior.scale_up.stabilization_window;
        let down_cutoff = now - behavior.scale_down.stabilization_window;
        let recommendations = self.recommendations.get_or_insert_default();
        let (mut up, mut down, mut outdated) = (proposal, proposal, None);
        for (place, (replicas, at)) in recommendations.iter().enumerate() {
            if *at > up_cutoff {
                up = up.min(*replicas);
            }
            if *at > down_cutoff {
                down = down.max(*replicas);
            }
            if *at < up_cutoff && *at < down_cutoff {
                outdated = Some(place);
            }
        }
        replace(recommendations, outdated, (proposal, now));
        spec.max(up).min(down)
    }

    /// Upstream: `storeScaleEvent`.
    pub(super) fn store_event(&mut self, behavior: &Behavior, from: i32, to: i32, now: SimTime) {
        let (events, rules, change) = if to > from {
            (&mut self.scale_ups, &behavior.scale_up, to - from)
        } else {
            (&mut self.scale_downs, &behavior.scale_down, from - to)
        };
        let cutoff = now - rules.longest_period();
        events.iter_mut().filter(|event| event.at < cutoff).for_each(|event| event.outdated = true);
        replace_last(events, |event| event.outdated, ScaleEvent { change, at: now, outdated: false });
    }

    /// Replicas at the start of a period, by this HPA's own changes.
    fn at_period_start(&self, spec: i32, period: SimDuration, now: SimTime) -> i32 {
        let cutoff = now - period;
        let sum = |events: &[ScaleEvent]| -> i32 {
            events.iter().filter(|event| event.at > cutoff).map(|event| event.change).sum()
        };
        spec - sum(&self.scale_ups) + sum(&self.scale_downs)
    }

    /// Upstream: `calculateScaleUpLimitWithScalingRules`.
    fn scale_up_limit(&self, spec: i32, rules: &ScalingRules, now: SimTime) -> i32 {
        let limits = rules.policies.iter().map(|policy| {
            let start = self.at_period_start(spec, policy.period, now);
            match policy.kind {
                PolicyKind::Pods => start.saturating_add(policy.value),
                PolicyKind::Percent => (f64::from(start) * (1.0 + f64::from(policy.value) / 100.0)).ceil() as i32,
            }
        });
        match rules.select {
            SelectPolicy::Disabled => spec,
            SelectPolicy::Min => limits.min().unwrap_or(i32::MAX),
            SelectPolicy::Max => limits.max().unwrap_or(i32::MIN),
        }
    }

    /// Upstream: `calculateScaleDownLimitWithBehaviors`.
    fn scale_down_limit(&self, spec: i32, rules: &ScalingRules, now: SimTime) -> i32 {
        let limits = rules.policies.iter().map(|policy| {
            let start = self.at_period_start(spec, policy.period, now);
            match policy.kind {
                PolicyKind::Pods => start.saturating_sub(policy.value),
                PolicyKind::Percent => (f64::from(start) * (1.0 - f64::from(policy.value) / 100.0)) as i32,
            }
        });
        match rules.select {
            SelectPolicy::Disabled => spec,
            SelectPolicy::Min => limits.max().unwrap_or(i32::MIN),
            SelectPolicy::Max => limits.min().unwrap_or(i32::MAX),
        }
    }

    /// Upstream: `convertDesiredReplicasWithBehaviorRate`.
    pub(super) fn limit_rate(&self, wanted: i32, bounds: Bounds, behavior: &Behavior, now: SimTime) -> (i32, Reason) {
        let Bounds { spec, min, max } = bounds;
        if wanted > spec {
            let limit = self.scale_up_limit(spec, &behavior.scale_up, now).max(spec);
            let (most, reason) =
                if max > limit { (limit, Reason::ScaleUpLimit) } else { (max, Reason::TooManyReplicas) };
            if wanted > most {
                return (most, reason);
            }
        } else if wanted < spec {
            let limit = self.scale_down_limit(spec, &behavior.scale_down, now).min(spec);
            let (least, reason) =
                if min < limit { (limit, Reason::ScaleDownLimit) } else { (min, Reason::TooFewReplicas) };
            if wanted < least {
                return (least, reason);
            }
        }
        (wanted, Reason::DesiredWithinRange)
    }
}

/// Upstream: `convertDesiredReplicasWithRules`: without `behavior`, at most double (or 4) at a time.
pub(super) fn limit_rate_legacy(wanted: i32, bounds: Bounds) -> (i32, Reason) {
    let Bounds { spec, min, max } = bounds;
    let limit = spec.saturating_mul(2).max(4);
    let (most, reason) = if max > limit { (limit, Reason::ScaleUpLimit) } else { (max, Reason::TooManyReplicas) };
    if wanted < min {
        (min, Reason::TooFewReplicas)
    } else if wanted > most {
        (most, reason)
    } else {
        (wanted, Reason::DesiredWithinRange)
    }
}

/// Upstream keeps its lists short by writing over the last entry that is too old.
fn replace_last<T>(rows: &mut Vec<T>, is_old: impl Fn(&T) -> bool, row: T) {
    let outdated = rows.iter().rposition(is_old);
    replace(rows, outdated, row);
}

fn replace<T>(rows: &mut Vec<T>, outdated: Option<usize>, row: T) {
    match outdated {
        Some(place) => rows[place] = row,
        None => rows.push(row),
    }
}

//! From a proposal to a decision: stabilisation windows, rate limits, bounds.
//!
//! Upstream: pkg/controller/podautoscaler/horizontal.go, 1.28.

use super::condition::Reason;
use super::grounds::{Holds, Window};
use super::spec::{Behavior, PolicyKind, ScalingRules, SelectPolicy};
use crate::units::{SimDuration, SimTime};
use smallvec::SmallVec;

/// Recommendations and rescales of the past, as far as they matter.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// When each number of replicas was recommended last; absent until the first sync. Upstream keeps every recommendation, but
    /// asks only which numbers there are in a window.
    recommended: Option<SmallVec<[(i32, SimTime); 4]>>,
    scale_ups: Vec<ScaleEvent>,
    scale_downs: Vec<ScaleEvent>,
}

#[derive(Clone, Copy, Debug)]
struct ScaleEvent {
    change: i32,
    at: SimTime,
    outdated: bool,
}

/// Replicas after the stabilization windows, and the window that changed them.
pub(super) type Stabilized = (i32, Option<Window>);

/// Bounds and present state, for the rate limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) spec: i32,
    pub(super) min: i32,
    pub(super) max: i32,
}

impl History {
    /// The history goes on from these recommendations.
    pub(super) fn resume(&mut self, recommendations: &[(i32, SimTime)]) {
        self.recommended = Some(SmallVec::new());
        recommendations.iter().for_each(|(replicas, at)| self.recommend(*replicas, *at, SimTime::MIN));
    }
    /// A history that is empty begins with the replicas that there are.
    pub(super) fn begin(&mut self, replicas: i32, now: SimTime) {
        if self.recommended.is_none() {
            self.recommend(replicas, now, SimTime::MIN);
        }
    }

    /// Adds a recommendation; those from before `cutoff` no longer count.
    fn recommend(&mut self, replicas: i32, now: SimTime, cutoff: SimTime) {
        let recommended = self.recommended.get_or_insert_default();
        match recommended.iter_mut().find(|(other, _)| *other == replicas) {
            Some((_, at)) => *at = now.max(*at),
            None => {
                recommended.retain(|(_, at)| *at >= cutoff);
                recommended.push((replicas, now));
            }
        }
    }

    /// Upstream: `stabilizeRecommendation`: the highest recommendation of the window; one exactly as old
    /// as the window still counts.
    pub(super) fn stabilize_legacy(&mut self, proposal: i32, span: SimDuration, now: SimTime) -> Stabilized {
        let cutoff = now - span;
        let young = self.recommended.iter().flatten().filter(|(_, at)| *at >= cutoff);
        let highest = young.map(|(replicas, _)| *replicas).fold(proposal, i32::max);
        self.recommend(proposal, now, cutoff);
        let window = Window { holds: Holds::Up, extreme: highest, span };
        (highest, (highest != proposal).then_some(window))
    }

    /// Upstream: `stabilizeRecommendationWithBehaviors`: never past `spec` against a window; a
    /// recommendation exactly as old as a window no longer counts.
    pub(super) fn stabilize(&mut self, proposal: i32, spec: i32, behavior: &Behavior, now: SimTime) -> Stabilized {
        let up_cutoff = now - behavior.scale_up.stabilization_window;
        let down_cutoff = now - behavior.scale_down.stabilization_window;
        let (mut up, mut down) = (proposal, proposal);
        for (replicas, at) in self.recommended.iter().flatten() {
            if *at > up_cutoff {
                up = up.min(*replicas);
            }
            if *at > down_cutoff {
                down = down.max(*replicas);
            }
        }
        self.recommend(proposal, now, up_cutoff.min(down_cutoff));
        let stabilized = spec.max(up).min(down);
        let window = match proposal < spec {
            true => Window { holds: Holds::Up, extreme: down, span: behavior.scale_down.stabilization_window },
            false => Window { holds: Holds::Down, extreme: up, span: behavior.scale_up.stabilization_window },
        };
        (stabilized, (stabilized != proposal).then_some(window))
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
        let event = ScaleEvent { change, at: now, outdated: false };
        // Upstream keeps its list short by writing over the last entry that is too old.
        match events.iter_mut().rfind(|event| event.outdated) {
            Some(place) => *place = event,
            None => events.push(event),
        }
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

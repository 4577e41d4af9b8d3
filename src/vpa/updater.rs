//! Which pods to evict, so that they come back with the recommended requests.
//!
//! Upstream: vertical-pod-autoscaler 1.0.0, pkg/updater/priority/update_priority_calculator.go and
//! pkg/updater/eviction/pods_eviction_restriction.go.

use super::recommender::{Amounts, Recommendation};
use super::spec::{ContainerPolicy, Flags};
use crate::units::{SimDuration, SimTime};
use std::cmp::Ordering;

/// A container of a pod: what it requests and what it should.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Container<'a> {
    /// `requests.cpu`, if there is one.
    pub cpu_milli: Option<i64>,
    /// `requests.memory`, if there is one.
    pub memory_bytes: Option<i64>,
    /// Within its policy; absent without one.
    pub recommended: Option<Recommendation>,
    /// Its policy.
    pub policy: &'a ContainerPolicy,
    /// How long it had run when it was last killed for lack of memory.
    pub last_oom_after: Option<SimDuration>,
}

/// A pod that should go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wanted {
    /// How urgently.
    pub priority: Priority,
    /// Why.
    pub why: Update,
}

/// Why a pod is replaced: what makes it so, and what its containers request and should request, those without a
/// recommendation apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update {
    /// What makes it so.
    pub trigger: Trigger,
    /// In milli-cores.
    pub cpu_milli: Change,
    /// In bytes.
    pub memory_bytes: Change,
}

/// What makes the updater replace a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Some request is outside of the recommended bounds.
    OutsideBounds,
    /// A container ran out of memory soon after its start.
    QuickOutOfMemory,
    /// It has run for long, and its requests differ by much.
    OldAndDifferent,
}

/// Of all containers together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What they request.
    pub requested: i64,
    /// What they should.
    pub recommended: i64,
}

/// How urgently a pod should go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Priority {
    /// Some container needs more than it requests.
    pub scale_up: bool,
    /// The change over the requests, summed over resources.
    pub difference: f64,
}

/// Whether a pod that started at `started` should be replaced.
///
/// Upstream: `UpdatePriorityCalculator.AddPod` and `PodPriority`: outside the bounds, or out of memory soon
/// after its start, or old enough and different enough.
pub(crate) fn priority(
    containers: &[Container<'_>],
    started: Option<SimTime>,
    now: SimTime,
    flags: &Flags,
) -> Option<Wanted> {
    let (mut outside, mut scale_up, mut quick_oom) = (false, false, false);
    let (mut cpu, mut memory) = (Change::default(), Change::default());
    for container in containers {
        let Some(recommended) = container.recommended else { continue };
        quick_oom |= container.last_oom_after.is_some_and(|ran| ran < flags.quick_oom);
        let mut look = |request: Option<i64>, amount: fn(&Amounts) -> i64, sum: &mut Change| {
            sum.recommended += amount(&recommended.target);
            match request {
                Some(request) => {
                    sum.requested += request;
                    scale_up |= amount(&recommended.target) > request;
                    outside |= request < amount(&recommended.lower) || request > amount(&recommended.upper);
                }
                // Upstream takes a container without a request for one that requests nothing.
                None => (scale_up, outside) = (true, true),
            }
        };
        if container.policy.cpu.is_some() {
            look(container.cpu_milli, |amounts| amounts.cpu_milli, &mut cpu);
        }
        if container.policy.memory.is_some() {
            look(container.memory_bytes, |amounts| amounts.memory_bytes, &mut memory);
        }
    }
    let relative = |Change { requested, recommended }: Change| {
        (requested as f64 - recommended as f64).abs() / (requested as f64).max(1.0)
    };
    let difference = relative(cpu) + relative(memory);
    let old = started.is_some_and(|started| now >= started + flags.lifetime_threshold);
    let wanted = outside || quick_oom || (old && difference >= flags.update_threshold);
    let trigger = match (outside, quick_oom) {
        (true, _) => Trigger::OutsideBounds,
        (false, true) => Trigger::QuickOutOfMemory,
        (false, false) => Trigger::OldAndDifferent,
    };
    let found = Wanted {
        priority: Priority { scale_up, difference },
        why: Update { trigger, cpu_milli: cpu, memory_bytes: memory },
    };
    (wanted && !(quick_oom && difference == 0.0)).then_some(found)
}

/// Most urgent first: those that need more, then the largest change.
pub(crate) fn more_urgent(a: &Priority, b: &Priority) -> Ordering {
    b.scale_up.cmp(&a.scale_up).then(b.difference.total_cmp(&a.difference))
}

/// The pods of a workload, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Replicas {
    /// What it asks for.
    pub configured: i32,
    /// What there is and does not terminate.
    pub live: i32,
    /// Of these, what runs.
    pub running: i32,
}

/// How many more pods of a workload may be evicted in this round.
///
/// Upstream: `podsEvictionRestrictionImpl`: none below the minimum of replicas; of the others at least half
/// (less the tolerance) stay alive; one at a time where that leaves none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Restriction {
    configured: i32,
    running: i32,
    evicted: i32,
    tolerance: i32,
}

impl Restriction {
    /// Of a workload with such pods; absent if it has fewer live ones than `min_replicas`.
    pub(crate) fn new(replicas: Replicas, min_replicas: i32, flags: &Flags) -> Option<Self> {
        let Replicas { configured, live, running } = replicas;
        let tolerance = (f64::from(configured) * flags.eviction_tolerance) as i32;
        (live >= min_replicas).then_some(Restriction { configured, running, evicted: 0, tolerance })
    }

    /// Whether a pod may go now.
    pub(crate) fn allows(&self, pending: bool) -> bool {
        let alive = self.configured - self.tolerance;
        pending
            || self.running - self.evicted > alive
            || (self.running == self.configured && self.tolerance == 0 && self.evicted == 0)
    }

    /// A pod went.
    pub(crate) fn count(&mut self, pending: bool) {
        self.evicted += i32::from(!pending);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: ContainerPolicy = ContainerPolicy {
        scaled: true,
        cpu: Some(super::super::Bound { min: None, max: None }),
        memory: None,
        values: super::super::Controlled::RequestsOnly,
    };

    fn container(cpu_milli: Option<i64>) -> Container<'static> {
        let amounts = |cpu_milli| Amounts { cpu_milli, memory_bytes: 0 };
        let recommended = Recommendation { target: amounts(200), lower: amounts(150), upper: amounts(400) };
        Container {
            cpu_milli,
            memory_bytes: None,
            recommended: Some(recommended),
            policy: &POLICY,
            last_oom_after: None,
        }
    }

    fn verdict(container: Container<'_>, age_hours: i64) -> Option<Priority> {
        let now = SimTime::from_secs(100 * 3600);
        let found = priority(&[container], Some(now - SimDuration::from_hours(age_hours)), now, &Flags::default());
        found.map(|found| found.priority)
    }

    #[test]
    fn a_pod_outside_the_bounds_goes_at_once() {
        assert_eq!(verdict(container(Some(100)), 0), Some(Priority { scale_up: true, difference: 1.0 }));
        assert_eq!(verdict(container(Some(800)), 0), Some(Priority { scale_up: false, difference: 0.75 }));
        assert!(verdict(container(None), 0).is_some_and(|priority| priority.scale_up));
    }

    #[test]
    fn a_pod_within_the_bounds_goes_when_it_is_old_and_different() {
        assert_eq!(verdict(container(Some(160)), 11), None);
        assert!(verdict(container(Some(160)), 12).is_some());
        assert_eq!(verdict(container(Some(190)), 12), None, "5 % is not worth an eviction");
    }

    #[test]
    fn a_pod_that_ran_out_of_memory_soon_goes_if_that_changes_anything() {
        let quick = Some(SimDuration::from_mins(9));
        assert!(verdict(Container { last_oom_after: quick, ..container(Some(160)) }, 1).is_some());
        assert_eq!(verdict(Container { last_oom_after: quick, ..container(Some(200)) }, 1), None);
        let slow = Some(SimDuration::from_mins(10));
        assert_eq!(verdict(Container { last_oom_after: slow, ..container(Some(160)) }, 1), None);
    }

    #[test]
    fn it_says_what_makes_a_pod_go_and_what_it_should_request() {
        let now = SimTime::from_secs(100 * 3600);
        let why = |container: Container<'_>, hours| {
            let found = priority(&[container], Some(now - SimDuration::from_hours(hours)), now, &Flags::default());
            found.map(|found| found.why)
        };
        let cpu = |requested| Change { requested, recommended: 200 };
        let update = |trigger, requested| Some(Update { trigger, cpu_milli: cpu(requested), ..NOTHING });
        const NOTHING: Update = Update {
            trigger: Trigger::OutsideBounds,
            cpu_milli: Change { requested: 0, recommended: 0 },
            memory_bytes: Change { requested: 0, recommended: 0 },
        };
        assert_eq!(why(container(Some(100)), 0), update(Trigger::OutsideBounds, 100));
        assert_eq!(why(container(Some(160)), 12), update(Trigger::OldAndDifferent, 160));
        let quick = Some(SimDuration::from_mins(9));
        let killed = Container { last_oom_after: quick, ..container(Some(160)) };
        assert_eq!(why(killed, 1), update(Trigger::QuickOutOfMemory, 160));
    }

    #[test]
    fn half_of_the_pods_stay() {
        let allowed = |configured: i32, running: i32| {
            let Some(mut restriction) =
                Restriction::new(Replicas { configured, live: configured, running }, 2, &Flags::default())
            else {
                return 0;
            };
            let mut evicted = 0;
            while restriction.allows(false) {
                restriction.count(false);
                evicted += 1;
            }
            evicted
        };
        let rows = [(1, 1, 0), (2, 2, 1), (3, 3, 1), (4, 4, 2), (4, 3, 1), (4, 2, 0), (10, 10, 5)];
        for (configured, running, evicted) in rows {
            assert_eq!(allowed(configured, running), evicted, "{running} of {configured} running");
        }
    }
}

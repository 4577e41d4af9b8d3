//! One reconcile of an HPA.

use super::behavior::{Bounds, History, Stabilized, limit_rate_legacy};
use super::condition::{Condition, Conditions, Reason};
use super::grounds::{Grounds, Window, Winner};
use super::observation::Observation;
use super::replica_calculator::{Calculator, CurrentMetric, MetricError, Proposal};
use super::schedule::ScheduledMinimum;
use super::spec::{Flags, HpaSpec, Metric};
use crate::units::SimTime;
use smallvec::SmallVec;

/// The controller's memory of one HPA.
#[derive(Clone, Debug)]
pub struct HpaController {
    pub(super) spec: HpaSpec,
    /// Minima by the clock: each proposes its replicas while it holds.
    schedule: Vec<ScheduledMinimum>,
    flags: Flags,
    history: History,
    conditions: Conditions,
    desired: i32,
    current: Current,
    /// What the last sync found, if the metrics were asked and proposed anything.
    proposed: Option<Proposed>,
    /// It was this controller that scaled to 0. Upstream: condition ScaledToZero, 1.36.
    has_scaled_to_zero: bool,
}

/// What the metrics proposed, by which of them, and to how many replicas.
#[derive(Clone, Copy, Debug)]
struct Proposed {
    metric: i32,
    winner: Option<Winner>,
    spec: i32,
}

/// `status.currentMetrics`, in the order of the metrics; absent of a metric that failed.
type Current = SmallVec<[Option<CurrentMetric>; 2]>;

/// What one sync decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What each metric proposed, in order; empty if metrics were not evaluated.
    pub proposals: SmallVec<[Result<Proposal, MetricError>; 2]>,
    /// The highest proposal; absent if there is no decision.
    pub metric: Option<i32>,
    /// It is the schedule's: no metric asks for as much.
    pub scheduled: bool,
    /// The metric that made it.
    pub winner: Option<Winner>,
    /// After stabilisation, before rate limits and bounds.
    pub stabilized: Option<i32>,
    /// The window that changed the proposal.
    pub window: Option<Window>,
    /// `spec.replicas` after the sync.
    pub replicas: i32,
    /// `status.desiredReplicas` after the sync.
    pub desired: i32,
    /// The scale was changed.
    pub rescaled: bool,
    /// The reconcile returned an error, perhaps after scaling.
    pub error: bool,
    /// The conditions after the sync.
    pub conditions: Conditions,
}

impl Decision {
    /// What it was decided by.
    pub fn grounds(&self) -> Grounds {
        Grounds {
            proposed: self.metric,
            scheduled: self.scheduled,
            winner: self.winner,
            stabilized: self.stabilized,
            window: self.window,
            limited: self.conditions.scaling_limited.filter(|limited| limited.status).map(|limited| limited.reason),
        }
    }
}

impl HpaController {
    /// A controller that sees the object for the first time.
    pub fn new(spec: HpaSpec, flags: Flags) -> Self {
        HpaController {
            spec,
            schedule: Vec::new(),
            flags,
            history: History::default(),
            conditions: Conditions::default(),
            desired: 0,
            current: Current::new(),
            proposed: None,
            has_scaled_to_zero: false,
        }
    }
    /// The same with minima by the clock.
    pub fn with_schedule(self, schedule: Vec<ScheduledMinimum>) -> Self {
        HpaController { schedule, ..self }
    }
    /// Continues from an earlier state: recommendations (replicas, when) and `status.desiredReplicas`. A controller that
    /// has just started knows the latter alone.
    pub fn resume(&mut self, recommendations: Option<&[(i32, SimTime)]>, desired: i32) {
        if let Some(recommendations) = recommendations {
            self.history.resume(recommendations);
        }
        self.desired = desired;
    }
    /// What the object says.
    pub fn spec(&self) -> &HpaSpec {
        &self.spec
    }

    /// `status.currentMetrics` after the last sync: of a failed reconcile, versions
    /// before 1.31 keep what was there before.
    pub fn current_metrics(&self) -> &[Option<CurrentMetric>] {
        &self.current
    }

    /// One reconcile at `now`.
    ///
    /// Upstream: `HorizontalController.reconcileAutoscaler`, 1.28.
    pub fn sync(&mut self, now: SimTime, seen: &Observation<'_>) -> Decision {
        let mut decision = Decision {
            proposals: SmallVec::new(),
            metric: None,
            scheduled: false,
            winner: None,
            stabilized: None,
            window: None,
            replicas: seen.spec_replicas,
            desired: self.desired,
            rescaled: false,
            error: false,
            conditions: self.conditions,
        };
        if seen.down.scale_get {
            self.conditions.able_to_scale = condition(false, Reason::FailedGetScale);
            decision.error = true;
        } else {
            self.conditions.able_to_scale = condition(true, Reason::SucceededGetScale);
            let spec = seen.spec_replicas;
            self.history.begin(spec, now);
            self.decide(now, seen, &mut decision);
        }
        decision.desired = self.desired;
        decision.conditions = self.conditions;
        decision
    }

    /// A reconcile that sees what the last one saw, where the metrics propose the same whatever the time: of pods
    /// that are past their initialisation. Nothing if the last one did not come to a proposal.
    pub fn sync_again(&mut self, now: SimTime) -> Option<Decision> {
        let Proposed { metric, winner, spec } = self.proposed?;
        let (metric, scheduled) = self.raised(now, metric);
        let bounds = Bounds { spec, min: self.spec.min, max: self.spec.max };
        let ((stabilized, window), wanted) = self.normalize(metric, bounds, now);
        let rescaled = wanted != spec;
        if rescaled {
            self.rescales(now, spec, wanted);
        }
        self.desired = wanted;
        Some(Decision {
            proposals: SmallVec::new(),
            metric: Some(metric),
            scheduled,
            winner: winner.filter(|_| !scheduled),
            stabilized: Some(stabilized),
            window,
            replicas: wanted,
            desired: wanted,
            rescaled,
            error: false,
            conditions: self.conditions,
        })
    }

    fn decide(&mut self, now: SimTime, seen: &Observation<'_>, decision: &mut Decision) {
        let (spec, min, max) = (seen.spec_replicas, self.spec.min, self.spec.max);
        self.proposed = None;
        let wakes = spec == 0 && self.has_scaled_to_zero && self.flags.rules.remembers_zero;
        let wanted = if spec == 0 && min != 0 && !wakes {
            self.conditions.scaling_active = condition(false, Reason::ScalingDisabled);
            self.desired = 0;
            return;
        } else if spec > max {
            max
        } else if spec < min && !wakes {
            min
        } else {
            self.evaluate(now, seen, decision);
            let Some(metric) = decision.metric else {
                if self.flags.rules.status_on_failure {
                    self.report_metrics(decision);
                }
                return;
            };
            if !decision.error {
                self.proposed = Some(Proposed { metric, winner: decision.winner, spec });
            }
            let (metric, scheduled) = self.raised(now, metric);
            (decision.metric, decision.scheduled) = (Some(metric), scheduled);
            decision.winner = decision.winner.filter(|_| !scheduled);
            let ((stabilized, window), wanted) = self.normalize(metric, Bounds { spec, min, max }, now);
            (decision.stabilized, decision.window) = (Some(stabilized), window);
            wanted
        };
        self.apply(now, seen, wanted, decision);
    }

    /// Upstream: `computeReplicasForMetrics`.
    fn evaluate(&mut self, now: SimTime, seen: &Observation<'_>, decision: &mut Decision) {
        let calculator = Calculator { now, flags: &self.flags, behavior: self.spec.behavior.as_ref(), seen };
        decision.proposals = self.spec.metrics.iter().map(|metric| calculator.propose(metric)).collect();
        let (mut best, mut winner) = (0, None);
        for (at, proposal) in decision.proposals.iter().enumerate() {
            let Ok(proposal) = proposal else { continue };
            if best == 0 || proposal.replicas > best {
                best = proposal.replicas;
                winner = Some((at, proposal.current));
            }
        }
        let failed = decision.proposals.iter().position(Result::is_err);
        decision.error = failed.is_some();
        // A schedule is one more metric, which never fails.
        let (most, is_scheduled) = self.raised(now, best);
        let all_failed = !is_scheduled && decision.proposals.iter().all(Result::is_err);
        match failed {
            Some(first) if all_failed || most < seen.spec_replicas => {
                self.conditions.scaling_active = condition(false, failure_of(&self.spec.metrics[first]));
            }
            _ => {
                self.conditions.scaling_active = condition(true, Reason::ValidMetricFound);
                decision.metric = Some(best);
                decision.winner = winner.map(|(at, current)| Winner {
                    metric: at as u16,
                    value: current.against(self.spec.metrics[at].target()),
                });
            }
        }
    }

    /// What metrics ask for, or a schedule that asks for more; and whether it does.
    fn raised(&self, now: SimTime, metric: i32) -> (i32, bool) {
        let scheduled = self.schedule.iter().filter_map(|row| row.at(now)).max();
        scheduled.filter(|replicas| *replicas > metric).map_or((metric, false), |replicas| (replicas, true))
    }

    /// Stabilisation, then rate limits and bounds: what comes of each.
    ///
    /// Upstream: `normalizeDesiredReplicas`, `normalizeDesiredReplicasWithBehaviors`.
    fn normalize(&mut self, metric: i32, bounds: Bounds, now: SimTime) -> (Stabilized, i32) {
        let ((stabilized, window), (wanted, reason), changed) = match &self.spec.behavior {
            None => {
                let stabilized = self.history.stabilize_legacy(metric, self.flags.downscale_stabilization, now);
                (stabilized, limit_rate_legacy(stabilized.0, bounds), Reason::ScaleDownStabilized)
            }
            Some(behavior) => {
                let stabilized = self.history.stabilize(metric, bounds.spec, behavior, now);
                let up = metric >= bounds.spec;
                let changed = if up { Reason::ScaleUpStabilized } else { Reason::ScaleDownStabilized };
                (stabilized, self.history.limit_rate(stabilized.0, bounds, behavior, now), changed)
            }
        };
        let able = if stabilized == metric { Reason::ReadyForNewScale } else { changed };
        self.conditions.able_to_scale = condition(true, able);
        self.conditions.scaling_limited = condition(wanted != stabilized, reason);
        ((stabilized, window), wanted)
    }

    fn apply(&mut self, now: SimTime, seen: &Observation<'_>, wanted: i32, decision: &mut Decision) {
        if wanted == seen.spec_replicas {
            self.desired = wanted;
            self.report_metrics(decision);
        } else if seen.down.scale_update {
            if self.flags.rules.status_on_failure {
                self.report_metrics(decision);
            }
            self.conditions.able_to_scale = condition(false, Reason::FailedUpdateScale);
            decision.error = true;
        } else {
            self.rescales(now, seen.spec_replicas, wanted);
            self.desired = wanted;
            self.report_metrics(decision);
            (decision.replicas, decision.rescaled) = (wanted, true);
        }
    }

    fn rescales(&mut self, now: SimTime, from: i32, to: i32) {
        self.conditions.able_to_scale = condition(true, Reason::SucceededRescale);
        self.has_scaled_to_zero = to == 0 && self.spec.metrics.iter().any(Metric::is_of_no_pod);
        if let Some(behavior) = &self.spec.behavior {
            self.history.store_event(behavior, from, to, now);
        }
    }

    fn report_metrics(&mut self, decision: &Decision) {
        self.current.clear();
        self.current.extend(decision.proposals.iter().map(|proposal| proposal.as_ref().ok().map(|p| p.current)));
    }
}

fn condition(status: bool, reason: Reason) -> Option<Condition> {
    Some(Condition { status, reason })
}

fn failure_of(metric: &Metric) -> Reason {
    match metric {
        Metric::Resource { container: None, .. } => Reason::FailedGetResourceMetric,
        Metric::Resource { container: Some(_), .. } => Reason::FailedGetContainerResourceMetric,
        Metric::Pods { .. } => Reason::FailedGetPodsMetric,
        Metric::Object { .. } => Reason::FailedGetObjectMetric,
        Metric::External { .. } => Reason::FailedGetExternalMetric,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpa::{Behavior, Resource, ScalingRules, Target};
    use crate::hpa::{ContainerUsage, PodContainer, PodGroup, PodPhase, Readiness};
    use crate::intern::Symbol;
    use crate::rng::Seed;
    use crate::units::SimDuration;
    use smallvec::smallvec;

    /// Settled pods that each use the same amount.
    fn decide(controller: &mut HpaController, now: SimTime, replicas: i32, cpu_milli: i64) -> Decision {
        let usage = ContainerUsage { cpu_milli: Some(cpu_milli), memory_bytes: Some(1) };
        let container = PodContainer {
            name: Symbol::EMPTY,
            cpu_request_milli: Some(100),
            memory_request_bytes: Some(1),
            is_sidecar: false,
            usage: Some(usage),
        };
        let pods = PodGroup {
            count: i64::from(replicas),
            phase: PodPhase::Running,
            ready: Readiness::True,
            ready_since: SimTime::ZERO,
            started: Some(SimTime::ZERO),
            deleted: false,
            listed: true,
            containers: &[container],
            pod_level: None,
            in_metrics: true,
            sampled_at: now,
            window: SimDuration::from_secs(15),
            custom: &[],
        };
        let seen = Observation { spec_replicas: replicas, pods: &[pods], ..Observation::default() };
        controller.sync(now, &seen)
    }

    #[test]
    fn seeing_the_same_again_decides_as_looking_again() {
        let flags = Flags::default();
        let rules = Behavior { scale_up: ScalingRules::default_up(), scale_down: ScalingRules::default_down(&flags) };
        let cpu = Metric::Resource { resource: Resource::Cpu, container: None, target: Target::Utilization(50) };
        for behavior in [None, Some(rules)] {
            let spec = HpaSpec { min: 1, max: 30, metrics: smallvec![cpu], behavior };
            let mut chance = Seed::new(4, 0).stream("load", 0);
            let (mut looking, mut knowing) = (HpaController::new(spec.clone(), flags), HpaController::new(spec, flags));
            let (mut replicas, mut demand_milli, mut last, mut repeated) = (2, 100, None, 0);
            for turn in 1..2_000 {
                let now = SimTime::from_secs(15 * turn);
                if chance.chance(0.1) {
                    demand_milli = 20 + 10 * chance.below(100) as i64;
                }
                let each = demand_milli / i64::from(replicas);
                let plain = decide(&mut looking, now, replicas, each);
                let again = (last == Some((replicas, each))).then(|| knowing.sync_again(now)).flatten();
                repeated += i32::from(again.is_some());
                let quick = again.unwrap_or_else(|| decide(&mut knowing, now, replicas, each));
                let outcome = |d: &Decision| (d.grounds(), d.replicas, d.desired, d.rescaled, d.conditions);
                assert_eq!(outcome(&quick), outcome(&plain), "turn {turn}");
                assert_eq!(knowing.current_metrics(), looking.current_metrics(), "turn {turn}");
                (last, replicas) = (Some((replicas, each)), plain.replicas);
            }
            assert!(repeated > 1_000, "only {repeated} repeated syncs");
        }
    }
}

//! Metrics that fail, one sync at a time: which error it is, and what it does to the rest.

use super::{
    Behavior, ContainerUsage, Decision, Flags, HpaController, HpaSpec, Metric, MetricError, Observation, PodContainer,
    PodGroup, PodPhase, Readiness, Reason, Resource, Rules, Target,
};
use crate::intern::{Interner, Symbol};
use crate::release::KubernetesVersion::{self, *};
use crate::units::{SimDuration, SimTime};
use smallvec::{SmallVec, smallvec};

/// When the one sync happens: pods are long past their start.
pub(super) const NOW: SimTime = SimTime::from_secs(10_000);

/// `app` and `side`, of which 1000 milli-cores are requested each.
struct Names {
    app: Symbol,
    side: Symbol,
}

fn names() -> Names {
    let mut symbols = Interner::new();
    Names { app: symbols.intern("app"), side: symbols.intern("side") }
}

/// A container with its cpu usage: absent from the sample, in it without cpu, or in it.
fn container(name: Symbol, usage: Option<Option<i64>>) -> PodContainer {
    let usage = usage.map(|cpu_milli| ContainerUsage { cpu_milli, memory_bytes: Some(1) });
    PodContainer { name, cpu_request_milli: Some(1000), memory_request_bytes: Some(1), is_sidecar: false, usage }
}

pub(super) fn pods(count: i64, containers: &[PodContainer]) -> PodGroup<'_> {
    PodGroup {
        count,
        phase: PodPhase::Running,
        ready: Readiness::True,
        ready_since: SimTime::ZERO,
        started: Some(SimTime::ZERO),
        deleted: false,
        listed: true,
        containers,
        pod_level: None,
        in_metrics: true,
        sampled_at: NOW,
        window: SimDuration::from_secs(30),
        custom: &[],
    }
}

fn cpu(container: Option<Symbol>, percent: i64) -> Metric {
    Metric::Resource { resource: Resource::Cpu, container, target: Target::Utilization(percent) }
}

fn sync(metrics: SmallVec<[Metric; 2]>, version: KubernetesVersion, replicas: i32, pods: &[PodGroup<'_>]) -> Decision {
    let spec = HpaSpec { min: 1, max: 100, metrics, behavior: None::<Behavior> };
    let mut controller = HpaController::new(spec, Flags { rules: Rules::of(&version.into()), ..Flags::default() });
    let seen = Observation { spec_replicas: replicas, status_replicas: replicas, pods, ..Observation::default() };
    controller.sync(NOW, &seen)
}

fn first_error(metric: Metric, version: KubernetesVersion, pods: &[PodGroup<'_>]) -> Option<MetricError> {
    sync(smallvec![metric], version, 2, pods).proposals[0].err()
}

#[test]
fn no_samples_at_all_are_no_metrics_and_not_unready_pods() {
    let names = names();
    let containers = [container(names.app, None)];
    let silent = PodGroup { in_metrics: false, ..pods(2, &containers) };
    assert_eq!(first_error(cpu(None, 50), V1_28, &[silent]), Some(MetricError::NoMetrics));
    assert_eq!(first_error(cpu(Some(names.app), 50), V1_28, &[silent]), Some(MetricError::NoMetrics));
    assert_eq!(first_error(cpu(None, 50), V1_28, &[]), Some(MetricError::NoMetrics));
    let unready = PodGroup { phase: PodPhase::Pending, ..pods(2, &containers) };
    assert_eq!(first_error(cpu(None, 50), V1_28, &[unready]), Some(MetricError::NoUsableMetrics));
    let ghost = PodGroup { listed: false, ..pods(2, &containers) };
    assert_eq!(first_error(cpu(None, 50), V1_28, &[ghost]), Some(MetricError::NoPods));
}

#[test]
fn a_sample_without_any_container_is_a_pod_that_is_missing() {
    let names = names();
    let (empty, used) = ([container(names.app, None)], [container(names.app, Some(Some(900)))]);
    let decision = sync(smallvec![cpu(None, 50)], V1_28, 2, &[pods(1, &empty), pods(1, &used)]);
    // 90 % of one pod's request, 0 of the missing one's: 45 % of both.
    assert_eq!(decision.proposals[0].map(|proposal| proposal.replicas), Ok(2));
    assert_eq!(first_error(cpu(None, 50), V1_28, &[pods(2, &empty)]), Some(MetricError::NoUsableMetrics));
}

#[test]
fn one_pod_without_the_container_fails_the_metric_until_1_33() {
    let names = names();
    let both = [container(names.app, Some(Some(900))), container(names.side, Some(Some(900)))];
    let one = [container(names.app, Some(Some(900))), container(names.side, None)];
    let metric = cpu(Some(names.side), 50);
    let groups = [pods(3, &both), pods(1, &one)];
    assert_eq!(first_error(metric, V1_28, &groups), Some(MetricError::ContainerNotInMetrics));
    assert_eq!(first_error(metric, V1_32, &groups), None);
    let ghost = PodGroup { listed: false, ..pods(1, &one) };
    assert_eq!(
        first_error(metric, V1_28, &[pods(3, &both), ghost]),
        Some(MetricError::ContainerNotInMetrics),
        "a pod that is gone counts too"
    );
    let silent = PodGroup { in_metrics: false, ..pods(1, &one) };
    assert_eq!(first_error(metric, V1_28, &[pods(3, &both), silent]), None, "it has no sample at all");
}

#[test]
fn a_container_whose_sample_lacks_the_resource_is_missing_and_no_error() {
    let names = names();
    let lacks = [container(names.app, Some(None)), container(names.side, Some(Some(900)))];
    let whole = [container(names.app, Some(Some(900))), container(names.side, Some(Some(900)))];
    let groups = [pods(1, &lacks), pods(1, &whole)];
    for metric in [cpu(None, 50), cpu(Some(names.app), 50)] {
        assert_eq!(sync(smallvec![metric], V1_28, 2, &groups).proposals[0].map(|p| p.replicas), Ok(2));
    }
    let metric = cpu(Some(names.app), 50);
    assert_eq!(first_error(metric, V1_28, &[pods(2, &lacks)]), Some(MetricError::NoUsableMetrics));
}

#[test]
fn the_first_of_several_failures_is_the_reason_and_only_growth_goes_on() {
    let names = names();
    let used = [container(names.app, Some(Some(900)))];
    let groups = [pods(2, &used)];
    let (lost, external) =
        (cpu(Some(names.side), 50), Metric::External { metric: names.side, target: Target::Value(1000) });
    let reason = |decision: &Decision| decision.conditions.scaling_active.map(|condition| condition.reason);
    let both = sync(smallvec![lost, external], V1_28, 2, &groups);
    assert_eq!((both.metric, reason(&both)), (None, Some(Reason::FailedGetContainerResourceMetric)));
    let both = sync(smallvec![external, lost], V1_28, 2, &groups);
    assert_eq!((both.metric, reason(&both)), (None, Some(Reason::FailedGetExternalMetric)));
    let grows = sync(smallvec![lost, cpu(None, 50)], V1_28, 2, &groups);
    assert_eq!((grows.replicas, grows.error, reason(&grows)), (4, true, Some(Reason::ValidMetricFound)));
    let stays = sync(smallvec![lost, cpu(None, 90)], V1_28, 2, &groups);
    assert_eq!((stays.metric, stays.error, reason(&stays)), (Some(2), true, Some(Reason::ValidMetricFound)));
    let shrinks = sync(smallvec![lost, cpu(None, 200)], V1_28, 2, &groups);
    assert_eq!((shrinks.metric, shrinks.replicas), (None, 2));
    assert_eq!(reason(&shrinks), Some(Reason::FailedGetContainerResourceMetric));
}

#[test]
fn a_controller_that_starts_keeps_what_the_status_says_while_metrics_fail() {
    let spec = HpaSpec { min: 2, max: 6, metrics: smallvec![cpu(None, 100)], behavior: None };
    let mut controller = HpaController::new(spec, Flags::default());
    controller.resume(None, 4);
    let names = names();
    let containers = [container(names.app, None)];
    let silent = PodGroup { in_metrics: false, ..pods(4, &containers) };
    let seen = Observation { spec_replicas: 4, status_replicas: 4, pods: &[silent], ..Observation::default() };
    let decision = controller.sync(NOW, &seen);
    assert_eq!((decision.replicas, decision.desired, decision.error), (4, 4, true));
}

//! What versions decide otherwise, one sync at a time.

use super::failing_metrics::{self, NOW};
use super::*;
use crate::cluster::PodLevelRequests;
use crate::intern::{Interner, Symbol};
use crate::release::{Gate, KubernetesVersion::*, Release};
use crate::units::SimDuration;
use smallvec::{SmallVec, smallvec};

fn container(name: Symbol, request: Option<i64>, usage: i64) -> PodContainer {
    PodContainer {
        name,
        cpu_request_milli: request,
        memory_request_bytes: None,
        is_sidecar: false,
        usage: Some(ContainerUsage { cpu_milli: Some(usage), memory_bytes: None }),
    }
}

fn pods(containers: &[PodContainer]) -> PodGroup<'_> {
    failing_metrics::pods(2, containers)
}

fn cpu(container: Option<Symbol>) -> SmallVec<[Metric; 2]> {
    smallvec![Metric::Resource { resource: Resource::Cpu, container, target: Target::Utilization(50) }]
}

fn controller(metrics: SmallVec<[Metric; 2]>, release: impl Into<Release>) -> HpaController {
    let spec = HpaSpec { min: 1, max: i32::MAX, metrics, behavior: None };
    HpaController::new(spec, Flags { rules: Rules::of(&release.into()), ..Flags::default() })
}

/// What the first metric proposes for two replicas.
fn proposes(
    metrics: SmallVec<[Metric; 2]>,
    release: impl Into<Release>,
    pods: PodGroup<'_>,
) -> Result<i32, MetricError> {
    let seen = Observation { spec_replicas: 2, status_replicas: 2, pods: &[pods], ..Observation::default() };
    controller(metrics, release).sync(NOW, &seen).proposals[0].map(|proposal| proposal.replicas)
}

fn with(version: crate::release::KubernetesVersion, gate: Gate, on: bool) -> Release {
    let mut release = Release::of(version);
    release.switch(gate, on).expect("a gate that can be switched");
    release
}

#[test]
fn sidecars_count_once_there_are_any() {
    let app = container(Symbol::EMPTY, Some(100), 100);
    let side = PodContainer { is_sidecar: true, ..app };
    // 200 of 100 milli-cores, or of 200.
    assert_eq!(proposes(cpu(None), V1_28, pods(&[app, side])), Ok(8));
    assert_eq!(proposes(cpu(None), V1_29, pods(&[app, side])), Ok(4));
    let silent = PodContainer { cpu_request_milli: None, ..side };
    assert_eq!(proposes(cpu(None), V1_28, pods(&[app, silent])), Ok(8));
    assert_eq!(proposes(cpu(None), V1_35, pods(&[app, silent])), Err(MetricError::MissingRequest));
    assert_eq!(proposes(cpu(None), with(V1_32, Gate::SidecarContainers, false), pods(&[app, silent])), Ok(8));
}

#[test]
fn a_pod_that_asks_as_a_whole_is_measured_by_that() {
    let app = container(Symbol::EMPTY, None, 100);
    let whole = PodLevelRequests { cpu_milli: Some(400), memory_bytes: None };
    let asks = PodGroup { pod_level: Some(whole), ..pods(std::slice::from_ref(&app)) };
    assert_eq!(proposes(cpu(None), V1_33, asks), Err(MetricError::MissingRequest));
    assert_eq!(proposes(cpu(None), V1_34, asks), Ok(1));
    assert_eq!(
        proposes(cpu(None), with(V1_34, Gate::PodLevelResources, false), asks),
        Err(MetricError::MissingRequest)
    );
    // One container is measured by its own request, whatever the pod asks for.
    assert_eq!(proposes(cpu(Some(Symbol::EMPTY)), V1_35, asks), Err(MetricError::MissingRequest));
    let without_cpu = PodLevelRequests { cpu_milli: None, memory_bytes: Some(1) };
    let asks = PodGroup { pod_level: Some(without_cpu), ..asks };
    assert_eq!(proposes(cpu(None), V1_35, asks), Err(MetricError::MissingRequest));
}

#[test]
fn a_container_that_a_pod_lacks_fails_by_now() {
    let mut symbols = Interner::new();
    let (app, other) = (symbols.intern("app"), symbols.intern("other"));
    let (has, lacks) = ([container(app, Some(100), 100)], [container(other, Some(100), 100)]);
    let groups = [pods(&has), PodGroup { in_metrics: false, ..pods(&lacks) }];
    let proposal = |version: crate::release::KubernetesVersion| {
        let seen = Observation { spec_replicas: 4, status_replicas: 4, pods: &groups, ..Observation::default() };
        controller(cpu(Some(app)), version).sync(NOW, &seen).proposals[0].map(|proposal| proposal.replicas)
    };
    // Two pods at twice the target, two without metrics whose request is 0.
    assert_eq!(proposal(V1_34), Ok(8));
    assert_eq!(proposal(V1_35), Err(MetricError::MissingRequest));
}

#[test]
fn a_tolerance_of_its_own_counts_with_its_gate() {
    let rules = |tolerance| ScalingRules { tolerance, ..ScalingRules::default_up() };
    let spec = HpaSpec {
        min: 1,
        max: 10,
        metrics: cpu(None),
        behavior: Some(Behavior { scale_up: rules(Some(1.0)), scale_down: rules(None) }),
    };
    let app = [container(Symbol::EMPTY, Some(100), 100)];
    let wanted = |release: Release| {
        let flags = Flags { rules: Rules::of(&release), ..Flags::default() };
        let seen = Observation { spec_replicas: 2, status_replicas: 2, pods: &[pods(&app)], ..Observation::default() };
        HpaController::new(spec.clone(), flags).sync(NOW, &seen).metric
    };
    assert_eq!(wanted(V1_34.into()), Some(4));
    assert_eq!(wanted(V1_35.into()), Some(2), "twice the target is within 1 above it");
    assert_eq!(wanted(with(V1_33, Gate::HPAConfigurableTolerance, true)), Some(2));
    assert_eq!(wanted(with(V1_35, Gate::HPAConfigurableTolerance, false)), Some(4));
}

#[test]
fn more_replicas_than_there_are_numbers_are_the_most() {
    let metric = Symbol::EMPTY;
    let external: SmallVec<[Metric; 2]> = smallvec![Metric::External { metric, target: Target::Value(1) }];
    let app = [container(Symbol::EMPTY, Some(100), 100)];
    let wanted = |version: crate::release::KubernetesVersion| {
        let totals = [(metric, 1 << 40)];
        let pods = [pods(&app)];
        let seen = Observation {
            spec_replicas: 2,
            status_replicas: 2,
            pods: &pods,
            external: &totals,
            ..Observation::default()
        };
        controller(external.clone(), version).sync(NOW, &seen).metric
    };
    assert_eq!(wanted(V1_34), Some(i32::MIN), "the bug that was mended");
    assert_eq!(wanted(V1_35), Some(i32::MAX));
}

#[test]
fn who_has_scaled_to_zero_scales_up_again() {
    let metric = Symbol::EMPTY;
    let external: SmallVec<[Metric; 2]> = smallvec![Metric::External { metric, target: Target::Value(1000) }];
    let wakes = |release: Release| {
        let spec = HpaSpec { min: 0, max: 10, metrics: external.clone(), behavior: None };
        let mut controller = HpaController::new(spec, Flags { rules: Rules::of(&release), ..Flags::default() });
        let totals = [(metric, 0)];
        let app = [container(Symbol::EMPTY, Some(100), 0)];
        let pods = [pods(&app)];
        let seen = Observation {
            spec_replicas: 2,
            status_replicas: 2,
            pods: &pods,
            external: &totals,
            ..Observation::default()
        };
        controller.sync(NOW, &seen);
        let settled = NOW + SimDuration::from_secs(301);
        assert_eq!(controller.sync(settled, &seen).replicas, 0);
        // Somebody raises the minimum while nothing runs.
        controller.spec.min = 1;
        let totals = [(metric, 3000)];
        let seen = Observation { external: &totals, ..Observation::default() };
        controller.sync(settled + SimDuration::from_secs(15), &seen).replicas
    };
    assert_eq!(wakes(with(V1_35, Gate::HPAScaleToZero, true)), 0);
    assert_eq!(wakes(with(V1_36, Gate::HPAScaleToZero, true)), 3);
    assert_eq!(wakes(V1_36.into()), 0);
}

//! What differs between versions of the HPA controller.

use crate::release::{Gate, KubernetesVersion::*, Release};

/// The rules of a version. Source: pkg/controller/podautoscaler, 1.28 to 1.36; rules without another word are of
/// replica_calculator.go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Requests of sidecars (restartable init containers) are a part of a pod's, and one without is an error. `calculatePodRequests`, 1.29.
    pub sidecar_requests: bool,
    /// `status.currentMetrics` is written also where no metric could be read or the scale not be written. horizontal.go
    /// `reconcileAutoscaler`, 1.31.
    pub status_on_failure: bool,
    /// A pod whose metrics lack the container of a ContainerResource metric is a pod without metrics; before, the metric failed.
    /// metrics/client.go `getContainerMetrics`, 1.32.
    pub container_may_lack_metrics: bool,
    /// What is tolerated are ratios from 1 - tolerance to 1 + tolerance, and no longer |1 - ratio| up to the tolerance: the last bit of
    /// a ratio decides. `Tolerances.isWithin`, 1.33.
    pub tolerance_by_bounds: bool,
    /// `behavior.scaleUp.tolerance` and `behavior.scaleDown.tolerance`. Gate HPAConfigurableTolerance: alpha in 1.33, on in 1.35.
    pub own_tolerances: bool,
    /// A Resource metric is a share of what the pod requests as a whole, where it does. `calculateRequests`, gate PodLevelResources: 1.34.
    pub pod_level_requests: bool,
    /// A ContainerResource metric fails where a pod has no such container; before, its request was 0. `calculatePodRequestsFromContainers`, 1.35.
    pub container_must_exist: bool,
    /// A ratio of an Object or External metric that asks for more than 2^31 - 1 replicas asks for so many; before, the number overflowed.
    /// `getUsageRatioReplicaCount`, 1.35.
    pub replicas_saturate: bool,
    /// `minReplicas: 0` is allowed. Gate HPAScaleToZero, off in all versions.
    pub scales_to_zero: bool,
    /// An HPA that has scaled to 0 itself scales up again by Object and External metrics, also after `minReplicas` was raised. horizontal.go
    /// `shouldComputeMetricsForZeroReplicas`, with HPAScaleToZero: 1.36.
    pub remembers_zero: bool,
}

impl Rules {
    /// The table: a row per rule.
    pub fn of(release: &Release) -> Rules {
        let since = |first| release.version >= first;
        Rules {
            sidecar_requests: release.is_on(Gate::SidecarContainers),
            status_on_failure: since(V1_31),
            container_may_lack_metrics: since(V1_32),
            tolerance_by_bounds: since(V1_33),
            own_tolerances: release.is_on(Gate::HPAConfigurableTolerance),
            pod_level_requests: since(V1_34) && release.is_on(Gate::PodLevelResources),
            container_must_exist: since(V1_35),
            replicas_saturate: since(V1_35),
            scales_to_zero: release.is_on(Gate::HPAScaleToZero),
            remembers_zero: since(V1_36) && release.is_on(Gate::HPAScaleToZero),
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Rules::of(&Release::default())
    }
}

//! What the controller sees in one sync.

use crate::cluster::PodLevelRequests;
use crate::intern::Symbol;
use crate::units::{SimDuration, SimTime};

/// Everything one sync looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Observation<'a> {
    /// `scale.spec.replicas`.
    pub spec_replicas: i32,
    /// `scale.status.replicas`.
    pub status_replicas: i32,
    /// The pods behind the selector and their metrics.
    pub pods: &'a [PodGroup<'a>],
    /// External metrics by name: the sum of their series, in milli-units. A missing name has no series.
    pub external: &'a [(Symbol, i64)],
    /// Object metrics by name, in milli-units.
    pub object: &'a [(Symbol, i64)],
    /// What does not answer.
    pub down: ApiDown,
}

/// APIs that fail in this sync.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApiDown {
    /// Resource metrics.
    pub resource: bool,
    /// Custom metrics (Pods and Object).
    pub custom: bool,
    /// External metrics.
    pub external: bool,
    /// Reading the scale subresource.
    pub scale_get: bool,
    /// Writing the scale subresource.
    pub scale_update: bool,
}

/// Pods in the same state.
#[derive(Clone, Copy, Debug)]
pub struct PodGroup<'a> {
    /// How many.
    pub count: i64,
    /// Their phase.
    pub phase: PodPhase,
    /// Their Ready condition.
    pub ready: Readiness,
    /// Its last transition.
    pub ready_since: SimTime,
    /// `status.startTime`.
    pub started: Option<SimTime>,
    /// `metadata.deletionTimestamp` is set.
    pub deleted: bool,
    /// The pod lister knows them; metrics may outlive pods.
    pub listed: bool,
    /// Their containers, sidecars last.
    pub containers: &'a [PodContainer],
    /// What they request as a whole, where they say it (`spec.resources.requests`).
    pub pod_level: Option<PodLevelRequests>,
    /// They are in the resource metrics.
    pub in_metrics: bool,
    /// Time of the sample.
    pub sampled_at: SimTime,
    /// Window of the sample.
    pub window: SimDuration,
    /// Custom metrics per pod by name, in milli-units.
    pub custom: &'a [(Symbol, i64)],
}

/// A container with its requests, and what its pod's metrics say about it.
#[derive(Clone, Copy, Debug)]
pub struct PodContainer {
    /// The name.
    pub name: Symbol,
    /// Cpu request in milli-cores.
    pub cpu_request_milli: Option<i64>,
    /// Memory request in bytes.
    pub memory_request_bytes: Option<i64>,
    /// It is a restartable init container.
    pub is_sidecar: bool,
    /// Absent: the container is not in the pod's metrics.
    pub usage: Option<ContainerUsage>,
}

/// What a container uses; an absent resource is not in the sample.
#[derive(Clone, Copy, Debug, Default)]
pub struct ContainerUsage {
    /// Milli-cores.
    pub cpu_milli: Option<i64>,
    /// Bytes.
    pub memory_bytes: Option<i64>,
}

/// `status.phase`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodPhase {
    /// Pending.
    Pending,
    /// Running.
    Running,
    /// Succeeded.
    Succeeded,
    /// Failed.
    Failed,
    /// Unknown.
    Unknown,
}

/// The status of the Ready condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// True.
    True,
    /// False.
    False,
    /// Unknown.
    Unknown,
    /// There is no Ready condition.
    Absent,
}

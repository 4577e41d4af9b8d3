//! What a dry run needs, and one sync of it.

use crate::hpa::{Decision, Flags, HpaSpec};
use crate::intern::Symbol;
use crate::scenario::metrics::Recording;
use crate::scenario::pod_shape::PodShape;
use crate::units::{SimDuration, SimTime};

/// How the recorded metrics are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Per-pod usage as it was.
    Open,
    /// The total divided among the pods that this HPA would have had.
    Closed,
}

/// Everything a dry run needs.
#[derive(Clone, Debug)]
pub struct Replay<'a> {
    /// The HPA.
    pub spec: &'a HpaSpec,
    /// The controller's flags.
    pub flags: Flags,
    /// What was recorded.
    pub recording: &'a Recording,
    /// Names of the recorded series, in their order, as the HPA's metrics name them.
    pub names: &'a [Symbol],
    /// How it is taken.
    pub mode: Mode,
    /// `spec.replicas` at the first sync.
    pub start: i32,
    /// The pods.
    pub pod: PodShape,
    /// From creation to Ready.
    pub pod_start: SimDuration,
    /// `--horizontal-pod-autoscaler-sync-period`.
    pub sync: SimDuration,
    /// How old samples are when the controller reads them.
    pub sample_age: SimDuration,
}

/// One sync of a dry run.
#[derive(Clone, Debug)]
pub struct SyncRow {
    /// When.
    pub at: SimTime,
    /// `spec.replicas` before the sync.
    pub before: i32,
    /// Pods that are Ready.
    pub ready: i32,
    /// The load of the first metric: the recorded total (closed) or value per pod (open), in its unit.
    pub load: Option<f64>,
    /// The decision.
    pub decision: Decision,
    /// The largest of the metrics' values over their targets; absent without any.
    pub ratio: Option<f64>,
}

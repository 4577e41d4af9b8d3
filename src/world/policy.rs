//! What guards and scales workloads: budgets and pod autoscalers with their targets.

use super::CronWindow;
use crate::cluster::LabelSelector;
use crate::controllers::disruption::{Promise, UnhealthyPods};
use crate::hpa::{HpaSpec, ScheduledMinimum};
use crate::id::WorkloadId;
use crate::intern::Symbol;
use crate::vpa::VpaSpec;

/// A PodDisruptionBudget.
#[derive(Clone, Debug)]
pub struct Budget {
    /// The namespace.
    pub namespace: Symbol,
    /// The name.
    pub name: Symbol,
    /// Which pods.
    pub selector: Option<LabelSelector>,
    /// What it promises.
    pub promise: Promise,
    /// When unready pods may go.
    pub unhealthy_pods: UnhealthyPods,
}

/// A HorizontalPodAutoscaler with its target.
#[derive(Clone, Debug)]
pub struct Hpa {
    /// The name.
    pub name: Symbol,
    /// Whose replicas it sets.
    pub workload: WorkloadId,
    /// What it says.
    pub spec: HpaSpec,
    /// Minima by the clock.
    pub schedule: Vec<ScheduledMinimum>,
    /// What its custom and external metrics read, by the metrics' names; others have no values.
    pub signals: Vec<(Symbol, Signal)>,
    /// Another HPA has the same target: the controller evaluates the metrics of neither (`AmbiguousSelector`).
    pub is_ambiguous: bool,
    /// The ScaledObject that KEDA makes it of: what it says is changed there.
    pub scaled_object: Option<Symbol>,
}

/// A VerticalPodAutoscaler with its target.
#[derive(Clone, Debug)]
pub struct Vpa {
    /// The name.
    pub name: Symbol,
    /// Whose pods it looks at.
    pub workload: WorkloadId,
    /// What it says.
    pub spec: VpaSpec,
}

/// Something that a custom or external metric can read.
#[derive(Clone, Debug)]
pub enum Signal {
    /// Requests per second that arrive at the target's service.
    RequestsPerSecond,
    /// Requests waiting at the target's service.
    Backlog,
    /// Requests per second that enter the cluster.
    EntryRequestsPerSecond,
    /// The clock.
    Clock(Box<CronWindow>),
}

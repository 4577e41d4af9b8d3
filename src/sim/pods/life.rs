//! What the simulation knows of a pod beyond the API object, and simple questions about it.

use crate::sim::counts::Stage;
use crate::sim::log::RecordId;
use crate::sim::scaling::metered_pods::Sample;
use crate::units::SimTime;
use crate::world::WorkloadId;

/// What the simulation knows about a pod beyond the API object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PodLife {
    /// What it belongs to.
    pub owner: Owner,
    /// Which of the owner's ReplicaSets, ordinals or Jobs.
    pub part: u32,
    /// Which of the owner's templates it was made from.
    pub revision: u32,
    /// Its place among its workload's pods.
    pub slot: u32,
    /// When it was bound.
    pub bound: SimTime,
    /// When its containers started to run.
    pub running_since: SimTime,
    /// Where it is in its life.
    pub stage: Stage,
    /// The scheduler found no node for it at least once.
    pub waits: bool,
    /// Restarts of its container.
    pub crashes: u32,
    /// Those that count for the back-off.
    pub crashes_in_a_row: u32,
    /// Its container does not answer.
    pub hangs: bool,
    /// When a probe will have it restarted, unless it answers before.
    pub condemned_at: Option<SimTime>,
    /// Its cohort among its service's pods.
    pub cohort: u64,
    /// The record that the next one about it follows from: why it exists, then that it
    /// waits, has a node or hangs.
    pub because: Option<RecordId>,
    /// Its last resource metrics; those of settled pods are with those like them.
    pub sample: Option<Sample>,
}

/// How a pod object goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PodEnd {
    /// By itself.
    Alone,
    /// Because its node object goes.
    WithItsNode,
}

/// Where a pod comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lineage {
    /// Which of the owner's ReplicaSets, ordinals or Jobs.
    pub(crate) part: u32,
    /// Which of the owner's templates.
    pub(crate) revision: u32,
}

/// What a pod belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A workload.
    Workload(WorkloadId),
    /// The line of the trace with this number.
    Trace(u32),
}

//! What arrives at a time: rollouts, and the pods of a trace.

use crate::cluster::PodSpecId;
use crate::id::WorkloadId;
use crate::units::{SimDuration, SimTime};

/// A rollout of a new template at a time.
#[derive(Clone, Debug)]
pub struct Deploy {
    /// When.
    pub at: SimTime,
    /// What is deployed.
    pub workload: WorkloadId,
    /// The new pods' kind.
    pub template: PodSpecId,
    /// Both versions at full size and all traffic moved at once, instead of pod by pod.
    pub blue_green: Option<BlueGreen>,
    /// How long the objectives are watched: after the switch of a blue-green rollout, which keeps the old version
    /// that long, or from the beginning of a rolling one.
    pub watch_for: SimDuration,
    /// The rollout is taken back when an objective has been broken for this long; never if absent.
    pub rollback_after: Option<SimDuration>,
    /// A request costs the new version this many times the cpu of the service's profile. Above 0.
    pub cpu_factor: f64,
}

/// A blue-green rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlueGreen {
    /// When traffic moves; later if the new version is not ready by then.
    pub switch_at: SimTime,
}

/// A pod of a trace: arrives, is placed, runs, ends.
#[derive(Clone, Copy, Debug)]
pub struct TracePod {
    /// When it arrives.
    pub arrives: SimTime,
    /// What it is.
    pub template: PodSpecId,
    /// How long it runs once bound.
    pub runs: SimDuration,
}

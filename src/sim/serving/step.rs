//! What the traffic engine is told of a step.

use crate::id::IdVec;
use crate::traffic::calls::ServiceId;
use crate::traffic::latency::PodCohort;
use crate::units::{SimDuration, SimTime};
use smallvec::SmallVec;

/// One step; steps follow each other without gaps, from time 0.
pub(crate) struct Step<'a> {
    /// How long it is; not zero.
    pub(crate) span: SimDuration,
    /// When it ends.
    pub(crate) until: SimTime,
    /// Requests per second that enter the cluster.
    pub(crate) entry_rate: f64,
    /// By service: its ready pods.
    pub(crate) pods: &'a IdVec<ServiceId, ReadyPods>,
}

/// The ready pods of a service over one step.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadyPods {
    /// Pods that are alike; counts are means over the time in which there was any.
    pub(crate) cohorts: SmallVec<[PodCohort; 4]>,
    /// How much of the step went by without any: time without pods is not time with a part of them.
    pub(crate) absent: SimDuration,
    /// How fast the cpus of their nodes are: below 1 where they are contended; above 0.
    pub(crate) node_speed: f64,
}

impl ReadyPods {
    /// Ready pods while there was any.
    pub(crate) fn count(&self) -> f64 {
        self.cohorts.iter().map(|cohort| cohort.ready).sum()
    }
    /// The share of a step of this length in which there was any, 0..=1.
    pub(crate) fn present(&self, span: SimDuration) -> f64 {
        1.0 - self.absent.as_secs_f64() / span.as_secs_f64()
    }
}

/// What becomes of a pod of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PodChange {
    /// It is ready, and cold if pods of its service start cold.
    Ready,
    /// It has been ready for long.
    ReadyAndWarm,
    /// It gets no more requests and finishes those it has.
    Leaves,
    /// It is gone with all its requests.
    Breaks,
}

//! How pods live between binding and end.

use super::Delay;
use crate::intern::Symbol;
use crate::units::{SimDuration, SimTime};

/// A probe of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// From the start of the container to the first probe.
    pub initial: SimDuration,
    /// From probe to probe; above 0.
    pub period: SimDuration,
    /// How long an answer may take.
    pub timeout: SimDuration,
    /// How many failures in a row count; at least 1.
    pub failures: u32,
}

impl Probe {
    /// The first probe no earlier than `age` after the start of the container.
    pub fn first_from(&self, age: SimDuration) -> SimDuration {
        let past = SimTime::ZERO + (age - self.initial).max(SimDuration::ZERO);
        self.initial + past.next_multiple_of(self.period).since(SimTime::ZERO)
    }

    /// When the failures are complete of a container that stops answering `age` after its start, as its age then.
    pub fn fails_at(&self, age: SimDuration) -> SimDuration {
        self.first_from(age) + self.period * i64::from(self.failures - 1) + self.timeout
    }
}

/// How a pod lives between binding and end.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    /// From binding to running containers, without the image pull.
    pub start: Delay,
    /// Pull time per image not yet on the node.
    pub image_pull: Delay,
    /// The images pulled, and their sizes in bytes.
    pub images: Vec<(Symbol, i64)>,
    /// From running containers to an application that answers.
    pub warm_up: Delay,
    /// `readinessProbe`.
    pub readiness: Option<Probe>,
    /// `livenessProbe`.
    pub liveness: Option<Probe>,
    /// A container that does not answer for this long after its start is killed by its liveness or startup probe.
    pub killed_if_silent_for: Option<SimDuration>,
    /// The preStop hook.
    pub pre_stop: SimDuration,
    /// From the stop signal to the end, if the grace period is long enough.
    pub shutdown: SimDuration,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Lifecycle {
            start: Delay::NONE,
            image_pull: Delay::NONE,
            images: Vec::new(),
            warm_up: Delay::NONE,
            readiness: None,
            liveness: None,
            killed_if_silent_for: None,
            pre_stop: SimDuration::ZERO,
            shutdown: SimDuration::ZERO,
        }
    }
}

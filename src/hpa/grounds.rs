//! Why a sync came to its number of replicas: what it decided by, to be told later.

use super::condition::Reason;
use super::replica_calculator::CurrentMetric;
use super::spec::Target;
use crate::units::SimDuration;

/// What a sync decided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grounds {
    /// What the metrics propose; absent if bounds decided alone, or if no metric could tell.
    pub proposed: Option<i32>,
    /// It is the schedule that proposes it, and no metric asks for as much.
    pub scheduled: bool,
    /// The metric that proposes it.
    pub winner: Option<Winner>,
    /// After the stabilization windows.
    pub stabilized: Option<i32>,
    /// The window that kept it from the proposal.
    pub window: Option<Window>,
    /// What kept it from the stabilized number: the reason of the condition ScalingLimited, if that is True.
    pub limited: Option<Reason>,
}

/// The metric that counts: the first of those that propose the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Winner {
    /// Its place in `spec.metrics`.
    pub metric: u16,
    /// Its value, in the unit of its target.
    pub value: Option<i64>,
}

/// A stabilization window that holds replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Which way.
    pub holds: Holds,
    /// The most that was proposed within it, where it holds from below, else the least; the present proposal included.
    pub extreme: i32,
    /// How far back it looks.
    pub span: SimDuration,
}

/// Which way a window holds replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// More were wanted a while ago: they do not fall.
    Up,
    /// Fewer were wanted a while ago: they do not rise.
    Down,
}

impl CurrentMetric {
    /// The value that is compared with such a target.
    pub fn against(&self, target: Target) -> Option<i64> {
        match target {
            Target::Utilization(_) => self.utilization,
            Target::AverageValue(_) => self.average,
            Target::Value(_) => self.value,
        }
    }
}

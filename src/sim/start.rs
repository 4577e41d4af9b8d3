//! What a replication starts from.

use crate::rng::Seed;
use crate::traffic::latency::LatencyTables;
use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, Timing};
use std::sync::Arc;

/// What makes one replication differ from another, and what it keeps.
#[derive(Clone, Debug)]
pub struct Start {
    /// The scenario.
    pub cast: Arc<Cast>,
    /// The clockwork.
    pub timing: Timing,
    /// How long.
    pub duration: SimDuration,
    /// For how long it is simulated before that, at negative times, without being counted; not negative.
    pub warm_up: SimDuration,
    /// What is counted begins here, at 0 or later; what was simulated before is not counted. Demand goes on as it does.
    pub counts_from: SimTime,
    /// The replication's seed.
    pub seed: Seed,
    /// Latency tables shared by all replications.
    pub tables: LatencyTables,
    /// How often a point of the timeline is kept; zero keeps none.
    pub timeline_every: SimDuration,
    /// Keep the log.
    pub keep_log: bool,
}

impl Start {
    /// When the simulation begins.
    pub(crate) fn begins(&self) -> SimTime {
        SimTime::ZERO - self.warm_up
    }
}

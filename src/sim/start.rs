//! What a replication starts from.

use crate::rng::Seed;
use crate::traffic::latency::LatencyTables;
use crate::units::SimDuration;
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
    /// The replication's seed.
    pub seed: Seed,
    /// Latency tables shared by all replications.
    pub tables: LatencyTables,
    /// How often a point of the timeline is kept; zero keeps none.
    pub timeline_every: SimDuration,
    /// Keep the log.
    pub keep_log: bool,
}

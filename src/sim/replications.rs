//! Many replications of one scenario, in parallel.

use crate::rng::Seed;
use crate::sim::outcome::Outcome;
use crate::sim::world::{Cast, Timing};
use crate::sim::{Simulation, Start};
use crate::traffic::latency::LatencyTables;
use crate::units::SimDuration;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// A scenario ready to be replicated.
#[derive(Clone, Debug)]
pub struct Study {
    /// What is simulated.
    pub cast: Arc<Cast>,
    /// The clockwork.
    pub timing: Timing,
    /// How long.
    pub duration: SimDuration,
    /// The seed; replication `n` uses streams named by seed and `n`, so that two studies with the same
    /// seed meet the same traffic, the same spot market, the same boots (common random numbers).
    pub seed: u64,
    /// Latency tables shared by all replications.
    pub tables: LatencyTables,
    /// Replication 0 keeps a point of the timeline so often.
    pub timeline_every: SimDuration,
}

impl Study {
    /// Replication `number`. Only number 0 keeps its timeline and its log.
    pub fn replicate(&self, number: u32) -> Outcome {
        let first = number == 0;
        let mut simulation = Simulation::new(Start {
            cast: self.cast.clone(),
            timing: self.timing.clone(),
            duration: self.duration,
            seed: Seed::new(self.seed, number),
            tables: self.tables.clone(),
            timeline_every: if first { self.timeline_every } else { SimDuration::ZERO },
            keep_log: first,
        });
        simulation.run();
        simulation.finish()
    }

    /// The replications with these numbers, in order, on all threads of the current pool. `progress` is
    /// called after each, from any thread.
    ///
    /// The result depends on the numbers only, not on the threads.
    pub fn replicate_all(&self, numbers: Range<u32>, progress: &(dyn Fn() + Sync)) -> Vec<Outcome> {
        let one = |number| {
            let outcome = self.replicate(number);
            progress();
            outcome
        };
        numbers.into_par_iter().map(one).collect()
    }
}

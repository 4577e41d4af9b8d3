//! Many replications of one scenario, in parallel.

use super::{Figures, History, Names, Runs};
use crate::rng::Seed;
use crate::scenario::Scenario;
use crate::sim::outcome::Outcome;
use crate::sim::{Simulation, Start};
use crate::traffic::latency::LatencyTables;
use crate::units::SimDuration;
use crate::world::{Cast, Timing};
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
    /// How often replication 0 keeps a point of the timeline.
    pub timeline_every: SimDuration,
    /// Whether replication 0 keeps its timeline and its log: off where only figures are asked for.
    pub keeps_story: bool,
}

/// As many points as a chart can show.
const TIMELINE_POINTS: f64 = 700.0;

impl Study {
    /// What is replicated of a scenario. The timeline of replication 0 gets about 700 points, whole minutes apart.
    pub fn of(scenario: &Scenario) -> Self {
        let minutes = (scenario.duration.as_secs_f64() / 60.0 / TIMELINE_POINTS).round().max(1.0);
        Study {
            cast: scenario.cast.clone(),
            timing: scenario.timing.clone(),
            duration: scenario.duration,
            seed: scenario.seed,
            tables: LatencyTables::default(),
            timeline_every: SimDuration::from_mins(minutes as i64),
            keeps_story: true,
        }
    }

    /// Replication `number`. Only number 0 keeps its timeline and its log, and only where the study keeps them.
    pub fn replicate(&self, number: u32) -> Outcome {
        let first = self.keeps_story && number == 0;
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
    /// The result depends on the numbers only, not on the threads. Memory: the figures of all, the cluster and the log
    /// of as many as run at once.
    pub fn replicate_all(&self, numbers: Range<u32>, progress: &(dyn Fn() + Sync)) -> Runs {
        let names = self.names();
        let one = |number| {
            let mut outcome = self.replicate(number);
            let history = (self.keeps_story && number == 0).then(|| History::take(&mut outcome));
            let figures = Figures::of(number, &names, outcome);
            progress();
            (figures, history)
        };
        let (figures, histories): (Vec<Figures>, Vec<Option<History>>) = numbers.into_par_iter().map(one).unzip();
        Runs::new(figures, histories.into_iter().flatten().next())
    }

    /// The names of what its figures are about.
    pub fn names(&self) -> Names {
        Names::of(&self.cast)
    }

    /// The story of replication 0.
    pub fn history(&self) -> History {
        History::take(&mut self.replicate(0))
    }
}

//! Many replications of one scenario, in parallel.

use super::{Figures, History, Names, Runs};
use crate::rng::Seed;
use crate::scenario::Scenario;
use crate::sim::outcome::Outcome;
use crate::sim::settling::settling_time;
use crate::sim::{Simulation, Start};
use crate::traffic::latency::LatencyTables;
use crate::units::{SimDuration, SimTime};
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
    /// For how long each replication is simulated before that without being counted.
    pub warm_up: SimDuration,
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

/// A shorter scenario is about its start, unless it says otherwise.
const LONG_ENOUGH: SimDuration = SimDuration::from_hours(6);
/// As many points as a chart can show.
const TIMELINE_POINTS: f64 = 700.0;

impl Study {
    /// What is replicated of a scenario. The timeline of replication 0 gets about 700 points, whole minutes apart.
    ///
    /// Without requests, and in less than six hours, there is no warm-up unless the scenario asks for one: what is looked at then is the
    /// start.
    ///
    /// Cost: a warm-up of replication 0, where the scenario does not say how long one is.
    pub fn of(scenario: &Scenario) -> Self {
        let minutes = (scenario.duration.as_secs_f64() / 60.0 / TIMELINE_POINTS).round().max(1.0);
        let study = Study {
            cast: scenario.cast.clone(),
            timing: scenario.timing.clone(),
            duration: scenario.duration,
            warm_up: SimDuration::ZERO,
            seed: scenario.seed,
            tables: LatencyTables::default(),
            timeline_every: SimDuration::from_mins(minutes as i64),
            keeps_story: true,
        };
        let is_long = scenario.duration >= LONG_ENOUGH && scenario.cast.traffic.is_some();
        let settles = || if is_long { settling_time(study.start(0)) } else { SimDuration::ZERO };
        let warm_up = scenario.warm_up.unwrap_or_else(settles);
        Study { warm_up, ..study }
    }

    /// The part of it from one time until another, simulated by itself: the demand of that part with all that happens in it, on
    /// a cluster that begins as the scenario's does. The other part of a trace, or other numbers of replications, are what this one has
    /// not seen.
    ///
    /// Times before the start or after the end are those; nothing is left of a part that ends before it begins.
    pub fn over(&self, from: SimTime, until: SimTime) -> Study {
        let from = from.max(SimTime::ZERO);
        let duration = until.min(SimTime::ZERO + self.duration).since(from).max(SimDuration::ZERO);
        let by = from.since(SimTime::ZERO);
        let cast = if by.is_zero() { self.cast.clone() } else { Arc::new(self.cast.later(by)) };
        Study { cast, duration, ..self.clone() }
    }

    /// Replication `number`. Only number 0 keeps its timeline and its log, and only where the study keeps them.
    pub fn replicate(&self, number: u32) -> Outcome {
        let first = self.keeps_story && number == 0;
        let mut simulation = Simulation::new(Start {
            timeline_every: if first { self.timeline_every } else { SimDuration::ZERO },
            keep_log: first,
            ..self.start(number)
        });
        simulation.run();
        simulation.finish()
    }

    /// What replication `number` starts from; it keeps no story.
    fn start(&self, number: u32) -> Start {
        Start {
            cast: self.cast.clone(),
            timing: self.timing.clone(),
            duration: self.duration,
            warm_up: self.warm_up,
            counts_from: SimTime::ZERO,
            seed: Seed::new(self.seed, number),
            tables: self.tables.clone(),
            timeline_every: SimDuration::ZERO,
            keep_log: false,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(study: &Study) -> f64 {
        let runs = study.replicate_all(0..2, &|| ());
        runs.over(|figures| figures.entry.requests.all).mean
    }

    #[test]
    fn parts_have_the_demand_of_the_whole() {
        let sets = ["duration=30h".to_owned(), "step=1m".to_owned()];
        let scenario = crate::scenario::embedded(&sets).expect("the reference scenario");
        let study = Study { keeps_story: false, ..Study::of(&scenario) };
        let [noon, end] = [12, 30].map(|hours| SimTime::ZERO + SimDuration::from_hours(hours));
        let (first, second) = (study.over(SimTime::ZERO, noon), study.over(noon, SimTime::MAX));
        assert_eq!((first.duration + second.duration).as_secs(), 30 * 3600);
        let [whole, first, second] = [&study, &first, &second].map(requests);
        assert!(((first + second) / whole - 1.0).abs() < 0.02, "{first} + {second}, not {whole}");
        // The night is in the first part, the evening in the second.
        assert!((first / 12.0 - second / 18.0).abs() / whole * 30.0 > 0.05, "{first} {second}");
        let same = study.over(SimTime::ZERO, end).replicate_all(0..1, &|| ());
        assert!(same.figures() == study.replicate_all(0..1, &|| ()).figures());
        assert!(study.over(end, noon).duration.is_zero());
    }
}

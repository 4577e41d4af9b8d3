//! Many replications of a scenario, and reports of some of them.

use foresail::report::Report;
use foresail::scenario::Scenario;
use foresail::study::{Figures, Finished, Growing, LatencyTables, Runs};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use std::fs;
use std::path::PathBuf;

/// The replications of a scenario.
pub(crate) struct Pool {
    finished: Finished,
    figures: Vec<Figures>,
}

impl Pool {
    /// The first `size` replications, as they were kept or simulated now.
    pub(crate) fn of(scenario: Scenario, size: u32) -> Self {
        let mut growing = Growing::new(&scenario, &LatencyTables::default());
        let file = kept(&scenario, size);
        let read = fs::read(&file).ok().and_then(|bytes| rmp_serde::from_slice::<Vec<Figures>>(&bytes).ok());
        let figures = read.unwrap_or_else(|| {
            growing.grow(size, &());
            let figures = growing.finished().runs.figures().to_vec();
            let written = rmp_serde::to_vec_named(&figures).map(|bytes| fs::write(&file, bytes));
            written.expect("figures can be written").unwrap_or_else(|error| eprintln!("{}: {error}", file.display()));
            figures
        });
        Pool { finished: growing.finished().clone(), figures }
    }

    /// The report of these replications alone, as if they were all.
    pub(crate) fn report(&self, chosen: impl IntoIterator<Item = usize>) -> Report {
        let renumbered =
            |(number, at): (usize, usize)| Figures { replication: number as u32, ..self.figures[at].clone() };
        let figures: Vec<Figures> = chosen.into_iter().enumerate().map(renumbered).collect();
        let mut finished = self.finished.clone();
        finished.scenario.replications = figures.len() as u32;
        finished.runs = Runs::new(figures, None);
        Report::of(&finished)
    }

    /// So many sets of `count` replications: one after the other as far as they go, then at random.
    pub(crate) fn sets(&self, count: usize, sets: usize) -> Vec<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.figures.len()).collect();
        let mut chance = rand_pcg::Pcg64::seed_from_u64(count as u64);
        let mut one = |set: usize| {
            let first = set * count;
            if first + count <= self.figures.len() {
                return (first..first + count).collect();
            }
            order.shuffle(&mut chance);
            order[..count.min(order.len())].to_vec()
        };
        (0..sets).map(&mut one).collect()
    }
}

fn kept(scenario: &Scenario, size: u32) -> PathBuf {
    std::env::temp_dir().join(format!("foresail-coverage-{}-{}-{size}.msgpack", scenario.name, scenario.digest))
}

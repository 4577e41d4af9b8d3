//! The stochastic setting beside the real system's own spread: both as distributions.

use crate::case::Totals;
use crate::measure::{Measured, text};
use crate::totals::{FIGURES, Figure};
use crate::{replay, world};
use foresail::rng::Seed;
use foresail::world::Timing;
use rayon::prelude::*;
use serde::Deserialize;
use statrs::distribution::{ContinuousCDF, StudentsT};
use std::path::Path;
use std::sync::Arc;

/// Our runs of each case.
pub(crate) const RUNS: u32 = 20;

#[derive(Deserialize)]
struct Recorded {
    name: String,
    runs: Vec<Totals>,
}

/// A case's figures: of each figure the real runs' and ours.
pub(crate) struct Spread {
    pub theme: String,
    pub rows: Vec<(Figure, Sample, Sample)>,
}

/// Mean and standard deviation of some runs.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub count: usize,
    pub mean: f64,
    pub deviation: f64,
}

impl Sample {
    fn of(values: &[i64]) -> Sample {
        let count = values.len();
        let mean = values.iter().sum::<i64>() as f64 / count.max(1) as f64;
        let squares: f64 = values.iter().map(|value| (*value as f64 - mean).powi(2)).sum();
        Sample { count, mean, deviation: (squares / (count.max(2) - 1) as f64).sqrt() }
    }

    /// Whether the two means differ by no more than chance would make them in 95 % of all cases (Welch).
    pub(crate) fn agrees_with(&self, other: &Sample) -> bool {
        let part = |sample: &Sample| sample.deviation.powi(2) / sample.count as f64;
        let (a, b) = (part(self), part(other));
        if a + b == 0.0 {
            return self.mean == other.mean;
        }
        let share = |part: f64, sample: &Sample| part.powi(2) / (sample.count - 1) as f64;
        let freedom = (a + b).powi(2) / (share(a, self) + share(b, other));
        let bound = StudentsT::new(0.0, 1.0, freedom).map_or(2.0, |law| law.inverse_cdf(0.975));
        (self.mean - other.mean).abs() <= bound * (a + b).sqrt()
    }
}

/// In how many comparisons the means cannot be told apart, of how many.
pub(crate) fn agreement(spreads: &[Spread]) -> (usize, usize) {
    let rows = || spreads.iter().flat_map(|spread| &spread.rows);
    (rows().filter(|(_, real, ours)| real.agrees_with(ours)).count(), rows().count())
}

/// All cases of which there are several real runs, and ours with this clockwork.
pub(crate) fn all(
    folder: &Path,
    measured: &[Measured],
    timing: &Timing,
) -> Result<Vec<Spread>, Box<dyn std::error::Error>> {
    let mut spreads = Vec::new();
    for line in text(&folder.join("spread/spread.jsonl.gz"))?.lines() {
        let recorded: Recorded = serde_json::from_str(line)?;
        let Some(row) = measured.iter().find(|row| row.case.name == recorded.name) else { continue };
        let cast = Arc::new(world::build(&row.case)?);
        let run = |number: u32| {
            let outcome = replay::run(&row.case, cast.clone(), timing.clone(), Seed::new(row.case.seed, number));
            FIGURES.map(|figure| figure.ours(&row.case, &outcome))
        };
        let ours: Vec<[i64; FIGURES.len()]> = (0..RUNS).into_par_iter().map(run).collect();
        let sample = |at: usize| {
            let real: Vec<i64> = recorded.runs.iter().map(|totals| FIGURES[at].recorded(totals)).collect();
            let ours: Vec<i64> = ours.iter().map(|row| row[at]).collect();
            (FIGURES[at], Sample::of(&real), Sample::of(&ours))
        };
        spreads.push(Spread { theme: row.theme.clone(), rows: (0..FIGURES.len()).map(sample).collect() });
    }
    Ok(spreads)
}

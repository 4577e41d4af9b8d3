//! Which values a point takes: every combination in turn, or as many points as were asked for, spread evenly.

use crate::rng::{Seed, mix};

/// Where a point lies on an axis, 0..1, for samples; for all combinations by arithmetic.
#[derive(Clone, Debug)]
pub(super) enum Draw {
    /// Every combination: the last axis changes from point to point.
    All,
    /// An Owen-scrambled Sobol sequence.
    Sobol { seed: u32 },
    /// A Latin hypercube: for each axis, which of as many equal parts as there are points a point lies in.
    Latin { seed: Seed, parts: Vec<Vec<u32>> },
}

/// As many points as the Sobol sequence has. Source: `sobol_burley` 0.5.
pub(super) const LONGEST_SOBOL: u64 = 1 << 16;
/// And so many axes.
pub(super) const MOST_SOBOL_AXES: usize = 256;

impl Draw {
    pub(super) fn sobol(seed: u64) -> Draw {
        Draw::Sobol { seed: mix(seed) as u32 }
    }

    /// Memory: four bytes a point and axis.
    pub(super) fn latin(seed: u64, axes: usize, points: u32) -> Draw {
        let seed = Seed::new(seed, 0);
        let of_axis = |axis: usize| {
            let mut parts: Vec<u32> = (0..points).collect();
            let mut stream = seed.stream("sweep-latin", axis as u64);
            (1..parts.len()).rev().for_each(|at| parts.swap(at, stream.below(at + 1)));
            parts
        };
        Draw::Latin { seed, parts: (0..axes).map(of_axis).collect() }
    }

    /// The number of the value that each axis takes at a point; `counts` says how many values each axis has.
    pub(super) fn levels(&self, point: u64, counts: &[u64]) -> Vec<u64> {
        let on = |axis: usize, place: f64| {
            let count = counts[axis];
            ((place * count as f64) as u64).min(count.saturating_sub(1))
        };
        match self {
            Draw::All => {
                let mut rest = point;
                let mut levels = vec![0; counts.len()];
                for (level, count) in levels.iter_mut().zip(counts).rev() {
                    (*level, rest) = (rest % count, rest / count);
                }
                levels
            }
            Draw::Sobol { seed } => {
                let place = |axis: usize| f64::from(sobol_burley::sample(point as u32, axis as u32, *seed));
                (0..counts.len()).map(|axis| on(axis, place(axis))).collect()
            }
            Draw::Latin { seed, parts } => {
                let place = |axis: usize| {
                    let own = &parts[axis];
                    let within = seed.stream("sweep-latin-place", point * parts.len() as u64 + axis as u64).uniform();
                    (f64::from(own[point as usize]) + within) / own.len() as f64
                };
                (0..counts.len()).map(|axis| on(axis, place(axis))).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// How often each value of an axis occurs.
    fn occurrences(draw: &Draw, points: u64, counts: &[u64], axis: usize) -> Vec<usize> {
        let mut found = vec![0; counts[axis] as usize];
        (0..points).for_each(|point| found[draw.levels(point, counts)[axis] as usize] += 1);
        found
    }

    #[test]
    fn samples_take_each_value_as_often() {
        let counts = [4, 8, 64];
        for draw in [Draw::sobol(7), Draw::latin(7, 3, 64)] {
            for (axis, count) in counts.iter().enumerate() {
                let found = occurrences(&draw, 64, &counts, axis);
                assert_eq!(found, vec![64 / *count as usize; *count as usize], "{draw:?}");
            }
        }
    }

    #[test]
    fn another_seed_draws_other_points() {
        let draws = |seed| {
            let both = [Draw::sobol(seed), Draw::latin(seed, 2, 16)];
            both.map(|draw| (0..16).map(|point| draw.levels(point, &[1000, 1000])).collect::<Vec<_>>())
        };
        let (one, other) = (draws(1), draws(2));
        assert_eq!(one, draws(1));
        assert!(one[0] != other[0] && one[1] != other[1]);
    }

    #[test]
    fn the_points_of_a_seed_stay_what_they_are() {
        let counts = [100, 100];
        let first = |draw: Draw| (0..3).map(|point| draw.levels(point, &counts)).collect::<Vec<_>>();
        // Another value here means that studies of an earlier release cannot be gone on with.
        assert_eq!(first(Draw::sobol(1)), [[11, 38], [61, 66], [93, 23]]);
        assert_eq!(first(Draw::latin(1, 2, 10)), [[91, 76], [65, 80], [8, 61]]);
    }

    proptest! {
        #[test]
        fn every_combination_comes_once(counts in prop::collection::vec(1_u64..6, 1..5)) {
            let total: u64 = counts.iter().product();
            let mut all: Vec<Vec<u64>> = (0..total).map(|point| Draw::All.levels(point, &counts)).collect();
            prop_assert!(all.is_sorted(), "the last axis is the fastest");
            all.dedup();
            prop_assert_eq!(all.len() as u64, total);
        }
    }
}

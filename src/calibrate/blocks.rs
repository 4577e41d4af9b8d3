//! Blocks of time drawn again and again: how far an estimate would have been another one on other days like these.
//!
//! What is recorded at one minute resembles the minute before, so whole blocks are drawn, not rows (moving-blocks bootstrap without
//! overlap: Künsch 1989, Carlstein 1986).

use crate::rng::{Seed, Stream, fnv1a};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// How many times blocks are drawn.
pub(super) const DRAWS: usize = 300;
/// The share of intervals that should hold the truth.
const CONFIDENCE: f64 = 0.95;

/// Which blocks there are, and the draws from them.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    /// How many.
    pub(super) count: usize,
    stream: Stream,
}

impl Blocks {
    /// Draws for `what` of `name`: equal arguments give equal draws.
    pub(super) fn new(count: usize, seed: u64, what: &str, name: &str) -> Self {
        Blocks { count, stream: Seed::new(seed, 0).stream(what, fnv1a(name)) }
    }
    /// How often each block was drawn.
    pub(super) fn draw(&mut self) -> Vec<u32> {
        let mut times = vec![0; self.count];
        for _ in 0..self.count {
            times[self.stream.below(self.count)] += 1;
        }
        times
    }
    /// One of `bound` things, from the same stream.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.stream.below(bound)
    }
    /// A standard normal number from the same stream.
    pub(super) fn normal(&mut self) -> f64 {
        self.stream.normal()
    }
}

/// The interval around an estimate that its draws give: their percentiles, wider by Student's t where blocks are few.
/// `count` is how many blocks there were; infinite below three.
pub(super) fn interval(estimate: f64, draws: &mut [f64], count: usize) -> [f64; 2] {
    if count < 3 || draws.is_empty() {
        return [f64::NEG_INFINITY, f64::INFINITY];
    }
    draws.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let at = |share: f64| draws[((draws.len() - 1) as f64 * share).round() as usize];
    let freedom = (count - 2) as f64;
    let normal = 1.959_963_984_540_054;
    let student = StudentsT::new(0.0, 1.0, freedom).map_or(normal, |t| t.inverse_cdf(1.0 - tail));
    let wider = student / normal * libm::sqrt(count as f64 / freedom);
    [estimate + wider * (at(tail) - estimate), estimate + wider * (at(1.0 - tail) - estimate)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_blocks_are_drawn_as_there_are() {
        let mut blocks = Blocks::new(40, 1, "cpu", "web");
        let drawn = blocks.draw();
        assert_eq!(drawn.iter().sum::<u32>(), 40);
        assert!(drawn.contains(&0) && drawn.iter().any(|times| *times > 1));
        assert_ne!(blocks.draw(), drawn);
        assert_eq!(Blocks::new(40, 1, "cpu", "web").draw(), drawn);
    }

    #[test]
    fn the_mean_of_normal_blocks_lies_in_its_interval_as_often_as_promised() {
        let mut held = 0;
        for case in 0..200 {
            let mut truth = Seed::new(case, 0).stream("case", 0);
            let values: Vec<f64> = (0..20).map(|_| 5.0 + truth.normal()).collect();
            let mut blocks = Blocks::new(values.len(), case, "mean", "x");
            let mean = |times: &[u32]| values.iter().zip(times).map(|(v, n)| v * f64::from(*n)).sum::<f64>() / 20.0;
            let mut draws: Vec<f64> = (0..DRAWS).map(|_| mean(&blocks.draw())).collect();
            let [low, high] = interval(mean(&[1; 20]), &mut draws, 20);
            held += usize::from(low <= 5.0 && 5.0 <= high);
        }
        assert!((184..=197).contains(&held), "{held} of 200");
    }

    #[test]
    fn of_two_blocks_nothing_is_known() {
        assert_eq!(interval(1.0, &mut [0.9, 1.1], 2), [f64::NEG_INFINITY, f64::INFINITY]);
    }
}

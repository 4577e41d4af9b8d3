//! The instants of a past, and values put on them.

use super::matrix::{LATEST_S, Line};
use crate::past::Series;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The instants: `start_s + k * step_s` for `k` in `0..steps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Clock {
    /// Seconds since 1970.
    pub(super) start_s: i64,
    /// Above 0.
    pub(super) step_s: u32,
    pub(super) steps: usize,
}

/// More instants would be no reading of a week any more.
pub(super) const MOST_STEPS: usize = 1_000_000;

impl Clock {
    /// Of `from..=to`, on multiples of the step.
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    pub(super) fn of(from_s: i64, to_s: i64, step_s: u32) -> Clock {
        let step = i64::from(step_s.max(1));
        let start_s = from_s.div_euclid(step) * step;
        let steps = usize::try_from((to_s - start_s) / step + 1).unwrap_or(0).min(MOST_STEPS);
        Clock { start_s, step_s: step_s.max(1), steps }
    }
    /// Of the samples that there are: from the first to the last, at the distance that most of them have.
    pub(super) fn of_samples<'a>(lines: impl Iterator<Item = &'a Line> + Clone) -> Option<Clock> {
        let mut distances: BTreeMap<u32, usize> = BTreeMap::new();
        let (mut first, mut last) = (f64::INFINITY, f64::NEG_INFINITY);
        for line in lines {
            for pair in line.samples.windows(2) {
                *distances.entry((pair[1].0 - pair[0].0).round().clamp(1.0, 1e9) as u32).or_default() += 1;
            }
            first = line.samples.first().map_or(first, |sample| first.min(sample.0));
            last = line.samples.last().map_or(last, |sample| last.max(sample.0));
        }
        let usual = distances.into_iter().max_by_key(|(distance, count)| (*count, *distance)).map(|(step, _)| step)?;
        let (start_s, step) = (first.round() as i64, f64::from(usual));
        let steps = ((last - first) / step).round() as usize + 1;
        Some(Clock { start_s, step_s: usual, steps: steps.min(MOST_STEPS) })
    }
    /// Whether it can be the clock of a recording.
    pub(super) fn is_sound(self) -> bool {
        let is_time = (0..=LATEST_S).contains(&self.start_s);
        is_time && (1..=86_400 * 366).contains(&self.step_s) && (1..=MOST_STEPS).contains(&self.steps)
    }
    /// The last instant, in seconds since 1970.
    pub(super) fn end_s(self) -> i64 {
        self.start_s + self.steps.saturating_sub(1) as i64 * i64::from(self.step_s)
    }
    /// The instant next to a time, if it is within the span.
    pub(super) fn index(self, at_s: f64) -> Option<usize> {
        let index = ((at_s - self.start_s as f64) / f64::from(self.step_s)).round();
        (index >= 0.0 && index < self.steps as f64).then_some(index as usize)
    }
    /// The values of a line on the instants; of several next to one instant their mean.
    pub(super) fn place(self, line: &Line) -> BTreeMap<usize, f64> {
        let mut sums: BTreeMap<usize, (f64, u32)> = BTreeMap::new();
        for (at, value) in &line.samples {
            if let Some(index) = self.index(*at) {
                let sum = sums.entry(index).or_default();
                (sum.0, sum.1) = (sum.0 + value, sum.1 + 1);
            }
        }
        sums.into_iter().map(|(index, (sum, count))| (index, sum / f64::from(count))).collect()
    }
}

/// A sum over several lines, instant by instant; empty until something is added.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    values: Vec<Option<f64>>,
}

impl Sum {
    /// Adds a value at an instant.
    pub(super) fn add(&mut self, clock: Clock, index: usize, value: f64) {
        if self.values.is_empty() {
            self.values = vec![None; clock.steps];
        }
        if let Some(place) = self.values.get_mut(index) {
            *place = Some(place.unwrap_or(0.0) + value);
        }
    }
    /// Adds a line, each value times `factor`.
    pub(super) fn add_line(&mut self, clock: Clock, line: &Line, factor: f64) {
        for (index, value) in clock.place(line) {
            self.add(clock, index, value * factor);
        }
    }
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
    pub(super) fn at(&self, index: usize) -> Option<f64> {
        self.values.get(index).copied().flatten()
    }
    pub(super) fn series(&self) -> Series {
        Series::new(self.values.clone())
    }
    /// This over another, where both are known and the other is above 0.
    pub(super) fn over(&self, other: &Sum) -> Series {
        let pairs = (0..self.values.len()).map(|index| {
            let whole = other.at(index).filter(|whole| *whole > 0.0)?;
            self.at(index).map(|part| part / whole)
        });
        Series::new(pairs.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_find_their_instant() {
        let line = |samples: &[(f64, f64)]| Line { samples: samples.to_vec(), ..Line::default() };
        let lines = [line(&[(100.0, 1.0), (160.0, 2.0), (220.0, 4.0)]), line(&[(161.0, 10.0), (400.0, 1.0)])];
        let clock = Clock::of_samples(lines.iter()).expect("a clock");
        assert_eq!(clock, Clock { start_s: 100, step_s: 60, steps: 6 });
        let mut sum = Sum::default();
        lines.iter().for_each(|line| sum.add_line(clock, line, 2.0));
        assert_eq!(sum.series().values(), [Some(2.0), Some(24.0), Some(8.0), None, None, Some(2.0)]);
        assert_eq!(Clock::of(125, 250, 60), Clock { start_s: 120, step_s: 60, steps: 3 });
        assert_eq!(Clock::of(120, 240, 60).end_s(), 240);
    }
}

//! Histograms with exponential buckets whose samples fade with time.
//!
//! Upstream: vertical-pod-autoscaler 1.0.0, pkg/recommender/util/histogram.go, decaying_histogram.go.

use crate::units::{SimDuration, SimTime};

/// Weights below count as nothing.
const EPSILON: f64 = 1e-4;
/// The width of a bucket over that of the one before.
const GROWTH: f64 = 1.05;
/// Half-lives after which the weights are scaled down, so that new ones stay finite.
const MAX_HALF_LIVES: i64 = 100;

/// How values are put into buckets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Buckets {
    /// The width of the first bucket, in the unit of the values.
    pub first: f64,
    /// The number of buckets.
    pub count: usize,
}

impl Buckets {
    /// Buckets from 0 to `most`, the first one `first` wide, each 5 % wider than the one before.
    ///
    /// Upstream: `NewExponentialHistogramOptions`.
    pub fn exponential(most: f64, first: f64) -> Self {
        let count = libm::ceil(log_growth(most * (GROWTH - 1.0) / first + 1.0)) as usize + 1;
        Buckets { first, count }
    }

    fn find(self, value: f64) -> usize {
        if value < self.first {
            return 0;
        }
        (log_growth(value * (GROWTH - 1.0) / self.first + 1.0) as usize).min(self.count - 1)
    }

    fn start(self, bucket: usize) -> f64 {
        self.first * (libm::pow(GROWTH, bucket as f64) - 1.0) / (GROWTH - 1.0)
    }
}

fn log_growth(value: f64) -> f64 {
    libm::log(value) / libm::log(GROWTH)
}

/// A histogram in which a sample weighs half as much as one that is a half-life younger.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    buckets: Buckets,
    half_life: SimDuration,
    /// When a sample of weight 1 counts 1; absent until the first sample.
    reference: Option<SimTime>,
    weights: Vec<f64>,
    total: f64,
    /// The first and the last bucket with a weight.
    lowest: usize,
    highest: usize,
}

impl Histogram {
    /// Without samples.
    pub fn new(buckets: Buckets, half_life: SimDuration) -> Self {
        let weights = vec![0.0; buckets.count];
        Histogram { buckets, half_life, reference: None, weights, total: 0.0, lowest: buckets.count - 1, highest: 0 }
    }

    /// Adds a sample taken at `at`; `value` is at least 0.
    pub fn add(&mut self, value: f64, weight: f64, at: SimTime) {
        let weight = weight * self.weight_at(at);
        let bucket = self.buckets.find(value);
        self.weights[bucket] += weight;
        self.total += weight;
        if self.weights[bucket] >= EPSILON {
            self.lowest = self.lowest.min(bucket);
            self.highest = self.highest.max(bucket);
        }
    }

    /// Takes back a sample that was added with the same arguments.
    pub fn subtract(&mut self, value: f64, weight: f64, at: SimTime) {
        let weight = weight * self.weight_at(at);
        let bucket = self.buckets.find(value);
        self.weights[bucket] = without(self.weights[bucket], weight);
        self.total = without(self.total, weight);
        self.shrink();
    }

    /// No sample weighs anything.
    pub fn is_empty(&self) -> bool {
        self.weights[self.lowest] < EPSILON
    }

    /// The end of the bucket in which the share `share` (0..=1) of all weight is reached; 0 if empty.
    pub fn percentile(&self, share: f64) -> f64 {
        if self.is_empty() {
            return 0.0;
        }
        let wanted = share * self.total;
        let (mut sum, mut bucket) = (0.0, self.lowest);
        while bucket < self.highest {
            sum += self.weights[bucket];
            if sum >= wanted {
                break;
            }
            bucket += 1;
        }
        self.buckets.start(if bucket + 1 < self.buckets.count { bucket + 1 } else { bucket })
    }

    /// What a sample of weight 1 taken at `at` counts. Moves the reference first if `at` is far beyond it.
    fn weight_at(&mut self, at: SimTime) -> f64 {
        let half_life = self.half_life.as_nanos();
        let reference = match self.reference {
            Some(reference) if at.as_nanos() <= reference.as_nanos().saturating_add(MAX_HALF_LIVES * half_life) => {
                reference
            }
            old => {
                let new = SimTime::from_nanos(round_to(at.as_nanos(), half_life));
                if let Some(old) = old {
                    let halvings = libm::round((old - new).as_nanos() as f64 / half_life as f64);
                    self.scale(libm::exp2(halvings));
                }
                *self.reference.insert(new)
            }
        };
        libm::exp2((at - reference).as_nanos() as f64 / half_life as f64)
    }

    fn scale(&mut self, factor: f64) {
        self.weights.iter_mut().for_each(|weight| *weight *= factor);
        self.total *= factor;
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.weights[self.lowest] < EPSILON && self.lowest < self.buckets.count - 1 {
            self.lowest += 1;
        }
        while self.weights[self.highest] < EPSILON && self.highest > 0 {
            self.highest -= 1;
        }
    }
}

fn without(sum: f64, part: f64) -> f64 {
    let rest = sum - part;
    if rest < EPSILON { 0.0 } else { rest }
}

/// The multiple of `step` nearest to `value`, halves up: Go's `Time.Round`.
fn round_to(value: i64, step: i64) -> i64 {
    let past = value.rem_euclid(step);
    if past + past < step { value - past } else { value - past + step }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram() -> Histogram {
        Histogram::new(Buckets::exponential(1000.0, 0.01), SimDuration::from_hours(24))
    }

    #[test]
    fn the_number_of_buckets_is_upstream_s() {
        assert_eq!(Buckets::exponential(1000.0, 0.01).count, 176);
        assert_eq!(Buckets::exponential(1e12, 1e7).count, 176);
    }

    #[test]
    fn the_young_outweigh_the_old() {
        let mut histogram = histogram();
        histogram.add(1.0, 1.0, SimTime::from_secs(0));
        histogram.add(4.0, 1.0, SimTime::from_secs(3 * 86_400));
        assert!(histogram.percentile(0.5) > 4.0);
        assert!(histogram.percentile(0.1) < 1.1);
    }

    #[test]
    fn what_is_subtracted_was_never_there() {
        let mut histogram = histogram();
        assert!(histogram.is_empty());
        histogram.add(1.0, 1.0, SimTime::from_secs(60));
        histogram.subtract(1.0, 1.0, SimTime::from_secs(60));
        assert!(histogram.is_empty());
        assert_eq!(histogram.percentile(0.9), 0.0);
    }

    #[test]
    fn a_hundred_half_lives_later_nothing_is_left_of_the_first_sample() {
        let mut histogram = histogram();
        histogram.add(8.0, 1.0, SimTime::from_secs(0));
        histogram.add(0.5, 1.0, SimTime::from_secs(101 * 86_400));
        assert!(histogram.percentile(1.0) < 0.6);
    }
}

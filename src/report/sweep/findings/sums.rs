//! Sums over points, from which means and sums of squares come.

use crate::study::Estimate;

/// Values of points: how many, their sum and that of their squares, all from a value in the middle of them, so that little
/// differences between large numbers are not lost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sum {
    pub(super) count: f64,
    pub(super) total: f64,
    pub(super) squares: f64,
}

impl Sum {
    pub(super) fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.total += value;
        self.squares += value * value;
    }
    pub(super) fn plus(self, other: Sum) -> Sum {
        Sum { count: self.count + other.count, total: self.total + other.total, squares: self.squares + other.squares }
    }
    /// Not a number without a value.
    pub(super) fn mean(self) -> f64 {
        self.total / self.count
    }
    /// Of squares of the distances from the mean.
    pub(super) fn spread(self) -> f64 {
        if self.count > 0.0 { (self.squares - self.total * self.total / self.count).max(0.0) } else { 0.0 }
    }
    /// The variance of the mean, if the values were drawn; none from fewer than two.
    pub(super) fn error(self) -> Option<f64> {
        (self.count >= 2.0).then(|| self.spread() / (self.count - 1.0) / self.count)
    }
}

/// The sums of each replication: what all points met alike cancels out of their differences.
#[derive(Clone, Debug)]
pub(super) struct ByReplication(Vec<Sum>);

impl ByReplication {
    pub(super) fn new(replications: usize) -> Self {
        ByReplication(vec![Sum::default(); replications])
    }
    pub(super) fn add(&mut self, values: &[f64], shift: f64) {
        for (sum, value) in self.0.iter_mut().zip(values).filter(|(_, value)| value.is_finite()) {
            sum.add(value - shift);
        }
    }
    pub(super) fn means(&self) -> Vec<f64> {
        self.0.iter().map(|sum| sum.mean()).collect()
    }
}

/// What is left of `signs` times the means of parts, replication by replication.
pub(super) fn contrast(parts: &[(f64, &ByReplication)]) -> Estimate {
    let means: Vec<(f64, Vec<f64>)> = parts.iter().map(|(sign, part)| (*sign, part.means())).collect();
    let count = means.iter().map(|(_, means)| means.len()).min().unwrap_or(0);
    Estimate::of((0..count).map(|at| means.iter().map(|(sign, means)| sign * means[at]).sum()))
}

//! Work as phases: exponential parts that a birth-death chain can follow.
//!
//! Work that varies about as much as exponential work or more is a sum of exponentials, fitted to its survival
//! function (some weights may be below 0: the sum counts, not its parts).

use super::profile::WorkShape;
use super::work::Survival;

/// The phases of work with mean 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Phases {
    /// The weight of each exponential; adds up to 1.
    pub(super) weights: Vec<f64>,
    /// How often each ends per unit of work.
    pub(super) rates: Vec<f64>,
}

/// The rates of a fit: from work far beyond the mean to a small part of it.
const SLOWEST: f64 = 0.06;
const RATIO: f64 = 2.2;
/// Exponentials of work that is not exponential itself.
pub(super) const COUNT: usize = 8;
/// Work that varies less is no such sum.
const LEAST_SCV: f64 = 0.75;

impl Phases {
    /// Of work with at least some variation.
    pub(super) fn of(shape: WorkShape, work: &Survival) -> Option<Phases> {
        if shape == WorkShape::Exponential {
            return Some(Phases { weights: vec![1.0], rates: vec![1.0] });
        }
        (shape.scv() >= LEAST_SCV).then(|| Phases::fitted(work))
    }

    /// The sum of exponentials with these rates that is closest to the survival function, relative to it.
    fn fitted(work: &Survival) -> Phases {
        let rates: Vec<f64> = (0..COUNT).map(|at| SLOWEST * libm::pow(RATIO, at as f64)).collect();
        let mut fit = LeastSquares::default();
        let mut x = 0.005;
        while x < 100.0 && work.at(x) > 1e-5 {
            let wanted = work.at(x);
            let weight = 1.0 / (wanted + 0.02);
            fit.add(&std::array::from_fn(|at| libm::exp(-rates[at] * x)), wanted, weight);
            x *= 1.06;
        }
        // All of it, with its mean.
        fit.add(&[1.0; COUNT], 1.0, 300.0);
        fit.add(&std::array::from_fn(|at| 1.0 / rates[at]), 1.0, 300.0);
        let weights = fit.solve(1e-4);
        let sum: f64 = weights.iter().sum();
        Phases { weights: weights.iter().map(|weight| weight / sum).collect(), rates }
    }
}

/// Weighted linear least squares by its normal equations.
#[derive(Default)]
struct LeastSquares {
    rows: [[f64; COUNT + 1]; COUNT],
}

impl LeastSquares {
    fn add(&mut self, values: &[f64; COUNT], wanted: f64, weight: f64) {
        for (row, value) in self.rows.iter_mut().zip(values) {
            let scaled = weight * weight * value;
            row.iter_mut().zip(values.iter().chain([&wanted])).for_each(|(sum, other)| *sum += scaled * other);
        }
    }

    /// Gauss's elimination; `ridge` keeps the weights small.
    fn solve(mut self, ridge: f64) -> [f64; COUNT] {
        for at in 0..COUNT {
            self.rows[at][at] += ridge;
        }
        // The matrix is positive definite: no pivot vanishes.
        for at in 0..COUNT {
            let pivot = self.rows[at];
            for below in at + 1..COUNT {
                let factor = self.rows[below][at] / pivot[at];
                self.rows[below].iter_mut().zip(pivot).for_each(|(value, above)| *value -= factor * above);
            }
        }
        let mut solved = [0.0; COUNT];
        for at in (0..COUNT).rev() {
            let known: f64 = (at + 1..COUNT).map(|other| self.rows[at][other] * solved[other]).sum();
            solved[at] = (self.rows[at][COUNT] - known) / self.rows[at][at];
        }
        solved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_survive_as_their_work_does() {
        let shapes = [
            WorkShape::Exponential,
            WorkShape::Lognormal { scv: 1.0 },
            WorkShape::Lognormal { scv: 4.0 },
            WorkShape::Lognormal { scv: 16.0 },
            WorkShape::Gamma { scv: 4.0 },
        ];
        for shape in shapes {
            let found = Phases::of(shape, &Survival::tabulate(1.0 / 256.0, |x| shape.survival(x))).unwrap();
            for x in [0.05, 0.3, 1.0, 2.0, 5.0, 12.0] {
                let sum: f64 = found.weights.iter().zip(&found.rates).map(|(w, rate)| w * libm::exp(-rate * x)).sum();
                assert!((sum - shape.survival(x)).abs() < 0.03, "{shape:?} at {x}: {sum}, not {}", shape.survival(x));
            }
        }
        assert_eq!(Phases::of(WorkShape::Deterministic, &Survival::tabulate(1.0, |_| 0.0)), None);
    }
}

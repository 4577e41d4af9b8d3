//! One server with a queue (GI/G/1): the wait of any renewal arrivals and any work, on a lattice.
//!
//! The wait is the maximum of a random walk with the steps work minus gap. Its transform is a factor of that of the
//! steps (Wiener and Hopf; Spitzer, "A combinatorial lemma and its application to probability theory", 1956), and
//! the factor is found by taking logarithms: the half of its Fourier series that belongs to positive times.
//! Source: Ackroyd, "Computing the waiting time distribution for the G/G/1 queue by signal processing methods", 1980.
//! Times are in multiples of the mean work.

use super::fourier::Fourier;
use super::profile::WorkShape;
use super::work::{Cells, Survival};
use std::sync::LazyLock;

/// Points of the lattice, and how many of them are for steps backwards.
const POINTS: usize = 4096;
const GAP_POINTS: usize = POINTS / 4;
const WORK_POINTS: usize = POINTS - GAP_POINTS;
/// Waits are followed to this many times their scale in heavy traffic: beyond is one in 300,000 of those that wait.
const SCALES: f64 = 12.5;

static FOURIER: LazyLock<Fourier> = LazyLock::new(|| Fourier::new(POINTS));

/// A time between events, by its mean and its survival function.
pub(super) struct Law<'a> {
    /// E[min(X, x)].
    pub(super) limited: &'a dyn Fn(f64) -> f64,
    /// Squared coefficient of variation.
    pub(super) scv: f64,
    pub(super) mean: f64,
}

impl Law<'_> {
    /// The masses at the first multiples of `step` that keep the mean; what is longer counts as the last.
    fn masses(&self, step: f64, points: usize) -> Vec<f64> {
        let mut masses = Vec::with_capacity(points);
        let (mut before, mut here) = (-step, 0.0);
        let mut left = 1.0;
        for at in 0..points {
            let after = (self.limited)((at + 1) as f64 * step);
            let mass = if at + 1 == points { left } else { ((2.0 * here - before - after) / step).clamp(0.0, left) };
            masses.push(mass);
            left -= mass;
            (before, here) = (here, after);
        }
        masses
    }
}

/// P(wait > 0) and the waits of those, as masses that add up to it.
fn wait(gap: &Law, work: &Law) -> (f64, Cells) {
    let step = step_of(gap, work);
    let works = work.masses(step, WORK_POINTS);
    let mut cells = cells_on_lattice(&waits(&gap.masses(step, GAP_POINTS), &works), step);
    // Works longer than the lattice are rare, and still count in the mean as Pollaczek and Khinchine say.
    let square = (1.0 + work.scv) * work.mean * work.mean;
    let known: f64 = works.iter().enumerate().map(|(at, mass)| mass * (at as f64 * step) * (at as f64 * step)).sum();
    let missing = (square - known) / (2.0 * (gap.mean - work.mean));
    let end = cells.edges[cells.edges.len() - 1];
    if missing > 1e-3 * work.mean {
        cells.edges.push(2.0 * end);
        cells.masses.push(missing / (1.5 * end));
    }
    (cells.mass(), cells)
}

/// Points so close that the shorter of both times is told apart, and so far that the longest wait has its place.
fn step_of(gap: &Law, work: &Law) -> f64 {
    let scale = (gap.scv * gap.mean * gap.mean + work.scv * work.mean * work.mean) / (2.0 * (gap.mean - work.mean));
    let tail = work.mean * (6.0 + work.scv * (12.0 + 7.0 * work.scv.min(20.0)));
    let most = (SCALES * scale).max(tail) / WORK_POINTS as f64;
    let gaps = gap.mean * (1.0 + 12.0 * gap.scv.max(libm::sqrt(gap.scv)).max(0.8)) / GAP_POINTS as f64;
    // A power of two, so that even work lies on the lattice.
    libm::exp2(libm::ceil(libm::log2(most.max(gaps) / work.mean))) * work.mean
}

/// The masses of the wait at the points of the lattice.
fn waits(gap: &[f64], work: &[f64]) -> Vec<f64> {
    let half = POINTS / 2;
    let padded = gap.iter().copied().chain(std::iter::repeat(0.0));
    let mut values: Vec<(f64, f64)> = work.iter().copied().zip(padded).collect();
    values.resize(POINTS, (0.0, 0.0));
    FOURIER.transform(&mut values);
    let mean = |masses: &[f64]| masses.iter().enumerate().map(|(at, mass)| at as f64 * mass).sum::<f64>();
    // The logarithm of (1 - step) / (1 - exp(i omega)): the divisor takes the zero that belongs to the other factor.
    let mut logarithm = vec![(0.0, 0.0); POINTS];
    logarithm[0] = (libm::log((mean(gap) - mean(work)).max(1e-9)), 0.0);
    for k in 1..=half {
        let (a, b) = (values[k], values[POINTS - k]);
        // Both were real: one is the even, one the odd part.
        let work = ((a.0 + b.0) / 2.0, (a.1 - b.1) / 2.0);
        let gap = ((a.1 + b.1) / 2.0, (b.0 - a.0) / 2.0);
        let (re, im) = (1.0 - work.0 * gap.0 - work.1 * gap.1, work.0 * gap.1 - work.1 * gap.0);
        let omega = 2.0 * std::f64::consts::PI * k as f64 / POINTS as f64;
        let size = libm::log((re * re + im * im).max(1e-300)) / 2.0 - libm::log(2.0 * libm::sin(omega / 2.0));
        let turn = libm::atan2(im, re) + (std::f64::consts::PI - omega) / 2.0;
        // The inverse transform of a conjugate is the transform: the signs are those of that.
        logarithm[k] = (size, -turn);
        logarithm[POINTS - k] = (size, turn);
    }
    FOURIER.transform(&mut logarithm);
    let mut positive = vec![(0.0, 0.0); POINTS];
    let mut sum = 0.0;
    for (to, from) in positive.iter_mut().zip(&logarithm).take(WORK_POINTS).skip(1) {
        to.0 = -from.0 / POINTS as f64;
        sum += to.0;
    }
    FOURIER.transform(&mut positive);
    for k in 0..=half {
        let (re, im) = positive[k];
        let size = libm::exp(re - sum);
        let value = (size * libm::cos(im), -size * libm::sin(im));
        positive[k] = value;
        positive[(POINTS - k) % POINTS] = (value.0, -value.1);
    }
    FOURIER.transform(&mut positive);
    positive.iter().map(|value| (value.0 / POINTS as f64).max(0.0)).collect()
}

/// Cells per octave of waits.
const CELLS_PER_OCTAVE: f64 = 12.0;

/// Masses at multiples of `step` (but 0) as cells around them, several together where waits are long.
pub(super) fn cells_on_lattice(masses: &[f64], step: f64) -> Cells {
    let growth = libm::exp2(1.0 / CELLS_PER_OCTAVE);
    let mut cells = Cells { edges: vec![0.0, step / 2.0], masses: vec![0.0] };
    let (mut gathered, mut next) = (0.0, 0.0);
    let mut left: f64 = masses.iter().skip(1).sum();
    for (at, mass) in masses.iter().enumerate().skip(1) {
        gathered += mass;
        left -= mass;
        if at as f64 >= next || left < 1e-8 {
            cells.edges.push((at as f64 + 0.5) * step);
            cells.masses.push(gathered);
            (gathered, next) = (0.0, (at as f64 + 0.5) * growth - 0.5);
        }
        if left < 1e-8 {
            break;
        }
    }
    cells
}

/// Behind gamma gaps (equal ones where `scv` is 0) with this mean: the share that waits, and the waits of those.
pub(super) fn wait_of(scv: f64, mean: f64, work: &Law) -> (f64, Cells) {
    if scv < 1e-6 {
        return wait(&Law { limited: &|x: f64| x.min(mean), scv, mean }, work);
    }
    if (scv - 1.0).abs() < 1e-6 {
        return wait(&Law { limited: &|x: f64| -libm::expm1(-x / mean) * mean, scv, mean }, work);
    }
    let table = Survival::tabulate(1.0 / 256.0, |x| WorkShape::Gamma { scv }.survival(x));
    wait(&Law { limited: &|x: f64| table.integral(x / mean) * mean, scv, mean }, work)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: f64, wanted: f64, tolerance: f64) {
        assert!((found / wanted - 1.0).abs() < tolerance, "{found}, not {wanted}");
    }

    fn exponential(rate: f64) -> impl Fn(f64) -> f64 {
        move |x: f64| -libm::expm1(-rate * x) / rate
    }

    #[test]
    fn exponential_gaps_and_work_wait_as_in_mm1() {
        for load in [0.3, 0.7, 0.95] {
            let work = exponential(1.0);
            let (share, cells) = wait_of(1.0, 1.0 / load, &Law { limited: &work, scv: 1.0, mean: 1.0 });
            check(cells.mean(), load / (1.0 - load), 0.005);
            let first = cells.edges[1];
            check(share, load * libm::exp(-(1.0 - load) * first), 0.002);
            let above: f64 = cells.iter().filter(|cell| cell.0 > 3.0).map(|cell| cell.2).sum();
            let from = cells.edges.iter().find(|edge| **edge > 3.0).copied().unwrap_or(3.0);
            check(above, load * libm::exp(-(1.0 - load) * from), 0.01);
        }
    }

    #[test]
    fn even_work_and_even_gaps_have_their_known_means() {
        // M/D/1 at 0.8 waits 2; D/M/1 at 0.5: root / (1 - root) with the root 0.203188 of s = exp(-2 (1 - s)).
        let even = |x: f64| x.min(1.0);
        let (_, cells) = wait_of(1.0, 1.25, &Law { limited: &even, scv: 0.0, mean: 1.0 });
        check(cells.mean(), 2.0, 0.005);
        let work = exponential(1.0);
        let (_, cells) = wait_of(0.0, 2.0, &Law { limited: &work, scv: 1.0, mean: 1.0 });
        check(cells.mean(), 0.203_188 / (1.0 - 0.203_188), 0.005);
    }

    #[test]
    fn variable_work_waits_as_pollaczek_and_khinchine_say() {
        let shape = WorkShape::Lognormal { scv: 4.0 };
        let table = Survival::tabulate(1.0 / 256.0, |x| shape.survival(x));
        let limited = |x: f64| table.integral(x);
        for load in [0.5, 0.9] {
            let (_, cells) = wait_of(1.0, 1.0 / load, &Law { limited: &limited, scv: 4.0, mean: 1.0 });
            check(cells.mean(), load / (1.0 - load) * 2.5, 0.02);
        }
    }
}

//! Requests by the work they found ahead of them.

use std::sync::LazyLock;

/// Requests by the work they found ahead, in cells that are as wide as that work is uncertain.
///
/// Behind `q` requests the wait is a sum of works; on the scale `2 sqrt(q)` its deviation is 1 everywhere.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WorkAhead {
    step: f64,
    /// Cells per unit of `2 sqrt(q)`.
    fineness: f64,
    first: usize,
    masses: Vec<f64>,
}

/// [`WorkAhead::fineness`], usually and where patience cuts the wait.
const FINE: f64 = 2.0;
/// The cell, as fine as usual, from which on this many requests are ahead: [`SMOOTH`].
const SMOOTH_CELL: usize = 32;
pub(super) const FINER: f64 = 12.0;

impl WorkAhead {
    pub(super) fn new(step: f64, fineness: f64) -> WorkAhead {
        WorkAhead { step, fineness, first: 0, masses: Vec::new() }
    }

    /// From pairs of mean work ahead (in requests, rising) and requests that found it.
    pub(super) fn of(step: f64, found: impl Iterator<Item = (f64, f64)>) -> WorkAhead {
        let mut cells = WorkAhead::new(step, FINE);
        let (mut block, mut mass, mut sum) = (0, 0.0, 0.0);
        for (mean, requests) in found {
            // Where the work ahead is uncertain anyway, two cells are as good as one.
            let cell = cells.cell_of(mean);
            let cell = if cell < SMOOTH_CELL { cell } else { cell & !1 };
            if cell != block && mass > 0.0 {
                cells.smear(sum / mass, mass);
                (mass, sum) = (0.0, 0.0);
            }
            block = cell;
            mass += requests;
            sum += requests * mean;
        }
        if mass > 0.0 {
            cells.smear(sum / mass, mass);
        }
        cells
    }

    /// Adds requests that found between `from` and `to` requests ahead, evenly.
    pub(super) fn add_even(&mut self, from: f64, to: f64, requests: f64) {
        if requests <= 0.0 || to <= from {
            return;
        }
        let (first, last) = (self.cell_of(from), self.cell_of(to));
        self.cover(first, last + 1);
        for cell in first..=last {
            let part = (self.edge(cell + 1).min(to) - self.edge(cell).max(from)).max(0.0) / (to - from);
            self.masses[cell - self.first] += requests * part;
        }
    }

    /// Makes room for the cells from `from` to below `to`.
    fn cover(&mut self, from: usize, to: usize) {
        if self.masses.is_empty() {
            self.first = from;
        }
        if from < self.first {
            self.masses.splice(0..0, std::iter::repeat_n(0.0, self.first - from));
            self.first = from;
        }
        let wanted = to - self.first;
        if self.masses.len() < wanted {
            self.masses.resize(wanted, 0.0);
        }
    }

    /// Adds requests that found a mean work ahead, with its chance.
    fn smear(&mut self, mean: f64, requests: f64) {
        let shape = mean / self.step;
        let middle = 2.0 * libm::sqrt(shape) * self.fineness;
        let reach = 4.0 * self.fineness;
        let from = (middle - reach).max(0.0) as usize;
        let to = (middle + reach) as usize + 1;
        self.cover(from, to);
        let law = Erlang::new(shape);
        let mut below = 0.0;
        for cell in from..to {
            let root = (cell + 1) as f64 / self.fineness / 2.0;
            let until = if cell + 1 == to { 1.0 } else { law.below_square(root) };
            self.masses[cell - self.first] += requests * (until - below);
            below = until;
        }
    }

    fn cell_of(&self, ahead: f64) -> usize {
        (2.0 * libm::sqrt(ahead / self.step) * self.fineness) as usize
    }

    /// The lower edge of a cell, in requests.
    fn edge(&self, cell: usize) -> f64 {
        let y = cell as f64 / self.fineness;
        self.step * y * y / 4.0
    }

    /// The cells: from and to in requests ahead, and how many found that.
    pub(super) fn cells(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        self.masses
            .iter()
            .enumerate()
            .map(|(at, mass)| (self.edge(self.first + at), self.edge(self.first + at + 1), *mass))
    }

    /// The largest work ahead, in requests.
    pub(super) fn end(&self) -> f64 {
        self.edge(self.first + self.masses.len())
    }

    /// Requests in all.
    pub(super) fn total(&self) -> f64 {
        self.masses.iter().sum()
    }

    /// What they found ahead on average, and its variance.
    pub(super) fn mean_and_variance(&self) -> (f64, f64) {
        let (mut mass, mut sum, mut square) = (0.0, 0.0, 0.0);
        for (from, to, requests) in self.cells() {
            mass += requests;
            sum += requests * (from + to) / 2.0;
            square += requests * (from * from + from * to + to * to) / 3.0;
        }
        let mean = sum / f64::max(mass, 1e-300);
        (mean, (square / mass.max(1e-300) - mean * mean).max(0.0))
    }

    /// Requests that found more than this much ahead.
    pub(super) fn beyond(&self, ahead: f64) -> f64 {
        self.cells().map(|(from, to, mass)| mass * ((to - ahead.max(from)) / (to - from)).clamp(0.0, 1.0)).sum()
    }

    /// The same with `factor` times as many requests.
    pub(super) fn scaled(&self, factor: f64) -> WorkAhead {
        WorkAhead { masses: self.masses.iter().map(|mass| mass * factor).collect(), ..*self }
    }
}

/// A gamma variable of `shape` (at least about 1) and scale 1: Wilson and Hilferty's normal approximation; exact for an
/// exponential.
struct Erlang {
    shape: f64,
    root: f64,
}

/// From this shape on the variable is so close to its mean that a short series does.
const SMOOTH: f64 = 64.0;

impl Erlang {
    fn new(shape: f64) -> Erlang {
        Erlang { shape, root: libm::sqrt(shape) }
    }

    /// P(the variable is below the square of `root`).
    fn below_square(&self, root: f64) -> f64 {
        if root <= 0.0 {
            return 0.0;
        }
        if (self.shape - 1.0).abs() < 1e-6 {
            return -libm::expm1(-root * root);
        }
        let ratio = root / self.root;
        // The cube root of the squared ratio, near 1 by its Taylor series.
        let over = ratio - 1.0;
        let cube_root = if self.shape < SMOOTH {
            libm::cbrt(ratio * ratio)
        } else {
            1.0 + over * (2.0 / 3.0 + over * (-1.0 / 9.0 + over * (4.0 / 81.0 - over * 7.0 / 243.0)))
        };
        normal_below(3.0 * self.root * (cube_root - 1.0 + 1.0 / (9.0 * self.shape)))
    }
}

/// P(a standard normal variable is below `z`), from a table, to 1e-5.
fn normal_below(z: f64) -> f64 {
    static TABLE: LazyLock<Vec<f64>> = LazyLock::new(|| {
        let exact =
            |at: i32| 0.5 * libm::erfc((WIDEST - f64::from(at) / PER_DEVIATION) * std::f64::consts::FRAC_1_SQRT_2);
        (0..=(2.0 * WIDEST * PER_DEVIATION) as i32).map(exact).collect()
    });
    const WIDEST: f64 = 6.0;
    const PER_DEVIATION: f64 = 64.0;
    let place = (z + WIDEST) * PER_DEVIATION;
    let at = place as usize;
    match TABLE.get(at + 1) {
        Some(next) if place > 0.0 => TABLE[at] + (place - at as f64) * (next - TABLE[at]),
        _ => f64::from(u8::from(z > 0.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_series_are_close() {
        let exact = |shape: f64, x: f64| {
            let z = 3.0 * libm::sqrt(shape) * (libm::cbrt(x / shape) - 1.0 + 1.0 / (9.0 * shape));
            0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
        };
        for shape in [1.5, 7.0, 63.0, 64.0, 300.0, 1e4, 1e7] {
            for deviations in -60..60 {
                let x = shape + f64::from(deviations) / 10.0 * libm::sqrt(shape);
                let x = x.max(0.0);
                let found = Erlang::new(shape).below_square(libm::sqrt(x));
                let wanted = if x > 0.0 { exact(shape, x) } else { 0.0 };
                assert!((found - wanted).abs() < 2e-5, "{shape}, {x}: {found}, not {wanted}");
            }
        }
    }

    #[test]
    fn mean_and_variance_are_those_of_what_was_added() {
        let mut ahead = WorkAhead::new(1.0, FINE);
        ahead.add_even(100.0, 400.0, 5.0);
        let (mean, variance) = ahead.mean_and_variance();
        assert!((mean / 250.0 - 1.0).abs() < 0.02 && (variance / 7500.0 - 1.0).abs() < 0.1, "{mean} {variance}");
    }
}

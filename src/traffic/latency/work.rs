//! Distributions of work as survival functions in tables, in multiples of the mean work.

use super::histogram::Buckets;
use super::profile::WorkShape;
use statrs::function::gamma::gamma_ur;
use std::sync::LazyLock;

/// Tables are twice as fine as the histograms made from them.
type Edges = Buckets<6>;

/// What is left of a distribution beyond any share counts as nothing.
const NEGLIGIBLE: f64 = 1e-8;

/// A survival function P(X > x), tabulated: straight lines between the edges of fine buckets.
#[derive(Clone, Debug)]
pub(super) struct Survival {
    /// The bucket whose lower edge belongs to the first value.
    first: usize,
    values: Vec<f64>,
    /// The integral of the function from 0 to each value's edge.
    integrals: Vec<f64>,
}

impl Survival {
    /// Tabulates `survival` from `smallest`, below which it is a straight line from 1.
    pub(super) fn tabulate(smallest: f64, survival: impl Fn(f64) -> f64) -> Survival {
        let first = Edges::of(smallest);
        let mut values = Vec::new();
        for bucket in first..Edges::COUNT {
            let value = survival(Edges::edge(bucket));
            values.push(value);
            if value < NEGLIGIBLE {
                break;
            }
        }
        let mut area = Edges::edge(first) * (1.0 + values[0]) / 2.0;
        let mut integrals = vec![area];
        for (index, pair) in values.windows(2).enumerate() {
            let width = Edges::edge(first + index + 1) - Edges::edge(first + index);
            area += width * (pair[0] + pair[1]) / 2.0;
            integrals.push(area);
        }
        Survival { first, values, integrals }
    }

    /// The integral of P(X > y) over y from 0 to x; `x` itself where x is below 0.
    pub(super) fn integral(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return x;
        }
        let bucket = Edges::of(x);
        if bucket < self.first {
            return x * (1.0 + self.at(x)) / 2.0;
        }
        let index = bucket - self.first;
        match self.integrals.get(index) {
            Some(area) => area + (x - Edges::edge(bucket)) * (self.values[index] + self.at(x)) / 2.0,
            None => self.integrals[self.integrals.len() - 1],
        }
    }

    /// P(X > x).
    pub(super) fn at(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return 1.0;
        }
        let bucket = Edges::of(x);
        if bucket < self.first {
            return 1.0 + (self.values[0] - 1.0) * x / Edges::edge(self.first);
        }
        let index = bucket - self.first;
        match (self.values.get(index), self.values.get(index + 1)) {
            (Some(low), Some(high)) => {
                let (edge, end) = (Edges::edge(bucket), Edges::edge(bucket + 1));
                low + (high - low) * (x - edge) / (end - edge)
            }
            _ => 0.0,
        }
    }
}

impl WorkShape {
    /// P(X > x) for work with mean 1.
    pub(super) fn survival(self, x: f64) -> f64 {
        match self {
            _ if x <= 0.0 => 1.0,
            WorkShape::Deterministic => f64::from(u8::from(x < 1.0)),
            WorkShape::Exponential => libm::exp(-x),
            WorkShape::Lognormal { scv } => {
                let variance = libm::log1p(scv);
                0.5 * libm::erfc((libm::log(x) + variance / 2.0) / libm::sqrt(2.0 * variance))
            }
            WorkShape::Gamma { scv } => gamma_ur(1.0 / scv, x / scv),
        }
    }

    /// The first three moments of work with mean 1.
    pub(super) fn moments(self) -> [f64; 3] {
        match self {
            WorkShape::Deterministic => [1.0, 1.0, 1.0],
            WorkShape::Exponential => [1.0, 2.0, 6.0],
            WorkShape::Lognormal { scv } => [1.0, 1.0 + scv, (1.0 + scv) * (1.0 + scv) * (1.0 + scv)],
            WorkShape::Gamma { scv } => [1.0, 1.0 + scv, (1.0 + scv) * (1.0 + 2.0 * scv)],
        }
    }

    /// The distribution as points `(work, probability)`; their mean is 1.
    pub(super) fn atoms(self) -> Vec<(f64, f64)> {
        if self == WorkShape::Deterministic {
            return vec![(1.0, 1.0)];
        }
        let cells = cells_of(|x| self.survival(x), 1.0, 12);
        cells.iter().filter(|cell| cell.2 > NEGLIGIBLE).map(|(from, to, p)| ((from + to) / 2.0, p)).collect()
    }
}

/// The edges and masses of a distribution with mean `mean`, cut into cells on a logarithmic grid
/// and stretched so that masses spread evenly over their cells have that mean.
pub(super) fn cells_of(survival: impl Fn(f64) -> f64, mean: f64, cells_per_octave: i32) -> Cells {
    let (mut edges, mut masses) = (vec![0.0], Vec::new());
    let mut above = 1.0;
    for cell in -8 * cells_per_octave..16 * cells_per_octave {
        let end = mean * libm::exp2(f64::from(cell) / f64::from(cells_per_octave));
        let still_above = survival(end);
        masses.push((above - still_above).max(0.0));
        edges.push(end);
        above = still_above;
        if above < 1e-7 {
            break;
        }
    }
    let mut cells = Cells { edges, masses };
    let mass: f64 = cells.masses.iter().sum();
    cells.masses.iter_mut().for_each(|m| *m /= mass);
    let stretch = mean / cells.mean().max(1e-300);
    cells.edges.iter_mut().for_each(|edge| *edge *= stretch);
    cells
}

/// Masses spread evenly between neighbouring edges; one edge more than masses.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Cells {
    pub(super) edges: Vec<f64>,
    pub(super) masses: Vec<f64>,
}

impl Cells {
    /// The cells as `(from, to, mass)`.
    pub(super) fn iter(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        self.edges.windows(2).zip(&self.masses).map(|(pair, mass)| (pair[0], pair[1], *mass))
    }

    /// The sum of mass times value.
    pub(super) fn mean(&self) -> f64 {
        self.iter().map(|(from, to, mass)| mass * (from + to) / 2.0).sum()
    }

    /// The sum of the masses.
    pub(super) fn mass(&self) -> f64 {
        self.masses.iter().sum()
    }

    /// Every mass times `factor`.
    pub(super) fn scaled(mut self, factor: f64) -> Cells {
        self.masses.iter_mut().for_each(|mass| *mass *= factor);
        self
    }

    /// P(sum of this and the other > t), times the cells' mass.
    pub(super) fn plus_survival(&self, other: &Survival, t: f64) -> f64 {
        let mut sum = 0.0;
        let mut before = other.integral(t);
        for (from, to, mass) in self.iter() {
            if from >= t {
                sum += mass;
                continue;
            }
            let after = other.integral(t - to);
            sum += mass * (before - after) / (to - from);
            before = after;
        }
        sum
    }
}

/// P(G > y) for a gamma variable G of the given shape and mean 1, from a table made once.
pub(super) fn gamma_survival(shape: f64, y: f64) -> f64 {
    if y <= 0.0 {
        return 1.0;
    }
    let table = &*GAMMA;
    let position = ((libm::log2(shape.max(1e-9)) - LOWEST_SHAPE) * SHAPES_PER_OCTAVE).clamp(0.0, (SHAPES - 1) as f64);
    let low = (position as usize).min(SHAPES - 2);
    let share = position - low as f64;
    table[low].at(y) * (1.0 - share) + table[low + 1].at(y) * share
}

const SHAPES: usize = 57;
const SHAPES_PER_OCTAVE: f64 = 4.0;
/// The log2 of the smallest shape in the table.
const LOWEST_SHAPE: f64 = -6.0;

static GAMMA: LazyLock<Vec<Survival>> = LazyLock::new(|| {
    let shape = |row: usize| libm::exp2(LOWEST_SHAPE + row as f64 / SHAPES_PER_OCTAVE);
    (0..SHAPES).map(|row| Survival::tabulate(1.0 / 1024.0, |y| gamma_ur(shape(row), shape(row) * y))).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: [WorkShape; 5] = [
        WorkShape::Exponential,
        WorkShape::Lognormal { scv: 0.25 },
        WorkShape::Lognormal { scv: 8.0 },
        WorkShape::Gamma { scv: 0.25 },
        WorkShape::Gamma { scv: 4.0 },
    ];

    #[test]
    fn tables_are_close_to_the_function() {
        for shape in SHAPES {
            let table = Survival::tabulate(1.0 / 512.0, |x| shape.survival(x));
            for step in 1..4000 {
                let x = f64::from(step) * 0.003;
                let (found, wanted) = (table.at(x), shape.survival(x));
                assert!((found - wanted).abs() < 3e-4, "{shape:?} at {x}: {found}, not {wanted}");
            }
        }
        assert_eq!(Survival::tabulate(0.1, |x| WorkShape::Deterministic.survival(x)).at(1.001), 0.0);
    }

    #[test]
    fn atoms_have_the_moments() {
        for shape in SHAPES {
            let atoms = shape.atoms();
            let moment = |power: i32| atoms.iter().map(|(value, p)| p * value.powi(power)).sum::<f64>();
            assert!((moment(0) - 1.0).abs() < 1e-5 && (moment(1) - 1.0).abs() < 1e-3, "{shape:?}");
            assert!((moment(2) / shape.moments()[1] - 1.0).abs() < 0.03, "{shape:?}: {}", moment(2));
        }
    }

    #[test]
    fn the_gamma_table_is_close() {
        for shape in [0.05, 0.31, 1.0, 2.7, 40.0] {
            for y in [0.01, 0.2, 1.0, 3.0] {
                let (found, wanted) = (gamma_survival(shape, y), gamma_ur(shape, shape * y));
                assert!((found - wanted).abs() < 2e-3, "{shape} {y}: {found}, not {wanted}");
            }
        }
    }
}

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
        Survival::from_values(first, values)
    }

    /// The same for a function that is asked in rising order and may remember where it was.
    pub(super) fn tabulate_rising(smallest: f64, mut survival: impl FnMut(f64) -> f64) -> Survival {
        let first = Edges::of(smallest);
        let mut values = Vec::new();
        while first + values.len() < Edges::COUNT && values.last().is_none_or(|last| *last >= NEGLIGIBLE) {
            values.push(survival(Edges::edge(first + values.len())));
        }
        Survival::from_values(first, values)
    }

    /// The same for a costly function without corners: asked at every fourth edge only, a parabola in between.
    pub(super) fn tabulate_smooth(smallest: f64, survival: impl Fn(f64) -> f64) -> Survival {
        const STEP: usize = 4;
        let first = Edges::of(smallest) / STEP * STEP;
        let edge = |knot: usize| Edges::edge(first + knot * STEP);
        let mut knots = Vec::new();
        while first + knots.len() * STEP < Edges::COUNT && knots.last().is_none_or(|last| *last >= NEGLIGIBLE) {
            knots.push(survival(edge(knots.len())));
        }
        let mut values = Vec::with_capacity(knots.len() * STEP);
        for (at, pair) in knots.windows(2).enumerate() {
            let slope_to = |next: usize, value: f64| (value - pair[0]) / (edge(next) - edge(at));
            let slope = slope_to(at + 1, pair[1]);
            let bend = knots
                .get(at + 2)
                .map_or(0.0, |value| (slope_to(at + 2, *value) - slope) / (edge(at + 2) - edge(at + 1)));
            for part in 0..STEP {
                let x = Edges::edge(first + at * STEP + part);
                let value = pair[0] + (x - edge(at)) * (slope + bend * (x - edge(at + 1)));
                // No `clamp`: rounding may let a flat stretch rise by a hair, and `clamp` would panic.
                values.push(value.min(pair[0]).max(pair[1]));
            }
        }
        values.extend(knots.last());
        Survival::from_values(first, values)
    }

    fn from_values(first: usize, values: Vec<f64>) -> Survival {
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

    /// What is asked for beyond is 0.
    fn end(&self) -> f64 {
        Edges::edge(self.first + self.values.len() - 1)
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
            WorkShape::Empirical(work) => work.survival(x),
        }
    }

    /// The first three moments of work with mean 1.
    pub(super) fn moments(self) -> [f64; 3] {
        match self {
            WorkShape::Deterministic => [1.0, 1.0, 1.0],
            WorkShape::Exponential => [1.0, 2.0, 6.0],
            WorkShape::Lognormal { scv } => [1.0, 1.0 + scv, (1.0 + scv) * (1.0 + scv) * (1.0 + scv)],
            WorkShape::Gamma { scv } => [1.0, 1.0 + scv, (1.0 + scv) * (1.0 + 2.0 * scv)],
            WorkShape::Empirical(work) => work.moments(),
        }
    }

    /// The distribution cut into few cells `(from, to, probability)`, a point where it is one; its mean is 1.
    pub(super) fn cells(self) -> Vec<(f64, f64, f64)> {
        if self == WorkShape::Deterministic {
            return vec![(1.0, 1.0, 1.0)];
        }
        let cells = cells_of(|x| self.survival(x), 1.0, 8);
        cells.iter().filter(|cell| cell.2 > NEGLIGIBLE).collect()
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

    /// Neighbours put together until each cell holds `least`, except the last.
    pub(super) fn merged(&self, least: f64) -> Cells {
        let mut merged = Cells { edges: self.edges.first().copied().into_iter().collect(), masses: Vec::new() };
        let mut gathered = 0.0;
        for (_, to, mass) in self.iter() {
            gathered += mass;
            if gathered >= least || self.edges.last() == Some(&to) {
                merged.edges.push(to);
                merged.masses.push(std::mem::take(&mut gathered));
            }
        }
        merged
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

/// A gamma variable of mean 1, between two rows of a table made once.
#[derive(Clone, Copy)]
pub(super) struct GammaSurvival {
    low: &'static Survival,
    high: &'static Survival,
    /// The weight of `high`.
    share: f64,
}

impl GammaSurvival {
    /// The variable of a shape; beyond the table, of the nearest in it.
    pub(super) fn new(shape: f64) -> GammaSurvival {
        let position = (libm::log2(shape.max(1e-9)) - LOWEST_SHAPE) * SHAPES_PER_OCTAVE;
        let position = position.clamp(0.0, (SHAPES - 1) as f64);
        let low = (position as usize).min(SHAPES - 2);
        GammaSurvival { low: &GAMMA[low], high: &GAMMA[low + 1], share: position - low as f64 }
    }

    /// P(G > y).
    pub(super) fn at(&self, y: f64) -> f64 {
        self.low.at(y) * (1.0 - self.share) + self.high.at(y) * self.share
    }

    /// The integral of P(G > z) over z from 0 to y; `y` itself where y is below 0.
    pub(super) fn integral(&self, y: f64) -> f64 {
        if y <= 0.0 { y } else { self.low.integral(y) * (1.0 - self.share) + self.high.integral(y) * self.share }
    }

    /// P(G > y) is negligible from here on.
    pub(super) fn end(&self) -> f64 {
        self.low.end().max(self.high.end())
    }
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
    fn cells_have_the_moments() {
        for shape in SHAPES {
            let cells = shape.cells();
            let moment_of = |from: f64, to: f64, power: i32| {
                (to.powi(power + 1) - from.powi(power + 1)) / (to - from) / f64::from(power + 1)
            };
            let moment = |power: i32| cells.iter().map(|(from, to, p)| p * moment_of(*from, *to, power)).sum::<f64>();
            assert!((moment(0) - 1.0).abs() < 1e-5 && (moment(1) - 1.0).abs() < 1e-3, "{shape:?}");
            assert!((moment(2) / shape.moments()[1] - 1.0).abs() < 0.03, "{shape:?}: {}", moment(2));
        }
    }

    #[test]
    fn merged_cells_hold_what_all_held() {
        let cells = cells_of(|x| libm::exp(-x), 1.0, 12);
        let merged = cells.merged(0.01);
        assert!((merged.mass() - cells.mass()).abs() < 1e-12 && merged.edges.last() == cells.edges.last());
        assert!(merged.masses.iter().rev().skip(1).all(|mass| *mass >= 0.01) && merged.masses.len() < 80);
        assert_eq!(Cells::default().merged(0.1), Cells::default());
    }

    #[test]
    fn the_gamma_table_is_close() {
        for shape in [0.05, 0.31, 1.0, 2.7, 40.0] {
            for y in [0.01, 0.2, 1.0, 3.0] {
                let (found, wanted) = (GammaSurvival::new(shape).at(y), gamma_ur(shape, shape * y));
                assert!((found - wanted).abs() < 2e-3, "{shape} {y}: {found}, not {wanted}");
            }
        }
    }
}

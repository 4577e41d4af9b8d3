//! How much pods move together behind two choices: what tells few pods from many.
//!
//! With many pods the share of them that has at least `k` requests is a number (mean field); with `n` it moves around
//! it, with variances that a linear equation gives (Lyapunov's, for the drift and the noise of the mean field).
//! Source: Gast and Van Houdt, "A refined mean field approximation", 2017; exponential work.

use super::servers::Servers;

/// Levels that are told apart.
const MOST_LEVELS: usize = 24;
/// Rarer levels move like the last that is not.
const RAREST: f64 = 1e-7;
/// Doublings of the time over which noise adds up: more than any load below capacity remembers.
const DOUBLINGS: usize = 14;

/// A square matrix by rows.
#[derive(Clone)]
struct Square {
    size: usize,
    values: Vec<f64>,
}

impl Square {
    fn zeros(size: usize) -> Square {
        Square { size, values: vec![0.0; size * size] }
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.size..(row + 1) * self.size]
    }

    fn times(&self, other: &Square) -> Square {
        let mut product = Square::zeros(self.size);
        for row in 0..self.size {
            let into = &mut product.values[row * self.size..(row + 1) * self.size];
            for (factor, from) in self.row(row).iter().zip(other.values.chunks(self.size)) {
                into.iter_mut().zip(from).for_each(|(sum, value)| *sum += factor * value);
            }
        }
        product
    }

    fn transposed(&self) -> Square {
        let mut turned = Square::zeros(self.size);
        for row in 0..self.size {
            for column in 0..self.size {
                turned.values[column * self.size + row] = self.values[row * self.size + column];
            }
        }
        turned
    }
}

/// The variance of each level's share times the number of pods over what independent pods have, less 1: how many
/// others a pod at that level moves with. `at_least[k]` is the share of pods with at least `k` requests.
pub(super) fn moving_together(servers: &Servers, load: f64, at_least: &[f64]) -> Vec<f64> {
    let count = (at_least.iter().skip(1).take_while(|share| **share > RAREST).count()).min(MOST_LEVELS);
    let share = |level: usize| at_least.get(level).copied().unwrap_or(0.0);
    let rate = load * f64::from(servers.threads);
    let ends = |level: usize| (level as f64).min(f64::from(servers.threads));
    // Cayley's transform of the drift: a step that keeps stable what is. Its matrix is tridiagonal.
    let half = 0.5 / ends(count).max(1.0);
    let (mut left, mut right) = (Square::zeros(count), Square::zeros(count));
    let mut noise = Square::zeros(count);
    for at in 0..count {
        let level = at + 1;
        let here = at * count + at;
        let mut set = |index: usize, value: f64| {
            let one = f64::from(u8::from(index == here));
            left.values[index] = one - half * value;
            right.values[index] = one + half * value;
        };
        set(here, -2.0 * rate * share(level) - ends(level));
        if at > 0 {
            set(here - 1, 2.0 * rate * share(level - 1));
        }
        if at + 1 < count {
            set(here + 1, ends(level));
        }
        noise.values[here] = 2.0 * ends(level) * (share(level) - share(level + 1)).max(0.0);
    }
    let inverse = tridiagonal_inverse(&left);
    let mut step = inverse.times(&right);
    let mut sum = inverse.times(&noise).times(&inverse.transposed());
    sum.values.iter_mut().for_each(|value| *value *= 2.0 * half);
    for _ in 0..DOUBLINGS {
        let later = step.times(&sum).times(&step.transposed());
        sum.values.iter_mut().zip(&later.values).for_each(|(value, more)| *value += more);
        step = step.times(&step);
    }
    let variance = |at: usize| sum.values[at * count + at];
    (0..count).map(|at| (variance(at) / (share(at + 1) * (1.0 - share(at + 1))).max(1e-12) - 1.0).max(0.0)).collect()
}

/// The inverse of a diagonally dominant tridiagonal matrix, column by column (Thomas's elimination).
fn tridiagonal_inverse(matrix: &Square) -> Square {
    let size = matrix.size;
    let at = |row: usize, column: usize| matrix.values[row * size + column];
    let mut inverse = Square::zeros(size);
    let (mut upper, mut pivot) = (vec![0.0; size], vec![0.0; size]);
    for row in 0..size {
        pivot[row] = at(row, row) - if row > 0 { at(row, row - 1) * upper[row - 1] } else { 0.0 };
        upper[row] = if row + 1 < size { at(row, row + 1) / pivot[row] } else { 0.0 };
    }
    for column in 0..size {
        let mut solved = vec![0.0; size];
        for row in 0..size {
            let wanted = f64::from(u8::from(row == column));
            let before = if row > 0 { at(row, row - 1) * solved[row - 1] } else { 0.0 };
            solved[row] = (wanted - before) / pivot[row];
        }
        for row in (0..size.saturating_sub(1)).rev() {
            solved[row] -= upper[row] * solved[row + 1];
        }
        for (row, value) in solved.into_iter().enumerate() {
            inverse.values[row * size + column] = value;
        }
    }
    inverse
}

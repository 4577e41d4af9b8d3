//! How shares of pods move around the mean field: the covariance that a linear drift and its noise leave.
//!
//! Source: Gast and Van Houdt, "A refined mean field approximation", 2017 (Lyapunov's equation for the fluctuations);
//! R. A. Smith, "Matrix equation XA + BX = C", 1968 (doubling on Cayley's transform).

/// Doublings of the time over which noise adds up: more than any load below capacity remembers.
const DOUBLINGS: usize = 14;

/// The solution `W`, by rows, of `J W + W J' = -Q`: `drift` holds the rows of the tridiagonal `J` (below, here, above), `noise` the
/// diagonal of `Q`. `step` is the time step of the transform: any above 0 is right, one near the drift's own time is
/// fast. Cost: up to 3 products of matrices per doubling.
pub(super) fn covariance(drift: &[[f64; 3]], noise: &[f64], step: f64) -> Vec<f64> {
    let size = drift.len();
    if size == 0 {
        return Vec::new();
    }
    let mut minus = vec![0.0; size * size];
    let mut plus = minus.clone();
    for (row, slopes) in drift.iter().enumerate() {
        for (at, slope) in slopes.iter().enumerate() {
            // Columns from the one below on; what lies outside is no share.
            let Some(column) = (row + at).checked_sub(1).filter(|column| *column < size) else { continue };
            minus[row * size + column] = -step * slope;
            plus[row * size + column] = step * slope;
        }
        minus[row * size + row] += 1.0;
        plus[row * size + row] += 1.0;
    }
    let mut root = vec![0.0; size * size];
    noise.iter().enumerate().for_each(|(row, noise)| root[row * size + row] = libm::sqrt(2.0 * step * noise));
    solve_tridiagonal(&minus, &mut plus, size);
    solve_tridiagonal(&minus, &mut root, size);
    let mut covariance = product(&root, &transposed(&root, size), size);
    let mut powers = plus;
    for _ in 0..DOUBLINGS {
        let more = product(&product(&powers, &covariance, size), &transposed(&powers, size), size);
        let (mut sum, mut added) = (0.0_f64, 0.0_f64);
        for (value, more) in covariance.iter_mut().zip(&more) {
            *value += more;
            sum = sum.max(value.abs());
            added = added.max(more.abs());
        }
        if added < 1e-7 * sum {
            break;
        }
        powers = product(&powers, &powers, size);
    }
    covariance
}

fn product(a: &[f64], b: &[f64], size: usize) -> Vec<f64> {
    let mut found = vec![0.0; size * size];
    for (row, sums) in a.chunks(size).zip(found.chunks_mut(size)) {
        for (value, other) in row.iter().zip(b.chunks(size)) {
            sums.iter_mut().zip(other).for_each(|(sum, other)| *sum += value * other);
        }
    }
    found
}

fn transposed(a: &[f64], size: usize) -> Vec<f64> {
    (0..size * size).map(|at| a[at % size * size + at / size]).collect()
}

/// Replaces the rows of `right` by those of the tridiagonal matrix's inverse times it.
fn solve_tridiagonal(matrix: &[f64], right: &mut [f64], size: usize) {
    let at = |row: usize, column: usize| matrix[row * size + column];
    let mut ups = vec![0.0; size];
    for row in 0..size {
        let below = if row > 0 { at(row, row - 1) } else { 0.0 };
        let pivot = at(row, row) - if row > 0 { below * ups[row - 1] } else { 0.0 };
        ups[row] = if row + 1 < size { at(row, row + 1) / pivot } else { 0.0 };
        let (before, here) = right.split_at_mut(row * size);
        for column in 0..size {
            let known = if row > 0 { before[(row - 1) * size + column] } else { 0.0 };
            here[column] = (here[column] - below * known) / pivot;
        }
    }
    for row in (0..size.saturating_sub(1)).rev() {
        let (here, after) = right.split_at_mut((row + 1) * size);
        for column in 0..size {
            here[row * size + column] -= ups[row] * after[column];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_levels_have_no_covariance() {
        assert!(covariance(&[], &[], 1.0).is_empty());
    }

    #[test]
    fn the_covariance_solves_its_equation() {
        let drift = [[0.0, -1.5, 0.5], [0.7, -2.0, 1.0], [0.3, -1.0, 0.0]];
        let noise = [1.0, 0.5, 0.25];
        for step in [0.2, 1.0] {
            let w = covariance(&drift, &noise, step);
            let slope =
                |row: usize, column: usize| (column + 1).checked_sub(row).and_then(|at| drift[row].get(at)).copied();
            for (row, noise) in noise.into_iter().enumerate() {
                for column in 0..3 {
                    let side = |one: usize, other: usize| {
                        (0..3).map(|k| slope(one, k).unwrap_or(0.0) * w[k * 3 + other]).sum::<f64>()
                    };
                    let left = side(row, column) + side(column, row);
                    let wanted = if row == column { -noise } else { 0.0 };
                    assert!((left - wanted).abs() < 1e-5, "{row} {column}: {left}, not {wanted}");
                }
            }
        }
    }
}

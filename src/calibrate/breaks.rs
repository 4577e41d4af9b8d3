//! Another version costs another amount: where a line stops to explain what was used.

/// Blocks on each side of a change, at least.
const FEWEST: usize = 4;
/// A change below this share is no change.
const SMALLEST: f64 = 0.03;
/// How many standard errors apart two means are; the largest of many splits of mere noise stays below.
const CLEAR: f64 = 5.0;

/// The first block after the last change of level, of `levels` by block: logarithms of what was used over what a line
/// expects; 0 where nothing changed.
pub(super) fn last_change(levels: &[Option<f64>]) -> usize {
    let known: Vec<(usize, f64)> =
        levels.iter().enumerate().filter_map(|(block, level)| level.map(|level| (block, level))).collect();
    let mut from = 0;
    while let Some(split) = clearest(&known[from..]) {
        from += split;
    }
    if from == 0 { 0 } else { known[from].0 }
}

/// Where the values before and after differ most clearly, if they do.
fn clearest(values: &[(usize, f64)]) -> Option<usize> {
    let split = (FEWEST..=values.len().saturating_sub(FEWEST)).map(|at| (at, apart(values, at)));
    let (at, (clear, difference)) = split.max_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
    (clear > CLEAR && difference > SMALLEST).then_some(at)
}

/// How many standard errors two means lie apart, and how far.
fn apart(values: &[(usize, f64)], at: usize) -> (f64, f64) {
    let moments = |part: &[(usize, f64)]| {
        let count = part.len() as f64;
        let mean = part.iter().map(|row| row.1).sum::<f64>() / count;
        (mean, part.iter().map(|row| (row.1 - mean) * (row.1 - mean)).sum::<f64>(), count)
    };
    let ((before, left, m), (after, right, n)) = (moments(&values[..at]), moments(&values[at..]));
    let variance = (left + right) / (m + n - 2.0).max(1.0);
    let error = libm::sqrt(variance * (1.0 / m + 1.0 / n)).max(1e-6);
    ((after - before).abs() / error, (after - before).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    #[test]
    fn the_last_deploy_is_found_and_noise_is_none() {
        let mut chance = Seed::new(7, 0).stream("levels", 0);
        let mut level = |mean: f64| Some(mean + 0.01 * chance.normal());
        let calm: Vec<Option<f64>> = (0..48).map(|_| level(0.0)).collect();
        assert_eq!(last_change(&calm), 0);
        let mut deployed: Vec<Option<f64>> = (0..48)
            .map(|k| {
                level(if k < 20 {
                    0.0
                } else if k < 33 {
                    0.2
                } else {
                    0.1
                })
            })
            .collect();
        assert_eq!(last_change(&deployed), 33);
        deployed[33] = None;
        assert_eq!(last_change(&deployed), 34);
        assert_eq!(last_change(&deployed[..3]), 0);
    }
}

//! Chances of a false alarm, kept over many figures that are looked at more than once.
//!
//! Figures are judged together by Holm's step-down rule (Holm 1979), which keeps the chance of any false alarm among them
//! whatever they have to do with each other. A study that may grow is looked at several times; the chance is shared out
//! evenly among the looks (Bonferroni), which holds however the looks depend on each other.

/// The chance of a false alarm, in all figures and looks together.
pub const ALPHA: f64 = 0.05;

/// Holm-adjusted p-values, in the order of `p_values`: a figure is beyond chance where its own is at most alpha.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least: f64 = 0.0;
    for (rank, at) in order.into_iter().enumerate() {
        let left = (p_values.len() - rank) as f64;
        least = least.max(p_values[at] * left).min(1.0);
        adjusted[at] = least;
    }
    adjusted
}

/// How many replications there are at each look: the first, twice as many, and so on, at last `most`.
pub fn looks(first: u32, most: u32) -> Vec<u32> {
    let first = first.clamp(1, most.max(1));
    let doubled = std::iter::successors(Some(first), |count| count.checked_mul(2));
    let mut counts: Vec<u32> = doubled.take_while(|count| *count < most).collect();
    counts.push(most.max(first));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holm_is_that_of_the_books() {
        // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") of R.
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        let expected = [0.03, 0.06, 0.06, 0.02];
        assert!(adjusted.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{adjusted:?}");
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert_eq!(holm(&[]), Vec::<f64>::new());
    }

    #[test]
    fn looks_double_up_to_the_most() {
        assert_eq!(looks(10, 40), [10, 20, 40]);
        assert_eq!(looks(10, 50), [10, 20, 40, 50]);
        assert_eq!(looks(10, 10), [10]);
        assert_eq!(looks(10, 3), [3]);
        assert_eq!(looks(0, 2), [1, 2]);
    }
}

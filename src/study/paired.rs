//! Differences between two studies that met the same luck.

use super::estimate::Estimate;

/// `after` minus `before`, replication by replication: what both met alike (traffic, spot market, boots) cancels out.
///
/// Both have a value for each of the same replications, in the same order.
pub(super) fn difference(after: &[f64], before: &[f64]) -> Estimate {
    debug_assert_eq!(after.len(), before.len(), "the same replications");
    Estimate::of(after.iter().zip(before).map(|(after, before)| after - before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_met_cancels_out() {
        let before = [100.0, 900.0, 400.0];
        let after = [99.0, 898.9, 399.1];
        let difference = difference(&after, &before);
        assert!(difference.is_significant() && (difference.mean + 1.0).abs() < 1e-9, "{difference:?}");
        assert!(!Estimate::of(after).is_significant() || Estimate::of(after).half_width() > 100.0);
    }
}

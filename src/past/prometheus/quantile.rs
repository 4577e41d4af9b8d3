//! Quantiles of classic histograms.

/// A quantile of a histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quantile {
    /// In the unit of the bounds.
    pub(super) value: f64,
    /// It lies above the last finite bound, which is what `value` is.
    pub(super) is_at_least: bool,
}

/// The quantile `q` (0..=1) of buckets `(upper bound, how many are not above it)`, in any order; none where nothing was
/// observed, there is no bucket `+Inf`, or it is the only one. Within a bucket observations are taken as even.
///
/// Upstream: bucketQuantile, promql/quantile.go, Prometheus v2.42.
pub(super) fn quantile(q: f64, buckets: &mut Vec<(f64, f64)>) -> Option<Quantile> {
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Buckets of the same bound, written differently, are one.
    buckets.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0.0 };
        same
    });
    // Rates of buckets are not of the very same instant: a larger bucket never holds less.
    let mut most = f64::NEG_INFINITY;
    for (_, count) in buckets.iter_mut() {
        most = most.max(*count);
        *count = most;
    }
    let (last, observations) = *buckets.last()?;
    if last != f64::INFINITY || buckets.len() < 2 || observations.is_nan() || observations <= 0.0 {
        return None;
    }
    let rank = q * observations;
    let finite = buckets.len() - 1;
    let at = buckets[..finite].iter().position(|(_, count)| *count >= rank).unwrap_or(finite);
    if at == finite {
        return Some(Quantile { value: buckets[finite - 1].0, is_at_least: true });
    }
    let (upper, count) = buckets[at];
    if at == 0 && upper <= 0.0 {
        return Some(Quantile { value: upper, is_at_least: false });
    }
    let (lower, below) = if at == 0 { (0.0, 0.0) } else { buckets[at - 1] };
    let share = if count > below { (rank - below) / (count - below) } else { 1.0 };
    Some(Quantile { value: lower + (upper - lower) * share, is_at_least: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(q: f64, buckets: &[(f64, f64)]) -> Option<(f64, bool)> {
        quantile(q, &mut buckets.to_vec()).map(|found| (found.value, found.is_at_least))
    }

    #[test]
    fn quantiles_are_those_of_histogram_quantile() {
        let buckets = [(0.1, 50.0), (0.2, 90.0), (0.5, 98.0), (f64::INFINITY, 100.0)];
        assert_eq!(of(0.5, &buckets), Some((0.1, false)));
        assert!(of(0.7, &buckets).is_some_and(|(value, _)| (value - 0.15).abs() < 1e-12));
        assert!(of(0.95, &buckets).is_some_and(|(value, _)| (value - 0.3875).abs() < 1e-12));
        assert_eq!(of(0.99, &buckets), Some((0.5, true)), "above the last bound");
        assert_eq!(of(0.25, &buckets), Some((0.05, false)), "from 0 on");
    }

    #[test]
    fn what_is_no_histogram_has_none() {
        let infinite = f64::INFINITY;
        assert_eq!(of(0.5, &[]), None);
        assert_eq!(of(0.5, &[(infinite, 10.0)]), None);
        assert_eq!(of(0.5, &[(0.1, 5.0), (0.2, 10.0)]), None, "no +Inf");
        assert_eq!(of(0.5, &[(0.1, 0.0), (infinite, 0.0)]), None, "nothing observed");
        assert_eq!(of(0.5, &[(0.1, 10.0), (0.2, 9.0), (infinite, 9.0)]), Some((0.05, false)), "made to rise");
    }
}

//! Shares as people write them.

/// `1%` or `0.01`; none where it is no share, or less than zero.
pub(super) fn share_of(text: &str) -> Option<f64> {
    let (number, divisor) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().ok()? / divisor;
    (share.is_finite() && share >= 0.0).then_some(share)
}

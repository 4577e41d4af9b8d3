//! How precisely a scenario is to be known: a share of the mean.

use super::issue::Issue;

/// `1%` or `0.01`; none where it is no share, or less than zero.
pub fn share_of(text: &str) -> Option<f64> {
    let (number, divisor) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().ok()? / divisor;
    (share.is_finite() && share >= 0.0).then_some(share)
}

/// How far the intervals of the cost and of the slowest route's P95 may reach from the mean, as a share of it: above 0 and below 1. `field` is
/// where it was asked for.
///
/// Errors: what is no such share; 1 is none, for it may be meant as 1 %.
pub fn checked_precision(field: &str, text: &str) -> Result<f64, Issue> {
    share_of(text.trim()).filter(|share| *share > 0.0 && *share < 1.0).ok_or_else(|| {
        Issue::error(field, format!("found `{text}`, expected a share above 0 and below 1 such as `1%` or `0.01`"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_with_and_without_a_sign() {
        assert_eq!((share_of("1%"), share_of("0.01"), share_of("0")), (Some(0.01), Some(0.01), Some(0.0)));
        assert_eq!((share_of("-1%"), share_of("inf"), share_of("much")), (None, None, None));
    }

    #[test]
    fn a_precision_is_a_share_between_nothing_and_all() {
        assert_eq!(checked_precision("precision", " 2.5 % ").ok(), Some(0.025));
        for wrong in ["0", "0%", "1", "100%", "-1%", "fine", ""] {
            let issue = checked_precision("precision", wrong).expect_err(wrong);
            assert!(issue.to_string().contains("expected a share above 0 and below 1"), "{issue}");
        }
    }
}

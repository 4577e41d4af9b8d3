//! How a run began, in words: what was simulated and not counted.

use super::format::duration;

/// A sentence without its full stop, for the line that tells seed and replications.
pub(super) fn beginning(warm_up_seconds: f64) -> String {
    match warm_up_seconds > 0.0 {
        true => format!("a warm-up of {} is not counted", duration(warm_up_seconds)),
        false => "the start is part of the figures".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_says_what_is_not_counted() {
        assert_eq!(beginning(2700.0), "a warm-up of 45 min is not counted");
        assert!(beginning(0.0).contains("part of the figures"));
    }
}

//! How demand grows over calendar time.

use crate::units::{HOURS_PER_MONTH, SimTime};

/// Compound growth: `level * (1 + per_month)^(t / 730 h)`, with `t` since the start of the simulated time. A month is a twelfth of 365 days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Above -1; 0.05 is 5 % more each month.
    pub per_month: f64,
    /// Of the demand at the start, at least 0.
    pub level: f64,
}

impl Default for Growth {
    /// None.
    fn default() -> Self {
        Growth { per_month: 0.0, level: 1.0 }
    }
}

/// Seconds of a month.
const MONTH_S: f64 = HOURS_PER_MONTH as f64 * 3600.0;

impl Growth {
    /// Always `level` times the demand.
    pub fn flat(level: f64) -> Self {
        Growth { per_month: 0.0, level }
    }
    /// The mean factor from one time (in seconds since the start; negative before it) to another, exact; the factor at `from_s` if
    /// there is no time between them.
    pub fn mean_factor(&self, from_s: f64, to_s: f64) -> f64 {
        if self.per_month == 0.0 {
            return self.level;
        }
        let rate = libm::log1p(self.per_month) / MONTH_S;
        let rise = rate * (to_s - from_s);
        let mean = if rise.abs() < 1e-12 { 1.0 } else { libm::expm1(rise) / rise };
        self.level * libm::exp(rate * from_s) * mean
    }
    pub(super) fn between(&self, from: SimTime, to: SimTime) -> f64 {
        self.mean_factor(from.as_secs_f64(), to.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_compound() {
        let growth = Growth { per_month: 0.05, level: 1.0 };
        let at = |months: f64| growth.mean_factor(months * MONTH_S, months * MONTH_S);
        assert!((at(12.0) - 1.795_856_326).abs() < 1e-9, "1.05 to the 12");
        assert!((at(-1.0) - 1.0 / 1.05).abs() < 1e-12);
        // The mean of 1.05^t over a month is 0.05 / ln 1.05.
        assert!((growth.mean_factor(0.0, MONTH_S) - 0.05 / 1.05f64.ln()).abs() < 1e-12);
        let second = growth.mean_factor(MONTH_S, 2.0 * MONTH_S);
        assert!((second / growth.mean_factor(0.0, MONTH_S) - 1.05).abs() < 1e-12);
        assert_eq!(Growth::flat(1.5).mean_factor(7.0, 9.0), 1.5);
        assert_eq!(Growth::default().mean_factor(0.0, 1e9), 1.0);
    }
}

//! What a commitment costs: as it is paid, and spread over its term.

use crate::units::Money;

/// The price of a whole commitment, of all its units together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fee {
    /// Paid when the term begins.
    pub upfront: Money,
    /// Paid in each hour of the term, used or not.
    pub hourly: Money,
    /// The first hour of the term; negative if it began before the time that is billed.
    pub begins: i64,
    /// How many hours the term has.
    pub hours: i64,
}

impl Fee {
    /// Whether the term has `hour` in it.
    pub fn covers(&self, hour: i64) -> bool {
        (self.begins..self.begins.saturating_add(self.hours)).contains(&hour)
    }
    /// What is paid in `hour`.
    pub fn cash(&self, hour: i64) -> Money {
        let upfront = if hour == self.begins { self.upfront } else { Money::ZERO };
        if self.covers(hour) { self.hourly + upfront } else { Money::ZERO }
    }
    /// The hourly fee and the hour's part of what was paid upfront; all hours of the term add up to all that is paid.
    pub fn amortised(&self, hour: i64) -> Money {
        if !self.covers(hour) {
            return Money::ZERO;
        }
        let up_to = |hours: i64| self.upfront.share(i128::from(hours), i128::from(self.hours));
        let since = hour - self.begins;
        self.hourly + up_to(since + 1) - up_to(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_spread_is_what_is_paid(upfront in 0i128..9_000_000_000_000, hourly in 0i128..9_000_000, begins in -50i64..50, hours in 1i64..200) {
            let (upfront, hourly) = (Money::from_nano_usd(upfront), Money::from_nano_usd(hourly));
            let fee = Fee { upfront, hourly, begins, hours };
            let sum = |of: fn(&Fee, i64) -> Money| (-60..260).map(|hour| of(&fee, hour)).sum::<Money>();
            prop_assert_eq!(sum(Fee::cash), upfront + hourly * hours);
            prop_assert_eq!(sum(Fee::amortised), upfront + hourly * hours);
        }
    }
}

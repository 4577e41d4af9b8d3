//! Money as integers: exact, associative, the same at any thread count.

use crate::units::SimDuration;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub};

/// The hours of a month, where a price per month becomes one per hour and for run rates: as AWS' calculator,
/// Infracost and FOCUS count them.
pub const HOURS_PER_MONTH: i64 = 730;

/// An amount in nano-USD (10^-9 USD). Range: about ±1.7 · 10^29 USD.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct Money(i128);

/// A price in nano-USD per hour.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PricePerHour(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);
    /// `nano` billionths of a USD.
    pub const fn from_nano_usd(nano: i128) -> Self {
        Money(nano)
    }
    /// The nearest nano-USD; NaN becomes zero.
    pub fn from_usd(usd: f64) -> Self {
        Money((usd * 1e9).round() as i128)
    }
    /// Nano-USD, exact.
    pub const fn nano_usd(self) -> i128 {
        self.0
    }
    /// USD, for people and statistics.
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e9
    }
    /// `self * numerator / denominator`, rounded to the nearest nano-USD, zero if the denominator is.
    pub fn share(self, numerator: i128, denominator: i128) -> Money {
        if denominator == 0 {
            return Money::ZERO;
        }
        Money(div_round(self.0.saturating_mul(numerator), denominator))
    }
}

impl PricePerHour {
    /// Free of charge.
    pub const ZERO: PricePerHour = PricePerHour(0);
    /// The nearest nano-USD per hour; NaN becomes zero.
    pub fn from_usd(usd_per_hour: f64) -> Self {
        PricePerHour((usd_per_hour * 1e9).round() as i64)
    }
    /// `nano` billionths of a USD per hour.
    pub const fn from_nano_usd(nano: i64) -> Self {
        PricePerHour(nano)
    }
    /// Nano-USD per hour, exact.
    pub const fn nano_usd(self) -> i64 {
        self.0
    }
    /// USD per hour, for people.
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e9
    }
    /// What `span` costs, rounded once, to the nearest nano-USD.
    pub fn cost_of(self, span: SimDuration) -> Money {
        Money(div_round(i128::from(self.0) * i128::from(span.as_nanos()), 3_600_000_000_000))
    }
    /// The price times `factor` (a discount, a number of units), to the nearest nano-USD.
    pub fn scaled(self, factor: f64) -> PricePerHour {
        PricePerHour((self.0 as f64 * factor).round() as i64)
    }
}

/// Division rounding half away from zero.
fn div_round(value: i128, divisor: i128) -> i128 {
    let half = divisor.abs() / 2;
    let adjusted = if (value < 0) == (divisor < 0) { value.abs() + half } else { -(value.abs() + half) };
    adjusted / divisor.abs()
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }
}
impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}
impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }
}
impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(self.0.saturating_neg())
    }
}
impl Mul<i64> for Money {
    type Output = Money;
    fn mul(self, factor: i64) -> Money {
        Money(self.0.saturating_mul(i128::from(factor)))
    }
}
impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}
impl Add for PricePerHour {
    type Output = PricePerHour;
    fn add(self, other: PricePerHour) -> PricePerHour {
        PricePerHour(self.0.saturating_add(other.0))
    }
}
impl Sum for PricePerHour {
    fn sum<I: Iterator<Item = PricePerHour>>(prices: I) -> PricePerHour {
        prices.fold(PricePerHour::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    /// Dollars and cents with thousands separators: `$1,234.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = div_round(self.0, 10_000_000);
        let (sign, cents) = if cents < 0 { ("-", cents.unsigned_abs()) } else { ("", cents.unsigned_abs()) };
        let whole = (cents / 100).to_string();
        let mut grouped = String::with_capacity(whole.len() + whole.len() / 3);
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        f.pad(&format!("{sign}${grouped}.{:02}", cents % 100))
    }
}
impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl fmt::Debug for PricePerHour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}/h", self.usd())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_priced_exactly() {
        let price = PricePerHour::from_usd(0.096);
        assert_eq!(price.cost_of(SimDuration::from_hours(730)), Money::from_usd(70.08));
        assert_eq!(price.cost_of(SimDuration::from_secs(1)).nano_usd(), 26_667);
    }

    #[test]
    fn money_prints_with_cents() {
        assert_eq!(Money::from_usd(1234.499).to_string(), "$1,234.50");
        assert_eq!(Money::from_usd(-0.006).to_string(), "-$0.01");
        assert_eq!(Money::from_usd(1_000_000.0).to_string(), "$1,000,000.00");
    }

    #[test]
    fn shares_round_to_the_nearest() {
        assert_eq!(Money::from_nano_usd(10).share(1, 3).nano_usd(), 3);
        assert_eq!(Money::from_nano_usd(-10).share(2, 3).nano_usd(), -7);
        assert_eq!(Money::from_nano_usd(10).share(1, 0), Money::ZERO);
    }
}

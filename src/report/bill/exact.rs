//! Decimals without rounding errors: money in nano-USD, quotients with eighteen digits.

/// Billionths of a US dollar.
pub(in crate::report) type Nano = i128;

/// Digits behind the point of an [`Atto`].
const DIGITS: usize = 18;
/// Billionths in one.
const BILLION: i128 = 1_000_000_000;
/// Billionths of billionths in one.
const ATTO: i128 = BILLION * BILLION;

/// What a result's figure is in billionths: results are written with so many digits. A hundred billion at most, so that its quotients fit.
pub(in crate::report) fn nano(value: f64) -> Nano {
    (value * 1e9).round().clamp(-1e20, 1e20) as i128
}

/// A number in units of 10^-18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Atto(i128);

impl Atto {
    pub(super) const ZERO: Atto = Atto(0);
    pub(super) const ONE: Atto = Atto(ATTO);

    pub(super) fn of_nano(nano: Nano) -> Self {
        Atto(nano * BILLION)
    }
    /// `over / under`, both in the same unit, to the nearest of eighteen digits. `under` is not 0.
    ///
    /// Exact up to 10^20 units of `over`: a hundred billion dollars.
    pub(super) fn ratio(over: i128, under: i128) -> Self {
        let (whole, rest) = (over.div_euclid(under), over.rem_euclid(under));
        Atto(whole * ATTO + (rest * ATTO + under / 2) / under)
    }
    /// `self * over / under`, both in the same unit, to the nearest of eighteen digits.
    pub(super) fn times(self, over: i128, under: i128) -> Self {
        let (whole, rest) = (self.0.div_euclid(under), self.0.rem_euclid(under));
        Atto(whole * over + (rest * over + under / 2) / under)
    }
    /// Plain digits, with a point and at least one digit behind it, never an exponent: readers that guess types see a
    /// decimal in each row.
    pub(super) fn plain(self) -> String {
        let (sign, size) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let text =
            format!("{sign}{}.{:0width$}", size / ATTO.unsigned_abs(), size % ATTO.unsigned_abs(), width = DIGITS);
        let short = text.trim_end_matches('0');
        if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_plain() {
        assert_eq!(Atto::of_nano(72_000_000).plain(), "0.072");
        assert_eq!(Atto::of_nano(-1).plain(), "-0.000000001");
        assert_eq!(Atto::ZERO.plain(), "0.0");
        assert_eq!(Atto::ONE.plain(), "1.0");
        assert_eq!(Atto::of_nano(12_000_000_000).plain(), "12.0");
    }

    #[test]
    fn a_quotient_times_its_divisor_is_the_dividend() {
        let quantity = Atto::ratio(72_000_000, 96_000_000);
        assert_eq!(quantity.plain(), "0.75");
        let third = Atto::ratio(1, 3);
        assert_eq!(third.plain(), "0.333333333333333333");
        assert_eq!(Atto::of_nano(96_000_000).times(24_480_000, 72_000_000).plain(), "0.03264");
        assert_eq!(Atto::ratio(10_000_000_000_000_000_000, 7).plain(), "1428571428571428571.428571428571428571");
    }

    #[test]
    fn floats_become_whole_billionths() {
        assert_eq!(nano(0.1 + 0.2), 300_000_000);
        assert_eq!(nano(8_123_456.123_456_789), 8_123_456_123_456_789);
    }
}

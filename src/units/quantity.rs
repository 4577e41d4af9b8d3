//! Kubernetes resource quantities: `250m`, `1Gi`, `2e9`.

use std::fmt;
use std::str::FromStr;

/// A Kubernetes quantity, exact in nano-units (as upstream, finer digits round up).
///
/// Source: `k8s.io/apimachinery/pkg/api/resource.Quantity`.
/// Range: what an `i128` of nano-units holds after upstream's cap of 2^63-1 units.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity {
    nano: i128,
}

const NANO: i128 = 1_000_000_000;
/// Upstream caps every quantity at 2^63-1 units.
const MAX_NANO: i128 = i64::MAX as i128 * NANO;

impl Quantity {
    /// Nothing.
    pub const ZERO: Quantity = Quantity { nano: 0 };

    /// `units` whole units.
    pub const fn from_units(units: i64) -> Self {
        Quantity { nano: units as i128 * NANO }
    }
    /// `milli` thousandths of a unit.
    pub const fn from_milli(milli: i64) -> Self {
        Quantity { nano: milli as i128 * 1_000_000 }
    }
    /// Whole units, rounded up (away from zero), saturating: upstream `Value()`.
    pub fn value(self) -> i64 {
        saturate(div_away_from_zero(self.nano, NANO))
    }
    /// Thousandths, rounded up (away from zero), saturating: upstream `MilliValue()`.
    pub fn milli_value(self) -> i64 {
        saturate(div_away_from_zero(self.nano, 1_000_000))
    }
    /// The quantity as a float: upstream `AsApproximateFloat64()`.
    pub fn as_f64(self) -> f64 {
        self.nano as f64 / NANO as f64
    }
    /// Whether the quantity is below zero.
    pub const fn is_negative(self) -> bool {
        self.nano < 0
    }
    /// Whether the quantity is zero.
    pub const fn is_zero(self) -> bool {
        self.nano == 0
    }
    /// The sum, saturating at the range's ends.
    pub const fn saturating_add(self, other: Quantity) -> Quantity {
        Quantity { nano: self.nano.saturating_add(other.nano) }
    }
    /// The difference, saturating at the range's ends.
    pub const fn saturating_sub(self, other: Quantity) -> Quantity {
        Quantity { nano: self.nano.saturating_sub(other.nano) }
    }
    /// Nano-units, exact.
    pub const fn nano(self) -> i128 {
        self.nano
    }
}

fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// Upstream rounds quantities away from zero, both ways.
fn div_away_from_zero(value: i128, divisor: i128) -> i128 {
    let quotient = value / divisor;
    match value % divisor {
        0 => quotient,
        rest if rest > 0 => quotient + 1,
        _ => quotient - 1,
    }
}

/// A text that is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not a quantity; {hint}")]
pub struct QuantityError {
    /// The text as it was written.
    pub found: String,
    /// What would have been right.
    pub hint: String,
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let fail = |hint: &str| QuantityError { found: text.to_owned(), hint: hint.to_owned() };
        const USUAL: &str = "write a number with an optional suffix, such as 250m, 2, 1.5, 256Mi or 1Gi";
        let (negative, body) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let number_end = body.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(body.len());
        let (number, suffix) = body.split_at(number_end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(fail(USUAL));
        }
        let scale = parse_suffix(suffix).ok_or_else(|| {
            fail(match suffix {
                "K" | "KI" | "ki" | "kb" | "KB" => "the suffix for a thousand is `k`, for 1024 it is `Ki`",
                "mi" | "MI" | "MB" | "mb" => "the suffix for 2^20 is `Mi`, for a million it is `M`",
                "gi" | "GI" | "GB" | "gb" | "g" => "the suffix for 2^30 is `Gi`, for 10^9 it is `G`",
                _ => USUAL,
            })
        })?;
        let magnitude = scaled_nano(whole, fraction, scale).min(MAX_NANO);
        Ok(Quantity { nano: if negative { -magnitude } else { magnitude } })
    }
}

/// What a suffix multiplies with.
#[derive(Clone, Copy)]
enum Scale {
    Decimal(i32),
    Binary(u32),
}

fn parse_suffix(suffix: &str) -> Option<Scale> {
    Some(match suffix {
        "n" => Scale::Decimal(-9),
        "u" => Scale::Decimal(-6),
        "m" => Scale::Decimal(-3),
        "" => Scale::Decimal(0),
        "k" => Scale::Decimal(3),
        "M" => Scale::Decimal(6),
        "G" => Scale::Decimal(9),
        "T" => Scale::Decimal(12),
        "P" => Scale::Decimal(15),
        "E" => Scale::Decimal(18),
        "Ki" => Scale::Binary(10),
        "Mi" => Scale::Binary(20),
        "Gi" => Scale::Binary(30),
        "Ti" => Scale::Binary(40),
        "Pi" => Scale::Binary(50),
        "Ei" => Scale::Binary(60),
        exponent => {
            let digits = exponent.strip_prefix(['e', 'E'])?;
            let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
            if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            Scale::Decimal(digits.parse::<i32>().ok()?.clamp(-1000, 1000))
        }
    })
}

/// The digits times the scale in nano-units, rounded up, capped.
fn scaled_nano(whole: &str, fraction: &str, scale: Scale) -> i128 {
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').skip_while(|d| *d == 0).collect();
    let fraction_len = fraction.len() as i32;
    // More digits than fit are certainly over the cap, or far below a nano-unit.
    let (mut mantissa, mut dropped, mut inexact) = (0i128, 0i32, false);
    for digit in digits {
        if mantissa < i128::MAX / 100 / (1 << 62) {
            mantissa = mantissa * 10 + i128::from(digit);
        } else {
            dropped += 1;
            inexact |= digit != 0;
        }
    }
    let (power, shift) = match scale {
        Scale::Decimal(power) => (power, 0),
        Scale::Binary(bits) => (0, bits),
    };
    let mut exponent = 9 + power - fraction_len + dropped;
    let Some(mut value) = mantissa.checked_mul(1i128 << shift) else { return MAX_NANO };
    while exponent > 0 && value != 0 {
        if value > MAX_NANO {
            return MAX_NANO;
        }
        value *= 10;
        exponent -= 1;
    }
    while exponent < 0 && value != 0 {
        inexact |= value % 10 != 0;
        value /= 10;
        exponent += 1;
        if value == 0 {
            break;
        }
    }
    if inexact { value + 1 } else { value }
}

impl fmt::Display for Quantity {
    /// The shortest exact form: whole units, then milli, then nano.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nano % NANO == 0 {
            let units = self.nano / NANO;
            for (suffix, size) in [("Gi", 1i128 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)] {
                if units != 0 && units % size == 0 {
                    return write!(f, "{}{suffix}", units / size);
                }
            }
            write!(f, "{units}")
        } else if self.nano % 1_000_000 == 0 {
            write!(f, "{}m", self.nano / 1_000_000)
        } else {
            write!(f, "{}n", self.nano)
        }
    }
}
impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn upstream_forms_are_read() {
        let check = |text: &str, milli: i64| assert_eq!(quantity(text).milli_value(), milli, "{text}");
        check("250m", 250);
        check("0.25", 250);
        check(".5", 500);
        check("5.", 5000);
        check("2e3", 2_000_000);
        check("2E3", 2_000_000);
        check("1k", 1_000_000);
        check("1u", 1);
        check("1n", 1);
        check("-1m", -1);
        check("100e-3", 100);
    }

    #[test]
    fn whole_values_round_up() {
        let check = |text: &str, value: i64| assert_eq!(quantity(text).value(), value, "{text}");
        check("256Mi", 256 << 20);
        check("1Gi", 1 << 30);
        check("1G", 1_000_000_000);
        check("2e9", 2_000_000_000);
        check("536870912", 536_870_912);
        check("1E", 1_000_000_000_000_000_000);
        check("1.5Ki", 1536);
        check("100m", 1);
        check("0.1Mi", 104_858);
        check("-0.5", -1);
        check("9e99", i64::MAX);
        check("16Ei", i64::MAX);
        check("1e-99", 1);
    }

    #[test]
    fn other_texts_are_refused_with_a_hint() {
        for text in ["", "m", "1K", "1 Gi", "1.2.3", "e3", "1e", "abc", "0x10", "١"] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
        assert!("1GB".parse::<Quantity>().unwrap_err().to_string().contains("`Gi`"));
    }
}

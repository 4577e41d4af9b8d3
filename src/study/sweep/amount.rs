//! Numbers with a unit as people write the ends of a range: exact, in decimal.

use std::fmt::Write;

/// `1.5h` is 15 with one decimal and the unit `h`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    digits: i128,
    decimals: u32,
    unit: String,
}

/// More digits are refused.
const MOST_DIGITS: usize = 18;

/// In nanoseconds.
const TIMES: [(&str, i128); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];
/// Kubernetes' quantities, in thousandths.
const QUANTITIES: [(&str, i128); 11] = [
    ("m", 1),
    ("", 1_000),
    ("k", 1_000_000),
    ("M", 1_000_000_000),
    ("G", 1_000_000_000_000),
    ("T", 1_000_000_000_000_000),
    ("Ki", 1_000 << 10),
    ("Mi", 1_000 << 20),
    ("Gi", 1_000 << 30),
    ("Ti", 1_000 << 40),
    ("Pi", 1_000 << 50),
];

impl Amount {
    /// A number, perhaps with a sign, decimals and a unit of letters or `%` behind it.
    pub(super) fn parse(text: &str) -> Option<Amount> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, unit) = rest.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let all = format!("{whole}{fraction}");
        let is_number = !whole.is_empty() && all.len() <= MOST_DIGITS && all.chars().all(|c| c.is_ascii_digit());
        let has_fraction = !number.contains('.') || !fraction.is_empty();
        let is_unit = unit.chars().all(|c| c.is_alphabetic() || c == '%');
        let digits: i128 = all.parse().ok().filter(|_| is_number && has_fraction && is_unit)?;
        let digits = if negative { -digits } else { digits };
        Some(Amount { digits, decimals: fraction.len() as u32, unit: unit.to_owned() })
    }

    /// All of them in the finest of their units and with as many decimals; none if their units are of different kinds.
    pub(super) fn alike<const N: usize>(amounts: [Amount; N]) -> Option<Grid<N>> {
        let units: Vec<&str> = amounts.iter().filter(|one| one.digits != 0).map(|one| one.unit.as_str()).collect();
        let first = units.first().copied().or_else(|| amounts.first().map(|one| one.unit.as_str()))?;
        let is_same = units.iter().all(|unit| *unit == first);
        let table =
            [&TIMES[..], &QUANTITIES[..]].into_iter().find(|table| units.iter().all(|unit| of(table, unit).is_some()));
        // Nothing of whatever is nothing.
        let size = |unit: &str| if is_same || units.is_empty() { Some(1) } else { of(table?, unit) };
        let (finest, unit) = units
            .iter()
            .filter_map(|unit| Some((size(unit)?, *unit)))
            .min_by_key(|(size, _)| *size)
            .unwrap_or((1, first));
        let decimals = amounts.iter().map(|one| one.decimals).max()?;
        let mut numbers = [0; N];
        for (number, one) in numbers.iter_mut().zip(&amounts).filter(|(_, one)| one.digits != 0) {
            let size = size(&one.unit)?;
            if size % finest != 0 {
                return None;
            }
            let scaled = one.digits.checked_mul(size / finest)?;
            *number = scaled.checked_mul(10_i128.checked_pow(decimals - one.decimals)?)?;
        }
        Some(Grid { numbers, decimals, unit: unit.to_owned() })
    }
}

fn of(table: &[(&str, i128)], unit: &str) -> Option<i128> {
    table.iter().find(|(known, _)| *known == unit).map(|(_, size)| *size)
}

/// Some amounts as whole multiples of one power of ten of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grid<const N: usize> {
    pub(super) numbers: [i128; N],
    pub(super) decimals: u32,
    pub(super) unit: String,
}

/// A number of a grid as people write it, without zeros at its end.
pub(super) fn written(number: i128, decimals: u32, unit: &str) -> String {
    let (sign, digits) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
    let one = 10_u128.pow(decimals);
    let mut text = format!("{sign}{}", digits / one);
    if digits % one != 0 {
        let fraction = format!("{:0width$}", digits % one, width = decimals as usize);
        let _ = write!(text, ".{}", fraction.trim_end_matches('0'));
    }
    text + unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(texts: [&str; 2]) -> Option<[String; 2]> {
        let grid = Amount::alike(texts.map(|text| Amount::parse(text).unwrap_or_else(|| panic!("{text}"))))?;
        Some(grid.numbers.map(|number| written(number, grid.decimals, &grid.unit)))
    }

    #[test]
    fn amounts_come_to_the_finest_unit() {
        let check =
            |texts, expected: [&str; 2]| assert_eq!(alike(texts), Some(expected.map(str::to_owned)), "{texts:?}");
        check(["1", "2.50"], ["1", "2.5"]);
        check(["30s", "5m"], ["30s", "300s"]);
        check(["0", "90s"], ["0s", "90s"]);
        check(["500m", "2"], ["500m", "2000m"]);
        check(["512Mi", "1.5Gi"], ["512Mi", "1536Mi"]);
        check(["50%", "90%"], ["50%", "90%"]);
        check(["-1.25", "+3"], ["-1.25", "3"]);
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for text in ["", "-", "a", "1.", ".5", "1e3", "1.2.3", "1 s", "1234567890123456789", "1h30m"] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
        for texts in [["1s", "1Mi"], ["1x", "1y"], ["50%", "1"], ["1k", "1Ki"]] {
            assert_eq!(alike(texts), None, "{texts:?}");
        }
    }
}

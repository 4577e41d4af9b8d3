//! Numbers as people write them: decimal commas, thousands, units.

use super::unit::{Unit, suffix};
use regex::Regex;
use std::sync::LazyLock;

/// A cell of a column of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    /// Nothing is known then.
    Missing,
    /// A number, in the unit that is written behind it.
    Number(f64, Option<Unit>),
    /// It is no number.
    Text,
}

/// What is before the digits behind the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decimal {
    Point,
    Comma,
}

const MISSING: &[&str] = &["", "nan", "null", "none", "n/a", "na", "-", "undefined", "nil", "no data", "\\n"];

static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^([+-]?(?:[0-9][0-9.,'_ \x{a0}\x{202f}]*|\.[0-9]+))((?:[eE][+-]?[0-9]+)?)(.*)$").ok()
});

/// The parts of a cell that may be a number: its digits, its exponent, what is behind.
fn parts(text: &str) -> Option<(String, String, String)> {
    let found = NUMBER.as_ref()?.captures(text.trim())?;
    let digits = found[1].replace([' ', '\u{a0}', '\u{202f}', '\'', '_'], "");
    Some((digits, found[2].to_owned(), found[3].trim().to_owned()))
}

impl Decimal {
    /// What all cells of a column say together. `european` is what stands where none of them says it: a column may hold
    /// nothing but `1,234`.
    ///
    /// Errors: two cells that contradict each other.
    pub(super) fn of<'c>(cells: impl Iterator<Item = &'c str>, european: bool) -> Result<(Self, bool), String> {
        let (mut point, mut comma): (Option<String>, Option<String>) = (None, None);
        let mut doubtful = None;
        for cell in cells.filter(|cell| cell.contains([',', '.'])) {
            let Some((digits, ..)) = parts(cell) else { continue };
            match said(&digits) {
                Some(Decimal::Point) => drop(point.get_or_insert(cell.to_owned())),
                Some(Decimal::Comma) => drop(comma.get_or_insert(cell.to_owned())),
                None => doubtful = Some(if digits.contains(',') { ',' } else { '.' }),
            }
        }
        match (point, comma) {
            (Some(a), Some(b)) => Err(format!("`{a}` has a decimal point and `{b}` a decimal comma")),
            (Some(_), None) => Ok((Decimal::Point, false)),
            (None, Some(_)) => Ok((Decimal::Comma, false)),
            (None, None) => match doubtful {
                Some(',') if european => Ok((Decimal::Comma, true)),
                Some(',') => Ok((Decimal::Point, true)),
                _ => Ok((Decimal::Point, false)),
            },
        }
    }
}

/// What a number alone says; nothing where `1,234` may be either.
fn said(digits: &str) -> Option<Decimal> {
    let (points, commas) = (digits.matches('.').count(), digits.matches(',').count());
    let behind = |mark: char| digits.rsplit(mark).next().map_or(0, str::len);
    match (points, commas) {
        (1.., 1..) => Some(if digits.rfind('.') > digits.rfind(',') { Decimal::Point } else { Decimal::Comma }),
        (2.., 0) => Some(Decimal::Comma),
        (0, 2..) => Some(Decimal::Point),
        (1, 0) => (behind('.') != 3).then_some(Decimal::Point),
        (0, 1) => (behind(',') != 3).then_some(Decimal::Comma),
        _ => None,
    }
}

/// A cell as it is meant.
pub(super) fn cell(text: &str, decimal: Decimal) -> Cell {
    let text = text.trim();
    if MISSING.contains(&text.to_lowercase().as_str()) {
        return Cell::Missing;
    }
    if decimal == Decimal::Point
        && let Ok(number) = text.parse::<f64>()
    {
        return if number.is_finite() { Cell::Number(number, None) } else { Cell::Text };
    }
    let Some((digits, exponent, behind)) = parts(text) else { return Cell::Text };
    let plain = match decimal {
        Decimal::Point => digits.replace(',', ""),
        Decimal::Comma => digits.replace('.', "").replace(',', "."),
    };
    let number = format!("{plain}{exponent}").parse::<f64>().ok().filter(|number| number.is_finite());
    match (number, suffix(&behind)) {
        (Some(number), Some((factor, unit))) => Cell::Number(number * factor, unit),
        _ => Cell::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cells: &[&str], european: bool) -> Vec<Cell> {
        let Ok((decimal, _)) = Decimal::of(cells.iter().copied(), european) else { return Vec::new() };
        cells.iter().map(|text| cell(text, decimal)).collect()
    }

    #[test]
    fn commas_and_points_are_told_apart_by_the_column() {
        let numbers = |cells: &[&str], european| -> Vec<f64> {
            let value = |cell: Cell| if let Cell::Number(number, _) = cell { number } else { f64::NAN };
            read(cells, european).into_iter().map(value).collect()
        };
        assert_eq!(numbers(&["1.5", "1,234", "12,345.25"], false), [1.5, 1234.0, 12345.25]);
        assert_eq!(numbers(&["1,5", "1.234", "12.345,25"], true), [1.5, 1234.0, 12345.25]);
        assert_eq!(numbers(&["1 234,5", "2'000"], true), [1234.5, 2000.0]);
        assert_eq!(numbers(&["1,234"], true), [1.234]);
        assert_eq!(numbers(&["1,234"], false), [1234.0]);
        assert_eq!(numbers(&["85.835", "91.958"], true), [85.835, 91.958], "three digits behind the point");
        assert_eq!(numbers(&["1e3", "1.2K", "-4", ".5"], false), [1000.0, 1200.0, -4.0, 0.5]);
        assert!(Decimal::of(["1.5", "1,5"].into_iter(), true).is_err());
    }

    #[test]
    fn units_and_holes_are_known() {
        assert_eq!(read(&["12.3 req/s"], false), [Cell::Number(12.3, Some(Unit::Per(1.0)))]);
        assert_eq!(read(&["NaN", "", "null", "-"], false), [Cell::Missing; 4]);
        assert_eq!(read(&["5 ms", "many", "inf", "12 34 x"], false), [Cell::Text; 4]);
    }
}

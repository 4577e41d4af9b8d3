//! What a threshold says: `< 200`, `increase < 2%`, `p(95) <= 1.5s`.

use crate::report::Unit;

/// A threshold's expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Expression {
    /// What is held against the limit.
    pub(super) measure: Measure,
    pub(super) comparison: Comparison,
    /// In the figure's unit; a share for a relative change.
    pub(super) limit: f64,
}

/// What is held against a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// The figure's mean.
    Value,
    /// New minus base; a share of the base where `relative`. A decrease is turned round.
    Change { decrease: bool, relative: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Unequal,
}

/// Longer ones first: `<=` begins as `<` does.
const COMPARISONS: [(&str, Comparison); 7] = [
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("===", Comparison::Equal),
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
    ("<", Comparison::Less),
    (">", Comparison::More),
];

/// How an expression may look.
const GRAMMAR: &str =
    "expected a comparison and a number, such as `< 200`, `<= 1.5s`, `increase < 2%` or `decrease >= 10`";

/// Reads an expression about a figure of this unit.
///
/// Errors: what is wrong with it, in one sentence.
pub(super) fn parse(text: &str, unit: Unit) -> Result<Expression, String> {
    let refuse = || format!("found `{text}`, {GRAMMAR}");
    let mut rest = text.trim();
    let mut change = None;
    for (word, decrease) in [("increase", false), ("decrease", true)] {
        if let Some(after) = rest.strip_prefix(word) {
            (rest, change) = (after.trim_start(), Some(decrease));
        }
    }
    rest = rest.strip_prefix("mean").or_else(|| rest.strip_prefix("avg")).unwrap_or(rest).trim_start();
    let found = COMPARISONS.iter().find_map(|(sign, comparison)| Some((*comparison, rest.strip_prefix(*sign)?)));
    let (comparison, limit) = found.ok_or_else(refuse)?;
    let (limit, is_percent) = amount(limit.trim(), unit)
        .ok_or_else(|| format!("found `{text}`, expected a number{} behind the comparison", units(unit)))?;
    let measure = match change {
        Some(decrease) => Measure::Change { decrease, relative: is_percent },
        None if is_percent && unit != Unit::Ratio => {
            return Err(format!(
                "found `{text}`: a percentage is of something, expected `increase {text}` or a number{}",
                units(unit)
            ));
        }
        None => Measure::Value,
    };
    Ok(Expression { measure, comparison, limit })
}

/// A number in the figure's unit, and whether it was written in per cent.
fn amount(text: &str, unit: Unit) -> Option<(f64, bool)> {
    let text = text.strip_prefix('$').filter(|_| matches!(unit, Unit::Usd | Unit::UsdPerMonth)).unwrap_or(text);
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.eE_".contains(c))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let number: f64 = number.replace('_', "").parse().ok()?;
    let factor = match (unit, suffix.trim()) {
        (_, "") => 1.0,
        (_, "%") => return Some((number / 100.0, true)),
        (Unit::Ratio, "pp") => 0.01,
        (Unit::Usd | Unit::UsdPerMonth, "USD" | "usd") => 1.0,
        (Unit::KgPerMonth, "kg")
        | (Unit::Milliseconds, "ms")
        | (Unit::Seconds, "s")
        | (Unit::Hours, "h")
        | (Unit::PerHour, "/h") => 1.0,
        (Unit::Milliseconds, "s") => 1000.0,
        (Unit::Seconds, "ms") => 0.001,
        (Unit::Seconds, "m" | "min") => 60.0,
        (Unit::Seconds, "h") => 3600.0,
        (Unit::PerSecond, "/s") => 1.0,
        _ => return None,
    };
    number.is_finite().then_some((number * factor, false))
}

/// Which units a number may have.
fn units(unit: Unit) -> &'static str {
    match unit {
        Unit::Usd | Unit::UsdPerMonth => " of dollars",
        Unit::KgPerMonth => " of kilograms",
        Unit::Milliseconds => " of milliseconds, or one with `ms` or `s`",
        Unit::Seconds => " of seconds, or one with `ms`, `s`, `min` or `h`",
        Unit::Hours => " of hours",
        Unit::Ratio => ", a share such as 0.01 or `1%`",
        Unit::Count => "",
        Unit::PerHour => " per hour",
        Unit::PerSecond => " per second",
    }
}

impl Comparison {
    /// Whether a value that nobody doubts keeps the threshold.
    pub(super) fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Comparison::Less => value < limit,
            Comparison::AtMost => value <= limit,
            Comparison::More => value > limit,
            Comparison::AtLeast => value >= limit,
            Comparison::Equal => value == limit,
            Comparison::Unequal => value != limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read() {
        let value = |comparison, limit| Ok(Expression { measure: Measure::Value, comparison, limit });
        assert_eq!(parse("< 900", Unit::UsdPerMonth), value(Comparison::Less, 900.0));
        assert_eq!(parse("<$900", Unit::UsdPerMonth), value(Comparison::Less, 900.0));
        assert_eq!(parse(" <= 1.5s", Unit::Milliseconds), value(Comparison::AtMost, 1500.0));
        assert_eq!(parse("avg<200", Unit::Milliseconds), value(Comparison::Less, 200.0));
        assert_eq!(parse("<1%", Unit::Ratio), value(Comparison::Less, 0.01));
        assert_eq!(parse("== 0", Unit::Count), value(Comparison::Equal, 0.0));
        assert_eq!(parse("<= 5 min", Unit::Seconds), value(Comparison::AtMost, 300.0));
        let change = |decrease, relative, comparison, limit| {
            Ok(Expression { measure: Measure::Change { decrease, relative }, comparison, limit })
        };
        assert_eq!(parse("increase < 2%", Unit::UsdPerMonth), change(false, true, Comparison::Less, 0.02));
        assert_eq!(parse("increase<50", Unit::UsdPerMonth), change(false, false, Comparison::Less, 50.0));
        assert_eq!(parse("decrease >= 10%", Unit::Count), change(true, true, Comparison::AtLeast, 0.1));
        assert_eq!(parse("increase < 0.5pp", Unit::Ratio), change(false, false, Comparison::Less, 0.005));
    }

    #[test]
    fn what_nobody_can_mean_is_refused() {
        for (text, unit) in [
            ("200", Unit::Milliseconds),
            ("", Unit::Milliseconds),
            ("< fast", Unit::Milliseconds),
            ("< 2%", Unit::UsdPerMonth),
            ("< 5GB", Unit::Count),
            ("grow < 2%", Unit::Count),
            ("< nan", Unit::Count),
            ("<", Unit::Count),
            ("< 1e999", Unit::Count),
        ] {
            let error = parse(text, unit).expect_err(text);
            assert!(error.contains(&format!("`{text}`")) && error.contains("expected"), "{error}");
        }
    }
}

//! Figures as people read them: few digits, a unit, the same everywhere.

use super::{Estimate, Unit};

/// `value` with its unit: `$1,234`, `187 ms`, `0.42%`.
pub(super) fn figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Usd | Unit::UsdPerMonth => usd(value),
        Unit::Milliseconds if value.abs() >= 9_999.5 => format!("{} s", digits(value / 1000.0)),
        Unit::Milliseconds => format!("{} ms", digits(value)),
        Unit::Seconds => duration(value),
        Unit::Hours => format!("{} h", digits(value)),
        Unit::Ratio => percent(value),
        Unit::Count => digits(value),
        Unit::PerHour => format!("{}/h", digits(value)),
        Unit::PerSecond => format!("{}/s", digits(value)),
    }
}

/// The 95 % interval of the mean, `1,230 – 1,260`; empty without one.
pub(super) fn interval(estimate: &Estimate, unit: Unit) -> String {
    estimate.interval.map(|[low, high]| range(low, high, unit)).unwrap_or_default()
}

fn range(low: f64, high: f64, unit: Unit) -> String {
    // A mean of ratios or counts cannot be negative, whatever the t-distribution says.
    let low = if matches!(unit, Unit::Usd | Unit::UsdPerMonth) { low } else { low.max(0.0) };
    format!("{} – {}", figure(low, unit), figure(high, unit))
}

/// Dollars: cents below a hundred, whole dollars from a thousand.
pub(super) fn usd(value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    let value = value.abs();
    if value >= 1000.0 {
        format!("{sign}${}", grouped(value.round() as u64))
    } else if value >= 100.0 {
        format!("{sign}${value:.1}")
    } else {
        format!("{sign}${value:.2}")
    }
}

fn percent(ratio: f64) -> String {
    match ratio * 100.0 {
        0.0 => "0%".to_owned(),
        percent if percent.abs() < 0.005 => "<0.01%".to_owned(),
        percent if percent.abs() < 1.0 => format!("{percent:.2}%"),
        percent if percent.abs() < 10.0 => format!("{percent:.1}%"),
        percent => format!("{percent:.0}%"),
    }
}

/// Three digits, thousands grouped.
pub(super) fn digits(value: f64) -> String {
    let size = value.abs();
    if size >= 999.5 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", grouped(size.round() as u64));
    }
    let decimals = if size >= 99.95 || size == 0.0 {
        0
    } else if size >= 9.995 {
        1
    } else {
        2
    };
    let text = format!("{value:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// A container's request as manifests have it, `250m` of cpu or `128Mi` of memory; what the VPA uses for no bound is `none`.
pub(super) fn requested(resource: &str, amount: i64) -> String {
    match resource {
        "cpu" if amount >= 100_000_000 => "none".to_owned(),
        "cpu" => format!("{amount}m"),
        _ if amount >= 1 << 46 => "none".to_owned(),
        _ => format!("{}Mi", amount / (1 << 20)),
    }
}

/// Seconds as `45 s`, `12 min`, `3.5 h`, `7 days`.
pub(super) fn duration(seconds: f64) -> String {
    match seconds.abs() {
        size if size < 120.0 => format!("{} s", digits(seconds)),
        size if size < 7_200.0 => format!("{} min", digits(seconds / 60.0)),
        size if size < 172_800.0 => format!("{} h", digits(seconds / 3600.0)),
        _ => format!("{} days", digits(seconds / 86_400.0)),
    }
}

fn grouped(value: u64) -> String {
    let whole = value.to_string();
    let mut text = String::with_capacity(whole.len() * 4 / 3);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let check = |value: f64, unit: Unit, text: &str| assert_eq!(figure(value, unit), text);
        check(1234.5, Unit::UsdPerMonth, "$1,235");
        check(234.56, Unit::Usd, "$234.6");
        check(-3.456, Unit::Usd, "-$3.46");
        check(187.44, Unit::Milliseconds, "187 ms");
        check(12.34, Unit::Milliseconds, "12.3 ms");
        check(31_400.0, Unit::Milliseconds, "31.4 s");
        check(0.0042, Unit::Ratio, "0.42%");
        check(0.0, Unit::Ratio, "0%");
        check(0.000_01, Unit::Ratio, "<0.01%");
        check(0.9512, Unit::Ratio, "95%");
        check(604_800.0, Unit::Seconds, "7 days");
        check(3.0, Unit::Count, "3");
        check(1_234_567.0, Unit::Count, "1,234,567");
        check(0.25, Unit::PerHour, "0.25/h");
    }

    #[test]
    fn an_interval_of_shares_does_not_fall_below_zero() {
        let estimate = Estimate { interval: Some([-0.01, 0.03]), ..Estimate::exact(0.01) };
        assert_eq!(interval(&estimate, Unit::Ratio), "0% – 3.0%");
        assert_eq!(interval(&Estimate::exact(1.0), Unit::Ratio), "");
    }
}

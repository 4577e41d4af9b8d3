//! Figures as people read them: few digits, a unit, the same everywhere.

use super::bill::nano;
use super::{Estimate, Unit};
use crate::units::{NONE, grouped};

/// `value` with its unit: `$1,234`, `187 ms`, `0.42%`; `none` where there is no value.
pub(super) fn figure(value: f64, unit: Unit) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    match unit {
        Unit::Usd | Unit::UsdPerMonth => usd(value),
        Unit::KgPerMonth => format!("{} kg", digits(value)),
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

/// The 95 % interval of the mean, `1,230 – 1,260`, or `± <1 ms` where both ends look the same; empty without one.
pub(super) fn interval(estimate: &Estimate, unit: Unit) -> String {
    let Some([low, high]) = estimate.interval else { return String::new() };
    let [low, high] = [low, high].map(|end| figure(end, unit));
    if low == high { half_width(estimate, unit) } else { format!("{low} – {high}") }
}

/// Half of the 95 % interval of the mean, `± 1.2 ms`; `± <1 ms` where it is less than the last digit of the mean says;
/// its two ends where they are not equally far from the mean; empty without one.
pub(super) fn half_width(estimate: &Estimate, unit: Unit) -> String {
    let Some([low, high]) = estimate.interval else { return String::new() };
    let (half, step) = (estimate.half_width(), last_digit(estimate.mean, unit));
    if (low + high - 2.0 * estimate.mean).abs() > step.max(UNEVEN * half) && half >= step {
        return format!("{}–{}", figure(low, unit), figure(high, unit));
    }
    match unit {
        Unit::Count if half == 0.0 => "± 0".to_owned(),
        _ if half < step => format!("± <{}", figure(step, unit)),
        _ => format!("± {}", figure(half, unit)),
    }
}

/// An interval is shown by its ends where one is farther from the mean than the other by more than this share of half its width.
const UNEVEN: f64 = 0.25;

/// What the last digit of [`figure`] is worth.
fn last_digit(value: f64, unit: Unit) -> f64 {
    let of_digits = |size: f64| match size {
        size if size >= 99.95 => 1.0,
        size if size >= 9.995 => 0.1,
        _ => 0.01,
    };
    let size = value.abs();
    match unit {
        Unit::Usd | Unit::UsdPerMonth => 1.0 / 10_f64.powi(decimals_of_usd(size) as i32),
        Unit::Milliseconds if size >= 9_999.5 => 1000.0 * of_digits(size / 1000.0),
        Unit::Seconds => {
            let (_, seconds) = span_unit(size);
            seconds * of_digits(size / seconds)
        }
        Unit::Ratio if size < 0.01 => 0.000_1,
        Unit::Ratio if size < 0.1 => 0.001,
        Unit::Ratio => 0.01,
        _ => of_digits(size),
    }
}

/// The same, with money to the cent.
pub(super) fn exact(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Usd | Unit::UsdPerMonth if value.is_finite() => cents(value),
        _ => figure(value, unit),
    }
}

/// Amounts in dollars that make up `total`, to the cent: as shown they add up to it as shown. Those that `is_fixed` tells of
/// stand in other tables too and look the same in all of them, where the others can make up for it.
pub(super) fn parts_in_cents(total: f64, amounts: &[f64], is_fixed: impl Fn(usize) -> bool) -> Vec<String> {
    let amounts: Vec<i128> = amounts.iter().copied().map(nano).collect();
    let fixed = |(at, amount): (usize, &i128)| is_fixed(at).then(|| nearest(*amount, CENT));
    let fixed: Vec<Option<i128>> = amounts.iter().enumerate().map(fixed).collect();
    parts_of(nano(total), &amounts, &fixed, CENT).into_iter().map(of_cents).collect()
}

/// An amount in nano-USD, to the cent.
pub(super) fn in_cents(amount: i128) -> String {
    of_cents(nearest(amount, CENT))
}

/// Rows of nano-USD and their sums, in cents as texts: see [`rows_of_cents`].
pub(super) fn rows_in_cents<const N: usize>(rows: &[[i128; N]]) -> (Vec<[String; N]>, [String; N]) {
    let (rows, sums) = rows_of_cents(rows);
    (rows.into_iter().map(|row| row.map(of_cents)).collect(), sums.map(of_cents))
}

/// Rows of nano-USD and their sums, in cents: each column adds up to its sum, and what is equal within a row stays
/// equal, where the other rows can make up for it.
pub(super) fn rows_of_cents<const N: usize>(rows: &[[i128; N]]) -> (Vec<[i128; N]>, [i128; N]) {
    let mut units = vec![[0; N]; rows.len()];
    let mut sums = [0; N];
    for column in 0..N {
        let amounts: Vec<i128> = rows.iter().map(|row| row[column]).collect();
        let like = |(at, row): (usize, &[i128; N])| {
            let same = (0..column).find(|before| row[*before] == row[column]);
            same.map(|before| units[at][before])
        };
        let fixed: Vec<Option<i128>> = rows.iter().enumerate().map(like).collect();
        sums[column] = amounts.iter().sum();
        let shown = parts_of(sums[column], &amounts, &fixed, CENT);
        units.iter_mut().zip(shown).for_each(|(row, shown)| row[column] = shown);
    }
    (units, sums.map(|sum| nearest(sum, CENT)))
}

/// Billionths of a dollar in a cent.
const CENT: i128 = 10_000_000;

fn nearest(amount: i128, unit: i128) -> i128 {
    (amount + unit / 2).div_euclid(unit)
}

/// The largest remainders: whole units of `amounts` that add up to those of `total`. Those that are `fixed` stay so,
/// unless the others cannot make up for it.
fn parts_of(total: i128, amounts: &[i128], fixed: &[Option<i128>], unit: i128) -> Vec<i128> {
    let whole = |at: usize| amounts[at].div_euclid(unit);
    let mut units: Vec<i128> = (0..amounts.len()).map(|at| fixed[at].unwrap_or_else(|| whole(at))).collect();
    let mut order: Vec<usize> = (0..amounts.len()).filter(|at| fixed[*at].is_none()).collect();
    let mut left = nearest(total, unit) - units.iter().sum::<i128>();
    if !(0..=order.len() as i128).contains(&left) {
        units = (0..amounts.len()).map(whole).collect();
        order = (0..amounts.len()).collect();
        left = (nearest(total, unit) - units.iter().sum::<i128>()).clamp(0, order.len() as i128);
    }
    order.sort_by_key(|at| -amounts[*at].rem_euclid(unit));
    order.iter().take(left as usize).for_each(|at| units[*at] += 1);
    units
}

/// Dollars, to the cent.
pub(super) fn cents(value: f64) -> String {
    of_cents((value * 100.0).round().clamp(-1e30, 1e30) as i128)
}

fn of_cents(cents: i128) -> String {
    let (sign, size) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
    format!("{sign}${}.{:02}", grouped((size / 100) as u64), size % 100)
}

/// Dollars to the cent; below one, three digits that count.
pub(super) fn fine(value: f64) -> String {
    let size = value.abs();
    match (3..=9).find(|decimals| size * 10_f64.powi(*decimals) >= 99.95) {
        Some(decimals) if size < 1.0 => usd_with(value, decimals as usize),
        _ if !value.is_finite() => NONE.to_owned(),
        _ => cents(value),
    }
}

/// The 95 % interval of such an amount; empty without one, or where both ends look the same.
pub(super) fn fine_interval(estimate: &Estimate) -> String {
    let ends = estimate.interval.map(|ends| ends.map(fine));
    ends.filter(|[low, high]| low != high).map_or(String::new(), |[low, high]| format!("{low} – {high}"))
}

/// Dollars: cents below a hundred, whole dollars from a thousand.
pub(super) fn usd(value: f64) -> String {
    usd_with(value, decimals_of_usd(value.abs()))
}

fn decimals_of_usd(size: f64) -> usize {
    match size {
        size if size >= 1000.0 => 0,
        size if size >= 100.0 => 1,
        _ => 2,
    }
}

fn usd_with(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let value = value.abs();
    match decimals {
        0 => format!("{sign}${}", grouped(value.round() as u64)),
        _ => format!("{sign}${value:.decimals$}"),
    }
}

fn percent(ratio: f64) -> String {
    match ratio * 100.0 {
        percent if !percent.is_finite() => NONE.to_owned(),
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
    if !size.is_finite() {
        return NONE.to_owned();
    }
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
    let (name, of) = span_unit(seconds.abs());
    format!("{} {name}", digits(seconds / of))
}

/// The unit for so many seconds, and how many seconds it has.
fn span_unit(seconds: f64) -> (&'static str, f64) {
    match seconds {
        size if size < 120.0 => ("s", 1.0),
        size if size < 7_200.0 => ("min", 60.0),
        size if size < 172_800.0 => ("h", 3600.0),
        _ => ("days", 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let check = |value: f64, unit: Unit, text: &str| assert_eq!(figure(value, unit), text);
        check(1234.5, Unit::UsdPerMonth, "$1,235");
        check(234.56, Unit::Usd, "$234.6");
        assert_eq!([1234.5, -0.001].map(|value| exact(value, Unit::UsdPerMonth)), ["$1,234.50", "$0.00"]);
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
    fn small_amounts_keep_three_digits() {
        assert_eq!(
            [12.345, 0.5, 0.003_124, 0.0, -0.02].map(fine),
            ["$12.35", "$0.500", "$0.00312", "$0.00", "-$0.0200"]
        );
        assert_eq!(fine(f64::NAN), "none");
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!([fine(odd), exact(odd, Unit::Usd), usd(odd), digits(odd), percent(odd)], ["none"; 5]);
            for unit in [Unit::Usd, Unit::Milliseconds, Unit::Seconds, Unit::Ratio, Unit::Count, Unit::PerSecond] {
                assert_eq!(figure(odd, unit), "none");
            }
        }
        let around = Estimate { interval: Some([0.001, 0.002]), ..Estimate::exact(0.0015) };
        assert_eq!(fine_interval(&around), "$0.00100 – $0.00200");
    }

    #[test]
    fn an_interval_that_ends_at_a_bound_is_shown_by_its_ends() {
        let estimate = Estimate { interval: Some([-0.01, 0.03]), ..Estimate::exact(0.01) }.within(0.0, 1.0);
        assert_eq!(interval(&estimate, Unit::Ratio), "0% – 3.0%");
        assert_eq!(half_width(&estimate, Unit::Ratio), "0%–3.0%");
        assert_eq!(interval(&Estimate::exact(1.0), Unit::Ratio), "");
        let estimate = Estimate { interval: Some([0.95, 1.02]), ..Estimate::exact(0.985) }.within(0.0, 1.0);
        assert_eq!(interval(&estimate, Unit::Ratio), "95% – 100%");
    }

    #[test]
    fn an_interval_that_cannot_be_seen_is_not_empty() {
        let around =
            |mean: f64, half: f64| Estimate { interval: Some([mean - half, mean + half]), ..Estimate::exact(mean) };
        let check = |mean, half, unit, text: &str| assert_eq!(half_width(&around(mean, half), unit), text);
        check(168.2, 0.3, Unit::Milliseconds, "± <1 ms");
        check(168.2, 0.0, Unit::Milliseconds, "± <1 ms");
        check(12.3, 0.02, Unit::Milliseconds, "± <0.1 ms");
        check(168.2, 2.5, Unit::Milliseconds, "± 2.5 ms");
        check(15.0, 0.0, Unit::Count, "± 0");
        check(0.0012, 0.000_01, Unit::Ratio, "± <0.01%");
        check(1234.0, 0.4, Unit::UsdPerMonth, "± <$1.00");
        check(3.0 * 86_400.0, 60.0, Unit::Seconds, "± <14.4 min");
        assert_eq!(half_width(&Estimate::exact(1.0), Unit::Count), "");
        assert_eq!(interval(&around(168.2, 0.3), Unit::Milliseconds), "± <1 ms");
    }

    #[test]
    fn parts_add_up_as_they_are_shown() {
        let parts = |total, amounts: &[f64]| parts_in_cents(total, amounts, |_| false);
        assert_eq!(parts(1000.4, &[333.396, 333.502, 333.502]), ["$333.40", "$333.50", "$333.50"]);
        assert_eq!(parts(-0.02, &[-0.015, -0.005]), ["-$0.01", "-$0.01"]);
        assert_eq!(in_cents(14_000_000), "$0.01");
    }

    #[test]
    fn what_is_equal_looks_equal_where_the_others_can_make_up_for_it() {
        // Alone the rows would be 0.34 + 0.33 + 0.33; the first is 0.33 elsewhere too.
        let third = 1.0 / 3.0;
        assert_eq!(parts_in_cents(1.0, &[third; 3], |at| at == 0), ["$0.33", "$0.34", "$0.33"]);
        assert_eq!(parts_in_cents(1.0, &[third; 3], |_| true), ["$0.34", "$0.33", "$0.33"], "nobody else is there");
        // At list and as invoiced; only the last row has a discount.
        let rows = [[13_540_000_000, 13_540_000_000], [13_545_000_000, 13_545_000_000], [147_000_000, 66_000_000]];
        let (shown, sums) = rows_in_cents(&rows);
        assert_eq!(sums, ["$27.23", "$27.15"]);
        assert_eq!(
            shown,
            [["$13.54", "$13.54"], ["$13.54", "$13.54"], ["$0.15", "$0.07"]].map(|row| row.map(str::to_owned))
        );
    }
}

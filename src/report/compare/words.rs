//! Differences in words: no digit that the interval does not carry.

use super::model::{FigureDifference, Variant};
use crate::report::format::figure;
use crate::report::{Estimate, Unit};
use crate::study::{Pair, PairVerdict};
use crate::units::finite;

/// How a figure's unit is written: what a number is divided by, what stands before and behind it.
struct Scale {
    divisor: f64,
    before: &'static str,
    behind: &'static str,
}

fn scale(unit: Unit, size: f64) -> Scale {
    let of = |divisor, before, behind| Scale { divisor, before, behind };
    match unit {
        Unit::Usd | Unit::UsdPerMonth => of(1.0, "$", ""),
        Unit::KgPerMonth => of(1.0, "", " kg"),
        Unit::Milliseconds if size >= 9_999.5 => of(1000.0, "", " s"),
        Unit::Milliseconds => of(1.0, "", " ms"),
        Unit::Seconds if size >= 7200.0 => of(3600.0, "", " h"),
        Unit::Seconds if size >= 120.0 => of(60.0, "", " min"),
        Unit::Seconds => of(1.0, "", " s"),
        Unit::Hours => of(1.0, "", " h"),
        Unit::Ratio => of(0.01, "", " pp"),
        Unit::Count => of(1.0, "", ""),
        Unit::PerHour => of(1.0, "", "/h"),
        Unit::PerSecond => of(1.0, "", "/s"),
    }
}

/// Shares less than this are told as such: figures are shown to a hundredth of a per cent.
const LEAST_SHARE: f64 = 0.000_05;

/// `-$12.3 ± 1.4`: the difference and half its interval, to the digit that the interval carries; without an interval
/// three digits.
pub(in crate::report) fn difference(estimate: &Estimate, unit: Unit) -> String {
    // What the sums of floats leave is no uncertainty.
    let half = Some(estimate.half_width()).filter(|half| *half > 1e-9 * estimate.mean.abs()).unwrap_or(0.0);
    let largest = estimate.mean.abs().max(half);
    if unit == Unit::Ratio && half > 0.0 && largest < LEAST_SHARE {
        return "0 ± <0.01 pp".to_owned();
    }
    let scale = scale(unit, largest);
    let (value, half) = (estimate.mean / scale.divisor, half / scale.divisor);
    // An interval that the last digit there may be does not show.
    let is_tiny = half > 0.0 && rounded(half, MOST_DECIMALS) == 0.0;
    let decimals = decimals(if half > 0.0 && !is_tiny { half } else { value.abs() / 200.0 });
    let sign = match rounded(value, decimals) {
        0.0 => "",
        value if value < 0.0 => "-",
        _ => "+",
    };
    // What is the same in every replication has no digit in doubt.
    let text =
        |value: f64| if half > 0.0 && !is_tiny { written(value, decimals) } else { short(written(value, decimals)) };
    let range = match half > 0.0 {
        true if is_tiny => " ± <0.01".to_owned(),
        true => format!(" ± {}", text(half)),
        false => String::new(),
    };
    format!("{sign}{}{}{range}{}", scale.before, text(value.abs()), scale.behind)
}

/// No figure is known so well that more are worth reading.
const MOST_DECIMALS: i32 = 6;

/// After how many decimals a number ends whose uncertainty is `half`: two digits of it if the first is 1 or 2, else one.
/// Below zero: tens, hundreds.
fn decimals(half: f64) -> i32 {
    if half <= 0.0 {
        return 0;
    }
    let first = libm::floor(libm::log10(half)) as i32;
    let leading = half / libm::pow(10.0, f64::from(first));
    (if leading < 3.0 { 1 - first } else { -first }).min(MOST_DECIMALS)
}

fn rounded(value: f64, decimals: i32) -> f64 {
    let step = libm::pow(10.0, f64::from(-decimals));
    (value / step).round() * step
}

fn written(value: f64, decimals: i32) -> String {
    let value = rounded(value, decimals);
    if !value.is_finite() {
        return "none".to_owned();
    }
    let places = decimals.max(0) as usize;
    if places == 0 { crate::units::grouped(value.round() as u64) } else { format!("{:.places$}", finite(value)) }
}

/// Without zeros at the end.
fn short(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// `-12%`; `new` from nothing; empty without a base.
pub(in crate::report) fn relative(share: Option<f64>, base: f64, new: f64) -> String {
    match share.filter(|share| share.is_finite()) {
        Some(0.0) => "0%".to_owned(),
        Some(share) if share.abs() >= 9.995 => format!("×{:.0}", finite(new / base)),
        Some(share) if share.abs() < 0.0005 => "<0.1%".to_owned(),
        Some(share) if share.abs() < 0.0995 => format!("{:+.1}%", finite(share * 100.0)),
        Some(share) => format!("{:+.0}%", finite(share * 100.0)),
        None if new == 0.0 => String::new(),
        None => "from 0".to_owned(),
    }
}

/// What a pair says, in a few words.
pub(super) fn verdict(pair: &Pair) -> String {
    match pair.verdict {
        PairVerdict::Better => "better".to_owned(),
        PairVerdict::Worse => "worse".to_owned(),
        PairVerdict::Changed => "changed".to_owned(),
        PairVerdict::Same => "the same".to_owned(),
        PairVerdict::NoDifferenceSeen => "none seen".to_owned(),
        PairVerdict::TooFewReplications => match pair.replications_needed {
            Some(needed) if needed < 100_000 => format!("unclear: -n {needed}"),
            Some(_) => "unclear at any -n".to_owned(),
            None => "unclear: -n 2".to_owned(),
        },
    }
}

/// A row's cells: base, new, difference, relative, verdict.
pub(super) fn cells(row: &FigureDifference) -> [String; 5] {
    match (&row.pair, &row.only) {
        (Some(pair), _) => [
            figure(pair.base, row.unit),
            figure(pair.new, row.unit),
            difference(&pair.difference, row.unit),
            relative(pair.relative, pair.base, pair.new),
            verdict(pair),
        ],
        (None, Some(only)) => {
            let mean = figure(only.mean, row.unit);
            let [base, new] = if only.in_base { [mean, String::new()] } else { [String::new(), mean] };
            let verdict = if only.in_base { "gone" } else { "new" };
            [base, new, String::new(), String::new(), verdict.to_owned()]
        }
        (None, None) => [String::new(), String::new(), String::new(), String::new(), "no value".to_owned()],
    }
}

/// A change of less than this share of the base is in the full tables only, however sure it is.
const LEAST_TOLD: f64 = 0.001;

/// Whether a pair says something beyond chance that somebody may want to know.
fn is_news(pair: &Pair) -> bool {
    let is_sure = matches!(pair.verdict, PairVerdict::Better | PairVerdict::Worse | PairVerdict::Changed);
    is_sure && pair.relative.is_none_or(|share| share.abs() >= LEAST_TOLD)
}

/// Whether a row says something beyond chance.
pub(super) fn tells(row: &FigureDifference) -> bool {
    match &row.pair {
        Some(pair) => is_news(pair),
        None => row.only.is_some_and(|only| only.mean != 0.0),
    }
}

/// The figures of which a saving must not stand alone: money first, then what users and operators feel.
const WEIGHED: [&str; 6] =
    ["costUsdPerMonth", "latencyMsP95", "errorRatio", "breachRatio", "pendingPodSeconds", "flappingPerHour"];

/// The answer in a sentence: what the other costs or saves, and what that does to the service.
pub(super) fn sentence(variant: &Variant) -> String {
    let row = |metric: &str| {
        variant
            .figures
            .iter()
            .find(|row| row.metric == metric && row.name.is_empty())
            .and_then(|row| Some((row, row.pair.as_ref()?)))
    };
    let mut parts = Vec::new();
    for (metric, what) in
        WEIGHED.iter().zip(["cost", "latency P95", "failed requests", "time in breach", "waiting for nodes", "churn"])
    {
        let Some((row, pair)) = row(metric) else { continue };
        match pair.verdict {
            _ if is_news(pair) => {
                let unit = if *metric == "costUsdPerMonth" { " per month" } else { "" };
                parts.push(format!("{what} {}{unit}", difference(&pair.difference, row.unit)));
            }
            PairVerdict::TooFewReplications => parts.push(format!("{what} {}", verdict(pair))),
            _ => {}
        }
    }
    // Money alone is half an answer.
    if parts.len() == 1 && parts[0].starts_with("cost ") {
        parts.push("no difference in service seen".to_owned());
    }
    if parts.is_empty() { "no difference seen".to_owned() } else { parts.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(mean: f64, half: f64) -> Estimate {
        Estimate { interval: Some([mean - half, mean + half]), ..Estimate::exact(mean) }
    }

    #[test]
    fn digits_end_where_the_interval_begins() {
        let check = |mean, half, unit, text: &str| assert_eq!(difference(&around(mean, half), unit), text);
        check(-349.62, 12.4, Unit::UsdPerMonth, "-$350 ± 12");
        check(-349.62, 0.43, Unit::UsdPerMonth, "-$349.6 ± 0.4");
        check(1234.5, 432.0, Unit::UsdPerMonth, "+$1,200 ± 400");
        check(3.21, 0.18, Unit::Milliseconds, "+3.21 ± 0.18 ms");
        check(0.0123, 0.004, Unit::Ratio, "+1.2 ± 0.4 pp");
        check(0.2, 5.1, Unit::Milliseconds, "0 ± 5 ms");
        check(0.000_001, 0.000_02, Unit::Ratio, "0 ± <0.01 pp");
        check(1800.0, 240.0, Unit::Seconds, "+30 ± 4 min");
        check(1e-12, 2e-12, Unit::Milliseconds, "0 ± <0.01 ms");
        check(5.0, 2e-8, Unit::Milliseconds, "+5 ± <0.01 ms");
        check(0.0, 3e-9, Unit::UsdPerMonth, "$0 ± <0.01");
        assert_eq!(difference(&Estimate::exact(-12.0), Unit::Count), "-12");
        assert_eq!(difference(&Estimate::exact(-123.45), Unit::Count), "-123.5");
        assert_eq!(difference(&Estimate::exact(0.0), Unit::Count), "0");
    }
}

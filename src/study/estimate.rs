//! What replications say about a figure: its mean, how sure we are of it, how far it spreads.

use super::errors::ALPHA;
use super::interval::{self, Kind, t_quantile};
use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF, StudentsT};

/// More replications than this nobody runs.
const MOST_REPLICATIONS: u32 = 1_000_000;

/// A figure over replications.
///
/// `interval` says where the mean lies (95 %): it narrows with more replications. It need not lie evenly around the mean.
/// The percentiles say where single weeks lie: they do not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Estimate {
    /// Arithmetic mean.
    #[serde(deserialize_with = "known_or_not")]
    pub mean: f64,
    /// 95 % confidence interval of the mean; none from a single replication.
    pub interval: Option<[f64; 2]>,
    /// 5th percentile.
    #[serde(deserialize_with = "known_or_not")]
    pub p5: f64,
    /// Median.
    #[serde(deserialize_with = "known_or_not")]
    pub p50: f64,
    /// 95th percentile.
    #[serde(deserialize_with = "known_or_not")]
    pub p95: f64,
    /// The figure of each replication, in their order: what is needed to set it beside another study's, pair by pair. Not a
    /// number where a replication has none; empty where the figure is not one of replications.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "each_known_or_not")]
    pub values: Vec<f64>,
}

/// A figure of JSON, where `null` is a value that there is not: the latency of requests that nobody answered.
pub(crate) fn known_or_not<'de, D: serde::Deserializer<'de>>(source: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(source)?.unwrap_or(f64::NAN))
}

pub(crate) fn each_known_or_not<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Vec<f64>, D::Error> {
    let values = Vec::<Option<f64>>::deserialize(source)?;
    Ok(values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect())
}

impl Estimate {
    /// No value: not a number, in JSON `null`.
    pub const UNKNOWN: Estimate = Estimate::exact(f64::NAN);

    /// Whether there is a value.
    pub fn is_known(&self) -> bool {
        !self.mean.is_nan()
    }

    /// The estimate from one value per replication, in order of the replications (the order of a
    /// float sum is part of the result). Values that are not finite are left out; without any value
    /// everything is zero.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        Estimate::of_kind(Kind::Amount, values)
    }

    /// The same of a figure of this kind, which decides how its interval is made.
    pub fn of_kind(kind: Kind, values: impl IntoIterator<Item = f64>) -> Self {
        let all: Vec<f64> = values.into_iter().collect();
        let mut values: Vec<f64> = all.iter().copied().filter(|value| value.is_finite()).collect();
        if values.is_empty() {
            return Estimate { values: all, ..Estimate::exact(0.0) };
        }
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        values.sort_unstable_by(f64::total_cmp);
        let interval = interval::of_mean(&values, kind);
        let [p5, p50, p95] = [0.05, 0.5, 0.95].map(|p| percentile(&values, p));
        Estimate { mean, interval, p5, p50, p95, values: all }
    }

    /// The share of `count` trials in which something happened, with the exact 95 % interval.
    ///
    /// Source: C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the
    /// binomial", Biometrika 26 (1934).
    pub fn of_share(happened: usize, count: usize) -> Self {
        let (x, n) = (happened.min(count) as f64, count as f64);
        if count == 0 {
            return Estimate::UNKNOWN;
        }
        let quantile = |a: f64, b: f64, p: f64| Beta::new(a, b).map_or(f64::NAN, |beta| beta.inverse_cdf(p));
        let low = if happened == 0 { 0.0 } else { quantile(x, n - x + 1.0, 0.025) };
        let high = if happened >= count { 1.0 } else { quantile(x + 1.0, n - x, 0.975) };
        Estimate { interval: Some([low, high]), ..Estimate::exact(x / n) }
    }

    /// A figure without any uncertainty.
    pub const fn exact(value: f64) -> Self {
        Estimate { mean: value, interval: None, p5: value, p50: value, p95: value, values: Vec::new() }
    }

    /// The chance of a mean so far from zero where the true one is zero, two-sided: a t-test whose error is that of the side
    /// of the interval that looks to zero, so that it is below 5 % where the interval excludes zero. Without any spread it is
    /// 0, or 1 where the mean is zero; 1 from a single value.
    pub fn p_value(&self) -> f64 {
        let count = self.finite().count();
        let Some([low, high]) = self.interval.filter(|_| count > 1 && self.mean != 0.0) else { return 1.0 };
        let side = if self.mean > 0.0 { self.mean - low } else { high - self.mean };
        let error = side / t_quantile(count - 1, ALPHA);
        if error == 0.0 {
            return 0.0;
        }
        let law = StudentsT::new(0.0, 1.0, (count - 1) as f64);
        law.map_or(1.0, |law| 2.0 * law.sf((self.mean / error).abs()))
    }

    /// The interval of the mean that misses it with the chance `alpha`: that of 95 %, as much longer to each side as Student's
    /// would be. None from fewer than two values.
    pub fn interval_at(&self, alpha: f64) -> Option<[f64; 2]> {
        let freedom = self.finite().count().checked_sub(1)?;
        let [low, high] = self.interval?;
        let longer = t_quantile(freedom, alpha) / t_quantile(freedom, ALPHA);
        Some([self.mean - (self.mean - low) * longer, self.mean + (high - self.mean) * longer])
    }

    /// The fewest replications whose interval, at the present spread, would be at most `aim` to each side; none where two
    /// do not say how far replications differ.
    pub fn replications_for(&self, aim: f64, alpha: f64) -> Option<u32> {
        let count = self.finite().count();
        if count < 2 {
            return None;
        }
        let spread = self.half_width() / t_quantile(count - 1, ALPHA) * (count as f64).sqrt();
        let half = |count: u32| t_quantile(count as usize - 1, alpha) * spread / f64::from(count).sqrt();
        let (mut low, mut high) = (count as u32, MOST_REPLICATIONS);
        if aim <= 0.0 || half(high) > aim {
            return Some(MOST_REPLICATIONS);
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if half(middle) > aim { low = middle } else { high = middle }
        }
        Some(high)
    }

    fn finite(&self) -> impl Iterator<Item = f64> {
        self.values.iter().copied().filter(|value| value.is_finite())
    }

    /// Half the width of the interval; zero without one.
    pub fn half_width(&self) -> f64 {
        self.interval.map_or(0.0, |[low, high]| (high - low) / 2.0)
    }

    /// Whether the interval excludes zero: a difference that is no noise. A single replication
    /// never says so.
    pub fn is_significant(&self) -> bool {
        self.interval.is_some_and(|[low, high]| low > 0.0 || high < 0.0)
    }

    /// The same with an interval that stays between the least and the most that there can be.
    pub fn within(self, least: f64, most: f64) -> Self {
        let interval = self.interval.map(|[low, high]| [low.max(least), high.min(most)]);
        Estimate { interval, ..self }
    }

    /// The figure in another unit.
    pub fn scaled(&self, factor: f64) -> Self {
        let [p5, p95] = if factor < 0.0 { [self.p95, self.p5] } else { [self.p5, self.p95] };
        Estimate {
            mean: self.mean * factor,
            interval: self.interval.map(|[low, high]| {
                let (a, b) = (low * factor, high * factor);
                [a.min(b), a.max(b)]
            }),
            p5: p5 * factor,
            p50: self.p50 * factor,
            p95: p95 * factor,
            values: self.values.iter().map(|value| value * factor).collect(),
        }
    }
}

/// Linear interpolation between order statistics (type 7, as numpy and spreadsheets do).
pub(crate) fn percentile(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Textbook values: 0 of 10, 1 of 10, 10 of 10.
    #[test]
    fn shares_have_exact_intervals() {
        for (happened, low, high) in [(0, 0.0, 0.3085), (1, 0.0025, 0.4450), (10, 0.6915, 1.0)] {
            let [a, b] = Estimate::of_share(happened, 10).interval.unwrap();
            assert!((a - low).abs() < 1e-4 && (b - high).abs() < 1e-4, "{happened}: {a} {b}");
        }
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn an_interval_of_shares_stays_within_0_and_1() {
        let estimate = Estimate::of([0.0, 0.0, 0.02, 1.0]).within(0.0, 1.0);
        let [low, high] = estimate.interval.expect("four values");
        assert!(low == 0.0 && high == 1.0, "{estimate:?}");
        assert_eq!(Estimate::of([0.1]).within(0.0, 1.0).interval, None);
    }

    #[test]
    fn the_interval_of_even_values_is_students() {
        // t(0.975, 4) = 2.776445, s = 1.581139, n = 5.
        let estimate = Estimate::of([1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!(near(estimate.mean, 3.0) && near(estimate.half_width(), 1.963_243_2), "{estimate:?}");
        assert!(near(estimate.p5, 1.2) && near(estimate.p50, 3.0) && near(estimate.p95, 4.8), "{estimate:?}");
        assert!(estimate.is_significant());
    }

    #[test]
    fn one_replication_has_no_interval() {
        let estimate = Estimate::of([7.0]);
        assert_eq!(estimate, Estimate { values: vec![7.0], ..Estimate::exact(7.0) });
        assert!(!estimate.is_significant());
    }

    #[test]
    fn what_is_not_finite_is_left_out() {
        let estimate = Estimate::of([f64::NAN, 2.0, f64::INFINITY]);
        assert_eq!(estimate.values.len(), 3, "but its place is kept");
        assert_eq!(Estimate { values: Vec::new(), ..estimate }, Estimate::exact(2.0));
        assert_eq!(Estimate::of([]), Estimate::exact(0.0));
    }

    #[test]
    fn noise_around_zero_is_not_significant() {
        assert!(!Estimate::of([-1.0, 1.0, -0.5, 0.6]).is_significant());
        assert!(Estimate::of([-1.0, -1.1, -0.9]).is_significant());
    }

    #[test]
    fn the_chance_is_students() {
        // By hand: t = 3.27895 with four degrees of freedom, whose distribution is 1/2 + 3/4 (u - u^3/3) at
        // u = t / sqrt(4 + t^2); t(0.995, 4) = 4.60409 of the tables.
        let estimate = Estimate::of([1.1, 0.4, 2.0, 0.3, 1.4]);
        assert!((estimate.p_value() - 0.030_53).abs() < 5e-5, "{}", estimate.p_value());
        let [low, high] = estimate.interval_at(0.01).expect("five values");
        assert!((low + 0.4203).abs() < 5e-4, "{low}");
        // The values are skewed to that side: it is longer, but hardly.
        assert!((2.5003..2.6).contains(&high), "{high}");
        assert_eq!(Estimate::of([3.0, 3.0, 3.0]).p_value(), 0.0);
        assert_eq!(Estimate::of([0.0, 0.0]).p_value(), 1.0);
        assert_eq!(Estimate::of([3.0]).p_value(), 1.0);
    }

    #[test]
    fn scaling_by_a_negative_turns_the_interval_round() {
        let turned = Estimate::of([1.0, 2.0, 3.0]).scaled(-1.0);
        let [low, high] = turned.interval.unwrap();
        assert!(low < high && turned.p5 < turned.p95 && near(turned.mean, -2.0));
    }
}

//! Where the mean of a figure lies, from few values that may be skewed or almost always the same.
//!
//! Three things spoil Student's t over ten to a hundred replications: skewed values, counts that are seldom other than zero,
//! and what none of the replications has met. Measured coverage: `examples/coverage`, docs/run.md.

use super::errors::ALPHA;
use statrs::distribution::{ContinuousCDF, Gamma, StudentsT};

/// What a figure is made of, which says what its values leave open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Any amount: money, latency. Equal in all replications, it is what it is.
    Amount,
    /// A sum over events, never negative. One event that no replication has met would add `event`, above 0.
    Sum {
        /// In the figure's unit.
        event: f64,
    },
    /// A share, 0 to 1, of which one event that no replication has met would be `event`.
    Share {
        /// Above 0, at most 1.
        event: f64,
    },
}

impl Kind {
    /// What is counted.
    pub const COUNT: Kind = Kind::Sum { event: 1.0 };

    fn event(self) -> Option<f64> {
        match self {
            Kind::Amount => None,
            Kind::Sum { event } | Kind::Share { event } => Some(event),
        }
    }

    /// The least and the most that there can be.
    fn bounds(self) -> [f64; 2] {
        match self {
            Kind::Amount => [f64::NEG_INFINITY, f64::INFINITY],
            Kind::Sum { .. } => [0.0, f64::INFINITY],
            Kind::Share { .. } => [0.0, 1.0],
        }
    }
}

/// The 95 % interval of the mean of finite values in ascending order; none from fewer than two.
///
/// Where at least half of the values are the same, those of a figure made of events: by [`seldom`], else by [`skewed`].
/// Cost: some microseconds.
pub(super) fn of_mean(sorted: &[f64], kind: Kind) -> Option<[f64; 2]> {
    if sorted.len() < 2 {
        return None;
    }
    let usual = sorted[sorted.len() / 2];
    let same = sorted.iter().filter(|value| **value == usual).count();
    let [least, most] = kind.bounds();
    let [low, high] = match kind.event() {
        Some(event) if 2 * same >= sorted.len() => seldom(sorted, usual, event, [least, most]),
        _ => skewed(sorted),
    };
    Some([low.max(least), high.min(most)])
}

/// With so many values more than these the skewness of a sample is believed by half.
const SKEWNESS_DOUBTED: f64 = 5.0;

/// Student's t, lengthened on the side where a skewed law hides its rare values.
///
/// Each end is the farther of Student's and of Hall's transformation, whose skewness is that of the values times
/// n / (n + 5): that of few values says little. Source: P. Hall, "On the removal of skewness by transformation", Journal of
/// the Royal Statistical Society B 54 (1992).
fn skewed(values: &[f64]) -> [f64; 2] {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let from_mean = || values.iter().map(|value| value - mean);
    let deviation = libm::sqrt(from_mean().map(|d| d * d).sum::<f64>() / (count - 1.0));
    let error = deviation / libm::sqrt(count);
    let t = t_quantile(values.len() - 1, ALPHA);
    if deviation == 0.0 {
        return [mean, mean];
    }
    let cubes = from_mean().map(|d| d / deviation).map(|d| d * d * d).sum::<f64>();
    let skewness = cubes / (count + SKEWNESS_DOUBTED);
    let bend = skewness / libm::sqrt(count);
    let straightened = |t: f64| match bend.abs() {
        // A straight line, where the formula is 0 / 0.
        bent if bent < 1e-9 => t,
        _ => 3.0 / bend * (libm::cbrt(1.0 + bend * (t - bend / 6.0)) - 1.0),
    };
    [mean - error * t.max(straightened(t)), mean + error * t.max(-straightened(-t))]
}

/// Of values that are mostly `usual`: what is above it and what is below it are sums of rare events, with an interval each;
/// the two are set against each other as if they were independent.
///
/// Sources: M. P. Fay, E. J. Feuer, "Confidence intervals for directly standardized rates: a method based on the gamma
/// distribution", Statistics in Medicine 16 (1997), which for equal events is Garwood's exact interval (1936); G. Y. Zou, A. Donner,
/// "Construction of confidence limits about effect measures", Statistics in Medicine 27 (2008).
fn seldom(values: &[f64], usual: f64, event: f64, [least, most]: [f64; 2]) -> [f64; 2] {
    let side = |parts: &dyn Fn(f64) -> f64, has_room: bool| {
        if has_room { rare(values.iter().map(|value| parts(*value).max(0.0)), event) } else { [0.0; 3] }
    };
    let [above, above_low, above_high] = side(&|value| value - usual, usual < most);
    let [below, below_low, below_high] = side(&|value| usual - value, usual > least);
    let mean = usual + above - below;
    [
        mean - libm::hypot(above - above_low, below_high - below),
        mean + libm::hypot(above_high - above, below - below_low),
    ]
}

/// The mean of values that are mostly zero and never less, and its interval. One more event, of the greatest size met and of
/// `event` at least, makes its upper end.
fn rare(values: impl Iterator<Item = f64>, event: f64) -> [f64; 3] {
    let (mut count, mut sum, mut squares, mut greatest) = (0.0, 0.0, 0.0, event);
    for value in values {
        count += 1.0;
        sum += value;
        squares += value * value;
        greatest = f64::max(greatest, value);
    }
    let quantile = |sum: f64, squares: f64, p: f64| {
        let law = Gamma::new(sum * sum / squares, sum / squares);
        law.map_or(sum, |law| law.inverse_cdf(p))
    };
    let low = if sum > 0.0 { quantile(sum, squares, ALPHA / 2.0) } else { 0.0 };
    let high = quantile(sum + greatest, squares + greatest * greatest, 1.0 - ALPHA / 2.0);
    [sum / count, low / count, high / count]
}

/// The quantile of Student's t with so many degrees of freedom, at least 1, that is exceeded either way with the chance
/// `alpha`.
pub(super) fn t_quantile(freedom: usize, alpha: f64) -> f64 {
    let law = StudentsT::new(0.0, 1.0, freedom.max(1) as f64);
    law.map_or(f64::INFINITY, |law| law.inverse_cdf(1.0 - alpha / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    fn near(found: [f64; 2], expected: [f64; 2]) {
        let is_near = |at: usize| (found[at] - expected[at]).abs() < 1e-3;
        assert!(is_near(0) && is_near(1), "{found:?} {expected:?}");
    }

    /// Tables of Poisson's law: 0, 1 and 3 events; in ten replications a tenth of that.
    #[test]
    fn counts_have_the_exact_intervals_of_the_tables() {
        for (events, low, high) in [(0, 0.0, 3.689), (1, 0.0253, 5.572), (3, 0.619, 8.767)] {
            let mut values = [0.0; 10];
            values[10 - events..].fill(1.0);
            near(of_mean(&values, Kind::COUNT).expect("ten values"), [low / 10.0, high / 10.0]);
        }
    }

    #[test]
    fn what_is_always_the_same_may_change_where_events_can_reach_it() {
        near(of_mean(&[15.0; 40], Kind::COUNT).expect("values"), [15.0 - 3.689 / 40.0, 15.0 + 3.689 / 40.0]);
        near(of_mean(&[0.0; 40], Kind::Share { event: 0.01 }).expect("values"), [0.0, 0.03689 / 40.0]);
        near(of_mean(&[1.0; 40], Kind::Share { event: 0.4 }).expect("values"), [1.0 - 0.4 * 3.689 / 40.0, 1.0]);
        near(of_mean(&[73.0; 40], Kind::Amount).expect("values"), [73.0, 73.0]);
    }

    #[test]
    fn both_sides_of_what_is_usual_count() {
        let mut values = [7.0; 40];
        (values[0], values[39]) = (5.0, 8.0);
        let [low, high] = of_mean(&values, Kind::COUNT).expect("values");
        assert!(low < 6.9 && high > 7.05 && low > 6.5 && high < 7.3, "{low} {high}");
    }

    /// The long side of a skewed sample gets longer, the other stays Student's; turned round, so is the interval.
    #[test]
    fn an_interval_is_longer_where_the_law_is() {
        let values = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.5, 6.0];
        let [low, high] = skewed(&values);
        let mean = values.iter().sum::<f64>() / 10.0;
        let deviation = (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / 9.0).sqrt();
        let half = 2.262_157 * deviation / 10_f64.sqrt();
        assert!((mean - half - low).abs() < 1e-5 && high > mean + 1.3 * half, "{low} {high}");
        let mut turned = values.map(|value| -value);
        turned.reverse();
        near(skewed(&turned), [-high, -low]);
    }

    /// The share of 2,000 samples whose interval holds the mean of the law.
    fn coverage(name: &str, (count, kind, mean): (usize, Kind, f64), draw: fn(&mut crate::rng::Stream) -> f64) -> f64 {
        let mut stream = Seed::new(1, 0).stream(name, 0);
        let held = (0..2000).filter(|_| {
            let mut values: Vec<f64> = (0..count).map(|_| draw(&mut stream)).collect();
            values.sort_unstable_by(f64::total_cmp);
            let [low, high] = of_mean(&values, kind).expect("values");
            low <= mean && mean <= high
        });
        held.count() as f64 / 2000.0
    }

    /// Normal and exponential values, seldom cheap ones, rare counts, rare counts in clusters. Binomial error: 0.01 at 95 %.
    #[test]
    fn intervals_cover() {
        let seldom_cheap = |stream: &mut crate::rng::Stream| {
            let cheap = if stream.chance(0.1) { -20.0 * stream.uniform() } else { 0.0 };
            stream.normal() + cheap
        };
        let clusters = |stream: &mut crate::rng::Stream| {
            if stream.chance(0.2) { 1.0 + stream.below(5) as f64 } else { 0.0 }
        };
        let shares = [
            ("normal", coverage("normal", (40, Kind::Amount, 0.0), |stream| stream.normal())),
            ("exponential", coverage("exponential", (40, Kind::Amount, 1.0), |stream| stream.exponential(1.0))),
            ("seldom cheap", coverage("cheap", (40, Kind::Amount, -1.0), seldom_cheap)),
            ("clusters", coverage("clusters", (40, Kind::COUNT, 0.6), clusters)),
        ];
        for (law, share) in shares {
            assert!((0.925..=0.985).contains(&share), "{law}: {share}");
        }
        let rare = coverage("rare", (40, Kind::COUNT, 0.02), |stream| f64::from(u8::from(stream.chance(0.02))));
        assert!(rare >= 0.95, "{rare}");
    }
}

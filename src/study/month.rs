//! What a month costs, where replications are of another length.
//!
//! The mean of all months is that of the replications at a month's length. A single month is made of several of them, each with
//! luck of its own, so that months spread less than replications scaled to a month: a month of 4.3 independent weeks half as much.

use super::estimate::{Estimate, percentile};
use crate::rng::{Seed, Stream};
use crate::units::{HOURS_PER_MONTH, SimDuration};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Months that are put together to see how they spread.
const DRAWN: usize = 4000;
/// A sum of more stretches is normal for all that matters here: so many are drawn and their spread is put right.
const MOST_STRETCHES: usize = 64;
/// The 95th percentile of the standard normal distribution.
const NORMAL_95: f64 = 1.644_853_626_951_472_2;

/// A month of 730 hours, as replications of another length tell it.
#[derive(Clone, Debug, PartialEq)]
pub struct Month {
    /// The mean of all months.
    pub mean: f64,
    /// Where that mean lies, 95 %; none from a single replication.
    pub interval: Option<[f64; 2]>,
    /// Where nine of ten single months lie; none from a single replication.
    pub nine_of_ten: Option<[f64; 2]>,
    /// How many stretches with luck of their own make up a month.
    pub stretches: f64,
}

impl Month {
    /// From a figure that each replication of length `span` has, at a month's rate. `shared_for` is how long luck stays the same
    /// at least, where that is longer than a replication: days of one week with a level of its own are no independent days.
    ///
    /// A month is a sum of replications drawn at random (bootstrap), about a mean that is itself drawn so, for it is known from as few
    /// replications as there are; the range is that of Student's t where replications are few. What of a stretch is left over counts by its
    /// share of the variance. Without any randomness but a fixed named stream: equal figures, equal months.
    ///
    /// Source: A. C. Davison, D. V. Hinkley, "Bootstrap Methods and their Application" (1997), chapter 2 and 6.3.3 (prediction).
    /// Of months after 5 to 20 weeks that are normal, lognormal or exponential, 9 to 15 % lie outside; where one week of ten is 30 % dearer, 32 %
    /// after 5, 18 % after 10, 9 % after 20: what has not been seen cannot be told.
    pub fn of(value: &Estimate, span: SimDuration, shared_for: Option<SimDuration>) -> Month {
        let stretch = shared_for.map_or(span, |shared| shared.max(span));
        let stretches = HOURS_PER_MONTH as f64 * 3600.0 / stretch.as_secs_f64().max(1.0);
        let known: Vec<f64> = value.values.iter().copied().filter(|value| value.is_finite()).collect();
        let nine_of_ten = (known.len() > 1).then(|| range(value.mean, &known, stretches));
        Month { mean: value.mean, interval: value.interval, nine_of_ten, stretches }
    }
}

/// The 5th and the 95th percentile of months of so many stretches.
fn range(mean: f64, values: &[f64], stretches: f64) -> [f64; 2] {
    let count = values.len() as f64;
    // A bootstrap's variance is (n - 1)/n of what it should be.
    let scale = libm::sqrt(count / (count - 1.0));
    let deviations: Vec<f64> = values.iter().map(|value| (value - mean) * scale).collect();
    let mut stream = Seed::new(0, 0).stream("months", 0);
    let month = |_| mean_of(&deviations, stretches, &mut stream) + mean_of(&deviations, count, &mut stream);
    let mut months: Vec<f64> = (0..DRAWN).map(month).collect();
    months.sort_unstable_by(f64::total_cmp);
    let law = StudentsT::new(0.0, 1.0, count - 1.0);
    let longer = law.map_or(1.0, |law| law.inverse_cdf(0.95)) / NORMAL_95;
    [0.05, 0.95].map(|share| mean + longer * percentile(&months, share))
}

/// The mean of so many drawn deviations, which may be a fraction.
fn mean_of(deviations: &[f64], count: f64, stream: &mut Stream) -> f64 {
    let drawn = (libm::ceil(count) as usize).clamp(1, MOST_STRETCHES);
    let sum: f64 = (0..drawn).map(|_| deviations[stream.below(deviations.len())]).sum();
    sum / libm::sqrt(count * drawn as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: SimDuration = SimDuration::from_hours(168);

    fn of(values: &[f64], span: SimDuration) -> Month {
        Month::of(&Estimate::of(values.iter().copied()), span, None)
    }

    /// How many of many months lie outside of the range that so many weeks tell, of weeks drawn so.
    fn outside(weeks: usize, draw: &dyn Fn(&mut Stream) -> f64) -> f64 {
        let mut stream = Seed::new(3, 0).stream("weeks", weeks as u64);
        let mut out = 0;
        const STUDIES: usize = 400;
        for _ in 0..STUDIES {
            let values: Vec<f64> = (0..weeks).map(|_| draw(&mut stream)).collect();
            let [low, high] = of(&values, WEEK).nine_of_ten.expect("several");
            // Four weeks and 0.345 of one.
            let (long, part) = ((0..4).map(|_| draw(&mut stream)).sum::<f64>(), 730.0 / 168.0 - 4.0);
            let mean = 105.0;
            let month = (long + part * mean + libm::sqrt(part) * (draw(&mut stream) - mean)) / (730.0 / 168.0);
            out += usize::from(month < low || month > high);
        }
        out as f64 / STUDIES as f64
    }

    #[test]
    fn one_of_ten_months_lies_outside() {
        let normal = |stream: &mut Stream| 105.0 + 5.0 * stream.normal();
        let skewed = |stream: &mut Stream| 95.0 + stream.exponential(10.0);
        let rare = |stream: &mut Stream| 102.0 + stream.normal() + if stream.chance(0.1) { 30.0 } else { 0.0 };
        for weeks in [5, 10, 20] {
            for share in [outside(weeks, &normal), outside(weeks, &skewed)] {
                assert!((0.05..=0.17).contains(&share), "{share} of months after {weeks} weeks");
            }
        }
        let share = outside(20, &rare);
        assert!((0.04..=0.17).contains(&share), "{share} of months where one week of ten is dear");
    }

    #[test]
    fn months_spread_less_than_weeks_and_their_mean_less_than_they() {
        let values: Vec<f64> = (0..100).map(|at| 1000.0 + 10.0 * f64::from(at % 10)).collect();
        let month = of(&values, WEEK);
        let weeks = Estimate::of(values.iter().copied());
        let width = |range: [f64; 2]| range[1] - range[0];
        let single = width(month.nine_of_ten.unwrap());
        assert_eq!((month.mean, month.interval), (weeks.mean, weeks.interval));
        assert!(single < 0.65 * (weeks.p95 - weeks.p5) && single > 1.5 * width(month.interval.unwrap()), "{month:?}");
        // By hand: 28.9 * sqrt(168 / 730 + 1 / 100) * 2 * 1.66.
        assert!((single / 47.0 - 1.0).abs() < 0.06, "{single}");
    }

    #[test]
    fn the_length_of_what_was_simulated_decides() {
        let values = [100.0, 104.0, 98.0, 111.0, 95.0, 102.0, 99.0, 103.0];
        let width = |month: Month| month.nine_of_ten.map(|[low, high]| high - low).unwrap();
        let [day, week, quarter] = [24, 168, 24 * 90].map(|hours| width(of(&values, SimDuration::from_hours(hours))));
        assert!(day < week && week < quarter, "{day} {week} {quarter}");
        // Days of a week that have its luck are no months' worth of independent days.
        let value = Estimate::of(values);
        let shared = Month::of(&value, SimDuration::from_hours(24), Some(WEEK));
        assert_eq!((shared.stretches, width(shared.clone())), (730.0 / 168.0, week));
        assert_eq!(Month::of(&value, WEEK, Some(SimDuration::from_hours(24))), of(&values, WEEK));
    }

    #[test]
    fn a_single_history_says_nothing_of_others() {
        let month = of(&[100.0], WEEK);
        assert_eq!((month.mean, month.interval, month.nine_of_ten), (100.0, None, None));
        assert_eq!(of(&[7.0, 7.0], WEEK).nine_of_ten, Some([7.0, 7.0]));
    }
}

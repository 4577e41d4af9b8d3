//! How weeks and days differ from those that the curves draw.

use super::curve::{Cursor, Curve};
use crate::rng::Seed;
use crate::units::{SimDuration, SimTime};

const DAY: SimDuration = SimDuration::from_hours(24);
const DAYS_PER_WEEK: i64 = 7;
/// From so many days on, each weekday of a trace has another one like it.
pub(crate) const DAYS_THAT_KEEP_WEEKDAYS: i64 = 2 * DAYS_PER_WEEK;

/// How weeks and days differ. Days are stretches of 24 hours from the time on at which curves begin; seven are a week.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Weeks {
    /// The standard deviation of the logarithm of a week's level, at least 0. The level's mean is 1.
    pub noise: f64,
    /// The same of a day's level within its week.
    pub days: f64,
    /// Some of the curves are drawn anew from their own days or weeks.
    pub resample: Option<Resample>,
    /// Which weeks: another number has other luck in the same replication.
    pub luck: u32,
}

/// Stretches of traces in another order: a block bootstrap.
///
/// Source: H. R. Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of Statistics 17 (1989);
/// here blocks begin at midnights, so that hours of the day, and with enough of them weekdays, stay what they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Resample {
    /// How long a stretch is.
    pub block: Block,
    /// Which of the demand's curves are traces. Each has two whole stretches at least.
    pub traces: Vec<usize>,
}

/// What is drawn as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// Days, of the same weekday where the trace has two of each.
    Day,
    /// Weeks.
    Week,
}

impl Block {
    /// How long it is.
    pub fn span(self) -> SimDuration {
        match self {
            Block::Day => DAY,
            Block::Week => DAY * DAYS_PER_WEEK,
        }
    }
}

impl Weeks {
    /// Whether weeks differ at all.
    pub fn differ(&self) -> bool {
        self.noise > 0.0 || self.days > 0.0 || self.resample.is_some()
    }
    /// The longest stretch of time that shares its luck; none where weeks do not differ.
    pub fn shared_for(&self) -> Option<SimDuration> {
        let is_weekly = self.noise > 0.0 || self.resample.as_ref().is_some_and(|how| how.block == Block::Week);
        self.differ().then(|| if is_weekly { Block::Week.span() } else { Block::Day.span() })
    }
}

/// The weeks of one replication: what is drawn depends on its seed and on the number of the week or day alone.
#[derive(Clone, Debug)]
pub(super) struct WeeksWalk {
    weeks: Weeks,
    seed: Seed,
    /// The day that was asked for last.
    today: Option<Today>,
}

/// A day's luck.
#[derive(Clone, Debug)]
struct Today {
    day: i64,
    level: f64,
    /// By curve: how much later the time is at which it is read.
    shifts: Vec<SimDuration>,
}

impl WeeksWalk {
    /// None where weeks do not differ.
    pub(super) fn new(weeks: &Weeks, seed: Seed) -> Option<Self> {
        weeks.differ().then(|| WeeksWalk { weeks: weeks.clone(), seed, today: None })
    }

    /// The mean rate in requests per second over `from..to`, exact; the rate at `from` if there is no time between them. Times before
    /// the start belong to its day.
    pub(super) fn mean_rate(&mut self, curves: &[Curve], cursors: &mut [Cursor], from: SimTime, to: SimTime) -> f64 {
        let (mut at, mut requests) = (from, 0.0);
        loop {
            let today = self.of_day(day_of(at), curves);
            let until = (SimTime::ZERO + DAY * (today.day + 1)).min(to);
            let rates = curves.iter().zip(cursors.iter_mut()).zip(&today.shifts);
            let rate: f64 =
                rates.map(|((curve, cursor), shift)| curve.mean_rate(at + *shift, until + *shift, cursor)).sum();
            if from >= to {
                return today.level * rate;
            }
            requests += today.level * rate * until.since(at).as_secs_f64();
            at = until;
            if at >= to {
                return requests / to.since(from).as_secs_f64();
            }
        }
    }

    /// [`Curve::rate_before`] of all curves, on the day that begins then.
    pub(super) fn rate_before(&self, curves: &[Curve], start: SimTime, span: SimDuration) -> f64 {
        let today = drawn(&self.weeks, self.seed, day_of(start), curves);
        let rates = curves.iter().zip(&today.shifts).map(|(curve, shift)| curve.rate_before(start + *shift, span));
        today.level * rates.sum::<f64>()
    }

    fn of_day(&mut self, day: i64, curves: &[Curve]) -> &Today {
        if self.today.as_ref().is_none_or(|today| today.day != day) {
            self.today = None;
        }
        let (weeks, seed) = (&self.weeks, self.seed);
        self.today.get_or_insert_with(|| drawn(weeks, seed, day, curves))
    }
}

/// The day that a time lies in; those before the start belong to the first one.
fn day_of(at: SimTime) -> i64 {
    (at.as_nanos() / DAY.as_nanos()).max(0)
}

fn drawn(weeks: &Weeks, seed: Seed, day: i64, curves: &[Curve]) -> Today {
    let week = day / DAYS_PER_WEEK;
    let stream = |name: &str, number: i64| seed.stream(name, u64::from(weeks.luck) << 32 | number as u64);
    let level = |name: &str, number: i64, sigma: f64| match sigma > 0.0 {
        true => libm::exp(sigma * (stream(name, number).normal() - sigma / 2.0)),
        false => 1.0,
    };
    let mut shifts = vec![SimDuration::ZERO; curves.len()];
    if let Some(Resample { block, traces }) = &weeks.resample {
        let number = if *block == Block::Day { day } else { week };
        // One draw for all traces: of equally long ones the same day is drawn.
        let luck = stream("block", number).uniform();
        for trace in traces.iter().filter(|trace| **trace < curves.len()) {
            let other = other_block(*block, number, curves[*trace].whole(block.span()), luck);
            shifts[*trace] = block.span() * (other - number);
        }
    }
    Today { day, level: level("week", week, weeks.noise) * level("day", day, weeks.days), shifts }
}

/// Which of so many whole blocks of a trace is read instead of this one.
fn other_block(block: Block, number: i64, whole: i64, luck: f64) -> i64 {
    let pick = |count: i64| ((luck * count as f64) as i64).min(count - 1).max(0);
    if block == Block::Day && whole >= DAYS_THAT_KEEP_WEEKDAYS {
        let weekday = number % DAYS_PER_WEEK;
        return weekday + DAYS_PER_WEEK * pick((whole - weekday + DAYS_PER_WEEK - 1) / DAYS_PER_WEEK);
    }
    pick(whole)
}

#[cfg(test)]
mod tests {
    use super::super::{After, Demand, DemandRun, Growth};
    use super::*;
    use std::sync::Arc;

    const STEP: SimDuration = SimDuration::from_hours(6);

    /// A trace of so many days whose days are told apart by their level: day `d` has `100 + d` requests a second, twice that from noon on.
    fn trace(days: i64) -> Curve {
        let knots = |day: i64| {
            let (at, rate) = (day as f64 * 86_400.0, 100.0 + day as f64);
            [(at, rate), (at + 43_200.0, 2.0 * rate)]
        };
        let points: Vec<(f64, f64)> = (0..days).flat_map(knots).collect();
        Curve::steps(&points, 43_200.0, After::Repeat).unwrap()
    }

    fn demand(days: i64, weeks: Weeks) -> Demand {
        Demand { curves: vec![trace(days)], weeks, ..Demand::default() }
    }

    fn resampled(days: i64, block: Block) -> Demand {
        demand(days, Weeks { resample: Some(Resample { block, traces: vec![0] }), ..Weeks::default() })
    }

    /// The mean rate of each of so many days, in one replication.
    fn days(demand: &Demand, replication: u32, count: i64) -> Vec<f64> {
        let mut run = DemandRun::new(Arc::new(demand.clone()), Seed::new(1, replication), "demand", 0);
        let day =
            |day: i64| (0..4).map(|step| run.step(SimTime::ZERO + DAY * day + STEP * step, STEP)).sum::<f64>() / 4.0;
        (0..count).map(day).collect()
    }

    fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        values.into_iter().for_each(|value| (sum, count) = (sum + value, count + 1.0));
        sum / count
    }

    /// Over so many days, what growth makes of a level demand.
    fn grown(growth: Growth, count: i64) -> f64 {
        growth.mean_factor(0.0, (DAY * count).as_secs_f64())
    }

    #[test]
    fn however_weeks_differ_the_mean_demand_is_the_traces() {
        let level = Weeks { noise: 0.2, days: 0.3, ..Weeks::default() };
        // A trace of five days and one of a week and a bit are drawn from whatever the weekday.
        let cases =
            [demand(28, level), resampled(28, Block::Day), resampled(28, Block::Week), resampled(5, Block::Day)];
        for demand in cases {
            let period = demand.curves[0].whole(DAY);
            let plain = mean(days(&Demand { weeks: Weeks::default(), ..demand.clone() }, 0, period));
            for growth in [Growth::default(), Growth { per_month: 0.5, level: 1.0 }] {
                let demand = Demand { growth, ..demand.clone() };
                let count = if demand.weeks.resample.is_some() { 14 } else { period };
                let found = mean((0..4000).flat_map(|number| days(&demand, number, count)));
                let expected = match demand.weeks.resample {
                    // Which day is drawn has nothing to do with growth.
                    Some(_) => plain * grown(growth, count),
                    None => mean(days(&Demand { weeks: Weeks::default(), ..demand.clone() }, 0, count)),
                };
                assert!((found / expected - 1.0).abs() < 0.01, "{found}, not {expected}: {:?}", demand.weeks);
            }
        }
    }

    #[test]
    fn levels_are_lognormal_and_those_of_a_week_are_one() {
        let noise = 0.2;
        let weekly = demand(7, Weeks { noise, ..Weeks::default() });
        let plain = days(&demand(7, Weeks::default()), 0, 14);
        let mut logs = Vec::new();
        for number in 0..2000 {
            let found = days(&weekly, number, 14);
            let levels: Vec<f64> = found.iter().zip(&plain).map(|(found, plain)| found / plain).collect();
            assert!(levels[..7].iter().all(|level| (level / levels[0] - 1.0).abs() < 1e-9), "{levels:?}");
            assert!((levels[7] / levels[0] - 1.0).abs() > 1e-9, "another week, another level");
            logs.push([libm::log(levels[0]), libm::log(levels[7])]);
        }
        let spread = mean(logs.iter().map(|[first, _]| (first + noise * noise / 2.0).powi(2)));
        assert!((spread.sqrt() / noise - 1.0).abs() < 0.05, "{spread}");
        let together = mean(logs.iter().map(|[first, second]| (first + 0.02) * (second + 0.02)));
        assert!((together / spread).abs() < 0.07, "weeks are independent: {together}");
    }

    #[test]
    fn whole_days_of_the_same_weekday_are_drawn_and_whole_weeks() {
        let level = |rate: f64| (rate / 1.5 - 100.0).round() as i64;
        let (mut of_days, mut of_weeks) = (vec![0; 31], vec![0; 4]);
        for number in 0..300 {
            for (day, rate) in (0..).zip(days(&resampled(31, Block::Day), number, 21)) {
                let drawn = level(rate);
                assert!((rate / 1.5 - 100.0 - drawn as f64).abs() < 1e-6 && drawn % 7 == day % 7, "{day}: {rate}");
                of_days[drawn as usize] += 1;
            }
            let weeks: Vec<i64> = days(&resampled(31, Block::Week), number, 21).into_iter().map(level).collect();
            for (day, drawn) in (0..).zip(&weeks) {
                assert_eq!(*drawn, weeks[day / 7 * 7] + (day % 7) as i64, "{weeks:?}");
            }
            of_weeks[(weeks[0] / 7) as usize] += 1;
        }
        assert!(of_days.iter().all(|count| *count > 0), "{of_days:?}");
        assert!(of_weeks.iter().all(|count| *count > 40), "{of_weeks:?}");
    }

    #[test]
    fn luck_is_that_of_the_week_whatever_is_asked_before() {
        let all = Weeks {
            noise: 0.1,
            days: 0.1,
            resample: Some(Resample { block: Block::Day, traces: vec![0] }),
            ..Weeks::default()
        };
        let (whole, later) = (demand(21, all.clone()), Demand { starts: DAY * 9, ..demand(21, all.clone()) });
        // The part that begins on the tenth day has that day's luck.
        assert_eq!(days(&whole, 3, 14)[9..], days(&later, 3, 5));
        let mut run = DemandRun::new(Arc::new(whole.clone()), Seed::new(1, 3), "demand", 0);
        let before = run.step(SimTime::ZERO - STEP, STEP);
        assert!(before > 0.0, "times before the start have the first day's luck");
        let other = demand(21, Weeks { luck: 1, ..all });
        assert!(days(&whole, 3, 7).iter().zip(days(&other, 3, 7)).all(|(one, other)| *one != other));
    }

    #[test]
    fn a_step_over_midnight_is_the_sum_of_its_parts() {
        let weeks = Weeks { days: 0.5, ..Weeks::default() };
        let run = || DemandRun::new(Arc::new(demand(7, weeks.clone())), Seed::new(1, 0), "demand", 0);
        let from = SimTime::ZERO + SimDuration::from_hours(18);
        let (mut once, mut twice) = (run(), run());
        let halves = (twice.step(from, STEP) + twice.step(from + STEP, STEP)) / 2.0;
        assert!((once.step(from, STEP * 2) / halves - 1.0).abs() < 1e-12);
    }
}

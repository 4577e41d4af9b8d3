//! Demand: how many requests per second arrive over time.
//!
//! A [`Demand`] is a sum of [`Curve`]s, all piecewise linear, so that every integral is exact; a
//! [`DemandRun`] walks it in one replication, with the noise that makes replications differ.
//! It knows nothing of services: who serves what share is the matter of [`calls`](super::calls).

mod curve;
mod growth;
mod noise;
mod weeks;

pub(crate) use curve::{After, Cursor, Curve, FlashCrowd};
pub(crate) use growth::Growth;
pub(crate) use noise::{Noise, poisson_count};
pub(crate) use weeks::{Block, DAYS_THAT_KEEP_WEEKDAYS, Resample, Weeks};

use crate::rng::Seed;
use crate::units::{SimDuration, SimTime};
use noise::NoiseWalk;
use std::sync::Arc;
use weeks::WeeksWalk;

/// The demand of a scenario: curves that add up, and how much chance is in it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Demand {
    /// Added together.
    pub curves: Vec<Curve>,
    /// On the sum of the curves.
    pub noise: Option<Noise>,
    /// Whether each step's requests are a Poisson count instead of their expectation.
    pub poisson: bool,
    /// On the sum of the curves.
    pub growth: Growth,
    /// How much later than the curves and growth the simulated time begins: where only a part of them is simulated.
    pub starts: SimDuration,
    /// How weeks and days differ from those of the curves.
    pub weeks: Weeks,
}

/// One replication's walk along a [`Demand`], step by step in order of time.
///
/// Cost: O(curves) per step.
#[derive(Clone, Debug)]
pub(crate) struct DemandRun {
    demand: Arc<Demand>,
    cursors: Vec<Cursor>,
    weeks: Option<WeeksWalk>,
    noise: Option<NoiseWalk>,
    counts: Option<crate::rng::Stream>,
}

impl Demand {
    /// The rate in requests per second at an instant, without noise. For charts and tests.
    pub fn rate_at(&self, time: SimTime) -> f64 {
        let time = time + self.starts;
        let rate: f64 = self.curves.iter().map(|curve| curve.rate_at(time, &mut Cursor::default())).sum();
        rate * self.growth.between(time, time)
    }

    /// The mean rate in requests per second over `from..to`, without noise; the rate at `from`
    /// when the interval is empty. Growth is averaged by itself, as if the curves were level.
    pub fn mean_rate(&self, from: SimTime, to: SimTime) -> f64 {
        let [from, to] = [from, to].map(|time| time + self.starts);
        let rate = mean_rate(&self.curves, &mut vec![Cursor::default(); self.curves.len()], from, to);
        rate * self.growth.between(from, to)
    }
}

impl DemandRun {
    /// Starts a walk; `name` and `entity` name its random stream among the replication's.
    pub(crate) fn new(demand: Arc<Demand>, seed: Seed, name: &str, entity: u64) -> Self {
        let noise = demand.noise.map(|noise| NoiseWalk::new(noise, seed.stream(name, entity)));
        let counts = demand.poisson.then(|| seed.stream(&format!("{name}/counts"), entity));
        let weeks = WeeksWalk::new(&demand.weeks, seed.entity(&format!("{name}/weeks"), entity));
        DemandRun { cursors: vec![Cursor::default(); demand.curves.len()], weeks, noise, counts, demand }
    }

    /// The rate in requests per second before the start: that of the first step of length `span`, without noise and without
    /// what comes all of a sudden; at the level of the first day.
    pub(crate) fn before_the_start(&self, span: SimDuration) -> f64 {
        let start = SimTime::ZERO + self.demand.starts;
        let curves = &self.demand.curves;
        let rate = match &self.weeks {
            Some(weeks) => weeks.rate_before(curves, start, span),
            None => curves.iter().map(|curve| curve.rate_before(start, span)).sum(),
        };
        rate * self.demand.growth.between(start, start)
    }

    /// The mean rate in requests per second over the step that starts at `from`, with this
    /// replication's noise. Each call draws: ask once per step, in order of time.
    pub(crate) fn step(&mut self, from: SimTime, span: SimDuration) -> f64 {
        let from = from + self.demand.starts;
        let (curves, cursors) = (&self.demand.curves, &mut self.cursors);
        let mut rate = match &mut self.weeks {
            Some(weeks) => weeks.mean_rate(curves, cursors, from, from + span),
            None => mean_rate(curves, cursors, from, from + span),
        };
        // Within a step the growth is as good as a straight line: its mean is that of the product.
        rate *= self.demand.growth.between(from, from + span);
        if let Some(noise) = &mut self.noise {
            rate *= noise.factor(span);
        }
        let span_s = span.as_secs_f64();
        match &mut self.counts {
            Some(stream) if span_s > 0.0 => poisson_count(rate * span_s, stream) / span_s,
            _ => rate,
        }
    }
}

fn mean_rate(curves: &[Curve], cursors: &mut [Cursor], from: SimTime, to: SimTime) -> f64 {
    curves.iter().zip(cursors).map(|(curve, cursor)| curve.mean_rate(from, to, cursor)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> Demand {
        let curves = vec![
            Curve::diurnal(100.0, 0.5, 20.0, &[1.0; 7]).unwrap(),
            Curve::flash_crowd(FlashCrowd {
                peak_rate: 200.0,
                start: SimTime::from_secs(3600),
                rise: SimDuration::from_secs(60),
                hold: SimDuration::from_secs(60),
                half_life: SimDuration::from_secs(300),
            })
            .unwrap(),
        ];
        Demand { curves, ..Demand::default() }
    }

    fn total(demand: Demand, seed: u64) -> f64 {
        let mut run = DemandRun::new(Arc::new(demand), Seed::new(seed, 0), "demand", 0);
        let span = SimDuration::from_secs(15);
        (0..5760).map(|k| 15.0 * run.step(SimTime::from_secs(15 * k), span)).sum()
    }

    #[test]
    fn components_add_up() {
        let crowd = 200.0 * (30.0 + 60.0 + 300.0 / std::f64::consts::LN_2);
        let found = total(day(), 1);
        assert!((found / (100.0 * 86_400.0 + crowd) - 1.0).abs() < 1e-3, "{found}");
        let whole = day().mean_rate(SimTime::ZERO, SimTime::from_secs(86_400)) * 86_400.0;
        assert!((found / whole - 1.0).abs() < 1e-9, "{found} {whole}");
    }

    #[test]
    fn before_the_start_there_is_the_first_step_without_what_is_sudden() {
        let crowd = FlashCrowd {
            peak_rate: 200.0,
            start: SimTime::ZERO,
            rise: SimDuration::ZERO,
            hold: SimDuration::from_mins(1),
            half_life: SimDuration::from_mins(1),
        };
        let trace = Curve::steps(&[(0.0, 0.0), (1.0, 30.0), (2.0, 0.0)], 100.0, After::Hold).unwrap();
        let curves = vec![Curve::flash_crowd(crowd).unwrap(), Curve::constant(10.0).unwrap(), trace];
        let noise = Some(Noise { sigma: 0.5, correlation_time: SimDuration::from_mins(5) });
        let demand = Demand { curves, noise, poisson: true, ..Demand::default() };
        let run = |demand: &Demand| DemandRun::new(Arc::new(demand.clone()), Seed::new(1, 0), "demand", 0);
        let span = SimDuration::from_secs(15);
        assert!((run(&demand).before_the_start(span) - (10.0 + 30.0 / 15.0)).abs() < 1e-9);
        let later = Demand { starts: SimDuration::from_secs(60), ..demand.clone() };
        assert!((run(&later).before_the_start(span) - 210.0).abs() < 1e-9, "the crowd is there already");
        // Nothing is drawn by asking.
        let (mut asked, mut fresh) = (run(&demand), run(&demand));
        asked.before_the_start(span);
        assert_eq!(asked.step(SimTime::ZERO, span).to_bits(), fresh.step(SimTime::ZERO, span).to_bits());
    }

    #[test]
    fn growth_is_on_everything_that_arrives() {
        let grown = Demand { growth: Growth { per_month: 0.5, level: 1.0 }, ..day() };
        let curves = vec![Curve::constant(100.0).unwrap()];
        let level = Demand { curves, growth: grown.growth, ..Demand::default() };
        let factor = grown.growth.mean_factor(0.0, 86_400.0);
        assert!((total(level, 1) / (8_640_000.0 * factor) - 1.0).abs() < 1e-9);
        assert!(total(grown, 1) > total(day(), 1));
    }

    #[test]
    fn replications_differ_and_repeat() {
        let noisy =
            || Demand { noise: Some(Noise { sigma: 0.2, correlation_time: SimDuration::from_mins(5) }), ..day() };
        assert_eq!(total(noisy(), 1).to_bits(), total(noisy(), 1).to_bits());
        assert_ne!(total(noisy(), 1), total(noisy(), 2));
        assert!((total(noisy(), 3) / total(day(), 3) - 1.0).abs() < 0.1);
        let counted = total(Demand { poisson: true, ..day() }, 4);
        assert!((counted - counted.round()).abs() < 1e-6, "{counted} is no count");
        assert!((counted / total(day(), 4) - 1.0).abs() < 0.002);
    }
}

//! Prices of spot capacity in time: recorded, or drawn, by machine type and zone.

use crate::market::{HourlyPrices, Origin, PriceProcess};
use crate::rng::{Seed, Stream, fnv1a};
use std::sync::Arc;

/// What a price is before the first hour that is known, and after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Beyond {
    /// The first one, and the last one.
    #[default]
    Held,
    /// Drawn: what the process makes of it.
    Drawn,
    /// Always the mean of what is known, also where it is known.
    Mean,
}

/// A zone of a market.
#[derive(Clone, Debug, PartialEq)]
pub struct SpotZone {
    /// `us-east-1a`.
    pub zone: Arc<str>,
    /// What is known; with nothing in it, the mean is that of the market.
    pub known: HourlyPrices,
    /// The mean price, nano-USD.
    pub mean: i64,
}

/// The spot market of one machine type.
#[derive(Clone, Debug, PartialEq)]
pub struct SpotMarket {
    /// `m5.large`.
    pub instance_type: String,
    /// At least one.
    pub zones: Vec<SpotZone>,
    /// How many hours later the simulated time is than what is known of it: 0 if both are of one calendar.
    pub later: i64,
    /// What holds where nothing is known.
    pub beyond: Beyond,
    /// By zone; needed for what is drawn.
    pub process: Option<PriceProcess>,
    /// Where the prices are from.
    pub origin: Origin,
}

/// All markets whose prices are known by the hour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpotPrices(Vec<SpotMarket>);

/// A stretch of hours since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// The first one.
    pub first: i64,
    /// How many.
    pub count: usize,
}

impl SpotPrices {
    /// The markets, each of another machine type.
    pub fn new(markets: Vec<SpotMarket>) -> Self {
        SpotPrices(markets)
    }
    /// All of them.
    pub fn markets(&self) -> &[SpotMarket] {
        &self.0
    }
    /// The market of a machine type.
    pub fn of(&self, instance_type: &str) -> Option<&SpotMarket> {
        self.0.iter().find(|market| market.instance_type == instance_type)
    }
}

impl SpotMarket {
    /// The zone called so; none for another, whose price is the mean over those that are known.
    fn place(&self, zone: Option<&str>) -> Option<usize> {
        let zone = zone?;
        self.zones.iter().position(|row| *row.zone == *zone)
    }
    /// The mean price in a zone, nano-USD.
    pub fn mean(&self, zone: Option<&str>) -> i64 {
        match self.place(zone) {
            Some(at) => self.zones[at].mean,
            None => mean(self.zones.iter().map(|row| row.mean)),
        }
    }
    /// The price in a zone in each of the hours, nano-USD. What is drawn is drawn by hour from streams that are called after
    /// the machine type and the zone: the same for the same hour, whoever asks.
    ///
    /// Cost: a step for each hour from what is known to the last one asked for, of one zone or of all.
    pub fn series(&self, zone: Option<&str>, hours: Hours, seed: Seed) -> Arc<[i64]> {
        match self.place(zone) {
            Some(at) => self.zone(at, hours, seed).into(),
            None => {
                let all: Vec<Vec<i64>> = (0..self.zones.len()).map(|at| self.zone(at, hours, seed)).collect();
                (0..hours.count).map(|hour| mean(all.iter().map(|zone| zone[hour]))).collect()
            }
        }
    }

    fn zone(&self, at: usize, hours: Hours, seed: Seed) -> Vec<i64> {
        let row = &self.zones[at];
        let (known, first) = (&row.known, hours.first - self.later);
        if self.beyond == Beyond::Mean {
            return vec![row.mean; hours.count];
        }
        let mut prices: Vec<Option<i64>> = (0..hours.count as i64).map(|hour| known.at(first + hour)).collect();
        match (&self.process, self.beyond) {
            (Some(process), Beyond::Drawn) => {
                let walk = Walk { market: self, process, at, seed };
                walk.after(first, &mut prices);
                walk.before(first, &mut prices);
            }
            _ => {
                let [begin, end] = [known.nano_usd.first(), known.nano_usd.last()];
                for (hour, price) in prices.iter_mut().enumerate() {
                    let is_before = first + (hour as i64) < known.first_hour;
                    *price = price.or(if is_before { begin.copied() } else { end.copied() });
                }
            }
        }
        prices.into_iter().map(|price| price.unwrap_or(row.mean)).collect()
    }
}

fn mean(values: impl Iterator<Item = i64>) -> i64 {
    let (mut sum, mut count) = (0i128, 0i128);
    values.for_each(|value| (sum, count) = (sum + i128::from(value), count + 1));
    i64::try_from((sum + count / 2) / count.max(1)).unwrap_or(i64::MAX)
}

/// The way from what is known into the hours beyond.
struct Walk<'a> {
    market: &'a SpotMarket,
    process: &'a PriceProcess,
    at: usize,
    seed: Seed,
}

impl Walk<'_> {
    /// The shocks of all zones and of this one.
    fn streams(&self, side: &str) -> (Stream, Stream) {
        let (kind, zone) = (&self.market.instance_type, &self.market.zones[self.at].zone);
        let stream = |name: &str, entity: &str| self.seed.stream(name, fnv1a(entity));
        (
            stream(&format!("spot-price/{side}"), kind),
            stream(&format!("spot-price/{side}/zone"), &format!("{kind}/{zone}")),
        )
    }
    /// The distance from the mean where the walk begins: that of the price next to it; drawn where none is known.
    fn begin(&self, price: Option<&i64>, (all, own): &mut (Stream, Stream)) -> f64 {
        match price {
            Some(price) => self.process.distance(self.at, *price),
            None => {
                let shock = self.process.zones[self.at].shock;
                let share = if shock > 0.0 { self.process.spread(self.at) / shock } else { 0.0 };
                share * self.process.step(self.at, 0.0, (all.normal(), own.normal()))
            }
        }
    }
    fn after(&self, first: i64, prices: &mut [Option<i64>]) {
        let known = &self.market.zones[self.at].known;
        let mut streams = self.streams("after");
        let mut distance = self.begin(known.nano_usd.last(), &mut streams);
        // Where nothing is known the walk begins with the first hour of 1970's count that is asked for.
        let from = if known.nano_usd.is_empty() { first - 1 } else { known.last_hour() };
        for hour in from + 1..first + prices.len() as i64 {
            distance = self.process.step(self.at, distance, (streams.0.normal(), streams.1.normal()));
            if hour >= first {
                prices[(hour - first) as usize] = Some(self.process.price(self.at, distance));
            }
        }
    }
    fn before(&self, first: i64, prices: &mut [Option<i64>]) {
        let known = &self.market.zones[self.at].known;
        if known.nano_usd.is_empty() {
            return;
        }
        let mut streams = self.streams("before");
        let mut distance = self.begin(known.nano_usd.first(), &mut streams);
        for hour in (first..known.first_hour).rev() {
            distance = self.process.step(self.at, distance, (streams.0.normal(), streams.1.normal()));
            if let Some(price) = prices.get_mut((hour - first) as usize) {
                *price = Some(self.process.price(self.at, distance));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn market(beyond: Beyond, later: i64) -> SpotMarket {
        let zone = |name: &str, prices: &[i64]| {
            let known = HourlyPrices { first_hour: 100, nano_usd: prices.to_vec() };
            SpotZone { zone: name.into(), mean: known.mean(), known }
        };
        SpotMarket {
            instance_type: "m5.large".to_owned(),
            zones: vec![zone("a", &[40, 42, 44]), zone("b", &[60, 62, 67])],
            later,
            beyond,
            process: Some(PriceProcess::given(&[42, 63], 24.0, 0.1, 0.5)),
            origin: Origin::listed("test", "2026-01-01"),
        }
    }

    fn hours(first: i64, count: usize) -> Hours {
        Hours { first, count }
    }

    #[test]
    fn what_is_known_is_used_and_beyond_it_is_held() {
        let (seed, market) = (Seed::new(1, 0), market(Beyond::Held, 0));
        assert_eq!(*market.series(Some("a"), hours(98, 7), seed), [40, 40, 40, 42, 44, 44, 44]);
        assert_eq!(*market.series(None, hours(100, 3), seed), [50, 52, 56], "the mean of 44 and 67 is rounded up");
        assert_eq!(*market.series(Some("c"), hours(100, 1), seed), [50], "a zone that nobody recorded");
        assert_eq!((market.mean(Some("b")), market.mean(None)), (63, 53));
    }

    #[test]
    fn a_recording_may_be_laid_over_another_time() {
        let market = market(Beyond::Held, 1000);
        assert_eq!(*market.series(Some("a"), hours(1100, 3), Seed::new(1, 0)), [40, 42, 44]);
        let flat = super::tests::market(Beyond::Mean, 0);
        assert_eq!(*flat.series(Some("a"), hours(100, 3), Seed::new(1, 0)), [42, 42, 42]);
    }

    #[test]
    fn what_is_drawn_hangs_on_seed_pool_and_hour_alone() {
        let market = market(Beyond::Drawn, 0);
        let series =
            |zone, from, count, replication| market.series(zone, hours(from, count), Seed::new(1, replication));
        let whole = series(Some("a"), 90, 200, 0);
        assert_eq!(whole[10..13], [40, 42, 44], "what is known stays");
        assert_eq!(whole[50..150], series(Some("a"), 140, 100, 0)[..]);
        assert_eq!(whole[..10], series(Some("a"), 90, 10, 0)[..]);
        assert_ne!(whole, series(Some("a"), 90, 200, 1));
        assert!(whole.iter().all(|price| (20..90).contains(price)), "{whole:?}");
        let mut swapped = market.clone();
        swapped.zones.swap(0, 1);
        swapped.process = Some(PriceProcess::given(&[63, 42], 24.0, 0.1, 0.5));
        assert_eq!(whole, swapped.series(Some("a"), hours(90, 200), Seed::new(1, 0)), "not on the turn of the zones");
    }
}

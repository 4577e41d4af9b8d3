//! When the spot pools are short: processes in time that nothing in a cluster changes.
//!
//! A pool is a machine type in a zone. Its shortages come at random (Poisson) and last a random time each (exponential). They are
//! drawn day by day from streams that are called after pool and day: at the same times whenever a run begins, however many
//! groups and instances share the pool, and whatever becomes of them. Whom a shortage takes is drawn for each instance by itself.

use crate::market::SpotPool;
use crate::rng::{Seed, Stream};
use crate::units::{SimDuration, SimTime};

/// One stream is for so long.
const DAY: SimDuration = SimDuration::from_hours(24);

/// A pool is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shock {
    /// When it begins to be.
    pub(crate) at: SimTime,
    /// Until when nothing can be launched, this shock alone considered.
    pub(crate) until: SimTime,
    /// With what the instances are chosen that it takes.
    pub(crate) luck: u64,
}

/// The shortages of a pool, in order of time.
#[derive(Clone, Debug)]
pub(crate) struct Shortages {
    pool: Seed,
    market: SpotPool,
    day: i64,
    stream: Stream,
    at: SimTime,
}

impl Shortages {
    /// From the beginning of the day of `from` on; `pool` is the pool's own seed.
    pub(crate) fn new(pool: Seed, market: SpotPool, from: SimTime) -> Shortages {
        let day = from.as_nanos().div_euclid(DAY.as_nanos());
        Shortages { pool, market, day, stream: of_day(pool, day), at: begins(day) }
    }

    /// The next one, if it is not after `end`.
    pub(crate) fn next_until(&mut self, end: SimTime) -> Option<Shock> {
        let rate = self.market.reclaims.events_per_hour;
        if rate <= 0.0 {
            return None;
        }
        while begins(self.day) <= end {
            let hours = self.stream.exponential(1.0 / rate);
            let next = begins(self.day + 1);
            // A wait that goes beyond the day is forgotten: what is left of it is distributed as a new one.
            let (at, is_within) = match hours * 3600.0 < (next - self.at).as_secs_f64() {
                true => (self.at + SimDuration::from_secs_f64(hours * 3600.0), true),
                false => (next, false),
            };
            self.at = at;
            if is_within {
                let lasts = self.stream.exponential(self.market.shortage.as_secs_f64());
                let until = at + SimDuration::from_secs_f64(lasts);
                return (at <= end).then(|| Shock { at, until, luck: self.stream.bits() });
            }
            self.day += 1;
            self.stream = of_day(self.pool, self.day);
        }
        None
    }
}

fn begins(day: i64) -> SimTime {
    SimTime::from_nanos(day * DAY.as_nanos())
}

fn of_day(pool: Seed, day: i64) -> Stream {
    pool.stream("shortages", day as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{InterruptionRate, Provider};

    fn market(per_hour: f64, share: f64) -> SpotPool {
        SpotPool::new(Provider::Gcp, InterruptionRate::GCP_ASSUMED).with_reclaims(per_hour, share)
    }

    fn hours(hours: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_hours(hours)
    }

    fn shocks(market: SpotPool, from: SimTime, until: SimTime) -> Vec<Shock> {
        let mut shortages = Shortages::new(Seed::new(5, 0).entity("pool", 1), market, from);
        std::iter::from_fn(|| shortages.next_until(until)).filter(|shock| shock.at >= from).collect()
    }

    #[test]
    fn shortages_are_where_they_are_whenever_one_begins_to_look() {
        let all = shocks(market(0.3, 0.5), hours(-100), hours(300));
        for from in [-99, -1, 0, 5, 24, 130] {
            let later: Vec<Shock> = all.iter().copied().filter(|shock| shock.at >= hours(from)).collect();
            assert_eq!(shocks(market(0.3, 0.5), hours(from), hours(300)), later, "{from}");
        }
        assert!(all.windows(2).all(|pair| pair[0].at < pair[1].at) && all.iter().all(|shock| shock.until > shock.at));
    }

    #[test]
    fn they_are_as_many_and_as_long_as_the_market_says_and_come_without_memory() {
        let (market, span) = (market(0.2, 0.5), 200_000);
        let all = shocks(market, hours(-span / 2), hours(span / 2));
        // 80,000 are expected, with a standard deviation of 283.
        let expected = market.reclaims.events_per_hour * span as f64;
        assert!((all.len() as f64 - expected).abs() < 4.0 * expected.sqrt(), "{}", all.len());
        let lasts: f64 = all.iter().map(|shock| (shock.until - shock.at).as_secs_f64()).sum();
        assert!((lasts / all.len() as f64 / market.shortage.as_secs_f64() - 1.0).abs() < 0.02);
        // The squares of exponential waits have twice the mean's square.
        let waits: Vec<f64> = all.windows(2).map(|pair| (pair[1].at - pair[0].at).as_secs_f64() / 3600.0).collect();
        let squares = waits.iter().map(|wait| wait * wait).sum::<f64>() / waits.len() as f64;
        assert!((squares * market.reclaims.events_per_hour.powi(2) / 2.0 - 1.0).abs() < 0.03, "{squares}");
    }

    #[test]
    fn a_pool_without_reclaims_is_never_short() {
        assert!(shocks(market(0.0, 0.5), hours(0), hours(100_000)).is_empty());
    }
}

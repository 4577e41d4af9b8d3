//! Spot prices over time: what a recording of price changes says of each clock hour, and a process fitted to it.
//!
//! Nothing here draws: who simulates brings the normal deviates, and the streams that they come from.

/// Prices of one pool (machine type and zone), a mean for each clock hour from the first that a recording knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HourlyPrices {
    /// Hours since 1970.
    pub first_hour: i64,
    /// Nano-USD for an hour of an instance; none is below 1.
    pub nano_usd: Vec<i64>,
}

const HOUR_MS: i64 = 3_600_000;

impl HourlyPrices {
    /// The time-weighted mean of each clock hour under a step function: each price holds until the next. `changes` are
    /// moments (milliseconds since 1970, strictly ascending) with prices (nano-USD); the last holds until `until_ms`. Of an hour
    /// that is known in part, the mean is over that part. Empty without a change before `until_ms`.
    pub fn of_changes(changes: &[(i64, i64)], until_ms: i64) -> HourlyPrices {
        let Some((from_ms, last)) = changes.first().map(|first| first.0).zip(changes.last()) else {
            return HourlyPrices::default();
        };
        // A recording of one moment knows the hour in which that lies.
        let until_ms = until_ms.max(last.0 + 1);
        let first_hour = from_ms.div_euclid(HOUR_MS);
        let hours = (until_ms - 1).div_euclid(HOUR_MS) - first_hour + 1;
        let mut sums = vec![(0i128, 0i128); usize::try_from(hours).unwrap_or(0)];
        for (at, (from, price)) in changes.iter().enumerate() {
            let until = changes.get(at + 1).map_or(until_ms, |next| next.0);
            let mut from = *from;
            while from < until {
                let hour = from.div_euclid(HOUR_MS);
                let end = ((hour + 1) * HOUR_MS).min(until);
                if let Some(sum) = sums.get_mut((hour - first_hour) as usize) {
                    sum.0 += i128::from(*price) * i128::from(end - from);
                    sum.1 += i128::from(end - from);
                }
                from = end;
            }
        }
        let mean = |(sum, span): (i128, i128)| i64::try_from((sum + span / 2) / span.max(1)).unwrap_or(i64::MAX).max(1);
        HourlyPrices { first_hour, nano_usd: sums.into_iter().map(mean).collect() }
    }
    /// The price of an hour since 1970, if the recording knows it.
    pub fn at(&self, hour: i64) -> Option<i64> {
        let at = usize::try_from(hour - self.first_hour).ok()?;
        self.nano_usd.get(at).copied()
    }
    /// The last hour that is known; before the first without any.
    pub fn last_hour(&self) -> i64 {
        self.first_hour + self.nano_usd.len() as i64 - 1
    }
    /// The mean over all hours, nano-USD; 0 without any.
    pub fn mean(&self) -> i64 {
        let count = self.nano_usd.len() as i128;
        let sum: i128 = self.nano_usd.iter().map(|price| i128::from(*price)).sum();
        if count == 0 { 0 } else { i64::try_from((sum + count / 2) / count).unwrap_or(i64::MAX) }
    }
}

/// One zone of a [`PriceProcess`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZoneProcess {
    /// The mean of the logarithm of the price in nano-USD.
    pub mean_log: f64,
    /// The standard deviation of the logarithm's hourly shock, at least 0.
    pub shock: f64,
}

/// Logarithms of the hourly prices of one machine type: they return to their mean (AR(1), the discrete Ornstein-Uhlenbeck process), and
/// a part of each hour's shock is common to all zones.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceProcess {
    /// What an hour leaves of a distance from the mean, 0 to below 1.
    pub keeps: f64,
    /// The correlation of two zones' shocks, 0 to 1.
    pub common: f64,
    /// By zone.
    pub zones: Vec<ZoneProcess>,
}

/// What an hour leaves at most: a half-life of about 400 days.
const MOST_KEPT: f64 = 0.999_93;
/// Fewer hours say nothing of how prices move.
const FEWEST_HOURS: usize = 48;

impl PriceProcess {
    /// Fitted by moments, in closed form. What an hour leaves is the regression of each hour's distance from its zone's
    /// mean upon the hour before, pooled over the zones; shocks are what that leaves; their correlation is the mean over pairs of zones.
    ///
    /// None where no zone has two days of prices.
    pub fn fit(zones: &[&HourlyPrices]) -> Option<PriceProcess> {
        if zones.iter().all(|zone| zone.nano_usd.len() < FEWEST_HOURS) {
            return None;
        }
        let logs: Vec<(f64, Vec<f64>)> = zones.iter().map(|zone| distances(zone)).collect();
        let (mut products, mut squares) = (0.0, 0.0);
        for pair in logs.iter().flat_map(|(_, zone)| zone.windows(2)) {
            products += pair[0] * pair[1];
            squares += pair[0] * pair[0];
        }
        let keeps = if squares > 0.0 { (products / squares).clamp(0.0, MOST_KEPT) } else { 0.0 };
        let shocks: Vec<Vec<f64>> =
            logs.iter().map(|(_, zone)| zone.windows(2).map(|pair| pair[1] - keeps * pair[0]).collect()).collect();
        let zone = |((mean_log, _), shocks): (&(f64, Vec<f64>), &Vec<f64>)| ZoneProcess {
            mean_log: *mean_log,
            shock: libm::sqrt(shocks.iter().map(|shock| shock * shock).sum::<f64>() / shocks.len().max(1) as f64),
        };
        let rows = logs.iter().zip(&shocks).map(zone).collect();
        Some(PriceProcess { keeps, common: correlation(zones, &shocks), zones: rows })
    }

    /// The process of `means` (nano-USD, the means of the price by zone) whose distance from the mean halves in `half_life_h` hours, and
    /// whose logarithm changes by `daily` (a standard deviation) from one day to the next.
    pub fn given(means: &[i64], half_life_h: f64, daily: f64, common: f64) -> PriceProcess {
        let keeps = libm::exp2(-1.0 / half_life_h.max(1e-3)).clamp(0.0, MOST_KEPT);
        // A day's change has the variance 2 s (1 - keeps^24), with s that of the distance.
        let spread = daily * daily / (2.0 * (1.0 - libm::pow(keeps, 24.0)));
        let shock = libm::sqrt(spread * (1.0 - keeps * keeps));
        let zone = |mean: &i64| ZoneProcess { mean_log: libm::log(*mean as f64) - spread / 2.0, shock };
        PriceProcess { keeps, common: common.clamp(0.0, 1.0), zones: means.iter().map(zone).collect() }
    }

    /// After how many hours a distance from the mean is half.
    pub fn half_life_h(&self) -> f64 {
        if self.keeps <= 0.0 { 0.0 } else { -std::f64::consts::LN_2 / libm::log(self.keeps) }
    }
    /// The standard deviation of a zone's logarithm of the price over a long time.
    pub fn spread(&self, zone: usize) -> f64 {
        self.zones[zone].shock / libm::sqrt(1.0 - self.keeps * self.keeps)
    }
    /// The price at a distance of the logarithm from its mean, nano-USD, at least 1.
    pub fn price(&self, zone: usize, distance: f64) -> i64 {
        libm::exp(self.zones[zone].mean_log + distance).clamp(1.0, 1e15).round() as i64
    }
    /// A zone's distance of a price from its mean.
    pub fn distance(&self, zone: usize, nano_usd: i64) -> f64 {
        libm::log(nano_usd.max(1) as f64) - self.zones[zone].mean_log
    }
    /// The distance an hour later, or before: the process looks the same from both ends. `all` and `own` are standard normal, the
    /// first the same for all zones.
    pub fn step(&self, zone: usize, distance: f64, (all, own): (f64, f64)) -> f64 {
        let mixed = libm::sqrt(self.common) * all + libm::sqrt(1.0 - self.common) * own;
        self.keeps * distance + self.zones[zone].shock * mixed
    }
}

/// The mean of the logarithms, and each hour's distance from it.
fn distances(zone: &HourlyPrices) -> (f64, Vec<f64>) {
    let logs: Vec<f64> = zone.nano_usd.iter().map(|price| libm::log((*price).max(1) as f64)).collect();
    // Of what never changes the mean is exact, and no rounding is taken for a movement.
    let is_flat = zone.nano_usd.windows(2).all(|pair| pair[0] == pair[1]);
    let mean =
        if is_flat { logs.first().copied().unwrap_or(0.0) } else { logs.iter().sum::<f64>() / logs.len() as f64 };
    (mean, logs.into_iter().map(|log| log - mean).collect())
}

/// The mean correlation of shocks in the same hours over pairs of zones, at least 0; 0 for one zone.
fn correlation(zones: &[&HourlyPrices], shocks: &[Vec<f64>]) -> f64 {
    let (mut sum, mut pairs) = (0.0, 0);
    for a in 0..zones.len() {
        for b in a + 1..zones.len() {
            let from = zones[a].first_hour.max(zones[b].first_hour);
            let of = |zone: usize| shocks[zone].iter().skip((from - zones[zone].first_hour) as usize);
            let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
            for (x, y) in of(a).zip(of(b)) {
                (ab, aa, bb) = (ab + x * y, aa + x * x, bb + y * y);
            }
            if aa > 0.0 && bb > 0.0 {
                sum += ab / libm::sqrt(aa * bb);
                pairs += 1;
            }
        }
    }
    if pairs == 0 { 0.0 } else { (sum / f64::from(pairs)).clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    #[test]
    fn an_hours_price_is_the_mean_over_its_time() {
        // From 00:30: 40 until 01:15, then 60 until 03:00.
        let minute = 60_000;
        let found = HourlyPrices::of_changes(&[(30 * minute, 40), (75 * minute, 60)], 180 * minute);
        assert_eq!(found, HourlyPrices { first_hour: 0, nano_usd: vec![40, 55, 60] });
        assert_eq!([found.at(-1), found.at(2), found.at(3)], [None, Some(60), None]);
        assert_eq!((found.last_hour(), found.mean()), (2, 52));
        assert_eq!(HourlyPrices::of_changes(&[(5 * HOUR_MS, 7)], 0).nano_usd, [7], "one row knows its hour");
        assert!(HourlyPrices::of_changes(&[], 9).nano_usd.is_empty());
    }

    fn walk(process: &PriceProcess, hours: usize) -> Vec<HourlyPrices> {
        let seed = Seed::new(11, 0);
        let mut all = seed.stream("all", 0);
        let mut own: Vec<_> = (0..process.zones.len() as u64).map(|zone| seed.stream("own", zone)).collect();
        let mut at = vec![0.0; process.zones.len()];
        let mut prices = vec![HourlyPrices::default(); process.zones.len()];
        for _ in 0..hours {
            let common = all.normal();
            for zone in 0..at.len() {
                at[zone] = process.step(zone, at[zone], (common, own[zone].normal()));
                prices[zone].nano_usd.push(process.price(zone, at[zone]));
            }
        }
        prices
    }

    #[test]
    fn a_fit_finds_the_process_that_made_the_prices() {
        let made = PriceProcess::given(&[40_000_000, 44_000_000, 50_000_000], 24.0, 0.05, 0.6);
        let prices = walk(&made, 100_000);
        let found = PriceProcess::fit(&prices.iter().collect::<Vec<_>>()).unwrap();
        assert!((found.half_life_h() / 24.0 - 1.0).abs() < 0.05, "{}", found.half_life_h());
        assert!((found.common - 0.6).abs() < 0.02, "{}", found.common);
        for zone in 0..3 {
            assert!((found.spread(zone) / made.spread(zone) - 1.0).abs() < 0.05);
            assert!(
                (prices[zone].mean() as f64 / [40e6, 44e6, 50e6][zone] - 1.0).abs() < 0.01,
                "the mean is the given one"
            );
        }
        let daily: Vec<f64> =
            prices[0].nano_usd.windows(25).map(|day| libm::log(day[24] as f64 / day[0] as f64)).collect();
        let sd = libm::sqrt(daily.iter().map(|change| change * change).sum::<f64>() / daily.len() as f64);
        assert!((sd / 0.05 - 1.0).abs() < 0.05, "{sd}");
    }

    #[test]
    fn what_does_not_move_stays() {
        let flat = HourlyPrices { first_hour: 0, nano_usd: vec![40_000_000; 100] };
        let found = PriceProcess::fit(&[&flat]).unwrap();
        assert_eq!((found.keeps, found.common, found.zones[0].shock), (0.0, 0.0, 0.0));
        assert_eq!(found.price(0, found.step(0, 0.0, (1.0, 1.0))), 40_000_000);
        let short = HourlyPrices { first_hour: 0, nano_usd: vec![40_000_000; 47] };
        assert_eq!(PriceProcess::fit(&[&short]), None);
    }

    #[test]
    fn a_fit_by_hand() {
        // Distances +a, +a, -a, -a, again and again: half of the steps keep the sign, so an hour leaves nothing on average.
        let price = |up: bool| if up { 2_000_000 } else { 500_000 };
        let prices = HourlyPrices { first_hour: 0, nano_usd: (0..400).map(|hour| price(hour % 4 < 2)).collect() };
        let found = PriceProcess::fit(&[&prices]).unwrap();
        assert!((libm::exp(found.zones[0].mean_log) - 1_000_000.0).abs() < 1e-3, "the geometric mean");
        assert!(found.keeps < 0.01 && (found.zones[0].shock - std::f64::consts::LN_2).abs() < 1e-3, "{found:?}");
    }
}

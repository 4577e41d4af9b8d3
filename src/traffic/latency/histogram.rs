//! Latency histograms: logarithmic buckets, integer weights, merged exactly in any order.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Weights are counted in parts of a request, so that expected (fractional) requests add up as
/// integers do: exactly, whatever the order.
const PARTS_PER_REQUEST: f64 = 65_536.0;

/// The exponent of the smallest value told apart: 2^-20 s is about 1 µs.
const LOWEST_EXPONENT: i64 = -20;
/// Values from 2^18 s (three days) share the last bucket.
const OCTAVES: usize = 38;

/// The layout of logarithmic buckets: every power of two is cut into `2^BITS` equal parts, so the
/// bucket is read off a float's own bits. Relative width: between `2^-BITS` and half of that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Buckets<const BITS: u32>;

impl<const BITS: u32> Buckets<BITS> {
    /// How many there are.
    pub(super) const COUNT: usize = OCTAVES << BITS;
    const SHIFT: u32 = 52 - BITS;
    const BASE: u64 = ((1023 + LOWEST_EXPONENT) as u64) << BITS;

    /// The bucket of a value; what is too small or no number goes to the first, what is too large
    /// to the last.
    pub(super) fn of(value: f64) -> usize {
        if value > 0.0 {
            ((value.to_bits() >> Self::SHIFT).saturating_sub(Self::BASE) as usize).min(Self::COUNT - 1)
        } else {
            0
        }
    }

    /// The smallest value of a bucket (0 for the first).
    pub(super) fn edge(bucket: usize) -> f64 {
        if bucket == 0 { 0.0 } else { f64::from_bits((bucket as u64 + Self::BASE) << Self::SHIFT) }
    }
}

/// How often which latency occurred, in seconds, over a run or over many.
///
/// Buckets are logarithmic: `2^BITS` per power of two. Percentiles interpolate within a bucket.
/// Merging adds integers: exact and independent of the order. Memory: `304 * 2^BITS` bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Histogram<const BITS: u32> {
    parts: Vec<u64>,
    total_parts: u64,
    /// Sum of weight times latency, in parts of a request times nanoseconds.
    sum_ns: u128,
}

/// The histogram of the fast mode and of reports: buckets of 1.6 % to 3.1 %.
pub type LatencyHistogram = Histogram<5>;
/// The histogram of the exact mode: buckets of 0.2 % to 0.4 %.
pub type FineHistogram = Histogram<8>;

impl<const BITS: u32> Default for Histogram<BITS> {
    fn default() -> Self {
        Histogram::new()
    }
}

impl<const BITS: u32> std::fmt::Debug for Histogram<BITS> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Histogram({} requests, mean {} s)", self.requests(), self.mean_s())
    }
}

impl<const BITS: u32> Histogram<BITS> {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Histogram { parts: vec![0; Buckets::<BITS>::COUNT], total_parts: 0, sum_ns: 0 }
    }

    /// Counts `requests` (may be a fraction) of the given latency in seconds.
    pub fn record(&mut self, latency_s: f64, requests: f64) {
        self.record_parts(latency_s, (requests * PARTS_PER_REQUEST).round() as u64);
    }

    /// Counts one request.
    pub fn record_one(&mut self, latency_s: f64) {
        self.record_parts(latency_s, PARTS_PER_REQUEST as u64);
    }

    fn record_parts(&mut self, latency_s: f64, parts: u64) {
        self.parts[Buckets::<BITS>::of(latency_s)] += parts;
        self.total_parts += parts;
        self.sum_ns += u128::from((latency_s * 1e9) as u64) * u128::from(parts);
    }

    /// Adds everything counted by `other`.
    pub fn merge(&mut self, other: &Self) {
        self.parts.iter_mut().zip(&other.parts).for_each(|(mine, theirs)| *mine += theirs);
        self.total_parts += other.total_parts;
        self.sum_ns += other.sum_ns;
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.parts.fill(0);
        (self.total_parts, self.sum_ns) = (0, 0);
    }

    /// Requests counted.
    pub fn requests(&self) -> f64 {
        self.total_parts as f64 / PARTS_PER_REQUEST
    }

    /// The mean latency in seconds; 0 when nothing was counted. Exact to the nanosecond for
    /// single requests, within the bucket width for distributions.
    pub fn mean_s(&self) -> f64 {
        if self.total_parts == 0 { 0.0 } else { self.sum_ns as f64 / self.total_parts as f64 / 1e9 }
    }

    /// The latency in seconds that the share `quantile` (0..=1) of requests does not exceed.
    pub fn quantile_s(&self, quantile: f64) -> f64 {
        if self.total_parts == 0 {
            return 0.0;
        }
        let wanted = quantile.clamp(0.0, 1.0) * self.total_parts as f64;
        let mut below = 0_u64;
        for (bucket, &parts) in self.parts.iter().enumerate() {
            if parts > 0 && (below + parts) as f64 >= wanted {
                let share = ((wanted - below as f64) / parts as f64).clamp(0.0, 1.0);
                let edge = Buckets::<BITS>::edge(bucket);
                return edge + share * (Buckets::<BITS>::edge(bucket + 1) - edge);
            }
            below += parts;
        }
        Buckets::<BITS>::edge(Buckets::<BITS>::COUNT)
    }

    /// The largest latency to expect: the one that half a request exceeds.
    pub fn max_s(&self) -> f64 {
        let requests = self.requests();
        if requests < 1.0 { self.quantile_s(1.0) } else { self.quantile_s(1.0 - 0.5 / requests) }
    }

    /// Requests slower than the buckets tell apart (2^18 s, three days).
    pub fn overflowed(&self) -> f64 {
        self.parts.last().map_or(0.0, |parts| *parts as f64 / PARTS_PER_REQUEST)
    }

    /// The share of requests (0..=1) slower than `latency_s`.
    pub fn share_above(&self, latency_s: f64) -> f64 {
        if self.total_parts == 0 {
            return 0.0;
        }
        let bucket = Buckets::<BITS>::of(latency_s);
        let (edge, end) = (Buckets::<BITS>::edge(bucket), Buckets::<BITS>::edge(bucket + 1));
        let slower: u64 = self.parts[bucket + 1..].iter().sum();
        let inside = self.parts[bucket] as f64 * ((end - latency_s) / (end - edge)).clamp(0.0, 1.0);
        (slower as f64 + inside) / self.total_parts as f64
    }

    /// The apdex score of a target `t`: satisfied up to `t` count whole, tolerating up to `4 t`
    /// half. 1 when nothing was counted. Failed requests are not in a histogram: the caller
    /// weighs them in as frustrated.
    ///
    /// Source: Apdex technical specification 1.1.
    pub fn apdex(&self, target_s: f64) -> f64 {
        1.0 - (self.share_above(target_s) + self.share_above(4.0 * target_s)) / 2.0
    }

    /// The buckets that hold something: `(from seconds, to seconds, requests)`.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        self.parts.iter().enumerate().filter(|(_, parts)| **parts > 0).map(|(bucket, parts)| {
            let requests = *parts as f64 / PARTS_PER_REQUEST;
            (Buckets::<BITS>::edge(bucket), Buckets::<BITS>::edge(bucket + 1), requests)
        })
    }
}

/// A histogram in a file: only the buckets that hold something.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    /// Buckets per power of two, as an exponent of 2.
    bits: u32,
    /// Bucket and parts of a request, in order.
    parts: Vec<(usize, u64)>,
    sum_ns: u128,
}

impl<const BITS: u32> Serialize for Histogram<BITS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parts = self.parts.iter().copied().enumerate().filter(|(_, parts)| *parts > 0);
        Written { bits: BITS, parts: parts.collect(), sum_ns: self.sum_ns }.serialize(serializer)
    }
}

impl<'de, const BITS: u32> Deserialize<'de> for Histogram<BITS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        if written.bits != BITS {
            return Err(D::Error::custom(format!("found buckets of {} bits, expected {BITS}", written.bits)));
        }
        let mut histogram = Histogram { sum_ns: written.sum_ns, ..Histogram::new() };
        for (bucket, parts) in written.parts {
            let place = histogram.parts.get_mut(bucket);
            *place.ok_or_else(|| D::Error::custom(format!("there is no bucket {bucket}")))? = parts;
        }
        let total = histogram.parts.iter().try_fold(0_u64, |sum, parts| sum.checked_add(*parts));
        histogram.total_parts = total.ok_or_else(|| D::Error::custom("more requests than can be counted"))?;
        Ok(histogram)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_a_fraction_of_a_bucket() {
        let mut histogram = LatencyHistogram::new();
        (1..=100_000).for_each(|k| histogram.record_one(f64::from(k) * 1e-5));
        for (quantile, latency_s) in [(0.5, 0.5), (0.95, 0.95), (0.99, 0.99), (0.1, 0.1)] {
            let found = histogram.quantile_s(quantile);
            assert!((found / latency_s - 1.0).abs() < 0.002, "{quantile}: {found}");
        }
        assert!((histogram.mean_s() - 0.500_005).abs() < 1e-9);
        assert!((histogram.max_s() - 1.0).abs() < 0.02);
        assert!((histogram.share_above(0.2) - 0.8).abs() < 1e-3);
        assert!((histogram.apdex(0.2) - (0.2 + 0.6 / 2.0)).abs() < 2e-3);
    }

    #[test]
    fn merging_is_exact_in_any_order() {
        let part = |k: u32| {
            let mut histogram = LatencyHistogram::new();
            (0..500).for_each(|i| histogram.record(f64::from(k * i % 97) * 0.013, 0.1 + f64::from(i % 7) / 3.0));
            histogram
        };
        let (mut forward, mut backward) = (LatencyHistogram::new(), LatencyHistogram::new());
        (1..20).for_each(|k| forward.merge(&part(k)));
        (1..20).rev().for_each(|k| backward.merge(&part(k)));
        assert_eq!(forward, backward);
        assert!(forward.requests() > 9000.0);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut histogram = LatencyHistogram::new();
        (0..500).for_each(|i| histogram.record(f64::from(i % 97) * 130.0, 1e6 + f64::from(i % 7) / 3.0));
        let text = serde_json::to_string(&histogram).unwrap();
        assert_eq!(serde_json::from_str::<LatencyHistogram>(&text).unwrap(), histogram);
        assert!(serde_json::from_str::<FineHistogram>(&text).is_err(), "other buckets");
        let beyond = r#"{"bits":5,"parts":[[999999,1]],"sumNs":0}"#;
        assert!(serde_json::from_str::<LatencyHistogram>(beyond).is_err(), "no such bucket");
    }

    #[test]
    fn strange_values_have_a_bucket() {
        let mut histogram = FineHistogram::new();
        [0.0, -1.0, f64::NAN, 1e-12, 1e12, f64::INFINITY].iter().for_each(|v| histogram.record_one(*v));
        assert_eq!(histogram.requests(), 6.0);
        assert_eq!(FineHistogram::new().quantile_s(0.99), 0.0);
    }
}

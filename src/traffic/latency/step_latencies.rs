//! The latency distribution of one step, put together from rows and drained requests.

use super::histogram::LatencyHistogram;
use super::table::{MassReader, Row, RowBuckets, STRATA};

/// Requests by latency in seconds, in the buckets of a [`LatencyHistogram`]; reused every step.
#[derive(Clone, Debug)]
pub(super) struct StepLatencies {
    requests: Vec<f64>,
    /// By bucket, how the density of [`add_later`](Self::add_later) changes at its lower edge.
    rises: Vec<f64>,
    /// The buckets that may hold something.
    from: usize,
    to: usize,
}

impl StepLatencies {
    pub(super) fn new() -> StepLatencies {
        StepLatencies {
            requests: vec![0.0; RowBuckets::COUNT],
            rises: vec![0.0; RowBuckets::COUNT],
            from: RowBuckets::COUNT,
            to: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        if self.from < self.to {
            self.requests[self.from..self.to].fill(0.0);
        }
        (self.from, self.to) = (RowBuckets::COUNT, 0);
    }

    /// Adds requests spread evenly between two latencies.
    pub(super) fn add_even(&mut self, from_s: f64, to_s: f64, requests: f64) {
        let (first, last) = (RowBuckets::of(from_s), RowBuckets::of(to_s));
        (self.from, self.to) = (self.from.min(first), self.to.max(last + 1));
        if first == last {
            self.requests[first] += requests;
            return;
        }
        let density = requests / (to_s - from_s);
        let mut edge = from_s;
        for bucket in first..last {
            let end = RowBuckets::edge(bucket + 1);
            self.requests[bucket] += density * (end - edge);
            edge = end;
        }
        self.requests[last] += density * (to_s - edge);
    }

    /// As [`add_even`](Self::add_even) at a constant cost; counted once [`settle`](Self::settle) is called.
    pub(super) fn add_later(&mut self, from_s: f64, to_s: f64, requests: f64) {
        let (first, last) = (RowBuckets::of(from_s), RowBuckets::of(to_s));
        (self.from, self.to) = (self.from.min(first), self.to.max(last + 1));
        if first == last {
            self.requests[first] += requests;
            return;
        }
        let density = requests / (to_s - from_s);
        self.requests[first] += density * (RowBuckets::edge(first + 1) - from_s);
        self.requests[last] += density * (to_s - RowBuckets::edge(last));
        self.rises[first + 1] += density;
        self.rises[last] -= density;
    }

    /// Counts what was added later.
    pub(super) fn settle(&mut self) {
        let mut density = 0.0;
        for bucket in self.from..self.to {
            density += std::mem::take(&mut self.rises[bucket]);
            let width = RowBuckets::edge(bucket + 1) - RowBuckets::edge(bucket);
            self.requests[bucket] += f64::max(density, 0.0) * width;
        }
    }

    /// Adds requests distributed as a row whose unit is `unit_s` seconds.
    pub(super) fn add_row(&mut self, row: &Row, unit_s: f64, requests: f64) {
        let mut edge = RowBuckets::edge(row.first) * unit_s;
        for (index, mass) in row.mass.iter().enumerate() {
            let end = RowBuckets::edge(row.first + index + 1) * unit_s;
            if *mass > 0.0 {
                self.add_even(edge, end, requests * f64::from(*mass));
            }
            edge = end;
        }
    }

    /// Adds requests that waited between `from_s` and `to_s`, evenly: each takes its wait and a
    /// body of `body` strata, but not less than a request of the same rank takes in `calm` strata.
    pub(super) fn add_waited(
        &mut self,
        (from_s, to_s): (f64, f64),
        body: &[f64; STRATA.len()],
        calm: &[f64; STRATA.len()],
        requests: f64,
    ) {
        let (low_s, high_s) = (from_s.min(to_s), from_s.max(to_s));
        for ((body_s, calm_s), share) in body.iter().zip(calm).zip(STRATA) {
            let requests = requests * share;
            // Waits below this are lost in what the calm queue would have cost.
            let hidden_s = (calm_s - body_s).max(low_s).min(high_s);
            let hidden = if high_s > low_s {
                (hidden_s - low_s) / (high_s - low_s)
            } else {
                f64::from(u8::from(calm_s - body_s > low_s))
            };
            if hidden > 0.0 {
                self.add_even(*calm_s, *calm_s, requests * hidden);
            }
            if hidden < 1.0 {
                self.add_even(hidden_s + body_s, high_s + body_s, requests * (1.0 - hidden));
            }
        }
    }

    /// Adds to `sums` every latency held here (waits) plus a body of `body` strata.
    pub(super) fn plus_strata(&self, body: &[f64; STRATA.len()], sums: &mut StepLatencies) {
        let mean_of =
            |value: &dyn Fn(f64) -> f64| body.iter().zip(STRATA).map(|(b, share)| value(*b) * share).sum::<f64>();
        let mean_s = mean_of(&|body_s| body_s);
        let variance = mean_of(&|body_s| (body_s - mean_s) * (body_s - mean_s));
        for (index, requests) in self.held().iter().enumerate().filter(|(_, r)| **r > 0.0) {
            let bucket = self.from + index;
            let (low_s, high_s) = (RowBuckets::edge(bucket), RowBuckets::edge(bucket + 1));
            let half_s = (high_s - low_s) / 2.0;
            if variance < half_s * half_s {
                // The shape of the body is lost within a bucket: an even spread with the mean and variance of both.
                let (middle_s, half_s) = (low_s + half_s + mean_s, libm::sqrt(half_s * half_s + 3.0 * variance));
                sums.add_later((middle_s - half_s).max(0.0), middle_s + half_s, *requests);
                continue;
            }
            for (body_s, share) in body.iter().zip(STRATA) {
                sums.add_later(low_s + body_s, high_s + body_s, requests * share);
            }
        }
        sums.settle();
    }

    /// Takes away everything slower than `limit_s`; how many requests that were.
    pub(super) fn cut_above(&mut self, limit_s: f64) -> f64 {
        let bucket = RowBuckets::of(limit_s);
        let mut cut = 0.0;
        if bucket < self.to {
            let (edge, end) = (RowBuckets::edge(bucket), RowBuckets::edge(bucket + 1));
            let part = self.requests[bucket] * ((end - limit_s) / (end - edge)).clamp(0.0, 1.0);
            self.requests[bucket] -= part;
            cut = part + self.requests[bucket + 1..self.to].iter().sum::<f64>();
            self.requests[bucket + 1..self.to].fill(0.0);
            self.to = bucket + 1;
        }
        cut
    }

    /// Requests held.
    pub(super) fn total(&self) -> f64 {
        self.held().iter().sum()
    }

    /// The mean latency in seconds of the requests held.
    pub(super) fn mean_s(&self) -> f64 {
        let middle = |index: usize| (RowBuckets::edge(index) + RowBuckets::edge(index + 1)) / 2.0;
        let (total, sum) = self
            .held()
            .iter()
            .enumerate()
            .fold((0.0, 0.0), |(total, sum), (index, r)| (total + r, sum + r * middle(self.from + index)));
        if total > 0.0 { sum / total } else { 0.0 }
    }

    /// The means of the [`STRATA`] of requests, fastest first.
    pub(super) fn strata(&self) -> [f64; STRATA.len()] {
        let mut reader = self.reader();
        STRATA.map(|share| reader.next_mean(share))
    }

    /// Reads the distribution in rising order.
    pub(super) fn reader(&self) -> MassReader<'_, f64> {
        MassReader::new(self.from.min(self.to), self.held())
    }

    /// Adds everything to a histogram.
    pub(super) fn record(&self, histogram: &mut LatencyHistogram) {
        for (index, requests) in self.held().iter().enumerate().filter(|(_, r)| **r > 0.0) {
            let bucket = self.from + index;
            histogram.record((RowBuckets::edge(bucket) + RowBuckets::edge(bucket + 1)) / 2.0, *requests);
        }
    }

    fn held(&self) -> &[f64] {
        if self.from < self.to { &self.requests[self.from..self.to] } else { &[] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_later_is_adding() {
        let (mut now, mut later) = (StepLatencies::new(), StepLatencies::new());
        for at in 1..200 {
            let (from_s, width) = (f64::from(at * at % 97) * 0.003, f64::from(at % 13) * 0.02);
            now.add_even(from_s, from_s + width, f64::from(at));
            later.add_later(from_s, from_s + width, f64::from(at));
        }
        later.settle();
        for (one, other) in now.requests.iter().zip(&later.requests) {
            assert!((one - other).abs() < 1e-6, "{one} {other}");
        }
    }

    #[test]
    fn even_requests_have_even_percentiles() {
        let mut spread = StepLatencies::new();
        spread.add_even(1.0, 3.0, 100.0);
        let mut reader = spread.reader();
        for (quantile, latency_s) in [(0.05, 1.1), (0.5, 2.0), (0.95, 2.9)] {
            assert!((reader.quantile(quantile) - latency_s).abs() < 1e-9);
        }
        assert!((spread.mean_s() - 2.0).abs() < 1e-9);
        assert!((spread.cut_above(2.5) - 25.0).abs() < 1e-9);
        assert!((spread.total() - 75.0).abs() < 1e-9);
        let mut histogram = LatencyHistogram::new();
        spread.record(&mut histogram);
        assert!((histogram.requests() - 75.0).abs() < 1e-3);
        spread.clear();
        assert_eq!(spread.total(), 0.0);
    }
}

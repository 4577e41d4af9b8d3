//! What several copies of a service did in a step, put together.

use super::replay::Seen;
use super::table::RowBuckets;

/// Requests by how they ended, those answered by latency.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// By bucket of a [`LatencyHistogram`](super::LatencyHistogram); empty where nobody was answered.
    pub(super) counts: Vec<u32>,
    pub(super) answered: u64,
    pub(super) rejected: u64,
    pub(super) timed_out: u64,
    sum_s: f64,
}

impl Tally {
    pub(super) fn of(seen: &Seen) -> Tally {
        let mut tally = Tally { rejected: seen.rejected, timed_out: seen.timed_out, ..Tally::default() };
        for (_, latency_s) in &seen.answered {
            tally.count(RowBuckets::of(*latency_s), 1);
            tally.sum_s += latency_s;
            tally.answered += 1;
        }
        tally
    }

    fn count(&mut self, bucket: usize, requests: u32) {
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += requests;
    }

    pub(super) fn merge(&mut self, other: &Tally) {
        for (bucket, requests) in other.counts.iter().enumerate().filter(|(_, requests)| **requests > 0) {
            self.count(bucket, *requests);
        }
        self.answered += other.answered;
        self.rejected += other.rejected;
        self.timed_out += other.timed_out;
        self.sum_s += other.sum_s;
    }

    pub(super) fn ended(&self) -> u64 {
        self.answered + self.rejected + self.timed_out
    }

    /// The mean latency in seconds; 0 where nobody was answered.
    pub(super) fn mean_s(&self) -> f64 {
        self.sum_s / (self.answered as f64).max(1.0)
    }
}

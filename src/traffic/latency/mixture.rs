//! Latencies of several parts of a step, taken together.

use super::STRATA_COUNT;
use super::outcome::LatencySummary;
use super::routes::spread_strata_into;
use super::step_latencies::StepLatencies;

/// Latencies of several parts of a step, taken together.
#[derive(Clone, Debug)]
pub struct Mixture {
    spread: StepLatencies,
    max_s: f64,
}

impl Default for Mixture {
    fn default() -> Mixture {
        Mixture { spread: StepLatencies::new(), max_s: 0.0 }
    }
}

impl Mixture {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.spread.clear();
        self.max_s = 0.0;
    }

    /// Adds requests of a part: their latency by its strata, and the largest to expect, in seconds.
    pub fn add(&mut self, strata_s: &[f64; STRATA_COUNT], max_s: f64, requests: f64) {
        if requests > 0.0 {
            spread_strata_into(&mut self.spread, strata_s, requests);
            self.max_s = self.max_s.max(max_s);
        }
    }

    /// The latency of all of them; all 0 when there were none.
    pub fn summary(&self) -> LatencySummary {
        if self.spread.total() <= 0.0 {
            return LatencySummary::default();
        }
        let mut reader = self.spread.reader();
        let [p50_s, p90_s, p95_s, p99_s] = [0.5, 0.9, 0.95, 0.99].map(|quantile| reader.quantile(quantile));
        LatencySummary { mean_s: self.spread.mean_s(), p50_s, p90_s, p95_s, p99_s, max_s: self.max_s.max(p99_s) }
    }
}

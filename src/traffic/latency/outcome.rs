//! What goes into a step and what comes out.

use super::histogram::LatencyHistogram;

/// Pods of a service that became ready together, over one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PodCohort {
    /// The same number in every step as long as the cohort lives.
    pub key: u64,
    /// Ready pods, averaged over the step.
    pub ready: f64,
    /// The speed of their CPUs, 1 unless their node is contended; above 0.
    pub speed: f64,
}

impl PodCohort {
    /// Pods of speed 1 that could do as much.
    pub fn power(&self) -> f64 {
        self.ready * self.speed
    }
}

/// The ready pods of a service over one step.
pub type PodCohorts = [PodCohort];

/// Latency of the requests answered in a step, in seconds; all 0 when there were none.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct LatencySummary {
    /// The mean.
    pub mean_s: f64,
    /// The median.
    pub p50_s: f64,
    /// Nine of ten are not slower.
    pub p90_s: f64,
    /// 95 of a hundred are not slower.
    pub p95_s: f64,
    /// 99 of a hundred are not slower.
    pub p99_s: f64,
    /// The largest to expect among this many.
    pub max_s: f64,
}

impl LatencySummary {
    /// The figures of a histogram; the largest is the end of its last bucket.
    pub fn of(latency: &LatencyHistogram) -> LatencySummary {
        let quantile = |share| latency.quantile_s(share);
        LatencySummary {
            mean_s: latency.mean_s(),
            p50_s: quantile(0.5),
            p90_s: quantile(0.9),
            p95_s: quantile(0.95),
            p99_s: quantile(0.99),
            max_s: quantile(1.0),
        }
    }

    /// The share of requests slower than `latency_s`, 0..=1, read between P50, P90, P95, P99 and the
    /// largest; the faster half is taken as spread evenly from 0.
    pub fn share_above(&self, latency_s: f64) -> f64 {
        let points = [
            (0.0, 1.0),
            (self.p50_s, 0.5),
            (self.p90_s, 0.1),
            (self.p95_s, 0.05),
            (self.p99_s, 0.01),
            (self.max_s, 0.0),
        ];
        for pair in points.windows(2) {
            let ((low, above), (high, still_above)) = (pair[0], pair[1]);
            if latency_s < high {
                let along = ((latency_s - low) / (high - low)).clamp(0.0, 1.0);
                return above + along * (still_above - above);
            }
        }
        0.0
    }

    /// All of it `factor` times as slow.
    pub(super) fn scaled(&self, factor: f64) -> Self {
        self.map(|value| value * factor)
    }

    /// Every figure through a function that keeps their order.
    pub fn map(&self, function: impl Fn(f64) -> f64) -> Self {
        LatencySummary {
            mean_s: function(self.mean_s),
            p50_s: function(self.p50_s),
            p90_s: function(self.p90_s),
            p95_s: function(self.p95_s),
            p99_s: function(self.p99_s),
            max_s: function(self.max_s),
        }
    }
}

/// What a service did in one step. Requests are expectations, hence fractions.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct StepOutcome {
    /// Requests that arrived.
    pub arrived: f64,
    /// Requests answered in time.
    pub answered: f64,
    /// Requests turned away: no place in the queue, or no ready pod.
    pub rejected: f64,
    /// Requests whose client had given up.
    pub timed_out: f64,
    /// Requests that wait beyond the stationary queue at the end of the step.
    pub backlog: f64,
    /// Work done over capacity, 0..=1.
    pub utilization: f64,
    /// The mean CPU usage of a ready pod in milli-cores of speed 1, idle use included; never above the limit times the
    /// pods' speed, nor above the limit where that is slower than 1.
    pub cpu_milli_per_pod: f64,
    /// The latency of the requests answered in time.
    pub latency: LatencySummary,
    /// Whether the second tier made it: load was near capacity, and percentiles are pooled over all runs
    /// imaginable.
    pub is_pooled: bool,
    /// Whether it was replayed request by request, in several copies; percentiles are pooled over them.
    pub is_replayed: bool,
    /// Whether it should have been, and so much had been replayed before that formulas had to do.
    pub is_doubtful: bool,
}

impl StepOutcome {
    /// Failed requests over all that ended in the step, 0..=1.
    pub fn error_rate(&self) -> f64 {
        let failed = self.rejected + self.timed_out;
        if failed > 0.0 { failed / (failed + self.answered) } else { 0.0 }
    }
}

//! Queues of impatient clients that forget within a fraction of a step: they are stationary at any load.

use super::ServiceModel;
use super::backlog::Passed;

/// A queue that forgets within this part of a step is as it would be after a long time.
const OF_STEP: f64 = 0.25;
const STOPPED_OF_STEP: f64 = 1.0;

impl ServiceModel {
    /// Whether what waits depends on this step's load alone, because clients give up so early.
    ///
    /// The wait that is offered moves between 0 and the patience: at capacity as a Brownian motion between two
    /// barriers forgets (Harrison 1985), else it reaches one of them in the time that its drift takes at most.
    pub(super) fn forgets(&self, rates: &[f64], span_s: f64) -> bool {
        if self.profile.timeout.is_none() {
            return false;
        }
        let Some(patience_s) = self.patience_s() else { return false };
        if self.stops_work() {
            // Nothing at all stays for longer.
            return patience_s < STOPPED_OF_STEP * span_s;
        }
        let servers = self.servers_of_a_queue();
        let variance = (1.0 + self.profile.shape.scv()) * self.profile.unloaded_s() / servers;
        let at_capacity_s = 2.0 * patience_s * patience_s / (9.87 * variance);
        let longest_s = |(cohort, rate): (&super::cohort::Cohort, &f64)| {
            let capacity = self.pod_capacity * cohort.pods.ready * cohort.pods.speed;
            at_capacity_s.min(patience_s / (rate / capacity.max(1e-300) - 1.0).abs().max(1e-9))
        };
        self.cohorts.iter().zip(rates).map(longest_s).all(|time_s| time_s < OF_STEP * span_s)
    }

    /// Lets a step's flow pass queues that are stationary; what waited before starts at once.
    pub(super) fn pass_calmly(&mut self, rates: &[f64], span_s: f64) {
        self.leave_second_tier(rates, span_s);
        let mut drained = std::mem::take(&mut self.drained);
        for (cohort, rate) in self.cohorts.iter_mut().zip(rates) {
            let capacity = self.pod_capacity * cohort.pods.ready * cohort.pods.speed;
            let waiting = cohort.backlog.requests();
            let left = cohort.backlog.take(waiting, self.clock_s, waiting / capacity.max(1e-300), &mut drained);
            self.passed.push((*rate, Passed { calm: rate * span_s, saturated: 0.0, drained: left }));
        }
        self.drained = drained;
    }
}

//! A step of the fast mode that was gone through in parts, put together again.

use crate::traffic::latency::{Mixture, RouteOutcome, STRATA_COUNT, StepOutcome};

/// What a service did in the parts of a step so far.
#[derive(Clone, Debug, Default)]
pub(super) struct ServiceSums {
    outcome: StepOutcome,
    latency: Mixture,
}

impl ServiceSums {
    pub(super) fn clear(&mut self) {
        self.outcome = StepOutcome::default();
        self.latency.clear();
    }

    /// Adds a part that was this share of the step.
    pub(super) fn add(&mut self, part: &StepOutcome, strata_s: &[f64; STRATA_COUNT], share: f64) {
        let sum = &mut self.outcome;
        sum.arrived += part.arrived;
        sum.answered += part.answered;
        sum.rejected += part.rejected;
        sum.timed_out += part.timed_out;
        sum.backlog = part.backlog;
        sum.utilization += share * part.utilization;
        sum.cpu_milli_per_pod += share * part.cpu_milli_per_pod;
        sum.is_pooled |= part.is_pooled;
        sum.is_replayed |= part.is_replayed;
        sum.is_doubtful |= part.is_doubtful;
        self.latency.add(strata_s, part.latency.max_s, part.answered);
    }

    pub(super) fn outcome(&self) -> StepOutcome {
        StepOutcome { latency: self.latency.summary(), ..self.outcome }
    }
}

/// What the requests of a route saw in the parts of a step so far.
#[derive(Clone, Debug, Default)]
pub(super) struct RouteSums {
    arrived: f64,
    failed: f64,
    latency: Mixture,
}

impl RouteSums {
    pub(super) fn clear(&mut self) {
        (self.arrived, self.failed) = (0.0, 0.0);
        self.latency.clear();
    }

    pub(super) fn add(&mut self, part: &RouteOutcome, strata_s: &[f64; STRATA_COUNT]) {
        self.arrived += part.arrived;
        self.failed += part.failed;
        self.latency.add(strata_s, part.latency.max_s, part.arrived - part.failed);
    }

    pub(super) fn outcome(&self) -> RouteOutcome {
        RouteOutcome { arrived: self.arrived, failed: self.failed, latency: self.latency.summary() }
    }
}

//! Threads that callees hold: what it does to a service, and what its callers have to expect of it.

use super::ServiceModel;
use super::given_up::GivenUp;
use super::model::LastLatency;
use super::outcome::{PodCohort, PodCohorts, StepOutcome};
use super::servers::HIGHEST_OPEN_LOAD;
use crate::units::SimDuration;

/// Times for which threads are held are told apart to within 1 / 64: each needs rows of its own.
const LEVEL_BITS: u32 = 5;
/// Threads are not held for less.
const LEAST_S: f64 = 1e-6;

impl ServiceModel {
    /// From now on every request keeps its thread for so many seconds after its own work, to within 2 %. Latencies and
    /// [`strata_s`](Self::strata_s) include them; whether its client leaves in this time is not for the service to say.
    pub fn hold_threads_for(&mut self, seconds: f64) {
        let mask = (1_u64 << (52 - LEVEL_BITS)) - 1;
        let held_s =
            if seconds >= LEAST_S { f64::from_bits((seconds.to_bits() & !mask) | (mask / 2 + 1)) } else { 0.0 };
        if held_s == self.held_s {
            return;
        }
        self.flush();
        self.in_use.clear();
        self.last = LastLatency::Spread;
        self.profile.off_cpu_s += held_s - self.held_s;
        self.held_s = held_s;
        self.pod_capacity = self.profile.pod_capacity();
        self.given_up.after_s = GivenUp::new(&self.profile).after_s.map(|after_s| after_s + held_s);
    }

    /// For how long a request keeps its thread after its own work, in seconds.
    pub fn held_s(&self) -> f64 {
        self.held_s
    }

    /// How long a visit is going to take in the mean, in seconds, if `rate` come per second in the next `span`, after a
    /// step that ended like that: as in the long run, or as long as it takes already where requests wait, and by what
    /// comes above capacity longer.
    pub fn foreseen_s(&mut self, rate: f64, pods: &PodCohorts, last: &StepOutcome, span: SimDuration) -> f64 {
        let ready: f64 = pods.iter().map(|cohort| cohort.ready).sum();
        let power: f64 = pods.iter().map(PodCohort::power).sum();
        if power <= 0.0 {
            return 0.0;
        }
        let (capacity, speed) = (self.pod_capacity * power, power / ready);
        let in_use = self.table_for(ready, speed);
        let table = &self.in_use[in_use].table;
        let load = rate / capacity;
        let unit_s = self.profile.cpu_s / speed;
        if self.profile.queue_bound.is_some() {
            // A full queue is soon full, and who is turned away by it takes no time.
            let place = table.place(load);
            let taken = 1.0 - table.between(place, |row| row.rejected);
            return taken * (table.between(place, |row| row.mean) * unit_s - self.held_s);
        }
        let usual_s = table.between(table.place(load.min(HIGHEST_OPEN_LOAD)), |row| row.mean) * unit_s;
        let is_waited_for = last.backlog > 0.0 || last.is_pooled;
        let now_s = if is_waited_for { last.latency.mean_s.max(last.backlog / capacity) } else { 0.0 };
        (now_s + (load - 1.0) * span.as_secs_f64()).max(usual_s) - self.held_s
    }
}

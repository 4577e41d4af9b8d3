//! What the second tier of the fast mode remembers of a service.

use super::STRATA_COUNT;
use super::cohort::Cohort;
use super::distribution::Sorted;
use super::step_latencies::StepLatencies;
use super::waiting_line::Moved;

/// Whether distributions are followed, and what the last step's requests did there.
#[derive(Clone, Debug)]
pub(super) struct SecondTier {
    pub(super) is_off: bool,
    pub(super) is_on: bool,
    /// Whether every pod has a queue that others do not look at.
    pub(super) is_split: bool,
    pub(super) sorted: Sorted,
    /// Requests that had waited when the tier went off, and start in this step.
    pub(super) late: f64,
    /// Latencies from the start on of who waited for a thread of pods that share a CPU.
    pub(super) busy_strata: Option<[f64; STRATA_COUNT]>,
    /// Waits of the step, reused.
    pub(super) waits: StepLatencies,
    /// Load of the step before: what the queues were like when the tier came in.
    pub(super) load_before: f64,
}

impl Default for SecondTier {
    fn default() -> Self {
        let sorted = Sorted::default();
        SecondTier {
            is_off: false,
            is_on: false,
            is_split: false,
            sorted,
            late: 0.0,
            busy_strata: None,
            waits: StepLatencies::new(),
            load_before: 0.0,
        }
    }
}

impl SecondTier {
    pub(super) fn begin_step(&mut self) {
        (self.late, self.sorted, self.busy_strata) = (0.0, Sorted::default(), None);
        self.waits.clear();
    }

    /// Spreads what must leave its pods over the cohorts by their pods.
    pub(super) fn receive(&self, moved: &[Moved], cohorts: &mut [Cohort]) {
        let there = |cohort: &Cohort| if cohort.followed.is_some() { cohort.pods.ready } else { 0.0 };
        let ready: f64 = cohorts.iter().map(there).sum();
        for cohort in cohorts {
            let part = there(cohort) / ready.max(1e-300);
            if let Some(followed) = cohort.followed.as_mut().filter(|_| part > 0.0) {
                let queues = if self.is_split { cohort.pods.ready } else { 1.0 };
                followed.receive(moved, part, queues);
            }
        }
    }
}

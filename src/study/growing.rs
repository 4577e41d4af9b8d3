//! A study that gets more replications while it is not clear what it says.

use super::replicate::Study;
use super::run::{Finished, Phase, Watch};
use super::runs::Runs;
use crate::scenario::Scenario;
use crate::traffic::latency::LatencyTables;

/// A scenario with as many replications as were asked for so far.
pub struct Growing(Finished);

impl Growing {
    /// Without any replication. Its story is not kept.
    pub fn new(scenario: &Scenario, tables: &LatencyTables) -> Self {
        let study = Study { tables: tables.clone(), keeps_story: false, ..Study::of(scenario) };
        let scenario = Scenario { replications: 0, ..scenario.clone() };
        Growing(Finished { scenario, study, runs: Runs::default(), commitment_advice: Vec::new(), forecast: None })
    }

    /// Simulates the replications up to `count` that there are not yet, on all threads of the current pool. What comes out
    /// does not depend on the steps in which it grew.
    pub fn grow(&mut self, count: u32, watch: &dyn Watch) {
        let Finished { scenario, study, runs, .. } = &mut self.0;
        if count <= scenario.replications {
            return;
        }
        watch.begins(Phase::Simulating, u64::from(count - scenario.replications));
        let more = study.replicate_all(scenario.replications..count, &|| watch.replicated());
        watch.simulated(&more);
        *runs = std::mem::take(runs).merged(more);
        scenario.replications = count;
    }

    /// The study with what it has so far.
    pub fn finished(&self) -> &Finished {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::{Figures, simulate};

    #[test]
    fn it_does_not_matter_in_which_steps_it_grew() {
        let sets = ["duration=2h".to_owned()];
        let scenario = crate::scenario::embedded(&sets).expect("the reference scenario");
        let scenario = Scenario { replications: 3, ..scenario };
        let mut growing = Growing::new(&scenario, &LatencyTables::default());
        [1, 1, 3, 2].into_iter().for_each(|count| growing.grow(count, &()));
        let whole = simulate(&scenario, &LatencyTables::default(), &());
        // But for the points of the timeline, which are events of their own.
        let figures = |finished: &Finished| -> Vec<String> {
            let quiet = |run: &Figures| format!("{:?}", Figures { events: 0, ..run.clone() });
            finished.runs.figures().iter().map(quiet).collect()
        };
        assert!(figures(growing.finished()) == figures(&whole));
        assert_eq!(growing.finished().scenario.replications, 3);
    }
}

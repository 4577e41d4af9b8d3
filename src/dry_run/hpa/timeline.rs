//! The syncs of a dry run, one after another.

use super::pods::{Cohorts, Groups};
use super::replay::{Mode, Replay, SyncRow};
use super::totals::{Totals, totals};
use crate::hpa::{Decision, HpaController, Metric, Observation, Proposal, Target};
use crate::intern::Symbol;
use crate::units::SimTime;

/// A dry run's outcome.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// One row per sync.
    pub rows: Vec<SyncRow>,
    /// Summed up.
    pub totals: Totals,
}

impl Replay<'_> {
    /// Syncs from the first to the last recorded instant.
    ///
    /// Cost: syncs × groups of pods; a day of 15 s syncs takes milliseconds.
    pub fn run(&self) -> Timeline {
        let mut controller = HpaController::new(self.spec.clone(), self.flags);
        let mut cohorts = Cohorts::new(self.start, self.recording.begin());
        let mut rows = Vec::new();
        let (mut now, end) = (self.recording.begin() + self.sample_age, self.recording.end());
        while now <= end + self.sample_age {
            let row = self.sync(&mut controller, &mut cohorts, now);
            cohorts.scale(row.decision.replicas, now, self.pod_start);
            rows.push(row);
            now += self.sync;
        }
        let totals = totals(&rows, self.sync, self.spec, self.flags.tolerance);
        Timeline { rows, totals }
    }

    fn sync(&self, controller: &mut HpaController, cohorts: &mut Cohorts, now: SimTime) -> SyncRow {
        let sampled = now - self.sample_age;
        let before = match self.mode {
            // The pods that were there are those whose usage was recorded.
            Mode::Open => self.recording.replicas_at(sampled).unwrap_or(cohorts.count()),
            Mode::Closed => cohorts.count(),
        };
        let groups = Groups::of(self, cohorts, before, now, sampled);
        let totals = self.totals_at(sampled);
        let seen = Observation {
            spec_replicas: before,
            status_replicas: before,
            pods: &groups.rows(),
            external: &totals,
            object: &totals,
            ..Observation::default()
        };
        let decision = controller.sync(now, &seen);
        let ratio = self.ratio(&decision, before);
        let ready = match self.mode {
            Mode::Open => before,
            Mode::Closed => cohorts.ready_at(now),
        };
        let load = self.recording.views().next().and_then(|view| match self.mode {
            Mode::Open => view.mean(sampled),
            Mode::Closed => view.sum(sampled, self.recording.replicas_at(sampled)),
        });
        SyncRow { at: now, before, ready, load, decision, ratio }
    }

    /// Object and External metrics are what was recorded, summed over series, in milli-units.
    fn totals_at(&self, at: SimTime) -> Vec<(Symbol, i64)> {
        let series = self.names.iter().zip(self.recording.views());
        series.filter_map(|(name, view)| Some((*name, view.sum(at, None)?.round() as i64))).collect()
    }

    /// How far above its target the worst metric is; nothing was proposed, nothing is known.
    fn ratio(&self, decision: &Decision, replicas: i32) -> Option<f64> {
        let of = |(proposal, metric): (&Result<Proposal, _>, &Metric)| {
            let current = proposal.as_ref().ok()?.current;
            let (value, target) = match metric.target() {
                Target::Utilization(target) => (current.utilization?, target),
                Target::AverageValue(target) => (current.average?, target),
                Target::Value(target) => (current.value?, target),
            };
            (target > 0 && replicas > 0).then_some(value as f64 / target as f64)
        };
        decision.proposals.iter().zip(&self.spec.metrics).filter_map(of).reduce(f64::max)
    }
}

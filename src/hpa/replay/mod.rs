//! The dry run of one HPA over recorded metrics: what would it have done?
//!
//! *Open*: every pod's usage is what was recorded, whatever the HPA decides. *Closed*: the recorded load is
//! divided among the pods that this HPA would have had, so usage answers to its decisions.
//!
//! Start reading at [`Plan::run`].

mod pods;
mod recording;
mod totals;

pub use recording::{Recording, Series, Unit};
pub use totals::Totals;

use super::{Decision, Flags, HpaController, HpaSpec, Metric, Observation, Target};
use crate::intern::Symbol;
use crate::units::{SimDuration, SimTime};
use pods::{Cohorts, Groups};

/// How the recorded metrics are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Per-pod usage as it was.
    Open,
    /// The total divided among the pods that this HPA would have had.
    Closed,
}

/// What the pods behind an HPA are like.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PodShape {
    /// `requests.cpu` of a pod in milli-cores.
    pub cpu_request_milli: Option<i64>,
    /// `requests.memory` of a pod in bytes.
    pub memory_request_bytes: Option<i64>,
    /// No pod uses more cpu; milli-cores.
    pub cpu_limit_milli: Option<i64>,
}

/// Everything a dry run needs.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The HPA.
    pub spec: &'a HpaSpec,
    /// The controller's flags.
    pub flags: Flags,
    /// What was recorded.
    pub recording: &'a Recording,
    /// Names of the recorded series, in their order, as the HPA's metrics name them.
    pub names: &'a [Symbol],
    /// How it is taken.
    pub mode: Mode,
    /// `spec.replicas` at the first sync.
    pub start: i32,
    /// The pods.
    pub pod: PodShape,
    /// From creation to Ready.
    pub pod_start: SimDuration,
    /// `--horizontal-pod-autoscaler-sync-period`.
    pub sync: SimDuration,
    /// How old samples are when the controller reads them.
    pub sample_age: SimDuration,
}

/// One sync of a dry run.
#[derive(Clone, Debug)]
pub struct Row {
    /// When.
    pub at: SimTime,
    /// `spec.replicas` before the sync.
    pub before: i32,
    /// Pods that are Ready.
    pub ready: i32,
    /// The load of the first metric: the recorded total (closed) or value per pod (open), in its unit.
    pub load: Option<f64>,
    /// The decision.
    pub decision: Decision,
    /// The largest of the metrics' values over their targets; absent without any.
    pub ratio: Option<f64>,
}

/// A dry run's outcome.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// One row per sync.
    pub rows: Vec<Row>,
    /// Summed up.
    pub totals: Totals,
}

impl Plan<'_> {
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
        let totals = totals::totals(&rows, self.sync, self.spec, self.flags.tolerance);
        Timeline { rows, totals }
    }

    fn sync(&self, controller: &mut HpaController, cohorts: &mut Cohorts, now: SimTime) -> Row {
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
        Row { at: now, before, ready, load, decision, ratio }
    }

    /// Object and External metrics are what was recorded, summed over series, in milli-units.
    fn totals_at(&self, at: SimTime) -> Vec<(Symbol, i64)> {
        let series = self.names.iter().zip(self.recording.views());
        series.filter_map(|(name, view)| Some((*name, view.sum(at, None)?.round() as i64))).collect()
    }

    /// How far above its target the worst metric is; nothing was proposed, nothing is known.
    fn ratio(&self, decision: &Decision, replicas: i32) -> Option<f64> {
        let of = |(proposal, metric): (&Result<super::Proposal, _>, &Metric)| {
            let current = proposal.as_ref().ok()?.current;
            let (value, target) = match target_of(metric) {
                Target::Utilization(target) => (current.utilization?, target),
                Target::AverageValue(target) => (current.average?, target),
                Target::Value(target) => (current.value?, target),
            };
            (target > 0 && replicas > 0).then_some(value as f64 / target as f64)
        };
        decision.proposals.iter().zip(&self.spec.metrics).filter_map(of).reduce(f64::max)
    }
}

/// The target of a metric of any type.
pub fn target_of(metric: &Metric) -> Target {
    match *metric {
        Metric::Resource { target, .. } | Metric::Object { target, .. } | Metric::External { target, .. } => target,
        Metric::Pods { target_milli, .. } => Target::AverageValue(target_milli),
    }
}

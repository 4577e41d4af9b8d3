//! The totals of a run, ours or recorded, in one shape.

use super::case::{Case, Totals};
use foresail::sim::outcome::Outcome;
use foresail::units::SimDuration;

/// What is added up over a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    NodeSeconds,
    PendingPodSeconds,
    ReadyPodSeconds,
    Rescales,
    ScaleUps,
    Evictions,
}

/// All figures, in the order of tables.
pub const FIGURES: [Figure; 6] = [
    Figure::NodeSeconds,
    Figure::PendingPodSeconds,
    Figure::ReadyPodSeconds,
    Figure::Rescales,
    Figure::ScaleUps,
    Figure::Evictions,
];

impl Figure {
    pub fn name(self) -> &'static str {
        match self {
            Figure::NodeSeconds => "node-seconds",
            Figure::PendingPodSeconds => "pending pod-seconds",
            Figure::ReadyPodSeconds => "ready pod-seconds",
            Figure::Rescales => "rescales",
            Figure::ScaleUps => "scale-ups",
            Figure::Evictions => "evictions",
        }
    }

    pub fn recorded(self, totals: &Totals) -> i64 {
        match self {
            Figure::NodeSeconds => totals.node_seconds,
            Figure::PendingPodSeconds => totals.pod_pending_seconds,
            Figure::ReadyPodSeconds => totals.ready_pod_seconds,
            Figure::Rescales => totals.hpa_rescales,
            Figure::ScaleUps => totals.scale_ups,
            Figure::Evictions => totals.evictions,
        }
    }

    /// The recordings count Deployments' pods alone, and the state at the end of every second from 0 to the end.
    pub fn ours(self, case: &Case, outcome: &Outcome) -> i64 {
        let books = &outcome.books;
        let after = outcome.end + SimDuration::from_secs(1);
        let first = case.daemon_sets.len();
        let deployments = || books.workloads.values().skip(first);
        match self {
            Figure::NodeSeconds => books.nodes.seconds(after),
            Figure::PendingPodSeconds => deployments().map(|row| row.pending.seconds(after)).sum(),
            Figure::ReadyPodSeconds => deployments().map(|row| row.ready.seconds(after)).sum(),
            Figure::Rescales => deployments().map(|row| row.rescales as i64).sum(),
            Figure::ScaleUps => books.groups.values().map(|row| row.scale_ups as i64).sum(),
            Figure::Evictions => books.evictions as i64,
        }
    }
}

/// Each group's node-seconds: name, ours, recorded.
pub fn group_node_seconds(case: &Case, outcome: &Outcome) -> Vec<(String, i64, i64)> {
    let after = outcome.end + SimDuration::from_secs(1);
    let rows = case.node_groups.iter().zip(outcome.books.groups.values());
    let recorded = |id: &String| case.expect.totals.groups.get(id).map_or(0, |row| row.node_seconds);
    rows.map(|(group, row)| (group.id.clone(), row.nodes.seconds(after), recorded(&group.id))).collect()
}

/// `(ours - real) / real`; 0 if both are 0.
pub fn relative_error(ours: i64, real: i64) -> f64 {
    if ours == real { 0.0 } else { (ours - real) as f64 / (real as f64).abs().max(1.0) }
}

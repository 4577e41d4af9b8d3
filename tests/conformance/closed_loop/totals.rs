//! The totals of a run, ours or recorded, in one shape.

use super::case::{Case, Totals};
use foresail::sim::counts::GroupCounts;
use foresail::sim::outcome::Outcome;
use foresail::units::SimDuration;

/// What is added up over a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    NodeSeconds,
    PendingPodSeconds,
    ReadyPodSeconds,
    Rescales,
    ScaleUps,
    Evictions,
}

/// All figures, in the order of tables.
pub(crate) const FIGURES: [Figure; 6] = [
    Figure::NodeSeconds,
    Figure::PendingPodSeconds,
    Figure::ReadyPodSeconds,
    Figure::Rescales,
    Figure::ScaleUps,
    Figure::Evictions,
];

impl Figure {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Figure::NodeSeconds => "node-seconds",
            Figure::PendingPodSeconds => "pending pod-seconds",
            Figure::ReadyPodSeconds => "ready pod-seconds",
            Figure::Rescales => "rescales",
            Figure::ScaleUps => "scale-ups",
            Figure::Evictions => "evictions",
        }
    }

    pub(crate) fn recorded(self, totals: &Totals) -> i64 {
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
    pub(crate) fn ours(self, case: &Case, outcome: &Outcome) -> i64 {
        let counts = &outcome.counts;
        let after = outcome.end + SimDuration::from_secs(1);
        let first = case.daemon_sets.len();
        let deployments = || counts.workloads.values().skip(first);
        match self {
            Figure::NodeSeconds => counts.nodes.seconds(after),
            Figure::PendingPodSeconds => deployments().map(|row| row.pending.seconds(after)).sum(),
            Figure::ReadyPodSeconds => deployments().map(|row| row.ready.seconds(after)).sum(),
            Figure::Rescales => deployments().map(|row| row.rescales as i64).sum(),
            Figure::ScaleUps => counts.groups.values().map(|row| row.scale_ups as i64).sum(),
            Figure::Evictions => counts.evictions as i64,
        }
    }
}

/// Each group's node-seconds: name, ours, recorded.
pub(crate) fn group_node_seconds(case: &Case, outcome: &Outcome) -> Vec<(String, i64, i64)> {
    let after = outcome.end + SimDuration::from_secs(1);
    let rows = case.node_groups.iter().zip(outcome.counts.groups.values());
    let recorded = |id: &String| case.expect.totals.groups.get(id).map_or(0, |row| row.node_seconds);
    rows.map(|(group, row)| (group.id.clone(), row.nodes.seconds(after), recorded(&group.id))).collect()
}

/// The first total that differs, of the whole run, of a Deployment or of a group.
pub(crate) fn differing_total(case: &Case, outcome: &Outcome) -> Option<String> {
    let (counts, real, after) = (&outcome.counts, &case.expect.totals, outcome.end + SimDuration::from_secs(1));
    let mut rows: Vec<(String, i64, i64)> = FIGURES
        .iter()
        .map(|figure| (figure.name().to_owned(), figure.ours(case, outcome), figure.recorded(real)))
        .collect();
    let mut row = |of: &str, what: &str, ours: i64, real: i64| rows.push((format!("{of} {what}"), ours, real));
    let of_groups = |get: fn(&GroupCounts) -> i64| counts.groups.values().map(get).sum::<i64>();
    row(
        "all",
        "instance-seconds",
        counts.groups.values().map(|g| g.instances.seconds(after)).sum(),
        real.instance_seconds,
    );
    row("all", "nodes added", of_groups(|group| group.added as i64), real.nodes_added);
    row("all", "nodes removed", of_groups(|group| group.removed as i64), real.nodes_removed);
    row("all", "evictions denied", counts.evictions_denied as i64, real.evictions_denied);
    row("all", "preemptions", counts.preemptions as i64, real.preemptions);
    row("all", "longest pending", counts.longest_pending.as_secs_f64() as i64, real.max_pending_seconds);
    row("all", "most nodes", counts.nodes.most(), real.max_nodes);
    row("all", "pods created", outcome.cluster.pod_id_bound() as i64, real.pods_created);
    for (owner, ours) in case.deployments.iter().zip(counts.workloads.values().skip(case.daemon_sets.len())) {
        let key = format!("{}/{}", owner.metadata.namespace_or_default(), owner.metadata.name);
        let Some(real) = real.deployments.get(&key) else { continue };
        row(&key, "pending", ours.pending.seconds(after), real.pending_seconds);
        row(&key, "starting", ours.starting.seconds(after), real.starting_seconds);
        row(&key, "ready", ours.ready.seconds(after), real.ready_seconds);
        row(&key, "terminating", ours.terminating.seconds(after), real.terminating_seconds);
        row(&key, "pods created", ours.created as i64, real.pods_created);
        row(&key, "rescales", ours.rescales as i64, real.rescales);
        row(&key, "largest size", ours.desired.most(), real.max_spec_replicas);
    }
    for (group, ours) in case.node_groups.iter().zip(counts.groups.values()) {
        let Some(real) = real.groups.get(&group.id) else { continue };
        row(&group.id, "node-seconds", ours.nodes.seconds(after), real.node_seconds);
        row(&group.id, "instance-seconds", ours.instances.seconds(after), real.instance_seconds);
        row(&group.id, "nodes added", ours.added as i64, real.nodes_added);
        row(&group.id, "nodes removed", ours.removed as i64, real.nodes_removed);
        row(&group.id, "most nodes", ours.nodes.most(), real.max_nodes);
        row(&group.id, "scale-ups", ours.scale_ups as i64, real.scale_ups);
    }
    rows.into_iter()
        .find(|(_, ours, real)| ours != real)
        .map(|(what, ours, real)| format!("{what} {ours}, real {real}"))
}

/// `(ours - real) / real`; 0 if both are 0.
pub(crate) fn relative_error(ours: i64, real: i64) -> f64 {
    if ours == real { 0.0 } else { (ours - real) as f64 / (real as f64).abs().max(1.0) }
}

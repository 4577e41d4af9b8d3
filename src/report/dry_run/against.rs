//! Two versions of Kubernetes over the same recording: how often they decide otherwise.

use super::{HpaRun, clock};
use crate::dry_run::hpa::SyncRow;
use crate::units::counted;
use std::fmt::Write;

/// A line per HPA: in how many syncs `other` decides otherwise than `this`, and when first. `names` are what the two are called.
pub fn otherwise(this: &[HpaRun<'_>], other: &[HpaRun<'_>], names: [&str; 2]) -> String {
    let mut text = String::new();
    for (one, two) in this.iter().zip(other) {
        let pairs = || one.timeline.rows.iter().zip(&two.timeline.rows);
        let differing = || pairs().filter(|(a, b)| decided(a) != decided(b));
        let (count, syncs) = (differing().count(), counted(pairs().count(), "sync"));
        let [ours, theirs] = names;
        let _ = match differing().next() {
            None => writeln!(text, "{}: {theirs} decides as {ours} in all of {syncs}", one.label),
            Some((a, b)) => writeln!(
                text,
                "{}: {theirs} decides otherwise than {ours} in {count} of {syncs}, first at {}: {} replicas, not {}",
                one.label,
                clock(a.at),
                b.decision.replicas,
                a.decision.replicas
            ),
        };
    }
    text
}

/// What of a sync is a decision: not the state that it began with.
fn decided(row: &SyncRow) -> (i32, Option<i32>, Option<i32>, crate::hpa::Conditions) {
    let decision = &row.decision;
    (decision.replicas, decision.metric, decision.stabilized, decision.conditions)
}

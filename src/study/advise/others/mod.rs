//! Settings beside minimums, maximums and targets: moved where the scenario names their kind, else tried at the end on top of what
//! was found.
//!
//! A file per kind of setting; what they go by is seen in a single day. Not here: who tries them.

mod autoscaler;
mod behavior;
mod given;
mod machines;
mod requests;
mod schedule;
mod seen;
#[cfg(test)]
mod tests;

pub(super) use given::Given;

use super::knob::Knob;
use crate::scenario::wanted::WantedKnob;

/// Knobs beside minimums, maximums and targets, as far as the scenario has them: the present value and others. The search moves those
/// that are wanted. Cost: a replication of a day.
pub(super) fn others(given: &Given<'_>) -> Vec<Knob> {
    let mut all = autoscaler::knobs(given.base);
    if let Some(seen) = seen::Seen::of(given) {
        all.extend(behavior::knobs(given, &seen));
        all.extend(requests::knobs(given, &seen));
        all.extend(schedule::knobs(given, &seen));
    }
    for knob in &mut all {
        knob.moves = knob.kind.is_some_and(|kind| given.base.wanted.knobs.contains(&WantedKnob::Kind(kind)));
    }
    all
}

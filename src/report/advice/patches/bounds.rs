//! The bounds of an HPA, whether they change or not: a patch says both.

use crate::scenario::wanted::KnobKind;
use crate::study::advise::answer::KnobAnswer;
use crate::world::Hpa;

/// A bound, and the knob that moved it.
pub(super) struct Bound<'a> {
    pub(super) knob: Option<&'a KnobAnswer>,
    pub(super) value: String,
}

/// The minimum and the maximum. With a schedule the minimum is that of its windows.
pub(super) fn of<'a>(hpa: &Hpa, own: &[&'a KnobAnswer]) -> [Bound<'a>; 2] {
    [(KnobKind::Min, hpa.spec.min), (KnobKind::Max, hpa.spec.max)].map(|(kind, now)| {
        let knob = own.iter().copied().find(|knob| knob.kind == Some(kind));
        Bound { knob, value: knob.map_or(now.to_string(), |knob| knob.recommended.clone()) }
    })
}

/// The minimum outside of a schedule's windows; none where no schedule changes.
pub(super) fn outside(own: &[&KnobAnswer]) -> Option<i64> {
    let schedule = own.iter().find(|knob| knob.kind == Some(KnobKind::Schedule))?;
    schedule
        .settings()
        .filter(|set| set.path().last().is_some_and(|part| part == "minReplicas"))
        .find_map(|set| set.value().as_i64())
}

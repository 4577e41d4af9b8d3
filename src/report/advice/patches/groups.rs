//! What changes of a node group, whatever tool writes it down.

use crate::scenario::wanted::KnobKind;
use crate::study::advise::answer::{Answer, KnobAnswer, Owner};
use crate::world::{Cast, NodeGroup};

/// A node group of which something changes.
pub(super) struct Changed<'a> {
    pub(super) group: &'a NodeGroup,
    pub(super) knobs: Vec<&'a KnobAnswer>,
    pub(super) min: i32,
    pub(super) max: i32,
    /// The machine types, where those change.
    pub(super) machines: Option<Vec<String>>,
}

impl Changed<'_> {
    /// The size at the start, within the new bounds.
    pub(super) fn desired(&self) -> i32 {
        self.group.initial.clamp(self.min, self.max.max(self.min))
    }
}

/// The groups that change, in the order of the cast.
pub(super) fn changed<'a>(answer: &'a Answer, cast: &'a Cast) -> Vec<Changed<'a>> {
    let of_group = |group: &'a NodeGroup| {
        let is_its = |knob: &&KnobAnswer| matches!(&knob.owner, Owner::Group(name) if *name == group.name);
        let knobs: Vec<&KnobAnswer> = answer.changes().filter(is_its).collect();
        let bound = |kind: KnobKind, now: i32| {
            let knob = knobs.iter().find(|knob| knob.kind == Some(kind));
            knob.and_then(|knob| knob.recommended.parse().ok()).unwrap_or(now)
        };
        let types = knobs.iter().find(|knob| knob.kind == Some(KnobKind::InstanceTypes));
        let machines = types.map(|knob| knob.recommended.split(", ").map(str::to_owned).collect());
        let (min, max) = (bound(KnobKind::Min, group.min), bound(KnobKind::Max, group.max));
        Changed { group, min, max, machines, knobs }
    };
    let all = cast.groups.values().map(of_group);
    all.filter(|row| (row.min, row.max) != (row.group.min, row.group.max) || row.machines.is_some()).collect()
}

//! Delays of removals by group (`--scale-down-delay-type-local`).

use super::flags::Flags;
use crate::id::GroupId;
use crate::units::SimTime;
use std::collections::BTreeMap;

/// When something happened to a group last.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    grew: Option<SimTime>,
    shrank: Option<SimTime>,
    failed: Option<SimTime>,
}

/// Which groups' nodes are no candidates, and for how long. Nothing is kept where the flag is off.
///
/// Upstream: `scaledowncandidates.ScaleDownCandidatesDelayProcessor`, 1.30.
#[derive(Clone, Debug, Default)]
pub(super) struct LocalDelays(BTreeMap<GroupId, Last>);

impl LocalDelays {
    /// A group was asked to grow.
    pub(super) fn grew(&mut self, group: GroupId, now: SimTime, flags: &Flags) {
        if flags.scale_down_delay_type_local {
            self.0.entry(group).or_default().grew = Some(now);
        }
    }
    /// A node of a group is gone, or its deletion failed.
    pub(super) fn shrank(&mut self, group: GroupId, now: SimTime, failed: bool, flags: &Flags) {
        if flags.scale_down_delay_type_local {
            let last = self.0.entry(group).or_default();
            *(if failed { &mut last.failed } else { &mut last.shrank }) = Some(now);
        }
    }
    /// Whether a group's nodes are left alone.
    pub(super) fn hold(&self, group: GroupId, now: SimTime, flags: &Flags) -> bool {
        let ends = self.0.get(&group).map(|last| last.ends(flags));
        ends.is_some_and(|ends| ends.into_iter().flatten().any(|end| end > now))
    }
    /// When they are candidates again.
    pub(super) fn timers(&self, flags: &Flags, consider: &mut impl FnMut(SimTime)) {
        self.0.values().flat_map(|last| last.ends(flags)).flatten().for_each(consider);
    }
}

impl Last {
    fn ends(&self, flags: &Flags) -> [Option<SimTime>; 3] {
        [
            self.grew.map(|at| at + flags.scale_down_delay_after_add),
            self.shrank.map(|at| at + flags.scale_down_delay_after_delete),
            self.failed.map(|at| at + flags.scale_down_delay_after_failure),
        ]
    }
}

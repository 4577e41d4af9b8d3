//! What Cluster Autoscaler left alone, and why: noted in the log when it changes, not loop by loop.

use crate::autoscaler::{LoopOutcome, SkipReason, Unremovable};
use crate::cluster::NodeId;
use crate::id::Id;
use crate::sim::log::{Cause, KeepReason, Occurrence};
use crate::sim::provisioning::shortage::first_wait;
use crate::sim::provisioning::state::Provisioning;
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::GroupId;
use std::collections::{BTreeMap, BTreeSet};

impl Provisioning {
    /// Notes what is new in a loop's reasons. Without a log nothing is noted.
    pub(crate) fn note_reasons(&mut self, shared: &mut Shared, now: SimTime, outcome: &LoopOutcome) {
        if !shared.log.is_on() {
            return;
        }
        self.note_skipped(shared, now, outcome);
        let Some(down) = &outcome.scale_down else { return };
        if !down.unneeded.iter().map(|(node, _)| node).eq(&self.logged.unneeded) {
            let unneeded: BTreeSet<NodeId> = down.unneeded.iter().map(|(node, _)| *node).collect();
            for node in unneeded.difference(&self.logged.unneeded) {
                let because = shared.left_because.get(*node).copied().flatten();
                let because = Cause::record_or(because, Cause::Found);
                let record = shared.log.push(now, Occurrence::NodeUnneeded(*node), because);
                self.logged.found.extend(record.map(|record| (*node, record)));
                self.logged.kept.remove(node);
            }
            self.logged.unneeded = unneeded;
        }
        for (node, why) in &down.unremovable {
            let Some(kept) = self.kept(shared, *node, why) else { continue };
            if self.logged.unneeded.contains(node) {
                continue;
            }
            let before = self.logged.kept.insert(*node, kept);
            if before.is_none_or(|before| !before.is_like(&kept)) {
                let because = self.cause_of(shared, *node, &kept);
                shared.log.push(now, Occurrence::NodeKept { node: *node, why: kept }, because);
            }
        }
    }

    /// Groups are skipped when pods need a node; the same reason is told once per shortage.
    fn note_skipped(&mut self, shared: &mut Shared, now: SimTime, outcome: &LoopOutcome) {
        let skipped: BTreeMap<GroupId, SkipReason> = match &outcome.scale_up.pending {
            None => BTreeMap::new(),
            Some(_) => outcome.scale_up.skipped.iter().copied().collect(),
        };
        let because = outcome.scale_up.pending.as_deref().and_then(|pods| first_wait(shared, &self.drains, pods));
        let because = Cause::record_or(because, Cause::Found);
        for (group, why) in &skipped {
            if self.logged.skipped.get(group) != Some(why) {
                shared.log.push(now, Occurrence::GroupSkipped { group: *group, why: *why }, because);
            }
        }
        self.logged.skipped = skipped;
    }

    /// What led to such a reason: where pods keep a node, that it took the one that does, or the last of them.
    fn cause_of(&self, shared: &Shared, node: NodeId, why: &KeepReason) -> Cause {
        match why {
            KeepReason::Blocked { pod: Some(pod), .. } => Cause::record_or(shared.lives[*pod].because, Cause::Found),
            KeepReason::Utilized(_) | KeepReason::NoPlaceForItsPods | KeepReason::Blocked { pod: None, .. } => {
                Cause::record_or(shared.taken_because.get(node).copied().flatten(), Cause::Found)
            }
            KeepReason::Annotated | KeepReason::GroupAtMinimum | KeepReason::ClusterAtMinimum => Cause::Scenario,
            KeepReason::Unready => Cause::Found,
        }
    }

    /// Reasons worth telling; that a node is looked at later, or is going already, is none.
    fn kept(&self, shared: &Shared, node: NodeId, why: &Unremovable) -> Option<KeepReason> {
        Some(match why {
            Unremovable::ScaleDownDisabledAnnotation => KeepReason::Annotated,
            Unremovable::ScaleDownUnreadyDisabled => KeepReason::Unready,
            Unremovable::NodeGroupMinSizeReached => KeepReason::GroupAtMinimum,
            Unremovable::MinimalResourceLimitExceeded => KeepReason::ClusterAtMinimum,
            Unremovable::NotUnderutilized(share) => {
                KeepReason::Utilized((share * 100.0).round().clamp(0.0, 65_535.0) as u16)
            }
            Unremovable::NoPlaceToMovePods => KeepReason::NoPlaceForItsPods,
            Unremovable::BlockedByPod(blocked) => {
                // The what-if may have moved a pod here that is elsewhere, or that exists in the what-if alone.
                let known = blocked.pod.index() < shared.cluster.pod_id_bound();
                let here = known && shared.cluster.pod(blocked.pod).node() == Some(node);
                KeepReason::Blocked { reason: blocked.reason, pod: here.then_some(blocked.pod) }
            }
            Unremovable::NotAutoscaled
            | Unremovable::NotUnneededLongEnough
            | Unremovable::NotUnreadyLongEnough
            | Unremovable::NotUnneededOtherReason
            | Unremovable::CurrentlyBeingDeleted
            | Unremovable::RecentlyUnremovable => return None,
        })
    }
}

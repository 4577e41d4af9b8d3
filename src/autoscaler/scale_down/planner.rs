//! What the planners of a scale-down keep in mind: which nodes are not needed, and which are left alone.

use super::usage::Usage;
use crate::autoscaler::flags::Flags;
use crate::autoscaler::view::Unremovable;
use crate::cluster::{NodeId, PodId};
use crate::id::Id;
use crate::units::{SimDuration, SimTime};
use fixedbitset::FixedBitSet;
use std::collections::BTreeMap;

/// A node that could go.
#[derive(Clone, Debug)]
pub(in crate::autoscaler) struct Removable {
    pub(in crate::autoscaler) node: NodeId,
    pub(in crate::autoscaler) since: SimTime,
    pub(in crate::autoscaler) pods: Vec<PodId>,
    /// The budgets do not allow all its pods to go at once.
    pub(in crate::autoscaler) risky: bool,
}

impl Removable {
    /// A node without pods to move.
    pub(in crate::autoscaler) fn empty(node: NodeId, since: SimTime) -> Self {
        Removable { node, since, pods: Vec::new(), risky: false }
    }
}

/// Nodes to delete: empty ones, and ones to drain.
pub(in crate::autoscaler) type Chosen = (Vec<Removable>, Vec<Removable>);

/// The planner's memory. Upstream: `scaledown/planner.Planner`, 1.28.0.
#[derive(Clone, Debug, Default)]
pub(in crate::autoscaler) struct Planner {
    /// Unneeded nodes: since when, and what would have to move.
    pub(in crate::autoscaler) unneeded: BTreeMap<NodeId, Removable>,
    /// Nodes that are not looked at again before this instant, and what kept them.
    pub(in crate::autoscaler) not_before: BTreeMap<NodeId, (SimTime, Unremovable)>,
    /// Which nodes count on which; kept by the legacy planner alone.
    pub(in crate::autoscaler) usage: Usage,
    last_update: Option<SimTime>,
    least_interval: Option<SimDuration>,
    /// Other nodes are unneeded than before the last plan.
    moved: bool,
    /// Other nodes are left alone than before the last plan: the next one says so, and does nothing else differently.
    leaves_others: bool,
}

impl Planner {
    /// Upstream: `CleanUpUnneededNodes`.
    pub(in crate::autoscaler) fn clear(&mut self) {
        self.unneeded.clear();
    }
    /// A node has to be unneeded for its time again.
    pub(in crate::autoscaler) fn forget(&mut self, node: NodeId) {
        self.unneeded.remove(&node);
    }
    /// The next plan, made of the same, has the same nodes unneeded and left alone.
    pub(in crate::autoscaler) fn is_steady(&self) -> bool {
        !self.moved
    }
    /// The next plan, made of the same, gives the same reasons.
    pub(in crate::autoscaler) fn repeats_itself(&self) -> bool {
        !self.moved && !self.leaves_others
    }
    /// Another loop goes by with the same plan; false if the time since the last one would change it.
    pub(in crate::autoscaler) fn goes_on(&mut self, now: SimTime) -> bool {
        let Some(last) = self.last_update else { return true };
        let goes_on = self.least_interval.is_some_and(|least| now - last >= least);
        if goes_on {
            self.last_update = Some(now);
        }
        goes_on
    }
    /// A loop begins; the shortest time between two of them so far counts.
    pub(in crate::autoscaler) fn note_interval(&mut self, now: SimTime, flags: &Flags) {
        if let Some(last) = self.last_update {
            let known = self.least_interval.unwrap_or(flags.scale_down_unneeded_time);
            self.least_interval = Some(known.min(now - last));
        }
        self.last_update = Some(now);
    }
    /// How many nodes are unneeded at most: not many more than could go. Upstream: `unneededNodesLimit`.
    pub(in crate::autoscaler) fn unneeded_limit(&self, flags: &Flags) -> usize {
        let parallel = flags.max_scale_down_parallelism.max(0) as i64;
        let unneeded_time = flags.scale_down_unneeded_time;
        let interval = self.least_interval.unwrap_or(unneeded_time).as_nanos().max(1);
        let most = parallel.saturating_mul(unneeded_time.as_nanos() / interval) + parallel;
        let now = self.unneeded.len() as i64 + 2 * parallel;
        now.min(most).max(0) as usize
    }
    /// When nodes are looked at again, and when they have been unneeded for long enough.
    pub(in crate::autoscaler) fn timers(&self, flags: &Flags, consider: &mut impl FnMut(SimTime)) {
        self.not_before.values().for_each(|(at, _)| consider(*at));
        for row in self.unneeded.values() {
            flags.unneeded_times().for_each(|time| consider(row.since + time));
        }
    }
    /// The unneeded nodes, by the index of their id.
    pub(in crate::autoscaler) fn unneeded_bits(&self) -> FixedBitSet {
        self.unneeded.keys().map(|node| node.index()).collect()
    }
    pub(in crate::autoscaler) fn unneeded(&self) -> impl Iterator<Item = (NodeId, SimTime)> + '_ {
        self.unneeded.values().map(|row| (row.node, row.since))
    }
    pub(in crate::autoscaler) fn is_unneeded(&self, node: NodeId) -> bool {
        self.unneeded.contains_key(&node)
    }
    /// From now on these nodes are unneeded and no others: those that were keep their time. Upstream:
    /// `unneeded.Nodes.Update`.
    pub(in crate::autoscaler) fn set_unneeded(&mut self, removable: Vec<Removable>) {
        let before = std::mem::take(&mut self.unneeded);
        let known = |row: &Removable| before.contains_key(&row.node);
        self.moved = removable.len() != before.len() || !removable.iter().all(known);
        for row in removable {
            let since = before.get(&row.node).map_or(row.since, |known| known.since);
            self.unneeded.insert(row.node, Removable { since, ..row });
        }
    }
    /// A node has been unneeded before there was this planner.
    pub(in crate::autoscaler) fn resume(&mut self, node: NodeId, since: SimTime) {
        self.unneeded.insert(node, Removable::empty(node, since));
    }
    /// Leaves a node alone until `until`.
    pub(in crate::autoscaler) fn leave(&mut self, node: NodeId, why: Unremovable, until: SimTime) {
        self.not_before.insert(node, (until, why));
        self.leaves_others = true;
    }
    /// Nodes whose time is over are looked at again. Upstream: `unremovable.Nodes.Update`.
    pub(in crate::autoscaler) fn look_again_at_due(&mut self, now: SimTime) {
        let waiting = self.not_before.len();
        self.not_before.retain(|_, (at, _)| *at > now);
        self.leaves_others = self.not_before.len() != waiting;
    }
}

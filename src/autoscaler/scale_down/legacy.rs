//! The planner before drains in parallel (`--parallel-drain=false`): every node is simulated alone, a limited number of
//! candidates is kept from loop to loop, and one node is drained at a time.

use super::plan::Nodes;
use super::planner::{Chosen, Removable};
use super::removal::Left;
use crate::autoscaler::Autoscaler;
use crate::autoscaler::limited_amounts::LimitedAmounts;
use crate::autoscaler::view::{LoopInputs, ScaleDownOutcome, ScaleDownResult, Unremovable};
use crate::cluster::{ClusterState, NodeId};
use crate::id::Id;
use crate::units::SimTime;
use fixedbitset::FixedBitSet;

impl Autoscaler {
    /// Upstream: `legacy.ScaleDown.UpdateUnneededNodes`, 1.28.0.
    pub(super) fn update_legacy_plan(
        &mut self,
        snapshot: &mut ClusterState,
        inputs: LoopInputs<'_>,
        nodes: Nodes<'_>,
        outcome: &mut ScaleDownOutcome,
    ) {
        let (now, Nodes { all, candidates }) = (inputs.now, nodes);
        self.planner.usage.clean_up(now - self.flags.scale_down_unneeded_time);
        self.planner.look_again_at_due(now);
        let mut to_drain = self.eligible(snapshot, inputs, candidates, outcome);
        let empty = self.empty_within(snapshot, inputs, &to_drain, LimitedAmounts::unlimited(&self.flags));
        to_drain.retain(|node| !empty.contains(node));
        let (first, others) = self.kept_and_others(to_drain);
        let destinations: FixedBitSet = all.iter().map(|node| node.index()).collect();
        let (mut removable, mut stay) = self.simulate_each(now, snapshot, &first, &destinations);
        let wanted = i64::from(self.flags.scale_down_non_empty_candidates_count) - removable.len() as i64;
        if wanted > 0 {
            let pool = self.pool(snapshot.node_ids().len()).min(others.len());
            let (mut more, stay_too) = self.simulate_each(now, snapshot, &others[..pool], &destinations);
            more.truncate(wanted as usize);
            removable.extend(more);
            stay.extend(stay_too);
        }
        removable.extend(empty.into_iter().map(|node| Removable::empty(node, now)));
        self.planner.set_unneeded(removable);
        for (node, why) in stay {
            outcome.unremovable.push((node, why));
            self.planner.leave(node, why, now + self.flags.unremovable_node_recheck_timeout);
        }
        self.tell_the_rest(candidates, outcome);
        self.hints.drop_old();
    }

    /// Candidates that were unneeded in the last loop come first; without a limit on their number there are no others.
    /// Upstream: `chooseCandidates`.
    fn kept_and_others(&self, nodes: Vec<NodeId>) -> (Vec<NodeId>, Vec<NodeId>) {
        let limited = self.flags.scale_down_non_empty_candidates_count > 0;
        nodes.into_iter().partition(|node| !limited || self.planner.is_unneeded(*node))
    }

    /// Among how many nodes further candidates are looked for, of a cluster of so many.
    fn pool(&self, nodes: usize) -> usize {
        let share = (nodes as f64 * self.flags.scale_down_candidates_pool_ratio).ceil();
        share.max(f64::from(self.flags.scale_down_candidates_pool_min_count)) as usize
    }

    /// Each node's removal by itself: none sees the others'. Upstream: `RemovalSimulator.FindNodesToRemove`.
    fn simulate_each(
        &mut self,
        now: SimTime,
        snapshot: &mut ClusterState,
        nodes: &[NodeId],
        destinations: &FixedBitSet,
    ) -> (Vec<Removable>, Vec<(NodeId, Unremovable)>) {
        self.controllers.renew(snapshot);
        let allowed: Vec<i32> = snapshot.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
        let (mut removable, mut stay) = (Vec::new(), Vec::new());
        for node in nodes {
            match self.simulate_removal(now, snapshot, *node, Left { destinations, disruptions: &allowed }) {
                Ok(row) => removable.push(row),
                Err(why) => stay.push((*node, why)),
            }
        }
        (removable, stay)
    }

    /// The empty ones of some nodes, as many as their groups and `spare` can do without. Upstream:
    /// `getEmptyNodesToRemove`.
    fn empty_within(
        &mut self,
        cluster: &ClusterState,
        inputs: LoopInputs<'_>,
        nodes: &[NodeId],
        mut spare: LimitedAmounts,
    ) -> Vec<NodeId> {
        let LoopInputs { now, groups, .. } = inputs;
        let mut room = self.room(cluster, groups);
        let mut empty = Vec::new();
        for id in nodes.iter().copied() {
            let node = cluster.node(id);
            let Some(room) = node.group.and_then(|group| room.get_mut(group)) else { continue };
            let is_empty = self.node_sums.at(cluster, &self.flags, id, now).is_empty;
            if is_empty && *room > 0 && spare.take(&self.amounts_of_node(cluster, groups, node)) {
                *room -= 1;
                empty.push(id);
            }
        }
        empty
    }

    /// Candidates that nobody looked at, or that were too many.
    fn tell_the_rest(&self, candidates: &[NodeId], outcome: &mut ScaleDownOutcome) {
        let told: FixedBitSet = outcome.unremovable.iter().map(|(node, _)| node.index()).collect();
        let rest = candidates.iter().filter(|node| !told.contains(node.index()) && !self.planner.is_unneeded(**node));
        outcome.unremovable.extend(rest.map(|node| (*node, Unremovable::NotUnneededOtherReason)));
    }

    /// All empty nodes whose time is over, up to `--max-empty-bulk-delete`; if there are none, one to drain. Or why
    /// nothing goes.
    ///
    /// What `RemovableAt` takes from the cluster's spare resources is not given back before the empty nodes are
    /// amounts, so that each counts twice: upstream does the same. Upstream: `legacy.ScaleDown.NodesToDelete`, 1.28.0.
    pub(in crate::autoscaler) fn legacy_nodes_to_delete(
        &mut self,
        snapshot: &mut ClusterState,
        inputs: LoopInputs<'_>,
        outcome: &mut ScaleDownOutcome,
    ) -> Result<Chosen, ScaleDownResult> {
        if self.draining() > 0 {
            return Err(ScaleDownResult::InProgress);
        }
        let mut spare = self.spare(snapshot, inputs.groups);
        let (empty, drain) = self.nodes_to_delete(snapshot, inputs, &mut spare, outcome);
        let rows: Vec<Removable> = empty.into_iter().chain(drain).collect();
        if rows.is_empty() {
            return Err(ScaleDownResult::NoUnneeded);
        }
        let candidates: Vec<NodeId> = rows.iter().map(|row| row.node).collect();
        let mut going = self.empty_within(snapshot, inputs, &candidates, spare);
        going.truncate(self.flags.max_empty_bulk_delete.max(0) as usize);
        let drains = going.is_empty();
        if drains {
            let destinations: FixedBitSet = snapshot.node_ids().iter().map(|node| node.index()).collect();
            let (removable, stay) = self.simulate_each(inputs.now, snapshot, &candidates, &destinations);
            outcome.unremovable.extend(stay);
            going.extend(removable.first().map(|row| row.node));
        }
        if going.is_empty() {
            return Err(ScaleDownResult::NoNodeDeleted);
        }
        going.iter().for_each(|node| self.forget_rivals(*node));
        let rows = rows.into_iter().filter(|row| going.contains(&row.node)).collect();
        Ok(if drains { (Vec::new(), rows) } else { (rows, Vec::new()) })
    }

    /// A node goes: it, and those that count on the same places, have to be unneeded for their time again.
    fn forget_rivals(&mut self, node: NodeId) {
        match self.planner.usage.remove(node) {
            Some(rivals) => rivals.into_iter().for_each(|rival| self.planner.forget(rival)),
            None => self.planner.clear(),
        }
    }
}

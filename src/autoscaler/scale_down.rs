//! Scale-down: which nodes are not needed, since when, and which go now.

use super::Autoscaler;
use super::counted::{Counted, has_least};
use super::drain::{Blocked, Scope, evicts_daemon_pod, pods_to_move, protects};
use super::planner::{Chosen, Removable};
use super::templates::{DELETION_CANDIDATE, TO_BE_DELETED, is_ready};
use super::view::{Deletion, GroupView, Groups, ScaleDownOutcome, ScaleDownResult, Unremovable};
use crate::cluster::{ClusterState, Node, NodeId, PodId};
use crate::go_sort;
use crate::id::{GroupId, Id, IdVec};
use crate::units::{SimDuration, SimTime};
use fixedbitset::FixedBitSet;

impl Autoscaler {
    /// Planner and actuator. Upstream: `RunOnce` from `UpdateClusterState` on.
    pub(super) fn scale_down(
        &mut self,
        now: SimTime,
        snapshot: &mut ClusterState,
        groups: &Groups<'_>,
        all: &[NodeId],
        blocked: bool,
    ) -> ScaleDownOutcome {
        let mut outcome = ScaleDownOutcome::default();
        let candidates = self.candidates(snapshot, groups, all, now);
        if self.flags.parallel_drain {
            self.update_plan(now, snapshot, groups, all, candidates, &mut outcome);
        } else {
            self.update_legacy_plan(now, snapshot, groups, all, &candidates, &mut outcome);
        }
        outcome.result = match blocked || self.cools_down(now) {
            true => ScaleDownResult::InCooldown,
            false => self.delete(now, snapshot, groups, all, &mut outcome),
        };
        outcome.unneeded = self.planner.unneeded().collect();
        // Nodes on their way have later ids, which other nodes will have in the next loop.
        let first = all.iter().map(|node| node.index() + 1).max().unwrap_or(0);
        self.planner.usage.forget_from(NodeId::from_index(first));
        outcome
    }

    fn cools_down(&self, now: SimTime) -> bool {
        let recent =
            |last: Option<SimTime>, delay: SimDuration| last.or(self.assumed).is_some_and(|last| last + delay > now);
        recent(self.last_scale_up, self.flags.scale_down_delay_after_add)
            || recent(self.last_scale_down, self.flags.scale_down_delay_after_delete)
            || recent(None, self.flags.scale_down_delay_after_failure)
    }

    /// Starts what deletions may start.
    fn delete(
        &mut self,
        now: SimTime,
        snapshot: &mut ClusterState,
        groups: &Groups<'_>,
        all: &[NodeId],
        outcome: &mut ScaleDownOutcome,
    ) -> ScaleDownResult {
        let chosen = match self.flags.parallel_drain {
            true => {
                let mut spare = self.spare(snapshot, groups);
                let (empty, mut drain) = self.nodes_to_delete(now, snapshot, groups, &mut spare, outcome);
                drain.sort_by_key(|row| row.risky);
                Ok((empty, drain))
            }
            false => self.legacy_nodes_to_delete(now, snapshot, groups, outcome),
        };
        let mut result = ScaleDownResult::NoNodeDeleted;
        match chosen {
            Ok((empty, drain)) => {
                outcome.candidates = (empty.iter().map(|r| r.node).collect(), drain.iter().map(|r| r.node).collect());
                outcome.deletions = self.crop(snapshot, empty, drain);
            }
            Err(nothing) => result = nothing,
        }
        outcome.deletions.iter_mut().for_each(|deletion| self.look_again(snapshot, deletion));
        if !outcome.deletions.is_empty() {
            self.last_scale_down = Some(now);
            return ScaleDownResult::NodeDeleteStarted;
        }
        if result != ScaleDownResult::InProgress {
            self.soft_taints(snapshot, all, outcome);
        }
        result
    }

    /// Nodes of groups above their minimum: empty ones first, then those unneeded before; the legacy planner takes
    /// them as they come.
    fn candidates(&mut self, cluster: &ClusterState, groups: &Groups<'_>, all: &[NodeId], now: SimTime) -> Vec<NodeId> {
        let may = |node: &NodeId| {
            let group = cluster.node(*node).group.and_then(|group| groups.get(group));
            group.is_some_and(|group| group.target > group.min)
        };
        if !self.flags.parallel_drain {
            return all.iter().copied().filter(may).collect();
        }
        let known = self.planner.unneeded_bits();
        let mut rows: Vec<(bool, bool, NodeId)> = Vec::with_capacity(all.len());
        for node in all.iter().copied().filter(may) {
            let is_empty = self.glances.at(cluster, &self.flags, node, now).is_empty;
            rows.push((is_empty, known.contains(node.index()), node));
        }
        go_sort::sort_by(&mut rows, |a, b| if a.0 != b.0 { a.0 } else { a.1 && !b.1 });
        rows.into_iter().map(|(_, _, node)| node).collect()
    }

    /// Upstream: `Planner.UpdateClusterState`, `categorizeNodes`.
    fn update_plan(
        &mut self,
        now: SimTime,
        snapshot: &mut ClusterState,
        groups: &Groups<'_>,
        all: &[NodeId],
        mut candidates: Vec<NodeId>,
        outcome: &mut ScaleDownOutcome,
    ) {
        self.planner.note_interval(now, &self.flags);
        let stays = |node: &NodeId| !self.deletions.iter().any(|(other, _)| other == node);
        candidates.retain(stays);
        self.planner.look_again_at_due(now);
        let eligible = self.eligible(now, snapshot, groups, &candidates, outcome);
        let removable = match eligible.is_empty() {
            true => Vec::new(),
            false => self.removable(now, snapshot, all, eligible, outcome),
        };
        self.hints.drop_old();
        self.planner.set_unneeded(removable);
    }

    /// Of nodes that may go, those whose pods find another place, one after the other: what moved stays moved.
    fn removable(
        &mut self,
        now: SimTime,
        snapshot: &mut ClusterState,
        all: &[NodeId],
        eligible: Vec<NodeId>,
        outcome: &mut ScaleDownOutcome,
    ) -> Vec<Removable> {
        let mut destinations = FixedBitSet::with_capacity(snapshot.node_id_bound());
        let stays = |node: &&NodeId| !self.deletions.iter().any(|(other, _)| other == *node);
        all.iter().filter(stays).for_each(|node| destinations.insert(node.index()));
        let mut allowed: Vec<i32> = snapshot.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
        let mut removable: Vec<Removable> = Vec::new();
        let limit = self.planner.unneeded_limit(&self.flags);
        self.controllers.renew(snapshot);
        let mut simulation = snapshot.trial();
        for node in eligible {
            if removable.len() >= limit {
                break;
            }
            match self.simulate_removal(now, &mut simulation, node, &destinations, &allowed) {
                Ok(row) => {
                    destinations.set(node.index(), false);
                    decrement(&simulation, &row.pods, &mut allowed);
                    removable.push(row);
                }
                Err(why) => {
                    outcome.unremovable.push((node, why));
                    self.planner.leave(node, why, now + self.flags.unremovable_node_recheck_timeout);
                }
            }
        }
        removable
    }

    /// Upstream: `eligibility.Checker.FilterOutUnremovable`.
    pub(super) fn eligible(
        &mut self,
        now: SimTime,
        cluster: &ClusterState,
        groups: &Groups<'_>,
        candidates: &[NodeId],
        outcome: &mut ScaleDownOutcome,
    ) -> Vec<NodeId> {
        let mut eligible = Vec::new();
        outcome.utilization.reserve(candidates.len());
        outcome.unremovable.reserve(candidates.len());
        for node in candidates.iter().copied() {
            let row = cluster.node(node);
            let why = if let Some((_, why)) = self.planner.not_before.get(&node) {
                outcome.kept_before.push((node, *why));
                Some(Unremovable::RecentlyUnremovable)
            } else if self.is_being_deleted(cluster, node) {
                Some(Unremovable::CurrentlyBeingDeleted)
            } else if row.scale_down_disabled {
                Some(Unremovable::ScaleDownDisabledAnnotation)
            } else if row.group.is_none_or(|group| groups.get(group).is_none()) {
                Some(Unremovable::NotAutoscaled)
            } else if !self.flags.scale_down_unready_enabled && !is_ready(row, &cluster.symbols, &self.flags) {
                Some(Unremovable::ScaleDownUnreadyDisabled)
            } else {
                let glance = self.glances.at(cluster, &self.flags, node, now);
                let utilization = glance.utilization(cluster, node);
                outcome.utilization.push((node, utilization));
                let threshold = match glance.counts_gpus {
                    true => self.flags.scale_down_gpu_utilization_threshold,
                    false => self.flags.scale_down_utilization_threshold,
                };
                (utilization >= threshold).then_some(Unremovable::NotUnderutilized(utilization))
            };
            match why {
                Some(why) => outcome.unremovable.push((node, why)),
                None => eligible.push(node),
            }
        }
        eligible
    }

    /// Upstream: `RemovalSimulator.SimulateNodeRemoval`; what was moved stays moved in the simulation, but for the
    /// legacy planner, which keeps in mind who counts on whom instead.
    pub(super) fn simulate_removal(
        &mut self,
        now: SimTime,
        simulation: &mut ClusterState,
        node: NodeId,
        destinations: &FixedBitSet,
        allowed: &[i32],
    ) -> Result<Removable, Unremovable> {
        let scope = Scope { controllers: Some(&self.controllers), budgets: Some(allowed) };
        let moved = pods_to_move(simulation, &self.flags, node, scope, now).map_err(|blocked| {
            Unremovable::BlockedByPod(Blocked { pod: self.copies.original(blocked.pod), ..blocked })
        })?;
        let mut trial = simulation.trial();
        moved.pods.iter().for_each(|pod| trial.unbind(*pod));
        let accepts = |other: NodeId| other != node && destinations.contains(other.index());
        let placed = self.hints.place(&mut trial, &mut self.checker, &self.copies, &moved.pods, &accepts, true);
        if placed.len() < moved.pods.len() {
            return Err(Unremovable::NoPlaceToMovePods);
        }
        let risky = !may_go_together(&trial, &moved.pods, allowed);
        if self.flags.parallel_drain {
            trial.commit();
        } else {
            placed.iter().for_each(|(_, target)| self.planner.usage.register(node, *target, now));
        }
        Ok(Removable { node, since: now, pods: moved.pods, risky })
    }

    /// The unneeded nodes whose time is over, by name or in a random order, as long as there is something to `spare`.
    ///
    /// Upstream: `Planner.NodesToDelete`, `unneeded.Nodes.RemovableAt`.
    pub(super) fn nodes_to_delete(
        &self,
        now: SimTime,
        cluster: &ClusterState,
        groups: &Groups<'_>,
        spare: &mut Counted,
        outcome: &mut ScaleDownOutcome,
    ) -> Chosen {
        let mut room = self.room(cluster, groups);
        let mut rows: Vec<&Removable> = self.planner.unneeded.values().collect();
        rows.sort_by_key(|row| (!row.pods.is_empty(), self.random_place(row.node), cluster.node_name(row.node)));
        let (mut empty, mut drain) = (Vec::new(), Vec::new());
        for row in rows {
            let node = cluster.node(row.node);
            let Some(room) = node.group.and_then(|group| room.get_mut(group)) else { continue };
            let is_ready = is_ready(node, &cluster.symbols, &self.flags);
            let why = if node.scale_down_disabled {
                Some(Unremovable::ScaleDownDisabledAnnotation)
            } else if is_ready && row.since + self.flags.scale_down_unneeded_time >= now {
                Some(Unremovable::NotUnneededLongEnough)
            } else if !is_ready && row.since + self.flags.scale_down_unready_time >= now {
                Some(Unremovable::NotUnreadyLongEnough)
            } else if *room <= 0 {
                Some(Unremovable::NodeGroupMinSizeReached)
            } else if !spare.take(&self.counted_node(cluster, groups, node)) {
                Some(Unremovable::MinimalResourceLimitExceeded)
            } else {
                None
            };
            if let Some(why) = why {
                outcome.unremovable.push((row.node, why));
                continue;
            }
            *room -= 1;
            if row.pods.is_empty() { empty.push(row.clone()) } else { drain.push(row.clone()) }
        }
        (empty, drain)
    }

    /// How many nodes of each group may go, by its minimum and the deletions under way.
    pub(super) fn room(&self, cluster: &ClusterState, groups: &Groups<'_>) -> IdVec<GroupId, i32> {
        let room = |(at, view): (GroupId, &GroupView<'_>)| view.target - self.deletions_of(cluster, at) - view.min;
        groups.iter().map(room).collect()
    }

    /// What may go before the cluster is at its minimum. Upstream: `resource.LimitsFinder.LimitsLeft`, 1.28.0.
    pub(super) fn spare(&self, cluster: &ClusterState, groups: &Groups<'_>) -> Counted {
        if !has_least(&self.flags) {
            return Counted::unlimited(&self.flags);
        }
        let mut all = Counted::zero(&self.flags);
        for (_, node) in cluster.nodes().filter(|(id, _)| !self.is_being_deleted(cluster, *id)) {
            all.add(&self.counted_node(cluster, groups, node), 1);
        }
        all.above_least(&self.flags)
    }

    /// What a node counts for the cluster's limits.
    pub(super) fn counted_node(&self, cluster: &ClusterState, groups: &Groups<'_>, node: &Node) -> Counted {
        let group = node.group.and_then(|group| groups.get(group));
        Counted::of(node, group.map(|group| group.template), &cluster.symbols, &self.flags)
    }

    /// As many as the budgets allow, group by group. Upstream: `ScaleDownBudgetProcessor.CropNodes`.
    fn crop(&mut self, cluster: &ClusterState, empty: Vec<Removable>, drain: Vec<Removable>) -> Vec<Deletion> {
        let (running, draining) = (self.deletions.len(), self.draining());
        let mut parallel = (self.flags.max_scale_down_parallelism.max(0) as usize).saturating_sub(running);
        let drains = (self.flags.max_drain_parallelism.max(0) as usize).saturating_sub(draining);
        let by_group = |mut rows: Vec<Removable>| {
            let group = |row: &Removable| cluster.node(row.node).group;
            let mut order = Vec::new();
            rows.iter().for_each(|row| {
                if !order.contains(&group(row)) {
                    order.push(group(row));
                }
            });
            rows.sort_by_key(|row| order.iter().position(|known| *known == group(row)));
            rows
        };
        let mut empty = by_group(empty);
        empty.truncate(parallel);
        parallel -= empty.len();
        let mut to_drain = by_group(drain);
        to_drain.truncate(drains.min(parallel));
        let rows = empty.into_iter().map(|row| (row, false)).chain(to_drain.into_iter().map(|row| (row, true)));
        rows.map(|(row, drain)| {
            self.deletions.push((row.node, drain));
            Deletion { node: row.node, since: row.since, drain, pods: row.pods, daemon_pods: Vec::new() }
        })
        .collect()
    }

    /// Nodes that are being drained.
    pub(super) fn draining(&self) -> usize {
        self.deletions.iter().filter(|(_, drain)| *drain).count()
    }

    /// The plan counts pods that were moved onto the node in the simulation; what is evicted is what really is
    /// there: all but mirror pods, even those that have been terminating for long.
    ///
    /// Upstream: `actuation.podsToEvict`, 1.28.0.
    fn look_again(&self, cluster: &ClusterState, deletion: &mut Deletion) {
        let there = cluster.node(deletion.node).pods().iter().copied();
        let there = there.filter(|pod| !cluster.spec_of(*pod).is_mirror);
        (deletion.daemon_pods, deletion.pods) = there.partition(|pod| cluster.spec_of(*pod).is_daemon());
        if !deletion.drain {
            deletion.pods.clear();
        }
        let goes = |pod: &PodId| evicts_daemon_pod(cluster.spec_of(*pod), &self.flags, deletion.drain);
        deletion.daemon_pods.retain(goes);
    }

    /// At most ten changes a loop: first off nodes that are needed again, then onto unneeded ones. Upstream:
    /// `UpdateSoftDeletionTaints`.
    fn soft_taints(&self, cluster: &ClusterState, all: &[NodeId], outcome: &mut ScaleDownOutcome) {
        let mut left = self.flags.max_bulk_soft_taint_count.max(0) as usize;
        let has = |node: &NodeId| {
            let taints = cluster.node(*node).taints.iter();
            taints.into_iter().any(|taint| cluster.symbols.text(taint.key) == DELETION_CANDIDATE)
        };
        let bits = self.planner.unneeded_bits();
        let unneeded = |node: &NodeId| bits.contains(node.index());
        outcome.soft_taints_removed =
            all.iter().copied().filter(|node| has(node) && !unneeded(node)).take(left).collect();
        left -= outcome.soft_taints_removed.len();
        let mut added: Vec<NodeId> = all.iter().copied().filter(|node| unneeded(node) && !has(node)).collect();
        added.sort_by_key(|node| cluster.node_name(*node));
        added.truncate(left);
        outcome.soft_taints_added = added;
    }

    /// A deletion is under way.
    pub(super) fn is_being_deleted(&self, cluster: &ClusterState, node: NodeId) -> bool {
        let taints = cluster.node(node).taints.iter();
        self.deletions.iter().any(|(other, _)| *other == node)
            || taints.into_iter().any(|taint| cluster.symbols.text(taint.key) == TO_BE_DELETED)
    }

    fn deletions_of(&self, cluster: &ClusterState, group: GroupId) -> i32 {
        let here = |(node, _): &&(NodeId, bool)| cluster.node(*node).group == Some(group);
        self.deletions.iter().filter(here).count() as i32
    }
}

/// Whether the budgets allow all these pods to go at the same time.
fn may_go_together(cluster: &ClusterState, pods: &[PodId], allowed: &[i32]) -> bool {
    cluster.budgets.iter().zip(allowed).all(|(budget, allowed)| {
        pods.iter().filter(|pod| protects(cluster, budget, **pod)).count() as i32 <= (*allowed).max(0)
    })
}

/// Simulated removals use the budgets up.
fn decrement(cluster: &ClusterState, pods: &[PodId], allowed: &mut [i32]) {
    for (budget, allowed) in cluster.budgets.iter().zip(allowed) {
        *allowed -= pods.iter().filter(|pod| protects(cluster, budget, **pod)).count() as i32;
    }
}

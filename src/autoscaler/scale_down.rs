//! Scale-down: which nodes are not needed, since when, and which go now.

use super::Autoscaler;
use super::drain::{Blocked, Scope, pods_to_move, protects};
use super::flags::Flags;
use super::templates::{DELETION_CANDIDATE, TO_BE_DELETED, is_ready};
use super::view::{Deletion, GroupView, ScaleDownOutcome, ScaleDownResult, Unremovable};
use crate::cluster::{ClusterState, NodeId, PodId};
use crate::go_sort;
use crate::id::Id;
use crate::units::{SimDuration, SimTime};
use fixedbitset::FixedBitSet;
use std::collections::BTreeMap;

/// GiB in bytes.
const GIB: i64 = 1024 * 1024 * 1024;

/// A node that could go.
#[derive(Clone, Debug)]
pub(super) struct Removable {
    node: NodeId,
    pods: Vec<PodId>,
    risky: bool,
}

/// The planner's memory. Upstream: `scaledown/planner.Planner`, 1.28.0.
#[derive(Clone, Debug, Default)]
pub(super) struct Planner {
    /// Unneeded nodes: since when, and what would have to move.
    unneeded: BTreeMap<NodeId, (SimTime, Removable)>,
    /// Nodes that are not looked at again before this instant, and what kept them.
    not_before: BTreeMap<NodeId, (SimTime, Unremovable)>,
    last_update: Option<SimTime>,
    least_interval: Option<SimDuration>,
    /// The last plan differs from the one before.
    moved: bool,
}

impl Planner {
    /// Upstream: `CleanUpUnneededNodes`.
    pub(super) fn clear(&mut self) {
        self.unneeded.clear();
    }
    /// The deletion of a node failed: it has to be unneeded for its time again.
    pub(super) fn forget(&mut self, node: NodeId) {
        self.unneeded.remove(&node);
    }
    /// The last plan was the one before.
    pub(super) fn is_steady(&self) -> bool {
        !self.moved
    }
    /// Another loop goes by with the same plan; false if the time since the last one would change it.
    pub(super) fn goes_on(&mut self, now: SimTime) -> bool {
        let Some(last) = self.last_update else { return true };
        let goes_on = self.least_interval.is_some_and(|least| now - last >= least);
        if goes_on {
            self.last_update = Some(now);
        }
        goes_on
    }
    /// When nodes are looked at again, and when they have been unneeded for long enough.
    pub(super) fn timers(&self, flags: &Flags, consider: &mut impl FnMut(SimTime)) {
        self.not_before.values().for_each(|(at, _)| consider(*at));
        for (since, _) in self.unneeded.values() {
            consider(*since + flags.scale_down_unneeded_time);
            consider(*since + flags.scale_down_unready_time);
        }
    }
    /// The unneeded nodes, by the index of their id.
    fn unneeded_bits(&self) -> FixedBitSet {
        self.unneeded.keys().map(|node| node.index()).collect()
    }
    pub(super) fn unneeded(&self) -> impl Iterator<Item = (NodeId, SimTime)> + '_ {
        self.unneeded.iter().map(|(node, (since, _))| (*node, *since))
    }
}

impl Autoscaler {
    /// Planner and actuator. Upstream: `RunOnce` from `UpdateClusterState` on.
    pub(super) fn scale_down(
        &mut self,
        now: SimTime,
        snapshot: &mut ClusterState,
        groups: &[GroupView<'_>],
        all: &[NodeId],
        blocked: bool,
    ) -> ScaleDownOutcome {
        let mut outcome = ScaleDownOutcome::default();
        let candidates = self.candidates(snapshot, groups, all, now);
        self.update_plan(now, snapshot, groups, all, &candidates, &mut outcome);
        outcome.unneeded = self.planner.unneeded().collect();
        let flags = &self.flags;
        let recent =
            |last: Option<SimTime>, delay: SimDuration| last.or(self.assumed).is_some_and(|last| last + delay > now);
        if blocked
            || recent(self.last_scale_up, flags.scale_down_delay_after_add)
            || recent(self.last_scale_down, flags.scale_down_delay_after_delete)
            || recent(None, flags.scale_down_delay_after_failure)
        {
            outcome.result = ScaleDownResult::InCooldown;
            return outcome;
        }
        let (empty, drain) = self.nodes_to_delete(now, snapshot, groups, &mut outcome);
        outcome.candidates = (empty.iter().map(|r| r.node).collect(), drain.iter().map(|r| r.node).collect());
        outcome.deletions = self.crop(snapshot, empty, drain);
        outcome.deletions.iter_mut().for_each(|deletion| self.look_again(snapshot, deletion));
        outcome.result = if outcome.deletions.is_empty() {
            self.soft_taints(snapshot, all, &mut outcome);
            ScaleDownResult::NoNodeDeleted
        } else {
            self.last_scale_down = Some(now);
            ScaleDownResult::NodeDeleteStarted
        };
        outcome
    }

    /// Nodes of groups above their minimum: empty ones first, then those unneeded before.
    fn candidates(
        &mut self,
        cluster: &ClusterState,
        groups: &[GroupView<'_>],
        all: &[NodeId],
        now: SimTime,
    ) -> Vec<NodeId> {
        let may = |node: &NodeId| {
            let group = cluster.node(*node).group.and_then(|group| groups.get(group as usize));
            group.is_some_and(|group| group.target > group.min)
        };
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
        groups: &[GroupView<'_>],
        all: &[NodeId],
        candidates: &[NodeId],
        outcome: &mut ScaleDownOutcome,
    ) {
        if let Some(last) = self.planner.last_update {
            let interval = now - last;
            let known = self.planner.least_interval.unwrap_or(self.flags.scale_down_unneeded_time);
            self.planner.least_interval = Some(known.min(interval));
        }
        self.planner.last_update = Some(now);
        let ongoing = |node: &&NodeId| !self.deletions.iter().any(|(other, _)| other == *node);
        let candidates: Vec<NodeId> = candidates.iter().filter(ongoing).copied().collect();
        let mut destinations = FixedBitSet::with_capacity(snapshot.node_id_bound());
        all.iter().filter(ongoing).for_each(|node| destinations.insert(node.index()));
        let waiting = self.planner.not_before.len();
        self.planner.not_before.retain(|_, (at, _)| *at > now);
        self.planner.moved = self.planner.not_before.len() != waiting;
        let eligible = self.eligible(now, snapshot, groups, &candidates, outcome);
        let mut allowed: Vec<i32> = snapshot.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
        let mut removable: Vec<Removable> = Vec::new();
        let limit = self.unneeded_limit();
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
                    let until = now + self.flags.unremovable_node_recheck_timeout;
                    self.planner.not_before.insert(node, (until, why));
                    self.planner.moved = true;
                }
            }
        }
        drop(simulation);
        self.hints.drop_old();
        let before = std::mem::take(&mut self.planner.unneeded);
        let known = |row: &Removable| before.contains_key(&row.node);
        self.planner.moved |= removable.len() != before.len() || !removable.iter().all(known);
        for row in removable {
            let since = before.get(&row.node).map_or(now, |(since, _)| *since);
            self.planner.unneeded.insert(row.node, (since, row));
        }
    }

    fn unneeded_limit(&self) -> usize {
        let parallel = self.flags.max_scale_down_parallelism.max(0) as i64;
        let unneeded_time = self.flags.scale_down_unneeded_time;
        let interval = self.planner.least_interval.unwrap_or(unneeded_time).as_nanos().max(1);
        let most = parallel.saturating_mul(unneeded_time.as_nanos() / interval) + parallel;
        let now = self.planner.unneeded.len() as i64 + 2 * parallel;
        now.min(most).max(0) as usize
    }

    /// Upstream: `eligibility.Checker.FilterOutUnremovable`.
    fn eligible(
        &mut self,
        now: SimTime,
        cluster: &ClusterState,
        groups: &[GroupView<'_>],
        candidates: &[NodeId],
        outcome: &mut ScaleDownOutcome,
    ) -> Vec<NodeId> {
        let mut eligible = Vec::new();
        for node in candidates.iter().copied() {
            let row = cluster.node(node);
            let why = if let Some((_, why)) = self.planner.not_before.get(&node) {
                outcome.kept_before.push((node, *why));
                Some(Unremovable::RecentlyUnremovable)
            } else if self.is_being_deleted(cluster, node) {
                Some(Unremovable::CurrentlyBeingDeleted)
            } else if row.scale_down_disabled {
                Some(Unremovable::ScaleDownDisabledAnnotation)
            } else if row.group.is_none_or(|group| group as usize >= groups.len()) {
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

    /// Upstream: `RemovalSimulator.SimulateNodeRemoval`; what was moved stays moved in the simulation.
    fn simulate_removal(
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
        }
        Ok(Removable { node, pods: moved.pods, risky })
    }

    /// Upstream: `Planner.NodesToDelete`, `unneeded.Nodes.RemovableAt`.
    fn nodes_to_delete(
        &mut self,
        now: SimTime,
        cluster: &ClusterState,
        groups: &[GroupView<'_>],
        outcome: &mut ScaleDownOutcome,
    ) -> (Vec<Removable>, Vec<Removable>) {
        let mut sizes: Vec<i32> = groups.iter().map(|group| group.target).collect();
        let (mut cpu, mut memory) = self.spare(cluster);
        let mut rows: Vec<(SimTime, Removable)> = self.planner.unneeded.values().cloned().collect();
        let key = |(_, row): &(SimTime, Removable)| (!row.pods.is_empty(), cluster.node_name(row.node));
        rows.sort_by(|a, b| key(a).cmp(&key(b)));
        let (mut empty, mut drain) = (Vec::new(), Vec::new());
        for (since, row) in rows {
            let node = cluster.node(row.node);
            let group = node.group.map_or(usize::MAX, |group| group as usize);
            let Some(view) = groups.get(group) else { continue };
            let in_progress = self.deletions_of(cluster, group);
            let there = &node.capacity.resources;
            let is_ready = is_ready(node, &cluster.symbols, &self.flags);
            let why = if node.scale_down_disabled {
                Some(Unremovable::ScaleDownDisabledAnnotation)
            } else if is_ready && since + self.flags.scale_down_unneeded_time >= now {
                Some(Unremovable::NotUnneededLongEnough)
            } else if !is_ready && since + self.flags.scale_down_unready_time >= now {
                Some(Unremovable::NotUnreadyLongEnough)
            } else if sizes[group] - in_progress <= view.min {
                Some(Unremovable::NodeGroupMinSizeReached)
            } else if there.cpu_milli > cpu || there.memory_bytes > memory {
                Some(Unremovable::MinimalResourceLimitExceeded)
            } else {
                None
            };
            if let Some(why) = why {
                outcome.unremovable.push((row.node, why));
                continue;
            }
            (cpu, memory) = (cpu - there.cpu_milli, memory - there.memory_bytes);
            sizes[group] -= 1;
            if row.pods.is_empty() { empty.push(row) } else { drain.push(row) }
        }
        drain.sort_by_key(|row| row.risky);
        (empty, drain)
    }

    /// Milli-cores and bytes above the cluster's minimum.
    fn spare(&self, cluster: &ClusterState) -> (i64, i64) {
        let (mut cpu, mut memory) = (0, 0);
        for (id, node) in cluster.nodes() {
            if !self.is_being_deleted(cluster, id) {
                cpu += node.capacity.resources.cpu_milli;
                memory += node.capacity.resources.memory_bytes;
            }
        }
        let least = |amount: i64, unit: i64| amount.saturating_mul(unit);
        ((cpu - least(self.flags.cores_total.0, 1000)).max(0), (memory - least(self.flags.memory_total.0, GIB)).max(0))
    }

    /// As many as the budgets allow, group by group. Upstream: `ScaleDownBudgetProcessor.CropNodes`.
    fn crop(&mut self, cluster: &ClusterState, empty: Vec<Removable>, drain: Vec<Removable>) -> Vec<Deletion> {
        let (running, draining) = (self.deletions.len(), self.deletions.iter().filter(|(_, drain)| *drain).count());
        let mut parallel = (self.flags.max_scale_down_parallelism.max(0) as usize).saturating_sub(running);
        let drains = (self.flags.max_drain_parallelism.max(0) as usize).saturating_sub(draining);
        let by_group = |rows: Vec<Removable>| {
            let group = |row: &Removable| cluster.node(row.node).group;
            let mut order = Vec::new();
            rows.iter().for_each(|row| {
                if !order.contains(&group(row)) {
                    order.push(group(row));
                }
            });
            let mut rows = rows;
            rows.sort_by_key(|row| order.iter().position(|known| *known == group(row)));
            rows
        };
        let mut list = by_group(empty);
        list.truncate(parallel);
        parallel -= list.len();
        let mut to_drain = by_group(drain);
        to_drain.truncate(drains.min(parallel));
        list.extend(to_drain);
        list.into_iter()
            .map(|row| {
                let drain = !row.pods.is_empty();
                self.deletions.push((row.node, drain));
                Deletion { node: row.node, drain, pods: row.pods, daemon_pods: Vec::new() }
            })
            .collect()
    }

    /// The plan counts pods that were moved onto the node in the simulation; what is evicted is what really is
    /// there: all but mirror pods, even those that have been terminating for long.
    ///
    /// Upstream: `actuation.podsToEvict`, 1.28.0.
    fn look_again(&self, cluster: &ClusterState, deletion: &mut Deletion) {
        let there = cluster.node(deletion.node).pods().iter().copied();
        let there = there.filter(|pod| !cluster.spec_of(*pod).is_mirror);
        (deletion.daemon_pods, deletion.pods) = there.partition(|pod| cluster.spec_of(*pod).is_daemon());
        let evicts_daemon_pods = match deletion.drain {
            true => self.flags.daemonset_eviction_for_occupied_nodes,
            false => self.flags.daemonset_eviction_for_empty_nodes,
        };
        if !deletion.drain {
            deletion.pods.clear();
        }
        if !evicts_daemon_pods {
            deletion.daemon_pods.clear();
        }
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

    fn deletions_of(&self, cluster: &ClusterState, group: usize) -> i32 {
        let here = |(node, _): &&(NodeId, bool)| cluster.node(*node).group == Some(group as u32);
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

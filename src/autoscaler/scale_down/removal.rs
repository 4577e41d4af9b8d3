//! The removal of a node in a what-if: do its pods find another place?

use super::planner::Removable;
use crate::autoscaler::Autoscaler;
use crate::autoscaler::drain::{Blocked, Scope, pods_to_move, protects};
use crate::autoscaler::packing::Search;
use crate::autoscaler::view::Unremovable;
use crate::cluster::{ClusterState, NodeId, PodId};
use crate::id::Id;
use crate::units::SimTime;
use fixedbitset::FixedBitSet;

/// What the removals before have left.
#[derive(Clone, Copy)]
pub(super) struct Left<'a> {
    /// The nodes that pods may go to, by the index of their id.
    pub(super) destinations: &'a FixedBitSet,
    /// Disruptions that the budgets still allow, in the cluster's order.
    pub(super) disruptions: &'a [i32],
}

impl Autoscaler {
    /// Upstream: `RemovalSimulator.SimulateNodeRemoval`; what was moved stays moved in the simulation, but for the
    /// legacy planner, which keeps in mind who counts on whom instead.
    pub(super) fn simulate_removal(
        &mut self,
        now: SimTime,
        simulation: &mut ClusterState,
        node: NodeId,
        left: Left<'_>,
    ) -> Result<Removable, Unremovable> {
        let scope = Scope { now, controllers: Some(&self.controllers), budgets: Some(left.disruptions) };
        let moved = pods_to_move(simulation, &self.flags, node, scope).map_err(|blocked| {
            Unremovable::BlockedByPod(Blocked { pod: self.copies.original(blocked.pod), ..blocked })
        })?;
        let mut trial = simulation.trial();
        moved.pods.iter().for_each(|pod| trial.unbind(*pod));
        if self.flags.rules.removes_the_candidate {
            let left_behind = trial.node(node).pods().to_vec();
            left_behind.into_iter().for_each(|pod| trial.unbind(pod));
            trial.remove_node(node);
        }
        let accepts = |other: NodeId| other != node && left.destinations.contains(other.index());
        let mut search =
            Search { checker: &mut self.checker, copies: &self.copies, accepts: &accepts, all_or_nothing: true };
        let placed = self.hints.place(&mut trial, &mut search, &moved.pods);
        if placed.len() < moved.pods.len() {
            return Err(Unremovable::NoPlaceToMovePods);
        }
        let risky = !may_go_together(&trial, &moved.pods, left.disruptions);
        if self.flags.parallel_drain {
            trial.commit();
        } else {
            placed.iter().for_each(|(_, target)| self.planner.usage.register(node, *target, now));
        }
        Ok(Removable { node, since: now, pods: moved.pods, risky })
    }
}

/// Whether the budgets allow all these pods to go at the same time.
fn may_go_together(cluster: &ClusterState, pods: &[PodId], allowed: &[i32]) -> bool {
    cluster.budgets.iter().zip(allowed).all(|(budget, allowed)| {
        pods.iter().filter(|pod| protects(cluster, budget, **pod)).count() as i32 <= (*allowed).max(0)
    })
}

/// Simulated removals use the budgets up.
pub(super) fn decrement(cluster: &ClusterState, pods: &[PodId], allowed: &mut [i32]) {
    for (budget, allowed) in cluster.budgets.iter().zip(allowed) {
        *allowed -= pods.iter().filter(|pod| protects(cluster, budget, **pod)).count() as i32;
    }
}

//! The removal of a node in a what-if: do its pods find another place?

use super::planner::Removable;
use crate::autoscaler::Autoscaler;
use crate::autoscaler::drain::{Blocked, Scope, pods_to_move, protects};
use crate::autoscaler::view::Unremovable;
use crate::cluster::{ClusterState, NodeId, PodId};
use crate::id::Id;
use crate::units::SimTime;
use fixedbitset::FixedBitSet;

impl Autoscaler {
    /// Upstream: `RemovalSimulator.SimulateNodeRemoval`; what was moved stays moved in the simulation, but for the
    /// legacy planner, which keeps in mind who counts on whom instead.
    pub(in crate::autoscaler) fn simulate_removal(
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

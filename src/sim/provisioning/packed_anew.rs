//! How many of a group's nodes would do if its pods were packed anew.
//!
//! Cluster Autoscaler takes a node away only while its pods request less than a threshold of it; nodes above that stay, also
//! where fewer would do. Here pods are packed by their requests of cpu and memory alone, the largest first, each on the
//! first node that has room (first fit decreasing: Johnson, 1974). Spread, affinity and ports are not looked at, so
//! that it may be a node or two too few.

use crate::cluster::{NodeId, Resources};
use crate::id::IdVec;
use crate::sim::provisioning::state::Provisioning;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::GroupId;
use std::collections::BTreeMap;

/// How often it is looked at.
const EVERY: SimDuration = SimDuration::from_mins(10);

/// A group's nodes and what is on them.
#[derive(Clone, Default)]
struct Load {
    /// What nodes have left beside pods of DaemonSets: thousandths of a core, bytes, pods.
    room: Vec<[i64; 3]>,
    /// What pods ask for, and how many ask for it.
    pods: BTreeMap<[i64; 3], u32>,
    /// Something asks for accelerators or the like: cpu and memory do not say where it fits.
    is_special: bool,
}

impl Provisioning {
    /// Notes for each group how many of its nodes would do. Cost: nothing but every ten minutes, and then a look at all pods, and at all nodes for each
    /// size of pods.
    pub(crate) fn pack_anew(&mut self, shared: &mut Shared, now: SimTime) {
        if now < self.packs_at {
            return;
        }
        self.packs_at = now + EVERY;
        let mut loads: IdVec<GroupId, Load> = IdVec::filled(Load::default(), shared.cast.groups.len());
        for (id, node) in shared.cluster.nodes() {
            if let Some(group) = node.group.filter(|group| shared.cast.groups[*group].autoscaled) {
                loads[group].add(shared, id);
            }
        }
        for (id, load) in loads.iter_mut() {
            let least = i64::from(shared.cast.groups[id].min);
            let there = load.room.len() as i64;
            let packed = if load.is_special { there } else { load.nodes_that_do().max(least).min(there) };
            shared.counts.groups[id].packed.set(now, packed);
        }
    }
}

impl Load {
    fn add(&mut self, shared: &Shared, id: NodeId) {
        let node = shared.cluster.node(id);
        let mut room = amounts(&node.allocatable.resources, node.allocatable.pods);
        for pod in node.pods() {
            let spec = shared.cluster.spec_of(*pod);
            let asked = amounts(&spec.requests, 1);
            self.is_special |= !spec.requests.scalar.is_empty();
            if spec.is_daemon() {
                room.iter_mut().zip(asked).for_each(|(left, amount)| *left -= amount);
            } else {
                *self.pods.entry(asked).or_default() += 1;
            }
        }
        self.room.push(room);
    }

    /// The largest nodes first; a pod for which there is no room in that order has a node of its own.
    fn nodes_that_do(&mut self) -> i64 {
        self.room.sort_unstable_by(|a, b| b.cmp(a));
        let Some(largest) = self.room.first().copied() else { return 0 };
        let size = |pod: &[i64; 3]| {
            let share = |at: usize| i128::from(pod[at]) * 1_000_000 / i128::from(largest[at].max(1));
            share(0).max(share(1))
        };
        let mut pods: Vec<([i64; 3], u32)> = std::mem::take(&mut self.pods).into_iter().collect();
        pods.sort_by_cached_key(|(pod, _)| std::cmp::Reverse(size(pod)));
        let (mut used, mut alone) = (0, 0);
        for (pod, count) in pods {
            let mut left = i64::from(count);
            for (at, room) in self.room.iter_mut().enumerate() {
                if room.iter().zip(pod).any(|(left, amount)| *left < amount) {
                    continue;
                }
                // Equal pods fill one node after another.
                let fit = room.iter().zip(pod).filter(|(_, amount)| *amount > 0).map(|(left, amount)| left / amount);
                let here = fit.min().map_or(left, |most| most.min(left));
                room.iter_mut().zip(pod).for_each(|(left, amount)| *left -= here * amount);
                used = used.max(at as i64 + 1);
                left -= here;
                if left == 0 {
                    break;
                }
            }
            alone += left;
        }
        used + alone
    }
}

fn amounts(resources: &Resources, pods: i64) -> [i64; 3] {
    [resources.cpu_milli, resources.memory_bytes, pods]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(nodes: usize, pods: &[i64]) -> Load {
        let mut load = Load { room: vec![[4000, 100, 10]; nodes], ..Load::default() };
        pods.iter().for_each(|cpu| *load.pods.entry([*cpu, 1, 1]).or_default() += 1);
        load
    }

    #[test]
    fn nodes_above_the_threshold_may_be_too_many() {
        // Three nodes at 60 % with pods of 15 %: two hold the twelve.
        assert_eq!(load(3, &[600; 12]).nodes_that_do(), 2);
        // Pods of 60 %: each needs its own.
        assert_eq!(load(3, &[2400; 3]).nodes_that_do(), 3);
        // Small ones go where the large ones leave room.
        assert_eq!(load(3, &[1600, 2400, 1600, 2400]).nodes_that_do(), 2);
    }

    #[test]
    fn nodes_have_room_for_so_many_pods() {
        assert_eq!(load(3, &[1; 21]).nodes_that_do(), 3);
        assert_eq!(load(3, &[]).nodes_that_do(), 0);
    }
}

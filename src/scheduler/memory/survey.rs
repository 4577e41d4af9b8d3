//! One pod's nodes: which are possible, what they score, which are best.

use super::local::{Asking, UNFIT};
use super::scratch::Scratch;
use super::{Memory, Tables};
use crate::cluster::{ClusterState, NodeId, PodId};
use crate::scheduler::node_order::Sampling;
use crate::scheduler::profile::Profile;
use crate::scheduler::reason::Plugin;
use crate::scheduler::subject::Subject;

/// What the tables say about one pod.
#[cfg(test)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    /// The nodes that are possible, and were looked at.
    pub(crate) feasible: Vec<NodeId>,
    /// Parallel to `feasible`: the total score; empty if there was nothing to choose.
    pub(crate) totals: Vec<i64>,
    /// The best of them.
    pub(crate) best: Vec<NodeId>,
}

/// A pod to find nodes for.
#[derive(Clone, Copy)]
pub(in crate::scheduler) struct Search<'a> {
    pub(in crate::scheduler) cluster: &'a ClusterState,
    pub(in crate::scheduler) profile: &'a Profile,
    pub(in crate::scheduler) pod: PodId,
    /// Nodes whose room is other pods'.
    pub(in crate::scheduler) reserved: &'a [NodeId],
}

impl Memory {
    /// The best nodes for a pod, in order of their ids, those reserved for others apart; nothing if the tables
    /// cannot tell.
    pub(in crate::scheduler) fn best(&mut self, search: Search<'_>, sampling: &mut Sampling) -> Option<Vec<NodeId>> {
        let Search { cluster, profile, pod, reserved } = search;
        let row = cluster.pod(pod);
        let kind = self.prepare(cluster, profile, row.spec);
        let (local, group) = (self.locals[kind.local].as_mut()?, self.groups[kind.group].as_ref()?);
        let nodes = self.nodes[kind.nodes].as_mut()?;
        let everywhere = sampling.looks_at_all(profile, cluster.node_ids().len());
        if everywhere {
            local.settle(&mut Asking { cluster, profile, slots: &self.slots, nodes });
        }
        let is_plain = reserved.is_empty()
            && group.is_idle()
            && nodes.taints.is_empty()
            && nodes.preferred.is_empty()
            && local.images.is_empty()
            && row.daemon_node.is_none()
            && cluster.spec(row.spec).required_node_affinity.is_none();
        if is_plain && !local.is_exotic && everywhere {
            let most = local.score.iter().copied().reduce(|a, b| a.max(b)).filter(|most| *most != UNFIT);
            let Some(most) = most else { return Some(Vec::new()) };
            let ties = local.score.iter().enumerate().filter(|(_, score)| **score == most);
            return Some(ties.map(|(slot, _)| self.slots.node_id(slot)).collect());
        }
        self.look(search, kind, sampling)?;
        let Scratch { feasible, totals, .. } = &self.scratch;
        let most = totals.iter().copied().reduce(|a, b| a.max(b));
        let ties = feasible.iter().zip(totals).filter(|(_, total)| Some(**total) == most);
        let ids = |slot: &u32| self.slots.node_id(*slot as usize);
        let mut best: Vec<NodeId> = match totals.is_empty() {
            true => feasible.iter().map(ids).collect(),
            false => ties.map(|(slot, _)| ids(slot)).collect(),
        };
        best.sort_unstable();
        Some(best)
    }

    /// Everything about a pod, for comparison with the plain computation.
    #[cfg(test)]
    pub(in crate::scheduler) fn survey(&mut self, search: Search<'_>, sampling: &mut Sampling) -> Option<Survey> {
        let best = self.best(search, &mut sampling.clone())?;
        let Search { cluster, profile, pod, .. } = search;
        let kind = self.prepare(cluster, profile, cluster.pod(pod).spec);
        self.look(search, kind, sampling)?;
        let Scratch { feasible, totals, .. } = &self.scratch;
        let ids = feasible.iter().map(|slot| self.slots.node_id(*slot as usize));
        let mut rows: Vec<(NodeId, Option<i64>)> =
            ids.enumerate().map(|(at, id)| (id, totals.get(at).copied())).collect();
        rows.sort_unstable();
        let (feasible, totals): (Vec<NodeId>, Vec<Option<i64>>) = rows.into_iter().unzip();
        Some(Survey { feasible, totals: totals.into_iter().flatten().collect(), best })
    }

    /// Fills the scratch: feasible slots in any order, and their totals if there are several.
    fn look(&mut self, search: Search<'_>, kind: Tables, sampling: &mut Sampling) -> Option<()> {
        let Search { cluster, profile, pod, reserved } = search;
        let Memory { slots, nodes, locals, groups, scratch, .. } = self;
        let (local, group) = (locals[kind.local].as_mut()?, groups[kind.group].as_ref()?);
        let mut asking = Asking { cluster, profile, slots, nodes: nodes[kind.nodes].as_mut()? };
        let row = cluster.pod(pod);
        let spec = cluster.spec(row.spec);
        if local.is_exotic
            || asking.nodes.is_exotic
            || (row.daemon_node.is_some() && !(group.hard.is_empty() && group.soft.is_empty()))
        {
            return None;
        }
        let subject = Subject { spec, daemon_node: row.daemon_node };
        let gates = group.gates(slots);
        scratch.feasible.clear();
        let by_affinity = profile.plugins.filters(Plugin::NodeAffinity);
        let named = if by_affinity { subject.node_names() } else { None };
        let start = sampling.start();
        let mut fits = |slot: usize| {
            gates.iter().all(|gate| gate.allows(slot))
                && local.fits(&mut asking, slot)
                && !reserved.contains(&slots.node_id(slot))
        };
        match named {
            Some(names) if names.len() >= 100 => return None,
            Some(names) => {
                let nodes: Vec<NodeId> = names.iter().filter_map(|name| cluster.node_by_name(*name)).collect();
                if nodes.len() < names.len() && !profile.rules.unknown_names_are_skipped {
                    // A name that is no node's fails the cycle: the plain computation says so.
                    return None;
                }
                let mut found: Vec<u32> = nodes.iter().filter_map(|node| slots.slot(*node)).map(|s| s as u32).collect();
                found.retain(|slot| fits(*slot as usize));
                found.sort_unstable();
                if !found.is_empty() {
                    // Otherwise the plain computation is asked again, and counts.
                    sampling.looked_at_named(nodes.len(), cluster.node_ids().len(), profile.rules);
                }
                scratch.feasible = found;
            }
            None if sampling.looks_at_all(profile, cluster.node_ids().len()) => {
                local.settle(&mut asking);
                scratch.filter(local, &gates);
                reserved.iter().filter_map(|node| slots.slot(*node)).for_each(|slot| scratch.allowed[slot] = false);
                let Scratch { feasible, allowed, .. } = &mut *scratch;
                feasible.extend((0..slots.len()).filter(|slot| allowed[*slot]).map(|slot| slot as u32));
            }
            None => {
                let check = |node: NodeId| slots.slot(node).is_some_and(&mut fits);
                let nodes = sampling.take(cluster, profile, check);
                scratch.feasible.extend(nodes.iter().filter_map(|node| slots.slot(*node)).map(|slot| slot as u32));
            }
        }
        if local.is_exotic || asking.nodes.is_exotic {
            // The plain computation is asked, and looks at the same nodes.
            sampling.start_again_at(start);
            return None;
        }
        local.score_images(cluster, slots, &scratch.feasible);
        scratch.totals.clear();
        if scratch.feasible.len() > 1 {
            scratch.score(slots, (asking.nodes, local, group), &profile.plugins);
        }
        Some(())
    }
}

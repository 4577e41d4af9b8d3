//! One pod's nodes: which are possible, what they score, which are best.

use super::group::{Column, Group, Role};
use super::local::{LocalTable, UNFIT};
use super::slots::{NONE, Slots};
use super::{Kind, Memory};
use crate::cluster::{ClusterState, NodeId, PodId};
use crate::scheduler::affinity::AffinityScore;
use crate::scheduler::filters::Subject;
use crate::scheduler::node_order::Sampling;
use crate::scheduler::profile::{Plugins, Profile};
use crate::scheduler::reason::Plugin;
use crate::scheduler::spread::SpreadScore;

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

/// Room for the computation, kept from pod to pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    feasible: Vec<u32>,
    totals: Vec<i64>,
    raw: Vec<i64>,
    seen: Vec<u32>,
    stamp: u32,
    normal: Vec<i64>,
    terms: Vec<f64>,
    allowed: Vec<bool>,
}

impl Memory {
    /// The best nodes for a pod, in order of their ids, those `reserved` for others apart; nothing if the tables
    /// cannot tell.
    pub(in crate::scheduler) fn best(
        &mut self,
        cluster: &ClusterState,
        profile: &Profile,
        pod: PodId,
        reserved: &[NodeId],
        sampling: &mut Sampling,
    ) -> Option<Vec<NodeId>> {
        let row = cluster.pod(pod);
        let kind = self.prepare(cluster, profile, row.spec);
        let (local, group) = (self.locals[kind.local].as_ref()?, self.groups[kind.group].as_ref()?);
        let is_plain = reserved.is_empty()
            && group.is_idle()
            && local.taints.is_empty()
            && local.preferred.is_empty()
            && local.images.is_empty()
            && row.daemon_node.is_none()
            && cluster.spec(row.spec).required_node_affinity.is_none();
        if is_plain && !local.is_exotic && sampling.looks_at_all(profile, cluster.node_ids().len()) {
            let most = local.score.iter().copied().max().filter(|most| *most != UNFIT);
            let Some(most) = most else { return Some(Vec::new()) };
            let ties = local.score.iter().enumerate().filter(|(_, score)| **score == most);
            return Some(ties.map(|(slot, _)| self.slots.node_id(slot)).collect());
        }
        self.look(cluster, profile, (pod, kind), reserved, sampling)?;
        let Scratch { feasible, totals, .. } = &self.scratch;
        let most = totals.iter().max();
        let ties = feasible.iter().zip(totals).filter(|(_, total)| Some(*total) == most);
        let ids = |slot: &u32| self.slots.node_id(*slot as usize);
        Some(match totals.is_empty() {
            true => feasible.iter().map(ids).collect(),
            false => ties.map(|(slot, _)| ids(slot)).collect(),
        })
    }

    /// Everything about a pod, for comparison with the plain computation.
    #[cfg(test)]
    pub(in crate::scheduler) fn survey(
        &mut self,
        cluster: &ClusterState,
        profile: &Profile,
        pod: PodId,
        sampling: &mut Sampling,
    ) -> Option<Survey> {
        let best = self.best(cluster, profile, pod, &[], &mut sampling.clone())?;
        let kind = self.prepare(cluster, profile, cluster.pod(pod).spec);
        self.look(cluster, profile, (pod, kind), &[], sampling)?;
        let feasible = self.scratch.feasible.iter().map(|slot| self.slots.node_id(*slot as usize)).collect();
        Some(Survey { feasible, totals: self.scratch.totals.clone(), best })
    }

    /// Fills the scratch: feasible slots, and their totals if there are several.
    fn look(
        &mut self,
        cluster: &ClusterState,
        profile: &Profile,
        (pod, kind): (PodId, Kind),
        reserved: &[NodeId],
        sampling: &mut Sampling,
    ) -> Option<()> {
        let Memory { slots, locals, groups, scratch, .. } = self;
        let (local, group) = (locals[kind.local].as_ref()?, groups[kind.group].as_ref()?);
        let row = cluster.pod(pod);
        let spec = cluster.spec(row.spec);
        if local.is_exotic || (row.daemon_node.is_some() && !(group.hard.is_empty() && group.soft.is_empty())) {
            return None;
        }
        let subject = Subject { spec, daemon_node: row.daemon_node };
        scratch.filter(slots, local, group);
        let mut allowed = std::mem::take(&mut scratch.allowed);
        reserved.iter().filter_map(|node| slots.slot(*node)).for_each(|slot| allowed[slot] = false);
        let fits = |slot: usize| allowed[slot];
        scratch.feasible.clear();
        let by_affinity = profile.plugins.filters(Plugin::NodeAffinity);
        let named = if by_affinity { subject.node_names() } else { None };
        let looks_everywhere = named.is_none();
        let complete = match named {
            Some(names) if names.len() >= 100 => return None,
            Some(names) => {
                // A name that is no node's fails the cycle: the plain computation says so.
                let nodes: Option<Vec<NodeId>> = names.iter().map(|name| cluster.node_by_name(*name)).collect();
                let mut found: Vec<u32> =
                    nodes?.into_iter().filter_map(|node| slots.slot(node)).map(|s| s as u32).collect();
                found.retain(|slot| fits(*slot as usize));
                found.sort_unstable();
                scratch.feasible = found;
                true
            }
            None => sampling.looks_at_all(profile, cluster.node_ids().len()),
        };
        if complete && looks_everywhere {
            scratch.feasible.extend((0..slots.len()).filter(|slot| fits(*slot)).map(|slot| slot as u32));
        } else if !complete {
            let check = |node: NodeId| slots.slot(node).is_some_and(&fits);
            let nodes = sampling.take(cluster, profile, Some(slots.nodes_version()), check);
            scratch.feasible.extend(nodes.iter().filter_map(|node| slots.slot(*node)).map(|slot| slot as u32));
        }
        scratch.allowed = allowed;
        scratch.totals.clear();
        if scratch.feasible.len() > 1 {
            scratch.score(slots, local, group, &profile.plugins);
        }
        Some(())
    }
}

impl Scratch {
    /// Which slots pass all filters.
    fn filter(&mut self, slots: &Slots, local: &LocalTable, group: &Group) {
        let mut allowed = std::mem::take(&mut self.allowed);
        allowed.clear();
        allowed.extend(local.score.iter().map(|score| *score != UNFIT));
        group.gates(slots).iter().for_each(|gate| gate.restrict(&mut allowed));
        self.allowed = allowed;
    }

    /// Totals of the feasible slots.
    fn score(&mut self, slots: &Slots, local: &LocalTable, group: &Group, plugins: &Plugins) {
        let at = |column: &[i32], slot: u32| i64::from(column[slot as usize]);
        self.totals.extend(self.feasible.iter().map(|slot| at(&local.score, *slot)));
        if !local.images.is_empty() {
            let weight = plugins.weight(Plugin::ImageLocality);
            self.each(|slot| weight * at(&local.images, slot));
        }
        let most = |column: &[i32], feasible: &[u32]| feasible.iter().map(|slot| at(column, *slot)).max().unwrap_or(0);
        let worst = if local.taints.is_empty() { 0 } else { most(&local.taints, &self.feasible) };
        let weight = plugins.weight(Plugin::TaintToleration);
        match worst {
            0 => self.each(|_| weight * 100),
            worst => self.each(|slot| weight * (100 - 100 * at(&local.taints, slot) / worst)),
        }
        let preferred = if local.preferred.is_empty() { 0 } else { most(&local.preferred, &self.feasible) };
        if preferred != 0 {
            let weight = plugins.weight(Plugin::NodeAffinity);
            self.each(|slot| weight * (100 * at(&local.preferred, slot) / preferred));
        }
        if !group.soft.is_empty() {
            self.spread(slots, group, plugins.weight(Plugin::PodTopologySpread));
        }
        let weighted: Vec<&Column> = group.of_role(|role| role == Role::Weighted).collect();
        if !weighted.is_empty() {
            self.raw.clear();
            for slot in &self.feasible {
                let of = |column: &&Column| match slots.value(column.key, *slot as usize) {
                    NONE => 0,
                    value => column.totals[value as usize],
                };
                self.raw.push(weighted.iter().map(of).sum());
            }
            self.add_normal(AffinityScore::normal, plugins.weight(Plugin::InterPodAffinity));
        }
    }

    fn each(&mut self, of: impl Fn(u32) -> i64) {
        for (total, slot) in self.totals.iter_mut().zip(&self.feasible) {
            *total += of(*slot);
        }
    }

    /// PodTopologySpread's score. Upstream: `PodTopologySpread.PreScore`, `Score`, `NormalizeScore`, 1.28.
    fn spread(&mut self, slots: &Slots, group: &Group, plugin_weight: i64) {
        let columns: Vec<&Column> = group.of_role(|role| matches!(role, Role::Soft(_))).collect();
        let ignored = |slot: u32| {
            group.soft_needs_all_keys && columns.iter().any(|column| slots.value(column.key, slot as usize) == NONE)
        };
        let counted = self.feasible.iter().filter(|slot| !ignored(**slot)).count();
        let mut sums = vec![0.0; self.feasible.len()];
        for (at, column) in columns.iter().enumerate() {
            let values = slots.values(column.key);
            let is_hostname = group.soft_is_hostname[at];
            let mut domains = counted;
            if !is_hostname {
                self.stamp += 1;
                self.seen.resize(self.seen.len().max(slots.value_bound(column.key)), 0);
                domains = 0;
                for slot in self.feasible.iter().filter(|slot| !ignored(**slot)) {
                    let value = values[*slot as usize];
                    let seen = &mut self.seen[if value == NONE { 0 } else { value as usize }];
                    domains += usize::from(*seen != self.stamp);
                    *seen = self.stamp;
                }
            }
            let weight = libm::log((domains + 2) as f64);
            let skew = (group.soft[at].max_skew - 1) as f64;
            self.terms.clear();
            if !is_hostname {
                self.terms.extend(column.totals.iter().map(|count| *count as f64 * weight + skew));
            }
            for (sum, slot) in sums.iter_mut().zip(&self.feasible) {
                let value = values[*slot as usize];
                if value != NONE {
                    *sum += match is_hostname {
                        true => column.own[*slot as usize] as f64 * weight + skew,
                        false => self.terms[value as usize],
                    };
                }
            }
        }
        self.raw.clear();
        if counted == self.feasible.len() {
            self.raw.extend(sums.iter().map(|sum| rounded(*sum)));
            return self.add_normal(SpreadScore::normal, plugin_weight);
        }
        let raw: Vec<Option<i64>> =
            self.feasible.iter().zip(&sums).map(|(slot, sum)| (!ignored(*slot)).then(|| rounded(*sum))).collect();
        for (total, normal) in self.totals.iter_mut().zip(SpreadScore::normalize(&raw)) {
            *total += plugin_weight * normal;
        }
    }

    /// Adds the normalised raw scores times the weight; equal ones are computed once.
    fn add_normal(&mut self, normal: fn(i64, i64, i64) -> i64, weight: i64) {
        let (Some(least), Some(most)) = (self.raw.iter().min().copied(), self.raw.iter().max().copied()) else {
            return;
        };
        let span = usize::try_from(most.saturating_sub(least)).unwrap_or(usize::MAX);
        if span > 4 * self.raw.len() + 64 {
            for (total, raw) in self.totals.iter_mut().zip(&self.raw) {
                *total += weight * normal(*raw, least, most);
            }
            return;
        }
        self.normal.clear();
        self.normal.resize(span + 1, i64::MIN);
        for (total, raw) in self.totals.iter_mut().zip(&self.raw) {
            let known = &mut self.normal[(raw - least) as usize];
            if *known == i64::MIN {
                *known = weight * normal(*raw, least, most);
            }
            *total += *known;
        }
    }
}

/// `f64::round`, without the call into the maths library for what fits.
fn rounded(sum: f64) -> i64 {
    if !(0.0..4e15).contains(&sum) {
        return sum.round() as i64;
    }
    let whole = sum as i64;
    whole + i64::from(sum - whole as f64 >= 0.5)
}

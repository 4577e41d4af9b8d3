//! The totals of the nodes that are possible for one pod, added up from the tables.

use super::gates::Gate;
use super::group::{Column, Group, Role};
use super::local::{LocalTable, UNFIT};
use super::nodes::NodeTable;
use super::slots::{NONE, Slots};
use crate::scheduler::affinity::AffinityScore;
use crate::scheduler::profile::Plugins;
use crate::scheduler::reason::Plugin;
use crate::scheduler::spread::SpreadScore;

/// Room for the computation, kept from pod to pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    pub(super) feasible: Vec<u32>,
    pub(super) totals: Vec<i64>,
    raw: Vec<i64>,
    seen: Vec<u32>,
    stamp: u32,
    normal: Vec<i64>,
    terms: Vec<f64>,
    /// By slot; 0 between two computations.
    own: Vec<i64>,
    pub(super) allowed: Vec<bool>,
}

impl Scratch {
    /// Which slots pass all filters.
    pub(super) fn filter(&mut self, local: &LocalTable, gates: &[Gate<'_>]) {
        self.allowed.clear();
        self.allowed.extend(local.score.iter().map(|score| *score != UNFIT));
        gates.iter().for_each(|gate| gate.restrict(&mut self.allowed));
    }

    /// Totals of the feasible slots.
    pub(super) fn score(&mut self, slots: &Slots, tables: (&NodeTable, &LocalTable, &Group), plugins: &Plugins) {
        let (nodes, local, group) = tables;
        let at = |column: &[i32], slot: u32| i64::from(column[slot as usize]);
        self.totals.extend(self.feasible.iter().map(|slot| at(&local.score, *slot)));
        if !local.images.is_empty() {
            let weight = plugins.weight(Plugin::ImageLocality);
            self.each(|slot| weight * at(&local.images, slot));
        }
        let most = |column: &[i32], feasible: &[u32]| {
            feasible.iter().map(|slot| at(column, *slot)).reduce(|a, b| a.max(b)).unwrap_or(0)
        };
        let worst = if nodes.taints.is_empty() { 0 } else { most(&nodes.taints, &self.feasible) };
        let weight = plugins.weight(Plugin::TaintToleration);
        match worst {
            0 => self.each(|_| weight * 100),
            worst => self.each(|slot| weight * (100 - 100 * at(&nodes.taints, slot) / worst)),
        }
        let preferred = if nodes.preferred.is_empty() { 0 } else { most(&nodes.preferred, &self.feasible) };
        if preferred != 0 {
            let weight = plugins.weight(Plugin::NodeAffinity);
            self.each(|slot| weight * (100 * at(&nodes.preferred, slot) / preferred));
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
            if is_hostname {
                self.own.resize(slots.len(), 0);
                column.own.iter().for_each(|own| self.own[own.slot as usize] = own.sum);
            } else {
                self.terms.extend(column.totals.iter().map(|count| *count as f64 * weight + skew));
            }
            for (sum, slot) in sums.iter_mut().zip(&self.feasible) {
                let value = values[*slot as usize];
                if value != NONE {
                    *sum += match is_hostname {
                        true => self.own[*slot as usize] as f64 * weight + skew,
                        false => self.terms[value as usize],
                    };
                }
            }
            if is_hostname {
                column.own.iter().for_each(|own| self.own[own.slot as usize] = 0);
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
        let raw = || self.raw.iter().copied();
        let (Some(least), Some(most)) = (raw().reduce(|a, b| a.min(b)), raw().reduce(|a, b| a.max(b))) else { return };
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

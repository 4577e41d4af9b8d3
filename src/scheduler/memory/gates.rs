//! What the counts of a group allow, column by column.

use super::group::{Group, Role};
use super::slots::{NONE, Slots};
use crate::scheduler::affinity::Counted;

/// The values of one topology key that the pods elsewhere leave open.
pub(super) struct Gate<'a> {
    values: &'a [u32],
    totals: &'a [i64],
    rule: Rule,
}

#[derive(Clone, Copy)]
enum Rule {
    /// The node has the key, and no more pods than this share its value.
    AtMost(i64),
    /// Nobody shares the value.
    Nobody,
    /// The node has the key, and somebody shares its value.
    Somebody,
    /// The node has the key.
    Anybody,
}

impl Rule {
    fn allows(self, value: u32, totals: &[i64]) -> bool {
        match self {
            Rule::AtMost(most) => value != NONE && totals[value as usize] <= most,
            Rule::Nobody => value == NONE || totals[value as usize] <= 0,
            Rule::Somebody => value != NONE && totals[value as usize] > 0,
            Rule::Anybody => value != NONE,
        }
    }
}

impl Gate<'_> {
    /// Whether a slot's node is allowed.
    pub(super) fn allows(&self, slot: usize) -> bool {
        self.rule.allows(self.values[slot], self.totals)
    }

    /// Takes from `allowed`, by slot, what is not.
    pub(super) fn restrict(&self, allowed: &mut [bool]) {
        for (allowed, value) in allowed.iter_mut().zip(self.values) {
            *allowed = *allowed && self.rule.allows(*value, self.totals);
        }
    }
}

impl Group {
    /// All that restricts a node. Upstream: the filters of PodTopologySpread and InterPodAffinity, 1.28.
    pub(super) fn gates<'a>(&'a self, slots: &'a Slots) -> Vec<Gate<'a>> {
        let is_own = |role: Role| role == Role::Required(Counted::Affinity);
        // The first of a group of pods that want to be together may be anywhere that has the keys.
        let nobody = self.of_role(is_own).all(|column| column.totals.iter().all(|total| *total == 0));
        let anywhere = nobody && self.matches_itself();
        let mut gates = Vec::new();
        for column in &self.columns {
            let rule = match column.role {
                Role::Hard(at) => {
                    let constraint = &self.hard[at];
                    let there = || column.totals.iter().zip(&column.members).filter(|(_, members)| **members > 0);
                    let domains = there().count();
                    let short = domains < constraint.min_domains;
                    let least = if short { 0 } else { there().map(|(total, _)| *total).min().unwrap_or(0) };
                    let own = i64::from(constraint.matches_itself);
                    Rule::AtMost(if domains == 0 { i64::MAX } else { constraint.max_skew + least - own })
                }
                Role::Required(Counted::AntiAffinity | Counted::Existing) => Rule::Nobody,
                Role::Required(Counted::Affinity) if anywhere => Rule::Anybody,
                Role::Required(Counted::Affinity) => Rule::Somebody,
                Role::Soft(_) | Role::Weighted => continue,
            };
            gates.push(Gate { values: slots.values(column.key), totals: &column.totals, rule });
        }
        gates
    }
}

//! Which kinds of pods a selector may mean, found by their labels.

use crate::cluster::{ClusterState, LabelSelector, Operator, PodSpecId};
use crate::id::Id;
use crate::intern::Symbol;
use rustc_hash::FxHashMap;

/// The kinds of pods by what other pods' rules ask of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Kinds {
    seen: usize,
    /// Kinds with rules of their own about other pods.
    with_affinity: Vec<PodSpecId>,
    with_label: FxHashMap<(Symbol, Symbol), Vec<PodSpecId>>,
}

impl Kinds {
    /// Looks at the kinds that are new.
    pub(super) fn learn(&mut self, cluster: &ClusterState) {
        for index in self.seen..cluster.specs().len() {
            let id = PodSpecId::from_index(index);
            let spec = cluster.spec(id);
            if !(spec.pod_affinity.is_empty() && spec.pod_anti_affinity.is_empty()) {
                self.with_affinity.push(id);
            }
            for pair in spec.labels.iter() {
                self.with_label.entry(pair).or_default().push(id);
            }
        }
        self.seen = cluster.specs().len();
    }

    /// Kinds of which some may be meant by a selector or have affinity, each once and in order; all others are not, and
    /// have none. Absent: any may be.
    pub(super) fn concerned<'s>(&self, selectors: impl Iterator<Item = &'s LabelSelector>) -> Option<Vec<PodSpecId>> {
        let mut found = self.with_affinity.clone();
        for selector in selectors {
            let one_of = selector.requirements.iter().filter(|requirement| requirement.operator == Operator::In);
            let with = |key: Symbol, value: Symbol| self.with_label.get(&(key, value)).map_or(&[][..], Vec::as_slice);
            let count = |requirement: &&crate::cluster::Requirement| -> usize {
                requirement.values.iter().map(|value| with(requirement.key, *value).len()).sum()
            };
            let fewest = one_of.min_by_key(count)?;
            fewest.values.iter().for_each(|value| found.extend_from_slice(with(fewest.key, *value)));
        }
        found.sort_unstable();
        found.dedup();
        Some(found)
    }
}

//! Which kinds of pods a selector may mean, found by their labels.

use crate::cluster::{ClusterState, LabelSelector, Labels, Operator, PodAffinity, PodSpecId, Requirement};
use crate::id::Id;
use crate::intern::Symbol;
use rustc_hash::FxHashMap;

/// The kinds of pods by what other pods' rules ask of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Kinds {
    seen: usize,
    with_label: FxHashMap<(Symbol, Symbol), Vec<PodSpecId>>,
    /// Kinds with rules of their own about other pods, by a label that these must have.
    with_term_about: FxHashMap<(Symbol, Symbol), Vec<PodSpecId>>,
    /// Those whose rules may be about pods with any labels.
    with_open_term: Vec<PodSpecId>,
}

impl Kinds {
    /// Looks at the kinds that are new.
    pub(super) fn learn(&mut self, cluster: &ClusterState) {
        for index in self.seen..cluster.specs().len() {
            let id = PodSpecId::from_index(index);
            let spec = cluster.spec(id);
            self.learn_terms(id, &spec.pod_affinity);
            self.learn_terms(id, &spec.pod_anti_affinity);
            for pair in spec.labels.iter() {
                self.with_label.entry(pair).or_default().push(id);
            }
        }
        self.seen = cluster.specs().len();
    }

    fn learn_terms(&mut self, id: PodSpecId, affinity: &PodAffinity) {
        let preferred = affinity.preferred.iter().map(|row| &row.term);
        // Without a selector a term is about nobody.
        for selector in affinity.required.iter().chain(preferred).filter_map(|term| term.selector.as_ref()) {
            match one_of(selector).min_by_key(|requirement| requirement.values.len()) {
                Some(requirement) => requirement.values.iter().for_each(|value| {
                    self.with_term_about.entry((requirement.key, *value)).or_default().push(id);
                }),
                None => self.with_open_term.push(id),
            }
        }
    }

    /// Kinds of which some may be meant by a selector or have a rule about pods with `labels`, each once and in order; all others are
    /// not, and have none. Absent: any may be.
    pub(super) fn concerned<'s>(
        &self,
        labels: &Labels,
        selectors: impl Iterator<Item = &'s LabelSelector>,
    ) -> Option<Vec<PodSpecId>> {
        let mut found = self.with_open_term.clone();
        labels
            .iter()
            .filter_map(|pair| self.with_term_about.get(&pair))
            .for_each(|kinds| found.extend_from_slice(kinds));
        for selector in selectors {
            let with = |key: Symbol, value: Symbol| self.with_label.get(&(key, value)).map_or(&[][..], Vec::as_slice);
            let count = |requirement: &&Requirement| -> usize {
                requirement.values.iter().map(|value| with(requirement.key, *value).len()).sum()
            };
            let fewest = one_of(selector).min_by_key(count)?;
            fewest.values.iter().for_each(|value| found.extend_from_slice(with(fewest.key, *value)));
        }
        found.sort_unstable();
        found.dedup();
        Some(found)
    }
}

/// The requirements that name the values a label must have one of.
fn one_of(selector: &LabelSelector) -> impl Iterator<Item = &Requirement> {
    selector.requirements.iter().filter(|requirement| requirement.operator == Operator::In)
}

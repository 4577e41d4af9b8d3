//! Which kinds of pods a selector may mean, found by their labels.

use crate::cluster::{ClusterState, LabelSelector, Labels, Operator, PodAffinity, PodSpec, PodSpecId, Requirement};
use crate::id::Id;
use crate::intern::Symbol;
use crate::scheduler::spread::{WorkloadKey, key_of_workload, owner_key, selector_of};
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
    selectors: Selectors,
}

/// Where the Services and workloads are that select a pod.
#[derive(Clone, Debug, Default)]
struct Selectors {
    versions: Option<[u64; 2]>,
    /// Services, in order, by one of the labels that they select.
    services: FxHashMap<(Symbol, Symbol), Vec<u32>>,
    workloads: FxHashMap<WorkloadKey, u32>,
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
        self.selectors.learn(cluster);
    }

    /// What a pod's Services and its owner select, together, without a walk through all.
    pub(super) fn default_selector(&self, cluster: &ClusterState, pod: &PodSpec) -> LabelSelector {
        self.selectors.default_selector(cluster, pod)
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

impl Selectors {
    fn learn(&mut self, cluster: &ClusterState) {
        let versions = Some([cluster.services.version(), cluster.workloads.version()]);
        if self.versions == versions {
            return;
        }
        *self = Selectors { versions, ..Selectors::default() };
        for (at, service) in (0..).zip(cluster.services.iter()) {
            // One that selects nothing selects nobody.
            service.selector.iter().next().into_iter().for_each(|pair| self.services.entry(pair).or_default().push(at));
        }
        for (at, workload) in (0..).zip(cluster.workloads.iter()) {
            self.workloads.entry(key_of_workload(workload)).or_insert(at);
        }
    }

    fn default_selector(&self, cluster: &ClusterState, pod: &PodSpec) -> LabelSelector {
        let mut services: Vec<u32> =
            pod.labels.iter().filter_map(|pair| self.services.get(&pair)).flatten().copied().collect();
        services.sort_unstable();
        let services = services.iter().map(|at| &cluster.services[*at as usize]);
        let owner = owner_key(pod).and_then(|owner| self.workloads.get(&owner));
        selector_of(services, owner.map(|at| &cluster.workloads[*at as usize]), pod)
    }
}

/// The requirements that name the values a label must have one of.
fn one_of(selector: &LabelSelector) -> impl Iterator<Item = &Requirement> {
    selector.requirements.iter().filter(|requirement| requirement.operator == Operator::In)
}

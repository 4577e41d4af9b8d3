//! InterPodAffinity: near some pods, far from others.

use super::profile::Profile;
use super::reason::{Plugin, Reason, Rejection};
use super::what_if::PodMove;
use crate::cluster::{AffinityTerm, ClusterState, LabelSelector, Labels, NodeTemplate, PodId, PodSpec};
use crate::intern::{Interner, Symbol};
use rustc_hash::FxHashMap;

type Pairs = FxHashMap<(Symbol, Symbol), i64>;

/// Which pods a term means, resolved for one incoming pod.
#[derive(Clone, Debug)]
struct Term {
    selector: Option<LabelSelector>,
    namespaces: Vec<Symbol>,
    all_namespaces: bool,
    key: Symbol,
    weight: i64,
}

impl Term {
    /// A term of the incoming pod: its namespace selector means the namespaces that exist now.
    fn incoming(term: &AffinityTerm, weight: i64, cluster: &ClusterState) -> Self {
        let mut namespaces = term.namespaces.clone();
        let mut all_namespaces = false;
        if let Some(selector) = &term.namespace_selector {
            all_namespaces = selector.is_empty();
            let there = cluster.namespaces.iter();
            namespaces.extend(there.filter(|(_, l)| selector.matches(l, &cluster.symbols)).map(|(name, _)| *name));
        }
        Term { selector: term.selector.clone(), namespaces, all_namespaces, key: term.topology_key, weight }
    }
    fn matches(&self, pod: &PodSpec, symbols: &Interner) -> bool {
        (self.all_namespaces || self.namespaces.contains(&pod.namespace))
            && self.selector.as_ref().is_some_and(|selector| selector.matches(&pod.labels, symbols))
    }
}

/// Whether a term of an existing pod means the incoming one, whose namespace has these labels.
fn existing_term_matches(term: &AffinityTerm, pod: &PodSpec, namespace: &Labels, symbols: &Interner) -> bool {
    (term.namespaces.contains(&pod.namespace)
        || term.namespace_selector.as_ref().is_some_and(|selector| selector.matches(namespace, symbols)))
        && term.selector.as_ref().is_some_and(|selector| selector.matches(&pod.labels, symbols))
}

/// Whether a required affinity term of the waiting pod means the other one.
///
/// Upstream: `getUnschedulablePodsWithMatchingAffinityTerm`, 1.28.
pub fn waits_for(cluster: &ClusterState, waiting: PodId, other: PodId) -> bool {
    let terms = &cluster.spec_of(waiting).pod_affinity.required;
    let other = cluster.spec_of(other);
    let none = Labels::default();
    let namespace = cluster.namespaces.get(&other.namespace).unwrap_or(&none);
    terms.iter().any(|term| existing_term_matches(term, other, namespace, &cluster.symbols))
}

/// Whether each of a waiting pod's terms, of which there is one at least, means the other pod. Upstream: `podMatchesAllAffinityTerms`.
pub(super) fn means_all(cluster: &ClusterState, terms: &[AffinityTerm], other: &PodSpec) -> bool {
    let means = |term: &AffinityTerm| Term::incoming(term, 0, cluster).matches(other, &cluster.symbols);
    !terms.is_empty() && terms.iter().all(means)
}

/// Whether a required term of the pod has a topology key that the node has.
pub(super) fn names_key(pod: &PodSpec, node: &NodeTemplate) -> bool {
    let terms = pod.pod_affinity.required.iter().chain(&pod.pod_anti_affinity.required);
    terms.into_iter().any(|term| node.labels.get(term.topology_key).is_some())
}

/// What the filter counts by topology pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// Pods that match all terms of the pod's own affinity.
    Affinity,
    /// Pods that match a term of its anti-affinity.
    AntiAffinity,
    /// Pods whose anti-affinity means the pod.
    Existing,
}

/// The required terms that concern one pod.
#[derive(Clone, Debug, Default)]
pub(super) struct RequiredTerms {
    affinity: Vec<Term>,
    anti_affinity: Vec<Term>,
    namespace: Labels,
    /// The pod matches its own affinity.
    pub(super) matches_itself: bool,
    /// The profile does without the filter.
    is_off: bool,
}

impl RequiredTerms {
    pub(super) fn of(cluster: &ClusterState, pod: &PodSpec, profile: &Profile) -> Self {
        if !profile.plugins.filters(Plugin::InterPodAffinity) {
            return RequiredTerms { is_off: true, ..RequiredTerms::default() };
        }
        let terms = |terms: &[AffinityTerm]| terms.iter().map(|t| Term::incoming(t, 0, cluster)).collect::<Vec<_>>();
        let affinity = terms(&pod.pod_affinity.required);
        RequiredTerms {
            matches_itself: affinity.iter().all(|term| term.matches(pod, &cluster.symbols)),
            anti_affinity: terms(&pod.pod_anti_affinity.required),
            affinity,
            namespace: cluster.namespaces.get(&pod.namespace).cloned().unwrap_or_default(),
            is_off: false,
        }
    }
    /// The pod's own terms look at every pod.
    pub(super) fn are_own(&self) -> bool {
        !self.affinity.is_empty() || !self.anti_affinity.is_empty()
    }
    /// Which pods the pod's own terms mean.
    pub(super) fn selectors(&self) -> impl Iterator<Item = &LabelSelector> {
        self.affinity.iter().chain(&self.anti_affinity).filter_map(|term| term.selector.as_ref())
    }
    /// The topology keys of the pod's own affinity.
    pub(super) fn affinity_keys(&self) -> impl Iterator<Item = Symbol> + '_ {
        self.affinity.iter().map(|term| term.key)
    }
    /// What a pod like `other` counts for, and by which topology key.
    pub(super) fn each(
        &self,
        pod: &PodSpec,
        other: &PodSpec,
        symbols: &Interner,
        found: &mut dyn FnMut(Counted, Symbol),
    ) {
        if self.is_off {
            return;
        }
        for term in &other.pod_anti_affinity.required {
            if existing_term_matches(term, pod, &self.namespace, symbols) {
                found(Counted::Existing, term.topology_key);
            }
        }
        if !self.affinity.is_empty() && self.affinity.iter().all(|term| term.matches(other, symbols)) {
            self.affinity.iter().for_each(|term| found(Counted::Affinity, term.key));
        }
        for term in self.anti_affinity.iter().filter(|term| term.matches(other, symbols)) {
            found(Counted::AntiAffinity, term.key);
        }
    }
}

/// The filter's state for one pod.
#[derive(Clone, Debug, Default)]
pub(super) struct AffinityFilter {
    terms: RequiredTerms,
    affinity_counts: Pairs,
    anti_affinity_counts: Pairs,
    existing_counts: Pairs,
}

impl AffinityFilter {
    /// Counts the pods that are there, if any of them can matter. Upstream: `InterPodAffinity.PreFilter`, 1.28.
    pub(super) fn prepare(cluster: &ClusterState, pod: &PodSpec, profile: &Profile) -> Self {
        let terms = RequiredTerms::of(cluster, pod, profile);
        let mut filter = AffinityFilter { terms, ..AffinityFilter::default() };
        let own = filter.terms.are_own();
        if !own && !cluster.any_repels() {
            return filter;
        }
        for (_, node) in cluster.nodes() {
            for other in node.pods() {
                let other = cluster.spec_of(*other);
                if own || !other.pod_anti_affinity.required.is_empty() {
                    filter.count(pod, PodMove { pod: other, node, delta: 1 }, &cluster.symbols);
                }
            }
        }
        filter
    }

    /// Nothing to check anywhere.
    pub(super) fn is_idle(&self) -> bool {
        !self.terms.are_own() && self.existing_counts.is_empty()
    }

    /// Another pod comes or leaves.
    pub(super) fn count(&mut self, pod: &PodSpec, moved: PodMove<'_>, symbols: &Interner) {
        let PodMove { pod: other, node, delta } = moved;
        let (affinity, anti, existing) =
            (&mut self.affinity_counts, &mut self.anti_affinity_counts, &mut self.existing_counts);
        self.terms.each(pod, other, symbols, &mut |role, key| {
            let counts = match role {
                Counted::Affinity => &mut *affinity,
                Counted::AntiAffinity => &mut *anti,
                Counted::Existing => &mut *existing,
            };
            add(counts, key, node, delta);
        });
    }

    /// Upstream: `InterPodAffinity.Filter`, 1.28.
    pub(super) fn check(&self, node: &NodeTemplate) -> Result<(), Rejection> {
        let reject = |reason, unresolvable| Err(Rejection::one(Plugin::InterPodAffinity, reason, unresolvable));
        if !self.affinity_holds(node) {
            return reject(Reason::Affinity, true);
        }
        let counted = |counts: &Pairs, key: Symbol| {
            node.labels.get(key).is_some_and(|value| counts.get(&(key, value)).is_some_and(|count| *count > 0))
        };
        if !self.anti_affinity_counts.is_empty()
            && self.terms.anti_affinity.iter().any(|term| counted(&self.anti_affinity_counts, term.key))
        {
            return reject(Reason::AntiAffinity, false);
        }
        let existing = |(key, value)| self.existing_counts.get(&(key, value)).is_some_and(|count| *count > 0);
        if !self.existing_counts.is_empty() && node.labels.iter().any(existing) {
            return reject(Reason::ExistingAntiAffinity, false);
        }
        Ok(())
    }

    fn affinity_holds(&self, node: &NodeTemplate) -> bool {
        let mut pods_exist = true;
        for term in &self.terms.affinity {
            let Some(value) = node.labels.get(term.key) else { return false };
            pods_exist &= self.affinity_counts.get(&(term.key, value)).is_some_and(|count| *count > 0);
        }
        // The first of a group of pods that want to be together may be anywhere.
        pods_exist || (self.affinity_counts.is_empty() && self.terms.matches_itself)
    }
}

fn add(counts: &mut Pairs, key: Symbol, node: &NodeTemplate, delta: i64) {
    if let Some(value) = node.labels.get(key) {
        let count = counts.entry((key, value)).or_default();
        *count += delta;
        if *count == 0 {
            counts.remove(&(key, value));
        }
    }
}

/// The weighted terms that concern one pod.
#[derive(Clone, Debug)]
pub(super) struct WeightedTerms {
    own: Vec<Term>,
    namespace: Labels,
    hard_weight: i64,
}

impl WeightedTerms {
    /// Nothing when no existing pod is to be looked at.
    pub(super) fn of(cluster: &ClusterState, pod: &PodSpec, profile: &Profile) -> Option<Self> {
        if profile.plugins.weight(Plugin::InterPodAffinity) == 0 {
            return None;
        }
        let incoming = |terms: &[crate::cluster::WeightedAffinityTerm], sign: i64| {
            terms.iter().map(|w| Term::incoming(&w.term, sign * i64::from(w.weight), cluster)).collect::<Vec<_>>()
        };
        let mut own = incoming(&pod.pod_affinity.preferred, 1);
        own.extend(incoming(&pod.pod_anti_affinity.preferred, -1));
        if profile.ignore_preferred_terms_of_existing_pods && own.is_empty() {
            return None;
        }
        let namespace = cluster.namespaces.get(&pod.namespace).cloned().unwrap_or_default();
        Some(WeightedTerms { own, namespace, hard_weight: i64::from(profile.hard_pod_affinity_weight) })
    }

    /// Which pods the pod's own terms mean.
    pub(super) fn selectors(&self) -> impl Iterator<Item = &LabelSelector> {
        self.own.iter().filter_map(|term| term.selector.as_ref())
    }

    /// What a pod like `other` weighs, by topology key.
    pub(super) fn each(&self, pod: &PodSpec, other: &PodSpec, symbols: &Interner, found: &mut dyn FnMut(Symbol, i64)) {
        for term in self.own.iter().filter(|term| term.matches(other, symbols)) {
            found(term.key, term.weight);
        }
        if other.pod_affinity.is_empty() && other.pod_anti_affinity.is_empty() {
            return;
        }
        let means = |term: &AffinityTerm| existing_term_matches(term, pod, &self.namespace, symbols);
        if self.hard_weight > 0 {
            for term in other.pod_affinity.required.iter().filter(|term| means(term)) {
                found(term.topology_key, self.hard_weight);
            }
        }
        for row in other.pod_affinity.preferred.iter().filter(|row| means(&row.term)) {
            found(row.term.topology_key, i64::from(row.weight));
        }
        for row in other.pod_anti_affinity.preferred.iter().filter(|row| means(&row.term)) {
            found(row.term.topology_key, -i64::from(row.weight));
        }
    }
}

/// The score's state for one pod: weights by topology pair.
#[derive(Clone, Debug)]
pub(super) struct AffinityScore {
    by_key: Vec<(Symbol, FxHashMap<Symbol, i64>)>,
}

impl AffinityScore {
    /// Nothing when no term says anything. Upstream: `InterPodAffinity.PreScore`, 1.28.
    pub(super) fn prepare(cluster: &ClusterState, pod: &PodSpec, profile: &Profile) -> Option<Self> {
        let terms = WeightedTerms::of(cluster, pod, profile)?;
        let mut score = AffinityScore { by_key: Vec::new() };
        for (_, node) in cluster.nodes() {
            for other in node.pods() {
                let other = cluster.spec_of(*other);
                terms.each(pod, other, &cluster.symbols, &mut |key, weight| score.add(key, node, weight));
            }
        }
        (!score.by_key.is_empty()).then_some(score)
    }

    fn add(&mut self, key: Symbol, node: &NodeTemplate, weight: i64) {
        let Some(value) = node.labels.get(key) else { return };
        let at = self.by_key.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            self.by_key.push((key, FxHashMap::default()));
            self.by_key.len() - 1
        });
        *self.by_key[at].1.entry(value).or_default() += weight;
    }

    /// The sum for a node, not normalised.
    pub(super) fn raw(&self, node: &NodeTemplate) -> i64 {
        let of_key = |(key, values): &(Symbol, FxHashMap<Symbol, i64>)| {
            node.labels.get(*key).and_then(|value| values.get(&value)).copied().unwrap_or(0)
        };
        self.by_key.iter().map(of_key).sum()
    }

    /// To 0..=100. Upstream divides before it multiplies, in floats.
    pub(super) fn normalize(scores: &mut [i64]) {
        let (Some(least), Some(most)) = (scores.iter().min().copied(), scores.iter().max().copied()) else { return };
        scores.iter_mut().for_each(|score| *score = Self::normal(*score, least, most));
    }

    /// One sum of those between `least` and `most`, to 0..=100.
    pub(super) fn normal(score: i64, least: i64, most: i64) -> i64 {
        let span = most - least;
        if span > 0 { (100.0 * ((score - least) as f64 / span as f64)) as i64 } else { 0 }
    }
}

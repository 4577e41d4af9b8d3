//! Who is to be placed.

use crate::cluster::{NodeTemplate, Operator, PodSpec};
use crate::intern::{Interner, Symbol};

/// A kind of pod, and for a DaemonSet's pod the node it is meant for.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What the pod is like.
    pub spec: &'a PodSpec,
    /// The one node that a DaemonSet's pod wants.
    pub daemon_node: Option<Symbol>,
}

impl Subject<'_> {
    /// Node selector and required node affinity.
    pub fn matches_node(&self, node: &NodeTemplate, symbols: &Interner) -> bool {
        self.spec.node_selector.iter().all(|(key, value)| node.labels.get(key) == Some(value))
            && self.daemon_node.is_none_or(|name| name == node.name)
            && self
                .spec
                .required_node_affinity
                .as_ref()
                .is_none_or(|required| required.matches(node.name, &node.labels, symbols))
    }

    /// Whether every node matches.
    pub(super) fn matches_all(&self) -> bool {
        self.spec.node_selector.iter().next().is_none()
            && self.daemon_node.is_none()
            && self.spec.required_node_affinity.is_none()
    }

    /// The only nodes that can come into question, by name; absent means all.
    ///
    /// Upstream: `NodeAffinity.PreFilter`, 1.28.
    pub(super) fn node_names(&self) -> Option<Vec<Symbol>> {
        if let Some(name) = self.daemon_node {
            return Some(vec![name]);
        }
        let mut names: Vec<Symbol> = Vec::new();
        let terms = &self.spec.required_node_affinity.as_ref()?.terms;
        if terms.is_empty() {
            return None;
        }
        for term in terms {
            let mut of_term: Option<Vec<Symbol>> = None;
            for field in term.fields.iter().filter(|field| field.operator == Operator::In) {
                let both = |known: Vec<Symbol>| known.into_iter().filter(|n| field.values.contains(n)).collect();
                of_term = Some(of_term.map_or_else(|| field.values.to_vec(), both));
            }
            names.extend(of_term?);
        }
        names.sort_unstable();
        names.dedup();
        Some(names)
    }
}

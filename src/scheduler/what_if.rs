//! Pods that come and go: for good, and imagined away from a node and onto it.

use crate::cluster::{Node, NodeTemplate, PodId, PodSpec};

/// Pods imagined away from a node, and onto it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WhatIf<'a> {
    pub(super) gone: &'a [PodId],
    pub(super) added: &'a [PodId],
}

impl<'a> WhatIf<'a> {
    /// The pods that would be on the node.
    pub(super) fn pods(self, node: &'a Node) -> impl Iterator<Item = PodId> + 'a {
        node.pods().iter().filter(move |pod| !self.gone.contains(pod)).chain(self.added).copied()
    }
}

/// A pod comes to a node or leaves it: what counts of pods are to learn.
#[derive(Clone, Copy, Debug)]
pub(super) struct PodMove<'a> {
    /// What the pod is like.
    pub(super) pod: &'a PodSpec,
    /// Where it comes to, or what it leaves.
    pub(super) node: &'a NodeTemplate,
    /// 1 for one that comes, -1 for one that leaves.
    pub(super) delta: i64,
}

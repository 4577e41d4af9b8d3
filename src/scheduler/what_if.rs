//! A node as it would be without some of its pods, and with others.

use crate::cluster::{Node, PodId};

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

//! Taints are put on nodes and taken off.

use crate::cluster::{Effect, NodeId, Taint};
use crate::intern::Symbol;
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;

impl Shared {
    /// A node gets a taint, in the place of another one with that key.
    pub(crate) fn put_taint(&mut self, node: NodeId, key: &str, effect: Effect) {
        let taint = Taint { key: self.cluster.symbols.intern(key), value: Symbol::EMPTY, effect };
        self.change_taints(node, taint.key, Some(taint));
    }

    /// A node loses its taints with a key.
    pub(crate) fn remove_taint(&mut self, node: NodeId, key: &str) {
        let key = self.cluster.symbols.intern(key);
        self.change_taints(node, key, None);
    }

    fn change_taints(&mut self, node: NodeId, key: Symbol, instead: Option<Taint>) {
        let mut taints = self.cluster.node(node).taints.clone();
        taints.retain(|other| other.key != key);
        taints.extend(instead);
        self.cluster.set_taints(node, taints);
        self.nodes_changed(News::NodeTaints(node));
    }
}

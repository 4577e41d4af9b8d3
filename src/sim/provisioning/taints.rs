//! Taints that Cluster Autoscaler puts on nodes and takes off.

use crate::cluster::{Effect, NodeId, Taint};
use crate::intern::Symbol;
use crate::sim::provisioning::state::Provisioning;
use crate::sim::scheduling::turns::News;
use crate::sim::shared::Shared;

impl Provisioning {
    /// A node gets a taint, in the place of another one with that key.
    pub(crate) fn put_taint(&self, shared: &mut Shared, node: NodeId, key: &str, effect: Effect) {
        let taint = Taint { key: shared.cluster.symbols.intern(key), value: Symbol::EMPTY, effect };
        self.change_taints(shared, node, taint.key, Some(taint));
    }

    /// A node loses its taints with a key.
    pub(crate) fn remove_taint(&self, shared: &mut Shared, node: NodeId, key: &str) {
        let key = shared.cluster.symbols.intern(key);
        self.change_taints(shared, node, key, None);
    }

    fn change_taints(&self, shared: &mut Shared, node: NodeId, key: Symbol, instead: Option<Taint>) {
        let mut taints = shared.cluster.node(node).taints.clone();
        taints.retain(|other| other.key != key);
        taints.extend(instead);
        shared.cluster.set_taints(node, taints);
        shared.nodes_changed(News::NodeTaints(node));
    }
}

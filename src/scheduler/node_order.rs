//! In which order nodes are looked at, and when it is enough.

use super::profile::Profile;
use super::rules::Rules;
use crate::cluster::{ClusterState, NodeId, NodeTemplate};
use crate::intern::Symbol;

/// Upstream: `minFeasibleNodesToFind`, `minFeasibleNodesPercentageToFind`.
const LEAST_NODES: usize = 100;
const LEAST_PERCENT: usize = 5;

/// `percentageOfNodesToScore`: large clusters are searched in part, each cycle going on where the last one stopped.
#[derive(Clone, Debug, Default)]
pub(super) struct Sampling {
    next_start: usize,
    /// The nodes round robin over the zones, and for which version of the nodes.
    order: Vec<NodeId>,
    version: Option<u64>,
}

impl Sampling {
    /// Whether every node is looked at in a cluster of this size.
    pub(super) fn looks_at_all(&self, profile: &Profile, nodes: usize) -> bool {
        wanted(profile, nodes) >= nodes
    }

    /// So many nodes, all those that were named, have been looked at instead of a part of `all`.
    ///
    /// Upstream: `findNodesThatFitPod`: the next start is counted modulo the named nodes until 1.28, over all since.
    pub(super) fn looked_at_named(&mut self, named: usize, all: usize, rules: Rules) {
        let modulus = if rules.start_over_all_nodes { all } else { named };
        if modulus > 0 {
            self.next_start = (self.next_start + named) % modulus;
        }
    }

    /// The first feasible nodes, as many as are wanted, in the order they are found.
    ///
    /// Upstream: `findNodesThatPassFilters` one node at a time, `nodeTree.list`, 1.28: the search stops at the
    /// first feasible node too many. Without a version of the nodes the order is built anew.
    pub(super) fn take(
        &mut self,
        cluster: &ClusterState,
        profile: &Profile,
        version: Option<u64>,
        mut fits: impl FnMut(NodeId) -> bool,
    ) -> Vec<NodeId> {
        if version.is_none() || self.version != version {
            self.order = round_robin(cluster);
            self.version = version;
        }
        let (nodes, wanted) = (self.order.len(), wanted(profile, self.order.len()));
        let mut found = Vec::new();
        let mut rejected = 0;
        for step in 0..nodes {
            let node = self.order[(self.next_start + step) % nodes];
            if !fits(node) {
                rejected += 1;
            } else if found.len() == wanted {
                break;
            } else {
                found.push(node);
            }
        }
        if nodes > 0 {
            self.next_start = (self.next_start + found.len() + rejected) % nodes;
        }
        found.sort_unstable();
        found
    }
}

/// Upstream: `numFeasibleNodesToFind`, 1.28.
fn wanted(profile: &Profile, nodes: usize) -> usize {
    if nodes < LEAST_NODES {
        return nodes;
    }
    let percent = match profile.percentage_of_nodes_to_score {
        ..=0 => 50usize.saturating_sub(nodes / 125).max(LEAST_PERCENT),
        percent => percent as usize,
    };
    (nodes * percent / 100).max(LEAST_NODES)
}

/// One node of each zone in turn, zones in order of first appearance.
fn round_robin(cluster: &ClusterState) -> Vec<NodeId> {
    let mut zones: Vec<((Symbol, Symbol), Vec<NodeId>)> = Vec::new();
    for (id, node) in cluster.nodes() {
        let zone = zone_of(cluster, node);
        match zones.iter_mut().find(|(known, _)| *known == zone) {
            Some((_, nodes)) => nodes.push(id),
            None => zones.push((zone, vec![id])),
        }
    }
    let most = zones.iter().map(|(_, nodes)| nodes.len()).max().unwrap_or(0);
    (0..most).flat_map(|round| zones.iter().filter_map(move |(_, nodes)| nodes.get(round).copied())).collect()
}

/// Region and zone. Upstream: `GetZoneKey`: the older labels first.
fn zone_of(cluster: &ClusterState, node: &NodeTemplate) -> (Symbol, Symbol) {
    let first = |keys: [&str; 2]| {
        let values = keys.into_iter().filter_map(|key| node.labels.get(cluster.symbols.lookup(key)?));
        values.into_iter().next().unwrap_or(Symbol::EMPTY)
    };
    (
        first(["failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"]),
        first(["failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"]),
    )
}

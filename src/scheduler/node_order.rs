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
    /// The nodes round robin over the zones, and of which layout.
    order: Vec<NodeId>,
    layout: Option<u64>,
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

    /// Where the next search begins.
    pub(super) fn start(&self) -> usize {
        self.next_start
    }
    /// The search that began there did not count.
    pub(super) fn start_again_at(&mut self, start: usize) {
        self.next_start = start;
    }

    /// The first feasible nodes, as many as are wanted, in the order in which they are found.
    ///
    /// Upstream: `findNodesThatPassFilters` one node at a time, `nodeTree.list`, 1.28: the search stops at the
    /// first feasible node too many. Cost: the nodes looked at; all where nodes came or went since the last time.
    pub(super) fn take(
        &mut self,
        cluster: &ClusterState,
        profile: &Profile,
        mut fits: impl FnMut(NodeId) -> bool,
    ) -> Vec<NodeId> {
        if self.layout != Some(cluster.layout()) {
            self.order = round_robin(cluster);
            self.layout = Some(cluster.layout());
        }
        let (nodes, wanted) = (self.order.len(), wanted(profile, self.order.len()));
        let mut found = Vec::new();
        let mut rejected = 0;
        // There may have been more nodes when the start was set.
        let (before, after) = self.order.split_at(if nodes == 0 { 0 } else { self.next_start % nodes });
        for node in after.iter().chain(before).copied() {
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
    let names = ZoneNames::of(cluster);
    let mut zones: Vec<((Symbol, Symbol), Vec<NodeId>)> = Vec::new();
    for (id, node) in cluster.nodes() {
        let zone = names.zone_of(node);
        match zones.iter_mut().find(|(known, _)| *known == zone) {
            Some((_, nodes)) => nodes.push(id),
            None => zones.push((zone, vec![id])),
        }
    }
    let most = zones.iter().map(|(_, nodes)| nodes.len()).max().unwrap_or(0);
    (0..most).flat_map(|round| zones.iter().filter_map(move |(_, nodes)| nodes.get(round).copied())).collect()
}

/// The labels for region and zone that any node has, the older ones first.
struct ZoneNames([[Option<Symbol>; 2]; 2]);

impl ZoneNames {
    fn of(cluster: &ClusterState) -> Self {
        let known = |keys: [&str; 2]| keys.map(|key| cluster.symbols.lookup(key));
        ZoneNames([
            known(["failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"]),
            known(["failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"]),
        ])
    }
    /// Region and zone. Upstream: `GetZoneKey`.
    fn zone_of(&self, node: &NodeTemplate) -> (Symbol, Symbol) {
        let first = |keys: [Option<Symbol>; 2]| {
            keys.into_iter().flatten().find_map(|key| node.labels.get(key)).unwrap_or(Symbol::EMPTY)
        };
        (first(self.0[0]), first(self.0[1]))
    }
}

//! Placing pods in a what-if: next-fit from where the last search ended, with hints.

use crate::cluster::{ClusterState, NodeId, PodId, PodSpecId};
use crate::intern::Symbol;
use crate::scheduler::Feasible;
use rustc_hash::{FxHashMap, FxHashSet};

/// Upstream's predicate checker: one scheduler profile, and one index that all searches share and that
/// survives from loop to loop (`SchedulerBasedPredicateChecker.lastIndex`, 1.28.0).
#[derive(Clone, Debug)]
pub(super) struct PredicateChecker {
    pub(super) feasible: Feasible,
    /// Where the next search begins, among the cluster's nodes.
    pub(super) last: usize,
}

impl PredicateChecker {
    pub(super) fn new(feasible: Feasible) -> Self {
        PredicateChecker { feasible, last: 0 }
    }

    /// Whether the pod passes all filters on the node.
    pub(super) fn check(&mut self, cluster: &ClusterState, pod: PodId, node: NodeId) -> bool {
        self.feasible.ask(cluster, pod).fits(node)
    }

    /// The first node from the shared index on that `accepts` and that passes all filters.
    pub(super) fn find(
        &mut self,
        cluster: &ClusterState,
        pod: PodId,
        accepts: impl Fn(NodeId) -> bool,
    ) -> Option<NodeId> {
        let nodes = cluster.node_ids();
        let start = self.last.checked_rem(nodes.len())?;
        let answer = self.feasible.ask(cluster, pod);
        let suits = |at: &usize| {
            let node = nodes[*at];
            accepts(node) && !cluster.node(node).unschedulable && answer.fits(node)
        };
        let at = (start..nodes.len()).chain(0..start).find(suits)?;
        self.last = (at + 1) % nodes.len();
        Some(nodes[at])
    }
}

/// Where pods went last time. Upstream: `scheduling.HintingSimulator`, 1.28.0.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    now: FxHashMap<PodId, Symbol>,
    before: FxHashMap<PodId, Symbol>,
    /// Pods went elsewhere than the time before, or others were asked for.
    moved: bool,
    /// Copies of pods in this loop's what-if, with the pod that each stands for.
    pub(super) copies: FxHashMap<PodId, PodId>,
}

impl Hints {
    /// Forgets what was not asked for since the last call.
    pub(super) fn drop_old(&mut self) {
        self.moved = self.now != self.before;
        self.before = std::mem::take(&mut self.now);
        self.copies.clear();
    }

    /// The last round ended as the one before.
    pub(super) fn is_steady(&self) -> bool {
        !self.moved
    }

    /// Places pods one after the other, each where its hint says or where it fits; the pods with their
    /// nodes. With `all_or_nothing` the first pod without a place ends it.
    pub(super) fn place(
        &mut self,
        cluster: &mut ClusterState,
        checker: &mut PredicateChecker,
        pods: &[PodId],
        accepts: &dyn Fn(NodeId) -> bool,
        all_or_nothing: bool,
    ) -> Vec<(PodId, NodeId)> {
        let mut placed = Vec::new();
        let mut hopeless: FxHashSet<PodSpecId> = FxHashSet::default();
        for pod in pods.iter().copied() {
            let place = self.hinted(cluster, checker, pod, accepts).or_else(|| {
                let spec = cluster.pod(pod).spec;
                if hopeless.contains(&spec) {
                    return None;
                }
                let found = checker.find(cluster, pod, accepts);
                match found {
                    Some(node) => drop(self.now.insert(self.original(pod), cluster.node(node).name)),
                    None if cluster.spec(spec).owner.is_some() => drop(hopeless.insert(spec)),
                    None => {}
                }
                found
            });
            match place {
                Some(node) => {
                    cluster.bind(pod, node);
                    placed.push((pod, node));
                }
                None if all_or_nothing => return placed,
                None => {}
            }
        }
        placed
    }

    /// The pod that a copy stands for, or the pod itself.
    pub(super) fn original(&self, pod: PodId) -> PodId {
        self.copies.get(&pod).copied().unwrap_or(pod)
    }

    fn hinted(
        &mut self,
        cluster: &ClusterState,
        checker: &mut PredicateChecker,
        pod: PodId,
        accepts: &dyn Fn(NodeId) -> bool,
    ) -> Option<NodeId> {
        let key = self.original(pod);
        let name = self.now.get(&key).or_else(|| self.before.get(&key)).copied()?;
        let node = cluster.node_by_name(name)?;
        if !checker.check(cluster, pod, node) {
            return None;
        }
        self.now.insert(key, name);
        accepts(node).then_some(node)
    }
}

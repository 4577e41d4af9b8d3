//! Placing pods in a what-if: next-fit from where the last search ended, with hints.

use crate::cluster::{ClusterState, NodeId, PodId, PodSpecId};
use crate::intern::Symbol;
use crate::scheduler::{Feasible, Filters, Reason};
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

    /// Why the pod does not pass all filters on the node; nothing if it does, or fits no node at all.
    pub(super) fn refusal(&self, cluster: &ClusterState, pod: PodId, node: NodeId) -> Vec<Reason> {
        let row = cluster.pod(pod);
        let filters = Filters::prepare(cluster, self.feasible.profile(), row.spec, row.daemon_node);
        let rejection = filters.ok().and_then(|filters| filters.check(cluster, node).err());
        rejection.map_or_else(Vec::new, |rejection| rejection.reasons.into_iter().collect())
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
        let mut answer = self.feasible.ask(cluster, pod);
        let suits = |at: &usize| {
            let node = nodes[*at];
            accepts(node) && !cluster.node(node).unschedulable && answer.fits(node)
        };
        let at = (start..nodes.len()).chain(0..start).find(suits)?;
        self.last = (at + 1) % nodes.len();
        Some(nodes[at])
    }
}

/// Copies of pods in one loop's what-if. Upstream's have the name and UID of the pod that they stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Copies(FxHashMap<PodId, PodId>);

impl Copies {
    /// Adds a copy without a node to the what-if.
    pub(super) fn add(&mut self, cluster: &mut ClusterState, original: PodId) -> PodId {
        let mut copy = cluster.pod(original).clone_unbound();
        copy.nominated = None;
        let copy = cluster.add_pod(copy);
        self.0.insert(copy, original);
        copy
    }
    /// The pod that a copy stands for, or the pod itself.
    pub(super) fn original(&self, pod: PodId) -> PodId {
        self.0.get(&pod).copied().unwrap_or(pod)
    }
    /// The what-if is over.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// How places are looked for.
pub(super) struct Search<'a> {
    pub(super) checker: &'a mut PredicateChecker,
    pub(super) copies: &'a Copies,
    /// The nodes that may be taken.
    pub(super) accepts: &'a dyn Fn(NodeId) -> bool,
    /// The first pod without a place ends it.
    pub(super) all_or_nothing: bool,
}

/// Where pods went last time. Upstream: `scheduling.HintingSimulator`, 1.28.0.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    now: FxHashMap<PodId, Symbol>,
    before: FxHashMap<PodId, Symbol>,
    /// Names in `before` that are other nodes' now.
    renamed: FxHashSet<Symbol>,
    /// Pods went elsewhere than the time before, or others were asked for.
    moved: bool,
}

impl Hints {
    /// Forgets what was not asked for since the last call.
    pub(super) fn drop_old(&mut self) {
        self.moved = self.now != self.before;
        std::mem::swap(&mut self.before, &mut self.now);
        self.now.clear();
        self.renamed.clear();
    }

    /// What went to a node of this name before a loop began went to another node.
    pub(super) fn forget(&mut self, name: Symbol) {
        self.renamed.insert(name);
    }

    /// The last round ended as the one before.
    pub(super) fn is_steady(&self) -> bool {
        !self.moved
    }

    /// Places pods one after the other, each where its hint says or where it fits; the pods with their
    /// nodes.
    pub(super) fn place(
        &mut self,
        cluster: &mut ClusterState,
        search: &mut Search<'_>,
        pods: &[PodId],
    ) -> Vec<(PodId, NodeId)> {
        let mut placed = Vec::with_capacity(pods.len());
        let mut hopeless: FxHashSet<PodSpecId> = FxHashSet::default();
        for pod in pods.iter().copied() {
            let key = search.copies.original(pod);
            let hinted = self.hinted(key, cluster, search, pod);
            let place = hinted.or_else(|| {
                let spec = cluster.pod(pod).spec;
                if hopeless.contains(&spec) {
                    return None;
                }
                let found = search.checker.find(cluster, pod, search.accepts);
                match found {
                    Some(node) => drop(self.now.insert(key, cluster.node(node).name)),
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
                None if search.all_or_nothing => return placed,
                None => {}
            }
        }
        placed
    }

    fn hinted(&mut self, key: PodId, cluster: &ClusterState, search: &mut Search<'_>, pod: PodId) -> Option<NodeId> {
        let before = || self.before.get(&key).filter(|name| !self.renamed.contains(*name));
        let name = self.now.get(&key).or_else(before).copied()?;
        let node = cluster.node_by_name(name)?;
        if !search.checker.check(cluster, pod, node) {
            return None;
        }
        self.now.insert(key, name);
        (search.accepts)(node).then_some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{NodeCapacity, NodeTemplate, Pod, PodName, PodSpec, Resources};
    use crate::intern::Symbol;
    use crate::scheduler::Profile;
    use crate::units::SimTime;

    /// Three empty nodes, and a pod.
    fn cluster() -> (ClusterState, PodId) {
        let mut cluster = ClusterState::default();
        for name in ["a", "b", "c"] {
            let name = cluster.symbols.intern(name);
            let allocatable = NodeCapacity { resources: Resources::new(1000, 1 << 30), pods: 10 };
            cluster.add_node(NodeTemplate { name, allocatable, ..NodeTemplate::default() });
        }
        let spec = cluster.intern_spec(PodSpec::default());
        let pod = cluster.add_pod(Pod::new(PodName::plain(Symbol::EMPTY), spec, SimTime::ZERO));
        (cluster, pod)
    }

    fn anywhere<'a>(checker: &'a mut PredicateChecker, copies: &'a Copies) -> Search<'a> {
        Search { checker, copies, accepts: &|_| true, all_or_nothing: true }
    }

    #[test]
    fn a_copy_has_the_hint_of_the_pod_that_it_stands_for() {
        let (mut cluster, pod) = cluster();
        let mut checker = PredicateChecker::new(Feasible::new(Profile::default()));
        let (mut hints, mut copies) = (Hints::default(), Copies::default());
        let mut place = |cluster: &ClusterState, copies: &Copies, pod: PodId| {
            let mut trial = cluster.clone();
            let placed = hints.place(&mut trial, &mut anywhere(&mut checker, copies), &[pod]);
            hints.drop_old();
            placed[0].1
        };
        let first = place(&cluster, &copies, pod);
        let copy = copies.add(&mut cluster, pod);
        assert_eq!(place(&cluster, &copies, copy), first, "by the pod's hint, not on the next node");
        copies.clear();
        assert_ne!(place(&cluster, &copies, copy), first, "a pod of its own has no hint");
    }

    #[test]
    fn a_hint_to_a_renamed_node_is_forgotten() {
        let (cluster, pod) = cluster();
        let mut checker = PredicateChecker::new(Feasible::new(Profile::default()));
        let mut hints = Hints::default();
        let mut place = |renamed: Option<NodeId>| {
            renamed.into_iter().for_each(|node| hints.forget(cluster.node(node).name));
            let mut trial = cluster.clone();
            let placed = hints.place(&mut trial, &mut anywhere(&mut checker, &Copies::default()), &[pod]);
            hints.drop_old();
            (placed[0].1, hints.is_steady())
        };
        let (first, _) = place(None);
        let other = cluster.node_ids().iter().copied().find(|node| *node != first);
        assert_eq!(place(other), (first, true), "the other's name is no hint's");
        assert!(matches!(place(Some(first)), (second, false) if second != first), "the search goes on where it ended");
    }
}

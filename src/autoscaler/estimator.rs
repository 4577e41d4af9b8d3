//! How many new nodes of a kind some pods need.

use super::packing::PredicateChecker;
use super::templates::Template;
use crate::cluster::{ClusterState, NodeId, OwnerKind, PodId, PodSpecId};
use crate::go_sort;
use crate::intern::Symbol;
use rustc_hash::FxHashSet;

/// At most so many kinds of pods per controller are kept apart. Upstream: `maxEquivalenceGroupsByController`.
const KINDS_PER_CONTROLLER: usize = 10;

/// Pods that are the same to the scheduler.
///
/// Upstream: `equivalence.BuildPodGroups`, 1.28.0: by controller and kind; DaemonSets' pods and pods
/// without controller stay alone.
pub(super) fn equivalence_groups(cluster: &ClusterState, pods: &[PodId]) -> Vec<Vec<PodId>> {
    let mut groups: Vec<Vec<PodId>> = Vec::new();
    let mut known: Vec<(Symbol, PodSpecId, usize)> = Vec::new();
    for pod in pods.iter().copied() {
        let (kind, spec) = (cluster.pod(pod).spec, cluster.spec_of(pod));
        let owner = spec.owner.filter(|owner| owner.kind != OwnerKind::DaemonSet);
        let Some(owner) = owner else {
            groups.push(vec![pod]);
            continue;
        };
        let same = |row: &&(Symbol, PodSpecId, usize)| (row.0, row.1) == (owner.uid, kind);
        if let Some((_, _, at)) = known.iter().find(same) {
            groups[*at].push(pod);
            continue;
        }
        if known.iter().filter(|row| row.0 == owner.uid).count() < KINDS_PER_CONTROLLER {
            known.push((owner.uid, kind, groups.len()));
        }
        groups.push(vec![pod]);
    }
    groups
}

/// The limits of one estimation; 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// New nodes at most; absent means none at all.
    pub(super) nodes: Option<i32>,
}

/// Packs pods on new nodes of a kind; how many nodes got pods, and which pods found a place.
///
/// Upstream: `BinpackingNodeEstimator.Estimate` with `DecreasingPodOrderer`, 1.28.0.
pub(super) fn estimate(
    cluster: &mut ClusterState,
    checker: &mut PredicateChecker,
    template: &Template,
    group: usize,
    pods: &[PodId],
    limit: Limit,
) -> (i32, Vec<PodId>) {
    let mut trial = cluster.trial();
    let pods = by_size(&trial, template, pods);
    let mut new: FxHashSet<NodeId> = FxHashSet::default();
    let mut used: FxHashSet<NodeId> = FxHashSet::default();
    let (mut placed, mut last, mut permitted) = (Vec::new(), None, 0);
    for pod in pods {
        if let Some(node) = checker.find(&trial, pod, &|node| new.contains(&node)) {
            trial.bind(pod, node);
            used.insert(node);
            placed.push(pod);
            continue;
        }
        let Some(most) = limit.nodes else { break };
        if most > 0 && permitted >= most {
            break;
        }
        permitted += 1;
        if last.is_some_and(|last| !used.contains(&last)) {
            continue;
        }
        let node = template.add_to(&mut trial, &format!("e-{}", new.len()), group);
        new.insert(node);
        last = Some(node);
        if checker.check(&trial, pod, node) {
            trial.bind(pod, node);
            used.insert(node);
            placed.push(pod);
        }
    }
    (used.len() as i32, placed)
}

/// The pods with the largest share of a node first; equal ones in the order of Go's sort.
fn by_size(cluster: &ClusterState, template: &Template, pods: &[PodId]) -> Vec<PodId> {
    let there = &template.node.allocatable.resources;
    let share = |amount: i64, of: i64| if of > 0 { amount as f64 / of as f64 } else { 0.0 };
    let score = |pod: PodId| {
        let sum = container_requests(cluster, pod);
        share(sum.0, there.cpu_milli) + share(sum.1, there.memory_bytes)
    };
    let mut scored: Vec<(f64, PodId)> = pods.iter().map(|pod| (score(*pod), *pod)).collect();
    go_sort::sort_by(&mut scored, |a, b| a.0 > b.0);
    scored.into_iter().map(|(_, pod)| pod).collect()
}

/// What a pod's containers ask for together: milli-cores and bytes.
pub(super) fn container_requests(cluster: &ClusterState, pod: PodId) -> (i64, i64) {
    let sum = &cluster.spec_of(pod).container_requests;
    (sum.cpu_milli, sum.memory_bytes)
}

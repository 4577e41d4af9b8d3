//! How many new nodes of a kind some pods need.

use super::kinds::Kinds;
use crate::autoscaler::packing::PredicateChecker;
use crate::autoscaler::templates::Template;
use crate::cluster::{ClusterState, NodeId, PodId, Trial};
use crate::go_sort;
use crate::id::GroupId;
use crate::scheduler::Bins;
use fixedbitset::FixedBitSet;

/// The limits of one estimation; 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub(in crate::autoscaler) struct Limit {
    /// New nodes at most; absent means none at all.
    pub(in crate::autoscaler) nodes: Option<i32>,
}

/// The pods of an estimation, and how many nodes they may get.
#[derive(Clone, Copy, Debug)]
pub(in crate::autoscaler) struct ToPlace<'a> {
    pub(in crate::autoscaler) kinds: &'a Kinds,
    /// Those of the kinds that fit.
    pub(in crate::autoscaler) which: &'a FixedBitSet,
    pub(in crate::autoscaler) limit: Limit,
}

/// What an estimation came to.
#[derive(Clone, Debug, Default)]
pub(in crate::autoscaler) struct Estimate {
    /// New nodes that got pods.
    pub(in crate::autoscaler) nodes: i32,
    /// The pods that found a place, in packing order.
    pub(in crate::autoscaler) pods: Vec<PodId>,
    /// What their containers ask for together: milli-cores and bytes.
    pub(in crate::autoscaler) requests: (i64, i64),
}

/// A pod with the place of its spec among the kinds.
type Item = (PodId, u32);

/// New nodes to be filled, by number.
trait Ground {
    /// Puts the pod on the first new node that fits; which.
    fn place(&mut self, item: Item) -> Option<usize>;
    /// One more new node; its number.
    fn add(&mut self) -> usize;
    /// Puts the pod on this node, if it fits.
    fn place_on(&mut self, item: Item, node: usize) -> bool;
}

/// Packs the pods of the kinds in `which` on new nodes of a group.
///
/// Upstream: `BinpackingNodeEstimator.Estimate` with `DecreasingPodOrderer`, 1.28.0. Cost: a few steps per pod
/// where pods look at free resources alone; the nodes for each pod where they spread or keep apart.
pub(in crate::autoscaler) fn estimate(
    cluster: &mut ClusterState,
    checker: &mut PredicateChecker,
    (template, group): (&Template, GroupId),
    to_place: ToPlace<'_>,
) -> Estimate {
    let ToPlace { kinds, which, limit } = to_place;
    let items = by_size(cluster, template, kinds, which);
    let (pods, nodes) = if which.is_subset(&kinds.plain_load) {
        let node = (&template.node.allocatable, &template.used(cluster), template.pods.len());
        let bins = Bins::new(cluster, checker.feasible.profile(), node, &kinds.specs);
        let before = cluster.node_ids().len();
        pack(Columns { bins, before, last: &mut checker.last }, &items, limit)
    } else {
        let first = cluster.next_node_id();
        let nodes = Vec::new();
        pack(Nodes { trial: cluster.trial(), checker, template, group, first, nodes }, &items, limit)
    };
    let mut requests = (0, 0);
    for (_, spec) in &pods {
        let (cpu, memory) = container_requests(cluster, kinds, *spec);
        requests = (requests.0 + cpu, requests.1 + memory);
    }
    Estimate { nodes, pods: pods.into_iter().map(|(pod, _)| pod).collect(), requests }
}

/// The items that found a place, and how many nodes got some.
fn pack(mut ground: impl Ground, items: &[Item], limit: Limit) -> (Vec<Item>, i32) {
    let mut used: Vec<bool> = Vec::new();
    let (mut placed, mut permitted) = (Vec::with_capacity(items.len()), 0);
    for item in items.iter().copied() {
        if let Some(node) = ground.place(item) {
            used[node] = true;
            placed.push(item);
            continue;
        }
        let Some(most) = limit.nodes else { break };
        if most > 0 && permitted >= most {
            break;
        }
        permitted += 1;
        if used.last() == Some(&false) {
            continue;
        }
        let node = ground.add();
        let fits = ground.place_on(item, node);
        used.push(fits);
        if fits {
            placed.push(item);
        }
    }
    (placed, used.into_iter().filter(|used| *used).count() as i32)
}

/// New nodes of which only the free resources count.
struct Columns<'a> {
    bins: Bins,
    /// Nodes that there are already: the search begins among all.
    before: usize,
    last: &'a mut usize,
}

impl Ground for Columns<'_> {
    fn place(&mut self, (_, spec): Item) -> Option<usize> {
        let all = self.before + self.bins.len();
        let start = self.last.checked_rem(all)?.saturating_sub(self.before);
        let node = self.bins.first_from(spec as usize, start)?;
        self.bins.put(spec as usize, node);
        *self.last = (self.before + node + 1) % all;
        Some(node)
    }
    fn add(&mut self) -> usize {
        self.bins.add()
    }
    fn place_on(&mut self, (_, spec): Item, node: usize) -> bool {
        let fits = self.bins.fits(spec as usize, node);
        if fits {
            self.bins.put(spec as usize, node);
        }
        fits
    }
}

/// New nodes in a what-if of the whole cluster.
struct Nodes<'a> {
    trial: Trial<'a>,
    checker: &'a mut PredicateChecker,
    template: &'a Template,
    group: GroupId,
    /// New nodes have this id or a later one.
    first: NodeId,
    nodes: Vec<NodeId>,
}

impl Ground for Nodes<'_> {
    fn place(&mut self, (pod, _): Item) -> Option<usize> {
        let node = self.checker.find(&self.trial, pod, |node| node >= self.first)?;
        self.trial.bind(pod, node);
        self.nodes.binary_search(&node).ok()
    }
    fn add(&mut self) -> usize {
        let number = self.nodes.len();
        self.nodes.push(self.template.add_to(&mut self.trial, &format!("e-{number}"), self.group));
        number
    }
    fn place_on(&mut self, (pod, _): Item, node: usize) -> bool {
        let fits = self.checker.check(&self.trial, pod, self.nodes[node]);
        if fits {
            self.trial.bind(pod, self.nodes[node]);
        }
        fits
    }
}

/// The pods with the largest share of a node first; equal ones in the order of Go's sort.
fn by_size(cluster: &ClusterState, template: &Template, kinds: &Kinds, which: &FixedBitSet) -> Vec<Item> {
    let there = &template.node.allocatable.resources;
    let share = |amount: i64, of: i64| if of > 0 { amount as f64 / of as f64 } else { 0.0 };
    let score = |spec: u32| {
        let (cpu, memory) = container_requests(cluster, kinds, spec);
        share(cpu, there.cpu_milli) + share(memory, there.memory_bytes)
    };
    let scores: Vec<f64> = (0..kinds.specs.len() as u32).map(score).collect();
    let mut items = kinds.pods(which);
    go_sort::sort_by(&mut items, |a, b| scores[a.1 as usize] > scores[b.1 as usize]);
    items
}

/// What a pod's containers ask for together: milli-cores and bytes.
fn container_requests(cluster: &ClusterState, kinds: &Kinds, spec: u32) -> (i64, i64) {
    let sum = &cluster.spec(kinds.specs[spec as usize]).container_requests;
    (sum.cpu_milli, sum.memory_bytes)
}

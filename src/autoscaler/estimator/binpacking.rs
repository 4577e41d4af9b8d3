//! How many new nodes of a kind some pods need.

use super::kinds::{Kind, Kinds};
use crate::autoscaler::flags::Flags;
use crate::autoscaler::packing::PredicateChecker;
use crate::autoscaler::pods::counted_requests;
use crate::autoscaler::rules::Rules;
use crate::autoscaler::templates::Template;
use crate::cluster::{ClusterState, NodeId, PodId, TopologySpreadConstraint, Trial};
use crate::go_sort;
use crate::id::GroupId;
use crate::scheduler::{Bins, Reason};
use fixedbitset::FixedBitSet;
use std::collections::BTreeSet;

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
    /// What they ask for together: milli-cores and bytes.
    pub(in crate::autoscaler) requests: (i64, i64),
    /// What their containers do.
    pub(in crate::autoscaler) container_requests: (i64, i64),
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
    /// A pod that the new node `but` refuses for its spread over hostnames goes onto any other node that takes it: a new
    /// one, by its number, or one that was there.
    fn place_elsewhere(&mut self, _item: Item, _but: usize) -> Option<Option<usize>> {
        None
    }
    /// How many nodes that were there got a pod so.
    fn others(&self) -> usize {
        0
    }
}

/// Packs the pods of the kinds in `which` on new nodes of a group.
///
/// Upstream: `BinpackingNodeEstimator.Estimate` with `DecreasingPodOrderer`, 1.28.0 to 1.35. Cost: a few steps per pod
/// where pods look at free resources alone; the nodes for each pod where they spread or keep apart.
pub(in crate::autoscaler) fn estimate(
    cluster: &mut ClusterState,
    checker: &mut PredicateChecker,
    (template, group): (&Template, GroupId),
    (flags, to_place): (&Flags, ToPlace<'_>),
) -> Estimate {
    let ToPlace { kinds, which, limit } = to_place;
    let sizes: Vec<f64> =
        (0..kinds.specs.len() as u32).map(|spec| size(cluster, flags, template, kinds, spec)).collect();
    let order = Order::of(kinds, which, &sizes, flags.rules);
    let (pods, nodes) = if which.is_subset(&kinds.plain_load) {
        let node = (&template.node.allocatable, &template.used(cluster), template.pods.len());
        let bins = Bins::new(cluster, checker.feasible.profile(), node, &kinds.specs);
        let before = cluster.node_ids().len();
        order.pack(Columns { bins, before, last: &mut checker.last }, limit, flags)
    } else {
        let first = cluster.next_node_id();
        let (nodes, others) = (Vec::new(), BTreeSet::new());
        order.pack(Nodes { trial: cluster.trial(), checker, template, group, first, nodes, others }, limit, flags)
    };
    let (mut requests, mut container_requests) = ((0, 0), (0, 0));
    for (_, spec) in &pods {
        let spec = cluster.spec(kinds.specs[*spec as usize]);
        for (sum, one) in
            [(&mut requests, counted_requests(spec, flags)), (&mut container_requests, &spec.container_requests)]
        {
            *sum = (sum.0 + one.cpu_milli, sum.1 + one.memory_bytes);
        }
    }
    Estimate { nodes, pods: pods.into_iter().map(|(pod, _)| pod).collect(), requests, container_requests }
}

/// The pods in the order in which they are packed, those with the largest share of a node first; equal ones in the order
/// of Go's sort.
enum Order {
    /// One by one.
    Pods(Vec<Item>),
    /// Kind by kind.
    Kinds(Vec<Vec<Item>>),
}

impl Order {
    fn of(kinds: &Kinds, which: &FixedBitSet, sizes: &[f64], rules: Rules) -> Order {
        if rules.estimates_by_groups {
            let mut rows: Vec<&Kind> = which.ones().map(|at| &kinds.rows[at]).collect();
            go_sort::sort_by_of(rules.go(), &mut rows, |a, b| sizes[a.spec as usize] > sizes[b.spec as usize]);
            return Order::Kinds(rows.into_iter().map(Kind::items).collect());
        }
        let mut items: Vec<Item> = which.ones().flat_map(|at| kinds.rows[at].items()).collect();
        go_sort::sort_by_of(rules.go(), &mut items, |a, b| sizes[a.1 as usize] > sizes[b.1 as usize]);
        Order::Pods(items)
    }

    /// The items that found a place, and how many nodes got some.
    fn pack(self, ground: impl Ground, limit: Limit, flags: &Flags) -> (Vec<Item>, i32) {
        let mut packing = Packing { ground, limit, used: Vec::new(), placed: Vec::new(), permitted: 0 };
        match self {
            Order::Pods(items) => packing.pods(&items, flags.rules.limiter_is_asked_last),
            Order::Kinds(kinds) => packing.kinds(&kinds, flags.rules.hostname_spread_anywhere),
        }
        let used = packing.used.iter().filter(|used| **used).count() + packing.ground.others();
        (packing.placed, used as i32)
    }
}

/// New nodes, and what went onto them.
struct Packing<G> {
    ground: G,
    limit: Limit,
    /// Which new nodes got a pod.
    used: Vec<bool>,
    placed: Vec<Item>,
    permitted: i32,
}

/// What a kind of pods comes to.
#[derive(PartialEq)]
enum Ending {
    /// All of it is placed, or it fits no new node.
    Done,
    /// There may be no more nodes.
    NoMoreNodes,
}

impl<G: Ground> Packing<G> {
    fn put(&mut self, item: Item, node: usize) {
        self.used[node] = true;
        self.placed.push(item);
    }

    /// Whether there may be one more new node. Upstream: `PermissionToAddNode`.
    fn is_permitted(&mut self) -> bool {
        let permitted = self.limit.nodes.is_some_and(|most| most == 0 || self.permitted < most);
        self.permitted += i32::from(permitted);
        permitted
    }

    /// A new node for an item; whether it fits.
    fn add(&mut self, item: Item) -> bool {
        let node = self.ground.add();
        let fits = self.ground.place_on(item, node);
        self.used.push(false);
        if fits {
            self.put(item, node);
        }
        fits
    }

    fn last_is_empty(&self) -> bool {
        self.used.last() == Some(&false)
    }

    /// One pod after the other. A pod that does not fit an empty new node fits none.
    fn pods(&mut self, items: &[Item], limiter_is_asked_last: bool) {
        for item in items.iter().copied() {
            if let Some(node) = self.ground.place(item) {
                self.put(item, node);
                continue;
            }
            if limiter_is_asked_last && self.last_is_empty() {
                continue;
            }
            if !self.is_permitted() {
                break;
            }
            if !self.last_is_empty() {
                self.add(item);
            }
        }
    }

    /// Kind by kind: on the new nodes that there are as far as that goes, then on further ones. Where no further node may
    /// be added, later kinds still fill those that there are.
    fn kinds(&mut self, kinds: &[Vec<Item>], hostname_spread_anywhere: bool) {
        let mut may_add = true;
        for kind in kinds {
            let mut left = kind.as_slice();
            while let [item, others @ ..] = left
                && let Some(node) = self.ground.place(*item)
            {
                self.put(*item, node);
                left = others;
            }
            may_add = may_add && self.on_further_nodes(left, hostname_spread_anywhere) == Ending::Done;
        }
    }

    /// Upstream: `tryToScheduleOnNewNodes`, 1.35.
    fn on_further_nodes(&mut self, items: &[Item], hostname_spread_anywhere: bool) -> Ending {
        for item in items.iter().copied() {
            if let Some(last) = self.used.len().checked_sub(1) {
                if self.ground.place_on(item, last) {
                    self.put(item, last);
                    continue;
                }
                if hostname_spread_anywhere && let Some(place) = self.ground.place_elsewhere(item, last) {
                    place.into_iter().for_each(|node| self.used[node] = true);
                    self.placed.push(item);
                    continue;
                }
            }
            if self.last_is_empty() {
                break;
            }
            if !self.is_permitted() {
                return Ending::NoMoreNodes;
            }
            if !self.add(item) {
                break;
            }
        }
        Ending::Done
    }
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
    /// Nodes that were there and that got pods.
    others: BTreeSet<NodeId>,
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
    fn place_elsewhere(&mut self, (pod, _): Item, but: usize) -> Option<Option<usize>> {
        let but = self.nodes[but];
        if !self.is_kept_by_hostname_spread(pod, but) {
            return None;
        }
        let node = self.checker.find(&self.trial, pod, |node| node != but)?;
        self.trial.bind(pod, node);
        let number = self.nodes.binary_search(&node).ok();
        if number.is_none() {
            self.others.insert(node);
        }
        Some(number)
    }
    fn others(&self) -> usize {
        self.others.len()
    }
}

impl Nodes<'_> {
    /// Whether the pod spreads over hostnames, and some spread is why it does not fit. Upstream:
    /// `isPodUsingHostNameTopologyKey`, `hasTopologyConstraintError`, 1.34.
    fn is_kept_by_hostname_spread(&self, pod: PodId, node: NodeId) -> bool {
        let cluster: &ClusterState = &self.trial;
        let by_hostname =
            |spread: &TopologySpreadConstraint| cluster.symbols.text(spread.topology_key) == "kubernetes.io/hostname";
        cluster.spec_of(pod).topology_spread.iter().any(by_hostname)
            && self.checker.refusal(cluster, pod, node).contains(&Reason::Spread)
    }
}

/// The shares of a node that a pod asks for, added.
fn size(cluster: &ClusterState, flags: &Flags, template: &Template, kinds: &Kinds, spec: u32) -> f64 {
    let there = &template.node.allocatable.resources;
    let share = |amount: i64, of: i64| if of > 0 { amount as f64 / of as f64 } else { 0.0 };
    let asked = counted_requests(cluster.spec(kinds.specs[spec as usize]), flags);
    share(asked.cpu_milli, there.cpu_milli) + share(asked.memory_bytes, there.memory_bytes)
}

//! Many equal nodes, filled by pods that look at nothing but what is free: NodeResourcesFit in columns.

use super::feasible::Feasible;
use super::profile::Profile;
use super::reason::Plugin;
use super::resources::Request;
use super::spread::HOSTNAME;
use crate::cluster::{ClusterState, NodeCapacity, PodId, PodSpecId, Resources};
use crate::intern::Symbol;

/// New nodes of one shape and the pods that go onto them, without names.
///
/// The answers are those of [`Filters`](super::Filters) for kinds that [`Feasible::is_plain_load`] accepts and that
/// fit the empty node.
#[derive(Clone, Debug)]
pub struct Bins {
    /// How many amounts a row has: pods, cpu, memory, ephemeral storage, then extended resources.
    width: usize,
    /// By kind: what has to be free, and what is taken.
    wanted: Vec<i64>,
    taken: Vec<i64>,
    empty: Vec<i64>,
    /// By node: what is free.
    free: Vec<i64>,
    /// By kind: nodes that may fit, 64 to a word. What did not fit once never does again.
    open: Vec<Vec<u64>>,
}

impl Bins {
    /// No nodes yet. Each will offer `allocatable` and have `pods` pods that ask for `used` together.
    pub fn new(
        cluster: &ClusterState,
        profile: &Profile,
        (allocatable, used, pods): (&NodeCapacity, &Resources, usize),
        kinds: &[PodSpecId],
    ) -> Self {
        let mut names: Vec<Symbol> =
            kinds.iter().flat_map(|kind| &cluster.spec(*kind).requests.scalar).map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        let row = |pods: i64, amounts: &Resources| {
            let fixed = [pods, amounts.cpu_milli, amounts.memory_bytes, amounts.ephemeral_bytes];
            fixed.into_iter().chain(names.iter().map(|name| amounts.scalar(*name))).collect::<Vec<i64>>()
        };
        let mut empty = row(allocatable.pods, &allocatable.resources);
        let there = row(pods as i64, used);
        empty.iter_mut().zip(there).for_each(|(free, used)| *free = free.saturating_sub(used));
        let (mut wanted, mut taken) = (Vec::new(), Vec::new());
        for kind in kinds {
            let spec = cluster.spec(*kind);
            taken.extend(row(1, &spec.requests));
            wanted.extend(row(1, &Request::of(spec, profile, &cluster.symbols).counted()));
        }
        Bins { width: empty.len(), wanted, taken, empty, free: Vec::new(), open: vec![Vec::new(); kinds.len()] }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.free.len() / self.width
    }
    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.free.is_empty()
    }

    /// One more node; its number.
    pub fn add(&mut self) -> usize {
        let node = self.len();
        self.free.extend_from_slice(&self.empty);
        for open in &mut self.open {
            open.resize(node / 64 + 1, 0);
            open[node / 64] |= 1 << (node % 64);
        }
        node
    }

    /// Whether a pod of the kind fits on the node.
    pub fn fits(&self, kind: usize, node: usize) -> bool {
        let wanted = &self.wanted[kind * self.width..(kind + 1) * self.width];
        let free = &self.free[node * self.width..(node + 1) * self.width];
        wanted.iter().zip(free).all(|(wanted, free)| *wanted <= 0 || wanted <= free)
    }

    /// Puts a pod of the kind onto the node.
    pub fn put(&mut self, kind: usize, node: usize) {
        let taken = &self.taken[kind * self.width..(kind + 1) * self.width];
        let free = &mut self.free[node * self.width..(node + 1) * self.width];
        free.iter_mut().zip(taken).for_each(|(free, taken)| *free = free.saturating_sub(*taken));
    }

    /// The first node from `start` on, the beginning after the end, on which a pod of the kind fits.
    pub fn first_from(&mut self, kind: usize, start: usize) -> Option<usize> {
        let start = start.min(self.len());
        self.first_in(kind, start, self.len()).or_else(|| self.first_in(kind, 0, start))
    }

    fn first_in(&mut self, kind: usize, from: usize, to: usize) -> Option<usize> {
        let mut at = from;
        while at < to {
            let rest = self.open[kind][at / 64] >> (at % 64);
            if rest == 0 {
                at = (at / 64 + 1) * 64;
                continue;
            }
            at += rest.trailing_zeros() as usize;
            if at >= to {
                return None;
            }
            if self.fits(kind, at) {
                return Some(at);
            }
            self.open[kind][at / 64] &= !(1 << (at % 64));
            at += 1;
        }
        None
    }
}

impl Feasible {
    /// Whether new nodes of one shape differ for the pod in what is free on them and in nothing else.
    pub fn is_plain_load(&mut self, cluster: &ClusterState, pod: PodId) -> bool {
        let row = cluster.pod(pod);
        let spec = cluster.spec(row.spec);
        let added = self.profile().added_affinity.iter();
        let hostname = cluster.symbols.lookup(HOSTNAME);
        let by_name = spec
            .required_node_affinity
            .iter()
            .chain(added)
            .flat_map(|selector| &selector.terms)
            .any(|term| !term.fields.is_empty() || term.expressions.iter().any(|row| Some(row.key) == hostname));
        row.daemon_node.is_none()
            && self.profile().plugins.filters(Plugin::NodeResourcesFit)
            && spec.host_ports.is_empty()
            && !by_name
            && !spec.node_selector.iter().any(|(key, _)| Some(key) == hostname)
            && spec.node_name.is_none()
            && !self.is_plain()
            && self.ask(cluster, pod).is_local()
    }
}

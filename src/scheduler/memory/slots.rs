//! Nodes in dense slots, and which of them changed.

use super::rooms::Room;
use crate::cluster::{Change, ChangeKind, ClusterState, Node, NodeId};
use crate::id::Id;
use crate::intern::Symbol;
use rustc_hash::FxHashMap;

/// No slot, no value.
pub(super) const NONE: u32 = u32::MAX;

/// The nodes by slot, in order of their ids; a node that goes leaves a hole until there are too many.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    of_node: Vec<u32>,
    nodes: Vec<NodeId>,
    present: Vec<bool>,
    generations: Vec<u64>,
    rooms: Vec<Room>,
    holes: usize,
    /// Up to where the cluster's changes were seen.
    cursor: u64,
    /// Grows when the slots are dealt anew: whatever is kept by slot is void.
    epoch: u64,
    /// Grows when nodes come, go or change.
    nodes_version: u64,
    /// Changed slots in order, with the number of the first.
    dirty: Vec<u32>,
    dirty_from: u64,
    /// Slots whose node came, went or is another than it was, in order, with the number of the first.
    refreshed: Vec<u32>,
    refreshed_from: u64,
    /// By slot: the number of its latest change.
    latest: Vec<u64>,
    keys: Vec<Key>,
    images_of: Vec<Vec<Symbol>>,
    image_counts: FxHashMap<Symbol, i64>,
    /// The largest that an image ever was on any node.
    image_bytes: FxHashMap<Symbol, i64>,
    /// By slot: its place in the order of names; empty when nodes came since.
    name_ranks: Vec<u32>,
}

/// A topology key: the value of each slot as a small number. Number 0 is the empty text.
#[derive(Clone, Debug)]
struct Key {
    symbol: Symbol,
    values: FxHashMap<Symbol, u32>,
    of_slot: Vec<u32>,
}

impl Slots {
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }
    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }
    pub(super) fn nodes_version(&self) -> u64 {
        self.nodes_version
    }
    pub(super) fn node_id(&self, slot: usize) -> NodeId {
        self.nodes[slot]
    }
    pub(super) fn slot(&self, node: NodeId) -> Option<usize> {
        let slot = self.of_node.get(node.index()).copied().filter(|slot| *slot != NONE)? as usize;
        self.present[slot].then_some(slot)
    }
    /// What is left on the node in a slot; of a hole it means nothing.
    #[inline]
    pub(super) fn room(&self, slot: usize) -> &Room {
        &self.rooms[slot]
    }
    /// The node in a slot, unless it is a hole.
    pub(super) fn node<'a>(&self, cluster: &'a ClusterState, slot: usize) -> Option<&'a Node> {
        self.present[slot].then(|| cluster.node(self.nodes[slot]))
    }
    /// Makes [`name_rank`](Self::name_rank) true.
    pub(super) fn rank_names(&mut self, cluster: &ClusterState) {
        if self.name_ranks.len() == self.len() {
            return;
        }
        // A hole may be the trace of a what-if whose node is no more.
        let name = |slot: &u32| self.node(cluster, *slot as usize).map(|node| cluster.symbols.text(node.name));
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_by_key(name);
        self.name_ranks = vec![0; order.len()];
        for (rank, slot) in (0..).zip(order) {
            self.name_ranks[slot as usize] = rank;
        }
    }
    pub(super) fn name_rank(&self, slot: usize) -> u32 {
        self.name_ranks[slot]
    }
    /// How many nodes have an image.
    pub(super) fn image_count(&self, image: Symbol) -> i64 {
        self.image_counts.get(&image).copied().unwrap_or(0)
    }
    /// No node has more bytes of an image.
    pub(super) fn most_bytes(&self, image: Symbol) -> i64 {
        self.image_bytes.get(&image).copied().unwrap_or(0)
    }
    /// Where who has seen everything stands.
    pub(super) fn end(&self) -> u64 {
        self.dirty_from + self.dirty.len() as u64
    }
    /// The slots that changed from `cursor` on, each once, or nothing if that is forgotten.
    pub(super) fn dirty_since(&self, cursor: u64) -> Option<impl Iterator<Item = usize> + Clone + '_> {
        let dirty = self.dirty.get(usize::try_from(cursor.checked_sub(self.dirty_from)?).ok()?..)?;
        let numbered = dirty.iter().map(|slot| *slot as usize).zip(cursor..);
        Some(numbered.filter(|(slot, number)| self.latest[*slot] == *number).map(|(slot, _)| slot))
    }
    /// Where who has seen every node stands.
    pub(super) fn refreshed_end(&self) -> u64 {
        self.refreshed_from + self.refreshed.len() as u64
    }
    /// The slots whose node came, went or changed from `cursor` on, or nothing if that is forgotten.
    pub(super) fn refreshed_since(&self, cursor: u64) -> Option<&[u32]> {
        self.refreshed.get(usize::try_from(cursor.checked_sub(self.refreshed_from)?).ok()?..)
    }
    fn changed(&mut self, slot: usize) {
        self.latest[slot] = self.end();
        self.dirty.push(slot as u32);
    }

    /// The number of a topology key.
    pub(super) fn key(&mut self, cluster: &ClusterState, symbol: Symbol) -> usize {
        if let Some(at) = self.keys.iter().position(|key| key.symbol == symbol) {
            return at;
        }
        let mut key = Key { symbol, values: [(Symbol::EMPTY, 0)].into_iter().collect(), of_slot: Vec::new() };
        for slot in 0..self.len() {
            key.of_slot.push(NONE);
            key.refresh(slot, self.node(cluster, slot));
        }
        self.keys.push(key);
        self.keys.len() - 1
    }
    /// The value of a slot under a key, or [`NONE`].
    pub(super) fn value(&self, key: usize, slot: usize) -> u32 {
        self.keys[key].of_slot[slot]
    }
    pub(super) fn values(&self, key: usize) -> &[u32] {
        &self.keys[key].of_slot
    }
    /// Values are below this.
    pub(super) fn value_bound(&self, key: usize) -> usize {
        self.keys[key].values.len()
    }

    /// Takes note of what changed.
    pub(super) fn sync(&mut self, cluster: &ClusterState) {
        let log = cluster.changes();
        let news = if self.cursor <= log.cursor() { log.since(self.cursor) } else { None };
        let Some(news) = news.filter(|_| self.epoch > 0) else { return self.rebuild(cluster) };
        self.cursor = log.cursor();
        for change in news {
            if !self.note(cluster, change) {
                return self.rebuild(cluster);
            }
        }
        if self.holes > 64 + self.len() / 2 {
            return self.rebuild(cluster);
        }
        if self.dirty.len() > 4096 + 8 * self.len() {
            let half = self.dirty.len() / 2;
            self.dirty.drain(..half);
            self.dirty_from += half as u64;
        }
        if self.refreshed.len() > 4096 + 8 * self.len() {
            let half = self.refreshed.len() / 2;
            self.refreshed.drain(..half);
            self.refreshed_from += half as u64;
        }
    }

    /// One change; false if the node has no slot and cannot get one in order.
    fn note(&mut self, cluster: &ClusterState, change: Change) -> bool {
        let index = change.node.index();
        let row = cluster.present_node(change.node);
        let slot = self.of_node.get(index).copied().filter(|slot| *slot != NONE);
        if let (ChangeKind::Pods, Some(slot), Some(row)) = (change.kind, slot, row)
            && self.present[slot as usize]
        {
            // By far most changes.
            self.see(slot as usize, row);
            return true;
        }
        let there = row.is_some();
        let slot = match slot {
            Some(slot) => slot as usize,
            None if !there => return true,
            None if self.nodes.last().is_some_and(|last| *last > change.node) => return false,
            None => self.append(change.node),
        };
        if !there {
            if self.present[slot] {
                self.present[slot] = false;
                self.holes += 1;
                self.refresh(cluster, slot);
                self.changed(slot);
            }
            return true;
        }
        let came = !self.present[slot];
        if came {
            self.present[slot] = true;
            self.holes -= 1;
            self.name_ranks.clear();
        }
        if came || change.kind == ChangeKind::Node {
            self.refresh(cluster, slot);
        }
        if came {
            self.generations[slot] = 0;
        }
        self.see(slot, cluster.node(change.node));
        true
    }

    /// A node that was looked at in another generation has changed; no node has generation 0.
    fn see(&mut self, slot: usize, node: &Node) {
        if self.generations[slot] != node.generation() {
            self.generations[slot] = node.generation();
            self.rooms[slot] = Room::of(node);
            self.changed(slot);
        }
    }

    fn append(&mut self, node: NodeId) -> usize {
        let slot = self.nodes.len();
        if self.of_node.len() <= node.index() {
            self.of_node.resize(node.index() + 1, NONE);
        }
        self.of_node[node.index()] = slot as u32;
        self.nodes.push(node);
        self.present.push(false);
        self.generations.push(0);
        self.rooms.push(Room::default());
        self.latest.push(0);
        self.images_of.push(Vec::new());
        self.keys.iter_mut().for_each(|key| key.of_slot.push(NONE));
        self.holes += 1;
        slot
    }

    /// Labels and images of a slot's node.
    fn refresh(&mut self, cluster: &ClusterState, slot: usize) {
        self.nodes_version += 1;
        self.refreshed.push(slot as u32);
        let node = self.node(cluster, slot);
        self.keys.iter_mut().for_each(|key| key.refresh(slot, node));
        let mut images: Vec<Symbol> =
            node.map_or(Vec::new(), |node| node.images.iter().map(|(name, _)| *name).collect());
        images.sort_unstable();
        images.dedup();
        for (image, bytes) in node.iter().flat_map(|node| &node.images) {
            let most = self.image_bytes.entry(*image).or_default();
            *most = (*most).max(*bytes);
        }
        if images != self.images_of[slot] {
            for image in &self.images_of[slot] {
                *self.image_counts.entry(*image).or_default() -= 1;
            }
            for image in &images {
                *self.image_counts.entry(*image).or_default() += 1;
            }
            self.images_of[slot] = images;
        }
    }

    /// Deals the slots anew.
    fn rebuild(&mut self, cluster: &ClusterState) {
        let keys: Vec<Symbol> = self.keys.iter().map(|key| key.symbol).collect();
        *self = Slots {
            epoch: self.epoch + 1,
            nodes_version: self.nodes_version + 1,
            cursor: cluster.changes().cursor(),
            ..Slots::default()
        };
        for (id, node) in cluster.nodes() {
            let slot = self.append(id);
            (self.present[slot], self.generations[slot]) = (true, node.generation());
            self.rooms[slot] = Room::of(node);
            self.refresh(cluster, slot);
        }
        self.holes = 0;
        for symbol in keys {
            self.key(cluster, symbol);
        }
    }
}

impl Key {
    fn refresh(&mut self, slot: usize, node: Option<&Node>) {
        let next = self.values.len() as u32;
        let value = node.and_then(|node| node.labels.get(self.symbol));
        self.of_slot[slot] = value.map_or(NONE, |value| *self.values.entry(value).or_insert(next));
    }
}

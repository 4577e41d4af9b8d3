//! Which kinds of pods are on which nodes: counted once for all groups, which look only at the kinds that matter to them.

use super::slots::Slots;
use crate::cluster::{ClusterState, PodSpecId};
use crate::id::Id;

/// Pods of one kind on one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) kind: u32,
    /// Terminating ones apart.
    pub(super) stays: u32,
    pub(super) leaves: u32,
}

/// The pods by slot and kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Census {
    /// By slot, each in order of the kinds.
    of_slot: Vec<Vec<Count>>,
    /// By kind: the slots that have such pods, in order.
    of_kind: Vec<Vec<u32>>,
    /// Changed counts in order, by kind and slot, with the number of the first.
    changes: Vec<(u32, u32)>,
    changes_from: u64,
    cursor: u64,
    epoch: u64,
    /// Room for a node's pods.
    room: (Vec<(u32, bool)>, Vec<Count>),
}

impl Census {
    /// The counts of a slot.
    pub(super) fn of_slot(&self, slot: usize) -> &[Count] {
        self.of_slot.get(slot).map_or(&[], Vec::as_slice)
    }
    /// The slots that have pods of a kind.
    pub(super) fn slots_of(&self, kind: PodSpecId) -> &[u32] {
        self.of_kind.get(kind.index()).map_or(&[], Vec::as_slice)
    }
    /// Where who has seen everything stands.
    pub(super) fn end(&self) -> u64 {
        self.changes_from + self.changes.len() as u64
    }
    /// The changes from `cursor` on, as kind and slot, or nothing if they are forgotten.
    pub(super) fn since(&self, cursor: u64) -> Option<&[(u32, u32)]> {
        self.changes.get(usize::try_from(cursor.checked_sub(self.changes_from)?).ok()?..)
    }

    /// Counts the nodes that changed. Cost: the pods on those.
    pub(super) fn renew(&mut self, cluster: &ClusterState, slots: &Slots) {
        let dirty = slots.dirty_since(self.cursor).filter(|_| self.epoch == slots.epoch());
        self.cursor = slots.end();
        self.epoch = slots.epoch();
        match dirty {
            Some(dirty) => {
                self.of_slot.resize(slots.len(), Vec::new());
                dirty.for_each(|slot| self.recount(cluster, slots, slot));
            }
            None => {
                // Whoever has seen an earlier one sees that it is forgotten.
                self.changes_from = self.end() + 1;
                self.changes.clear();
                self.of_kind.clear();
                self.of_slot = vec![Vec::new(); slots.len()];
                (0..slots.len()).for_each(|slot| self.recount(cluster, slots, slot));
                self.changes_from = self.end() + 1;
                self.changes.clear();
            }
        }
        if self.changes.len() > 4096 + 8 * self.of_slot.len() {
            let half = self.changes.len() / 2;
            self.changes.drain(..half);
            self.changes_from += half as u64;
        }
    }

    fn recount(&mut self, cluster: &ClusterState, slots: &Slots, slot: usize) {
        let (mut pods, mut counts) = std::mem::take(&mut self.room);
        pods.clear();
        counts.clear();
        let there = slots.node(cluster, slot).into_iter().flat_map(|node| node.pods());
        pods.extend(there.map(|pod| {
            let row = cluster.pod(*pod);
            (row.spec.index() as u32, row.is_terminating())
        }));
        pods.sort_unstable();
        for (kind, leaves) in &pods {
            match counts.last_mut().filter(|last: &&mut Count| last.kind == *kind) {
                Some(last) => {
                    (last.stays, last.leaves) = (last.stays + u32::from(!leaves), last.leaves + u32::from(*leaves))
                }
                None => counts.push(Count { kind: *kind, stays: u32::from(!leaves), leaves: u32::from(*leaves) }),
            }
        }
        self.compare(slot, &counts);
        self.of_slot[slot].clone_from(&counts);
        self.room = (pods, counts);
    }

    /// Writes down how the counts of a slot differ from those of before; both are in order.
    fn compare(&mut self, slot: usize, counts: &[Count]) {
        let Census { of_slot, of_kind, changes, .. } = self;
        let mut old = of_slot[slot].iter().peekable();
        let slot = slot as u32;
        let gone = |count: &Count, of_kind: &mut Vec<Vec<u32>>, changes: &mut Vec<(u32, u32)>| {
            changes.push((count.kind, slot));
            let slots = &mut of_kind[count.kind as usize];
            if let Ok(at) = slots.binary_search(&slot) {
                slots.remove(at);
            }
        };
        for count in counts {
            while let Some(before) = old.next_if(|before| before.kind < count.kind) {
                gone(before, of_kind, changes);
            }
            match old.next_if(|before| before.kind == count.kind) {
                Some(before) if before == count => {}
                Some(_) => changes.push((count.kind, slot)),
                None => {
                    changes.push((count.kind, slot));
                    if of_kind.len() <= count.kind as usize {
                        of_kind.resize(count.kind as usize + 1, Vec::new());
                    }
                    let slots = &mut of_kind[count.kind as usize];
                    if let Err(at) = slots.binary_search(&slot) {
                        slots.insert(at, slot);
                    }
                }
            }
        }
        old.for_each(|before| gone(before, of_kind, changes));
    }
}

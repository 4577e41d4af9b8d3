//! What changed since somebody last looked: lets derived answers be renewed instead of recomputed.

use crate::cluster::NodeId;
use std::collections::VecDeque;

/// One change of a node or of the pods on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The node.
    pub node: NodeId,
    /// What happened.
    pub kind: ChangeKind,
}

/// Kinds of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Pods came onto the node, left it, or got their deletion timestamp.
    Pods,
    /// The node came or went, or its labels, taints, allocatable or cordon changed.
    Node,
}

/// The latest changes, numbered. Old ones are forgotten; who asks too late starts over.
#[derive(Clone, Debug, Default)]
pub struct ChangeLog {
    first: u64,
    entries: VecDeque<Change>,
}

impl ChangeLog {
    const CAPACITY: usize = 1 << 15;

    /// The number the next change will have: remember it as the point up to which you have seen all.
    pub fn cursor(&self) -> u64 {
        self.first + self.entries.len() as u64
    }
    /// The changes from number `cursor` on, or nothing if some of them are forgotten.
    pub fn since(&self, cursor: u64) -> Option<impl Iterator<Item = Change> + '_> {
        let skip = cursor.checked_sub(self.first)?;
        Some(self.entries.iter().skip(skip as usize).copied())
    }
    pub(super) fn push(&mut self, node: NodeId, kind: ChangeKind) {
        if self.entries.len() == Self::CAPACITY {
            self.entries.pop_front();
            self.first += 1;
        }
        self.entries.push_back(Change { node, kind });
    }
}

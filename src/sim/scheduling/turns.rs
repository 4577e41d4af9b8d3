//! Pods that wait for a node, and when the scheduler has its next turn.

use crate::cluster::{NodeId, PodId};
use crate::scheduler::BackOff;
use crate::scheduler::Queue;
use crate::units::SimTime;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// What the scheduler is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum News {
    /// A node came.
    NodeAdded(NodeId),
    /// Its taints changed, or its conditions.
    NodeTaints(NodeId),
    /// A pod got a node.
    PodAssigned(PodId),
    /// A pod on a node changed.
    PodUpdated(PodId),
    /// A pod on a node is gone.
    PodDeleted,
    /// Claims got their volumes.
    VolumesBound,
    /// Something that no plugin of 1.28 is told of: a node or a pod without node is gone.
    Nothing,
}

/// Pods that wait for a node.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    /// All of them, in order of priority, then age.
    pub(crate) pending: BTreeSet<(Reverse<i32>, PodId)>,
    /// Those the scheduler may try, with their back-offs.
    pub(crate) waiting: Queue,
    /// When the scheduler has its next turn.
    pub(crate) called: Option<SimTime>,
}

impl Turns {
    /// Nobody waits.
    pub(crate) fn new(back_off: BackOff) -> Turns {
        Turns { pending: BTreeSet::new(), waiting: Queue::new(back_off), called: None }
    }
}

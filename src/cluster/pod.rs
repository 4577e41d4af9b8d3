//! Pods.

use crate::cluster::{NodeId, PodSpecId};
use crate::intern::{Interner, Symbol};
use crate::units::SimTime;
use std::fmt;

/// A pod: its kind, its place and its life so far.
#[derive(Clone, Debug)]
pub struct Pod {
    /// The name within the namespace.
    pub name: PodName,
    /// What it shares with its like.
    pub spec: PodSpecId,
    /// The one node a DaemonSet made this pod for: stands for the DaemonSet controller's required node
    /// affinity `metadata.name In [name]`, so that all pods of a DaemonSet share a spec.
    pub daemon_node: Option<Symbol>,
    /// Creation time.
    pub created: SimTime,
    /// `status.phase`.
    pub phase: Phase,
    /// `status.startTime`.
    pub started: Option<SimTime>,
    /// The Ready condition: status and last transition; absent before the first.
    pub ready: Option<(bool, SimTime)>,
    /// `metadata.deletionTimestamp` is set: when the deletion was asked for.
    pub deleted: Option<SimTime>,
    /// Condition DisruptionTarget with reason PreemptionByScheduler.
    pub preempted: bool,
    /// `status.nominatedNodeName`.
    pub nominated: Option<Symbol>,
    /// What stands for its random `metadata.uid`, and what chance knows it by. 0 where nobody said, and its name stands for it.
    pub uid: u64,
    pub(super) node: Option<NodeId>,
    pub(super) present: bool,
}

impl Pod {
    /// A pending pod.
    pub fn new(name: PodName, spec: PodSpecId, created: SimTime) -> Self {
        Pod {
            name,
            spec,
            daemon_node: None,
            created,
            phase: Phase::Pending,
            started: None,
            ready: None,
            deleted: None,
            preempted: false,
            nominated: None,
            uid: 0,
            node: None,
            present: true,
        }
    }
    /// A pod like this one that has no node yet.
    pub fn clone_unbound(&self) -> Pod {
        Pod { node: None, present: true, ..self.clone() }
    }
    /// The node the pod is bound to.
    pub fn node(&self) -> Option<NodeId> {
        self.node
    }
    /// Whether the pod object exists.
    pub fn is_present(&self) -> bool {
        self.present
    }
    /// Whether a deletion was asked for.
    pub fn is_terminating(&self) -> bool {
        self.deleted.is_some()
    }
    /// Whether the Ready condition is True.
    pub fn is_ready(&self) -> bool {
        matches!(self.ready, Some((true, _)))
    }
}

/// A pod's name without a string of its own: `base`, or `base-ordinal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PodName {
    /// The whole name, or what stands before the ordinal.
    pub base: Symbol,
    /// Appended with a dash.
    pub ordinal: Option<u32>,
}

impl PodName {
    /// A name without an ordinal.
    pub fn plain(base: Symbol) -> Self {
        PodName { base, ordinal: None }
    }
    /// `base-ordinal`.
    pub fn numbered(base: Symbol, ordinal: u32) -> Self {
        PodName { base, ordinal: Some(ordinal) }
    }
    /// The name as text.
    pub fn display(self, symbols: &Interner) -> impl fmt::Display + '_ {
        fmt::from_fn(move |f| self.write_to(f, symbols))
    }
    /// Writes the name as text.
    pub fn write_to(self, out: &mut impl fmt::Write, symbols: &Interner) -> fmt::Result {
        out.write_str(symbols.text(self.base))?;
        self.ordinal.map_or(Ok(()), |ordinal| write!(out, "-{ordinal}"))
    }
}

/// `status.phase` of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Not all containers were started.
    Pending,
    /// Containers run.
    Running,
    /// All containers finished well.
    Succeeded,
    /// A container failed for good.
    Failed,
    /// The node does not tell.
    Unknown,
}

impl Phase {
    /// Nothing runs any more, nor will it again.
    pub fn is_final(self) -> bool {
        matches!(self, Phase::Succeeded | Phase::Failed)
    }
}

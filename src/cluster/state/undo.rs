//! How one change of a trial is taken back.

use crate::cluster::{Labels, NodeCondition, NodeId, PodId, Taint};
use crate::intern::Symbol;
use crate::units::SimTime;

/// A step, and the node that it changed with the generation before.
pub(super) type Step = (Undo, Option<(NodeId, u64)>);

/// One step to take back.
#[derive(Clone, Debug)]
pub(super) enum Undo {
    AddNode { shadowed: Option<NodeId> },
    RemoveNode { node: NodeId, position: usize, named: bool },
    Taints(NodeId, Vec<Taint>),
    Unschedulable(NodeId, bool),
    NodeReady(NodeId, NodeCondition),
    NodeLabels(NodeId, Labels),
    AddPod,
    Bind(PodId),
    Unbind { pod: PodId, node: NodeId, position: usize },
    RemovePod(PodId),
    Deleted(PodId, Option<SimTime>),
    Nominated(PodId, Option<Symbol>),
}

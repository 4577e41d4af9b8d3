//! What-if: change the cluster, look, and leave no trace.

use crate::cluster::{ClusterState, Labels, NodeCapacity, NodeCondition, NodeId, PodId, Taint};
use crate::intern::Symbol;
use crate::units::SimTime;
use std::ops::{Deref, DerefMut};

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
    Allocatable(NodeId, Box<NodeCapacity>),
    AddPod,
    Bind(PodId),
    Unbind { pod: PodId, node: NodeId, position: usize },
    RemovePod(PodId),
    Deleted(PodId, Option<SimTime>),
    Nominated(PodId, Option<Symbol>),
}

/// A guard that reads and changes like the cluster; dropping it undoes every change made through it.
///
/// Cost: a few nanoseconds per change, the same again to undo. Interned strings and pod specs stay
/// (they mean nothing by themselves); ids of nodes and pods added in a trial are used again afterwards. Images, phases and readiness cannot change in a trial.
///
/// Upstream: Cluster Autoscaler's `DeltaClusterSnapshot` Fork, Revert, Commit.
#[derive(Debug)]
pub struct Trial<'a> {
    cluster: &'a mut ClusterState,
    mark: usize,
}

impl<'a> Trial<'a> {
    pub(super) fn begin(cluster: &'a mut ClusterState) -> Self {
        cluster.trials += 1;
        let mark = cluster.undo.len();
        Trial { cluster, mark }
    }
    /// Keeps the changes. Inside another trial they are undone with that one.
    pub fn commit(mut self) {
        self.mark = usize::MAX;
    }
}

impl Deref for Trial<'_> {
    type Target = ClusterState;
    fn deref(&self) -> &ClusterState {
        self.cluster
    }
}
impl DerefMut for Trial<'_> {
    fn deref_mut(&mut self) -> &mut ClusterState {
        self.cluster
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        self.cluster.trials -= 1;
        let mut logged = None;
        while self.cluster.undo.len() > self.mark {
            let step = self.cluster.undo.pop().expect("counted");
            self.cluster.take_back(step, &mut logged);
        }
        if self.cluster.trials == 0 {
            if !self.cluster.undo.is_empty() {
                self.cluster.outlived_trial();
            }
            self.cluster.undo.clear();
        }
    }
}

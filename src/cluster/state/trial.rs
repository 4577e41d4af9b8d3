//! What-if: change the cluster, look, and leave no trace.

use super::ClusterState;
use super::undo::{Step, Undo};
use crate::cluster::{ChangeKind, NodeId};
use std::ops::{Deref, DerefMut};

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
    fn begin(cluster: &'a mut ClusterState) -> Self {
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

impl ClusterState {
    /// Opens a what-if: a guard that reads and changes like the cluster, and undoes all when dropped.
    /// Trials nest.
    pub fn trial(&mut self) -> Trial<'_> {
        Trial::begin(self)
    }

    /// Changes of a trial were kept.
    fn outlived_trial(&mut self) {
        self.version += 1;
    }

    /// Takes back one step of a trial. The node is what it was, and has the generation that it had: what is known of that
    /// one is true again. Pods that come and go on the node that was `logged` last are no further change, for nobody looks
    /// in between.
    fn take_back(&mut self, (step, before): Step, logged: &mut Option<NodeId>) {
        let change = self.undo_step(step);
        if let Some((node, generation)) = before {
            self.nodes[node].generation = generation;
        }
        match change {
            Some((node, ChangeKind::Pods)) if *logged == Some(node) => {}
            Some((node, kind)) => {
                self.changes.push(node, kind);
                *logged = Some(node).filter(|_| kind == ChangeKind::Pods);
            }
            None => {}
        }
    }

    /// What changes by that.
    fn undo_step(&mut self, step: Undo) -> Option<(NodeId, ChangeKind)> {
        self.layout += u64::from(matches!(step, Undo::AddNode { .. } | Undo::RemoveNode { .. } | Undo::NodeLabels(..)));
        let (node, kind) = match step {
            Undo::AddNode { shadowed } => {
                let id = self.order.pop().expect("the added node is the last one");
                let name = self.nodes[id].name;
                match shadowed {
                    Some(before) => self.by_name.insert(name, before),
                    None => self.by_name.remove(&name),
                };
                self.nodes.pop();
                (id, ChangeKind::Node)
            }
            Undo::RemoveNode { node, position, named } => {
                self.order.insert(position, node);
                if named {
                    self.by_name.insert(self.nodes[node].name, node);
                }
                self.nodes[node].present = true;
                (node, ChangeKind::Node)
            }
            Undo::Taints(node, taints) => {
                self.nodes[node].template.taints = taints;
                (node, ChangeKind::Node)
            }
            Undo::Unschedulable(node, unschedulable) => {
                self.nodes[node].template.unschedulable = unschedulable;
                (node, ChangeKind::Node)
            }
            Undo::NodeReady(node, ready) => {
                self.nodes[node].template.ready = ready;
                (node, ChangeKind::Node)
            }
            Undo::NodeLabels(node, labels) => {
                self.nodes[node].template.labels = labels;
                (node, ChangeKind::Node)
            }
            Undo::Bind(pod) => {
                let node = self.pods[pod].node.expect("the pod is bound");
                self.displace(pod, node, self.position(pod, node));
                (node, ChangeKind::Pods)
            }
            Undo::Unbind { pod, node, position } => {
                self.place(pod, node, position);
                (node, ChangeKind::Pods)
            }
            Undo::Deleted(pod, at) => {
                self.pods[pod].deleted = at;
                (self.pods[pod].node?, ChangeKind::Pods)
            }
            Undo::AddPod => {
                self.pods.pop();
                return None;
            }
            Undo::RemovePod(pod) => {
                self.pods[pod].present = true;
                return None;
            }
            Undo::Nominated(pod, node) => {
                self.pods[pod].nominated = node;
                return None;
            }
        };
        Some((node, kind))
    }
}

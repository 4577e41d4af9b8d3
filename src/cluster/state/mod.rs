//! The one owner of nodes and pods.

#[cfg(test)]
mod tests;
pub(super) mod trial;
mod undo;

use crate::cluster::{
    ChangeKind, ChangeLog, CsiNode, Labels, Node, NodeCondition, NodeId, NodeTemplate, PersistentVolume,
    PersistentVolumeClaim, Phase, Pod, PodDisruptionBudget, PodId, PodSpec, PodSpecId, PvId, PvcId, ServiceSelector,
    StorageClass, StorageClassId, Taint, Versioned, VolumePlan, WorkloadSelector,
};
use crate::id::IdVec;
use crate::intern::{Interner, Symbol};
use crate::units::SimTime;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use undo::{Step, Undo};

/// Nodes, pods and the objects that decisions about them look at.
///
/// Reading is free; nodes and pods change only through the methods here, which keep
/// `node.requested` equal to the sum over the node's pods and write the [`ChangeLog`].
/// The plain object lists (budgets, services, volumes...) may be edited in place.
#[derive(Clone, Debug, Default)]
pub struct ClusterState {
    /// All strings.
    pub symbols: Interner,
    /// Labels of the namespaces that exist as objects.
    pub namespaces: Versioned<FxHashMap<Symbol, Labels>>,
    /// PodDisruptionBudgets, in order of creation.
    pub budgets: Vec<PodDisruptionBudget>,
    /// Services with a selector.
    pub services: Versioned<Vec<ServiceSelector>>,
    /// ReplicaSets, ReplicationControllers, StatefulSets and Jobs that exist.
    pub workloads: Versioned<Vec<WorkloadSelector>>,
    /// Storage classes.
    pub storage_classes: IdVec<StorageClassId, StorageClass>,
    /// Persistent volumes.
    pub volumes: IdVec<PvId, PersistentVolume>,
    /// Persistent volume claims.
    pub claims: IdVec<PvcId, PersistentVolumeClaim>,
    /// Attach limits by node.
    pub csi_nodes: Vec<CsiNode>,
    specs: IdVec<PodSpecId, Arc<PodSpec>>,
    spec_ids: FxHashMap<Arc<PodSpec>, PodSpecId>,
    /// Whether a kind of pod must be away from others.
    any_repels: bool,
    /// The least priority of any kind of pod; none without kinds.
    least_priority: Option<i32>,
    nodes: IdVec<NodeId, Node>,
    order: Vec<NodeId>,
    by_name: FxHashMap<Symbol, NodeId>,
    pods: IdVec<PodId, Pod>,
    generation: u64,
    version: u64,
    /// Grows when nodes come or go, or get other labels, in trials too.
    layout: u64,
    /// Of the changes that `version` counts, those that leave no pod more room.
    closings: u64,
    changes: ChangeLog,
    undo: Vec<Step>,
    trials: u32,
}

impl ClusterState {
    /// An empty cluster.
    pub fn new() -> Self {
        ClusterState::default()
    }

    /// The id of the kind of pod that `spec` describes; equal specs have equal ids.
    pub fn intern_spec(&mut self, spec: PodSpec) -> PodSpecId {
        if let Some(id) = self.spec_ids.get(&spec) {
            return *id;
        }
        self.any_repels |= !spec.pod_anti_affinity.required.is_empty();
        self.least_priority = Some(self.least_priority.map_or(spec.priority, |least| least.min(spec.priority)));
        let shared = Arc::new(spec);
        let id = self.specs.push(shared.clone());
        self.spec_ids.insert(shared, id);
        id
    }
    /// The kind of pod.
    #[inline]
    pub fn spec(&self, id: PodSpecId) -> &PodSpec {
        &self.specs[id]
    }
    /// A pod kind to keep while the cluster changes.
    pub fn spec_arc(&self, id: PodSpecId) -> Arc<PodSpec> {
        self.specs[id].clone()
    }
    /// The kinds of pods seen so far.
    pub fn specs(&self) -> impl ExactSizeIterator<Item = (PodSpecId, &PodSpec)> {
        self.specs.iter().map(|(id, spec)| (id, &**spec))
    }

    /// Whether there ever was a kind of pod with a required anti-affinity: without one, no pod is in the way of another.
    pub fn any_repels(&self) -> bool {
        self.any_repels
    }
    /// Whether there ever was a kind of pod of less priority: without one, nobody makes room for a pod of this.
    pub fn any_yields_to(&self, priority: i32) -> bool {
        self.least_priority.is_some_and(|least| least < priority)
    }

    /// A node, present or gone.
    #[inline]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id]
    }
    /// The nodes that are present, in order of registration.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node)> + ExactSizeIterator {
        self.order.iter().map(|id| (*id, &self.nodes[*id]))
    }
    /// The ids of the present nodes, in order of registration.
    #[inline]
    pub fn node_ids(&self) -> &[NodeId] {
        &self.order
    }
    /// Whether the node is present. Ids out of the change log may belong to a trial that was undone:
    /// ask this before [`node`](Self::node).
    #[inline]
    pub fn has_node(&self, id: NodeId) -> bool {
        self.present_node(id).is_some()
    }
    /// The node, if it is present.
    #[inline]
    pub fn present_node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id).filter(|node| node.is_present())
    }
    /// The number of nodes that ever were; ids are below it.
    pub fn node_id_bound(&self) -> usize {
        self.nodes.len()
    }
    /// The id that the next node will get.
    pub fn next_node_id(&self) -> NodeId {
        self.nodes.next_id()
    }
    /// The present node of that name.
    pub fn node_by_name(&self, name: Symbol) -> Option<NodeId> {
        self.by_name.get(&name).copied()
    }
    /// A pod, present or gone.
    #[inline]
    pub fn pod(&self, id: PodId) -> &Pod {
        &self.pods[id]
    }
    /// The kind of a pod.
    #[inline]
    pub fn spec_of(&self, id: PodId) -> &PodSpec {
        &self.specs[self.pods[id].spec]
    }
    /// The pods that are present, in order of creation. Cost: one step per pod that ever was.
    pub fn pods(&self) -> impl DoubleEndedIterator<Item = (PodId, &Pod)> {
        self.pods.iter().filter(|(_, pod)| pod.present)
    }
    /// The number of pods that ever were; ids are below it.
    pub fn pod_id_bound(&self) -> usize {
        self.pods.len()
    }
    /// A number that grows with every change of nodes and pods outside trials: what decides where pods may be is the
    /// same as long as it stays, and so do the plain lists. Readiness and start times of pods, images, and whether a
    /// pod runs or waits for its start do not count.
    pub fn version(&self) -> u64 {
        self.version
    }
    /// A number that grows with every change that [`version`](Self::version) counts but those that give no pod room: pods come,
    /// are bound, are nominated or begin to terminate.
    pub fn openings(&self) -> u64 {
        self.version - self.closings
    }
    /// The [`version`](Self::version) with those of the lists that decisions about pods look at.
    pub fn versions(&self) -> [u64; 4] {
        [self.version, self.namespaces.version(), self.services.version(), self.workloads.version()]
    }
    /// A number that grows whenever nodes come or go, or get other labels: in trials too, and when these are undone.
    pub fn layout(&self) -> u64 {
        self.layout
    }
    /// What changed lately.
    pub fn changes(&self) -> &ChangeLog {
        &self.changes
    }
    /// A pod's name as text.
    pub fn pod_name(&self, id: PodId) -> String {
        self.pods[id].name.display(&self.symbols).to_string()
    }
    /// A pod's `namespace/name`.
    pub fn pod_key(&self, id: PodId) -> String {
        format!("{}/{}", self.symbols.text(self.spec_of(id).namespace), self.pod_name(id))
    }
    /// A node's name as text.
    pub fn node_name(&self, id: NodeId) -> &str {
        self.symbols.text(self.nodes[id].name)
    }

    /// Registers an empty node. A node of the same name that is present is replaced in the name table
    /// only; callers refuse duplicates beforehand.
    pub fn add_node(&mut self, template: NodeTemplate) -> NodeId {
        let id = self.nodes.push(Node::empty(template));
        self.order.push(id);
        let shadowed = self.by_name.insert(self.nodes[id].name, id);
        self.layout += 1;
        self.record(None, || Undo::AddNode { shadowed });
        self.touch(id, ChangeKind::Node);
        id
    }
    /// Takes a node away. Its pods stay bound to it; the caller removes them first where they go too.
    pub fn remove_node(&mut self, id: NodeId) {
        let Some(position) = self.order.iter().position(|other| *other == id) else { return };
        self.order.remove(position);
        let name = self.nodes[id].name;
        let named = self.by_name.get(&name) == Some(&id);
        if named {
            self.by_name.remove(&name);
        }
        self.nodes[id].present = false;
        self.layout += 1;
        self.record(Some(id), || Undo::RemoveNode { node: id, position, named });
        self.touch(id, ChangeKind::Node);
    }
    /// Replaces the taints.
    pub fn set_taints(&mut self, id: NodeId, taints: Vec<Taint>) {
        let old = std::mem::replace(&mut self.nodes[id].template.taints, taints);
        self.record(Some(id), || Undo::Taints(id, old));
        self.touch(id, ChangeKind::Node);
    }
    /// Cordons or uncordons.
    pub fn set_unschedulable(&mut self, id: NodeId, unschedulable: bool) {
        let old = std::mem::replace(&mut self.nodes[id].template.unschedulable, unschedulable);
        self.record(Some(id), || Undo::Unschedulable(id, old));
        self.touch(id, ChangeKind::Node);
    }
    /// Sets the Ready condition.
    pub fn set_node_ready(&mut self, id: NodeId, ready: NodeCondition) {
        let old = std::mem::replace(&mut self.nodes[id].template.ready, ready);
        self.record(Some(id), || Undo::NodeReady(id, old));
        self.touch(id, ChangeKind::Node);
    }
    /// Replaces the labels.
    pub fn set_node_labels(&mut self, id: NodeId, labels: Labels) {
        let old = std::mem::replace(&mut self.nodes[id].template.labels, labels);
        self.layout += 1;
        self.record(Some(id), || Undo::NodeLabels(id, old));
        self.touch(id, ChangeKind::Node);
    }
    /// Adds images to those on the node (pulled images stay).
    pub fn add_image(&mut self, id: NodeId, image: Symbol, bytes: i64) {
        debug_assert!(self.trials == 0, "images are not part of what-if trials");
        if !self.nodes[id].images.iter().any(|(name, _)| *name == image) {
            self.nodes[id].template.images.push((image, bytes));
            self.touch(id, ChangeKind::Node);
        }
    }

    /// Creates a pod without a node.
    pub fn add_pod(&mut self, pod: Pod) -> PodId {
        let id = self.pods.push(Pod { node: None, present: true, ..pod });
        self.record_closing(None, || Undo::AddPod);
        id
    }
    /// Binds a pod to a node.
    ///
    /// Panics (a bug, not an input) if the pod is bound or gone.
    pub fn bind(&mut self, pod: PodId, node: NodeId) {
        assert!(self.pods[pod].node.is_none() && self.pods[pod].present, "{pod:?} cannot be bound");
        let pods = &self.nodes[node].pods;
        let mut position = pods.len();
        if self.trials == 0 {
            while position > 0 && pods[position - 1] > pod {
                position -= 1;
            }
        }
        self.record_closing(Some(node), || Undo::Bind(pod));
        self.place(pod, node, position);
        self.touch(node, ChangeKind::Pods);
        if self.trials == 0 {
            self.nodes[node].cached.push(pod);
        }
    }
    /// The scheduler's cache takes a changed pod out and adds it again, or takes it out for good.
    fn renew_in_cache(&mut self, pod: PodId, stays: bool) {
        let Some(node) = self.pods[pod].node.filter(|_| self.trials == 0) else { return };
        let cached = &mut self.nodes[node].cached;
        if let Some(at) = cached.iter().rposition(|other| *other == pod) {
            cached.swap_remove(at);
        }
        if stays {
            cached.push(pod);
        }
    }
    /// Writes down which volumes a pod's claims get on `node`, before they have them.
    ///
    /// Upstream: `volumeBinder.AssumePodVolumes`, 1.28. What follows (the volume controller binds or
    /// provisions) is not modelled.
    pub fn assume_volumes(&mut self, plan: &VolumePlan, node: NodeId) {
        if *plan == VolumePlan::default() {
            return;
        }
        debug_assert!(self.trials == 0, "volumes are not part of what-if trials");
        let name = self.nodes[node].name;
        self.version += 1;
        for (claim, volume) in &plan.bindings {
            let claim = &self.claims[*claim];
            self.volumes[*volume].claim = Some((claim.namespace, claim.name));
            self.volumes[*volume].claim_uid = claim.uid;
        }
        plan.provisions.iter().for_each(|claim| self.claims[*claim].selected_node = name);
    }
    /// Takes a pod off its node; it is pending again.
    pub fn unbind(&mut self, pod: PodId) {
        let Some(node) = self.pods[pod].node else { return };
        self.renew_in_cache(pod, false);
        let position = self.position(pod, node);
        self.record(Some(node), || Undo::Unbind { pod, node, position });
        self.displace(pod, node, position);
        self.touch(node, ChangeKind::Pods);
    }
    /// Removes a pod, from its node too.
    pub fn remove_pod(&mut self, pod: PodId) {
        if !self.pods[pod].present {
            return;
        }
        self.unbind(pod);
        self.pods[pod].present = false;
        self.record(None, || Undo::RemovePod(pod));
    }
    /// Sets the deletion timestamp.
    pub fn set_deleted(&mut self, pod: PodId, at: Option<SimTime>) {
        let old = std::mem::replace(&mut self.pods[pod].deleted, at);
        let node = self.pods[pod].node;
        match at {
            Some(_) => self.record_closing(node, || Undo::Deleted(pod, old)),
            None => self.record(node, || Undo::Deleted(pod, old)),
        }
        self.renew_in_cache(pod, true);
        if let Some(node) = node {
            self.touch(node, ChangeKind::Pods);
        }
    }
    /// Marks a pod as deleted by preemption.
    pub fn set_preempted(&mut self, pod: PodId) {
        debug_assert!(self.trials == 0, "preemption marks are not part of what-if trials");
        (self.version, self.closings) = (self.version + 1, self.closings + 1);
        self.pods[pod].preempted = true;
    }
    /// Sets or clears the nominated node.
    pub fn set_nominated(&mut self, pod: PodId, node: Option<Symbol>) {
        let old = std::mem::replace(&mut self.pods[pod].nominated, node);
        match old {
            _ if old == node => {}
            None => self.record_closing(None, || Undo::Nominated(pod, old)),
            Some(_) => self.record(None, || Undo::Nominated(pod, old)),
        }
    }
    /// Sets the phase.
    pub fn set_phase(&mut self, pod: PodId, phase: Phase) {
        debug_assert!(self.trials == 0, "phases are not part of what-if trials");
        let before = std::mem::replace(&mut self.pods[pod].phase, phase);
        self.version += u64::from(before.is_final() || phase.is_final());
        self.renew_in_cache(pod, true);
    }
    /// Sets `status.startTime`.
    pub fn set_started(&mut self, pod: PodId, at: Option<SimTime>) {
        debug_assert!(self.trials == 0, "start times are not part of what-if trials");
        self.pods[pod].started = at;
    }
    /// Sets the Ready condition.
    pub fn set_pod_ready(&mut self, pod: PodId, ready: Option<(bool, SimTime)>) {
        debug_assert!(self.trials == 0, "readiness is not part of what-if trials");
        self.pods[pod].ready = ready;
        self.renew_in_cache(pod, true);
    }

    fn place(&mut self, pod: PodId, node: NodeId, position: usize) {
        let (spec, row) = (&self.specs[self.pods[pod].spec], &mut self.nodes[node]);
        row.pods.insert(position, pod);
        row.requested.wrapping_add(&spec.requests);
        row.nonzero_cpu_milli = row.nonzero_cpu_milli.wrapping_add(spec.nonzero_cpu_milli);
        row.nonzero_memory_bytes = row.nonzero_memory_bytes.wrapping_add(spec.nonzero_memory_bytes);
        self.pods[pod].node = Some(node);
    }
    /// Where the pod is among its node's.
    fn position(&self, pod: PodId, node: NodeId) -> usize {
        let position = self.nodes[node].pods.iter().rposition(|other| *other == pod);
        position.expect("the node knows its pod")
    }
    fn displace(&mut self, pod: PodId, node: NodeId, position: usize) {
        let (spec, row) = (&self.specs[self.pods[pod].spec], &mut self.nodes[node]);
        row.pods.remove(position);
        row.requested.wrapping_subtract(&spec.requests);
        row.nonzero_cpu_milli = row.nonzero_cpu_milli.wrapping_sub(spec.nonzero_cpu_milli);
        row.nonzero_memory_bytes = row.nonzero_memory_bytes.wrapping_sub(spec.nonzero_memory_bytes);
        self.pods[pod].node = None;
    }
    fn touch(&mut self, node: NodeId, kind: ChangeKind) {
        self.generation += 1;
        self.nodes[node].generation = self.generation;
        self.changes.push(node, kind);
    }
    /// A step begins that changes `node`, if any.
    fn record(&mut self, node: Option<NodeId>, undo: impl FnOnce() -> Undo) {
        if self.trials > 0 {
            let before = node.map(|node| (node, self.nodes[node].generation));
            self.undo.push((undo(), before));
        } else {
            self.version += 1;
        }
    }

    /// As [`record`](Self::record), of a step that gives no pod more room.
    fn record_closing(&mut self, node: Option<NodeId>, undo: impl FnOnce() -> Undo) {
        self.closings += u64::from(self.trials == 0);
        self.record(node, undo);
    }
}

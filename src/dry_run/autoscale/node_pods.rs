//! The pods that a new node gets beside those that the scheduler sends: its DaemonSets', and static ones.

use super::surroundings::Surroundings;
use crate::cluster::{ClusterState, NodeId, OwnerKind, Phase, Pod, PodId, PodName, PodSpec, PodSpecId};
use crate::controllers::daemon_set;
use crate::units::SimTime;

impl Surroundings {
    /// Creates the pods that every node like this one has, and binds what is bound by itself; the pods of DaemonSets for
    /// the scheduler, which has them before any other pod: they tolerate that the node is not ready yet.
    ///
    /// DaemonSets are asked whether they want a pod there; what the dump has no object for, another node of the group
    /// shows.
    pub(super) fn add_node_pods(&mut self, node: NodeId, now: SimTime) -> Vec<PodId> {
        let mut kinds: Vec<PodSpecId> = Vec::new();
        for spec in &self.daemon_sets {
            let row = self.cluster.spec(*spec);
            if daemon_set::should_run(row, self.cluster.node(node), &self.cluster.symbols) {
                kinds.push(*spec);
            }
        }
        let mut waiting: Vec<PodId> = kinds.into_iter().map(|kind| self.daemon_pod(kind, node, now)).collect();
        for kind in self.shown_by_another(node) {
            if self.cluster.spec(kind).is_mirror {
                let pod = self.new_pod(kind, node, now);
                let pod = self.cluster.add_pod(pod);
                self.cluster.bind(pod, node);
                self.cluster.set_phase(pod, Phase::Running);
            } else {
                waiting.push(self.daemon_pod(kind, node, now));
            }
        }
        waiting
    }

    /// Static pods, and pods of DaemonSets that have no object, of the first other node of the group that has any.
    fn shown_by_another(&self, node: NodeId) -> Vec<PodSpecId> {
        let cluster = &self.cluster;
        let group = cluster.node(node).group;
        let known = |spec: &PodSpec| {
            let is_same = |kind: &PodSpecId| {
                let other = cluster.spec(*kind);
                other.namespace == spec.namespace
                    && other.owner.map(|owner| (owner.kind, owner.name))
                        == spec.owner.map(|owner| (owner.kind, owner.name))
            };
            spec.owner.is_some_and(|owner| owner.kind == OwnerKind::DaemonSet) && self.daemon_sets.iter().any(is_same)
        };
        let own = |pod: &PodId| {
            let spec = cluster.spec_of(*pod);
            (spec.is_mirror || spec.is_daemon()) && !known(spec) && !cluster.pod(*pod).is_terminating()
        };
        let others = cluster.nodes().filter(|(id, row)| *id != node && row.group == group && group.is_some());
        let mut shown = others.map(|(_, row)| row.pods().iter().copied().filter(own).collect::<Vec<_>>());
        let first = shown.find(|pods| !pods.is_empty()).unwrap_or_default();
        first.into_iter().map(|pod| cluster.pod(pod).spec).collect()
    }

    /// A pod of a DaemonSet for one node. A kind that was seen on another node is bound to that one's name.
    fn daemon_pod(&mut self, kind: PodSpecId, node: NodeId, now: SimTime) -> PodId {
        let kind = for_any_node(&mut self.cluster, kind);
        let name = self.cluster.node(node).name;
        let mut pod = self.new_pod(kind, node, now);
        pod.daemon_node = Some(name);
        self.cluster.add_pod(pod)
    }

    fn new_pod(&mut self, kind: PodSpecId, node: NodeId, now: SimTime) -> Pod {
        let owner = self.cluster.spec(kind).owner.map_or("static", |owner| self.cluster.symbols.text(owner.name));
        let name = format!("{owner}-{}", self.cluster.node_name(node));
        Pod::new(PodName::plain(self.cluster.symbols.intern(&name)), kind, now)
    }
}

/// Without the name of a node among the required affinity. Upstream: `util.ReplaceDaemonSetPodNodeNameNodeAffinity`, 1.28.
fn for_any_node(cluster: &mut ClusterState, kind: PodSpecId) -> PodSpecId {
    let row = cluster.spec(kind);
    if row
        .required_node_affinity
        .as_ref()
        .is_none_or(|required| required.terms.iter().all(|term| term.fields.is_empty()))
    {
        return kind;
    }
    let mut spec = row.clone();
    if let Some(required) = &mut spec.required_node_affinity {
        required.terms.iter_mut().for_each(|term| term.fields.clear());
        required.terms.retain(|term| !term.is_empty());
    }
    spec.required_node_affinity = spec.required_node_affinity.filter(|required| !required.terms.is_empty());
    cluster.intern_spec(spec)
}

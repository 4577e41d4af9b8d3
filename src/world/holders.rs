//! Which groups could hold the pods of which workloads, by the scheduler's own filters: seen before anything runs.

use super::{Cast, Workload};
use crate::cluster::{AffinityTerm, ClusterState, NodeId, PodSpec};
use crate::id::{GroupId, IdVec, WorkloadId};
use crate::intern::Symbol;
use crate::scheduler::{Filters, Plugin, Rejection};
use std::collections::BTreeSet;

/// What every workload's pod could run on.
pub struct Holders<'a> {
    cast: &'a Cast,
    /// With an empty node of every group, machine type and zone.
    cluster: ClusterState,
    nodes: Vec<(NodeId, GroupId)>,
    bare: IdVec<WorkloadId, Bare>,
}

impl<'a> Holders<'a> {
    /// Looks at an empty node of every group, machine type and zone; groups that can never have one are left out.
    ///
    /// Cost: the scheduler's filters for each workload and node.
    pub fn of(cast: &'a Cast) -> Self {
        let (cluster, nodes) = empty_nodes(cast);
        let bare = cast.workloads.values().map(|row| alone(&cluster, cast, row, &nodes)).collect();
        Holders { cast, cluster, nodes, bare }
    }

    /// No group can ever have a node.
    pub fn is_nobody(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The groups that could hold a pod of the workload. What it wants to be near may be there: a pod of another workload, or of a
    /// DaemonSet, on a node of that group, zone or what its affinity names.
    ///
    /// Errors: why there is none, in the scheduler's words.
    pub fn groups(&self, id: WorkloadId) -> Result<BTreeSet<GroupId>, String> {
        let own = &self.bare[id];
        if let Some(why) = &own.before {
            return Err(why.clone());
        }
        let (mut groups, mut reasons) = (BTreeSet::new(), BTreeSet::new());
        for ((node, group), answer) in self.nodes.iter().zip(&own.answers) {
            match answer {
                Ok(()) => drop(groups.insert(*group)),
                Err(rejection) if rejection.plugin == Plugin::InterPodAffinity && self.may_come(id, *node) => {
                    groups.insert(*group);
                }
                Err(rejection) => {
                    let text = rejection.reasons.iter().map(|reason| reason.text(&self.cluster.symbols));
                    reasons.insert(format!("{} ({})", text.collect::<Vec<_>>().join(", "), rejection.plugin.name()));
                }
            }
        }
        if groups.is_empty() { Err(reasons.into_iter().collect::<Vec<_>>().join("; ")) } else { Ok(groups) }
    }

    /// Whether some workload's pods, its own among them, could fulfil every required affinity of `id`'s pods on `node`.
    fn may_come(&self, id: WorkloadId, node: NodeId) -> bool {
        let spec = self.cluster.spec(self.cast.workloads[id].template);
        let labels = &self.cluster.node(node).labels;
        spec.pod_affinity.required.iter().all(|term| {
            let Some(here) = labels.get(term.topology_key) else { return false };
            let wanted = |other: &Workload| wants(&self.cluster, term, self.cluster.spec(other.template));
            let mut others = self.cast.workloads.iter().filter(|(_, other)| wanted(other));
            others.any(|(other, _)| self.runs_at(other, term.topology_key, here))
        })
    }

    /// Whether a pod of the workload could run on some node with this label, whoever is near.
    fn runs_at(&self, id: WorkloadId, key: Symbol, value: Symbol) -> bool {
        self.nodes.iter().zip(&self.bare[id].answers).any(|((node, _), answer)| {
            let fits = answer.as_ref().err().is_none_or(|rejection| rejection.plugin == Plugin::InterPodAffinity);
            fits && self.cluster.node(*node).labels.get(key) == Some(value)
        })
    }
}

/// A node of every group, machine type and zone.
fn empty_nodes(cast: &Cast) -> (ClusterState, Vec<(NodeId, GroupId)>) {
    let mut cluster = cast.cluster.clone();
    let mut nodes = Vec::new();
    let zone_keys = ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];
    let zone_keys = zone_keys.map(|key| cluster.symbols.intern(key));
    let gke_zone = cluster.symbols.intern("topology.gke.io/zone");
    let hostname = cluster.symbols.intern("kubernetes.io/hostname");
    for (id, group) in cast.groups.iter().filter(|(_, group)| group.max > 0) {
        let zones = if group.zones.is_empty() { &[Symbol::EMPTY][..] } else { &group.zones };
        for (machine, zone) in group.machines.iter().flat_map(|machine| zones.iter().map(move |zone| (machine, zone))) {
            let mut node = machine.template.clone();
            node.name = cluster.symbols.intern(&format!("{}-{}", group.name, nodes.len()));
            if *zone != Symbol::EMPTY {
                zone_keys.iter().for_each(|key| node.labels.set(*key, *zone));
                if node.labels.get(gke_zone).is_some() {
                    node.labels.set(gke_zone, *zone);
                }
            }
            node.labels.set(hostname, node.name);
            nodes.push((cluster.add_node(node), id));
        }
    }
    (cluster, nodes)
}

/// What the filters say of a workload's pod on each node, as if there were no other pod.
struct Bare {
    /// By place of the node.
    answers: Vec<Result<(), Rejection>>,
    /// No node was looked at, for this reason.
    before: Option<String>,
}

fn alone(cluster: &ClusterState, cast: &Cast, workload: &Workload, nodes: &[(NodeId, GroupId)]) -> Bare {
    let profile = cast.profiles.of(cluster.spec(workload.template).scheduler);
    match Filters::prepare(cluster, profile, workload.template, None) {
        Ok(filters) => {
            Bare { answers: nodes.iter().map(|(node, _)| filters.check(cluster, *node)).collect(), before: None }
        }
        Err(error) => Bare { answers: Vec::new(), before: Some(format!("{error:?}")) },
    }
}

/// Whether a term is about pods of this kind.
fn wants(cluster: &ClusterState, term: &AffinityTerm, other: &PodSpec) -> bool {
    let selected = term.selector.as_ref().is_some_and(|selector| selector.matches(&other.labels, &cluster.symbols));
    // Namespaces that are chosen by labels may be any.
    selected && (term.namespaces.contains(&other.namespace) || term.namespace_selector.is_some())
}

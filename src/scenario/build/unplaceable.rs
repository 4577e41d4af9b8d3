//! Pods that no node group can hold, and node groups that no pod can use: seen before anything runs.

use crate::cluster::{AffinityTerm, ClusterState, NodeId, PodSpec};
use crate::id::{IdVec, WorkloadId};
use crate::intern::Symbol;
use crate::scenario::issue::{Issue, Issues};
use crate::scheduler::{Filters, Plugin, Rejection};
use crate::world::GroupId;
use crate::world::{Cast, Workload, WorkloadKind};
use std::collections::BTreeSet;

/// Warns about every kind of pod that no node group could hold, with the filters that say so, and about
/// every group of nodes that only DaemonSets could use.
pub(super) fn warn_about(cast: &Cast, issues: &mut Issues) {
    let (cluster, nodes) = empty_nodes(cast);
    if nodes.is_empty() {
        return;
    }
    let mut used = BTreeSet::new();
    let bare: IdVec<WorkloadId, Bare> = cast.workloads.values().map(|row| alone(&cluster, cast, row, &nodes)).collect();
    for (id, workload) in cast.workloads.iter() {
        let holders = groups_that_hold(&cluster, cast, id, &bare, &nodes);
        match holders {
            Ok(_) if matches!(workload.kind, WorkloadKind::DaemonSet(_)) => {}
            Ok(groups) => used.extend(groups),
            Err(why) => {
                let name = |symbol| cluster.symbols.text(symbol);
                let message = format!("no node group could ever hold this pod: {why}");
                let mut issue = Issue::warning("spec.template", message);
                issue.help = what_nodes_may_have(&why);
                issue.place.object = Some(format!("{}/{}", name(workload.namespace), name(workload.name)));
                issues.push(issue);
            }
        }
    }
    if !cast.trace.is_empty() {
        return;
    }
    for (_, group) in cast.groups.iter().filter(|(id, group)| group.max > 0 && !used.contains(id)) {
        let can_shrink = cast.autoscaler.is_some() && group.autoscaled;
        let what = match if can_shrink { group.min } else { group.initial } {
            ..=0 => "it stays empty".to_owned(),
            1 => "1 node is paid and stays empty".to_owned(),
            count => format!("{count} nodes are paid and stay empty"),
        };
        let message = format!("no workload but DaemonSets can use its nodes: {what}");
        issues.push(Issue::warning(format!("node group {}", group.name), message));
    }
}

/// Where the scenario can say that nodes have more of what is missing.
fn what_nodes_may_have(why: &str) -> Option<String> {
    let missing = why.split("Insufficient ").nth(1)?.split([' ', ',', ';']).next()?;
    match missing {
        "ephemeral-storage" => Some("nodeGroups.NAME.diskSize gives nodes a larger disk".to_owned()),
        name if name.contains('/') => Some(format!("nodeGroups.NAME.resources: {{{name}: 1}} gives nodes some")),
        _ => None,
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

/// The groups that could hold a pod of the workload, or why there is none. What it wants to be near may be there: a
/// pod of another workload, or of a DaemonSet, on a node of that group, zone or what its affinity names.
fn groups_that_hold(
    cluster: &ClusterState,
    cast: &Cast,
    id: WorkloadId,
    bare: &IdVec<WorkloadId, Bare>,
    nodes: &[(NodeId, GroupId)],
) -> Result<BTreeSet<GroupId>, String> {
    let own = &bare[id];
    if let Some(why) = &own.before {
        return Err(why.clone());
    }
    let affinity = Neighbours { cluster, cast, bare, nodes };
    let (mut groups, mut reasons) = (BTreeSet::new(), BTreeSet::new());
    for ((node, group), answer) in nodes.iter().zip(&own.answers) {
        match answer {
            Ok(()) => drop(groups.insert(*group)),
            Err(rejection) if rejection.plugin == Plugin::InterPodAffinity && affinity.may_come(id, *node) => {
                groups.insert(*group);
            }
            Err(rejection) => {
                let text = rejection.reasons.iter().map(|reason| reason.text(&cluster.symbols));
                reasons.insert(format!("{} ({})", text.collect::<Vec<_>>().join(", "), rejection.plugin.name()));
            }
        }
    }
    if groups.is_empty() { Err(reasons.into_iter().collect::<Vec<_>>().join("; ")) } else { Ok(groups) }
}

/// Who could be near whom.
struct Neighbours<'a> {
    cluster: &'a ClusterState,
    cast: &'a Cast,
    bare: &'a IdVec<WorkloadId, Bare>,
    nodes: &'a [(NodeId, GroupId)],
}

impl Neighbours<'_> {
    /// Whether some workload's pods, its own among them, could fulfil every required affinity of `id`'s pods on `node`.
    fn may_come(&self, id: WorkloadId, node: NodeId) -> bool {
        let spec = self.cluster.spec(self.cast.workloads[id].template);
        let labels = &self.cluster.node(node).labels;
        spec.pod_affinity.required.iter().all(|term| {
            let Some(here) = labels.get(term.topology_key) else { return false };
            let wanted = |other: &Workload| wants(self.cluster, term, self.cluster.spec(other.template));
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

/// Whether a term is about pods of this kind.
fn wants(cluster: &ClusterState, term: &AffinityTerm, other: &PodSpec) -> bool {
    let selected = term.selector.as_ref().is_some_and(|selector| selector.matches(&other.labels, &cluster.symbols));
    // Namespaces that are chosen by labels may be any.
    selected && (term.namespaces.contains(&other.namespace) || term.namespace_selector.is_some())
}

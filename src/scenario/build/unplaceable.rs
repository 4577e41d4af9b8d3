//! Pods that no node group can hold, and node groups that no pod can use: seen before anything runs.

use crate::cluster::{ClusterState, NodeId};
use crate::intern::Symbol;
use crate::scenario::issue::{Issue, Issues};
use crate::scheduler::Filters;
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
    for workload in cast.workloads.values() {
        let holders = groups_that_hold(&cluster, cast, workload, &nodes);
        match holders {
            Ok(_) if matches!(workload.kind, WorkloadKind::DaemonSet(_)) => {}
            Ok(groups) => used.extend(groups),
            Err(why) => {
                let name = |symbol| cluster.symbols.text(symbol);
                let message = format!("no node group could ever hold this pod: {why}");
                let mut issue = Issue::warning("spec.template", message);
                issue.place.object = Some(format!("{}/{}", name(workload.namespace), name(workload.name)));
                issues.push(issue);
            }
        }
    }
    if !cast.trace.is_empty() {
        return;
    }
    for (id, group) in cast.groups.iter().filter(|(id, group)| group.max > 0 && !used.contains(id)) {
        let count = if cast.groups[id].min > 0 { format!("{} nodes are paid and", group.min) } else { "it".into() };
        let message = format!("no workload but DaemonSets can use its nodes: {count} stay empty");
        issues.push(Issue::warning(format!("node group {}", group.name), message));
    }
}

/// A node of every group, machine type and zone.
fn empty_nodes(cast: &Cast) -> (ClusterState, Vec<(NodeId, GroupId)>) {
    let mut cluster = cast.cluster.clone();
    let mut nodes = Vec::new();
    let zone_keys = ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];
    let zone_keys = zone_keys.map(|key| cluster.symbols.intern(key));
    for (id, group) in cast.groups.iter().filter(|(_, group)| group.max > 0) {
        let zones = if group.zones.is_empty() { &[Symbol::EMPTY][..] } else { &group.zones };
        for (machine, zone) in group.machines.iter().flat_map(|machine| zones.iter().map(move |zone| (machine, zone))) {
            let mut node = machine.template.clone();
            node.name = cluster.symbols.intern(&format!("{}-{}", group.name, nodes.len()));
            if *zone != Symbol::EMPTY {
                zone_keys.iter().for_each(|key| node.labels.set(*key, *zone));
            }
            nodes.push((cluster.add_node(node), id));
        }
    }
    (cluster, nodes)
}

/// The groups that could hold a pod of the workload, or why there is none.
fn groups_that_hold(
    cluster: &ClusterState,
    cast: &Cast,
    workload: &Workload,
    nodes: &[(NodeId, GroupId)],
) -> Result<BTreeSet<GroupId>, String> {
    let filters = match Filters::prepare(
        cluster,
        cast.profiles.of(cluster.spec(workload.template).scheduler),
        workload.template,
        None,
    ) {
        Ok(filters) => filters,
        Err(error) => return Err(format!("{error:?}")),
    };
    let (mut groups, mut reasons) = (BTreeSet::new(), BTreeSet::new());
    for (node, group) in nodes {
        match filters.check(cluster, *node) {
            Ok(()) => drop(groups.insert(*group)),
            Err(rejection) => {
                let text = rejection.reasons.iter().map(|reason| reason.text(&cluster.symbols));
                reasons.insert(format!("{} ({})", text.collect::<Vec<_>>().join(", "), rejection.plugin.name()));
            }
        }
    }
    if groups.is_empty() { Err(reasons.into_iter().collect::<Vec<_>>().join("; ")) } else { Ok(groups) }
}

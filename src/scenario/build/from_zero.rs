//! Node groups that begin empty: what Cluster Autoscaler cannot know of their nodes before it has seen one.

use crate::cluster::{ClusterState, NodeId, NodeTemplate, PodSpecId};
use crate::intern::Symbol;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::machine_node::NODE_TEMPLATE;
use crate::scheduler::Filters;
use crate::world::{Cast, NodeGroup, WorkloadKind};

/// Warns about taints that it does not see, and about pods for which it never adds a first node.
pub(super) fn warn_about(cast: &Cast, issues: &mut Issues) {
    let empty =
        |group: &&NodeGroup| group.autoscaled && group.initial == 0 && group.max > 0 && group.foretold.is_some();
    for group in cast.groups.values().filter(empty) {
        warn_about_taints(cast, group, issues);
    }
    let mut cluster = cast.cluster.clone();
    let zone_key = cluster.symbols.intern("topology.kubernetes.io/zone");
    let mut add = |node: &NodeTemplate, group: &NodeGroup, zone: Option<&Symbol>| {
        let mut node = node.clone();
        node.name = cluster.symbols.intern(&format!("{}-{}", group.name, cluster.nodes().count()));
        zone.into_iter().for_each(|zone| node.labels.set(zone_key, *zone));
        cluster.add_node(node)
    };
    // In truth, and as foretold where that is what counts.
    let mut nodes: Vec<(NodeId, Option<NodeId>, &str)> = Vec::new();
    for group in cast.groups.values().filter(|group| group.max > 0) {
        let told = Some(group).filter(empty).and_then(|group| group.foretold.as_ref());
        let told = told.map(|told| add(&told.template, group, None));
        for machine in &group.machines {
            let zones: Vec<Option<&Symbol>> = match group.zones[..] {
                [] => vec![None],
                _ => group.zones.iter().map(Some).collect(),
            };
            nodes
                .extend(zones.into_iter().map(|zone| (add(&machine.template, group, zone), told, group.name.as_str())));
        }
    }
    for workload in cast.workloads.values().filter(|row| !matches!(row.kind, WorkloadKind::DaemonSet(_))) {
        let holds = |node: NodeId| refusal(&cluster, cast, workload.template, node).is_none();
        let true_homes: Vec<_> = nodes.iter().filter(|(node, _, _)| holds(*node)).collect();
        let Some((_, Some(told), group)) = true_homes.first() else { continue };
        if true_homes.iter().any(|(_, told, _)| told.is_none_or(&holds)) {
            continue;
        }
        let why = refusal(&cluster, cast, workload.template, *told).unwrap_or_default();
        let message = format!(
            "Cluster Autoscaler never adds the first node of {group} for this pod: it takes a new one for what tags say ({why})"
        );
        let help =
            format!("give nodeGroups.{group}.tags: {NODE_TEMPLATE}label/KEY, .../taint/KEY or .../resources/NAME");
        let mut issue = Issue::warning("spec.template", message).with_help(help);
        let name = |symbol| cluster.symbols.text(symbol);
        issue.place.object = Some(format!("{}/{}", name(workload.namespace), name(workload.name)));
        issues.push(issue);
    }
}

/// Why a pod does not fit a node; nothing if it does, or if nobody can tell.
fn refusal(cluster: &ClusterState, cast: &Cast, pod: PodSpecId, node: NodeId) -> Option<String> {
    let profile = cast.profiles.of(cluster.spec(pod).scheduler);
    let filters = Filters::prepare(cluster, profile, pod, None).ok()?;
    let rejection = filters.check(cluster, node).err()?;
    let reasons = rejection.reasons.iter().map(|reason| reason.text(&cluster.symbols));
    Some(reasons.collect::<Vec<_>>().join(", "))
}

/// EKS's effects are not Kubernetes' (kubernetes/autoscaler#6481): without tags nobody minds the taints.
fn warn_about_taints(cast: &Cast, group: &NodeGroup, issues: &mut Issues) {
    let Some(told) = &group.foretold else { return };
    let symbols = &cast.cluster.symbols;
    let unseen = group.machines.iter().flat_map(|machine| &machine.template.taints);
    let mut unseen: Vec<&str> = unseen
        .filter(|taint| !told.template.taints.iter().any(|other| other.key == taint.key))
        .map(|taint| symbols.text(taint.key))
        .collect();
    unseen.dedup();
    let Some(key) = unseen.first() else { return };
    let message = format!(
        "Cluster Autoscaler does not see the taint {} while the group is empty, and adds nodes for pods that do not tolerate it",
        unseen.join(", ")
    );
    let help = format!("tag the group: {NODE_TEMPLATE}taint/{key}: VALUE:EFFECT");
    issues.push(Issue::warning(format!("nodeGroups.{}.tags", group.name), message).with_help(help));
}

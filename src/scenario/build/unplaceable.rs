//! Pods that no node group can hold, and node groups that no pod can use: seen before anything runs.

use crate::scenario::issue::{Issue, Issues};
use crate::world::{Cast, Holders, WorkloadKind};
use std::collections::BTreeSet;

/// Warns about every kind of pod that no node group could hold, with the filters that say so, and about
/// every group of nodes that only DaemonSets could use.
pub(super) fn warn_about(cast: &Cast, issues: &mut Issues) {
    let holders = Holders::of(cast);
    if holders.is_nobody() {
        return;
    }
    let mut used = BTreeSet::new();
    for (id, workload) in cast.workloads.iter() {
        match holders.groups(id) {
            Ok(_) if matches!(workload.kind, WorkloadKind::DaemonSet(_)) => {}
            Ok(groups) => used.extend(groups),
            Err(why) => {
                let name = |symbol| cast.cluster.symbols.text(symbol);
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

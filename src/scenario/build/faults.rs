//! What goes wrong, and what is deployed.

use super::{Scene, group_names};
use crate::scenario::file;
use crate::scenario::issue::{Issue, Issues, did_you_mean};
use crate::scenario::kubernetes::Converter;
use crate::sim::event::GroupId;
use crate::sim::world::{Cast, Deploy, Fault, FaultKind, Replacement, WorkloadKind};
use crate::units::SimTime;

/// Fills in faults and deploys.
pub(super) fn build(scene: &Scene<'_>, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    for (at, row) in scene.file.faults.iter().enumerate() {
        match fault(row, converter, cast) {
            Ok(kind) => {
                let begins = SimTime::ZERO + row.at.0;
                let until = row.lasts.map_or(SimTime::MAX, |lasts| begins + lasts.0);
                cast.faults.push(Fault { at: begins, until, kind });
            }
            Err(issue) => {
                let mut issue = issue;
                issue.place.field = Some(format!("faults[{at}]"));
                issues.push(issue);
            }
        }
    }
    for (at, row) in scene.file.deploys.iter().enumerate() {
        deploy(at, row, converter, cast, issues);
    }
}

fn group(name: &str, cast: &Cast) -> Result<GroupId, Issue> {
    if let Some((id, _)) = cast.groups.iter().find(|(_, group)| group.name == name) {
        return Ok(id);
    }
    let names = group_names(&cast.groups);
    let issue = Issue::error("", format!("there is no node group `{name}`"));
    Err(match did_you_mean(name, names.iter().map(String::as_str)) {
        Some(meant) => issue.with_help(format!("did you mean `{meant}`?")),
        None => issue.with_help(format!("there are {}", names.join(", "))),
    })
}

fn fault(row: &file::Fault, converter: &mut Converter<'_>, cast: &Cast) -> Result<FaultKind, Issue> {
    let replacement = Replacement::Replace;
    match (&row.zone_outage, &row.node_lost, &row.spot_notice, &row.no_capacity) {
        (Some(zone), None, None, None) => {
            let symbol = converter.symbol(zone);
            if cast.groups.values().any(|group| group.zones.contains(&symbol)) {
                return Ok(FaultKind::ZoneOutage(symbol));
            }
            let zones = cast.groups.values().flat_map(|group| &group.zones);
            let mut zones: Vec<String> = zones.map(|zone| converter.cluster().symbols.text(*zone).to_owned()).collect();
            zones.sort();
            zones.dedup();
            Err(Issue::error("", format!("no node group is in the zone `{zone}`"))
                .with_help(format!("there are {}", zones.join(", "))))
        }
        (None, Some(name), None, None) => Ok(FaultKind::NodeLost { group: group(name, cast)?, pick: 0, replacement }),
        (None, None, Some(name), None) => Ok(FaultKind::SpotNotice { group: group(name, cast)?, pick: 0, replacement }),
        (None, None, None, Some(name)) => Ok(FaultKind::NoCapacity(group(name, cast)?)),
        _ => Err(Issue::error("", "expected exactly one of zoneOutage, nodeLost, spotNotice, noCapacity")),
    }
}

fn deploy(at: usize, row: &file::Deploy, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    let name = converter.symbol(&row.deployment);
    let is_target = |kind: &WorkloadKind| matches!(kind, WorkloadKind::Deployment(_));
    let found = cast.workloads.iter().find(|(_, row)| row.name == name && is_target(&row.kind));
    let Some((workload, target)) = found else {
        let message = format!("there is no Deployment `{}`", row.deployment);
        issues.push(Issue::error(format!("deploys[{at}].deployment"), message));
        return;
    };
    // The new pods are another kind: their template has another hash.
    let mut spec = converter.cluster().spec(target.template).clone();
    let hash = converter.symbol("pod-template-hash");
    let value = converter.symbol(&format!("deploy-{at}"));
    spec.labels.set(hash, value);
    let template = converter.cluster().intern_spec(spec);
    cast.deploys.push(Deploy { at: SimTime::ZERO + row.at.0, workload, template });
}

//! What a scenario says in vain: about things that do not exist, and what never happens.

use super::scene::{Scene, there_are};
use crate::scenario::issue::{Issue, Issues};
use crate::units::SimDuration;
use crate::world::{Cast, FaultKind, WorkloadKind};
use std::collections::BTreeMap;

/// Says so.
pub(super) fn warn_about(scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) {
    find_jobs(scene, issues);
    find_services(scene, cast, issues);
    warn_about_faults(scene, cast, issues);
    for (at, deploy) in scene.file.deploys.iter().enumerate() {
        warn_if_late(scene, format!("deploys[{at}].at"), deploy.at.0, issues);
    }
}

/// Work of Jobs that are not there.
fn find_jobs(scene: &Scene<'_>, issues: &mut Issues) {
    let jobs = scene.objects.jobs.iter().map(|(_, job)| job.metadata.name.as_str());
    let known: Vec<&str> =
        jobs.chain(scene.objects.cron_jobs.iter().map(|(_, job)| job.metadata.name.as_str())).collect();
    for name in scene.file.jobs.keys().filter(|name| !known.contains(&name.as_str())) {
        let issue = Issue::error(format!("jobs.{name}"), format!("there is no Job or CronJob `{name}`"));
        issues.push(issue.with_help(there_are(&known)).suggest(name, known.iter().copied()));
    }
}

/// Profiles of services that are no workloads, and that nobody calls.
fn find_services(scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) {
    let Some(traffic) = &cast.traffic else { return };
    let called = |name: &str| {
        let calls = scene.file.services.values().flat_map(|service| &service.calls).flat_map(BTreeMap::keys);
        calls.chain(scene.file.traffic.routes.keys()).any(|other| other == name)
    };
    let reached: Vec<bool> = traffic.graph.arrival_rates(1.0).map(|(_, rate)| rate > 0.0).collect();
    let outside =
        traffic.services.values().zip(reached).filter(|(service, reached)| service.workload.is_none() && !reached);
    for (service, _) in outside {
        let name = service.name.as_str();
        if called(name) || !scene.file.services.contains_key(name) {
            continue;
        }
        let others = traffic.services.values().filter(|other| other.workload.is_some());
        let known: Vec<&str> = others.map(|other| other.name.as_str()).collect();
        let message = format!("`{name}` is no workload, and nobody calls it");
        let issue = Issue::error(format!("services.{name}"), message);
        issues.push(issue.with_help(there_are(&known)).suggest(name, known.iter().copied()));
    }
}

/// Faults that hit nothing, as far as that can be known before.
fn warn_about_faults(scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) {
    for (at, (row, fault)) in scene.file.faults.iter().zip(&cast.faults).enumerate() {
        let field = format!("faults[{at}]");
        warn_if_late(scene, format!("{field}.at"), row.at.0, issues);
        if let Some(why) = in_vain(cast, &fault.kind) {
            issues.push(Issue::warning(field, format!("it hits nothing: {why}")));
        }
    }
}

fn in_vain(cast: &Cast, fault: &FaultKind) -> Option<String> {
    let empty = |group: crate::world::GroupId| {
        let group = &cast.groups[group];
        let stays = group.initial == 0 && (!group.autoscaled || group.max == 0);
        stays.then(|| format!("node group {} has no node and never gets one", group.name))
    };
    match fault {
        FaultKind::SpotNotice { group, .. } if !cast.groups[*group].spot => {
            let spot = cast.groups.values().filter(|group| group.spot).map(|group| group.name.as_str());
            let spot = spot.collect::<Vec<_>>().join(", ");
            let others = if spot.is_empty() { "no group is".to_owned() } else { format!("spot groups: {spot}") };
            Some(format!("node group {} is not spot capacity ({others})", cast.groups[*group].name))
        }
        FaultKind::NodeLost { group, .. }
        | FaultKind::SpotNotice { group, .. }
        | FaultKind::NodeUnreachable { group, .. } => empty(*group),
        FaultKind::NoCapacity(group) | FaultKind::IncreaseError(group) | FaultKind::NeverRegisters(group) => {
            let group = &cast.groups[*group];
            let grows = group.autoscaled && group.max > group.initial;
            (!grows && group.max == group.min)
                .then(|| format!("node group {} never asks for more nodes, unless one is replaced", group.name))
        }
        FaultKind::ContainersHang { workload, .. } => {
            let row = &cast.workloads[*workload];
            let has_replicas = matches!(row.kind, WorkloadKind::Deployment(_) | WorkloadKind::StatefulSet { .. });
            (has_replicas && row.replicas == 0 && !cast.hpas.iter().any(|hpa| hpa.workload == *workload))
                .then(|| "the workload has no pods".to_owned())
        }
        _ => None,
    }
}

fn warn_if_late(scene: &Scene<'_>, field: String, at: SimDuration, issues: &mut Issues) {
    let duration = scene.file.duration.map_or(super::DURATION, |time| time.0);
    if at >= duration {
        issues.push(Issue::warning(field, format!("it never happens: {at} is not before the end, {duration}")));
    }
}

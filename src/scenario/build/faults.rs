//! What goes wrong, and what is deployed.

use super::{Scene, group_names};
use crate::scenario::file;
use crate::scenario::issue::{Issue, Issues, did_you_mean};
use crate::scenario::kubernetes::Converter;
use crate::sim::event::GroupId;
use crate::sim::world::{
    BlueGreen, Cast, Deploy, Fault, FaultKind, Objective, OnRebalance, Rebalance, Replacement, WorkloadKind,
};
use crate::units::{SimDuration, SimTime};

/// How long a rollout is watched where the scenario does not say.
const WATCH_FOR: SimDuration = SimDuration::from_mins(10);
/// How long before a spot notice the rebalance recommendation comes; AWS promises nothing, not even that it comes before.
const REBALANCE_LEAD: SimDuration = SimDuration::from_mins(10);

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
    refuse_overlaps(&scene.file.deploys, issues);
    cast.rebalance = scene.file.termination_handler.as_ref().map(rebalance);
}

fn rebalance(handler: &file::TerminationHandler) -> Rebalance {
    let response = match (handler.enable_rebalance_monitoring, handler.enable_rebalance_draining) {
        (_, true) => OnRebalance::Drain,
        (true, false) => OnRebalance::Cordon,
        (false, false) => OnRebalance::Nothing,
    };
    Rebalance { lead: handler.rebalance_lead.map_or(REBALANCE_LEAD, |time| time.0), response }
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
    let replacement = match row.replacement {
        None | Some(file::FaultReplacement::Replace) => Replacement::Replace,
        Some(file::FaultReplacement::Shrink) => Replacement::Shrink,
        Some(file::FaultReplacement::None) => Replacement::None,
    };
    let pick = row.pick.unwrap_or(0);
    let kinds: [(&Option<String>, &dyn Fn(GroupId) -> FaultKind); 6] = [
        (&row.node_lost, &|group| FaultKind::NodeLost { group, pick, replacement }),
        (&row.spot_notice, &|group| FaultKind::SpotNotice { group, pick, replacement }),
        (&row.node_unreachable, &|group| FaultKind::NodeUnreachable { group, pick }),
        (&row.no_capacity, &FaultKind::NoCapacity),
        (&row.increase_error, &FaultKind::IncreaseError),
        (&row.never_registers, &FaultKind::NeverRegisters),
    ];
    let mut of_groups = kinds.iter().filter_map(|(name, kind)| Some((name.as_ref()?, kind)));
    match (&row.zone_outage, &row.containers_hang, of_groups.next(), of_groups.next()) {
        (Some(zone), None, None, None) => zone_outage(zone, converter, cast),
        (None, Some(name), None, None) => containers_hang(name, row.pods.unwrap_or(1), converter, cast),
        (None, None, Some((name, kind)), None) => Ok(kind(group(name, cast)?)),
        _ => Err(Issue::error(
            "",
            "expected exactly one of zoneOutage, nodeLost, nodeUnreachable, spotNotice, noCapacity, increaseError, \
             neverRegisters, containersHang",
        )),
    }
}

fn containers_hang(name: &str, pods: u32, converter: &mut Converter<'_>, cast: &Cast) -> Result<FaultKind, Issue> {
    let symbol = converter.symbol(name);
    if let Some((workload, _)) = cast.workloads.iter().find(|(_, row)| row.name == symbol) {
        return Ok(FaultKind::ContainersHang { workload, pods });
    }
    let symbols = &converter.cluster().symbols;
    let names = cast.workloads.values().map(|row| symbols.text(row.name));
    let issue = Issue::error("", format!("there is no workload `{name}`"));
    Err(match did_you_mean(name, names) {
        Some(meant) => issue.with_help(format!("did you mean `{meant}`?")),
        None => issue,
    })
}

fn zone_outage(zone: &str, converter: &mut Converter<'_>, cast: &Cast) -> Result<FaultKind, Issue> {
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
    let wrong = |field: &str, message: String| Issue::error(format!("deploys[{at}].{field}"), message);
    if let Some(switch) = row.switch_at.filter(|switch| switch.0 < row.at.0) {
        let message = format!("traffic would move at {}, before the rollout begins at {}", switch.0, row.at.0);
        issues.push(wrong("switchAt", message).with_help("it is a time of the scenario, as `at`"));
    }
    let cpu_factor = row.cpu_factor.unwrap_or(1.0);
    if !(cpu_factor > 0.0 && cpu_factor <= 1000.0) {
        issues.push(wrong("cpuFactor", format!("{cpu_factor} is not between 0 and 1000")));
    }
    let promised = cast.traffic.as_ref().is_some_and(|traffic| {
        let promises = |objective: &Objective| objective.latency_s_p95.is_some() || objective.error_rate.is_some();
        promises(&traffic.objective)
            || traffic.services.values().any(|row| row.objective.as_ref().is_some_and(promises))
    });
    if row.rollback_after.is_some() && !promised {
        let message = "no objective is given that could be broken".to_owned();
        issues.push(wrong("rollbackAfter", message).with_help("add objectives: {latencyP95: 500ms}"));
    }
    cast.deploys.push(Deploy {
        at: SimTime::ZERO + row.at.0,
        workload,
        template,
        blue_green: row.switch_at.map(|switch| BlueGreen { switch_at: SimTime::ZERO + switch.0 }),
        watch_for: row.watch_for.map_or(WATCH_FOR, |time| time.0),
        rollback_after: row.rollback_after.map(|time| time.0),
        cpu_factor,
    });
}

/// A blue-green rollout must be over before the Deployment's next one begins.
fn refuse_overlaps(deploys: &[file::Deploy], issues: &mut Issues) {
    for (at, row) in deploys.iter().enumerate() {
        let Some(switch) = row.switch_at else { continue };
        let over = switch.0 + row.watch_for.map_or(WATCH_FOR, |time| time.0);
        let overlaps =
            |other: &&file::Deploy| other.deployment == row.deployment && other.at.0 >= row.at.0 && other.at.0 <= over;
        let mut others = deploys.iter().enumerate().filter(|(other, _)| *other != at);
        if let Some((next, _)) = others.find(|(_, other)| overlaps(other)) {
            let message = format!("the blue-green rollout deploys[{at}] of `{}` lasts until {over}", row.deployment);
            issues.push(Issue::error(format!("deploys[{next}].at"), message));
        }
    }
}

//! What goes wrong.

use super::scene::{Scene, group_names};
use crate::market::Provider;
use crate::scenario::file;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::units::{SimDuration, SimTime};
use crate::world::GroupId;
use crate::world::{Cast, Fault, FaultKind, OnNotice, OnRebalance, Rebalance, Replacement};

/// How long before a spot notice the rebalance recommendation comes; AWS promises nothing, not even that it comes before.
const REBALANCE_LEAD: SimDuration = SimDuration::from_mins(10);

/// Fills in the faults.
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
    cast.on_notice = if scene.provider == Provider::Aws { OnNotice::Evict } else { OnNotice::Delete };
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
    Err(issue.with_help(format!("there are {}", names.join(", "))).suggest(name, names.iter().map(String::as_str)))
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
    Err(issue.suggest(name, names))
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

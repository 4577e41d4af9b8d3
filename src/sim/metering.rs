//! The bill's meters that no node turns: disks and fees of nodes, claims, pods, requests, cpu credits.
//!
//! What each is charged for is the cast's; here are the sums. A step costs one addition per line that requests decide, and an
//! hour one entry in the ledger; zones are looked at again when pods become ready or cease to be.

use crate::cluster::NodeId;
use crate::cost::rules::{BalancerUse, CapacityUnit, CpuCredits, CreditTerms};
use crate::cost::{Calendar, ItemId, Ledger};
use crate::id::IdVec;
use crate::intern::Symbol;
use crate::traffic::calls::ServiceId;
use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, GroupId, Measure, WorkloadId, ZoneCall};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A machine's place: its group, and which of the group's types it is.
pub(crate) type MachineKind = (GroupId, usize);

/// All meters of a simulation.
#[derive(Default)]
pub(crate) struct Metering {
    of_nodes: IdVec<GroupId, Vec<OfNode>>,
    of_claims: IdVec<WorkloadId, Vec<OfClaim>>,
    of_pods: IdVec<WorkloadId, Vec<(ItemId, i64)>>,
    of_requests: Vec<(ItemId, f64)>,
    of_capacity: Vec<(ItemId, CapacityUnit, BalancerUse)>,
    between_zones: Vec<BetweenZones>,
    /// Ready pods by service and zone.
    ready: IdVec<ServiceId, Vec<i64>>,
    zones: Vec<Symbol>,
    zones_changed: bool,
    credits: Vec<Credits>,
    /// Of burstable nodes: whose credits, and how many.
    burstable: IdVec<NodeId, Option<(usize, CpuCredits)>>,
    /// What nodes are of, and what pods used of their cpu, milli-vCPUs times nanoseconds, by group and machine type; where
    /// emissions are wanted.
    used: Option<(IdVec<NodeId, Option<MachineKind>>, IdVec<GroupId, Vec<i128>>)>,
    /// Levels that change at a time, the last first.
    due: Vec<(SimTime, ItemId, i64)>,
    calendar: Arc<Calendar>,
    /// Until when requests are summed, and how many there have been in this hour.
    hour_end: SimTime,
    requests: f64,
}

#[derive(Clone, Copy)]
struct OfNode {
    item: ItemId,
    machine: Option<usize>,
    level: i64,
}

struct OfClaim {
    item: ItemId,
    level: i64,
    when_bound: bool,
    go_when_scaled: bool,
    /// By ordinal.
    is_there: Vec<bool>,
}

struct BetweenZones {
    item: ItemId,
    calls: Vec<ZoneCall>,
    /// Of each request, as pods are spread now.
    of_request: f64,
    in_hour: f64,
}

struct Credits {
    kind: MachineKind,
    item: ItemId,
    terms: CreditTerms,
}

/// What becomes of an ordinal's claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClaimNews {
    /// Its pod was created.
    Created,
    /// Its pod was bound to a node.
    Bound,
    /// The StatefulSet shrinks.
    Scaled,
}

impl Metering {
    /// The meters of a cast, whose items the ledger has under the same ids.
    pub(crate) fn new(cast: &Cast) -> Metering {
        let mut meters = Metering {
            of_nodes: IdVec::filled(Vec::new(), cast.groups.len()),
            of_claims: cast.workloads.ids().map(|_| Vec::new()).collect(),
            of_pods: IdVec::filled(Vec::new(), cast.workloads.len()),
            ready: IdVec::filled(Vec::new(), cast.traffic.as_ref().map_or(0, |traffic| traffic.services.len())),
            zones_changed: true,
            calendar: cast.billing.calendar.clone(),
            ..Metering::default()
        };
        if cast.carbon.is_some() {
            let none = cast.groups.values().map(|group| vec![0; group.machines.len()]).collect();
            meters.used = Some((IdVec::new(), none));
        }
        for metered in &cast.metered {
            meters.add(metered.item, &metered.by);
        }
        meters.due.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
        meters
    }

    fn add(&mut self, item: ItemId, by: &Measure) {
        match by {
            Measure::During { from, until, level } => {
                self.due.extend([(*from, item, *level), (*until, item, -level)]);
            }
            Measure::Nodes { group, machine, level } => {
                self.of_nodes[*group].push(OfNode { item, machine: *machine, level: *level });
            }
            Measure::Claims { workload, level, when_bound, go_when_scaled } => {
                let (level, when_bound, go_when_scaled) = (*level, *when_bound, *go_when_scaled);
                let row = OfClaim { item, level, when_bound, go_when_scaled, is_there: Vec::new() };
                self.of_claims[*workload].push(row);
            }
            Measure::Pods { workload, level } => self.of_pods[*workload].push((item, *level)),
            Measure::Requests(amount) => self.of_requests.push((item, *amount)),
            Measure::CapacityUnits { unit, of_request } => self.of_capacity.push((item, *unit, *of_request)),
            Measure::BetweenZones(calls) => {
                let calls = calls.clone();
                self.between_zones.push(BetweenZones { item, calls, of_request: 0.0, in_hour: 0.0 });
            }
            Measure::SurplusCredits { group, machine, terms } => {
                self.credits.push(Credits { kind: (*group, *machine), item, terms: *terms });
            }
        }
    }

    /// A node begins to be paid for (1), or ceases to be (-1).
    pub(crate) fn node(&self, ledger: &mut Ledger, now: SimTime, (group, machine): MachineKind, sign: i64) {
        for row in self.of_nodes.get(group).into_iter().flatten() {
            if row.machine.is_none_or(|only| only == machine) {
                ledger.add_level(now, row.item, row.level * sign);
            }
        }
    }

    /// A pod of a workload is bound to a node (1), or gone from it (-1).
    pub(crate) fn pod(&self, ledger: &mut Ledger, now: SimTime, workload: WorkloadId, sign: i64) {
        for (item, level) in self.of_pods.get(workload).into_iter().flatten() {
            ledger.add_level(now, *item, level * sign);
        }
    }

    /// Whether pods of a workload are paid for by themselves.
    pub(crate) fn bills_pods(&self, workload: WorkloadId) -> bool {
        self.of_pods.get(workload).is_some_and(|rows| !rows.is_empty())
    }

    /// Something happens to the claims of an ordinal. Volumes stay when pods go; only a StatefulSet that shrinks may take
    /// them along. The answer is whether any came or went.
    pub(crate) fn claims(
        &mut self,
        ledger: &mut Ledger,
        now: SimTime,
        (workload, ordinal): (WorkloadId, u32),
        news: ClaimNews,
    ) -> bool {
        let mut changed = false;
        for row in &mut self.of_claims[workload] {
            let wanted = match news {
                ClaimNews::Created if !row.when_bound => true,
                ClaimNews::Bound if row.when_bound => true,
                ClaimNews::Scaled if row.go_when_scaled => false,
                _ => continue,
            };
            let ordinal = ordinal as usize;
            if row.is_there.len() <= ordinal {
                row.is_there.resize(ordinal + 1, false);
            }
            let there = std::mem::replace(&mut row.is_there[ordinal], wanted);
            if there != wanted {
                ledger.add_level(now, row.item, if wanted { row.level } else { -row.level });
                changed = true;
            }
        }
        changed
    }

    /// A pod of a service became ready in a zone (1), or is no longer (-1).
    pub(crate) fn ready_in(&mut self, service: ServiceId, zone: Symbol, sign: i64) {
        if self.between_zones.is_empty() {
            return;
        }
        let at = self.zones.iter().position(|known| *known == zone).unwrap_or_else(|| {
            self.zones.push(zone);
            self.zones.len() - 1
        });
        let counts = &mut self.ready[service];
        if counts.len() <= at {
            counts.resize(at + 1, 0);
        }
        counts[at] += sign;
        self.zones_changed = true;
    }

    /// So many requests entered in the step that ends now.
    pub(crate) fn requests(&mut self, ledger: &mut Ledger, now: SimTime, span: SimDuration, count: f64) {
        let begun = now - span;
        if begun < SimTime::ZERO {
            return;
        }
        if begun >= self.hour_end {
            self.end_hour(ledger);
            self.hour_end = self.calendar.hour_start(self.calendar.hour_of(begun) + 1);
        }
        self.requests += count;
        if std::mem::take(&mut self.zones_changed) {
            self.look_at_zones();
        }
        for row in &mut self.between_zones {
            row.in_hour += count * row.of_request;
        }
    }

    /// Levels that change by `now`.
    pub(crate) fn pass(&mut self, ledger: &mut Ledger, now: SimTime) {
        while let Some((at, item, change)) = self.due.pop_if(|(at, ..)| *at <= now) {
            ledger.add_level(at, item, change);
        }
    }

    /// Books what the hour's requests came to.
    fn end_hour(&mut self, ledger: &mut Ledger) {
        let requests = std::mem::take(&mut self.requests);
        let last = self.hour_end - SimDuration::from_nanos(1);
        if requests == 0.0 {
            return;
        }
        for (item, amount) in &self.of_requests {
            ledger.add(last, *item, (requests * amount).round() as i128);
        }
        for (item, unit, of_request) in &self.of_capacity {
            ledger.add(last, *item, (unit.unit_hours(&of_request.times(requests)) * 1e9).round() as i128);
        }
        for row in &mut self.between_zones {
            ledger.add(last, row.item, std::mem::take(&mut row.in_hour).round() as i128);
        }
    }

    /// What of the calls crosses zones, where caller and callee are picked among the ready pods by chance.
    fn look_at_zones(&mut self) {
        for row in &mut self.between_zones {
            let crossing =
                |call: &ZoneCall| call.of_request * crossing(&self.ready[call.caller], &self.ready[call.callee]);
            row.of_request = row.calls.iter().map(crossing).sum();
        }
    }

    /// Sums of cpu begin at 0 again, and all burstable nodes have their first credits.
    pub(crate) fn counting_begins(&mut self) {
        for (_, credits) in self.burstable.iter_mut() {
            if let Some((_, credits)) = credits {
                *credits = CpuCredits::default();
            }
        }
        if let Some((_, used)) = &mut self.used {
            used.iter_mut().for_each(|(_, sums)| sums.fill(0));
        }
    }

    /// The ordinals of a workload whose claims have volumes; `when_bound` asks for the claims that wait for their first pod.
    pub(crate) fn volumes(&self, workload: WorkloadId, when_bound: bool) -> Vec<u32> {
        let rows = self.of_claims[workload].iter().filter(|row| row.when_bound == when_bound);
        let there = rows.flat_map(|row| row.is_there.iter().enumerate().filter(|(_, there)| **there));
        let ordinals: BTreeSet<u32> = there.map(|(ordinal, _)| ordinal as u32).collect();
        ordinals.into_iter().collect()
    }

    /// A node of this kind has come.
    pub(crate) fn node_registered(&mut self, node: NodeId, kind: MachineKind) {
        if let Some((kinds, _)) = &mut self.used {
            kinds.fill_to(node, None);
            kinds[node] = Some(kind);
        }
        if let Some(at) = self.credits.iter().position(|row| row.kind == kind) {
            self.burstable.fill_to(node, None);
            self.burstable[node] = Some((at, CpuCredits::default()));
        }
    }
    /// Whether what nodes use of their cpu matters to anybody.
    pub(crate) fn meters_cpu(&self) -> bool {
        !self.credits.is_empty() || self.used.is_some()
    }
    /// Whether it does of this node: it is burstable, or emissions are wanted.
    pub(crate) fn meters_cpu_of(&self, node: NodeId) -> bool {
        self.used.is_some() || matches!(self.burstable.get(node), Some(Some(_)))
    }
    /// What pods used of the nodes' cpu, milli-vCPUs times nanoseconds, by group and machine type; empty where nobody asked.
    pub(crate) fn cpu_of_machines(&mut self) -> IdVec<GroupId, Vec<i128>> {
        self.used.take().map(|(_, used)| used).unwrap_or_default()
    }
    /// A node used so much cpu in the step that ends now.
    pub(crate) fn cpu_used(
        &mut self,
        ledger: &mut Ledger,
        now: SimTime,
        (node, milli): (NodeId, i64),
        span: SimDuration,
    ) {
        if let Some((kinds, used)) = &mut self.used
            && let Some(Some((group, machine))) = kinds.get(node)
        {
            used[*group][*machine] += i128::from(milli) * i128::from(span.as_nanos());
        }
        if let Some(Some((at, credits))) = self.burstable.get_mut(node) {
            let Credits { item, terms, .. } = &self.credits[*at];
            let charged = credits.used(terms, milli, span);
            if charged > 0 && now - span >= SimTime::ZERO {
                ledger.add(now, *item, vcpu_hours(charged));
            }
        }
    }
    /// A node is gone: what it owes is charged.
    pub(crate) fn node_gone(&mut self, ledger: &mut Ledger, now: SimTime, node: NodeId) {
        if let Some((at, credits)) = self.burstable.get_mut(node).and_then(Option::take) {
            ledger.add(now, self.credits[at].item, vcpu_hours(credits.owed()));
        }
    }

    /// Books what is still open.
    pub(crate) fn close(&mut self, ledger: &mut Ledger, now: SimTime) {
        self.pass(ledger, now);
        if self.requests > 0.0 {
            self.hour_end = self.hour_end.min(now);
            self.end_hour(ledger);
        }
    }
}

/// Milli-vCPUs times nanoseconds, as billionths of a vCPU-hour.
fn vcpu_hours(milli_nanos: i128) -> i128 {
    milli_nanos / 3_600_000
}

/// The share of pairs of a caller and a callee that are in different zones.
fn crossing(callers: &[i64], callees: &[i64]) -> f64 {
    let (from, to) = (callers.iter().sum::<i64>(), callees.iter().sum::<i64>());
    if from <= 0 || to <= 0 {
        return 0.0;
    }
    let together: i64 = callers.iter().zip(callees).map(|(a, b)| a * b).sum();
    (from * to - together) as f64 / (from * to) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_cross_zones_by_where_they_are() {
        assert_eq!(crossing(&[1, 1, 1], &[1, 1, 1]), 2.0 / 3.0, "spread over three zones, two calls of three cross");
        assert_eq!(crossing(&[2, 0], &[5, 0]), 0.0, "all in one");
        assert_eq!(crossing(&[1], &[0, 3]), 1.0, "apart");
        assert_eq!(crossing(&[3, 1], &[1, 1]), 0.5);
        assert_eq!(crossing(&[], &[1]), 0.0, "nobody calls");
    }
}

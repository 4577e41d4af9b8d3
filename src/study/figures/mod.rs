//! What one replication is worth keeping: numbers, integer histograms, integer money.
//!
//! Everything is typed by what it is about: rows stand in the order of the cast's ids, and [`Names`] says once per
//! study what they are called. Figures can be written and read again without any loss (serde).
//!
//! Deliberately not here: single events and points over time ([`History`](super::History)), and what replications
//! say together ([`Runs`](super::Runs)).

mod costs;
mod counts;
mod level;
mod users;

pub(crate) use costs::{Allocated, CostShare, Grain, LineFigures};
pub(crate) use counts::{ClusterFigures, GroupFigures, WorkloadFigures};
pub(crate) use level::Level;
#[cfg(test)]
pub(crate) use users::Requests;
pub(crate) use users::{EntryFigures, Felt, ServiceFigures};

use super::names::Names;
use crate::cost::{Bill, ChargeKind, Owner};
use crate::id::{GroupId, IdVec, WorkloadId};
use crate::sim::outcome::Outcome;
use crate::traffic::calls::{RouteId, ServiceId};
use crate::units::{HOURS_PER_MONTH, Money, SimDuration};
use crate::vpa::Recommendation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The figures of one replication.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Figures {
    /// Its number.
    pub replication: u32,
    /// How long was counted.
    pub span: SimDuration,
    /// Events handled.
    pub events: u64,
    /// All entry traffic.
    pub entry: EntryFigures,
    /// By service; none without traffic.
    pub services: IdVec<ServiceId, ServiceFigures>,
    /// By entry route, end to end.
    pub routes: IdVec<RouteId, Felt>,
    /// By workload.
    pub workloads: IdVec<WorkloadId, WorkloadFigures>,
    /// By node group.
    pub groups: IdVec<GroupId, GroupFigures>,
    /// The cluster as a whole.
    pub cluster: ClusterFigures,
    /// By VPA, in the cast's order, and by container: the last recommendation, if there were samples.
    pub vpas: Vec<Vec<Option<Recommendation>>>,
    /// What it cost, amortised, by kind of charge; only kinds that occur.
    pub charges: BTreeMap<ChargeKind, Money>,
    /// What is invoiced: other than what it cost only where there are commitments.
    pub net: Money,
    /// The lines of the bill, by the hour or by the day.
    pub lines: Vec<LineFigures>,
    /// What it cost by day and namespace.
    pub shares: Vec<CostShare>,
    /// What it cost by month and workload.
    pub allocated: Vec<Allocated>,
    /// What pods used of machines' cpu, thousandths of a vCPU times seconds, by group and machine type; empty where nobody
    /// asked for emissions.
    #[serde(default)]
    pub cpu_used: IdVec<GroupId, Vec<i64>>,
}

impl Figures {
    /// The figures of replication `number`. Histograms are moved, not copied. Cost: one pass over the bill.
    pub fn of(number: u32, names: &Names, outcome: Outcome) -> Self {
        let Outcome {
            counts_from, end, events, bill, counts, cpu_used, services, routes, service_levels, vpas, ..
        } = outcome;
        let tiers = users::Tiers::longest(services.iter());
        let mut groups: IdVec<GroupId, GroupFigures> =
            counts.groups.values().map(|row| GroupFigures::of(row, end)).collect();
        let costs = costs::of_bill(&bill, names, &mut groups);
        Figures {
            replication: number,
            span: end.since(counts_from),
            events,
            entry: EntryFigures::of(&service_levels),
            services: services.into_iter().map(ServiceFigures::of).collect(),
            routes: routes.into_iter().map(|route| Felt::on_route(route, tiers)).collect(),
            workloads: counts.workloads.values().map(|row| WorkloadFigures::of(row, end)).collect(),
            groups,
            cluster: ClusterFigures::of(&counts, end),
            vpas,
            charges: costs.charges,
            net: costs.net,
            lines: costs.lines,
            shares: costs.shares,
            allocated: costs.allocated,
            cpu_used: cpu_used.values().map(|kinds| kinds.iter().map(|used| milli_seconds(*used)).collect()).collect(),
        }
    }

    /// All that it cost, amortised.
    pub fn cost(&self) -> Money {
        self.charges.values().copied().sum()
    }
    /// `amount` of this replication's money, in USD at 730 hours a month.
    pub fn usd_per_month(&self, amount: Money) -> f64 {
        Bill::at_monthly_rate(amount, self.span).usd()
    }
    /// What an owner paid.
    pub fn cost_of_owner(&self, owner: Owner) -> Money {
        self.shares.iter().filter(|share| share.owner == owner).map(|share| share.amount).sum()
    }
    /// The share of node cost that nobody held, 0 to 1; 0 without nodes.
    pub fn idle_ratio(&self) -> f64 {
        let nodes: Money = self.groups.values().map(|group| group.cost).sum();
        let idle = self.cost_of_owner(Owner::Idle);
        if nodes == Money::ZERO { 0.0 } else { idle.usd() / nodes.usd() }
    }
    /// The latency of the slowest route, in seconds, that the share `quantile` (0..=1) of the requests that it answered
    /// does not exceed; none if nothing was answered.
    pub fn slowest_route_s(&self, quantile: f64) -> Option<f64> {
        let used = self.routes.values().filter(|route| route.requests.all > 0.0);
        used.filter_map(|route| route.quantile_s(quantile)).reduce(f64::max)
    }
    /// The pods without a node, times the hours that they waited.
    pub fn pending_pod_hours(&self) -> f64 {
        self.workloads.values().map(|row| row.pending.hours()).sum()
    }
    /// The same in a month of 730 hours.
    pub fn pending_pod_hours_per_month(&self) -> f64 {
        self.pending_pod_hours() * HOURS_PER_MONTH as f64 * 3600.0 / self.span.as_secs_f64().max(1e-9)
    }
    /// Rescales by HPAs and growths of node groups.
    pub fn scale_events(&self) -> u64 {
        let rescales: u64 = self.workloads.values().map(|row| row.rescales).sum();
        let scale_ups: u64 = self.groups.values().map(|row| row.scale_ups).sum();
        rescales + scale_ups
    }
    /// Pods that HPAs asked for or gave up, and nodes that came or went.
    pub fn starts_and_stops(&self) -> u64 {
        let pods: u64 = self.workloads.values().map(|row| row.moved).sum();
        let nodes: u64 = self.groups.values().map(|row| row.added + row.removed).sum();
        pods + nodes
    }
}

fn milli_seconds(milli_nanos: i128) -> i64 {
    i64::try_from(milli_nanos / 1_000_000_000).unwrap_or(i64::MAX)
}

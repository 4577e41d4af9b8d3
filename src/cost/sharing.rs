//! Who causes what a bill's lines cost, by day.

use std::collections::BTreeMap;

use super::allocation::by_pod_time;
use super::bill::{BillShare, Owner, ShareKind};
use super::division::{Integral, RESOURCES, divide};
use super::held::{Held, Holder};
use super::ids::PoolId;
use super::item::{Item, Payer};
use super::ledger::Ledger;
use super::line::{Line, Part};
use super::meter::MICRO;
use crate::id::{GroupId, IdVec, WorkloadId};
use crate::units::{Money, SimTime};

/// Shares summed by day, owner, kind and group.
type Shares = BTreeMap<(u32, Owner, ShareKind, Option<GroupId>), Money>;

/// Collects what lines cost by day, and divides it.
pub(super) struct Sharing<'a> {
    ledger: &'a Ledger,
    shares: Shares,
    /// What the machines of a pool cost in a day, and what they have.
    pools: BTreeMap<(u32, PoolId), (Money, Integral)>,
    /// How long the pods of each workload ran, by day.
    pod_time: IdVec<WorkloadId, Vec<i128>>,
}

impl<'a> Sharing<'a> {
    /// The ledger's cells are settled until `now`.
    pub(super) fn new(ledger: &'a mut Ledger, now: SimTime) -> Self {
        let calendar = ledger.calendar.clone();
        for (_, row) in ledger.cells.iter_mut() {
            row.iter_mut().flatten().for_each(|cell| cell.settle(&calendar, now));
        }
        let days = calendar.day_of(calendar.hour_of(now)) + 1;
        let mut sharing = Sharing { ledger, shares: Shares::new(), pools: BTreeMap::new(), pod_time: IdVec::new() };
        sharing.count_pods(days);
        sharing
    }

    fn count_pods(&mut self, days: u32) {
        for row in self.ledger.cells.values() {
            for (place, cell) in row.iter().enumerate() {
                let (Some(cell), Holder::Workload(workload)) = (cell, self.ledger.holder(place)) else { continue };
                self.pod_time.fill_to(workload, Vec::new());
                let times = &mut self.pod_time[workload];
                times.resize(days as usize, 0);
                for (day, time) in times.iter_mut().enumerate() {
                    *time += cell.of_day(day as u32).pod_time();
                }
            }
        }
    }

    /// Adds what a line costs, day by day; `pool` is that of a line of nodes.
    pub(super) fn add(&mut self, line: &Line, pool: Option<PoolId>) {
        for (day, amounts) in line.days(&self.ledger.calendar).into_iter().enumerate() {
            let (day, amount) = (day as u32, amounts.effective);
            match pool {
                Some(pool) => self.add_nodes(line, pool, day, amount),
                None if amount != Money::ZERO => self.add_charge(&line.item, day, amount),
                None => {}
            }
        }
    }

    fn add_nodes(&mut self, line: &Line, pool: PoolId, day: u32, amount: Money) {
        let calendar = &self.ledger.calendar;
        let from = calendar.first_hour_of_day(day).unwrap_or(0);
        let until = calendar.first_hour_of_day(day + 1).unwrap_or(u32::MAX);
        let nanos = match line.key.part {
            // It is time that has its own line.
            Part::Sustained => 0,
            _ => line.quantity.sum_between(from, until) / i128::from(MICRO),
        };
        let row = self.ledger.pools[pool];
        let node = Held { cpu_milli: row.cpu_milli, memory_bytes: row.memory_bytes, gpus: row.gpus, pods: 0 };
        let (cost, capacity) = self.pools.entry((day, pool)).or_default();
        *cost += amount;
        capacity.add_nanos(&node, nanos);
    }

    fn add_charge(&mut self, item: &Item, day: u32, amount: Money) {
        let kind = ShareKind::Charge(item.kind);
        let owners: Vec<(Owner, Money)> = match &item.payer {
            Payer::Cluster | Payer::Holders => vec![(Owner::Unallocated, amount)],
            Payer::Namespace(id) => vec![(Owner::Namespace(*id), amount)],
            Payer::Workloads(workloads) => {
                let ran = |id: &WorkloadId| {
                    self.pod_time.get(*id).and_then(|days| days.get(day as usize)).copied().unwrap_or(0)
                };
                let mut times: Vec<i128> = workloads.iter().map(ran).collect();
                if times.iter().all(|time| *time == 0) {
                    times.iter_mut().take(1).for_each(|first| *first = 1);
                }
                let owners = workloads.iter().map(|id| Owner::Workload(*id));
                owners.zip(by_pod_time(amount, &times)).collect()
            }
        };
        for (owner, amount) in owners {
            self.share(BillShare { day, owner, kind, group: None, amount });
        }
    }

    fn share(&mut self, share: BillShare) {
        let BillShare { day, owner, kind, group, amount } = share;
        if amount != Money::ZERO {
            *self.shares.entry((day, owner, kind, group)).or_default() += amount;
        }
    }

    /// Divides the pools, and gives all shares in order.
    pub(super) fn shares(mut self) -> Vec<BillShare> {
        for ((day, pool), (cost, capacity)) in std::mem::take(&mut self.pools) {
            self.divide_pool(day, pool, cost, capacity);
        }
        let share = |((day, owner, kind, group), amount)| BillShare { day, owner, kind, group, amount };
        self.shares.into_iter().map(share).collect()
    }

    fn divide_pool(&mut self, day: u32, pool: PoolId, cost: Money, capacity: Integral) {
        let ledger = self.ledger;
        let row = ledger.cells.get(pool).map_or(&[][..], Vec::as_slice);
        let cells = row.iter().enumerate().filter_map(|(place, cell)| Some((place, cell.as_ref()?.of_day(day))));
        let held: Vec<(Holder, Integral)> = cells
            .filter(|(_, integral)| !integral.is_zero())
            .map(|(place, integral)| (ledger.holder(place), integral))
            .collect();
        let division = divide(cost, capacity, &held, ledger.rates);
        let group = Some(ledger.pools[pool].group);
        let owned = division.held.into_iter().map(|(holder, parts)| (Owner::from(holder), parts));
        let idle = [(Owner::Idle, division.idle)];
        const KINDS: [ShareKind; RESOURCES] = [ShareKind::Cpu, ShareKind::Ram, ShareKind::Gpu];
        for (owner, parts) in owned.chain(idle) {
            for (kind, amount) in KINDS.into_iter().zip(parts) {
                self.share(BillShare { day, owner, kind, group, amount });
            }
        }
    }
}

impl From<Holder> for Owner {
    fn from(holder: Holder) -> Self {
        match holder {
            Holder::Workload(id) => Owner::Workload(id),
            Holder::Namespace(id) => Owner::Namespace(id),
        }
    }
}

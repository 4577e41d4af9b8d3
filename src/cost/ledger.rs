//! What starts, what ends, what is held: quantities by the hour now, prices at the end.

use std::sync::Arc;

use super::calendar::Calendar;
use super::commitments::{AtEveryMoment, Pledges};
use super::division::{BaseRates, Integral};
use super::held::{Held, Holder};
use super::ids::{BilledNode, ItemId, NamespaceId, PoolId};
use super::item::{Basis, Item};
use super::meter::{MICRO, Meter};
use super::support::Support;
use crate::id::{GroupId, Id, IdVec, WorkloadId};
use crate::units::{HOURS_PER_MONTH, PricePerHour, SimDuration, SimTime};

/// The machines of one type in one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Where they belong.
    pub group: GroupId,
    /// A node's CPU, `status.capacity`.
    pub cpu_milli: i64,
    /// A node's memory, `status.capacity`.
    pub memory_bytes: i64,
    /// A node's accelerators.
    pub gpus: i64,
}

/// How the time of a node ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeBilling {
    /// By the second, a minute at least.
    BySecond,
    /// The provider took it back so early that it asks for nothing: on AWS in its first hour, on Google Cloud in its
    /// first minute.
    Free,
}

/// The books of one simulation.
///
/// Quantities are booked by clock hour and item; [`close`](Self::close) prices them. Within a [`Pool`] and a day, all
/// nodes' cost is pooled before it is divided among those who hold them.
/// Cost: every call is O(1), plus one step per day passed for what is held.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(super) calendar: Arc<Calendar>,
    pub(super) start: SimTime,
    pub(super) rates: BaseRates,
    pub(super) namespaces: IdVec<NamespaceId, Arc<str>>,
    pub(super) items: IdVec<ItemId, Entry>,
    pub(super) pools: IdVec<PoolId, Pool>,
    nodes: IdVec<BilledNode, (ItemId, SimTime, bool)>,
    workloads: usize,
    /// By pool and by holder: workloads first, then namespaces.
    pub(super) cells: IdVec<PoolId, Vec<Option<Box<Cell>>>>,
    run_rate: PricePerHour,
    pub(super) pledges: Arc<Pledges>,
    pub(super) support: Option<Support>,
    pub(super) moments: AtEveryMoment,
}

/// An item with its meter.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) item: Arc<Item>,
    pub(super) meter: Meter,
    /// The machines that it is the price of.
    pub(super) pool: Option<PoolId>,
}

/// What one holder holds in one pool. Today's integral is kept apart, so that the usual step costs a few multiplications.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    held: Held,
    since: SimTime,
    day_end: SimTime,
    today: Integral,
    days: Vec<Integral>,
}

impl Cell {
    fn new(start: SimTime, calendar: &Calendar) -> Self {
        let day_end = calendar.day_end(0);
        Cell { held: Held::default(), since: start, day_end, today: Integral::default(), days: Vec::new() }
    }
    /// Books what was held until `now`.
    pub(super) fn settle(&mut self, calendar: &Calendar, now: SimTime) {
        while now > self.day_end {
            self.book(self.day_end);
            self.days.push(std::mem::take(&mut self.today));
            self.day_end = calendar.day_end(self.days.len() as u32);
        }
        if now > self.since {
            self.book(now);
        }
    }
    fn book(&mut self, until: SimTime) {
        self.today.add(&self.held, until - self.since);
        self.since = until;
    }
    pub(super) fn of_day(&self, day: u32) -> Integral {
        match self.days.get(day as usize) {
            Some(integral) => *integral,
            None if self.days.len() == day as usize => self.today,
            None => Integral::default(),
        }
    }
}

impl Ledger {
    /// Empty books of a cluster with so many workloads.
    pub fn new(calendar: Arc<Calendar>, rates: BaseRates, workloads: usize) -> Self {
        Ledger {
            calendar,
            start: SimTime::ZERO,
            rates,
            namespaces: IdVec::new(),
            items: IdVec::new(),
            pools: IdVec::new(),
            nodes: IdVec::new(),
            workloads,
            cells: IdVec::new(),
            run_rate: PricePerHour::ZERO,
            pledges: Arc::default(),
            support: None,
            moments: AtEveryMoment::default(),
        }
    }

    /// What was committed to in advance: it covers what it can when the books are closed. Before nodes are there.
    pub fn set_pledges(&mut self, pledges: Arc<Pledges>) {
        self.moments = AtEveryMoment::new(&pledges.commitments, &pledges.usages, &self.calendar);
        self.pledges = pledges;
    }
    /// The support plan, whose items have been declared: it is computed when the books are closed.
    pub fn set_support(&mut self, support: Option<Support>) {
        self.support = support;
    }
    /// Declares a namespace.
    pub fn add_namespace(&mut self, name: &str) -> NamespaceId {
        self.namespaces.push(name.into())
    }
    /// Declares machines of one type in one group.
    pub fn add_pool(&mut self, pool: Pool) -> PoolId {
        self.pools.push(pool)
    }
    /// Declares something that may be paid for.
    pub fn add_item(&mut self, item: Arc<Item>) -> ItemId {
        self.items.push(Entry { item, meter: Meter::new(self.start), pool: None })
    }
    /// Declares the machines of a pool, in one zone, by the hour.
    pub fn add_node_item(&mut self, item: Arc<Item>, pool: PoolId) -> ItemId {
        self.items.push(Entry { item, meter: Meter::new(self.start), pool: Some(pool) })
    }

    /// A node starts to cost.
    pub fn node_launched(&mut self, now: SimTime, item: ItemId) -> BilledNode {
        self.add_level(now, item, MICRO);
        self.nodes.push((item, now.max(self.start), false))
    }
    /// A node stops costing: by the second, rounded up, and at least a minute, or not at all. A second end is ignored.
    pub fn node_terminated(&mut self, now: SimTime, node: BilledNode, billing: NodeBilling) {
        let (item, from, ended) = self.nodes[node];
        if ended {
            return;
        }
        self.nodes[node].2 = true;
        self.add_level(now, item, -MICRO);
        // Before the books begin nothing is charged, no minute either.
        if now < self.start {
            return;
        }
        let now = now.max(from);
        let tail = billed_span(now - from) - (now - from);
        let meter = &mut self.items[item].meter;
        meter.add(&self.calendar, now, i128::from(MICRO) * i128::from(tail.as_nanos()));
        self.moments.add_tail(&self.calendar, now, item, tail.as_nanos());
        if billing == NodeBilling::Free {
            meter.set_free(&self.calendar, from, now, tail);
        }
    }
    /// From now on there is so much more of an item, or less, in millionths of a unit.
    pub fn add_level(&mut self, now: SimTime, item: ItemId, change: i64) {
        self.moments.add_level(&self.calendar, now.max(self.start), item, change);
        let entry = &mut self.items[item];
        let before = rate(&entry.item, entry.meter.level());
        entry.meter.add_level(&self.calendar, now.max(self.start), change);
        let after = rate(&entry.item, entry.meter.level());
        self.run_rate = self.run_rate + after + before.scaled(-1.0);
    }
    /// From now on there is so much of an item, in millionths of a unit.
    pub fn set_level(&mut self, now: SimTime, item: ItemId, level: i64) {
        let change = level - self.items[item].meter.level();
        if change != 0 {
            self.add_level(now, item, change);
        }
    }
    /// So much of an item that is counted was used now, in billionths of a unit: bytes of a GB. Nothing is counted before
    /// the books begin.
    pub fn add(&mut self, now: SimTime, item: ItemId, quantity: i128) {
        if now < self.start {
            return;
        }
        let entry = &mut self.items[item];
        debug_assert_eq!(entry.item.price.unit.basis, Basis::Count);
        entry.meter.add(&self.calendar, now, quantity);
    }

    /// From now on they hold that much more, or less. Never below nothing.
    pub fn add_held(&mut self, now: SimTime, pool: PoolId, holder: Holder, change: Held) {
        let held = &mut self.cell(now, pool, holder).held;
        held.cpu_milli = held.cpu_milli.saturating_add(change.cpu_milli).max(0);
        held.memory_bytes = held.memory_bytes.saturating_add(change.memory_bytes).max(0);
        held.gpus = held.gpus.saturating_add(change.gpus).max(0);
        held.pods = (held.pods + change.pods).max(0);
    }
    /// What everything that has a level costs per hour at this moment.
    pub fn run_rate(&self) -> PricePerHour {
        self.run_rate
    }

    fn cell(&mut self, now: SimTime, pool: PoolId, holder: Holder) -> &mut Cell {
        let place = match holder {
            Holder::Workload(id) => id.index(),
            Holder::Namespace(id) => self.workloads + id.index(),
        };
        self.cells.fill_to(pool, Vec::new());
        let row = &mut self.cells[pool];
        if row.len() <= place {
            row.resize(place + 1, None);
        }
        let (start, calendar) = (self.start, &*self.calendar);
        let cell = row[place].get_or_insert_with(|| Box::new(Cell::new(start, calendar)));
        cell.settle(calendar, now);
        cell
    }
    /// Who the cell at `place` belongs to.
    pub(super) fn holder(&self, place: usize) -> Holder {
        match place.checked_sub(self.workloads) {
            None => Holder::Workload(WorkloadId::from_index(place)),
            Some(namespace) => Holder::Namespace(NamespaceId::from_index(namespace)),
        }
    }
}

/// A node is billed by whole seconds, for a minute at least.
fn billed_span(real: SimDuration) -> SimDuration {
    let whole = (SimTime::ZERO + real).next_multiple_of(SimDuration::from_secs(1)) - SimTime::ZERO;
    whole.max(SimDuration::from_secs(60))
}

/// What a level costs per hour, at the price of the first tier.
fn rate(item: &Item, level: i64) -> PricePerHour {
    let price = item.price.tiers.first().map_or(0, |tier| tier.net.nano_usd());
    let hours = match item.price.unit.basis {
        Basis::Hour => 1,
        Basis::Month => HOURS_PER_MONTH,
        Basis::Count => return PricePerHour::ZERO,
    };
    let nano = price.saturating_mul(i128::from(level)) / (i128::from(MICRO) * i128::from(hours));
    PricePerHour::from_nano_usd(i64::try_from(nano).unwrap_or(i64::MAX))
}

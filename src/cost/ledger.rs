//! What starts, what ends, what is held: spans now, prices at the end.

use std::sync::Arc;

use super::allocation::{BaseRates, Integral};
use super::bill::ChargeKind;
use super::days;
use super::ids::{BilledNode, ChargeId, NamespaceId, OfferId};
use crate::id::{GroupId, IdVec};
use crate::market::CapacityType;
use crate::units::{PricePerHour, SimTime};

/// A machine type at its price in a group; declared once, used by each of its nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Where its nodes belong.
    pub group: GroupId,
    /// The line's name.
    pub instance_type: Arc<str>,
    /// At list price or as spot.
    pub capacity_type: CapacityType,
    /// Of one node; a spot offer's is its spot price.
    pub price: PricePerHour,
    /// A node's CPU, `status.capacity`.
    pub cpu_milli: i64,
    /// A node's memory, `status.capacity`.
    pub memory_bytes: i64,
}

/// A charge by the hour that is no node: a control plane, a disk, a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// What it is for. Nodes have their own door.
    pub kind: ChargeKind,
    /// The line's name.
    pub name: Arc<str>,
    /// Who it belongs to; the whole cluster if nobody.
    pub namespace: Option<NamespaceId>,
    /// For all units together.
    pub price: PricePerHour,
}

/// What pods hold: of each container the larger of request and usage, per resource, summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Held {
    /// Millicores.
    pub cpu_milli: i64,
    /// Bytes.
    pub memory_bytes: i64,
}

/// The books of one simulation.
///
/// Nodes are billed by the second from launch to termination, with a minimum of 60 seconds; so are
/// charges, without the minimum. Within a group and a day, all nodes' cost is pooled before it is
/// divided: a namespace pays the group's average price, not that of the very node its pods were on.
/// Cost: every call is O(1) plus one step per midnight passed; [`close`](Self::close) prices everything.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(super) start: SimTime,
    pub(super) rates: BaseRates,
    pub(super) groups: IdVec<GroupId, Arc<str>>,
    pub(super) namespaces: IdVec<NamespaceId, Arc<str>>,
    pub(super) offers: IdVec<OfferId, Offer>,
    pub(super) nodes: IdVec<BilledNode, Span<OfferId>>,
    pub(super) charges: IdVec<ChargeId, Span<Charge>>,
    pub(super) cells: IdVec<GroupId, IdVec<NamespaceId, Cell>>,
    run_rate: PricePerHour,
}

/// Something that is paid for from `from` until `until`.
#[derive(Clone, Debug)]
pub(super) struct Span<T> {
    pub(super) what: T,
    pub(super) from: SimTime,
    pub(super) until: Option<SimTime>,
}

/// What one namespace holds in one group. Today's integral is kept apart, so that the usual step
/// costs two multiplications.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    held: Held,
    since: SimTime,
    midnight: SimTime,
    today: Integral,
    days: Vec<Integral>,
}

impl Cell {
    fn new(start: SimTime) -> Self {
        let midnight = start + days::DAY;
        Cell { held: Held::default(), since: start, midnight, today: Integral::default(), days: Vec::new() }
    }
    /// Books what was held until `now`.
    pub(super) fn settle(&mut self, now: SimTime) {
        while now > self.midnight {
            self.book(self.midnight);
            self.days.push(std::mem::take(&mut self.today));
            self.midnight += days::DAY;
        }
        if now > self.since {
            self.book(now);
        }
    }
    fn book(&mut self, until: SimTime) {
        self.today.add(self.held.cpu_milli, self.held.memory_bytes, until - self.since);
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
    /// Empty books. Days are counted from `start`; what is older is billed from `start`.
    pub fn new(start: SimTime, rates: BaseRates) -> Self {
        Ledger {
            start,
            rates,
            groups: IdVec::new(),
            namespaces: IdVec::new(),
            offers: IdVec::new(),
            nodes: IdVec::new(),
            charges: IdVec::new(),
            cells: IdVec::new(),
            run_rate: PricePerHour::ZERO,
        }
    }

    /// Declares a node group. They are declared in the order of their ids everywhere else.
    pub fn add_group(&mut self, name: &str) -> GroupId {
        self.groups.push(name.into())
    }
    /// Declares a namespace.
    pub fn add_namespace(&mut self, name: &str) -> NamespaceId {
        self.namespaces.push(name.into())
    }
    /// Declares what nodes can be launched.
    pub fn add_offer(&mut self, offer: Offer) -> OfferId {
        self.offers.push(offer)
    }

    /// A node starts to cost.
    pub fn node_launched(&mut self, now: SimTime, offer: OfferId) -> BilledNode {
        self.run_rate = self.run_rate + self.offers[offer].price;
        self.nodes.push(Span { what: offer, from: now.max(self.start), until: None })
    }
    /// A node stops costing. A second end is ignored.
    pub fn node_terminated(&mut self, now: SimTime, node: BilledNode) {
        let span = &mut self.nodes[node];
        if span.until.is_none() {
            span.until = Some(now.max(span.from));
            let price = self.offers[span.what].price;
            self.run_rate = self.run_rate + price.scaled(-1.0);
        }
    }
    /// A charge by the hour starts.
    pub fn charge_started(&mut self, now: SimTime, charge: Charge) -> ChargeId {
        self.run_rate = self.run_rate + charge.price;
        self.charges.push(Span { what: charge, from: now.max(self.start), until: None })
    }

    /// From now on the pods of `namespace` on nodes of `group` hold `held`.
    #[cfg(test)]
    pub(super) fn set_held(&mut self, now: SimTime, group: GroupId, namespace: NamespaceId, held: Held) {
        self.cell(now, group, namespace).held = held;
    }
    /// From now on they hold that much more, or less. Never below nothing.
    pub fn add_held(&mut self, now: SimTime, group: GroupId, namespace: NamespaceId, change: Held) {
        let held = &mut self.cell(now, group, namespace).held;
        held.cpu_milli = (held.cpu_milli + change.cpu_milli).max(0);
        held.memory_bytes = (held.memory_bytes + change.memory_bytes).max(0);
    }
    /// What nodes and charges cost per hour at this moment.
    pub fn run_rate(&self) -> PricePerHour {
        self.run_rate
    }

    fn cell(&mut self, now: SimTime, group: GroupId, namespace: NamespaceId) -> &mut Cell {
        self.cells.fill_to(group, IdVec::new());
        let row = &mut self.cells[group];
        row.fill_to(namespace, Cell::new(self.start));
        let cell = &mut row[namespace];
        cell.settle(now);
        cell
    }
}

//! A bill, in the study's own terms.

use super::GroupFigures;
use crate::cost::{Amounts, Bill, ChargeKind, Line, LineKey, Owner, ShareKind};
use crate::id::{GroupId, IdVec};
use crate::study::names::Names;
use crate::units::{Money, SimDuration};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A bill of up to so many days is kept by the hour, a longer one by the day.
const HOURLY_UP_TO: SimDuration = SimDuration::from_hours(32 * 24);

/// What the periods of a study's bills are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Grain {
    /// Clock hours.
    Hour,
    /// Days of the account.
    Day,
}

impl Grain {
    /// What bills over `span` are kept by.
    pub(crate) fn of(span: SimDuration) -> Self {
        if span <= HOURLY_UP_TO { Grain::Hour } else { Grain::Day }
    }
}

/// A line of the bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LineFigures {
    /// Which.
    pub key: LineKey,
    /// By period; those with nothing are left out.
    pub cells: Vec<LineCell>,
}

/// A line in one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCell {
    /// Hours or days since the first.
    pub period: u32,
    /// Billionths of a unit.
    pub quantity: i64,
    /// At list prices, nano-USD.
    pub list: i64,
    /// Invoiced, nano-USD.
    pub net: i64,
    /// Amortised, nano-USD.
    pub effective: i64,
}

impl LineCell {
    fn new(period: u32, amounts: &Amounts) -> Self {
        let narrow = |value: i128| i64::try_from(value).unwrap_or(i64::MAX);
        LineCell {
            period,
            quantity: narrow(amounts.quantity),
            list: narrow(amounts.list.nano_usd()),
            net: narrow(amounts.net.nano_usd()),
            effective: narrow(amounts.effective.nano_usd()),
        }
    }
}

/// One owner's share of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CostShare {
    /// Days since the start of the simulation.
    pub day: u32,
    /// Whose it is: a namespace as [`Names`] counts them, or nobody's.
    pub owner: Owner,
    /// What it is a share of.
    pub kind: ShareKind,
    /// The node group, for nodes.
    pub group: Option<GroupId>,
    /// What it costs.
    pub amount: Money,
}

/// One owner's share of one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Allocated {
    /// Which of the calendar's months.
    pub month: u32,
    /// Whose it is: a workload, what of a namespace no workload holds, or nobody's.
    pub owner: Owner,
    /// What it is a share of.
    pub kind: ShareKind,
    /// The node group, for nodes.
    pub group: Option<GroupId>,
    /// What it costs.
    pub amount: Money,
}

/// A bill in the study's terms.
#[derive(Default)]
pub(super) struct Costs {
    pub(super) lines: Vec<LineFigures>,
    pub(super) charges: BTreeMap<ChargeKind, Money>,
    pub(super) net: Money,
    pub(super) shares: Vec<CostShare>,
    pub(super) allocated: Vec<Allocated>,
}

/// Takes a bill apart, and gives each group what its nodes cost, and how much of that was idle.
///
/// Cost: one pass over the hours of each line.
pub(super) fn of_bill(bill: &Bill, names: &Names, groups: &mut IdVec<GroupId, GroupFigures>) -> Costs {
    let mut costs = Costs::default();
    let grain = Grain::of(bill.span);
    for line in &bill.lines {
        let (figures, total) = line_figures(bill, line, grain);
        *costs.charges.entry(line.item.kind).or_default() += total.effective;
        costs.net += total.net;
        if let Some(group) = bill.group(line) {
            groups[group].cost += total.effective;
        }
        costs.lines.push(figures);
    }
    share(bill, names, &mut costs);
    for share in costs.shares.iter().filter(|share| share.owner == Owner::Idle) {
        if let Some(group) = share.group {
            groups[group].idle_cost += share.amount;
        }
    }
    costs
}

fn line_figures(bill: &Bill, line: &Line, grain: Grain) -> (LineFigures, Amounts) {
    let periods: Vec<Amounts> = match grain {
        Grain::Hour => line.hours(&bill.calendar).collect(),
        Grain::Day => line.days(&bill.calendar),
    };
    let mut total = Amounts::default();
    periods.iter().for_each(|amounts| total.add(*amounts));
    let told = periods.iter().enumerate().filter(|(_, amounts)| !amounts.is_zero());
    let cells = told.map(|(period, amounts)| LineCell::new(period as u32, amounts)).collect();
    (LineFigures { key: line.key, cells }, total)
}

fn share(bill: &Bill, names: &Names, costs: &mut Costs) {
    let mut shares: BTreeMap<(u32, Owner, ShareKind, Option<GroupId>), Money> = BTreeMap::new();
    let mut allocated: BTreeMap<(u32, Owner, ShareKind, Option<GroupId>), Money> = BTreeMap::new();
    let calendar = &bill.calendar;
    for row in &bill.shares {
        let (namespace, owner) = match row.owner {
            Owner::Workload(id) => (Owner::Namespace(names.namespace(&names.workloads[id].namespace)), row.owner),
            Owner::Namespace(id) => {
                let owner = Owner::Namespace(names.namespace(bill.namespace(id)));
                (owner, owner)
            }
            Owner::Idle | Owner::Unallocated => (row.owner, row.owner),
        };
        let month = calendar.first_hour_of_day(row.day).map_or(0, |hour| calendar.month_of(hour)) as u32;
        *shares.entry((row.day, namespace, row.kind, row.group)).or_default() += row.amount;
        *allocated.entry((month, owner, row.kind, row.group)).or_default() += row.amount;
    }
    let share = |((day, owner, kind, group), amount)| CostShare { day, owner, kind, group, amount };
    costs.shares = shares.into_iter().map(share).collect();
    let part = |((month, owner, kind, group), amount)| Allocated { month, owner, kind, group, amount };
    costs.allocated = allocated.into_iter().map(part).collect();
}

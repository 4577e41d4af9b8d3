//! Commitments applied to the hours of a bill.

use super::terms::UNIT_HOUR;
use super::{Arrangement, Commitment, Hour, HourCover, Offer, Sustained, Tally, Usage};
use crate::cost::calendar::Calendar;
use crate::cost::hourly::Hourly;
use crate::cost::ids::ItemId;
use crate::units::{SimDuration, SimTime};
use std::collections::BTreeMap;

/// What people are told about a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pledge {
    /// Its own line on the bill: what it costs.
    pub item: ItemId,
    /// `regionalReservedInstance`
    pub kind: &'static str,
    /// `1y`, `3y`
    pub term: &'static str,
    /// `noUpfront`
    pub payment: &'static str,
}

/// The commitments of an account, and what of its bill they may cover.
#[derive(Clone, Debug, Default)]
pub struct Pledges {
    /// What was committed to.
    pub commitments: Vec<Commitment>,
    /// By commitment.
    pub about: Vec<Pledge>,
    /// Items with what commitments see of them; an item may be several: vCPUs and memory.
    pub usages: Vec<(ItemId, Usage)>,
    /// What could be committed to beside.
    pub offers: Vec<Offer>,
    /// Whether use in a large part of the month is cheaper by itself.
    pub sustained: bool,
}

/// What a commitment covers of an item.
#[derive(Clone, Debug, Default)]
pub(in crate::cost) struct Covered {
    pub(in crate::cost) quantity: Hourly,
    /// Nano-USD.
    pub(in crate::cost) effective: Hourly,
}

/// A commitment's own hours.
#[derive(Clone, Debug, Default)]
pub(in crate::cost) struct Paid {
    /// Invoiced, nano-USD.
    pub(in crate::cost) cash: Vec<i64>,
    /// The time in which it holds: 1 unit.
    pub(in crate::cost) held: Hourly,
    /// The unused part of that.
    pub(in crate::cost) unused: Hourly,
    /// What that costs, nano-USD.
    pub(in crate::cost) unused_fee: Hourly,
}

/// What commitments are applied to.
#[derive(Clone, Copy, Debug)]
pub(in crate::cost) struct Counts<'a> {
    /// The quantity of each item that is to be paid.
    pub(in crate::cost) paid: &'a BTreeMap<ItemId, Hourly>,
    /// What [`AtEveryMoment`](super::AtEveryMoment) came to.
    pub(in crate::cost) moments: &'a [Hourly],
}

/// A bill's quantities, divided.
#[derive(Clone, Debug, Default)]
pub(in crate::cost) struct Applied {
    /// What nothing covers, of the items that something may cover.
    pub(in crate::cost) left: BTreeMap<ItemId, Hourly>,
    /// By item and commitment.
    pub(in crate::cost) covered: BTreeMap<(ItemId, u32), Covered>,
    /// By commitment.
    pub(in crate::cost) paid: Vec<Paid>,
    /// The quantity that sustained use makes free of charge, by item.
    pub(in crate::cost) saved: BTreeMap<ItemId, Hourly>,
    /// Over all hours.
    pub(in crate::cost) tally: Tally,
}

impl Pledges {
    /// Whether there is nothing to apply.
    pub fn is_empty(&self) -> bool {
        self.commitments.is_empty() && !self.sustained
    }

    /// The same, told in hours that begin so many hours earlier.
    pub fn counted_from(&self, hours_earlier: i64) -> Pledges {
        let mut pledges = self.clone();
        pledges.commitments.iter_mut().for_each(|row| row.fee.begins += hours_earlier);
        pledges
    }

    /// Applies commitments to the hours until `end`.
    ///
    /// Cost: a pass over the usages and the steps of the arrangement for each hour.
    pub(in crate::cost) fn apply(&self, calendar: &Calendar, end: SimTime, counted: Counts<'_>) -> Applied {
        let usages: Vec<Usage> = self.usages.iter().map(|(_, usage)| usage.clone()).collect();
        let empty = Hourly::default();
        let items: Vec<ItemId> = self.usages.iter().map(|(item, _)| *item).collect();
        let mut meters: Vec<_> = items.iter().map(|item| counted.paid.get(item).unwrap_or(&empty).iter()).collect();
        let mut moments: Vec<_> = counted.moments.iter().map(Hourly::iter).collect();
        let arrangement = Arrangement::new(&usages, &self.commitments);
        let prices = prices(&self.usages);
        let mut applied = Applied { paid: vec![Paid::default(); self.commitments.len()], ..Applied::default() };
        let mut sustained = self.sustained.then(|| Sustained::new(&usages));
        let (mut cover, mut used, mut left) = (HourCover::default(), vec![0; items.len()], Vec::new());
        let hours = if end > SimTime::ZERO { calendar.hour_of(end - SimDuration::from_nanos(1)) + 1 } else { 0 };
        for number in 0..hours {
            used.iter_mut().zip(&mut meters).for_each(|(used, meter)| *used = meter.next().unwrap_or(0));
            left.clone_from(&used);
            cover.moments.clear();
            cover.moments.extend(moments.iter_mut().map(|meter| meter.next().unwrap_or(0)));
            let from = calendar.hour_start(number).max(SimTime::ZERO);
            let span = (calendar.hour_start(number + 1).min(end) - from).as_nanos();
            arrangement.cover(Hour { number: i64::from(number), span }, &mut left, &mut cover);
            applied.tally.add(&usages, &used, &cover);
            applied.count(&Counted { number, items: &items, prices: &prices, used: &used, left: &left }, &cover);
            applied.pay(number, &cover);
            if let Some(sustained) = &mut sustained {
                sustained.add(calendar.month_of(number), span, &used, &left);
            }
        }
        if let Some(sustained) = sustained {
            applied.saved = saved(sustained.saved(), &items, &prices);
        }
        applied
    }
}

/// By usage: its price, and that of its whole item.
fn prices(usages: &[(ItemId, Usage)]) -> Vec<[i128; 2]> {
    let price = |usage: &Usage| i128::from(usage.on_demand.nano_usd());
    let whole = |item: ItemId| usages.iter().filter(|(other, _)| *other == item).map(|(_, usage)| price(usage)).sum();
    usages.iter().map(|(item, usage)| [price(usage), whole(*item)]).collect()
}

/// So much of a part of an item as a quantity of the item, by its share of the price.
fn of_item(quantity: i128, [part, whole]: [i128; 2]) -> i128 {
    if part == whole || whole == 0 { quantity } else { quantity * part / whole }
}

/// What there was of each usage in an hour, and what nothing covers.
struct Counted<'a> {
    number: u32,
    items: &'a [ItemId],
    prices: &'a [[i128; 2]],
    used: &'a [i128],
    left: &'a [i128],
}

impl Applied {
    /// Adds what an hour covers, and what it leaves.
    fn count(&mut self, hour: &Counted<'_>, cover: &HourCover) {
        let Counted { number, items, prices, used, left } = *hour;
        let mut rows: BTreeMap<(ItemId, u32), (i128, i128)> = BTreeMap::new();
        for row in &cover.covers {
            let sum = rows.entry((items[row.usage], row.commitment as u32)).or_default();
            sum.0 += of_item(row.quantity, prices[row.usage]);
            sum.1 += row.effective.nano_usd();
        }
        let mut at = 0;
        while at < items.len() {
            let item = items[at];
            let parts = items[at..].iter().take_while(|other| **other == item).count();
            let is_left = left[at..at + parts].iter().any(|left| *left > 0);
            let mut rest = used[at];
            let mut last = None;
            for (_, row) in rows.range_mut((item, 0)..=(item, u32::MAX)) {
                row.0 = row.0.min(rest);
                rest -= row.0;
                last = Some(row);
            }
            // What rounding left of a machine that is covered whole.
            if let Some(last) = last.filter(|_| !is_left) {
                last.0 += std::mem::take(&mut rest);
            }
            pad(self.left.entry(item).or_default(), number).push(1, rest);
            at += parts;
        }
        for (key, (quantity, effective)) in rows {
            let covered = self.covered.entry(key).or_default();
            pad(&mut covered.quantity, number).push(1, quantity);
            pad(&mut covered.effective, number).push(1, effective);
        }
    }

    /// Adds what an hour of the commitments costs.
    fn pay(&mut self, number: u32, cover: &HourCover) {
        for (paid, held) in self.paid.iter_mut().zip(&cover.held) {
            let is_held = held.capacity > 0;
            let unused = if is_held { scaled(UNIT_HOUR, held.capacity - held.used, held.capacity) } else { 0 };
            paid.cash.push(i64::try_from(held.cash.nano_usd()).unwrap_or(i64::MAX));
            pad(&mut paid.held, number).push(1, if is_held { UNIT_HOUR } else { 0 });
            pad(&mut paid.unused, number).push(1, unused);
            pad(&mut paid.unused_fee, number).push(1, (held.fee - held.used_fee).nano_usd());
        }
    }
}

/// `value * part / whole`, with as many digits of the fraction as fit.
fn scaled(value: i128, part: i128, whole: i128) -> i128 {
    let shift = (128 - whole.leading_zeros()).saturating_sub(60);
    value * (part >> shift) / (whole >> shift).max(1)
}

/// Zeros up to an hour.
fn pad(hourly: &mut Hourly, number: u32) -> &mut Hourly {
    hourly.push(number - hourly.len(), 0);
    hourly
}

/// What sustained use saves of each usage, as quantities of the items.
fn saved(by_usage: Vec<Hourly>, items: &[ItemId], prices: &[[i128; 2]]) -> BTreeMap<ItemId, Hourly> {
    let mut saved: BTreeMap<ItemId, Hourly> = BTreeMap::new();
    for ((hourly, item), price) in by_usage.into_iter().zip(items).zip(prices) {
        let part = hourly.iter().map(|quantity| of_item(quantity, *price)).collect();
        let sum = saved.entry(*item).or_default();
        *sum = sum.zip_with(&part, |one, other| one + other);
    }
    saved.retain(|_, hourly| !hourly.is_zero());
    saved
}

//! Lines of what commitments cover, of what they cost, and of what sustained use takes off.

use super::calendar::Calendar;
use super::commitments::{Applied, Counts, Pledges};
use super::hourly::Hourly;
use super::ids::ItemId;
use super::item::{Item, PriceType};
use super::line::{Line, LineKey, Part, Prices};
use crate::id::Id;
use crate::units::{Money, SimTime};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An item with what was read off its meter.
pub(super) struct Metered {
    pub(super) id: ItemId,
    pub(super) item: Arc<Item>,
    /// What is to be paid; of what is covered only the rest, once commitments have been applied.
    pub(super) paid: Hourly,
    pub(super) free: Hourly,
}

/// Applies the commitments: takes what they cover off `metered`, and gives the lines of that.
///
/// Cost: nothing without commitments and sustained use; else a pass over the hours.
pub(super) fn lines(
    pledges: &Pledges,
    (calendar, end): (&Calendar, SimTime),
    moments: &[Hourly],
    metered: &mut [Metered],
) -> Vec<Line> {
    if pledges.is_empty() {
        return Vec::new();
    }
    let mut paid: BTreeMap<ItemId, Hourly> = BTreeMap::new();
    for (item, _) in &pledges.usages {
        if let Some(row) = metered.get(item.index()) {
            paid.entry(*item).or_insert_with(|| row.paid.clone());
        }
    }
    let applied = pledges.apply(calendar, end, Counts { paid: &paid, moments });
    let mut rows = Vec::new();
    covered(&applied, metered, &mut rows);
    fees(pledges, &applied, metered, &mut rows);
    sustained(&applied, metered, &mut rows);
    for (item, left) in applied.left {
        if let Some(row) = metered.get_mut(item.index()) {
            // What was counted after the last hour is not covered.
            let told = left.len();
            row.paid = left;
            paid.get(&item)
                .into_iter()
                .flat_map(Hourly::iter)
                .skip(told as usize)
                .for_each(|rest| row.paid.push(1, rest));
        }
    }
    rows.retain(|line: &Line| !line.quantity.is_zero());
    rows
}

fn line(row: &Metered, part: Part, price_type: PriceType, prices: Prices) -> Line {
    Line {
        key: LineKey { item: row.id, part },
        item: row.item.clone(),
        price_type,
        prices,
        quantity: Hourly::default(),
        effective: None,
    }
}

fn covered(applied: &Applied, metered: &[Metered], rows: &mut Vec<Line>) {
    for ((item, commitment), covered) in &applied.covered {
        let Some(row) = metered.get(item.index()) else { continue };
        let list = row.item.price.tiers.first().map_or(Money::ZERO, |tier| tier.list);
        let prices = Prices::Fixed { list, net: Money::ZERO };
        rows.push(Line {
            quantity: covered.quantity.clone(),
            effective: Some(covered.effective.clone()),
            ..line(row, Part::Covered(*commitment), PriceType::Committed, prices)
        });
    }
}

fn fees(pledges: &Pledges, applied: &Applied, metered: &[Metered], rows: &mut Vec<Line>) {
    for ((number, paid), about) in (0..).zip(&applied.paid).zip(&pledges.about) {
        let Some(row) = metered.get(about.item.index()) else { continue };
        let zeros = std::iter::repeat_n(0, paid.held.len() as usize).collect();
        let prices = Prices::Hourly { list: Money::ZERO, net: paid.cash.as_slice().into() };
        rows.push(Line {
            quantity: paid.held.clone(),
            effective: Some(zeros),
            ..line(row, Part::Fee(number), PriceType::OnDemand, prices)
        });
        let free = Prices::Fixed { list: Money::ZERO, net: Money::ZERO };
        rows.push(Line {
            quantity: paid.unused.clone(),
            effective: Some(paid.unused_fee.clone()),
            ..line(row, Part::Unused(number), PriceType::Committed, free)
        });
    }
}

fn sustained(applied: &Applied, metered: &[Metered], rows: &mut Vec<Line>) {
    for (item, saved) in &applied.saved {
        let Some(row) = metered.get(item.index()) else { continue };
        let net = row.item.price.tiers.first().map_or(Money::ZERO, |tier| tier.net);
        let prices = Prices::Fixed { list: Money::ZERO, net: -net };
        rows.push(Line { quantity: saved.clone(), ..line(row, Part::Sustained, PriceType::OnDemand, prices) });
    }
}

//! Lines of the bill: an item at one price, hour by hour.

use super::calendar::Calendar;
use super::hourly::Hourly;
use super::ids::ItemId;
use super::item::{Basis, Item, PriceType};
use super::meter::MICRO;
use crate::market::Tier;
use crate::units::Money;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Which part of an item a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// What falls into a tier of its price, counted from 0; items with one price have one.
    Tier(u8),
    /// What was used and is not paid.
    Free,
    /// What a commitment covers, by its number.
    Covered(u32),
    /// What a commitment covers of nothing: its unused part.
    Unused(u32),
    /// What a commitment costs.
    Fee(u32),
    /// What sustained use takes off: negative, by the hours whose price it is.
    Sustained,
}

/// Names a line; the same in each replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LineKey {
    /// The item.
    pub item: ItemId,
    /// Which part of it.
    pub part: Part,
}

/// What a unit costs at list price and really, by hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prices {
    /// Always the same.
    Fixed {
        /// The public list price.
        list: Money,
        /// What is invoiced.
        net: Money,
    },
    /// Another in each hour, as the spot market's.
    Hourly {
        /// The public list price.
        list: Money,
        /// What is invoiced in each hour, nano-USD; the last holds on.
        net: Arc<[i64]>,
    },
}

impl Prices {
    fn of(&self, hour: u32) -> (i128, i128) {
        match self {
            Prices::Fixed { list, net } => (list.nano_usd(), net.nano_usd()),
            Prices::Hourly { list, net } => {
                let price = net.get(hour as usize).or(net.last()).copied().unwrap_or(0);
                (list.nano_usd(), i128::from(price))
            }
        }
    }
    /// The list price, which never changes.
    pub fn list(&self) -> Money {
        match self {
            Prices::Fixed { list, .. } | Prices::Hourly { list, .. } => *list,
        }
    }
}

/// A line of the bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its name.
    pub key: LineKey,
    /// What it is of.
    pub item: Arc<Item>,
    /// Under which terms.
    pub price_type: PriceType,
    /// At which price.
    pub prices: Prices,
    /// How much, by hour.
    pub quantity: Hourly,
    /// With commitments' fees spread over what they cover, where that is not what is invoiced. By hour.
    pub effective: Option<Hourly>,
}

/// A line in one hour, or in several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Amounts {
    /// Billionths of a unit.
    pub quantity: i128,
    /// At list prices.
    pub list: Money,
    /// What is invoiced.
    pub net: Money,
    /// Amortised.
    pub effective: Money,
}

impl Amounts {
    /// Adds another hour's.
    pub fn add(&mut self, other: Amounts) {
        self.quantity += other.quantity;
        self.list += other.list;
        self.net += other.net;
        self.effective += other.effective;
    }
    /// Whether there is nothing to tell.
    pub fn is_zero(&self) -> bool {
        *self == Amounts::default()
    }
}

impl Line {
    /// The line by hour. Within a calendar month the running amount is rounded, not the hours: hours add up to the
    /// price of the whole month's quantity. Cost: a few multiplications an hour.
    pub fn hours<'a>(&'a self, calendar: &'a Calendar) -> impl Iterator<Item = Amounts> + 'a {
        let mut running = Running::default();
        let mut effective = self.effective.as_ref().map(Hourly::iter);
        self.quantity.iter().enumerate().map(move |(hour, quantity)| {
            let hour = hour as u32;
            running.enter(self, calendar, hour);
            let mut amounts = running.add(self, hour, quantity);
            if let Some(effective) = &mut effective {
                amounts.effective = Money::from_nano_usd(effective.next().unwrap_or(0));
            }
            amounts
        })
    }
    /// The line by day of the account, from the first on.
    pub fn days(&self, calendar: &Calendar) -> Vec<Amounts> {
        let mut days = vec![Amounts::default()];
        let mut next = calendar.first_hour_of_day(1).unwrap_or(u32::MAX);
        for (hour, amounts) in self.hours(calendar).enumerate() {
            while hour as u32 >= next {
                days.push(Amounts::default());
                next = calendar.first_hour_of_day(days.len() as u32).unwrap_or(u32::MAX);
            }
            days.iter_mut().last().into_iter().for_each(|day| day.add(amounts));
        }
        days
    }
    /// All of it.
    pub fn total(&self, calendar: &Calendar) -> Amounts {
        let mut total = Amounts::default();
        self.hours(calendar).for_each(|hour| total.add(hour));
        total
    }
}

/// What a month so far leaves of its rounded amounts: the next hour's is added to that.
///
/// A quotient is computed where an hour differs from the one before it, which few do.
#[derive(Default)]
struct Running {
    month: usize,
    month_hours: i128,
    begun: bool,
    /// What an hour comes to, with its quotient and rest.
    steps: [(i128, i128, i128); 3],
    rest: [i128; 3],
}

impl Running {
    fn enter(&mut self, line: &Line, calendar: &Calendar, hour: u32) {
        let month = match calendar.months().get(self.month + 1) {
            Some(next) if self.begun && hour >= next.first_hour => self.month + 1,
            _ if self.begun => return,
            _ => calendar.month_of(hour),
        };
        let hours = calendar.months().get(month).map_or(1, |month| i128::from(month.hours)).max(1);
        // Half a unit more: then the whole units are the nearest ones.
        let rest = [divisor(line.item.price.unit.basis, hours) / 2; 3];
        *self = Running { month, month_hours: hours, begun: true, rest, ..Running::default() };
    }
    fn add(&mut self, line: &Line, hour: u32, quantity: i128) -> Amounts {
        let (list, net) = line.prices.of(hour);
        let unit = divisor(line.item.price.unit.basis, self.month_hours);
        let per_nano = [1_000_000_000, list, net];
        let mut amounts = [0; 3];
        for (at, amount) in amounts.iter_mut().enumerate() {
            let exact = per_nano[at].saturating_mul(quantity);
            if exact != self.steps[at].0 {
                self.steps[at] = (exact, exact.div_euclid(unit), exact.rem_euclid(unit));
            }
            let (_, whole, rest) = self.steps[at];
            let rest = self.rest[at] + rest;
            let carried = i128::from(rest >= unit);
            self.rest[at] = rest - carried * unit;
            *amount = whole + carried;
        }
        let [quantity, list, net] = amounts;
        let money = Money::from_nano_usd;
        Amounts { quantity, list: money(list), net: money(net), effective: money(net) }
    }
}

/// How much of a meter's quantity is one unit, in a month of so many hours.
fn divisor(basis: Basis, month_hours: i128) -> i128 {
    const UNIT_HOUR: i128 = MICRO as i128 * 3_600_000_000_000;
    match basis {
        Basis::Hour => UNIT_HOUR,
        Basis::Month => UNIT_HOUR * month_hours,
        Basis::Count => 1_000_000_000,
    }
}

/// An item's hours by the tiers of its price: what a month's running quantity has in each.
pub(super) fn by_tier(item: &Item, quantity: Hourly, calendar: &Calendar) -> Vec<(Tier, Hourly)> {
    let tiers = &item.price.tiers;
    if let [only] = tiers[..] {
        return vec![(only, quantity)];
    }
    let mut rows: Vec<(Tier, Hourly)> = tiers.iter().map(|tier| (*tier, Hourly::default())).collect();
    let (mut month, mut used) = (usize::MAX, 0i128);
    for (hour, quantity) in quantity.iter().enumerate() {
        let here = calendar.month_of(hour as u32);
        if here != month {
            (month, used) = (here, 0);
        }
        let hours = calendar.months().get(month).map_or(1, |month| i128::from(month.hours));
        let unit = divisor(item.price.unit.basis, hours);
        let after = used + quantity;
        for at in 0..rows.len() {
            let from = i128::from(tiers[at].above).saturating_mul(unit);
            let until = tiers.get(at + 1).map_or(i128::MAX, |next| i128::from(next.above).saturating_mul(unit));
            rows[at].1.push(1, after.clamp(from, until) - used.clamp(from, until));
        }
        used = after;
    }
    rows
}

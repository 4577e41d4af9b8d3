//! The books of a longer time than was simulated: what was metered, over and over, at the prices of that time.

use super::bill::Bill;
use super::calendar::{Calendar, HOUR};
use super::closing::Terms;
use super::commitments::Pledges;
use super::hourly::Hourly;
use super::ids::ItemId;
use super::item::Item;
use super::kind::ChargeKind;
use super::line::Part;
use super::pledged::Metered;
use super::support::Support;
use crate::id::Id;
use crate::units::{Money, SimDuration, SimTime};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was metered of each item, hour by hour, whatever it costs.
#[derive(Clone, Debug, Default)]
pub struct Quantities {
    /// By item: what is to be paid, and what is free.
    rows: BTreeMap<ItemId, (Hourly, Hourly)>,
    /// Hours since 1970 of the first.
    first_hour: i64,
    /// How many are touched.
    hours: u32,
    span: SimDuration,
}

impl Bill {
    /// What was metered for this bill.
    pub fn quantities(&self) -> Quantities {
        let mut rows: BTreeMap<ItemId, (Hourly, Hourly)> = BTreeMap::new();
        for line in &self.lines {
            let row = rows.entry(line.key.item).or_default();
            let sum = match line.key.part {
                Part::Tier(_) | Part::Covered(_) => &mut row.0,
                Part::Free => &mut row.1,
                Part::Unused(_) | Part::Fee(_) | Part::Sustained => continue,
            };
            *sum = if sum.is_empty() { line.quantity.clone() } else { sum.zip_with(&line.quantity, |a, b| a + b) };
        }
        let last = (SimTime::ZERO + self.span - SimDuration::from_nanos(1)).max(SimTime::ZERO);
        Quantities {
            rows,
            first_hour: self.calendar.start_unix().div_euclid(3600),
            hours: self.calendar.hour_of(last) + 1,
            span: self.span,
        }
    }
}

/// So much of an item from one moment until another, in millionths of a unit. Moments are nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed {
    /// From when on.
    pub from: i128,
    /// Until when.
    pub until: i128,
    /// How much.
    pub level: i64,
}

/// A longer time, and what is paid in it.
#[derive(Clone, Debug)]
pub struct Horizon {
    /// Its hours and months.
    pub calendar: Calendar,
    /// How long it is, from the start of the calendar on.
    pub span: SimDuration,
    /// The items, in the order of their numbers; prices by the hour are those of the calendar's hours.
    pub items: Vec<Arc<Item>>,
    /// Commitments, whose terms are told in the calendar's hours.
    pub pledges: Pledges,
    /// The support plan.
    pub support: Option<Support>,
    /// Items whose quantity is known beforehand.
    pub timed: BTreeMap<ItemId, Vec<Timed>>,
}

/// What a month costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonthCost {
    /// Invoiced.
    pub net: BTreeMap<ChargeKind, Money>,
    /// Amortised.
    pub effective: BTreeMap<ChargeKind, Money>,
}

impl MonthCost {
    /// All that is invoiced.
    pub fn net_total(&self) -> Money {
        self.net.values().copied().sum()
    }
    /// All of it, amortised.
    pub fn effective_total(&self) -> Money {
        self.effective.values().copied().sum()
    }
}

impl Horizon {
    /// What each month of the calendar costs if its hours are like those of `months`, which has what was metered for each, once or several
    /// times with other luck: one after the other as often as they fit, so that hours of the day stay what they are, and of the week if
    /// it was metered for whole weeks.
    ///
    /// Cost: a few steps for each item and hour.
    pub fn costs(&self, months: &[Vec<&Quantities>]) -> Vec<MonthCost> {
        let items = self.items.iter().enumerate();
        let metered = items.map(|(at, item)| {
            let id = ItemId::from_index(at);
            let [paid, free] = match self.timed.get(&id) {
                Some(rows) => [self.timed(rows), Hourly::default()],
                None if self.support.is_some_and(|plan| [plan.share, plan.least].contains(&id)) => Default::default(),
                None => [|row: &(Hourly, Hourly)| row.0.clone(), |row: &(Hourly, Hourly)| row.1.clone()]
                    .map(|part| self.repeated(months, |of| of.rows.get(&id).map(part))),
            };
            Metered { id, item: item.clone(), paid, free }
        });
        let metered = metered.collect();
        let terms = Terms { pledges: &self.pledges, support: self.support, calendar: &self.calendar, moments: &[] };
        let mut costs = vec![MonthCost::default(); months.len()];
        for line in terms.lines(SimTime::ZERO + self.span, metered) {
            for (hour, amounts) in (0..).zip(line.hours(&self.calendar)) {
                let at = self.calendar.month_of(hour).min(months.len().saturating_sub(1));
                let Some(cost) = costs.get_mut(at) else { continue };
                *cost.net.entry(line.item.kind).or_default() += amounts.net;
                *cost.effective.entry(line.item.kind).or_default() += amounts.effective;
            }
        }
        costs
    }

    fn hours(&self) -> u32 {
        let last = (SimTime::ZERO + self.span - SimDuration::from_nanos(1)).max(SimTime::ZERO);
        self.calendar.hour_of(last) + 1
    }
    /// How much of an hour lies in the time, in nanoseconds.
    fn span_of(&self, hour: u32) -> i128 {
        let from = self.calendar.hour_start(hour).max(SimTime::ZERO);
        let until = self.calendar.hour_start(hour + 1).min(SimTime::ZERO + self.span);
        i128::from((until - from).as_nanos().max(0))
    }

    fn repeated(&self, months: &[Vec<&Quantities>], row: impl Fn(&Quantities) -> Option<Hourly>) -> Hourly {
        let whole = i128::from(HOUR.as_nanos());
        let first = self.calendar.start_unix().div_euclid(3600);
        let mut all = Hourly::default();
        let cells_of = |of: &&Quantities| row(of).map_or(Vec::new(), |row| cells(of, &row));
        let rows: Vec<Vec<Vec<i128>>> = months.iter().map(|month| month.iter().map(cells_of).collect()).collect();
        for hour in 0..self.hours() {
            let at = self.calendar.month_of(hour).min(months.len().saturating_sub(1));
            let (Some(of), Some(rows)) = (months.get(at).and_then(|month| month.first()), rows.get(at)) else { break };
            let (since, length) = (first + i64::from(hour) - of.first_hour, i64::from(of.hours.max(1)));
            let (turn, from) = (since.div_euclid(length), since.rem_euclid(length));
            let cells = &rows[turn.rem_euclid(rows.len() as i64) as usize];
            let quantity = cells.get(from as usize).copied().unwrap_or(0);
            let span = self.span_of(hour);
            all.push(1, if span == whole { quantity } else { quantity / whole * span });
        }
        all
    }

    fn timed(&self, rows: &[Timed]) -> Hourly {
        let unix = |hour: u32| {
            let since = self.calendar.hour_start(hour).since(SimTime::ZERO);
            i128::from(self.calendar.start_unix()) * 1_000_000_000 + i128::from(since.as_nanos())
        };
        let level = |hour: u32| -> i128 {
            let begins = unix(hour).max(i128::from(self.calendar.start_unix()) * 1_000_000_000);
            let ends = begins + self.span_of(hour);
            let part = |row: &Timed| (row.until.min(ends) - row.from.max(begins)).max(0) * i128::from(row.level);
            rows.iter().map(part).sum()
        };
        (0..self.hours()).map(level).collect()
    }
}

/// The hours of a row. Of time that is no whole number of hours, the first and last are parts: all are made larger so that they stand for
/// whole ones.
fn cells(of: &Quantities, row: &Hourly) -> Vec<i128> {
    let (told, billed) = (i128::from(of.hours) * i128::from(HOUR.as_nanos()), i128::from(of.span.as_nanos()));
    let is_whole = told == billed || billed <= 0;
    let seconds = |nanos: i128| nanos / 1_000_000_000;
    let scaled = |quantity: i128| match is_whole {
        true => quantity,
        false => quantity.saturating_mul(seconds(told)) / seconds(billed).max(1),
    };
    row.iter().map(scaled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::line::{Line, Prices};
    use crate::cost::{Basis, LineKey, MICRO, Payer, PriceType, Tier, Unit, UnitPrice};
    use crate::market::Origin;

    fn item(basis: Basis, tiers: &[(u64, f64)]) -> Arc<Item> {
        let tier =
            |(above, usd): &(u64, f64)| Tier { above: *above, list: Money::from_usd(*usd), net: Money::from_usd(*usd) };
        Arc::new(Item {
            kind: if basis == Basis::Hour { ChargeKind::OnDemandNodes } else { ChargeKind::Volumes },
            service: "EC2".into(),
            sku: "m5.large".into(),
            name: "nodes".into(),
            resource: "".into(),
            region: "us-east-1".into(),
            zone: None,
            payer: Payer::Cluster,
            labels: Vec::new(),
            price: UnitPrice {
                unit: Unit { name: "Hours", basis },
                price_type: PriceType::OnDemand,
                tiers: tiers.iter().map(tier).collect(),
                origin: Origin::listed("test", "2026-01-01"),
            },
            net_by_hour: None,
        })
    }

    fn calendar(start: &str, hours: i64) -> Calendar {
        Calendar::new(start.parse().unwrap(), &jiff::tz::TimeZone::UTC, SimDuration::from_hours(hours)).unwrap()
    }

    /// A week of so many units.
    fn week(items: &[Arc<Item>], units: i64) -> Quantities {
        let calendar = Arc::new(calendar("2026-12-07T00:00:00Z", 168));
        let mut quantity = Hourly::default();
        quantity.push(168, i128::from(MICRO * units) * i128::from(HOUR.as_nanos()));
        let line = |(at, item): (usize, &Arc<Item>)| Line {
            key: LineKey { item: ItemId::from_index(at), part: Part::Tier(0) },
            item: item.clone(),
            price_type: PriceType::OnDemand,
            prices: Prices::Fixed { list: Money::ZERO, net: Money::ZERO },
            quantity: quantity.clone(),
            effective: None,
        };
        let lines = items.iter().enumerate().map(line).collect();
        let span = SimDuration::from_hours(168);
        Bill { span, calendar, lines, shares: Vec::new(), groups: BTreeMap::new(), namespaces: Vec::new() }.quantities()
    }

    fn horizon(items: Vec<Arc<Item>>, timed: BTreeMap<ItemId, Vec<Timed>>) -> Horizon {
        Horizon {
            calendar: calendar("2026-12-01T00:00:00Z", 24 * 59),
            span: SimDuration::from_hours(24 * 62),
            items,
            pledges: Pledges::default(),
            support: None,
            timed,
        }
    }

    #[test]
    fn months_are_as_long_as_they_are_and_a_gb_month_is_one() {
        let items = vec![item(Basis::Hour, &[(0, 0.1)]), item(Basis::Month, &[(0, 0.08)])];
        let (one, two) = (week(&items, 1), week(&items, 2));
        let costs = Horizon { calendar: calendar("2026-12-01T00:00:00Z", 24 * 62), ..horizon(items, BTreeMap::new()) }
            .costs(&[vec![&one], vec![&two]]);
        let usd = |at: usize, kind| costs[at].net[&kind].usd();
        assert_eq!([usd(0, ChargeKind::OnDemandNodes), usd(1, ChargeKind::OnDemandNodes)], [74.4, 148.8]);
        assert_eq!([usd(0, ChargeKind::Volumes), usd(1, ChargeKind::Volumes)], [0.08, 0.16]);
        assert_eq!(costs[0].net_total(), costs[0].effective_total());
    }

    #[test]
    fn weeks_with_other_luck_follow_each_other() {
        let items = vec![item(Basis::Hour, &[(0, 0.1)])];
        let (one, two) = (week(&items, 1), week(&items, 2));
        let costs = horizon(items, BTreeMap::new()).costs(&[vec![&one, &two], vec![&two]]);
        // In December, the weeks from the 7th and from the 21st on are like the first: 14 days; the others like the second: 17.
        assert_eq!(costs[0].net_total(), Money::from_usd(14.0 * 2.4 + 17.0 * 4.8));
        assert_eq!(costs[1].net_total(), Money::from_usd(148.8));
    }

    #[test]
    fn tiers_are_those_of_the_whole_month() {
        // 744 unit-hours in December: 100 at 1, 644 at 0.5.
        let items = vec![item(Basis::Hour, &[(0, 1.0), (100, 0.5)])];
        let one = week(&items, 1);
        let costs = horizon(items, BTreeMap::new()).costs(&[vec![&one], vec![&one]]);
        assert_eq!(costs[0].net_total(), Money::from_usd(100.0 + 322.0));
    }

    #[test]
    fn what_ends_on_a_day_ends_on_that_day() {
        let items = vec![item(Basis::Hour, &[(0, 0.1)]), item(Basis::Hour, &[(0, 0.6)])];
        let change = 1_797_206_400i128 * 1_000_000_000; // 2026-12-14
        let timed = |from, until| vec![Timed { from, until, level: MICRO }];
        let rows = BTreeMap::from([
            (ItemId::from_index(0), timed(i128::MIN / 2, change)),
            (ItemId::from_index(1), timed(change, i128::MAX / 2)),
        ]);
        let one = week(&[], 1);
        let costs = horizon(items, rows).costs(&[vec![&one], vec![&one]]);
        assert_eq!(costs[0].net_total(), Money::from_usd(13.0 * 2.4 + 18.0 * 14.4));
    }
}

//! The provider's support plan: a share of what a calendar month invoices, and a least amount.

use super::calendar::{Calendar, HOUR};
use super::commitments::UNIT_HOUR;
use super::hourly::Hourly;
use super::ids::ItemId;
use super::item::Item;
use super::line::{Line, LineKey, Part, Prices};
use crate::units::SimTime;
use std::sync::Arc;

/// The service of lines that a scenario prices itself: they are not on the provider's bill.
pub const OWN_CHARGES: &str = "charges";

/// A support plan's two items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Support {
    /// Its units are the USD that are invoiced in a calendar month, its tiers the shares of them.
    pub share: ItemId,
    /// Its unit is the month, its price what a month costs at least: what the shares lack of that.
    pub least: ItemId,
}

/// Books until `end`, whose lines are told.
pub(super) struct Invoiced<'a> {
    pub(super) calendar: &'a Calendar,
    pub(super) end: SimTime,
    pub(super) lines: &'a [Line],
}

impl Support {
    /// The plan's lines. A month of which only a part is billed stands for itself: it is taken as if all of it were like
    /// that part, and pays the part of it.
    ///
    /// Cost: a pass over the hours of all lines.
    pub(super) fn lines(&self, invoiced: &Invoiced<'_>, share: &Arc<Item>, least: &Arc<Item>) -> Vec<Line> {
        let calendar = invoiced.calendar;
        let hours = invoiced.nets();
        let mut tiers = vec![Hourly::default(); share.price.tiers.len()];
        let mut missing = Hourly::default();
        for (at, month) in calendar.months().iter().enumerate() {
            let until = calendar.months().get(at + 1).map_or(u32::MAX, |next| next.first_hour);
            let nets = &hours[(month.first_hour as usize).min(hours.len())..(until as usize).min(hours.len())];
            let part = MonthPart {
                billed: (month.first_hour..until).take(nets.len()).map(|hour| invoiced.span(hour)).collect(),
                hours: i128::from(month.hours.max(1)),
            };
            let paid = part.shares(nets, share, &mut tiers);
            part.lacking(paid, least, &mut missing);
        }
        let line = |id, item: &Arc<Item>, part, quantity| {
            let tier = item.price.tiers[usize::from(part)];
            Line {
                key: LineKey { item: id, part: Part::Tier(part) },
                item: item.clone(),
                price_type: item.price.price_type,
                prices: Prices::Fixed { list: tier.list, net: tier.net },
                quantity,
                effective: None,
            }
        };
        let shares = (0..).zip(tiers).map(|(at, quantity)| line(self.share, share, at, quantity));
        let mut lines: Vec<Line> = shares.chain([line(self.least, least, 0, missing)]).collect();
        lines.retain(|line| !line.quantity.is_zero());
        lines
    }
}

impl Invoiced<'_> {
    /// What the provider invoices in each hour, nano-USD.
    fn nets(&self) -> Vec<i128> {
        let mut nets = Vec::new();
        for line in self.lines.iter().filter(|line| &*line.item.service != OWN_CHARGES) {
            nets.resize(nets.len().max(line.quantity.len() as usize), 0);
            let hours = line.hours(self.calendar);
            nets.iter_mut().zip(hours).for_each(|(sum, hour): (&mut i128, _)| *sum += hour.net.nano_usd());
        }
        nets
    }
    /// How much of an hour is billed, in nanoseconds.
    fn span(&self, hour: u32) -> i128 {
        let from = self.calendar.hour_start(hour).max(SimTime::ZERO);
        let until = self.calendar.hour_start(hour + 1).min(self.end);
        i128::from((until - from).as_nanos().max(0))
    }
}

/// The billed part of a month.
struct MonthPart {
    /// Of each of its hours, nanoseconds.
    billed: Vec<i128>,
    /// Of the whole month.
    hours: i128,
}

impl MonthPart {
    fn span(&self) -> i128 {
        self.billed.iter().sum()
    }
    fn whole(&self) -> i128 {
        self.hours * i128::from(HOUR.as_nanos())
    }
    /// Divides the hours among the tiers, whose bounds are those of the part; what that costs, nano-USD.
    fn shares(&self, nets: &[i128], item: &Item, rows: &mut [Hourly]) -> i128 {
        let tiers = &item.price.tiers;
        let bound = |above: u64| i128::from(above) * 1_000_000_000 * self.span() / self.whole();
        let (mut used, mut sums) = (0, vec![0; tiers.len()]);
        for net in nets {
            let after = used + net;
            for (at, row) in rows.iter_mut().enumerate() {
                let from = if at == 0 { i128::MIN } else { bound(tiers[at].above) };
                let until = tiers.get(at + 1).map_or(i128::MAX, |next| bound(next.above));
                let quantity = after.clamp(from, until) - used.clamp(from, until);
                sums[at] += quantity;
                row.push(1, quantity);
            }
            used = after;
        }
        let paid: i128 = sums.iter().zip(tiers).map(|(sum, tier)| sum * tier.net.nano_usd()).sum();
        paid / 1_000_000_000
    }
    /// What `paid` lacks of the minimum, as parts of a month at its price, evenly over the hours.
    fn lacking(&self, paid: i128, item: &Item, row: &mut Hourly) {
        let (span, minimum) = (self.span(), item.price.tiers[0].net.nano_usd().max(1));
        let missing = (minimum * span / self.whole() - paid).max(0);
        let quantity = missing * (UNIT_HOUR * self.hours) / minimum;
        let (mut billed, mut told) = (0, 0);
        for hour in &self.billed {
            billed += hour;
            let upto = if span == 0 { 0 } else { scaled(quantity, billed, span) };
            row.push(1, upto - told);
            told = upto;
        }
    }
}

/// `quantity * part / whole` without leaving the range: parts of a month are told to the microsecond.
fn scaled(quantity: i128, part: i128, whole: i128) -> i128 {
    if part == whole { quantity } else { quantity / 1000 * (part / 1000) / (whole / 1000).max(1) * 1000 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Basis, ChargeKind, MICRO, Payer, PriceType, Tier, Unit, UnitPrice};
    use crate::id::Id;
    use crate::market::Origin;
    use crate::units::{Money, SimDuration};

    fn item(service: &str, basis: Basis, tiers: &[(u64, f64)]) -> Arc<Item> {
        let tier =
            |(above, usd): &(u64, f64)| Tier { above: *above, list: Money::from_usd(*usd), net: Money::from_usd(*usd) };
        Arc::new(Item {
            kind: ChargeKind::Support,
            service: service.into(),
            sku: "support".into(),
            name: "support".into(),
            resource: "account".into(),
            region: "us-east-1".into(),
            zone: None,
            payer: Payer::Cluster,
            labels: Vec::new(),
            price: UnitPrice {
                unit: Unit { name: "USD", basis },
                price_type: PriceType::OnDemand,
                tiers: tiers.iter().map(tier).collect(),
                origin: Origin::listed("test", "2026-01-01"),
            },
            net_by_hour: None,
        })
    }

    /// What the plan costs where each hour is invoiced `usd`, by line.
    fn cost(start: &str, hours: i64, usd: f64, plan: (f64, &[(u64, f64)])) -> Vec<f64> {
        let span = SimDuration::from_hours(hours);
        let calendar = Calendar::new(start.parse().unwrap(), &jiff::tz::TimeZone::UTC, span).unwrap();
        let mut quantity = Hourly::default();
        quantity.push(hours as u32, i128::from(MICRO) * i128::from(HOUR.as_nanos()));
        let line = |service: &str| Line {
            key: LineKey { item: ItemId::from_index(0), part: Part::Tier(0) },
            item: item(service, Basis::Hour, &[(0, usd)]),
            price_type: PriceType::OnDemand,
            prices: Prices::Fixed { list: Money::from_usd(usd), net: Money::from_usd(usd) },
            quantity: quantity.clone(),
            effective: None,
        };
        let lines = [line("EC2"), line(OWN_CHARGES)];
        let invoiced = Invoiced { calendar: &calendar, end: SimTime::ZERO + span, lines: &lines };
        let support = Support { share: ItemId::from_index(1), least: ItemId::from_index(2) };
        let (share, least) = (item("S", Basis::Count, plan.1), item("S", Basis::Month, &[(0, plan.0)]));
        let lines = support.lines(&invoiced, &share, &least);
        lines.iter().map(|line| line.total(&calendar).net.usd()).collect()
    }

    const BUSINESS: &[(u64, f64)] = &[(0, 0.1), (10_000, 0.07), (80_000, 0.05), (250_000, 0.03)];

    #[test]
    fn a_month_pays_the_shares_of_what_is_invoiced() {
        // Amazon's own example: 85,000 USD in a month cost 1,000 + 4,900 + 250. November has 720 hours.
        let found = cost("2026-11-01T00:00:00Z", 720, 85_000.0 / 720.0, (100.0, BUSINESS));
        let wanted = [1000.0, 4900.0, 250.0];
        assert!(found.len() == 3 && found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
    }

    #[test]
    fn a_week_pays_its_part_of_such_a_month() {
        let found = cost("2026-11-01T00:00:00Z", 168, 85_000.0 / 720.0, (100.0, BUSINESS));
        let sum: f64 = found.iter().sum();
        assert!((sum - 6150.0 * 168.0 / 720.0).abs() < 1e-5, "{found:?}");
    }

    #[test]
    fn a_small_bill_pays_the_least_and_no_more() {
        // 720 USD: 72 of shares, 28 more; a week: 7/30 of both.
        let found = cost("2026-11-01T00:00:00Z", 720, 1.0, (100.0, BUSINESS));
        assert_eq!(found, [72.0, 28.0]);
        let week = cost("2026-11-01T00:00:00Z", 168, 1.0, (100.0, BUSINESS));
        assert!((week[0] - 16.8).abs() < 1e-9 && (week[1] - 28.0 * 7.0 / 30.0).abs() < 1e-8, "{week:?}");
    }

    #[test]
    fn each_month_is_for_itself() {
        // Two days on each side of the new year: both months have 31 days, and the same bill.
        let found = cost("2026-12-30T00:00:00Z", 96, 100.0, (100.0, BUSINESS));
        let month = 744.0 * 100.0;
        let wanted = (1000.0 + (month - 10_000.0) * 0.07) * 96.0 / 744.0;
        assert!((found.iter().sum::<f64>() - wanted).abs() < 1e-5, "{found:?} {wanted}");
    }
}

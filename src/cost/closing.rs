//! Closing the books: spans become lines, lines are shared among namespaces.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::allocation::{Integral, divide};
use super::bill::{Bill, BillLine, BillShare, ChargeKind, Owner, ShareKind};
use super::days;
use super::ids::NamespaceId;
use super::ledger::{Charge, Ledger, Span};
use crate::id::{GroupId, IdVec};
use crate::market::CapacityType;
use crate::units::{Money, PricePerHour, SimDuration, SimTime};

/// Per-second billing starts with a minute.
const MINIMUM: SimDuration = SimDuration::from_secs(60);

impl Ledger {
    /// Closes the books at `now`: what still runs is billed until then.
    pub fn close(mut self, now: SimTime) -> Bill {
        let mut lines = Lines::default();
        let mut pools: BTreeMap<(u32, GroupId), Pool> = BTreeMap::new();
        for span in self.nodes.values() {
            let offer = &self.offers[span.what];
            for (day, piece, amount) in self.priced(span, offer.price, now, MINIMUM) {
                let kind = match offer.capacity_type {
                    CapacityType::OnDemand => ChargeKind::OnDemandNodes,
                    CapacityType::Spot => ChargeKind::SpotNodes,
                };
                let name = offer.instance_type.clone();
                lines.add(BillLine { day, kind, group: Some(offer.group), name, span: piece, amount });
                let pool = pools.entry((day, offer.group)).or_default();
                pool.cost += amount;
                pool.capacity.add(offer.cpu_milli, offer.memory_bytes, piece);
            }
        }
        let mut shares = Shares::default();
        for span in self.charges.values() {
            for (day, piece, amount) in self.priced(span, span.what.price, now, SimDuration::ZERO) {
                lines.add(line_of(&span.what, day, piece, amount));
                shares.add(share_of(&span.what, day, amount));
            }
        }
        for (_, row) in self.cells.iter_mut() {
            row.iter_mut().for_each(|(_, cell)| cell.settle(now));
        }
        for ((day, group), pool) in pools {
            self.share_pool(day, group, &pool, &mut shares);
        }
        Bill {
            span: now.since(self.start),
            lines: lines.into_rows(),
            shares: shares.into_rows(),
            groups: self.groups.values().cloned().collect(),
            namespaces: self.namespaces.values().cloned().collect(),
        }
    }

    /// The days of a span with their prices. Rounding the running amount, not the days, makes the
    /// days add up to the price of the whole span.
    fn priced<T>(
        &self,
        span: &Span<T>,
        price: PricePerHour,
        now: SimTime,
        minimum: SimDuration,
    ) -> impl Iterator<Item = (u32, SimDuration, Money)> + use<T> {
        let until = span.until.unwrap_or(now);
        let mut pieces: Vec<(u32, SimDuration)> = days::pieces(self.start, span.from, until).collect();
        if span.until.is_some() && minimum > SimDuration::ZERO {
            let real = until - span.from;
            let whole_seconds = SimTime::ZERO + real;
            let billed = (whole_seconds.next_multiple_of(SimDuration::from_secs(1)) - SimTime::ZERO).max(minimum);
            match pieces.last_mut() {
                Some((_, last)) => *last += billed - real,
                None => pieces.extend(days::pieces(self.start, span.from, span.from + billed).take(1)),
            }
        }
        let (mut time, mut paid) = (SimDuration::ZERO, Money::ZERO);
        pieces.into_iter().map(move |(day, piece)| {
            time += piece;
            let upto = price.cost_of(time);
            let amount = upto - paid;
            paid = upto;
            (day, piece, amount)
        })
    }

    fn share_pool(&self, day: u32, group: GroupId, pool: &Pool, shares: &mut Shares) {
        let row = self.cells.get(group).into_iter().flat_map(IdVec::iter);
        let held: Vec<(NamespaceId, Integral)> =
            row.map(|(id, cell)| (id, cell.of_day(day))).filter(|(_, integral)| !integral.is_zero()).collect();
        let division = divide(pool.cost, pool.capacity, &held, self.rates);
        let idle = (Owner::Idle, division.idle.0, division.idle.1);
        let owned = division.held.into_iter().map(|(id, cpu, ram)| (Owner::Namespace(id), cpu, ram));
        for (owner, cpu, ram) in owned.chain([idle]) {
            for (kind, amount) in [(ShareKind::Cpu, cpu), (ShareKind::Ram, ram)] {
                shares.add(BillShare { day, owner, kind, group: Some(group), amount });
            }
        }
    }
}

fn line_of(charge: &Charge, day: u32, span: SimDuration, amount: Money) -> BillLine {
    BillLine { day, kind: charge.kind, group: None, name: charge.name.clone(), span, amount }
}

fn share_of(charge: &Charge, day: u32, amount: Money) -> BillShare {
    let owner = charge.namespace.map_or(Owner::Unallocated, Owner::Namespace);
    BillShare { day, owner, kind: ShareKind::Charge(charge.kind), group: None, amount }
}

/// One group's nodes on one day.
#[derive(Default)]
struct Pool {
    cost: Money,
    capacity: Integral,
}

type LineKey = (u32, ChargeKind, Option<GroupId>, Arc<str>);

/// Lines summed by day, kind, group and name.
#[derive(Default)]
struct Lines(BTreeMap<LineKey, (SimDuration, Money)>);

impl Lines {
    fn add(&mut self, line: BillLine) {
        let BillLine { day, kind, group, name, span, amount } = line;
        let sum = self.0.entry((day, kind, group, name)).or_default();
        sum.0 += span;
        sum.1 += amount;
    }
    fn into_rows(self) -> Vec<BillLine> {
        let row = |((day, kind, group, name), (span, amount))| BillLine { day, kind, group, name, span, amount };
        self.0.into_iter().map(row).collect()
    }
}

/// Shares summed by day, owner, kind and group; those of nothing are left out.
#[derive(Default)]
struct Shares(BTreeMap<(u32, Owner, ShareKind, Option<GroupId>), Money>);

impl Shares {
    fn add(&mut self, share: BillShare) {
        let BillShare { day, owner, kind, group, amount } = share;
        if amount != Money::ZERO {
            *self.0.entry((day, owner, kind, group)).or_default() += amount;
        }
    }
    fn into_rows(self) -> Vec<BillShare> {
        let row = |((day, owner, kind, group), amount)| BillShare { day, owner, kind, group, amount };
        self.0.into_iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{BaseRates, Held, Offer, OfferId};
    use crate::id::Id;
    use proptest::prelude::*;

    const GIB: i64 = 1 << 30;

    fn at(seconds: i64) -> SimTime {
        SimTime::from_secs(seconds)
    }

    fn books() -> (Ledger, GroupId, NamespaceId, OfferId) {
        let mut ledger = Ledger::new(SimTime::ZERO, BaseRates::default());
        let group = ledger.add_group("app");
        let namespace = ledger.add_namespace("order");
        let offer = m5_large(&mut ledger, group, CapacityType::OnDemand, 0.096);
        (ledger, group, namespace, offer)
    }

    fn m5_large(ledger: &mut Ledger, group: GroupId, capacity_type: CapacityType, usd: f64) -> OfferId {
        ledger.add_offer(Offer {
            group,
            instance_type: "m5.large".into(),
            capacity_type,
            price: PricePerHour::from_usd(usd),
            cpu_milli: 2000,
            memory_bytes: 8 * GIB,
        })
    }

    #[test]
    fn nodes_are_billed_by_the_second_after_a_minute() {
        let check = |seconds_milli: i64, billed_seconds: i64| {
            let (mut ledger, .., offer) = books();
            let node = ledger.node_launched(SimTime::ZERO, offer);
            ledger.node_terminated(SimTime::from_millis(seconds_milli), node);
            let bill = ledger.close(at(3600));
            let price = PricePerHour::from_usd(0.096);
            assert_eq!(bill.total(), price.cost_of(SimDuration::from_secs(billed_seconds)), "{seconds_milli} ms");
        };
        check(0, 60);
        check(10_000, 60);
        check(60_000, 60);
        check(60_001, 61);
        check(3_000_000, 3000);
    }

    /// Totals by owner.
    fn by_owner(bill: &Bill) -> BTreeMap<Owner, Money> {
        let mut totals = BTreeMap::new();
        bill.shares.iter().for_each(|share| *totals.entry(share.owner).or_default() += share.amount);
        totals
    }

    /// Totals by day, every day of the span present.
    fn by_day(bill: &Bill) -> Vec<Money> {
        let days = bill.lines.iter().map(|line| line.day as usize + 1).max().unwrap_or(0);
        let mut totals = vec![Money::ZERO; days];
        bill.lines.iter().for_each(|line| totals[line.day as usize] += line.amount);
        totals
    }

    #[test]
    fn a_week_on_demand_costs_its_list_price() {
        let (mut ledger, group, _, offer) = books();
        for _ in 0..3 {
            ledger.node_launched(SimTime::ZERO, offer);
        }
        assert_eq!(ledger.run_rate(), PricePerHour::from_usd(0.288));
        let bill = ledger.close(at(7 * 86_400));
        assert_eq!(bill.total(), Money::from_usd(3.0 * 0.096 * 168.0));
        assert_eq!(Bill::at_monthly_rate(bill.total(), bill.span), Money::from_usd(3.0 * 0.096 * 730.0));
        assert_eq!(by_day(&bill), vec![Money::from_usd(3.0 * 0.096 * 24.0); 7]);
        let lines = bill.lines.iter().filter(|line| line.group == Some(group));
        assert_eq!(lines.fold(SimDuration::ZERO, |sum, line| sum + line.span), SimDuration::from_hours(3 * 168));
        assert_eq!(by_owner(&bill), BTreeMap::from([(Owner::Idle, bill.total())]));
    }

    #[test]
    fn namespaces_pay_for_what_they_hold() {
        let (mut ledger, group, namespace, offer) = books();
        ledger.node_launched(SimTime::ZERO, offer);
        ledger.set_held(at(0), group, namespace, Held { cpu_milli: 1000, memory_bytes: 4 * GIB });
        let release = Held { cpu_milli: -1000, memory_bytes: -4 * GIB };
        ledger.add_held(at(43_200), group, namespace, release);
        let bill = ledger.close(at(86_400));
        let owners = by_owner(&bill);
        let is = |owner, usd| (owners[&owner] - Money::from_usd(usd)).nano_usd().abs() <= 2;
        assert!(is(Owner::Namespace(namespace), 0.096 * 24.0 / 4.0), "{owners:?}");
        assert!(is(Owner::Idle, 0.096 * 24.0 * 0.75), "{owners:?}");
        assert_eq!(bill.owner_name(Owner::Namespace(namespace)), "order");
    }

    #[test]
    fn charges_belong_to_their_namespace_or_to_nobody() {
        let (mut ledger, _, namespace, _) = books();
        let charge = |kind, name: &str, namespace, usd| Charge {
            kind,
            name: name.into(),
            namespace,
            price: PricePerHour::from_usd(usd),
        };
        ledger.charge_started(at(0), charge(ChargeKind::ControlPlane, "EKS", None, 0.1));
        ledger.charge_started(at(0), charge(ChargeKind::Volumes, "data", Some(namespace), 0.01));
        ledger.charge_started(at(90_000), charge(ChargeKind::DataTransfer, "NAT", None, 0.045));
        let bill = ledger.close(at(2 * 86_400));
        let transfer = Money::from_usd(0.045 * 23.0);
        assert_eq!(by_owner(&bill)[&Owner::Namespace(namespace)], Money::from_usd(0.48));
        assert_eq!(by_owner(&bill)[&Owner::Unallocated], Money::from_usd(4.8) + transfer);
        assert_eq!(bill.by_kind()[&ChargeKind::DataTransfer], transfer);
        assert_eq!(by_day(&bill), [Money::from_usd(2.64), Money::from_usd(2.64) + transfer]);
    }

    #[test]
    fn spot_nodes_are_a_line_of_their_own() {
        let (mut ledger, group, _, on_demand) = books();
        let spot = m5_large(&mut ledger, group, CapacityType::Spot, 0.0326);
        ledger.node_launched(at(0), on_demand);
        ledger.node_launched(at(0), spot);
        let bill = ledger.close(at(3600));
        assert_eq!(bill.by_kind()[&ChargeKind::OnDemandNodes], Money::from_usd(0.096));
        assert_eq!(bill.by_kind()[&ChargeKind::SpotNodes], Money::from_usd(0.0326));
    }

    /// (launch second, seconds of life, group)
    type Life = (i64, i64, usize);
    /// (second, group, namespace, millicores, MiB)
    type Hold = (i64, usize, usize, i64, i64);

    fn random_bill(mut lives: Vec<Life>, mut holds: Vec<Hold>) -> Bill {
        let (mut ledger, _, _, _) = books();
        ledger.add_group("db");
        ledger.add_namespace("payment");
        ledger.add_namespace("catalog");
        let prices = [("on-demand", 0.096, CapacityType::OnDemand), ("spot", 0.034_567_891, CapacityType::Spot)];
        let offers: Vec<OfferId> =
            (0..2).map(|g| m5_large(&mut ledger, GroupId::from_index(g), prices[g].2, prices[g].1)).collect();
        lives.sort_unstable();
        holds.sort_unstable();
        for (launch, life, group) in lives {
            let node = ledger.node_launched(at(launch), offers[group]);
            if life < 300_000 {
                ledger.node_terminated(at(launch + life), node);
            }
        }
        for (second, group, namespace, cpu_milli, mib) in holds {
            let held = Held { cpu_milli, memory_bytes: mib << 20 };
            ledger.set_held(at(second), GroupId::from_index(group), NamespaceId::from_index(namespace), held);
        }
        ledger.close(at(400_000))
    }

    proptest! {
        #[test]
        fn every_nano_dollar_is_somebodys(
            lives in prop::collection::vec((0..400_000i64, 0..400_000i64, 0..2usize), 0..20),
            holds in prop::collection::vec((0..400_000i64, 0..2usize, 0..3usize, 0..9000i64, 0..60_000i64), 0..60),
        ) {
            let bill = random_bill(lives, holds);
            let mut by_day_and_group: BTreeMap<(u32, Option<GroupId>), Money> = BTreeMap::new();
            for line in &bill.lines {
                prop_assert!(line.amount >= Money::ZERO);
                *by_day_and_group.entry((line.day, line.group)).or_default() += line.amount;
            }
            for share in &bill.shares {
                prop_assert!(share.amount > Money::ZERO);
                let rest = by_day_and_group.get_mut(&(share.day, share.group));
                prop_assert!(rest.is_some());
                if let Some(rest) = rest { *rest = *rest - share.amount; }
            }
            prop_assert!(by_day_and_group.values().all(|rest| *rest == Money::ZERO));
            prop_assert_eq!(by_day(&bill).into_iter().sum::<Money>(), bill.total());
            prop_assert_eq!(by_owner(&bill).into_values().sum::<Money>(), bill.total());
        }

        /// Booking the same holding again and again, at any times, changes nothing.
        #[test]
        fn steps_do_not_matter(mut steps in prop::collection::vec(1..500_000i64, 0..40)) {
            let bill_of = |steps: &[i64]| {
                let (mut ledger, group, namespace, offer) = books();
                ledger.node_launched(at(0), offer);
                let held = Held { cpu_milli: 333, memory_bytes: GIB / 3 };
                for step in [&[0], steps].concat() {
                    ledger.set_held(at(step), group, namespace, held);
                }
                ledger.close(at(500_000))
            };
            steps.sort_unstable();
            prop_assert_eq!(bill_of(&[]), bill_of(&steps));
        }
    }
}

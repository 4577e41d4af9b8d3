//! The ledger as a whole.

use super::*;
use crate::id::{GroupId, Id};
use crate::market::Origin;
use crate::units::{Money, SimDuration, SimTime};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const GIB: i64 = 1 << 30;

fn at(seconds: i64) -> SimTime {
    SimTime::from_secs(seconds)
}

fn item(kind: ChargeKind, basis: Basis, payer: Payer, tiers: &[(u64, f64)]) -> Arc<Item> {
    let tier =
        |(above, usd): &(u64, f64)| Tier { above: *above, list: Money::from_usd(*usd), net: Money::from_usd(*usd) };
    Arc::new(Item {
        kind,
        service: "EC2".into(),
        sku: "m5.large".into(),
        name: "m5.large nodes".into(),
        resource: "node group app".into(),
        region: "us-east-1".into(),
        zone: None,
        payer,
        labels: Vec::new(),
        price: UnitPrice {
            unit: Unit { name: "Hours", basis },
            price_type: if kind == ChargeKind::SpotNodes { PriceType::Spot } else { PriceType::OnDemand },
            tiers: tiers.iter().map(tier).collect(),
            origin: Origin::listed("test", "2026-01-01"),
        },
        net_by_hour: None,
    })
}

fn calendar(days: i64) -> Arc<Calendar> {
    let start = "2026-12-07T00:00:00Z".parse().unwrap();
    Arc::new(Calendar::new(start, &jiff::tz::TimeZone::UTC, SimDuration::from_hours(24 * days)).unwrap())
}

struct Books {
    ledger: Ledger,
    pool: PoolId,
    node: ItemId,
    order: NamespaceId,
}

fn pool(ledger: &mut Ledger, group: usize) -> PoolId {
    ledger.add_pool(Pool { group: GroupId::from_index(group), cpu_milli: 2000, memory_bytes: 8 * GIB, gpus: 0 })
}

fn books() -> Books {
    let mut ledger = Ledger::new(calendar(8), BaseRates::default(), 1);
    let order = ledger.add_namespace("order");
    let pool = pool(&mut ledger, 0);
    let nodes = item(ChargeKind::OnDemandNodes, Basis::Hour, Payer::Holders, &[(0, 0.096)]);
    let node = ledger.add_node_item(nodes, pool);
    Books { ledger, pool, node, order }
}

fn by_owner(bill: &Bill) -> BTreeMap<Owner, Money> {
    let mut totals = BTreeMap::new();
    bill.shares.iter().for_each(|share| *totals.entry(share.owner).or_default() += share.amount);
    totals
}

fn held(cpu_milli: i64, memory_bytes: i64) -> Held {
    Held { cpu_milli, memory_bytes, gpus: 0, pods: if cpu_milli < 0 { -1 } else { 1 } }
}

#[test]
fn nodes_are_billed_by_the_second_after_a_minute() {
    let check = |milliseconds: i64, billed_seconds: f64| {
        let mut books = books();
        let node = books.ledger.node_launched(SimTime::ZERO, books.node);
        books.ledger.node_terminated(SimTime::from_millis(milliseconds), node, NodeBilling::BySecond);
        let total = books.ledger.close(at(7200)).total();
        assert_eq!(total, Money::from_usd(0.096 * billed_seconds / 3600.0), "{milliseconds} ms");
    };
    check(0, 60.0);
    check(10_000, 60.0);
    check(60_000, 60.0);
    check(60_001, 61.0);
    check(3_000_000, 3000.0);
    check(3_600_000, 3600.0);
    check(3_601_000, 3601.0);
}

#[test]
fn what_ends_with_the_simulated_time_is_billed_in_its_last_hour() {
    let mut books = books();
    let node = books.ledger.node_launched(at(7190), books.node);
    let taken = books.ledger.node_launched(at(7190), books.node);
    books.ledger.node_terminated(at(7200), node, NodeBilling::BySecond);
    books.ledger.node_terminated(at(7200), taken, NodeBilling::Free);
    let bill = books.ledger.close(at(7200));
    assert_eq!(bill.total(), Money::from_usd(0.096 / 60.0));
    assert!(bill.lines.iter().all(|line| line.quantity.len() == 2));
}

#[test]
fn what_is_taken_back_early_is_told_and_free() {
    let mut books = books();
    let early = books.ledger.node_launched(at(3000), books.node);
    books.ledger.node_launched(at(3000), books.node);
    books.ledger.node_terminated(at(3000 + 1799), early, NodeBilling::Free);
    let bill = books.ledger.close(at(7200));
    let lines: Vec<_> = bill.lines.iter().map(|line| (line.price_type, line.total(&bill.calendar))).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((lines[0].0, lines[0].1.net), (PriceType::OnDemand, Money::from_usd(0.096 * 4200.0 / 3600.0)));
    assert_eq!((lines[1].0, lines[1].1.net), (PriceType::Free, Money::ZERO));
    assert_eq!(lines[1].1.list.nano_usd(), 47_973_333, "1799 s at 0.096 an hour");
    assert_eq!(by_owner(&bill).values().copied().sum::<Money>(), bill.total());
}

#[test]
fn a_week_on_demand_costs_its_list_price() {
    let mut books = books();
    for _ in 0..3 {
        books.ledger.node_launched(SimTime::ZERO, books.node);
    }
    assert_eq!(books.ledger.run_rate(), crate::units::PricePerHour::from_usd(0.288));
    let bill = books.ledger.close(at(7 * 86_400));
    assert_eq!(bill.total(), Money::from_usd(3.0 * 0.096 * 168.0));
    assert_eq!(Bill::at_monthly_rate(bill.total(), bill.span), Money::from_usd(3.0 * 0.096 * 730.0));
    let hours: Vec<Money> = bill.lines[0].hours(&bill.calendar).map(|hour| hour.net).collect();
    assert_eq!(hours, vec![Money::from_usd(0.288); 168]);
    assert_eq!(by_owner(&bill), BTreeMap::from([(Owner::Idle, bill.total())]));
}

#[test]
fn workloads_pay_for_what_they_hold() {
    let mut books = books();
    let workload = Holder::Workload(Id::from_index(0));
    books.ledger.node_launched(SimTime::ZERO, books.node);
    books.ledger.add_held(at(0), books.pool, workload, held(1000, 4 * GIB));
    books.ledger.add_held(at(43_200), books.pool, workload, held(-1000, -4 * GIB));
    let owners = by_owner(&books.ledger.close(at(86_400)));
    let is = |owner, usd| (owners[&owner] - Money::from_usd(usd)).nano_usd().abs() <= 2;
    assert!(is(Owner::Workload(Id::from_index(0)), 0.096 * 24.0 / 4.0), "{owners:?}");
    assert!(is(Owner::Idle, 0.096 * 24.0 * 0.75), "{owners:?}");
}

#[test]
fn charges_belong_to_who_pays_them() {
    let mut books = books();
    let order = Payer::Namespace(books.order);
    let plane = books.ledger.add_item(item(ChargeKind::ControlPlane, Basis::Hour, Payer::Cluster, &[(0, 0.1)]));
    let volume = books.ledger.add_item(item(ChargeKind::Volumes, Basis::Month, order, &[(0, 0.08)]));
    let workloads = Payer::Workloads(vec![Id::from_index(0)]);
    let nat = books.ledger.add_item(item(ChargeKind::DataTransfer, Basis::Count, workloads, &[(0, 0.045)]));
    books.ledger.add_level(at(0), plane, MICRO);
    books.ledger.add_level(at(0), volume, 100 * MICRO);
    books.ledger.add(at(90_000), nat, 2_000_000_000);
    let bill = books.ledger.close(at(2 * 86_400));
    let owners = by_owner(&bill);
    assert_eq!(owners[&Owner::Unallocated], Money::from_usd(4.8));
    assert_eq!(owners[&Owner::Namespace(books.order)], Money::from_usd(100.0 * 0.08 * 48.0 / 744.0), "of December");
    assert_eq!(owners[&Owner::Workload(Id::from_index(0))], Money::from_usd(0.09));
}

#[test]
fn tiers_begin_anew_each_month() {
    // From 30 November on: two days in each month.
    let start = "2026-11-29T00:00:00Z".parse().unwrap();
    let calendar = Calendar::new(start, &jiff::tz::TimeZone::UTC, SimDuration::from_hours(96)).unwrap();
    let mut ledger = Ledger::new(Arc::new(calendar), BaseRates::default(), 0);
    let tiers = [(0, 0.09), (10, 0.085), (50, 0.07)];
    let internet = ledger.add_item(item(ChargeKind::DataTransfer, Basis::Count, Payer::Cluster, &tiers));
    for (hour, gb) in [(1, 8), (2, 4), (30, 60), (50, 11)] {
        ledger.add(at(hour * 3600), internet, gb * 1_000_000_000);
    }
    let bill = ledger.close(at(4 * 86_400));
    let total = |tier: u8| {
        let line = bill.lines.iter().find(|line| line.key.part == Part::Tier(tier)).unwrap();
        (line.quantity.sum() / 1_000_000_000, line.total(&bill.calendar).net)
    };
    assert_eq!(total(0), (20, Money::from_usd(20.0 * 0.09)));
    assert_eq!(total(1), (41, Money::from_usd(41.0 * 0.085)));
    assert_eq!(total(2), (22, Money::from_usd(22.0 * 0.07)));
}

#[test]
fn a_month_is_billed_whole_whatever_its_length() {
    let start = "2026-02-01T00:00:00Z".parse().unwrap();
    let calendar = Calendar::new(start, &jiff::tz::TimeZone::UTC, SimDuration::from_hours(24 * 59)).unwrap();
    let mut ledger = Ledger::new(Arc::new(calendar), BaseRates::default(), 0);
    let volume = ledger.add_item(item(ChargeKind::Volumes, Basis::Month, Payer::Cluster, &[(0, 0.08)]));
    ledger.add_level(at(0), volume, 30 * MICRO);
    let bill = ledger.close(at(59 * 86_400));
    assert_eq!(bill.total(), Money::from_usd(2.0 * 30.0 * 0.08));
    assert_eq!(bill.lines[0].quantity.len(), 59 * 24);
}

#[test]
fn prices_may_change_from_hour_to_hour() {
    let mut books = books();
    let spot = item(ChargeKind::SpotNodes, Basis::Hour, Payer::Holders, &[(0, 0.096)]);
    let spot = Arc::new(Item { net_by_hour: Some(Arc::new([30_000_000, 40_000_000])), ..(*spot).clone() });
    let spot = books.ledger.add_node_item(spot, books.pool);
    books.ledger.node_launched(at(1800), spot);
    let bill = books.ledger.close(at(3 * 3600));
    let total = bill.lines[0].total(&bill.calendar);
    assert_eq!(total.net, Money::from_usd(0.015 + 0.04 + 0.04));
    assert_eq!(total.list, Money::from_usd(0.096 * 2.5));
}

/// (launch second, seconds of life, group)
type Life = (i64, i64, usize);
/// (second, group, holder, millicores, MiB)
type Hold = (i64, usize, usize, i64, i64);

fn random_bill(mut lives: Vec<Life>, mut holds: Vec<Hold>) -> Bill {
    let mut books = books();
    books.ledger.add_namespace("payment");
    let db = pool(&mut books.ledger, 1);
    let odd = item(ChargeKind::SpotNodes, Basis::Hour, Payer::Holders, &[(0, 0.034_567_891)]);
    let nodes = [books.node, books.ledger.add_node_item(odd, db)];
    lives.sort_unstable();
    holds.sort_unstable();
    for (launch, life, group) in lives {
        let node = books.ledger.node_launched(at(launch), nodes[group]);
        if life < 300_000 {
            let billing = if life < 3000 { NodeBilling::Free } else { NodeBilling::BySecond };
            // The ledger is told of everything in order; here of one node after the other.
            books.ledger.node_terminated(at(launch + life), node, billing);
        }
    }
    for (second, group, holder, cpu_milli, mib) in holds {
        let holder = match holder {
            0 => Holder::Workload(Id::from_index(0)),
            other => Holder::Namespace(NamespaceId::from_index(other - 1)),
        };
        books.ledger.add_held(at(second), [books.pool, db][group], holder, held(cpu_milli, mib << 20));
    }
    books.ledger.close(at(400_000))
}

proptest! {
    #[test]
    fn every_nano_dollar_is_somebodys(
        lives in prop::collection::vec((0..400_000i64, 0..400_000i64, 0..2usize), 0..20),
        holds in prop::collection::vec((0..400_000i64, 0..2usize, 0..3usize, 0..9000i64, 0..60_000i64), 0..60),
    ) {
        let bill = random_bill(lives, holds);
        let mut rest: BTreeMap<(u32, Option<GroupId>), Money> = BTreeMap::new();
        for line in &bill.lines {
            for (hour, amounts) in line.hours(&bill.calendar).enumerate() {
                prop_assert!(amounts.net >= Money::ZERO);
                *rest.entry((bill.calendar.day_of(hour as u32), bill.group(line))).or_default() += amounts.effective;
            }
        }
        for share in &bill.shares {
            prop_assert!(share.amount > Money::ZERO);
            let left = rest.get_mut(&(share.day, share.group));
            prop_assert!(left.is_some());
            if let Some(left) = left { *left = *left - share.amount; }
        }
        prop_assert!(rest.values().all(|left| *left == Money::ZERO));
        prop_assert_eq!(by_owner(&bill).into_values().sum::<Money>(), bill.total());
    }

    /// Looking at the meters again and again, at any times, changes nothing.
    #[test]
    fn steps_do_not_matter(mut steps in prop::collection::vec(1..500_000i64, 0..40)) {
        let bill_of = |steps: &[i64]| {
            let mut books = books();
            books.ledger.node_launched(at(0), books.node);
            for step in steps {
                books.ledger.add_level(at(*step), books.node, 0);
                books.ledger.add_held(at(*step), books.pool, Holder::Namespace(books.order), held(0, 0));
                books.ledger.add_held(at(*step), books.pool, Holder::Namespace(books.order), Held { pods: -1, ..Held::default() });
            }
            let bill = books.ledger.close(at(500_000));
            (bill.total(), by_owner(&bill)[&Owner::Idle])
        };
        steps.sort_unstable();
        prop_assert_eq!(bill_of(&steps), bill_of(&[]));
    }
}

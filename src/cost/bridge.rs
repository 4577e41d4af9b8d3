//! Why one bill is larger than another: the difference as steps that add up to it exactly.
//!
//! The cost is taken as `volume x units per volume x sum(share x price) + fixed + unused commitments`. From the base to the
//! other, one factor after the other changes, and those after it stay as they were: volume, efficiency, mix of families, spot
//! against on demand, coverage by commitments, prices, fixed costs, unused commitments. Positive is more cost.

use crate::units::Money;
use std::collections::BTreeMap;

/// How a unit of capacity is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Paid {
    /// At the on-demand price.
    OnDemand,
    /// At the spot price.
    Spot,
    /// Covered by a commitment, at its effective rate.
    Committed,
}

/// Some capacity: a machine family, and how it is paid for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capacity {
    /// `m5`, `n2`
    pub family: String,
    /// How it is paid for.
    pub paid: Paid,
}

/// How much capacity there was, and what it cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bought {
    /// vCPU-hours, or any unit that both sides count in; 0 or more.
    pub units: f64,
    /// What they cost.
    pub cost: Money,
}

/// One of two bills.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BridgeSide {
    /// What the capacity was for: requests; 0 where nobody asked for anything.
    pub volume: f64,
    /// Capacity.
    pub bought: BTreeMap<Capacity, Bought>,
    /// Prices per unit, in USD, of capacity that this side has none of. Where one is missing, the other side's is taken.
    pub price_list: BTreeMap<Capacity, f64>,
    /// Everything that is no capacity.
    pub fixed: Money,
    /// Commitments that covered nothing.
    pub unused_commitments: Money,
}

/// The difference of two bills, step by step. The steps add up to the total to the nano-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bridge {
    /// More or less is asked for.
    pub volume: Money,
    /// More or less capacity for the same.
    pub efficiency: Money,
    /// Other machine families.
    pub families: Money,
    /// More or less of it on spot.
    pub spot: Money,
    /// More or less of it covered by commitments.
    pub commitments: Money,
    /// Other prices for the same.
    pub price: Money,
    /// What is no capacity.
    pub fixed: Money,
    /// What was committed to and not used.
    pub unused_commitments: Money,
}

impl Bridge {
    /// From `base` to `other`. Cost: a few passes over the capacity.
    pub fn between(base: &BridgeSide, other: &BridgeSide) -> Bridge {
        let mix = Mix { base, other };
        let (before, after) = (base.capacity_cost(), other.capacity_cost());
        let (base_units, units) = (base.units(), other.units());
        let scaled = |factor: f64| Money::from_usd(before.usd() * factor);
        // Where one side has no volume or no capacity, there is no rate to keep: the next step takes it all.
        let volume = if base.volume > 0.0 && other.volume > 0.0 { scaled(other.volume / base.volume) } else { before };
        let efficiency = if base_units > 0.0 && units > 0.0 { scaled(units / base_units) } else { volume };
        let families = Money::from_usd(mix.families());
        let spot = Money::from_usd(mix.spot());
        let commitments = Money::from_usd(mix.commitments());
        Bridge {
            volume: volume - before,
            efficiency: efficiency - volume,
            families: families - efficiency,
            spot: spot - families,
            commitments: commitments - spot,
            price: after - commitments,
            fixed: other.fixed - base.fixed,
            unused_commitments: other.unused_commitments - base.unused_commitments,
        }
    }
    /// Families, spot and commitments: what the capacity is made of.
    pub fn mix(&self) -> Money {
        self.families + self.spot + self.commitments
    }
    /// All steps with their names, in order.
    pub fn steps(&self) -> [(BridgeStepKind, Money); 8] {
        BridgeStepKind::ALL.map(|kind| (kind, kind.of(self)))
    }
    /// The whole difference.
    pub fn total(&self) -> Money {
        self.steps().iter().map(|(_, amount)| *amount).sum()
    }
}

/// A step of a [`Bridge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum BridgeStepKind {
    Volume,
    Efficiency,
    Families,
    Spot,
    Commitments,
    Price,
    Fixed,
    UnusedCommitments,
}

impl BridgeStepKind {
    /// In the order in which factors change.
    pub const ALL: [BridgeStepKind; 8] = [
        BridgeStepKind::Volume,
        BridgeStepKind::Efficiency,
        BridgeStepKind::Families,
        BridgeStepKind::Spot,
        BridgeStepKind::Commitments,
        BridgeStepKind::Price,
        BridgeStepKind::Fixed,
        BridgeStepKind::UnusedCommitments,
    ];
    /// A few words for people.
    pub const fn name(self) -> &'static str {
        match self {
            BridgeStepKind::Volume => "volume",
            BridgeStepKind::Efficiency => "efficiency",
            BridgeStepKind::Families => "machine mix",
            BridgeStepKind::Spot => "spot against on demand",
            BridgeStepKind::Commitments => "commitments",
            BridgeStepKind::Price => "price",
            BridgeStepKind::Fixed => "fixed",
            BridgeStepKind::UnusedCommitments => "unused commitments",
        }
    }
    /// What it is about, for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            BridgeStepKind::Volume => "more or fewer requests",
            BridgeStepKind::Efficiency => "vCPU-hours for each request",
            BridgeStepKind::Families => "other machine families",
            BridgeStepKind::Spot => "the share of vCPU-hours on spot",
            BridgeStepKind::Commitments => "the share that commitments cover",
            BridgeStepKind::Price => "the price of a vCPU-hour of the same kind",
            BridgeStepKind::Fixed => "what is no node: control plane, volumes, load balancers, services, traffic",
            BridgeStepKind::UnusedCommitments => "fees of commitments that covered nothing",
        }
    }
    fn of(self, bridge: &Bridge) -> Money {
        match self {
            BridgeStepKind::Volume => bridge.volume,
            BridgeStepKind::Efficiency => bridge.efficiency,
            BridgeStepKind::Families => bridge.families,
            BridgeStepKind::Spot => bridge.spot,
            BridgeStepKind::Commitments => bridge.commitments,
            BridgeStepKind::Price => bridge.price,
            BridgeStepKind::Fixed => bridge.fixed,
            BridgeStepKind::UnusedCommitments => bridge.unused_commitments,
        }
    }
}

impl BridgeSide {
    fn units(&self) -> f64 {
        self.bought.values().map(|bought| bought.units).sum()
    }
    fn capacity_cost(&self) -> Money {
        self.bought.values().map(|bought| bought.cost).sum()
    }
    /// The price of a unit; none where it has none of it and no list price.
    fn price(&self, capacity: &Capacity) -> Option<f64> {
        let bought = self.bought.get(capacity).filter(|bought| bought.units > 0.0);
        bought.map(|bought| bought.cost.usd() / bought.units).or_else(|| self.price_list.get(capacity).copied())
    }
    /// Units of a family for which something holds.
    fn units_of(&self, family: &str, holds: impl Fn(Paid) -> bool) -> f64 {
        let of = self.bought.iter().filter(|(capacity, _)| capacity.family == family && holds(capacity.paid));
        of.map(|(_, bought)| bought.units).sum()
    }
}

/// The other side's capacity at the base's prices, in three steps of detail.
struct Mix<'a> {
    base: &'a BridgeSide,
    other: &'a BridgeSide,
}

impl Mix<'_> {
    /// Each kind of capacity with its units, at the base's price.
    fn commitments(&self) -> f64 {
        self.other.bought.iter().map(|(capacity, bought)| bought.units * self.base_price(capacity)).sum()
    }
    /// As before, but of what is not spot the base's share is covered by commitments.
    fn spot(&self) -> f64 {
        self.each(|family, is_spot| self.mean_price(family, |paid| (paid == Paid::Spot) == is_spot))
    }
    /// As before, and the base's share of each family is on spot.
    fn families(&self) -> f64 {
        self.each(|family, is_spot| match self.has(family, |_| true) {
            true => self.mean_price(family, |_| true),
            // A new family comes with its own division.
            false => self.mean_price(family, |paid| (paid == Paid::Spot) == is_spot),
        })
    }
    /// The units of each family, spot and others, at the price that is given.
    fn each(&self, price: impl Fn(&str, bool) -> f64) -> f64 {
        let cost = |family: &str| -> f64 {
            let of = |is_spot: bool| self.other.units_of(family, |paid| (paid == Paid::Spot) == is_spot);
            [true, false]
                .map(|is_spot| if of(is_spot) > 0.0 { of(is_spot) * price(family, is_spot) } else { 0.0 })
                .iter()
                .sum()
        };
        let mut families: Vec<&str> = self.other.bought.keys().map(|capacity| capacity.family.as_str()).collect();
        families.dedup();
        families.into_iter().map(cost).sum()
    }
    fn has(&self, family: &str, holds: impl Fn(Paid) -> bool) -> bool {
        self.base.units_of(family, holds) > 0.0
    }
    /// The base's mean price of a family's capacity; where it has none, that of the other side's division.
    fn mean_price(&self, family: &str, holds: impl Fn(Paid) -> bool) -> f64 {
        let side = if self.has(family, &holds) { self.base } else { self.other };
        let of = side.bought.iter().filter(|(capacity, _)| capacity.family == family && holds(capacity.paid));
        let (units, cost) = of.fold((0.0, 0.0), |(units, cost), (capacity, bought)| {
            (units + bought.units, cost + bought.units * self.base_price(capacity))
        });
        if units > 0.0 { cost / units } else { 0.0 }
    }
    fn base_price(&self, capacity: &Capacity) -> f64 {
        self.base.price(capacity).or_else(|| self.other.price(capacity)).unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn side(volume: f64, rows: &[(&str, Paid, f64, f64)]) -> BridgeSide {
        let row = |(family, paid, units, price): &(&str, Paid, f64, f64)| {
            let capacity = Capacity { family: (*family).to_owned(), paid: *paid };
            (capacity, Bought { units: *units, cost: Money::from_usd(units * price) })
        };
        BridgeSide { volume, bought: rows.iter().map(row).collect(), ..BridgeSide::default() }
    }

    #[test]
    fn each_cause_has_its_own_step() {
        let base = side(10.0, &[("m5", Paid::OnDemand, 80.0, 0.05), ("m5", Paid::Spot, 20.0, 0.02)]);
        let only = |other: &BridgeSide| {
            let bridge = Bridge::between(&base, other);
            let steps = bridge.steps().into_iter().filter(|(_, amount)| amount.nano_usd().abs() > 1);
            steps.map(|(kind, amount)| (kind, amount.to_string())).collect::<Vec<_>>()
        };
        let twice = side(20.0, &[("m5", Paid::OnDemand, 160.0, 0.05), ("m5", Paid::Spot, 40.0, 0.02)]);
        assert_eq!(only(&twice), [(BridgeStepKind::Volume, "$4.40".into())]);
        let leaner = side(10.0, &[("m5", Paid::OnDemand, 40.0, 0.05), ("m5", Paid::Spot, 10.0, 0.02)]);
        assert_eq!(only(&leaner), [(BridgeStepKind::Efficiency, "-$2.20".into())]);
        let spot = side(10.0, &[("m5", Paid::OnDemand, 20.0, 0.05), ("m5", Paid::Spot, 80.0, 0.02)]);
        assert_eq!(only(&spot), [(BridgeStepKind::Spot, "-$1.80".into())]);
        let covered = side(
            10.0,
            &[("m5", Paid::OnDemand, 30.0, 0.05), ("m5", Paid::Committed, 50.0, 0.03), ("m5", Paid::Spot, 20.0, 0.02)],
        );
        assert_eq!(only(&covered), [(BridgeStepKind::Commitments, "-$1.00".into())]);
        let dearer = side(10.0, &[("m5", Paid::OnDemand, 80.0, 0.06), ("m5", Paid::Spot, 20.0, 0.02)]);
        assert_eq!(only(&dearer), [(BridgeStepKind::Price, "$0.80".into())]);
        let others = side(10.0, &[("c5", Paid::OnDemand, 80.0, 0.04), ("c5", Paid::Spot, 20.0, 0.02)]);
        assert_eq!(only(&others), [(BridgeStepKind::Families, "-$0.80".into())]);
    }

    proptest! {
        #[test]
        fn steps_add_up_to_the_nano(
            base in prop::collection::vec((0usize..3, 0usize..3, 0f64..900.0, 0f64..2.0), 0..7),
            other in prop::collection::vec((0usize..3, 0usize..3, 0f64..900.0, 0f64..2.0), 0..7),
            volumes in (0f64..100.0, 0f64..100.0),
            fixed in (0i128..1_000_000_000_000, 0i128..1_000_000_000_000),
        ) {
            let made = |rows: &[(usize, usize, f64, f64)], volume: f64, fixed: i128| {
                let paid = [Paid::OnDemand, Paid::Spot, Paid::Committed];
                let named: Vec<_> = rows.iter().map(|(f, p, u, c)| (["a", "b", "c"][*f], paid[*p], *u, *c)).collect();
                BridgeSide { fixed: Money::from_nano_usd(fixed), unused_commitments: Money::from_nano_usd(fixed / 7), ..side(volume, &named) }
            };
            let (base, other) = (made(&base, volumes.0, fixed.0), made(&other, volumes.1, fixed.1));
            let cost = |side: &BridgeSide| side.capacity_cost() + side.fixed + side.unused_commitments;
            prop_assert_eq!(Bridge::between(&base, &other).total(), cost(&other) - cost(&base));
            prop_assert_eq!(Bridge::between(&base, &base).total(), Money::ZERO);
        }
    }
}

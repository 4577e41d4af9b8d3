//! Dividing what nodes cost among those who hold them, as OpenCost v0.1 does.

use super::ids::NamespaceId;
use crate::units::{Money, SimDuration};

/// Base prices whose ratio splits a node's price into CPU and memory.
///
/// Source: OpenCost's default pricing: 0.031611 USD per core-hour, 0.004237 USD per GiB-hour.
/// Units: nano-USD per millicore-hour, nano-USD per GiB-hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseRates {
    /// Nano-USD for a millicore during an hour.
    pub cpu_milli_hour: i64,
    /// Nano-USD for a GiB during an hour.
    pub ram_gib_hour: i64,
}

impl Default for BaseRates {
    fn default() -> Self {
        BaseRates { cpu_milli_hour: 31_611, ram_gib_hour: 4_237_000 }
    }
}

/// Resources times time: millicore-nanoseconds and byte-nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Integral {
    cpu: i128,
    ram: i128,
}

impl Integral {
    pub(super) fn add(&mut self, cpu_milli: i64, memory_bytes: i64, span: SimDuration) {
        self.cpu += i128::from(cpu_milli) * i128::from(span.as_nanos());
        self.ram += i128::from(memory_bytes) * i128::from(span.as_nanos());
    }
    pub(super) fn is_zero(self) -> bool {
        self.cpu == 0 && self.ram == 0
    }
    /// What the integral costs at base prices, in nano-USD: small enough to multiply money with.
    fn at(self, rates: BaseRates) -> (i128, i128) {
        const HOUR: i128 = 3_600_000_000_000;
        let cpu = self.cpu * i128::from(rates.cpu_milli_hour) / HOUR;
        let ram = (self.ram >> 20) * i128::from(rates.ram_gib_hour) / HOUR / 1024;
        (cpu.max(0), ram.max(0))
    }
}

/// The parts of one group's day: who gets how much of the CPU and memory cost; idle is the rest.
pub(super) struct Division {
    /// Per namespace, in the order given: CPU and memory.
    pub(super) held: Vec<(NamespaceId, Money, Money)>,
    /// What nobody held: CPU and memory.
    pub(super) idle: (Money, Money),
}

/// Divides `cost` of nodes with `capacity` among `held`.
///
/// Where pods hold more than there is (usage above requests), the whole cost is divided among them.
/// Exact: the parts and idle add up to `cost`; none is negative.
pub(super) fn divide(cost: Money, capacity: Integral, held: &[(NamespaceId, Integral)], rates: BaseRates) -> Division {
    let (cpu_capacity, ram_capacity) = capacity.at(rates);
    let cpu_cost = floor_share(cost, cpu_capacity, cpu_capacity + ram_capacity);
    let ram_cost = cost - cpu_cost;
    let at_base: Vec<(i128, i128)> = held.iter().map(|(_, integral)| integral.at(rates)).collect();
    let cpu = split(cpu_cost, cpu_capacity, at_base.iter().map(|part| part.0));
    let ram = split(ram_cost, ram_capacity, at_base.iter().map(|part| part.1));
    let idle = (cpu_cost - cpu.iter().copied().sum(), ram_cost - ram.iter().copied().sum());
    let parts = held.iter().zip(cpu.into_iter().zip(ram)).map(|((id, _), (cpu, ram))| (*id, cpu, ram)).collect();
    Division { held: parts, idle }
}

/// `cost * part / capacity` for each part, scaled down if the parts exceed the capacity. Rounding
/// the running sum, not the parts, keeps the sum within `cost`.
fn split(cost: Money, capacity: i128, parts: impl Iterator<Item = i128> + Clone) -> Vec<Money> {
    let whole = capacity.max(parts.clone().sum());
    let (mut held, mut given) = (0, Money::ZERO);
    parts
        .map(|part| {
            held += part;
            let upto = floor_share(cost, held, whole);
            let share = upto - given;
            given = upto;
            share
        })
        .collect()
}

fn floor_share(amount: Money, part: i128, whole: i128) -> Money {
    if whole <= 0 {
        return Money::ZERO;
    }
    Money::from_nano_usd(amount.nano_usd().saturating_mul(part).div_euclid(whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::units::PricePerHour;

    const GIB: i64 = 1 << 30;

    fn integral(cpu_milli: i64, memory_bytes: i64, hours: i64) -> Integral {
        let mut integral = Integral::default();
        integral.add(cpu_milli, memory_bytes, SimDuration::from_hours(hours));
        integral
    }

    /// The specification's example: base prices 30 and 30 on a node of 35 become 17.5 and 17.5.
    #[test]
    fn base_price_ratios_are_kept() {
        let rates = BaseRates { cpu_milli_hour: 30_000, ram_gib_hour: 30_000_000 };
        let tenant = NamespaceId::from_index(0);
        let division = divide(Money::from_usd(35.0), integral(1000, GIB, 1), &[(tenant, integral(500, GIB, 1))], rates);
        assert_eq!(division.held, [(tenant, Money::from_usd(8.75), Money::from_usd(17.5))]);
        assert_eq!(division.idle, (Money::from_usd(8.75), Money::ZERO));
    }

    #[test]
    fn an_m5_large_is_two_thirds_cpu() {
        let cost = PricePerHour::from_usd(0.096).cost_of(SimDuration::from_hours(24));
        let tenant = NamespaceId::from_index(0);
        let all = integral(2000, 8 * GIB, 24);
        let division = divide(cost, all, &[(tenant, all)], BaseRates::default());
        let (_, cpu, ram) = division.held[0];
        assert_eq!(cpu + ram, cost);
        assert!((cpu.usd() / cost.usd() - 0.651).abs() < 0.001);
    }

    #[test]
    fn usage_above_capacity_leaves_nothing_idle() {
        let (a, b) = (NamespaceId::from_index(0), NamespaceId::from_index(1));
        let greedy = integral(1500, GIB, 1);
        let division =
            divide(Money::from_usd(1.0), integral(2000, 8 * GIB, 1), &[(a, greedy), (b, greedy)], BaseRates::default());
        assert_eq!(division.idle.0, Money::ZERO);
        assert!((division.held[0].1 - division.held[1].1).nano_usd().abs() <= 1);
        assert!(division.idle.1 > Money::ZERO);
    }

    #[test]
    fn a_group_that_cost_nothing_divides_nothing() {
        let tenant = NamespaceId::from_index(0);
        let division = divide(Money::ZERO, Integral::default(), &[(tenant, integral(1, 1, 1))], BaseRates::default());
        assert_eq!(division.held, [(tenant, Money::ZERO, Money::ZERO)]);
    }
}

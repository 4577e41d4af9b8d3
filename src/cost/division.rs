//! Dividing what a pool of nodes costs in a day among those who hold it, as OpenCost v0.1 does.

use super::held::{Held, Holder};
use crate::units::{Money, SimDuration};

/// Base prices whose ratio splits a node's price into CPU, memory and accelerators.
///
/// Source: OpenCost's default pricing: 0.031611 USD per core-hour, 0.004237 USD per GiB-hour, 0.95 USD per GPU-hour.
/// Units: nano-USD per millicore-hour, nano-USD per GiB-hour, nano-USD per accelerator-hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseRates {
    /// Nano-USD for a millicore during an hour.
    pub cpu_milli_hour: i64,
    /// Nano-USD for a GiB during an hour.
    pub ram_gib_hour: i64,
    /// Nano-USD for an accelerator during an hour.
    pub gpu_hour: i64,
}

impl Default for BaseRates {
    fn default() -> Self {
        BaseRates { cpu_milli_hour: 31_611, ram_gib_hour: 4_237_000, gpu_hour: 950_000_000 }
    }
}

/// Resources times time: millicores, bytes, accelerators and pods, times nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Integral {
    cpu: i128,
    ram: i128,
    gpu: i128,
    pods: i128,
}

/// The parts of a node that are divided each for itself.
pub(super) const RESOURCES: usize = 3;

impl Integral {
    pub(super) fn add(&mut self, held: &Held, span: SimDuration) {
        self.add_nanos(held, i128::from(span.as_nanos()));
    }
    pub(super) fn add_nanos(&mut self, held: &Held, nanos: i128) {
        self.cpu += i128::from(held.cpu_milli) * nanos;
        self.ram += i128::from(held.memory_bytes) * nanos;
        self.gpu += i128::from(held.gpus) * nanos;
        self.pods += i128::from(held.pods) * nanos;
    }
    pub(super) fn is_zero(self) -> bool {
        self == Integral::default()
    }
    /// Pods times nanoseconds.
    pub(super) fn pod_time(self) -> i128 {
        self.pods
    }
    /// What the integral costs at base prices, in nano-USD: small enough to multiply money with.
    fn at(self, rates: BaseRates) -> [i128; RESOURCES] {
        const HOUR: i128 = 3_600_000_000_000;
        let cpu = self.cpu * i128::from(rates.cpu_milli_hour) / HOUR;
        let ram = (self.ram >> 20) * i128::from(rates.ram_gib_hour) / HOUR / 1024;
        let gpu = self.gpu * i128::from(rates.gpu_hour) / HOUR;
        [cpu.max(0), ram.max(0), gpu.max(0)]
    }
}

/// The parts of one pool's day: who gets how much of the CPU, memory and accelerator cost; idle is the rest.
pub(super) struct Division {
    /// Per holder, in the order given.
    pub(super) held: Vec<(Holder, [Money; RESOURCES])>,
    /// What nobody held.
    pub(super) idle: [Money; RESOURCES],
}

/// Divides `cost` of nodes with `capacity` among `held`.
///
/// Where pods hold more than there is (usage above requests), the whole cost is divided among them.
/// Exact: the parts and idle add up to `cost`; none is negative.
pub(super) fn divide(cost: Money, capacity: Integral, held: &[(Holder, Integral)], rates: BaseRates) -> Division {
    let whole = capacity.at(rates);
    let costs = split(cost, whole.iter().sum(), whole.iter().copied());
    // Rounding down leaves a rest: memory's, which every machine has.
    let rest = cost - costs.iter().copied().sum();
    let at_base: Vec<[i128; RESOURCES]> = held.iter().map(|(_, integral)| integral.at(rates)).collect();
    let mut division = Division { held: Vec::with_capacity(held.len()), idle: [Money::ZERO; RESOURCES] };
    division.held.extend(held.iter().map(|(holder, _)| (*holder, [Money::ZERO; RESOURCES])));
    for resource in 0..RESOURCES {
        let cost = if resource == 1 { costs[resource] + rest } else { costs[resource] };
        let parts = split(cost, whole[resource], at_base.iter().map(|part| part[resource]));
        division.idle[resource] = cost - parts.iter().copied().sum();
        for (row, part) in division.held.iter_mut().zip(parts) {
            row.1[resource] = part;
        }
    }
    division
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
    use crate::cost::NamespaceId;
    use crate::id::Id;
    use crate::units::PricePerHour;

    const GIB: i64 = 1 << 30;

    fn integral(cpu_milli: i64, memory_bytes: i64, hours: i64) -> Integral {
        let mut integral = Integral::default();
        integral.add(&Held { cpu_milli, memory_bytes, ..Held::default() }, SimDuration::from_hours(hours));
        integral
    }

    fn tenant(number: usize) -> Holder {
        Holder::Namespace(NamespaceId::from_index(number))
    }

    fn usd(parts: [f64; RESOURCES]) -> [Money; RESOURCES] {
        parts.map(Money::from_usd)
    }

    /// The specification's example: base prices 30, 30 and 10 on a node of 35 become 15, 15 and 5.
    #[test]
    fn base_price_ratios_are_kept() {
        let rates = BaseRates { cpu_milli_hour: 30_000_000, ram_gib_hour: 10_000_000_000, gpu_hour: 30_000_000_000 };
        let mut node = integral(1000, GIB, 1);
        node.gpu = 3_600_000_000_000;
        let half = integral(500, GIB, 1);
        let division = divide(Money::from_usd(35.0), node, &[(tenant(0), half)], rates);
        assert_eq!(division.held, [(tenant(0), usd([7.5, 5.0, 0.0]))]);
        assert_eq!(division.idle, usd([7.5, 0.0, 15.0]));
    }

    #[test]
    fn an_m5_large_is_two_thirds_cpu() {
        let cost = PricePerHour::from_usd(0.096).cost_of(SimDuration::from_hours(24));
        let all = integral(2000, 8 * GIB, 24);
        let division = divide(cost, all, &[(tenant(0), all)], BaseRates::default());
        let [cpu, ram, gpu] = division.held[0].1;
        assert_eq!((cpu + ram, gpu), (cost, Money::ZERO));
        assert!((cpu.usd() / cost.usd() - 0.651).abs() < 0.001);
    }

    #[test]
    fn usage_above_capacity_leaves_nothing_idle() {
        let greedy = integral(1500, GIB, 1);
        let held = [(tenant(0), greedy), (tenant(1), greedy)];
        let division = divide(Money::from_usd(1.0), integral(2000, 8 * GIB, 1), &held, BaseRates::default());
        assert_eq!(division.idle[0], Money::ZERO);
        assert!((division.held[0].1[0] - division.held[1].1[0]).nano_usd().abs() <= 1);
        assert!(division.idle[1] > Money::ZERO);
    }

    #[test]
    fn a_pool_that_cost_nothing_divides_nothing() {
        let division =
            divide(Money::ZERO, Integral::default(), &[(tenant(0), integral(1, 1, 1))], BaseRates::default());
        assert_eq!(division.held, [(tenant(0), usd([0.0; 3]))]);
    }
}

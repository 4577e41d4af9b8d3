//! Showing costs by owner, with idle and shared costs apart or passed on, as OpenCost's `AggregateBy` does.
//!
//! Upstream: `opencost/opencost` core/pkg/opencost/allocation.go, `AllocationSet.AggregateBy`, `computeIdleCoeffs`,
//! `computeShareCoeffs`. Two differences: amounts are integers, so that every division adds up; and idle cost may be
//! shared evenly, as earlier versions did.

use crate::units::Money;
use std::collections::BTreeMap;

/// What a cost is of, as OpenCost tells costs apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CostPart {
    /// The CPU part of nodes.
    Cpu,
    /// Their memory.
    Ram,
    /// Their accelerators.
    Gpu,
    /// Volumes.
    Volumes,
    /// Traffic.
    Network,
    /// Load balancers.
    LoadBalancers,
    /// Everything else: managed services, and what the scenario names.
    External,
    /// What others caused, passed on.
    Shared,
}

impl CostPart {
    /// How many there are.
    pub const COUNT: usize = 8;
    /// All, in order.
    pub const ALL: [CostPart; Self::COUNT] = [
        CostPart::Cpu,
        CostPart::Ram,
        CostPart::Gpu,
        CostPart::Volumes,
        CostPart::Network,
        CostPart::LoadBalancers,
        CostPart::External,
        CostPart::Shared,
    ];
    /// Those that nodes have, and that may be idle.
    const OF_NODES: usize = 3;
}

/// Costs by part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Costs(pub [Money; CostPart::COUNT]);

impl Costs {
    /// Adds to one part.
    pub fn add(&mut self, part: CostPart, amount: Money) {
        self.0[part as usize] += amount;
    }
    /// One part.
    pub fn of(&self, part: CostPart) -> Money {
        self.0[part as usize]
    }
    /// All parts together.
    pub fn total(&self) -> Money {
        self.0.iter().copied().sum()
    }
    fn merge(&mut self, other: &Costs) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, amount)| *sum += amount);
    }
}

/// Something that causes costs: a container, a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The name under which it is shown.
    pub owner: String,
    /// The cluster or pool whose idle cost it takes part in.
    pub pool: u32,
    /// Its costs are passed on to all others.
    pub is_shared: bool,
    /// What it costs.
    pub costs: Costs,
}

/// What becomes of the cost of what nobody held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ShareIdle {
    /// It is shown as it is: `__idle__`.
    #[default]
    No,
    /// Those of the pool pay it by what they cost, resource by resource.
    Weighted,
    /// Those of the pool pay the same each.
    Even,
}

/// How shared costs are passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ShareSplit {
    /// By what everybody costs without idle and shared costs.
    #[default]
    Weighted,
    /// To everybody the same.
    Even,
}

/// How costs are passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Policy {
    /// What nobody held.
    pub idle: ShareIdle,
    /// What is shared.
    pub split: ShareSplit,
}

/// Costs by owner.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ByOwner {
    /// Sorted by name.
    pub owners: BTreeMap<String, Costs>,
    /// What nobody held and nobody took over.
    pub idle: Costs,
    /// What is shared where nobody is left to take it: OpenCost drops it, a bill must not.
    pub unallocated: Money,
}

/// Divides costs among owners.
///
/// `idle` is what nobody held, by pool; `overhead` is shared as causes with `is_shared` are. Exact: what comes out adds
/// up to what went in. Cost: a pass over the causes per pool.
pub fn by_owner(causes: &[Cause], idle: &BTreeMap<u32, Costs>, overhead: Money, policy: Policy) -> ByOwner {
    let mut result = ByOwner::default();
    let mut costs: Vec<Costs> = causes.iter().map(|cause| cause.costs).collect();
    for (pool, amounts) in idle {
        let rest = share_idle(causes, &mut costs, *pool, amounts, policy.idle);
        result.idle.merge(&rest);
    }
    // Who is weighed by what they cost before idle is passed on.
    let mut weights: BTreeMap<&str, i128> = BTreeMap::new();
    let mut shared = overhead;
    for (cause, costs) in causes.iter().zip(&costs) {
        if cause.is_shared {
            shared += costs.total();
            continue;
        }
        result.owners.entry(cause.owner.clone()).or_default().merge(costs);
        *weights.entry(&cause.owner).or_default() += cause.costs.total().nano_usd().max(0);
    }
    if policy.split == ShareSplit::Even || weights.values().all(|weight| *weight == 0) {
        weights.values_mut().for_each(|weight| *weight = 1);
    }
    if weights.is_empty() {
        result.unallocated = shared;
        return result;
    }
    let parts = divided(shared, &weights.values().copied().collect::<Vec<_>>());
    for (owner, part) in result.owners.values_mut().zip(parts) {
        owner.add(CostPart::Shared, part);
    }
    result
}

/// Passes a pool's idle cost on to its causes, shared ones too; what has no taker is given back.
fn share_idle(causes: &[Cause], costs: &mut [Costs], pool: u32, idle: &Costs, how: ShareIdle) -> Costs {
    if how == ShareIdle::No {
        return *idle;
    }
    let there: Vec<usize> = (0..causes.len()).filter(|at| causes[*at].pool == pool).collect();
    let mut rest = *idle;
    for part in 0..CostPart::OF_NODES {
        let weights: Vec<i128> = match how {
            ShareIdle::Even => even_weights(causes, &there),
            _ => there.iter().map(|at| causes[*at].costs.0[part].nano_usd().max(0)).collect(),
        };
        if weights.iter().all(|weight| *weight == 0) {
            continue;
        }
        for (at, amount) in there.iter().zip(divided(idle.0[part], &weights)) {
            costs[*at].0[part] += amount;
        }
        rest.0[part] = Money::ZERO;
    }
    rest
}

/// Owners of a pool weigh the same; the causes of one owner share its weight.
fn even_weights(causes: &[Cause], there: &[usize]) -> Vec<i128> {
    const ONE: i128 = 1 << 40;
    let mut count: BTreeMap<&str, i128> = BTreeMap::new();
    there.iter().for_each(|at| *count.entry(&causes[*at].owner).or_default() += 1);
    there.iter().map(|at| ONE / count[causes[*at].owner.as_str()]).collect()
}

/// Parts of `amount` by weight. Rounding the running sum, not the parts, makes them add up.
fn divided(amount: Money, weights: &[i128]) -> Vec<Money> {
    let whole: i128 = weights.iter().sum();
    let (mut upto, mut given) = (0i128, Money::ZERO);
    let part = |weight: &i128| {
        upto += weight;
        let now = amount.share(upto, whole);
        let part = now - given;
        given = now;
        part
    };
    weights.iter().map(part).collect()
}

/// Divides what a load balancer and the like cost among pods by the time that they ran, in any unit. Exact; all zero
/// where none ran. Upstream: `applyLoadBalancersToPods`.
pub fn by_pod_time(amount: Money, times: &[i128]) -> Vec<Money> {
    divided(amount, times)
}

/// Divides the cost of a volume among the pods that mount it: each moment evenly among those that do then; what nobody
/// mounts is given last. Spans in any unit. Upstream: `applyPVCsToPods`.
///
/// Cost: pods times the moments at which one begins or ends.
pub fn by_mount(amount: Money, whole: (i64, i64), mounts: &[(i64, i64)]) -> Vec<Money> {
    let mut moments: Vec<i64> = mounts.iter().flat_map(|(from, until)| [*from, *until]).collect();
    moments.extend([whole.0, whole.1]);
    moments.sort_unstable();
    moments.dedup();
    // A common denominator for up to so many pods at a time would be large: an approximation to 2^-40 is below a nano-USD.
    const ONE: i128 = 1 << 40;
    let mut weights = vec![0i128; mounts.len() + 1];
    for pair in moments.windows(2).filter(|pair| pair[0] >= whole.0 && pair[1] <= whole.1) {
        let mounted: Vec<usize> =
            (0..mounts.len()).filter(|at| mounts[*at].0 <= pair[0] && pair[1] <= mounts[*at].1).collect();
        let span = i128::from(pair[1] - pair[0]) * ONE;
        match mounted.len() {
            0 => weights[mounts.len()] += span,
            pods => mounted.iter().for_each(|at| weights[*at] += span / pods as i128),
        }
    }
    divided(amount, &weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_charge_is_divided_by_the_time_of_pods() {
        let parts = by_pod_time(Money::from_nano_usd(10), &[24, 12, 12, 0]);
        assert_eq!(parts.iter().map(|part| part.nano_usd()).collect::<Vec<_>>(), [5, 3, 2, 0]);
    }

    #[test]
    fn a_volume_that_nobody_mounts_for_a_while_is_partly_nobodys() {
        let parts = by_mount(Money::from_nano_usd(120), (0, 12), &[(0, 6), (3, 6)]);
        assert_eq!(parts.iter().map(|part| part.nano_usd()).collect::<Vec<_>>(), [45, 15, 60]);
    }

    fn cause(owner: &str, pool: u32, is_shared: bool, usd: &[f64]) -> Cause {
        let mut costs = Costs::default();
        usd.iter().zip(CostPart::ALL).for_each(|(usd, part)| costs.add(part, Money::from_usd(*usd)));
        Cause { owner: owner.to_owned(), pool, is_shared, costs }
    }

    /// Upstream's comment in `AggregateBy`: idle shared with a shared namespace goes on with it.
    #[test]
    fn idle_of_what_is_shared_is_shared_too() {
        let causes = [cause("two", 0, false, &[3.0, 3.0]), cause("one", 0, true, &[3.0, 13.0])];
        let idle = BTreeMap::from([(0, cause("", 0, false, &[5.0, 16.0]).costs)]);
        let policy = Policy { idle: ShareIdle::Weighted, ..Policy::default() };
        let result = by_owner(&causes, &idle, Money::ZERO, policy);
        let two = result.owners["two"];
        assert_eq!(two.of(CostPart::Cpu), Money::from_usd(5.5));
        assert_eq!(two.of(CostPart::Shared), Money::from_usd(16.0 + 2.5 + 13.0));
        assert_eq!(result.idle.total(), Money::ZERO);
    }

    /// Upstream, step 10: accelerators that nobody uses stay idle.
    #[test]
    fn idle_without_a_taker_stays_idle() {
        let causes = [cause("one", 0, false, &[2.0, 1.0])];
        let idle = BTreeMap::from([(0, cause("", 0, false, &[10.0, 6.0, 12.0]).costs)]);
        let policy = Policy { idle: ShareIdle::Weighted, ..Policy::default() };
        let result = by_owner(&causes, &idle, Money::ZERO, policy);
        assert_eq!(result.owners["one"].total(), Money::from_usd(19.0));
        assert_eq!(result.idle.total(), Money::from_usd(12.0));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_found(
            rows in prop::collection::vec((0..4usize, 0..2u32, any::<bool>(), prop::array::uniform7(0..2_000_000i128)), 0..9),
            idle in prop::array::uniform3(0..1_000_000i128), overhead in 0..1_000_000i128, how in 0..3usize, even: bool,
        ) {
            let money = Money::from_nano_usd;
            let mut causes = Vec::new();
            for (owner, pool, is_shared, amounts) in rows {
                let mut costs = Costs::default();
                amounts.iter().zip(CostPart::ALL).for_each(|(amount, part)| costs.add(part, money(*amount)));
                causes.push(Cause { owner: format!("owner-{owner}"), pool, is_shared, costs });
            }
            let mut unheld = Costs::default();
            idle.iter().zip(CostPart::ALL).for_each(|(amount, part)| unheld.add(part, money(*amount)));
            let pools = BTreeMap::from([(0, unheld), (1, unheld)]);
            let whole: Money = causes.iter().map(|cause| cause.costs.total()).sum();
            let whole = whole + unheld.total() * 2 + money(overhead);
            let policy = Policy {
                idle: [ShareIdle::No, ShareIdle::Weighted, ShareIdle::Even][how],
                split: if even { ShareSplit::Even } else { ShareSplit::Weighted },
            };
            let result = by_owner(&causes, &pools, money(overhead), policy);
            let sum: Money = result.owners.values().map(Costs::total).sum();
            prop_assert_eq!(sum + result.idle.total() + result.unallocated, whole);
            prop_assert!(result.owners.values().all(|costs| costs.0.iter().all(|part| *part >= Money::ZERO)));
        }
    }
}

//! Commitments beside what they may cover, applied to one clock hour after the other.

use super::moments::resource_numbers;
use super::order::{Step, reserved_unit, steps};
use super::{Commitment, Terms, UNIT_HOUR, Usage};
use crate::units::Money;

/// A clock hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hour {
    /// Its number; 0 is the first that is billed.
    pub number: i64,
    /// The nanoseconds of it that are billed: all but where the simulated time begins or ends in it.
    pub span: i64,
}

/// The nanoseconds of an hour.
const WHOLE: i64 = 3_600_000_000_000;

impl Hour {
    /// An hour that is billed from beginning to end.
    pub fn whole(number: i64) -> Self {
        Hour { number, span: WHOLE }
    }
}

/// Commitments, and in which order they cover what.
#[derive(Clone, Debug)]
pub struct Arrangement<'a> {
    commitments: &'a [Commitment],
    steps: Vec<Step>,
    /// By commitment: the resource that it covers at every moment.
    resources: Vec<Option<usize>>,
}

/// A commitment covers so much of a kind of usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cover {
    /// Which commitment.
    pub commitment: usize,
    /// Which usage.
    pub usage: usize,
    /// Millionths of a unit times nanoseconds.
    pub quantity: i128,
    /// The part of the hour's fee that this uses.
    pub effective: Money,
}

/// What an hour of a commitment can cover, what it does, and what that costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// In the commitment's own measure times [`UNIT_HOUR`].
    pub capacity: i128,
    /// Of that.
    pub used: i128,
    /// What is invoiced in this hour.
    pub cash: Money,
    /// The hour's fee with its part of what is paid upfront.
    pub fee: Money,
    /// The part of it that is used.
    pub used_fee: Money,
}

/// A covered hour.
#[derive(Clone, Debug, Default)]
pub struct HourCover {
    /// In the order in which they were applied; none of nothing.
    pub covers: Vec<Cover>,
    /// By commitment.
    pub held: Vec<Held>,
    /// What [`AtEveryMoment`](super::AtEveryMoment) has of the hour, by resource; given by the caller, and used up. Where it
    /// has nothing, the hour as a whole counts.
    pub moments: Vec<i128>,
}

impl<'a> Arrangement<'a> {
    /// Sets commitments beside usage. Cost: their product, sorted.
    pub fn new(usages: &[Usage], commitments: &'a [Commitment]) -> Self {
        Arrangement { commitments, steps: steps(usages, commitments), resources: resource_numbers(commitments) }
    }

    /// Whether nothing can be covered.
    pub fn is_idle(&self) -> bool {
        self.steps.is_empty()
    }

    /// Covers what it can of `left` (by usage) in `hour`, and takes that off. Cost: one pass over the steps.
    pub fn cover(&self, hour: Hour, left: &mut [i128], into: &mut HourCover) {
        into.covers.clear();
        into.held.clear();
        into.held.extend(self.commitments.iter().map(|commitment| held(commitment, hour)));
        for step in &self.steps {
            let (held, left) = (&mut into.held[step.commitment], &mut left[step.usage]);
            let moments = self.resources[step.commitment].and_then(|resource| into.moments.get_mut(resource));
            let free = (held.capacity - held.used).min(moments.as_deref().copied().unwrap_or(i128::MAX));
            if *left <= 0 || free <= 0 {
                continue;
            }
            let takes = i128::from(step.takes.max(0));
            let quantity = if takes == 0 { *left } else { (free / takes).min(*left) };
            if quantity == 0 {
                continue;
            }
            *left -= quantity;
            held.used += quantity * takes;
            if let Some(moments) = moments {
                *moments -= quantity * takes;
            }
            // Of the running sum, so that all parts and the unused one are the fee.
            let up_to = part(held.fee, held.used, held.capacity);
            let effective = up_to - held.used_fee;
            held.used_fee = up_to;
            into.covers.push(Cover { commitment: step.commitment, usage: step.usage, quantity, effective });
        }
    }
}

fn held(commitment: &Commitment, hour: Hour) -> Held {
    let fee = &commitment.fee;
    if !fee.covers(hour.number) {
        return Held::default();
    }
    let (span, whole) = (i128::from(hour.span), i128::from(WHOLE));
    let capacity = per_hour(&commitment.terms) * (UNIT_HOUR / whole * span);
    let upfront = if fee.begins == hour.number { fee.upfront } else { Money::ZERO };
    Held {
        capacity,
        used: 0,
        cash: upfront + (fee.cash(hour.number) - upfront).share(span, whole),
        fee: fee.amortised(hour.number).share(span, whole),
        used_fee: Money::ZERO,
    }
}

/// What a whole commitment can take in an hour: in normalized quarters, thousandths of a vCPU, bytes or nano-USD.
fn per_hour(terms: &Terms) -> i128 {
    match terms {
        Terms::ZonalReserved { instance_type, count, .. } | Terms::RegionalReserved { instance_type, count, .. } => {
            i128::from(*count) * i128::from(reserved_unit(instance_type))
        }
        Terms::GoogleCores { milli, .. } => i128::from(*milli),
        Terms::GoogleMemory { bytes, .. } => i128::from(*bytes),
        Terms::InstanceSavingsPlan { spend, .. } | Terms::ComputeSavingsPlan(spend) | Terms::GoogleFlexible(spend) => {
            i128::from(spend.hourly.nano_usd())
        }
    }
}

/// `amount * of / whole`. Capacities are wide: they are halved until the product fits.
fn part(amount: Money, of: i128, whole: i128) -> Money {
    let shift = (128 - whole.leading_zeros()).saturating_sub(70);
    amount.share(of >> shift, whole >> shift)
}

#[cfg(test)]
mod tests {
    use super::super::{Fee, Sku, Spend, Tally};
    use super::*;
    use crate::units::PricePerHour;
    use proptest::prelude::*;

    const TYPES: [&str; 6] = ["m5.large", "m5.xlarge", "m5.4xlarge", "c5.large", "c5.metal", "g5.xlarge"];
    const ZONES: [&str; 2] = ["us-east-1a", "us-east-1b"];

    fn usage(kind: usize, zone: usize, account: u32, cents: i64) -> Usage {
        Usage {
            sku: Sku::Ec2(TYPES[kind].into()),
            region: "us-east-1".into(),
            zone: Some(ZONES[zone].into()),
            account,
            is_spot: kind == 3 && zone == 1,
            on_demand: PricePerHour::from_usd(cents as f64 / 100.0),
        }
    }

    fn commitment(kind: usize, what: usize, amount: u32, usages: &[Usage]) -> Commitment {
        let rates = |paid: f64| usages.iter().map(|usage| Some(usage.on_demand.scaled(paid))).collect();
        let hourly = PricePerHour::from_usd(f64::from(amount) * 0.033333333);
        let instance_type = TYPES[what].into();
        let terms = match kind {
            0 => Terms::ZonalReserved { instance_type, zone: ZONES[what % 2].into(), count: amount },
            1 => Terms::RegionalReserved { instance_type, region: "us-east-1".into(), count: amount },
            2 => Terms::InstanceSavingsPlan {
                family: super::super::family(TYPES[what]).into(),
                region: "us-east-1".into(),
                spend: Spend { hourly, rates: rates(0.6) },
            },
            _ => Terms::ComputeSavingsPlan(Spend { hourly, rates: rates(0.7) }),
        };
        let fee = Fee {
            upfront: Money::from_nano_usd(i128::from(amount) * 77_777_777_777),
            hourly: Money::from_nano_usd(i128::from(amount) * 12_345_679),
            begins: -3,
            hours: 8760,
        };
        Commitment { name: "c".into(), account: (what % 2) as u32, terms, fee }
    }

    /// What is left, and what each commitment held.
    fn covered(usages: &[Usage], used: &[i128], commitments: &[Commitment]) -> (Vec<i128>, HourCover) {
        let (mut left, mut hour) = (used.to_vec(), HourCover::default());
        Arrangement::new(usages, commitments).cover(Hour::whole(0), &mut left, &mut hour);
        (left, hour)
    }

    fn cost(usages: &[Usage], left: &[i128]) -> i128 {
        usages.iter().zip(left).map(|(usage, left)| i128::from(usage.on_demand.nano_usd()) * left).sum()
    }

    proptest! {
        #[test]
        fn parts_add_up_and_nothing_is_covered_twice(
            used in prop::collection::vec((0usize..6, 0usize..2, 0u32..2, 1i64..500, 0i64..40_000), 1..9),
            pledged in prop::collection::vec((0usize..4, 0usize..6, 0u32..9), 0..7),
            more in 0usize..7,
        ) {
            let usages: Vec<Usage> = used.iter().map(|(kind, zone, of, cents, _)| usage(*kind, *zone, *of, *cents)).collect();
            let quantities: Vec<i128> = used.iter().map(|(.., seconds)| i128::from(*seconds) * UNIT_HOUR / 3600).collect();
            let made = |extra: usize| -> Vec<Commitment> {
                let amount = |at: usize, amount: u32| if at == extra { amount + 1 } else { amount };
                pledged.iter().enumerate().map(|(at, (kind, what, n))| commitment(*kind, *what, amount(at, *n), &usages)).collect()
            };
            let commitments = made(usize::MAX);
            let (left, hour) = covered(&usages, &quantities, &commitments);
            for (at, (left, used)) in left.iter().zip(&quantities).enumerate() {
                let by_all: i128 = hour.covers.iter().filter(|cover| cover.usage == at).map(|cover| cover.quantity).sum();
                prop_assert!(*left >= 0 && left + by_all == *used);
                prop_assert!(by_all == 0 || !usages[at].is_spot, "spot");
            }
            for (at, held) in hour.held.iter().enumerate() {
                let parts: Money = hour.covers.iter().filter(|cover| cover.commitment == at).map(|cover| cover.effective).sum();
                prop_assert!(held.used <= held.capacity && parts == held.used_fee && held.used_fee <= held.fee);
                prop_assert!(held.used < held.capacity || held.used_fee == held.fee || held.capacity == 0);
            }
            let (fewer, _) = covered(&usages, &quantities, &made(more));
            prop_assert!(cost(&usages, &fewer) <= cost(&usages, &left), "a larger commitment leaves less");
            let mut tally = Tally::default();
            tally.add(&usages, &quantities, &hour);
            prop_assert!(tally.covered_equivalent() <= tally.on_demand_equivalent() && tally.coverage() <= 1.0);
        }
    }

    #[test]
    fn an_hour_in_part_has_its_part_of_the_fee() {
        let usages = [usage(0, 0, 0, 10)];
        let commitments = [commitment(1, 0, 1, &usages)];
        let (mut left, mut hour) = (vec![UNIT_HOUR / 2], HourCover::default());
        let half = Hour { number: 0, span: WHOLE / 2 };
        Arrangement::new(&usages, &commitments).cover(half, &mut left, &mut hour);
        let whole = commitments[0].fee.amortised(0);
        assert_eq!((left[0], hour.held[0].fee, hour.held[0].used_fee), (0, whole.share(1, 2), whole.share(1, 2)));
    }
}

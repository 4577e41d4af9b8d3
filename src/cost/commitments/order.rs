//! Who covers what, and what comes first.
//!
//! Sources: EC2 User Guide, "How Reserved Instances are applied"; Savings Plans User Guide, "How Savings Plans apply to
//! your usage"; Google Cloud, "Committed use discounts", "Compute flexible commitments".

use super::size::{family, is_size_flexible, size_factor};
use super::terms::{Commitment, Sku, Terms, Usage};
use std::cmp::Ordering;

/// A commitment covers a kind of usage, and each unit of that takes so much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) commitment: usize,
    pub(super) usage: usize,
    /// Quarters of a normalized unit, thousandths of a vCPU, bytes, or nano-USD.
    pub(super) takes: i64,
}

/// The providers' stages, each after the one before it has covered all that it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Zonal,
    Regional,
    InstanceSavingsPlan,
    ComputeSavingsPlan,
    GoogleResource,
    GoogleFlexible,
}

/// All steps in the order in which they are taken: by stage; the owner's usage before that of other accounts; then as
/// the stage has it; at last as they are listed.
///
/// Zonal Reserved Instances come before regional ones whosever they are, as Amazon has it. Plans of one kind are applied together.
pub(super) fn steps(usages: &[Usage], commitments: &[Commitment]) -> Vec<Step> {
    let mut ranked: Vec<Ranked<'_>> = Vec::new();
    for (commitment, pledge) in commitments.iter().enumerate() {
        for (usage, used) in usages.iter().enumerate().filter(|(_, used)| used.is_eligible()) {
            if let Some(takes) = takes(&pledge.terms, usage, used) {
                let step = Step { commitment, usage, takes };
                ranked.push(Ranked {
                    stage: stage(&pledge.terms),
                    is_others: pledge.account != used.account,
                    used,
                    step,
                });
            }
        }
    }
    ranked.sort_by(Ranked::compare);
    ranked.into_iter().map(|ranked| ranked.step).collect()
}

struct Ranked<'a> {
    stage: Stage,
    is_others: bool,
    used: &'a Usage,
    step: Step,
}

impl Ranked<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        let by_rule = || match self.stage {
            // The smallest size first.
            Stage::Regional => self.step.takes.cmp(&other.step.takes),
            Stage::InstanceSavingsPlan | Stage::ComputeSavingsPlan | Stage::GoogleFlexible => self.by_saving(other),
            Stage::Zonal | Stage::GoogleResource => Ordering::Equal,
        };
        let listed = |ranked: &Self| (ranked.step.usage, ranked.step.commitment);
        (self.stage, self.is_others)
            .cmp(&(other.stage, other.is_others))
            .then_with(by_rule)
            .then_with(|| listed(self).cmp(&listed(other)))
    }
    /// The highest share of the on-demand price saved first; of equal ones the lowest rate.
    fn by_saving(&self, other: &Self) -> Ordering {
        let price = |ranked: &Self| i128::from(ranked.used.on_demand.nano_usd().max(0));
        let (mine, others) = (i128::from(self.step.takes), i128::from(other.step.takes));
        // rate / price, the share that is still paid, without a division; nothing is saved of what is free.
        let still_paid = match (price(self), price(other)) {
            (0, 0) => Ordering::Equal,
            (0, _) => Ordering::Greater,
            (_, 0) => Ordering::Less,
            (price, other_price) => (mine * other_price).cmp(&(others * price)),
        };
        still_paid.then(mine.cmp(&others))
    }
}

fn stage(terms: &Terms) -> Stage {
    match terms {
        Terms::ZonalReserved { .. } => Stage::Zonal,
        Terms::RegionalReserved { .. } => Stage::Regional,
        Terms::InstanceSavingsPlan { .. } => Stage::InstanceSavingsPlan,
        Terms::ComputeSavingsPlan(_) => Stage::ComputeSavingsPlan,
        Terms::GoogleCores { .. } | Terms::GoogleMemory { .. } => Stage::GoogleResource,
        Terms::GoogleFlexible(_) => Stage::GoogleFlexible,
    }
}

/// How much of the commitment a unit of usage takes; none if it does not apply to that.
fn takes(terms: &Terms, usage: usize, used: &Usage) -> Option<i64> {
    match (terms, &used.sku) {
        (Terms::ZonalReserved { instance_type, zone, .. }, Sku::Ec2(kind)) => {
            (kind == instance_type && used.zone.as_ref() == Some(zone)).then(|| reserved_unit(instance_type))
        }
        (Terms::RegionalReserved { instance_type, region, .. }, Sku::Ec2(kind)) if used.region == *region => {
            let is_flexible = is_size_flexible(instance_type) && family(kind) == family(instance_type);
            match size_factor(kind) {
                Some(factor) if is_flexible => Some(i64::from(factor)),
                _ => (kind == instance_type).then(|| reserved_unit(instance_type)),
            }
        }
        (Terms::InstanceSavingsPlan { family: of, region, spend }, Sku::Ec2(kind)) => {
            let applies = family(kind) == &**of && used.region == *region;
            spend.rates.get(usage).copied().flatten().filter(|_| applies).map(|rate| rate.nano_usd())
        }
        (Terms::ComputeSavingsPlan(spend), Sku::Ec2(_) | Sku::Fargate(_))
        | (Terms::GoogleFlexible(spend), Sku::GceCores { .. } | Sku::GceMemory { .. } | Sku::GoogleSpend) => {
            spend.rates.get(usage).copied().flatten().map(|rate| rate.nano_usd())
        }
        (Terms::GoogleCores { series, region, .. }, Sku::GceCores { series: of, milli }) => {
            (series == of && *region == used.region).then_some(*milli)
        }
        (Terms::GoogleMemory { series, region, .. }, Sku::GceMemory { series: of, bytes }) => {
            (series == of && *region == used.region).then_some(*bytes)
        }
        _ => None,
    }
}

/// What one Reserved Instance is: its normalization factor, 1 where its size has none.
pub(super) fn reserved_unit(instance_type: &str) -> i64 {
    size_factor(instance_type).map_or(1, i64::from)
}

#[cfg(test)]
mod tests {
    use super::super::{Fee, Spend};
    use super::*;
    use crate::units::{Money, PricePerHour};

    fn usage(kind: &str, account: u32, usd: f64) -> Usage {
        let (sku, region) = (Sku::Ec2(kind.into()), "eu-west-1".into());
        Usage {
            sku,
            region,
            zone: Some("eu-west-1a".into()),
            account,
            is_spot: false,
            on_demand: PricePerHour::from_usd(usd),
        }
    }

    fn commitment(terms: Terms) -> Commitment {
        let fee = Fee { upfront: Money::ZERO, hourly: Money::ZERO, begins: 0, hours: 1 };
        Commitment { name: "".into(), account: 0, terms, fee }
    }

    fn order(usages: &[Usage], terms: impl IntoIterator<Item = Terms>) -> Vec<(usize, usize)> {
        let commitments: Vec<Commitment> = terms.into_iter().map(commitment).collect();
        steps(usages, &commitments).iter().map(|step| (step.commitment, step.usage)).collect()
    }

    fn regional(kind: &str) -> Terms {
        Terms::RegionalReserved { instance_type: kind.into(), region: "eu-west-1".into(), count: 1 }
    }

    #[test]
    fn small_sizes_and_the_owners_usage_come_first() {
        let usages = [
            usage("m5.2xlarge", 0, 0.4),
            usage("m5.large", 1, 0.1),
            usage("m5.xlarge", 0, 0.2),
            usage("m5a.large", 0, 0.1),
        ];
        assert_eq!(order(&usages, [regional("m5.large")]), [(0, 2), (0, 0), (0, 1)]);
    }

    #[test]
    fn a_zonal_one_of_another_account_comes_before_a_regional_one_of_ones_own() {
        let zonal = Terms::ZonalReserved { instance_type: "m5.large".into(), zone: "eu-west-1a".into(), count: 1 };
        let usages = [usage("m5.large", 0, 0.1)];
        let mut others = commitment(zonal);
        others.account = 1;
        let commitments = [commitment(regional("m5.large")), others];
        let first = steps(&usages, &commitments)[0].commitment;
        assert_eq!(first, 1);
    }

    #[test]
    fn graphics_are_covered_by_their_own_size() {
        let usages = [usage("g5.xlarge", 0, 1.0), usage("g5.2xlarge", 0, 1.2)];
        assert_eq!(order(&usages, [regional("g5.2xlarge")]), [(0, 1)]);
    }

    #[test]
    fn plans_of_one_kind_go_by_what_they_save_whichever_plan_it_is() {
        let usages = [usage("m5.large", 0, 0.10), usage("c5.large", 0, 0.20), usage("r5.large", 0, 0.40)];
        let plan = |rates: [f64; 3]| {
            let rates = rates.iter().map(|rate| Some(PricePerHour::from_usd(*rate))).collect();
            Terms::ComputeSavingsPlan(Spend { hourly: PricePerHour::from_usd(1.0), rates })
        };
        // Savings: 50 %, 50 %, 25 % and 30 %, 60 %, 50 %; of equal ones the lowest rate.
        let plans = [plan([0.05, 0.10, 0.30]), plan([0.07, 0.08, 0.20])];
        assert_eq!(order(&usages, plans), [(1, 1), (0, 0), (0, 1), (1, 2), (1, 0), (0, 2)]);
    }
}

//! What could be committed to beside what is used: for those who ask which commitment pays.

use super::rates::{Plan, rate};
use crate::cost::commitments::{Offer, Sku, Spend, Terms, Usage, family, is_size_flexible, size_factor};
use crate::market::{Bargain, CommitmentRates, PaymentOption, TermLength};
use crate::scenario::file::CommitmentKind as Kind;
use crate::units::{Money, PricePerHour};
use std::collections::{BTreeMap, BTreeSet};

/// Plans are bought by a tenth of a cent an hour.
const STEP: i64 = 1_000_000;

/// Each kind that covers some of the usage, for one and for three years, in each way of paying that it is sold in.
///
/// Zonal Reserved Instances are left out: they cost what regional ones do, and cover less.
pub(super) fn offers(usages: &[Usage]) -> Vec<Offer> {
    let used: Vec<&Usage> = usages.iter().filter(|usage| usage.is_eligible()).collect();
    let mut rows = Vec::new();
    for term in [TermLength::OneYear, TermLength::ThreeYears] {
        for (_, payment) in PaymentOption::ALL {
            rows.extend(amazons(&used, usages, Bargain { term, payment }));
        }
        let bargain = Bargain { term, payment: PaymentOption::NoUpfront };
        let flexible = Plan { kind: Kind::GoogleFlexible, family: None, bargain, discount: None };
        let what = "eligible series and Autopilot in any region".to_owned();
        rows.extend(spending(&flexible, what, usages, Terms::GoogleFlexible));
        rows.extend(resources(&used, term));
    }
    rows
}

/// Savings Plans and Reserved Instances.
fn amazons(used: &[&Usage], usages: &[Usage], bargain: Bargain) -> Vec<Offer> {
    let mut rows = Vec::new();
    let machines = used.iter().filter_map(|usage| match &usage.sku {
        Sku::Ec2(kind) => Some((&**kind, &*usage.region)),
        _ => None,
    });
    let machines: BTreeSet<(&str, &str)> = machines.collect();
    let families: BTreeSet<(&str, &str)> = machines.iter().map(|(kind, region)| (family(kind), *region)).collect();
    for (family, region) in families {
        let plan = Plan { kind: Kind::Ec2InstanceSavingsPlan, family: Some(family), bargain, discount: None };
        let terms = |spend| Terms::InstanceSavingsPlan { family: family.into(), region: region.into(), spend };
        rows.extend(spending(&plan, format!("{family} in {region}"), usages, terms));
    }
    let compute = Plan { kind: Kind::ComputeSavingsPlan, family: None, bargain, discount: None };
    rows.extend(spending(&compute, "EC2 and Fargate in any region".to_owned(), usages, Terms::ComputeSavingsPlan));
    rows.extend(reservable(&machines).into_iter().filter_map(|(kind, region)| reserved(kind, region, bargain)));
    rows
}

/// The types to reserve: of a family whose reservations cover all sizes the smallest that is used, for it can be bought in the
/// finest steps; of others each.
fn reservable<'a>(machines: &BTreeSet<(&'a str, &'a str)>) -> Vec<(&'a str, &'a str)> {
    let mut rows: BTreeMap<(&str, &str, &str), &str> = BTreeMap::new();
    for (kind, region) in machines {
        let own_size = if is_size_flexible(kind) { "" } else { *kind };
        let smallest = rows.entry((family(kind), region, own_size)).or_insert(kind);
        if size_factor(kind) < size_factor(smallest) {
            *smallest = kind;
        }
    }
    rows.into_iter().map(|((_, region, _), kind)| (kind, region)).collect()
}

fn reserved(kind: &str, region: &str, bargain: Bargain) -> Option<Offer> {
    let listed = CommitmentRates::shipped().reserved(kind, region, bargain).ok()?;
    let fee = Money::from_nano_usd(listed.rate.nano_usd().into());
    Some(Offer {
        kind: super::reading::kind_name(Kind::RegionalReservedInstance),
        what: format!("{kind} in {region}"),
        term: bargain.term.name(),
        payment: bargain.payment.name(),
        terms: Terms::RegionalReserved { instance_type: kind.into(), region: region.into(), count: 0 },
        unit: 1,
        fee,
        upfront: upfront(fee, bargain),
        is_estimated: false,
    })
}

/// What of an hourly fee is paid when the term begins.
fn upfront(fee: Money, bargain: Bargain) -> Money {
    fee.share(i128::from(bargain.payment.upfront_halves()), 2) * bargain.term.hours()
}

fn spending(plan: &Plan<'_>, what: String, usages: &[Usage], terms: impl Fn(Spend) -> Terms) -> Option<Offer> {
    let rates: Vec<Option<PricePerHour>> = usages.iter().map(|usage| rate(plan, usage)).collect();
    let fee = Money::from_nano_usd(STEP.into());
    rates.iter().any(Option::is_some).then(|| Offer {
        kind: super::reading::kind_name(plan.kind),
        what,
        term: plan.bargain.term.name(),
        payment: plan.bargain.payment.name(),
        terms: terms(Spend { hourly: PricePerHour::ZERO, rates }),
        unit: STEP,
        fee,
        upfront: upfront(fee, plan.bargain),
        is_estimated: plan.kind == Kind::ComputeSavingsPlan,
    })
}

/// Google's series by region, vCPUs and memory apart.
fn resources(used: &[&Usage], term: TermLength) -> Vec<Offer> {
    let series: BTreeSet<(&str, &str)> = used
        .iter()
        .filter_map(|usage| match &usage.sku {
            Sku::GceCores { series, .. } => Some((&**series, &*usage.region)),
            _ => None,
        })
        .collect();
    let mut rows = Vec::new();
    for (name, region) in series {
        let Ok(price) = CommitmentRates::shipped().resources(name, region, Some(term)) else { continue };
        let offer = |terms: Terms, what: &str, unit: i64, price: PricePerHour| Offer {
            kind: "googleResource",
            what: format!("{what} of {name} in {region}"),
            term: term.name(),
            payment: PaymentOption::NoUpfront.name(),
            terms,
            unit,
            fee: Money::from_nano_usd(price.nano_usd().into()),
            upfront: Money::ZERO,
            is_estimated: false,
        };
        let cores = Terms::GoogleCores { series: name.into(), region: region.into(), milli: 0 };
        let memory = Terms::GoogleMemory { series: name.into(), region: region.into(), bytes: 0 };
        rows.push(offer(cores, "vCPU", 1000, price.vcpu));
        rows.push(offer(memory, "memory", 1 << 30, price.gib));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(kind: &str) -> Usage {
        Usage {
            sku: Sku::Ec2(kind.into()),
            region: "us-east-1".into(),
            zone: None,
            account: 0,
            is_spot: false,
            on_demand: PricePerHour::from_usd(9.0),
        }
    }

    #[test]
    fn a_flexible_family_is_reserved_by_its_smallest_size_and_others_by_each() {
        let usages = ["m5.xlarge", "m5.large", "m5.2xlarge", "g5.xlarge", "g5.2xlarge"].map(machine);
        let rows = offers(&usages);
        let reserved: BTreeSet<&str> =
            rows.iter().filter(|row| row.kind == "regionalReservedInstance").map(|row| &*row.what).collect();
        assert_eq!(
            reserved.into_iter().collect::<Vec<_>>(),
            ["g5.2xlarge in us-east-1", "g5.xlarge in us-east-1", "m5.large in us-east-1"]
        );
        let paid = |term: &str| {
            let rows = rows.iter().filter(|row| row.what.starts_with("m5.large") && row.term == term);
            rows.map(|row| (row.payment, row.fee.usd(), row.upfront.usd())).collect::<Vec<_>>()
        };
        // A year of m5.large: 0.06042 an hour, or half of 0.05754 x 8760 upfront, or 0.05639 x 8760.
        let [no, half, all] = paid("1y")[..] else { panic!("{:?}", paid("1y")) };
        assert_eq!(no, ("noUpfront", 0.06042, 0.0));
        assert_eq!((half.0, (half.2 - 0.05754 / 2.0 * 8760.0).abs() < 0.1), ("partialUpfront", true), "{half:?}");
        assert_eq!((all.0, (all.2 - 0.05639 * 8760.0).abs() < 1e-6), ("allUpfront", true), "{all:?}");
        assert_eq!(paid("3y").len(), 3);
    }
}

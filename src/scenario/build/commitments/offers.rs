//! What could be committed to beside what is used: for those who ask which commitment pays.

use super::rates::{Plan, rate};
use crate::cost::commitments::{Offer, Sku, Spend, Terms, Usage, family};
use crate::market::{Bargain, CommitmentRates, PaymentOption, TermLength};
use crate::scenario::file::CommitmentKind as Kind;
use crate::units::{Money, PricePerHour};
use std::collections::BTreeSet;

/// Plans are bought by a tenth of a cent an hour.
const STEP: i64 = 1_000_000;

/// Each kind that covers some of the usage, for one and for three years, without upfront.
pub(super) fn offers(usages: &[Usage]) -> Vec<Offer> {
    let used: Vec<&Usage> = usages.iter().filter(|usage| usage.is_eligible()).collect();
    let mut rows = Vec::new();
    for term in [TermLength::OneYear, TermLength::ThreeYears] {
        let bargain = Bargain { term, payment: PaymentOption::NoUpfront };
        let families: BTreeSet<(&str, &str)> = used
            .iter()
            .filter_map(|usage| match &usage.sku {
                Sku::Ec2(kind) => Some((family(kind), &*usage.region)),
                _ => None,
            })
            .collect();
        for (family, region) in &families {
            let plan = Plan { kind: Kind::Ec2InstanceSavingsPlan, family: Some(family), bargain, discount: None };
            let terms =
                |spend| Terms::InstanceSavingsPlan { family: (*family).into(), region: (*region).into(), spend };
            rows.extend(spending(&plan, format!("{family} in {region}"), usages, terms));
        }
        let compute = Plan { kind: Kind::ComputeSavingsPlan, family: None, bargain, discount: None };
        rows.extend(spending(&compute, "EC2 of any family and region".to_owned(), usages, Terms::ComputeSavingsPlan));
        let flexible = Plan { kind: Kind::GoogleFlexible, family: None, bargain, discount: None };
        rows.extend(spending(&flexible, "eligible series in any region".to_owned(), usages, Terms::GoogleFlexible));
        rows.extend(resources(&used, term));
    }
    rows
}

fn spending(plan: &Plan<'_>, what: String, usages: &[Usage], terms: impl Fn(Spend) -> Terms) -> Option<Offer> {
    let rates: Vec<Option<PricePerHour>> = usages.iter().map(|usage| rate(plan, usage)).collect();
    rates.iter().any(Option::is_some).then(|| Offer {
        kind: super::reading::kind_name(plan.kind),
        what,
        term: plan.bargain.term.name(),
        terms: terms(Spend { hourly: PricePerHour::ZERO, rates }),
        unit: STEP,
        fee: Money::from_nano_usd(STEP.into()),
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
            terms,
            unit,
            fee: Money::from_nano_usd(price.nano_usd().into()),
            is_estimated: false,
        };
        let cores = Terms::GoogleCores { series: name.into(), region: region.into(), milli: 0 };
        let memory = Terms::GoogleMemory { series: name.into(), region: region.into(), bytes: 0 };
        rows.push(offer(cores, "vCPU", 1000, price.vcpu));
        rows.push(offer(memory, "memory", 1 << 30, price.gib));
    }
    rows
}

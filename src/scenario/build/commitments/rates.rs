//! What a unit of usage takes of a commitment to spend.

use super::usages::series;
use crate::cost::commitments::{Sku, Usage, family};
use crate::market::{Bargain, CommitmentRates};
use crate::scenario::file::CommitmentKind as Kind;
use crate::units::PricePerHour;

/// A commitment to spend.
pub(super) struct Plan<'a> {
    pub(super) kind: Kind,
    /// Of an EC2 Instance Savings Plan.
    pub(super) family: Option<&'a str>,
    pub(super) bargain: Bargain,
    /// Of a flexible one, where it is not the listed one.
    pub(super) discount: Option<f64>,
}

/// The listed or estimated rate; none where the plan does not cover that, or saves nothing.
pub(super) fn rate(plan: &Plan<'_>, usage: &Usage) -> Option<PricePerHour> {
    let rates = CommitmentRates::shipped();
    let found = match (&usage.sku, plan.kind) {
        (Sku::Ec2(kind), Kind::Ec2InstanceSavingsPlan) if plan.family == Some(family(kind)) => {
            rates.reserved(kind, &usage.region, plan.bargain).ok()?.rate
        }
        (Sku::Ec2(kind), Kind::ComputeSavingsPlan) => {
            rates.compute_plan(kind, &usage.region, usage.on_demand, plan.bargain).ok()?.rate
        }
        (Sku::Fargate(_), Kind::ComputeSavingsPlan) => usage.on_demand.scaled(rates.fargate_plan(plan.bargain)),
        (Sku::GceCores { series: of, .. } | Sku::GceMemory { series: of, .. }, Kind::GoogleFlexible)
            if CommitmentRates::is_flexible(series(of)) =>
        {
            flexible(plan, usage)
        }
        (Sku::GoogleSpend, Kind::GoogleFlexible) => flexible(plan, usage),
        _ => return None,
    };
    (found < usage.on_demand).then_some(found)
}

fn flexible(plan: &Plan<'_>, usage: &Usage) -> PricePerHour {
    let discount = plan.discount.unwrap_or(CommitmentRates::shipped().flexible_discount(plan.bargain.term));
    usage.on_demand.scaled(1.0 - discount)
}

//! An entry of `commitments:` with what it is read beside.

use super::span::Period;
use crate::cost::commitments::Usage;
use crate::market::{Bargain, PaymentOption, Provider, TermLength};
use crate::scenario::build::scene::Scene;
use crate::scenario::file::{self, CommitmentKind as Kind};

/// An entry with what it is read beside.
pub(super) struct Reading<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) entry: &'a file::Commitment,
    pub(super) usages: &'a [Usage],
    pub(super) period: Period,
    /// `commitments[2]`
    pub(super) path: String,
}

/// How long, and how it is paid: a year by the hour, where nothing is said.
pub(super) fn bargain(entry: &file::Commitment) -> Bargain {
    let term = entry.term.map_or(TermLength::OneYear, TermLength::from);
    let payment = entry.payment.map_or(PaymentOption::NoUpfront, PaymentOption::from);
    Bargain { term, payment }
}

/// As a result calls it.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::ZonalReservedInstance => "zonalReservedInstance",
        Kind::RegionalReservedInstance => "regionalReservedInstance",
        Kind::Ec2InstanceSavingsPlan => "ec2InstanceSavingsPlan",
        Kind::ComputeSavingsPlan => "computeSavingsPlan",
        Kind::GoogleResource => "googleResource",
        Kind::GoogleFlexible => "googleFlexible",
    }
}

/// Whose kind it is.
pub(super) fn provider(kind: Kind) -> Provider {
    match kind {
        Kind::GoogleResource | Kind::GoogleFlexible => Provider::Gcp,
        _ => Provider::Aws,
    }
}

/// Under which service and SKU it stands on the bill.
pub(super) fn service_and_sku(entry: &file::Commitment) -> (&'static str, String) {
    let named = |what: &Option<String>| what.clone().unwrap_or_default();
    match entry.kind {
        Kind::ZonalReservedInstance | Kind::RegionalReservedInstance => {
            ("Amazon Elastic Compute Cloud", format!("reserved.{}", named(&entry.instance_type)))
        }
        Kind::Ec2InstanceSavingsPlan => {
            ("Savings Plans for AWS Compute usage", format!("ec2-instance-savings-plan.{}", named(&entry.family)))
        }
        Kind::ComputeSavingsPlan => ("Savings Plans for AWS Compute usage", "compute-savings-plan".to_owned()),
        Kind::GoogleResource => ("Compute Engine", format!("commitment.{}", named(&entry.family))),
        Kind::GoogleFlexible => ("Compute Engine", "flexible-commitment".to_owned()),
    }
}

impl Reading<'_> {
    /// A field of the entry, as issues name it.
    pub(super) fn field(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// Where it holds.
    pub(super) fn region(&self) -> &str {
        self.entry.region.as_deref().unwrap_or(self.scene.region)
    }
}

//! What one could commit to: a kind of commitment by the unit.

use super::{Commitment, Fee, Terms};
use crate::units::{Money, PricePerHour};

/// A commitment that can be bought, without how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// `ec2InstanceSavingsPlan`
    pub kind: &'static str,
    /// `m5 in us-east-1`
    pub what: String,
    /// `1y`, `3y`
    pub term: &'static str,
    /// `noUpfront`
    pub payment: &'static str,
    /// To what, of any amount.
    pub terms: Terms,
    /// What is bought at once: nano-USD an hour, thousandths of a vCPU, bytes, one Reserved Instance.
    pub unit: i64,
    /// What an hour of a unit costs, used or not, with what is paid upfront spread over the hours of the term.
    pub fee: Money,
    /// What of a unit is paid upfront.
    pub upfront: Money,
    /// Whether its rates are estimated.
    pub is_estimated: bool,
}

impl Offer {
    /// So many units of it, for all hours, paid for by the hour.
    pub fn bought(&self, units: i64) -> Commitment {
        let amount = self.unit.saturating_mul(units);
        let mut terms = self.terms.clone();
        match &mut terms {
            Terms::InstanceSavingsPlan { spend, .. }
            | Terms::ComputeSavingsPlan(spend)
            | Terms::GoogleFlexible(spend) => {
                spend.hourly = PricePerHour::from_usd(amount as f64 / 1e9);
            }
            Terms::GoogleCores { milli, .. } => *milli = amount,
            Terms::GoogleMemory { bytes, .. } => *bytes = amount,
            Terms::ZonalReserved { count, .. } | Terms::RegionalReserved { count, .. } => {
                *count = u32::try_from(amount).unwrap_or(u32::MAX);
            }
        }
        let fee = Fee { upfront: Money::ZERO, hourly: self.fee * units, begins: 0, hours: i64::from(u32::MAX) };
        Commitment { name: self.what.as_str().into(), account: 0, terms, fee }
    }
}

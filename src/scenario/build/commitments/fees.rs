//! What a commitment costs: as the scenario says, or as it is listed.

use super::reading::{Reading, bargain};
use crate::cost::commitments::Terms;
use crate::market::{Bargain, CommitmentRates, MarketError, Origin};
use crate::scenario::file::{self, CommitmentKind as Kind};
use crate::scenario::issue::Issue;
use crate::units::Money;

/// What is paid when the term begins, and in each hour of it, for all units together.
///
/// Errors: a negative fee; no listed price.
pub(super) fn fee(reading: &Reading<'_>, terms: &Terms) -> Result<(Money, Money), Issue> {
    let entry = reading.entry;
    for (name, usd) in [("upfrontUsd", entry.upfront_usd), ("hourlyUsd", entry.hourly_usd)] {
        if let Some(usd) = usd.filter(|usd| !(0.0..=1e9).contains(usd)) {
            return Err(Issue::error(reading.field(name), format!("found {usd}, expected 0 or more")));
        }
    }
    let money = |usd: Option<f64>| Money::from_usd(usd.unwrap_or(0.0));
    match terms {
        Terms::ZonalReserved { instance_type, count, .. } | Terms::RegionalReserved { instance_type, count, .. } => {
            let count = i64::from(*count);
            if entry.upfront_usd.is_some() || entry.hourly_usd.is_some() {
                return Ok((money(entry.upfront_usd) * count, money(entry.hourly_usd) * count));
            }
            let bargain = bargain(entry);
            let found = CommitmentRates::shipped().reserved(instance_type, reading.region(), bargain);
            let rate = found.map_err(|error| unlisted(reading, &error))?.rate;
            let (upfront, hourly) = divided(Money::from_nano_usd(rate.nano_usd().into()), bargain);
            Ok((upfront * count, hourly * count))
        }
        Terms::InstanceSavingsPlan { spend, .. } | Terms::ComputeSavingsPlan(spend) | Terms::GoogleFlexible(spend) => {
            Ok(divided(Money::from_nano_usd(spend.hourly.nano_usd().into()), bargain(entry)))
        }
        Terms::GoogleCores { milli, .. } => Ok((Money::ZERO, resource(reading, *milli, true)?)),
        Terms::GoogleMemory { bytes, .. } => Ok((Money::ZERO, resource(reading, *bytes, false)?)),
    }
}

/// An hourly rate as the payment option divides it.
fn divided(rate: Money, bargain: Bargain) -> (Money, Money) {
    let upfront_part = rate.share(i128::from(bargain.payment.upfront_halves()), 2);
    let upfront = upfront_part * bargain.term.hours();
    (upfront, rate + -upfront_part)
}

/// The hourly fee of the vCPUs or of the memory; what the scenario says is divided as the list prices are.
fn resource(reading: &Reading<'_>, amount: i64, of_cores: bool) -> Result<Money, Issue> {
    let entry = reading.entry;
    let series = entry.family.as_deref().unwrap_or_default();
    let rates = CommitmentRates::shipped();
    let listed = rates.resources(series, reading.region(), Some(bargain(entry).term));
    let (vcpu, gib) = (entry.vcpu.unwrap_or(0.0), entry.memory_gib.unwrap_or(0.0));
    let price = match (&listed, entry.hourly_usd) {
        (Ok(price), _) => [price.vcpu.usd(), price.gib.usd()],
        // Google's memory costs about a seventh of a vCPU the GiB.
        (Err(_), Some(_)) => [7.0, 1.0],
        (Err(error), None) => return Err(unlisted(reading, error)),
    };
    let parts = [vcpu * price[0], gib * price[1]];
    let listed_usd = if of_cores { parts[0] } else { parts[1] };
    let usd = match entry.hourly_usd {
        Some(usd) => usd * listed_usd / (parts[0] + parts[1]).max(1e-12),
        None => listed_usd,
    };
    Ok(if amount == 0 { Money::ZERO } else { Money::from_usd(usd) })
}

fn unlisted(reading: &Reading<'_>, error: &MarketError) -> Issue {
    Issue::error(reading.path.clone(), error.to_string()).with_help("say what it costs: hourlyUsd, upfrontUsd")
}

/// Where the fee is from.
pub(super) fn origin(entry: &file::Commitment) -> Origin {
    if entry.upfront_usd.is_some() || entry.hourly_usd.is_some() {
        return Origin::listed("scenario", "as agreed");
    }
    match entry.kind {
        Kind::ZonalReservedInstance | Kind::RegionalReservedInstance => CommitmentRates::shipped().reserved_origin(),
        Kind::GoogleResource => CommitmentRates::shipped().resources_origin(),
        Kind::Ec2InstanceSavingsPlan | Kind::ComputeSavingsPlan | Kind::GoogleFlexible => {
            Origin::listed("scenario", "as committed")
        }
    }
}

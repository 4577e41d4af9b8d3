//! Utilisation and coverage over many hours.

use super::{HourCover, UNIT_HOUR, Usage};
use crate::units::Money;

/// A commitment over all hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommitmentTally {
    /// What it could have covered, in its own measure times [`UNIT_HOUR`].
    pub capacity: i128,
    /// Of that.
    pub used: i128,
    /// What was invoiced.
    pub cash: Money,
    /// The fee, amortised.
    pub fee: Money,
    /// The part of it that was used.
    pub used_fee: Money,
}

impl CommitmentTally {
    /// The share that was used, 0..=1; 0 where there was nothing to use.
    pub fn utilisation(&self) -> f64 {
        if self.capacity == 0 { 0.0 } else { self.used as f64 / self.capacity as f64 }
    }
    /// The part of the fee that bought nothing.
    pub fn unused_fee(&self) -> Money {
        self.fee - self.used_fee
    }
    /// Both together: Google's vCPUs and memory under one name. Their utilisation is that of the money.
    pub fn with(self, other: CommitmentTally) -> CommitmentTally {
        let fee = self.fee + other.fee;
        let used_fee = self.used_fee + other.used_fee;
        let is_one = self.capacity == 0 || other.capacity == 0;
        let (capacity, used) = if is_one {
            (self.capacity + other.capacity, self.used + other.used)
        } else {
            (fee.nano_usd(), used_fee.nano_usd())
        };
        CommitmentTally { capacity, used, cash: self.cash + other.cash, fee, used_fee }
    }
}

/// What commitments did over all hours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// By commitment.
    pub commitments: Vec<CommitmentTally>,
    /// What covered usage would have cost on demand, in nano-USD times [`UNIT_HOUR`].
    covered: i128,
    /// What all eligible usage would have cost on demand.
    eligible: i128,
}

impl Tally {
    /// Adds an hour: `used` is what there was of each usage before anything was covered.
    pub fn add(&mut self, usages: &[Usage], used: &[i128], hour: &HourCover) {
        self.commitments.resize_with(hour.held.len().max(self.commitments.len()), CommitmentTally::default);
        for (tally, held) in self.commitments.iter_mut().zip(&hour.held) {
            tally.capacity += held.capacity;
            tally.used += held.used;
            tally.cash += held.cash;
            tally.fee += held.fee;
            tally.used_fee += held.used_fee;
        }
        let cost = |usage: &Usage, quantity: i128| i128::from(usage.on_demand.nano_usd()) * quantity;
        self.covered += hour.covers.iter().map(|cover| cost(&usages[cover.usage], cover.quantity)).sum::<i128>();
        let eligible = usages.iter().zip(used).filter(|(usage, _)| usage.is_eligible());
        self.eligible += eligible.map(|(usage, quantity)| cost(usage, *quantity)).sum::<i128>();
    }
    /// What all eligible usage would have cost on demand.
    pub fn on_demand_equivalent(&self) -> Money {
        Money::from_nano_usd(self.eligible).share(1, UNIT_HOUR)
    }
    /// What covered usage would have cost on demand.
    pub fn covered_equivalent(&self) -> Money {
        Money::from_nano_usd(self.covered).share(1, UNIT_HOUR)
    }
    /// The share of eligible usage that is covered, by its on-demand price; 0 without any.
    pub fn coverage(&self) -> f64 {
        if self.eligible == 0 { 0.0 } else { self.covered as f64 / self.eligible as f64 }
    }
}

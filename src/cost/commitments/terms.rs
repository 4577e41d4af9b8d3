//! What is used, and what was committed to.

use super::Fee;
use crate::units::PricePerHour;
use std::sync::Arc;

/// The quantity of one unit during one hour: a million millionths times the nanoseconds of an hour.
pub const UNIT_HOUR: i128 = 1_000_000 * 3_600_000_000_000;

/// What is used, as commitments see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sku {
    /// An EC2 instance by its type.
    Ec2(Arc<str>),
    /// vCPUs or memory of Fargate, by the item of the price book.
    Fargate(Arc<str>),
    /// The vCPUs of a Compute Engine machine; `series` is `n2`.
    GceCores {
        /// `n2`
        series: Arc<str>,
        /// Of one unit, in thousandths.
        milli: i64,
    },
    /// The memory of a Compute Engine machine.
    GceMemory {
        /// `n2`
        series: Arc<str>,
        /// Of one unit.
        bytes: i64,
    },
    /// Something on Google Cloud that only a flexible commitment can cover.
    GoogleSpend,
    /// Nothing covers it.
    Other,
}

/// A kind of usage: the same thing at the same price in the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// What.
    pub sku: Sku,
    /// Where.
    pub region: Arc<str>,
    /// In which zone, for what lies in one.
    pub zone: Option<Arc<str>>,
    /// Of which account of the organization: a commitment serves its owner's usage first.
    pub account: u32,
    /// Spot is never covered.
    pub is_spot: bool,
    /// What a unit costs without a commitment.
    pub on_demand: PricePerHour,
}

impl Usage {
    /// Whether any commitment could cover it: what coverage is measured against.
    pub fn is_eligible(&self) -> bool {
        !self.is_spot && self.sku != Sku::Other
    }
}

/// So much money an hour is spent, at lower rates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spend {
    /// Per hour, at the commitment's rates.
    pub hourly: PricePerHour,
    /// What a unit of each kind of usage takes of it, in the order of the usage; none where it has no rate.
    pub rates: Vec<Option<PricePerHour>>,
}

/// What was committed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Terms {
    /// Reserved Instances of one type in one zone.
    ZonalReserved {
        /// `m5.large`
        instance_type: Arc<str>,
        /// `us-east-1a`
        zone: Arc<str>,
        /// How many.
        count: u32,
    },
    /// Reserved Instances of a region: of all sizes of the family where that is flexible.
    RegionalReserved {
        /// `m5.large`
        instance_type: Arc<str>,
        /// `us-east-1`
        region: Arc<str>,
        /// How many.
        count: u32,
    },
    /// An EC2 Instance Savings Plan: one family in one region.
    InstanceSavingsPlan {
        /// `m5`
        family: Arc<str>,
        /// `us-east-1`
        region: Arc<str>,
        /// How much.
        spend: Spend,
    },
    /// A Compute Savings Plan: EC2 and Fargate anywhere.
    ComputeSavingsPlan(Spend),
    /// Google's resource-based commitment, its vCPUs.
    GoogleCores {
        /// `n2`
        series: Arc<str>,
        /// `us-central1`
        region: Arc<str>,
        /// Thousandths of a vCPU.
        milli: i64,
    },
    /// Google's resource-based commitment, its memory.
    GoogleMemory {
        /// `n2`
        series: Arc<str>,
        /// `us-central1`
        region: Arc<str>,
        /// How much.
        bytes: i64,
    },
    /// Google's flexible commitment: discounted spend.
    GoogleFlexible(Spend),
}

impl Terms {
    /// In what it is measured, for people.
    pub fn measure(&self) -> String {
        match self {
            Terms::ZonalReserved { instance_type, zone, count } => format!("{count} x {instance_type} in {zone}"),
            Terms::RegionalReserved { instance_type, region, count } => {
                format!("{count} x {instance_type} in {region}")
            }
            Terms::InstanceSavingsPlan { family, region, spend } => {
                format!("${} an hour for {family} in {region}", spend.hourly.usd())
            }
            Terms::ComputeSavingsPlan(spend) | Terms::GoogleFlexible(spend) => {
                format!("${} an hour", spend.hourly.usd())
            }
            Terms::GoogleCores { series, region, milli } => {
                format!("{} vCPU of {series} in {region}", *milli as f64 / 1000.0)
            }
            Terms::GoogleMemory { series, region, bytes } => {
                format!("{} GiB of {series} in {region}", *bytes as f64 / (1u64 << 30) as f64)
            }
        }
    }
    /// The money that is spent, where that is what was committed to.
    pub fn spend(&self) -> Option<&Spend> {
        match self {
            Terms::InstanceSavingsPlan { spend, .. }
            | Terms::ComputeSavingsPlan(spend)
            | Terms::GoogleFlexible(spend) => Some(spend),
            _ => None,
        }
    }
}

/// A commitment. Google's resource-based one is two, vCPUs and memory, of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// What it is called.
    pub name: Arc<str>,
    /// Whose it is.
    pub account: u32,
    /// To what.
    pub terms: Terms,
    /// What it costs, used or not, and when.
    pub fee: Fee,
}

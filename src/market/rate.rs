//! What a unit costs: at list, and for this account.

use super::Origin;
use crate::units::{Money, PricePerHour};

/// What an hour of something costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The public price; of spot capacity the market's.
    pub list: PricePerHour,
    /// What is paid: the list price after the account's discounts.
    pub net: PricePerHour,
    /// Where it is from.
    pub origin: Origin,
}

impl Rate {
    /// A public price, paid as it is.
    pub fn listed(price: PricePerHour, origin: Origin) -> Self {
        Rate { list: price, net: price, origin }
    }
}

/// The price of one unit from a monthly quantity on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Applies to what exceeds this quantity in a calendar month, in units.
    pub above: u64,
    /// The public list price of a unit.
    pub list: Money,
    /// What is paid for a unit: the list price after the account's discounts.
    pub net: Money,
}

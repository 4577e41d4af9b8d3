//! A price of the book as a price of the bill.

use crate::cost::{Basis, PriceType, Unit, UnitPrice};
use crate::market::{FixedPrice, Per};

/// A price of the price list as the bill has it; none for a share of other prices.
pub(super) fn unit_price(price: FixedPrice) -> Option<UnitPrice> {
    let (name, basis) = match price.per {
        Per::Hour => ("Hours", Basis::Hour),
        Per::Month => (price.unit, Basis::Month),
        Per::Unit => (price.unit, Basis::Count),
        Per::Share => return None,
    };
    let (tiers, origin) = (price.tiers, price.origin);
    Some(UnitPrice { unit: Unit { name, basis }, price_type: PriceType::OnDemand, tiers, origin })
}

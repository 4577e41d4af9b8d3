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
    Some(by_unit(price, Unit { name, basis }))
}

/// A price of the list for a standing quantity: so many units, or so many units a month.
pub(super) fn standing_price(price: FixedPrice) -> UnitPrice {
    let (name, basis) = match price.per {
        Per::Hour => ("Hours", Basis::Hour),
        _ => (price.unit, Basis::Month),
    };
    by_unit(price, Unit { name, basis })
}

fn by_unit(price: FixedPrice, unit: Unit) -> UnitPrice {
    UnitPrice { unit, price_type: PriceType::OnDemand, tiers: price.tiers, origin: price.origin }
}

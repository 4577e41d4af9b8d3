//! Lines of the bill while they are declared: their price is looked up in one place.

use super::price_name::PriceName;
use super::standing;
use super::unit_price::unit_price;
use crate::cost::{Basis, ChargeKind, Item, ItemId, Payer, PriceType, Tier, Unit, UnitPrice};
use crate::market::{Origin, Provider};
use crate::scenario::build::scene::Scene;
use crate::scenario::issue::{Issue, Issues};
use crate::units::Money;
use crate::world::{Billing, Measure, Metered};

/// A GB from zone to zone within a region of Google Cloud, USD.
const GOOGLE_ZONE_GB: f64 = 0.01;

/// A line as the rules declare it.
pub(super) struct Line {
    pub(super) kind: ChargeKind,
    /// The provider's service.
    pub(super) service: &'static str,
    pub(super) price: PriceName,
    /// A few words for people.
    pub(super) name: String,
    /// The thing that is paid for.
    pub(super) resource: String,
    pub(super) payer: Payer,
}

/// The lines of a cast.
pub(super) struct Lines<'a, 'b> {
    pub(super) scene: &'a Scene<'b>,
    pub(super) billing: &'a mut Billing,
    pub(super) metered: &'a mut Vec<Metered>,
    pub(super) issues: &'a mut Issues,
}

impl Lines<'_, '_> {
    pub(super) fn is_aws(&self) -> bool {
        self.scene.provider == Provider::Aws
    }
    /// A line that stands from the start on, so many millionths of a unit.
    pub(super) fn standing(&mut self, line: Line, level: i64) {
        if let Some(item) = self.item(line) {
            self.billing.add(item, level);
        }
    }
    /// A line that the simulation meters.
    pub(super) fn metered(&mut self, line: Line, by: Measure) {
        if let Some(item) = self.item(line) {
            let item = self.billing.add(item, 0);
            self.metered.push(Metered { item, by });
        }
    }
    /// A metered line whose price the rule knows itself.
    pub(super) fn metered_at(&mut self, line: Line, price: UnitPrice, by: Measure) {
        let item = self.item_at(line, price);
        let item: ItemId = self.billing.add(item, 0);
        self.metered.push(Metered { item, by });
    }

    /// A metered line of traffic between zones. Google's price for it is in no table that is shipped.
    pub(super) fn zone_traffic(&mut self, line: Line, by: Measure) {
        if self.scene.prices.fixed_price(line.price.item, self.scene.region).is_ok() || self.is_aws() {
            return self.metered(line, by);
        }
        let price = Money::from_usd(GOOGLE_ZONE_GB);
        let origin = Origin::listed("list price", "undated").estimated("not checked against a source");
        let tiers = vec![Tier { above: 0, list: price, net: price }];
        let unit = Unit { name: "GB", basis: Basis::Count };
        self.metered_at(line, UnitPrice { unit, price_type: PriceType::OnDemand, tiers, origin }, by);
    }

    fn item(&mut self, line: Line) -> Option<Item> {
        match self.price(line.price) {
            Ok(price) => Some(self.item_at(line, price)),
            Err(error) => {
                self.issues.push(Issue::warning("prices", format!("{}: {error}; it is left out", line.name)));
                None
            }
        }
    }

    fn item_at(&self, line: Line, price: UnitPrice) -> Item {
        let Line { kind, service, price: PriceName { item: sku, .. }, name, resource, payer } = line;
        standing::Line { kind, service, sku, name: &name, resource: &resource, payer }.at(self.scene.region, price)
    }

    /// The price in the book, or the other one that it is estimated from.
    fn price(&self, name: PriceName) -> Result<UnitPrice, String> {
        let book = self.scene.prices;
        let (found, factor) = match (book.fixed_price(name.item, self.scene.region), name.otherwise) {
            (Ok(found), _) => (found, None),
            (Err(_), Some((other, factor))) => {
                let found = book.fixed_price(other, self.scene.region).map_err(|error| error.to_string())?;
                (found, Some((other, factor)))
            }
            (Err(error), None) => return Err(error.to_string()),
        };
        let mut price = unit_price(found).ok_or_else(|| format!("{} is no price of its own", name.item))?;
        if let Some((other, factor)) = factor {
            let scaled = |money: Money| Money::from_usd(money.usd() * factor);
            price.tiers.iter_mut().for_each(|tier| (tier.list, tier.net) = (scaled(tier.list), scaled(tier.net)));
            price.origin = price.origin.estimated(format!("{factor} times the price of {other}"));
        }
        price.unit = counted_unit(name.item).unwrap_or(price.unit);
        Ok(price)
    }
}

/// Units that are counted hour by hour, and have no level.
fn counted_unit(item: &str) -> Option<Unit> {
    let name = match item {
        _ if item.ends_with("_lcu_hour") => "LCU-Hours",
        _ if item.starts_with("cpu_credit_") => "vCPU-Hours",
        _ => return None,
    };
    Some(Unit { name, basis: Basis::Count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hours_largest_dimension_is_counted() {
        assert_eq!(counted_unit("alb_lcu_hour"), Some(Unit { name: "LCU-Hours", basis: Basis::Count }));
        assert_eq!(counted_unit("alb_hour"), None);
    }
}

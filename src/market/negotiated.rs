//! A book of negotiated prices on top of another: what the account pays in place of the list price.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{
    Catalog, FixedPrice, ManagedClass, MarketError, Offering, Origin, PriceBook, Provider, Rate, Service, Tier,
};

use crate::units::{Money, PricePerHour};

/// What was agreed on for one thing.
#[derive(Clone, Debug, PartialEq)]
pub enum Agreed {
    /// USD for a unit, in all tiers.
    Usd(f64),
    /// This share off the list price, 0 to 1.
    Off(f64),
}

/// A negotiated price.
#[derive(Clone, Debug, PartialEq)]
pub struct NegotiatedRate {
    /// A machine type, an item, or `service/class` of a managed service.
    pub name: String,
    /// Where it holds; everywhere if nothing is said.
    pub region: Option<String>,
    /// For spot capacity, in place of on-demand capacity.
    pub spot: bool,
    /// What was agreed on.
    pub agreed: Agreed,
    /// Where that is written.
    pub origin: Origin,
}

/// Everything that was agreed on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    /// By thing. A rate for the region comes before one for all regions.
    pub rates: Vec<NegotiatedRate>,
    /// Shares off, 0 to 1, by [`Service::key`]; what has a rate of its own is left out. Spot capacity has none.
    pub discounts: BTreeMap<String, f64>,
    /// The share off of services that are not in `discounts`.
    pub discount: f64,
    /// Whose discounts they are: `contract.yaml`.
    pub source: String,
}

/// The prices of `list` under `terms`: list prices stay what they are, net prices are the negotiated ones.
pub struct Negotiated<'a> {
    /// The list prices.
    pub list: &'a dyn PriceBook,
    /// What was agreed on.
    pub terms: Terms,
    /// Whether somebody asked for the price of each of the rates.
    asked: Vec<AtomicBool>,
}

impl<'a> Negotiated<'a> {
    /// The prices of `list` under `terms`; nobody has asked for any yet.
    pub fn new(list: &'a dyn PriceBook, terms: Terms) -> Self {
        let asked = terms.rates.iter().map(|_| AtomicBool::new(false)).collect();
        Negotiated { list, terms, asked }
    }

    /// The rates that no price that was asked for came from, in their order.
    pub fn unused(&self) -> impl Iterator<Item = &NegotiatedRate> {
        let rows = self.terms.rates.iter().zip(&self.asked);
        rows.filter(|(_, asked)| !asked.load(Ordering::Relaxed)).map(|(rate, _)| rate)
    }

    fn rate(&self, name: &str, region: &str, spot: bool) -> Option<&NegotiatedRate> {
        let fits = |(rate, _): &(&NegotiatedRate, &AtomicBool)| rate.name == name && rate.spot == spot;
        let mut rates = self.terms.rates.iter().zip(&self.asked).filter(fits);
        let here = rates.clone().find(|(rate, _)| rate.region.as_deref() == Some(region));
        let (rate, asked) = here.or_else(|| rates.find(|(rate, _)| rate.region.is_none()))?;
        asked.store(true, Ordering::Relaxed);
        Some(rate)
    }

    fn discount(&self, service: Option<Service>) -> f64 {
        service.and_then(|service| self.terms.discounts.get(service.key)).copied().unwrap_or(self.terms.discount)
    }

    /// The list price's origin, with who takes how much off.
    fn discounted(&self, origin: Origin, off: f64) -> Origin {
        let percent = (off * 1e4).round() / 1e2;
        Origin { source: Cow::Owned(format!("{}, {percent} % off by {}", origin.source, self.terms.source)), ..origin }
    }

    fn applied(&self, list: Rate, rate: Option<&NegotiatedRate>, off: f64) -> Rate {
        match rate {
            Some(NegotiatedRate { agreed: Agreed::Usd(usd), origin, .. }) => {
                Rate { net: PricePerHour::from_usd(*usd), origin: origin.clone(), ..list }
            }
            Some(NegotiatedRate { agreed: Agreed::Off(off), origin, .. }) => {
                Rate { net: list.list.scaled(1.0 - off), origin: origin.clone(), ..list }
            }
            None if off > 0.0 => {
                Rate { net: list.list.scaled(1.0 - off), origin: self.discounted(list.origin, off), ..list }
            }
            None => list,
        }
    }
}

fn provider(region: &str) -> Option<Provider> {
    Catalog::shipped().provider(region).ok()
}

impl PriceBook for Negotiated<'_> {
    fn offering(&self, instance_type: &str, region: &str) -> Result<Offering, MarketError> {
        let Offering { on_demand, spot } = self.list.offering(instance_type, region)?;
        let off = self.discount(provider(region).map(Service::of_machines));
        let spot = spot.map(|spot| self.applied(spot, self.rate(instance_type, region, true), 0.0));
        Ok(Offering { on_demand: self.applied(on_demand, self.rate(instance_type, region, false), off), spot })
    }

    fn fixed_price(&self, item: &str, region: &str) -> Result<FixedPrice, MarketError> {
        let listed = self.list.fixed_price(item, region)?;
        let off = self.discount(provider(region).and_then(|provider| Service::of(item, provider)));
        let (agreed, origin) = match self.rate(item, region, false) {
            Some(rate) => (rate.agreed.clone(), rate.origin.clone()),
            None if off > 0.0 => (Agreed::Off(off), self.discounted(listed.origin, off)),
            None => return Ok(listed),
        };
        let net = |list: Money| match agreed {
            Agreed::Usd(usd) => Money::from_usd(usd),
            Agreed::Off(off) => Money::from_usd(list.usd() * (1.0 - off)),
        };
        let tiers = listed.tiers.iter().map(|tier| Tier { net: net(tier.list), ..*tier }).collect();
        Ok(FixedPrice { tiers, origin, ..listed })
    }

    /// What was agreed on for an instance alone holds for one with a standby in proportion.
    fn managed_price(&self, wanted: &ManagedClass<'_>, region: &str) -> Result<Rate, MarketError> {
        let listed = self.list.managed_price(wanted, region)?;
        let name = format!("{}/{}", wanted.service, wanted.class);
        let off = self.discount(provider(region).and_then(|provider| Service::of(wanted.service, provider)));
        let rate = self.rate(&name, region, false).cloned();
        let rate = match rate {
            Some(NegotiatedRate { agreed: Agreed::Usd(usd), .. }) if wanted.multi_az => {
                let single = self.list.managed_price(&ManagedClass { multi_az: false, ..*wanted }, region)?;
                let agreed = Agreed::Usd(usd * listed.list.usd() / single.list.usd());
                rate.map(|rate| NegotiatedRate { agreed, ..rate })
            }
            rate => rate,
        };
        Ok(self.applied(listed, rate.as_ref(), off))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(name: &str, region: Option<&str>, agreed: Agreed) -> NegotiatedRate {
        let origin = Origin::listed("contract", "2026-11-01");
        NegotiatedRate { name: name.to_owned(), region: region.map(str::to_owned), spot: false, agreed, origin }
    }

    fn book(rates: Vec<NegotiatedRate>, discounts: &[(&str, f64)]) -> Negotiated<'static> {
        let discounts = discounts.iter().map(|(key, off)| ((*key).to_owned(), *off)).collect();
        let terms = Terms { rates, discounts, discount: 0.0, source: "contract".to_owned() };
        Negotiated::new(Catalog::shipped(), terms)
    }

    #[test]
    fn a_rate_that_nobody_asked_for_is_unused() {
        let rates = vec![rate("m5.large", None, Agreed::Off(0.1)), rate("m5.larger", None, Agreed::Off(0.1))];
        let book = book(rates, &[]);
        assert_eq!(book.unused().count(), 2);
        let _ = book.offering("m5.large", "us-east-1").unwrap();
        assert_eq!(book.unused().map(|rate| rate.name.as_str()).collect::<Vec<_>>(), ["m5.larger"]);
    }

    #[test]
    fn a_rate_of_the_region_comes_before_the_general_one_and_that_before_the_discount() {
        let rates =
            vec![rate("m5.large", None, Agreed::Off(0.1)), rate("m5.large", Some("us-east-1"), Agreed::Usd(0.08))];
        let book = book(rates, &[("ec2", 0.05)]);
        let net = |kind, region| {
            let rate = book.offering(kind, region).unwrap().on_demand;
            assert!(rate.list > rate.net, "the list price stays");
            (rate.net, rate.origin.source.into_owned())
        };
        assert_eq!(net("m5.large", "us-east-1"), (PricePerHour::from_usd(0.08), "contract".to_owned()));
        assert_eq!(net("m5.large", "eu-west-1").0, PricePerHour::from_usd(0.0963));
        let (price, source) = net("m5.xlarge", "us-east-1");
        assert_eq!(price, PricePerHour::from_usd(0.1824));
        assert!(source.ends_with(", 5 % off by contract"), "{source}");
        let spot = book.offering("m5.xlarge", "us-east-1").unwrap().spot.unwrap();
        assert_eq!(spot.list, spot.net, "the market makes the price of spot capacity");
    }

    #[test]
    fn a_discount_holds_in_every_tier() {
        let price = book(vec![], &[("data-transfer", 0.5)]).fixed_price("internet_out_gb", "us-east-1").unwrap();
        assert!(price.tiers.len() == 3 && price.tiers.iter().all(|tier| tier.net.usd() * 2.0 == tier.list.usd()));
    }

    #[test]
    fn a_standby_follows_the_price_of_one() {
        let book = book(vec![rate("rds-postgres/db.m5.large", None, Agreed::Usd(0.1))], &[]);
        let wanted = ManagedClass { service: "rds-postgres", class: "db.m5.large", multi_az: true };
        let two = book.managed_price(&wanted, "us-east-1").unwrap();
        assert!((two.net.usd() - 0.2).abs() < 0.002, "{two:?}");
    }
}

//! What may be wrong with negotiated prices: names, units, figures, currencies.

use super::{Around, At, Part};
use crate::market::{Agreed, Catalog, ManagedClass, NegotiatedRate, Origin, Provider, SERVICES, Service, Terms};
use crate::scenario::file::PriceRate;
use crate::scenario::issue::{Issue, Issues, did_you_mean};

/// A price so many times the list price, or so small a part of it, is a slip.
const ABSURD: f64 = 10.0;
const ABSURDLY_CHEAP: f64 = 0.01;

/// The terms of one place, while they are checked and added to those of the book.
pub(super) struct Check<'a, 'p> {
    pub(super) around: &'a Around<'p>,
    pub(super) part: &'a Part,
    pub(super) terms: &'a mut Terms,
    pub(super) issues: &'a mut Issues,
}

/// What a name stands for, with the unit and the list price in the region asked for.
struct Listed {
    unit: &'static str,
    usd: Option<f64>,
}

impl Check<'_, '_> {
    pub(super) fn all(mut self) {
        let usd_per_unit = self.currency();
        let date = self.date(None, self.part.terms.date.as_deref());
        let before = (self.terms.rates.len(), self.terms.discounts.len());
        self.discounts();
        let part = self.part;
        for (at, rate) in &part.rates {
            if let Some(rate) = self.rate(at, rate, (usd_per_unit, &date)) {
                let same = |known: &NegotiatedRate| {
                    (&known.name, &known.region, known.spot) == (&rate.name, &rate.region, rate.spot)
                };
                if self.terms.rates.iter().any(same) {
                    let place = rate.region.as_deref().unwrap_or("all regions");
                    self.refuse(Some(at), "name", format!("{} has two prices for {place}", rate.name));
                }
                self.terms.rates.push(rate);
            }
        }
        if before != (self.terms.rates.len(), self.terms.discounts.len()) || self.terms.discount > 0.0 {
            self.terms.source = part.source();
        }
    }

    fn refuse(&mut self, at: Option<&At>, field: &str, message: String) {
        self.issues.push(self.part.issue(at, field, message));
    }

    /// USD for one unit of the currency that prices are written in.
    fn currency(&mut self) -> f64 {
        let (currency, rate) = (self.part.terms.currency.clone(), self.part.terms.usd_per_unit);
        let has_prices = self.part.rates.iter().any(|(_, rate)| rate.price.is_some());
        let code = currency.as_deref().unwrap_or("USD");
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            let message = format!("found `{code}`, expected a currency's three letters, as EUR");
            self.refuse(None, "currency", message);
            return 1.0;
        }
        match rate {
            Some(rate) if !(rate.is_finite() && rate > 0.0 && (1e-6..=1e3).contains(&rate)) => {
                self.refuse(None, "usdPerUnit", format!("found {rate}, expected how many USD one {code} is"));
                1.0
            }
            Some(rate) if code == "USD" && rate != 1.0 => {
                let message = format!("found {rate}, but prices are in USD: name their currency");
                self.refuse(None, "usdPerUnit", message);
                1.0
            }
            Some(rate) => {
                if code != "USD" && has_prices {
                    let dated = self.part.terms.date.as_ref().map(|date| format!(" of {date}")).unwrap_or_default();
                    let message = format!(
                        "prices of {} are in {code}, taken at {rate} USD for one{dated}; all amounts of the report are in USD",
                        self.part.source()
                    );
                    self.issues.push(Issue::warning("prices", message));
                }
                rate
            }
            None if code != "USD" => {
                let message = format!("prices are in {code}, and nothing says how many USD that is");
                let issue = self.part.issue(None, "currency", message);
                self.issues.push(issue.with_help("add `usdPerUnit: 1.08`, and the `date` of that rate"));
                1.0
            }
            None => 1.0,
        }
    }

    fn date(&mut self, at: Option<&At>, date: Option<&str>) -> String {
        let Some(date) = date else { return "undated".to_owned() };
        if date.parse::<jiff::civil::Date>().is_err() {
            self.refuse(at, "date", format!("found `{date}`, expected a day such as 2026-11-01"));
        }
        date.to_owned()
    }

    fn discounts(&mut self) {
        let discounts = self.part.terms.discounts.clone();
        for (name, percent) in discounts {
            if name == "all" {
                self.terms.discount = percent.0;
            } else if let Some(service) = Service::called(&name) {
                self.terms.discounts.insert(service.key.to_owned(), percent.0);
            } else {
                let names = || SERVICES.iter().flat_map(|service| [service.key, service.name]).chain(["all"]);
                let meant = did_you_mean(&name, names()).map(|meant| format!("did you mean `{meant}`?"));
                let keys = || SERVICES.iter().map(|service| service.key).collect::<Vec<_>>().join(", ");
                let field = format!("discounts.{name}");
                let issue = self.part.issue(None, &field, format!("unknown service `{name}`"));
                self.issues.push(issue.with_help(meant.unwrap_or_else(|| format!("there are all, {}", keys()))));
            }
        }
    }

    fn rate(&mut self, at: &At, rate: &PriceRate, (usd_per_unit, date): (f64, &str)) -> Option<NegotiatedRate> {
        let before = self.issues.len();
        let spot = self.capacity(at, rate);
        let listed = self.listed(at, rate, spot)?;
        if let Some(unit) = rate.unit.as_deref().filter(|unit| !is_unit(unit, listed.unit)) {
            let message = format!("found {unit}, but the price of {} is per {}", rate.name, listed.unit);
            self.refuse(Some(at), "unit", message);
        }
        let agreed = match (rate.price, rate.discount) {
            (Some(price), None) => {
                self.figure(at, (price, usd_per_unit), &listed);
                Agreed::Usd(price * usd_per_unit)
            }
            (None, Some(percent)) => Agreed::Off(percent.0),
            (None, None) => {
                self.refuse(Some(at), "", format!("{}: found neither a price nor a discount", rate.name));
                return None;
            }
            (Some(_), Some(_)) => {
                self.refuse(Some(at), "", format!("{}: found a price and a discount, expected one of them", rate.name));
                return None;
            }
        };
        let date = match &rate.date {
            Some(own) => self.date(Some(at), Some(own)),
            None => date.to_owned(),
        };
        let source = rate.source.clone().unwrap_or_else(|| self.part.source());
        let (name, region) = (rate.name.clone(), rate.region.clone());
        let origin = Origin::listed(source, date);
        (self.issues.len() == before).then_some(NegotiatedRate { name, region, spot, agreed, origin })
    }

    fn capacity(&mut self, at: &At, rate: &PriceRate) -> bool {
        match rate.capacity.as_deref() {
            None | Some("onDemand") => false,
            Some("spot") => true,
            Some(other) => {
                self.refuse(Some(at), "capacity", format!("found `{other}`, expected onDemand or spot"));
                false
            }
        }
    }

    /// A figure that a list price contradicts.
    fn figure(&mut self, at: &At, (price, usd_per_unit): (f64, f64), listed: &Listed) {
        if !price.is_finite() || price < 0.0 {
            self.refuse(Some(at), "price", format!("found {price}, expected at least 0"));
            return;
        }
        let Some(list) = listed.usd else { return };
        let part = price * usd_per_unit / list;
        if price > 0.0 && !(ABSURDLY_CHEAP..=ABSURD).contains(&part) {
            let message = format!(
                "found {price}, which is {part:.4} times the list price of {list} USD per {}: is it of another unit?",
                listed.unit
            );
            self.refuse(Some(at), "price", message);
        }
    }

    fn listed(&mut self, at: &At, rate: &PriceRate, spot: bool) -> Option<Listed> {
        let catalog = Catalog::shipped();
        let whose = match rate.region.as_deref().map(|region| catalog.provider(region)) {
            Some(Ok(provider)) => Some(provider),
            Some(Err(error)) => {
                self.refuse(Some(at), "region", error.to_string());
                None
            }
            None => None,
        };
        let region = rate.region.as_deref().filter(|_| whose.is_some()).unwrap_or(self.around.region);
        let list = self.around.list;
        let name = rate.name.as_str();
        if let Ok(kind) = catalog.instance_type(name) {
            if whose.is_some_and(|provider| provider != kind.provider) {
                self.refuse(Some(at), "region", format!("`{name}` does not exist in {region}"));
            }
            let offering = list.offering(name, region).ok();
            let listed = offering.and_then(|found| if spot { found.spot } else { Some(found.on_demand) });
            return Some(Listed { unit: "hour", usd: listed.map(|rate| rate.list.usd()) });
        }
        if spot {
            self.refuse(Some(at), "capacity", format!("`{name}` is no machine type: it has no spot price"));
        }
        if let Some((service, class)) = name.split_once('/')
            && catalog.managed_classes().any(|(known, ..)| known == service)
        {
            let price = list.managed_price(&ManagedClass::single(service, class), region);
            return match price {
                Ok(price) => Some(Listed { unit: "hour", usd: Some(price.list.usd()) }),
                Err(error) => {
                    self.refuse(Some(at), "name", error.to_string());
                    None
                }
            };
        }
        // What is not sold in the scenario's region may be sold in another cloud's.
        let homes = ["us-east-1", "us-central1"].into_iter().filter(|_| rate.region.is_none());
        match [region].into_iter().chain(homes).find_map(|region| list.fixed_price(name, region).ok()) {
            Some(price) => Some(Listed { unit: price.unit, usd: price.tiers.first().map(|tier| tier.list.usd()) }),
            None => {
                self.unknown(at, name);
                None
            }
        }
    }

    fn unknown(&mut self, at: &At, name: &str) {
        let catalog = Catalog::shipped();
        let managed = catalog.managed_classes().map(|(service, class, _)| format!("{service}/{class}"));
        let items = [Provider::Aws, Provider::Gcp].into_iter().flat_map(|provider| catalog.fixed_items(provider));
        let names = catalog.instance_types().chain(items).map(str::to_owned);
        let names: Vec<String> = names.chain(managed).collect();
        let message = format!("unknown machine type, item or managed service `{name}`");
        let help = "names are as `foresail catalog` prints them: m5.large, nat_gateway_gb, rds-postgres/db.m5.large";
        let issue = self.part.issue(Some(at), "name", message).with_help(help);
        self.issues.push(issue.suggest(name, names.iter().map(String::as_str)));
    }
}

/// Whether two words mean one unit: `Hours`, `hrs` and `hour`; `GB-Mo`, `GiB-Months` and `GB-month`.
fn is_unit(found: &str, expected: &str) -> bool {
    let plain = |unit: &str| {
        let unit = unit.to_lowercase().replace("gib", "gb").replace("hrs", "hour").replace(['_', ' '], "-");
        unit.split('-').map(|word| word.trim_end_matches('s').replace("month", "mo")).collect::<Vec<_>>().join("-")
    };
    plain(found) == plain(expected)
}

//! Prices of everything that is neither a node nor a database: control plane, disks, load balancers, traffic, storage.

use std::collections::BTreeMap;

use super::error::nearest;
use super::sources::Sources;
use super::{MarketError, Origin, Provider, Tier};
use crate::units::{HOURS_PER_MONTH, Money, PricePerHour};

/// What a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// An hour of one unit (items that end in `_hour`).
    Hour,
    /// A month of 730 hours of one unit (items that end in `_month`).
    Month,
    /// One unit: a GB moved, a thousand requests.
    Unit,
    /// A share of the on-demand price of machines (items that end in `_share`).
    Share,
}

impl Per {
    /// What the item called `name` is paid for by.
    fn of(name: &str) -> Self {
        match name {
            _ if name.ends_with("_hour") => Per::Hour,
            _ if name.ends_with("_month") => Per::Month,
            _ if name.ends_with("_share") => Per::Share,
            _ => Per::Unit,
        }
    }
}

/// A price from `data/fixed_prices.csv`. The item's name says the unit: `gp3_gb_month`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedPrice {
    /// USD for one unit: at least one tier, the first above 0, ascending.
    pub tiers: Vec<Tier>,
    /// What it is for.
    pub per: Per,
    /// The unit in a word: `GB-month`, `hour`, `1,000,000`.
    pub unit: &'static str,
    /// Where it is from: it says so where it is another region's price, or derived from a similar item's.
    pub origin: Origin,
}

impl FixedPrice {
    /// What is paid for the first unit of a month.
    pub fn net(&self) -> Money {
        self.tiers.first().map_or(Money::ZERO, |tier| tier.net)
    }
    /// What is paid for `quantity` units of a calendar month, tier by tier.
    pub fn net_of(&self, quantity: f64) -> Money {
        let end = |at: usize| self.tiers.get(at).map_or(f64::INFINITY, |tier| tier.above as f64);
        let part = |(at, tier): (usize, &Tier)| (quantity.min(end(at + 1)) - end(at)).max(0.0) * tier.net.usd();
        Money::from_usd(self.tiers.iter().enumerate().map(part).sum())
    }
    /// What is paid per hour for `quantity` units at the first tier; zero for prices per unit (they depend on use).
    pub fn per_hour(&self, quantity: f64) -> PricePerHour {
        let hours = match self.per {
            Per::Hour => 1.0,
            Per::Month => HOURS_PER_MONTH as f64,
            Per::Unit | Per::Share => return PricePerHour::ZERO,
        };
        PricePerHour::from_usd(self.net().usd() * quantity / hours)
    }
}

/// Prices by item and region.
pub(super) struct FixedPrices {
    items: BTreeMap<&'static str, BTreeMap<&'static str, (&'static str, &'static str)>>,
}

/// Where a price is asked for.
pub(super) struct Place<'a> {
    pub(super) region: &'a str,
    pub(super) provider: Provider,
}

impl Place<'_> {
    /// What stands for all regions of the provider.
    fn everywhere(&self) -> &'static str {
        match self.provider {
            Provider::Aws => "aws",
            Provider::Gcp => "gcp",
        }
    }
    /// The region whose price is taken where the one asked for has none.
    fn home(&self) -> &'static str {
        match self.provider {
            Provider::Aws => "us-east-1",
            Provider::Gcp => "us-central1",
        }
    }
}

impl FixedPrices {
    pub(super) fn parse(text: &'static str) -> Self {
        let mut prices = FixedPrices { items: BTreeMap::new() };
        for line in text.lines().skip(1) {
            if let [item, region, usd, source] = line.split(',').collect::<Vec<_>>()[..] {
                prices.items.entry(item).or_default().insert(region, (usd, source));
            }
        }
        prices
    }

    /// The names of those that `provider` sells.
    pub(super) fn items_of(&self, provider: Provider) -> impl Iterator<Item = &'static str> + '_ {
        let sold = move |regions: &BTreeMap<&str, _>| regions.keys().any(|region| whose(region) == provider);
        self.items.iter().filter(move |(_, regions)| sold(regions)).map(|(name, _)| *name)
    }

    pub(super) fn price(&self, item: &str, place: &Place<'_>, sources: &Sources) -> Result<FixedPrice, MarketError> {
        let names = || self.items_of(place.provider);
        let unknown = || MarketError::Item { found: item.to_owned(), nearest: nearest(item, names()) };
        let regions = self.items.get(item).ok_or_else(unknown)?;
        let listed = regions.get(place.region).or_else(|| regions.get(place.everywhere()));
        let elsewhere = || {
            let home = regions.get_key_value(place.home());
            home.or_else(|| regions.iter().find(|(region, _)| place.provider == whose(region)))
        };
        let (other, (cell, source)) =
            listed.map(|row| ("", row)).or_else(|| elsewhere().map(|(name, row)| (*name, row))).ok_or_else(unknown)?;
        let origin = sources.origin(source);
        Ok(FixedPrice {
            tiers: tiers(cell).ok_or_else(unknown)?,
            per: Per::of(item),
            unit: unit(item),
            origin: if listed.is_some() { origin } else { origin.estimated(format!("price of {other}")) },
        })
    }
}

/// Whose a region of the table is: AWS numbers its regions after a dash.
fn whose(region: &str) -> Provider {
    let number = region.trim_end_matches(|c: char| c.is_ascii_digit());
    if region == "aws" || number.len() < region.len() && number.ends_with('-') { Provider::Aws } else { Provider::Gcp }
}

/// `0.09|10240:0.085`: 0.09, and 0.085 for what exceeds 10,240.
pub(super) fn tiers(cell: &str) -> Option<Vec<Tier>> {
    let tier = |part: &str| {
        let (above, usd) = part.split_once(':').unwrap_or(("0", part));
        let price = Money::from_usd(usd.parse().ok()?);
        Some(Tier { above: above.parse().ok()?, list: price, net: price })
    };
    cell.split('|').map(tier).collect()
}

/// Ends of items' names, longest first, and the units that they stand for.
const UNITS: [(&str, &str); 14] = [
    ("_ten_thousand", "10,000"),
    ("_thousand", "1,000"),
    ("_million", "1,000,000"),
    ("_gb_month", "GB-month"),
    ("_iops_month", "IOPS-month"),
    ("_mbps_month", "MB/s-month"),
    ("_month", "month"),
    ("_memory_gb_hour", "GB-hour"),
    ("_gb_hour", "GB-hour"),
    ("_vcpu_hour", "vCPU-hour"),
    ("_lcu_hour", "LCU-hour"),
    ("_hour", "hour"),
    ("_gb", "GB"),
    ("_share", "share"),
];

/// The unit of the item called `name`.
fn unit(name: &str) -> &'static str {
    UNITS.iter().find(|(end, _)| name.ends_with(end)).map_or("unit", |(_, unit)| unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Catalog, PriceBook};

    #[test]
    fn prices_are_read_with_their_unit() {
        let check = |item: &str, region: &str, usd: f64, per: Per, estimated: bool| {
            let found = Catalog::shipped().fixed_price(item, region).unwrap();
            let found = (found.net(), found.per, found.origin.estimated.is_some());
            assert_eq!(found, (Money::from_usd(usd), per, estimated), "{item}");
        };
        check("eks_control_plane_hour", "us-east-1", 0.1, Per::Hour, false);
        check("gke_control_plane_hour", "europe-west1", 0.1, Per::Hour, false);
        check("gp3_gb_month", "us-east-1", 0.08, Per::Month, false);
        check("gp3_mbps_month", "us-east-1", 0.04, Per::Month, false);
        check("alb_hour", "us-east-1", 0.0225, Per::Hour, false);
        check("alb_lcu_hour", "us-east-1", 0.008, Per::Hour, false);
        check("nat_gateway_gb", "us-east-1", 0.045, Per::Unit, false);
        check("internet_out_gb", "sa-east-1", 0.15, Per::Unit, false);
        check("s3_standard_gb_month", "eu-west-1", 0.023, Per::Month, true);
    }

    #[test]
    fn every_item_has_a_price_at_home() {
        for (provider, region) in [(Provider::Aws, "us-east-1"), (Provider::Gcp, "us-central1")] {
            for item in Catalog::shipped().fixed_items(provider) {
                let price = Catalog::shipped().fixed_price(item, region).unwrap();
                assert!(price.net() > Money::ZERO && price.unit != "unit", "{item}");
            }
        }
    }

    #[test]
    fn what_exceeds_a_tier_has_the_next_ones_price() {
        let tier = |above, usd| Tier { above, list: Money::from_usd(usd), net: Money::from_usd(usd) };
        let price = FixedPrice {
            tiers: vec![tier(0, 0.09), tier(10_240, 0.085)],
            per: Per::Unit,
            unit: "GB",
            origin: Origin::listed("AWS", "2026-08-21"),
        };
        assert_eq!(price.net_of(100.0), Money::from_usd(9.0));
        assert_eq!(price.net_of(10_340.0), Money::from_usd(921.6 + 8.5));
        let listed = |item, region| Catalog::shipped().fixed_price(item, region).unwrap().tiers;
        let above = |item, region| listed(item, region).iter().map(|tier| tier.above).collect::<Vec<_>>();
        assert_eq!(above("internet_out_gb", "eu-west-1"), [0, 10_240, 51_200, 153_600]);
        assert_eq!(above("internet_out_gb", "us-central1"), [0, 1024, 10_240]);
    }

    #[test]
    fn months_become_hours() {
        let gp3 = Catalog::shipped().fixed_price("gp3_gb_month", "us-east-1").unwrap();
        assert_eq!(gp3.per_hour(730.0), PricePerHour::from_usd(0.08));
    }

    #[test]
    fn misspelt_items_get_a_suggestion() {
        let error = Catalog::shipped().fixed_price("gp3_gb_mont", "us-east-1").unwrap_err();
        assert_eq!(error.suggestion(), Some("gp3_gb_month"));
    }
}

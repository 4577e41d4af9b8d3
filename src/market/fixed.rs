//! Prices of everything that is not a node: control plane, disks, load balancers, managed services.

use std::collections::BTreeMap;

use super::error::nearest;
use super::table::marked;
use super::{MarketError, Origin, Rate, Tier};
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
}

/// A price from `data/fixed_prices.csv`. The item's name says the unit: `gp3_gb_month`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedPrice {
    /// USD for one unit: at least one tier, the first above 0, ascending.
    pub tiers: Vec<Tier>,
    /// What it is for.
    pub per: Per,
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
            Per::Unit => return PricePerHour::ZERO,
        };
        PricePerHour::from_usd(self.net().usd() * quantity / hours)
    }
}

/// Who published the prices.
const LISTED: &str = "list price";

/// Prices by item and region; managed services by service, class and region.
pub(super) struct FixedPrices {
    items: BTreeMap<&'static str, BTreeMap<&'static str, (&'static str, &'static str)>>,
    managed: BTreeMap<&'static str, Vec<ManagedRow>>,
}

#[derive(Clone, Copy)]
struct ManagedRow {
    class: &'static str,
    region: &'static str,
    usd_hour: f64,
    date: &'static str,
}

impl FixedPrices {
    pub(super) fn parse(fixed: &'static str, managed: &'static str) -> Self {
        let mut prices = FixedPrices { items: BTreeMap::new(), managed: BTreeMap::new() };
        for line in fixed.lines().skip(1) {
            if let [item, region, usd, date] = line.split(',').collect::<Vec<_>>()[..] {
                prices.items.entry(item).or_default().insert(region, (usd, date));
            }
        }
        for line in managed.lines().skip(1) {
            if let [service, class, region, usd, date] = line.split(',').collect::<Vec<_>>()[..]
                && let Ok(usd_hour) = usd.parse()
            {
                prices.managed.entry(service).or_default().push(ManagedRow { class, region, usd_hour, date });
            }
        }
        prices
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.items.keys().copied()
    }

    pub(super) fn price(&self, item: &str, region: &str, home: &str) -> Result<FixedPrice, MarketError> {
        let unknown = || MarketError::Item { found: item.to_owned(), nearest: nearest(item, self.items()) };
        let regions = self.items.get(item).ok_or_else(unknown)?;
        let (here, (cell, date)) = match (regions.get(region), regions.get(home)) {
            (Some(price), _) => (true, price),
            (None, Some(price)) => (false, price),
            (None, None) => return Err(unknown()),
        };
        let (mark, figure) = marked(cell);
        let price = Money::from_usd(figure.parse().map_err(|_| unknown())?);
        let origin = Origin::listed(LISTED, *date);
        Ok(FixedPrice {
            tiers: vec![Tier { above: 0, list: price, net: price }],
            per: match item {
                _ if item.ends_with("_hour") => Per::Hour,
                _ if item.ends_with("_month") => Per::Month,
                _ => Per::Unit,
            },
            origin: match (here, mark) {
                (false, _) => origin.estimated(format!("price of {home}")),
                (true, '~') => origin.estimated("price of a similar item"),
                (true, _) => origin,
            },
        })
    }

    /// The price of `class` of `service`; estimated by `ec2_price` of a machine type in a region if not listed.
    pub(super) fn managed(
        &self,
        service: &str,
        class: &str,
        region: &str,
        ec2_price: &dyn Fn(&str, &str) -> Option<PricePerHour>,
    ) -> Result<Rate, MarketError> {
        let Some(rows) = self.managed.get(service) else {
            return Err(MarketError::Item {
                found: service.to_owned(),
                nearest: nearest(service, self.managed.keys().copied()),
            });
        };
        if let Some(row) = rows.iter().find(|row| row.class == class && row.region == region) {
            return Ok(Rate::listed(PricePerHour::from_usd(row.usd_hour), Origin::listed(LISTED, row.date)));
        }
        // The EC2 machine behind the class carries the price from size to size and region to region.
        let estimate = |row: &ManagedRow| {
            let wanted = ec2_price(machine_of(class), region)?;
            let listed = ec2_price(machine_of(row.class), row.region)?;
            let price = PricePerHour::from_usd(row.usd_hour * wanted.usd() / listed.usd());
            let how = format!("price of {} in {}, scaled by the machines' prices", row.class, row.region);
            Some(Rate::listed(price, Origin::listed(LISTED, row.date).estimated(how)))
        };
        let family = |class: &str| machine_of(class).split('.').next().unwrap_or_default().to_owned();
        let likeness = |row: &ManagedRow| {
            (row.class != class, family(row.class) != family(class), row.region != region, row.region != "us-east-1")
        };
        let mut ranked: Vec<&ManagedRow> = rows.iter().collect();
        ranked.sort_by_key(|row| likeness(row));
        ranked.into_iter().find_map(estimate).ok_or_else(|| MarketError::ManagedClass {
            service: service.to_owned(),
            class: class.to_owned(),
            known: "classes look like `db.m5.large`, `cache.r7g.large`, `mq.m5.large`".to_owned(),
        })
    }
}

/// `m5.large` of `db.m5.large`, `cache.m5.large`, `m5.large.search`.
fn machine_of(class: &str) -> &str {
    let stem = ["db.", "cache.", "mq.", "kafka."].iter().find_map(|prefix| class.strip_prefix(prefix)).unwrap_or(class);
    stem.strip_suffix(".search").unwrap_or(stem)
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
        check("gke_control_plane_hour", "europe-west1", 0.1, Per::Hour, true);
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
        for item in Catalog::shipped().fixed_items() {
            let aws = Catalog::shipped().fixed_price(item, "us-east-1");
            let gcp = Catalog::shipped().fixed_price(item, "us-central1");
            assert!(aws.or(gcp).unwrap().net() > Money::ZERO, "{item}");
        }
    }

    #[test]
    fn what_exceeds_a_tier_has_the_next_ones_price() {
        let tier = |above, usd| Tier { above, list: Money::from_usd(usd), net: Money::from_usd(usd) };
        let price = FixedPrice {
            tiers: vec![tier(0, 0.09), tier(10_240, 0.085)],
            per: Per::Unit,
            origin: Origin::listed(LISTED, "2026-08-21"),
        };
        assert_eq!(price.net_of(100.0), Money::from_usd(9.0));
        assert_eq!(price.net_of(10_340.0), Money::from_usd(921.6 + 8.5));
    }

    #[test]
    fn months_become_hours() {
        let gp3 = Catalog::shipped().fixed_price("gp3_gb_month", "us-east-1").unwrap();
        assert_eq!(gp3.per_hour(730.0), PricePerHour::from_usd(0.08));
    }

    #[test]
    fn managed_classes_are_listed_or_scaled() {
        let check = |service: &str, class: &str, region: &str, usd: f64, estimated: bool| {
            let found = Catalog::shipped().managed_price(service, class, region).unwrap();
            let found = (found.net, found.origin.estimated.is_some());
            assert_eq!(found, (PricePerHour::from_usd(usd), estimated), "{service} {class}");
        };
        check("rds-mysql", "db.m5.large", "us-east-1", 0.171, false);
        check("rds-mysql", "db.m5.xlarge", "us-east-1", 0.342, true);
        check("documentdb", "db.r5.large", "us-east-1", 0.277, true);
        check("mq-rabbitmq", "mq.m5.large", "us-east-1", 0.288, true);
        check("elasticache-redis", "cache.m6g.2xlarge", "us-east-1", 0.593, false);
    }

    #[test]
    fn misspelt_items_get_a_suggestion() {
        let error = Catalog::shipped().fixed_price("gp3_gb_mont", "us-east-1").unwrap_err();
        assert_eq!(error.suggestion(), Some("gp3_gb_month"));
        let error = Catalog::shipped().managed_price("rds-postgre", "db.m5.large", "us-east-1").unwrap_err();
        assert_eq!(error.suggestion(), Some("rds-postgres"));
        assert!(Catalog::shipped().managed_price("rds-postgres", "db.banana", "us-east-1").is_err());
    }
}

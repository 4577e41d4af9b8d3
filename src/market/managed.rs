//! Prices of managed services: databases, caches, brokers, by class.

use std::collections::BTreeMap;

use super::error::nearest;
use super::sources::Sources;
use super::{MarketError, Rate};
use crate::units::PricePerHour;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedClass<'a> {
    /// `rds-postgres`, `elasticache-redis`.
    pub service: &'a str,
    /// `db.m5.large`, `cache.r7g.large`.
    pub class: &'a str,
    /// With a standby in another zone, where the service sells that as one.
    pub multi_az: bool,
}

impl<'a> ManagedClass<'a> {
    /// One node in one zone.
    pub fn single(service: &'a str, class: &'a str) -> Self {
        ManagedClass { service, class, multi_az: false }
    }
}

/// Prices by service and class.
pub(super) struct ManagedPrices {
    regions: Vec<&'static str>,
    services: BTreeMap<&'static str, Vec<Row>>,
}

/// A class of a service from one source; its prices stay text.
struct Row {
    class: &'static str,
    /// How many instances are priced as one.
    nodes: &'static str,
    source: &'static str,
    cells: &'static str,
}

/// Engines of ElastiCache at a fixed share of Redis' price: so in each of some 1,600 cells of the source.
const LIKE_REDIS: [(&str, f64); 2] = [("elasticache-valkey", 0.8), ("elasticache-memcached", 1.0)];
const REDIS: &str = "elasticache-redis";

impl ManagedPrices {
    pub(super) fn parse(text: &'static str) -> Self {
        let mut lines = text.lines();
        let regions = lines.next().unwrap_or_default().split(',').skip(4).collect();
        let mut services: BTreeMap<&'static str, Vec<Row>> = BTreeMap::new();
        for line in lines {
            if let [service, class, nodes, source, cells] = line.splitn(5, ',').collect::<Vec<_>>()[..] {
                services.entry(service).or_default().push(Row { class, nodes, source, cells });
            }
        }
        ManagedPrices { regions, services }
    }

    /// The services with the classes of each, and where these are listed.
    pub(super) fn classes(&self) -> impl Iterator<Item = (&'static str, &'static str, Vec<&'static str>)> + '_ {
        let services = self.services.iter().map(|(name, rows)| (*name, rows));
        let alike = LIKE_REDIS.iter().filter_map(|(name, _)| Some((*name, self.services.get(REDIS)?)));
        let classes = services.chain(alike).flat_map(|(name, rows)| rows.iter().map(move |row| (name, row)));
        classes.filter(|(_, row)| row.nodes == "1").map(|(name, row)| (name, row.class, self.filled(row).collect()))
    }

    /// Estimated by `ec2_price` of a machine type in a region if it is not listed.
    pub(super) fn price(
        &self,
        wanted: &ManagedClass<'_>,
        region: &str,
        ec2_price: &dyn Fn(&str, &str) -> Option<PricePerHour>,
        sources: &Sources,
    ) -> Result<Rate, MarketError> {
        let like = LIKE_REDIS.iter().find(|(name, _)| *name == wanted.service);
        let (service, factor) = like.map_or((wanted.service, 1.0), |(_, factor)| (REDIS, *factor));
        let Some(rows) = self.services.get(service) else {
            let names = self.services.keys().copied().chain(LIKE_REDIS.iter().map(|(name, _)| *name));
            return Err(MarketError::Item {
                found: wanted.service.to_owned(),
                nearest: nearest(wanted.service, names),
            });
        };
        let doubled = wanted.multi_az && !rows.iter().any(|row| row.nodes == "2" && self.usd(row, region).is_some());
        let nodes = if wanted.multi_az && !doubled { "2" } else { "1" };
        let factor = if doubled { 2.0 * factor } else { factor };
        let rate = |usd: f64, row: &Row, how: Option<String>| {
            let origin = sources.origin(row.source);
            let how = match how {
                Some(how) if doubled => Some(format!("twice a single instance; {how}")),
                None if doubled => Some("twice a single instance".to_owned()),
                how => how,
            };
            let origin = if let Some(how) = how { origin.estimated(how) } else { origin };
            Rate::listed(PricePerHour::from_usd(usd * factor), origin)
        };
        let rows = || rows.iter().filter(|row| row.nodes == nodes);
        let listed = rows().find_map(|row| Some((row, self.usd(row, region).filter(|_| row.class == wanted.class)?)));
        if let Some((row, usd)) = listed {
            return Ok(rate(usd, row, None));
        }
        // The EC2 machine behind the class carries the price from size to size and region to region.
        let estimate = |(row, place): (&Row, &'static str)| {
            let price = ec2_price(machine_of(wanted.class), region)?;
            let listed = ec2_price(machine_of(row.class), place)?;
            let how = format!("price of {} in {place}, scaled by the machines' prices", row.class);
            Some(rate(self.usd(row, place)? * price.usd() / listed.usd(), row, Some(how)))
        };
        let family = family(wanted.class);
        let mut ranked: Vec<(&Row, &'static str)> =
            rows().flat_map(|row| self.filled(row).map(move |place| (row, place))).collect();
        ranked.sort_by_key(|(row, place)| {
            (row.class != wanted.class, self::family(row.class) != family, *place != region, *place != "us-east-1")
        });
        ranked.into_iter().find_map(estimate).ok_or_else(|| self.unknown(wanted, rows().map(|row| row.class)))
    }

    fn unknown<'a>(&self, wanted: &ManagedClass<'_>, classes: impl Iterator<Item = &'a str>) -> MarketError {
        let alike = nearest(wanted.class, classes).map(|name| format!("did you mean `{name}`?"));
        MarketError::ManagedClass {
            service: wanted.service.to_owned(),
            class: wanted.class.to_owned(),
            known: alike
                .unwrap_or_else(|| "classes look like `db.m5.large`, `cache.r7g.large`, `mq.m5.large`".to_owned()),
        }
    }

    fn usd(&self, row: &Row, region: &str) -> Option<f64> {
        let at = self.regions.iter().position(|name| *name == region)?;
        row.cells.split(',').nth(at)?.parse().ok()
    }

    fn filled(&self, row: &Row) -> impl Iterator<Item = &'static str> + '_ {
        self.regions.iter().zip(row.cells.split(',')).filter(|(_, cell)| !cell.is_empty()).map(|(name, _)| *name)
    }
}

/// `m5.large` of `db.m5.large`, `cache.m5.large`, `m5.large.search`.
fn machine_of(class: &str) -> &str {
    let stem = ["db.", "cache.", "mq.", "kafka."].iter().find_map(|prefix| class.strip_prefix(prefix)).unwrap_or(class);
    stem.strip_suffix(".search").unwrap_or(stem)
}

fn family(class: &str) -> &str {
    machine_of(class).split('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Catalog, PriceBook};

    #[test]
    fn managed_classes_are_listed_or_scaled() {
        let check = |service: &str, class: &str, region: &str, usd: f64, estimated: bool| {
            let found = Catalog::shipped().managed_price(&ManagedClass::single(service, class), region).unwrap();
            let found = (found.net, found.origin.estimated.is_some());
            assert_eq!(found, (PricePerHour::from_usd(usd), estimated), "{service} {class}");
        };
        check("rds-mysql", "db.m5.large", "us-east-1", 0.171, false);
        check("rds-mysql", "db.m5.xlarge", "us-east-1", 0.342, false);
        check("elasticache-valkey", "cache.m6g.2xlarge", "us-east-1", 0.4744, false);
        check("documentdb", "db.r5.large", "us-east-1", 0.277, true);
        check("mq-rabbitmq", "mq.m5.large", "us-east-1", 0.288, true);
        check("elasticache-redis", "cache.m6g.2xlarge", "us-east-1", 0.593, false);
    }

    #[test]
    fn misspelt_services_and_classes_get_a_suggestion() {
        let ask = |service, class| {
            Catalog::shipped().managed_price(&ManagedClass::single(service, class), "us-east-1").unwrap_err()
        };
        assert_eq!(ask("rds-postgre", "db.m5.large").suggestion(), Some("rds-postgres"));
        let error = ask("rds-postgres", "db.m5.lrge").to_string();
        assert!(error.ends_with("did you mean `db.m5.large`?"), "{error}");
        assert!(ask("rds-postgres", "banana").to_string().contains("classes look like"));
    }

    #[test]
    fn a_standby_is_listed_or_a_second_instance() {
        let price = |service, class, multi_az| {
            let wanted = ManagedClass { service, class, multi_az };
            Catalog::shipped().managed_price(&wanted, "eu-west-1").unwrap()
        };
        let (one, two) = (price("rds-mysql", "db.m5.large", false), price("rds-mysql", "db.m5.large", true));
        assert!(two.origin.estimated.is_none() && two.list > one.list);
        let (one, two) =
            (price("elasticache-redis", "cache.m5.large", false), price("elasticache-redis", "cache.m5.large", true));
        assert_eq!(
            (two.list, two.origin.estimated.as_deref()),
            (one.list.scaled(2.0), Some("twice a single instance"))
        );
    }

    #[test]
    fn every_listed_class_can_be_read() {
        let mut cells = 0;
        for (service, class, regions) in Catalog::shipped().managed_classes() {
            for region in regions {
                let rate = Catalog::shipped().managed_price(&ManagedClass::single(service, class), region).unwrap();
                assert!(rate.list > PricePerHour::ZERO, "{service} {class} {region}");
                cells += 1;
            }
        }
        assert!(cells > 6000, "{cells}");
    }
}

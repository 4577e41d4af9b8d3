//! The catalogue: every machine type, what it costs where, and what its spot market is like.

use std::sync::LazyLock;

use super::error::nearest;
use super::fixed::Place;
use super::instance_type::{Architecture, EniLimits, InstanceType, Provider};
use super::managed::{ManagedClass, ManagedPrices};
use super::sources::Sources;
use super::spot::{InterruptionRate, SpotPool};
use super::spot_zones::{SpotSpread, SpotZones};
use super::support_plan::{SupportPlan, SupportPlans};
use super::table::{Table, marked};
use super::{FixedPrice, MarketError, Offering, PriceBook, Rate, fixed};
use crate::units::PricePerHour;

/// Everything that is sold: the [`PriceBook`] of list prices, and facts about what they buy. Immutable, shared, read on first use (about a millisecond).
pub struct Catalog {
    ec2_types: Table,
    ec2_prices: Table,
    ec2_spot: Table,
    ec2_spot_zones: SpotZones,
    gce_types: Table,
    gce_prices: Table,
    fixed: fixed::FixedPrices,
    managed: ManagedPrices,
    support: SupportPlans,
    sources: Sources,
}

impl Catalog {
    /// The catalogue shipped with this release.
    pub fn shipped() -> &'static Catalog {
        static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog {
            ec2_types: Table::parse(include_str!("../../data/ec2_types.csv")),
            ec2_prices: Table::parse(include_str!("../../data/ec2_prices.csv")),
            ec2_spot: Table::parse(include_str!("../../data/ec2_spot.csv")),
            ec2_spot_zones: SpotZones::parse(include_str!("../../data/ec2_spot_zones.csv")),
            gce_types: Table::parse(include_str!("../../data/gce_types.csv")),
            gce_prices: Table::parse(include_str!("../../data/gce_prices.csv")),
            fixed: fixed::FixedPrices::parse(include_str!("../../data/fixed_prices.csv")),
            managed: ManagedPrices::parse(include_str!("../../data/managed_prices.csv")),
            support: SupportPlans::parse(include_str!("../../data/support_plans.csv")),
            sources: Sources::parse(include_str!("../../data/price_sources.csv")),
        });
        &CATALOG
    }

    /// The names of all machine types, EC2's first, in the order of the tables.
    pub fn instance_types(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.ec2_types.keys().chain(self.gce_types.keys())
    }

    /// The regions with machine prices.
    pub fn regions(&self, provider: Provider) -> impl Iterator<Item = &'static str> + '_ {
        match provider {
            Provider::Aws => self.ec2_prices.columns(),
            Provider::Gcp => self.gce_prices.columns(),
        }
    }

    /// Whose region `region` is. Errors: [`MarketError::Region`].
    pub fn provider(&self, region: &str) -> Result<Provider, MarketError> {
        if self.ec2_prices.has_column(region) || self.ec2_spot.has_column(region) {
            return Ok(Provider::Aws);
        }
        if self.gce_prices.has_column(region) {
            return Ok(Provider::Gcp);
        }
        let names = self.ec2_spot.columns().chain(self.gce_prices.columns());
        Err(MarketError::Region { found: region.to_owned(), nearest: nearest(region, names) })
    }

    /// The machine type called `name`. Errors: [`MarketError::InstanceType`].
    pub fn instance_type(&self, name: &str) -> Result<InstanceType, MarketError> {
        self.known_instance_type(name).ok_or_else(|| MarketError::InstanceType {
            found: name.to_owned(),
            nearest: nearest(name, self.instance_types()),
        })
    }

    /// The same where nobody is told of a name that does not exist: no other is sought that is like it.
    pub fn known_instance_type(&self, name: &str) -> Option<InstanceType> {
        match self.ec2_types.row(name) {
            Some(cells) => ec2_type(cells),
            None => self.gce_types.row(name).and_then(gce_type),
        }
    }

    /// What the spot market of `instance_type` is like in `region` (each zone is a pool of its own).
    ///
    /// Errors: as [`PriceBook::offering`], also where there is no spot market.
    pub fn spot_pool(&self, instance_type: &str, region: &str) -> Result<SpotPool, MarketError> {
        let kind = self.instance_type(instance_type)?;
        let offering = self.offering(instance_type, region)?;
        let none = || MarketError::NoPrice {
            instance_type: format!("{instance_type} (spot)"),
            region: region.to_owned(),
            known: "use on-demand capacity there".to_owned(),
        };
        if offering.spot.is_none() {
            return Err(none());
        }
        let rate = match kind.provider {
            Provider::Gcp => InterruptionRate::GCP_ASSUMED,
            Provider::Aws => {
                let cell = self.ec2_spot.cell(kind.name, region).ok_or_else(none)?;
                let spot = SpotCell::read(cell).ok_or_else(none)?;
                InterruptionRate::from_advisor_bucket(spot.bucket, spot.estimated)
            }
        };
        Ok(SpotPool::new(kind.provider, rate))
    }

    /// How the spot prices of a machine type differ between the zones of a region, where that is known. The figures are of another day than the
    /// spot price itself.
    pub fn spot_spread(&self, instance_type: &str, region: &str) -> Option<SpotSpread> {
        self.ec2_spot_zones.of(instance_type, region)
    }

    /// The names of all fixed prices of a provider, sorted.
    pub fn fixed_items(&self, provider: Provider) -> impl Iterator<Item = &'static str> + '_ {
        self.fixed.items_of(provider)
    }

    /// The services with the classes of each, and the regions where these are listed.
    pub fn managed_classes(&self) -> impl Iterator<Item = (&'static str, &'static str, Vec<&'static str>)> + '_ {
        self.managed.classes()
    }

    /// The names of a provider's support plans.
    pub fn support_plans(&self, provider: Provider) -> impl Iterator<Item = &'static str> + '_ {
        self.support.names(provider)
    }

    /// A provider's support plan. Errors: [`MarketError::Item`].
    pub fn support_plan(&self, provider: Provider, name: &str) -> Result<SupportPlan, MarketError> {
        self.support.plan(provider, name, &self.sources)
    }

    fn price_table(&self, provider: Provider) -> &Table {
        match provider {
            Provider::Aws => &self.ec2_prices,
            Provider::Gcp => &self.gce_prices,
        }
    }

    fn ec2_offering(&self, kind: &InstanceType, region: &str, cell: &'static str) -> Option<Offering> {
        let on_demand = PricePerHour::from_usd(cell.parse().ok()?);
        let spot = self.ec2_spot.cell(kind.name, region).and_then(SpotCell::read).map(|spot| {
            let id = match spot.price_of {
                'z' => "A1z",
                'a' => "A1a",
                _ => "S0",
            };
            Rate::listed(PricePerHour::from_usd(spot.usd), self.sources.origin(id))
        });
        Some(Offering { on_demand: Rate::listed(on_demand, self.sources.origin("A1")), spot })
    }

    fn gce_offering(&self, cell: &'static str) -> Option<Offering> {
        let (mark, figures) = marked(cell);
        let (on_demand, spot) = figures.split_once('/').unwrap_or((figures, ""));
        let origin = self.sources.origin(match mark {
            '+' => "C3",
            '=' => "G1r",
            _ => "G1",
        });
        let rate = |usd| Rate::listed(PricePerHour::from_usd(usd), origin.clone());
        Some(Offering { on_demand: rate(on_demand.parse().ok()?), spot: spot.parse().ok().map(rate) })
    }
}

impl PriceBook for Catalog {
    fn offering(&self, instance_type: &str, region: &str) -> Result<Offering, MarketError> {
        let kind = self.instance_type(instance_type)?;
        self.provider(region)?;
        let prices = self.price_table(kind.provider);
        let offering = prices.cell(kind.name, region).and_then(|cell| match kind.provider {
            Provider::Aws => self.ec2_offering(&kind, region, cell),
            Provider::Gcp => self.gce_offering(cell),
        });
        offering.ok_or_else(|| {
            let known: Vec<&str> = prices.filled(kind.name).collect();
            MarketError::NoPrice {
                instance_type: instance_type.to_owned(),
                region: region.to_owned(),
                known: if known.is_empty() {
                    "it has no known price anywhere".to_owned()
                } else {
                    format!("it is known in {}", known.join(", "))
                },
            }
        })
    }

    /// Where the region's price is not known, it is the provider's home region's, marked as estimated.
    fn fixed_price(&self, item: &str, region: &str) -> Result<FixedPrice, MarketError> {
        let provider = self.provider(region)?;
        self.fixed.price(item, &Place { region, provider }, &self.sources)
    }

    /// A class that is not listed is estimated, in this order: from the same service and family in
    /// the region or in us-east-1, scaled by the EC2 prices of the sizes and of the regions; from the
    /// service's typical price over EC2's.
    fn managed_price(&self, wanted: &ManagedClass<'_>, region: &str) -> Result<Rate, MarketError> {
        self.provider(region)?;
        let ec2_price = |kind: &str, region: &str| self.offering(kind, region).ok().map(|o| o.on_demand.list);
        self.managed.price(wanted, region, &ec2_price, &self.sources)
    }
}

/// The region a zone belongs to: `us-east-1` of `us-east-1a`, `us-central1` of `us-central1-b`.
pub fn region_of_zone(zone: &str) -> &str {
    let without_letter = zone.strip_suffix(|c: char| c.is_ascii_lowercase()).unwrap_or(zone);
    match without_letter.as_bytes() {
        [.., b'0'..=b'9'] => without_letter,
        [.., b'-'] => &without_letter[..without_letter.len() - 1],
        _ => zone,
    }
}

/// `vcpu, memory_mib, arch, gpu` are the same columns in both type tables.
fn ec2_type(mut cells: impl Iterator<Item = &'static str>) -> Option<InstanceType> {
    let mut kind = machine(Provider::Aws, &mut cells)?;
    let (enis, ipv4) = (cells.next()?.parse(), cells.next()?.parse());
    kind.eni = enis.ok().zip(ipv4.ok()).map(|(enis, ipv4_per_eni)| EniLimits { enis, ipv4_per_eni });
    Some(kind)
}

fn gce_type(mut cells: impl Iterator<Item = &'static str>) -> Option<InstanceType> {
    let mut kind = machine(Provider::Gcp, &mut cells)?;
    kind.shared_core = cells.next()? == "1";
    Some(kind)
}

fn machine(provider: Provider, cells: &mut impl Iterator<Item = &'static str>) -> Option<InstanceType> {
    let name = cells.next()?;
    let vcpu: f64 = cells.next()?.parse().ok()?;
    let memory_mib: f64 = cells.next()?.parse().ok()?;
    Some(InstanceType {
        name,
        provider,
        cpu_milli: (vcpu * 1000.0).round() as i64,
        memory_bytes: (memory_mib * 1024.0 * 1024.0).round() as i64,
        architecture: if cells.next()? == "arm64" { Architecture::Arm64 } else { Architecture::Amd64 },
        gpus: cells.next()?.parse().unwrap_or(0),
        eni: None,
        shared_core: false,
    })
}

/// A cell of the spot table: `3/0.0437z` is Spot Advisor's bucket 3 and the price; `3~`: a similar family's bucket. The letter says
/// what the price is: `z` the mean of the region's zones at one time, `a` Spot Advisor's mean of a month, `o` that of 2025.
struct SpotCell {
    bucket: u8,
    estimated: bool,
    usd: f64,
    price_of: char,
}

impl SpotCell {
    fn read(cell: &'static str) -> Option<Self> {
        let (bucket, price) = cell.split_once('/')?;
        let price_of = price.chars().next_back()?;
        Some(SpotCell {
            bucket: bucket.trim_end_matches('~').parse().ok()?,
            estimated: bucket.ends_with('~'),
            usd: price.strip_suffix(price_of)?.parse().ok()?,
            price_of,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> &'static Catalog {
        Catalog::shipped()
    }

    #[test]
    fn every_row_of_every_table_can_be_read() {
        for name in catalog().instance_types() {
            let kind = catalog().instance_type(name).unwrap();
            assert!(kind.cpu_milli > 0 && kind.memory_bytes > 0, "{name}");
            for region in catalog().price_table(kind.provider).filled(name) {
                let offering = catalog().offering(name, region).unwrap();
                assert!(offering.on_demand.net > PricePerHour::ZERO, "{name} {region}");
                if let Some(spot) = offering.spot {
                    let spot = spot.net;
                    assert!(spot <= offering.on_demand.net && spot > PricePerHour::ZERO, "{name} {region}");
                    catalog().spot_pool(name, region).unwrap();
                }
            }
        }
        assert_eq!(catalog().instance_types().count(), 1441);
    }

    #[test]
    fn the_reference_nodes_have_their_list_prices() {
        let check = |kind: &str, region: &str, usd: f64, estimated: bool| {
            let offering = catalog().offering(kind, region).unwrap();
            assert_eq!(offering.on_demand.net, PricePerHour::from_usd(usd), "{kind} {region}");
            assert_eq!(offering.on_demand.origin.estimated.is_some(), estimated, "{kind} {region}");
        };
        check("m5.large", "us-east-1", 0.096, false);
        check("m5.xlarge", "us-east-1", 0.192, false);
        check("t3.medium", "us-east-1", 0.0416, false);
        check("m5.large", "eu-west-1", 0.107, false);
        check("e2-standard-2", "us-central1", 0.067011, false);
        check("m7g.large", "eu-central-1", 0.0978, false);
        check("c4d-standard-2", "us-west4", 0.103257, false);
    }

    #[test]
    fn misspelt_names_get_a_suggestion() {
        let suggestion = |result: Result<Offering, MarketError>| result.unwrap_err().suggestion().map(str::to_owned);
        assert_eq!(suggestion(catalog().offering("m5.larg", "us-east-1")).as_deref(), Some("m5.large"));
        assert_eq!(suggestion(catalog().offering("m5.large", "us-est-1")).as_deref(), Some("us-east-1"));
        assert_eq!(suggestion(catalog().offering("e2-standard2", "us-central1")).as_deref(), Some("e2-standard-2"));
        assert_eq!(suggestion(catalog().offering("", "us-east-1")), None);
    }

    #[test]
    fn a_type_of_the_other_cloud_has_no_price() {
        let error = catalog().offering("m5.large", "us-central1").unwrap_err().to_string();
        assert!(error.contains("it is known in us-east-1"), "{error}");
    }

    #[test]
    fn zones_name_their_region() {
        assert_eq!(region_of_zone("us-east-1a"), "us-east-1");
        assert_eq!(region_of_zone("us-central1-b"), "us-central1");
        assert_eq!(region_of_zone("us-central1"), "us-central1");
        assert_eq!(region_of_zone("moon"), "moon");
        assert_eq!(region_of_zone(""), "");
    }
}

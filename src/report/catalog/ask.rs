//! What the price list answers.

use super::names::Names;
use super::{Machine, Question, Row, Section, Sort};
use crate::market::{Catalog, InstanceType, ManagedClass, MarketError, PriceBook, Provider, Rate, Service};
use crate::scenario::issue::{Issue, Issues};

const GIB: f64 = (1_u64 << 30) as f64;

impl Question {
    /// The rows, at the prices of a book.
    ///
    /// Errors: unknown names and regions, each with the nearest; nothing that fits.
    pub fn answer(&self, prices: &dyn PriceBook) -> Result<Vec<Row>, Issues> {
        let mut issues = Issues::new();
        for region in &self.regions {
            if let Err(error) = Catalog::shipped().provider(region) {
                issues.push(Issue::error("--region", error.to_string()));
            }
        }
        let asked = Asked { question: self, prices, names: Names::of(self, &mut issues) };
        if issues.has_errors() {
            return Err(issues);
        }
        let mut rows = Vec::new();
        let wants = |section| self.section.is_none_or(|only| only == section);
        if wants(Section::Types) {
            asked.types(&mut rows);
        }
        let by_machine = self.vcpu.is_some() || self.memory_gib.is_some() || self.gpus.is_some();
        if !by_machine && self.architecture.is_none() {
            if wants(Section::Items) {
                asked.items(&mut rows);
            }
            if wants(Section::Managed) {
                asked.managed(&mut rows);
            }
            if self.section == Some(Section::Regions) {
                asked.regions(&mut rows);
            }
        }
        if rows.is_empty() {
            issues.push(Issue::error("", "nothing in the price list is like that").with_help(
                "foresail catalog types, items, managed and regions print all that there is; a range is written 4..8",
            ));
            return Err(issues);
        }
        self.sort(&mut rows);
        Ok(rows)
    }

    fn sort(&self, rows: &mut [Row]) {
        let price = |row: &Row| row.tiers.first().map_or(f64::INFINITY, |tier| tier.2);
        let machine = |row: &Row, figure: fn(&Machine) -> f64| row.machine.as_ref().map_or(f64::INFINITY, figure);
        let spot = |machine: &Machine| machine.spot.as_ref().map_or(f64::INFINITY, |(usd, _)| *usd);
        match self.sort {
            Sort::Name => {}
            Sort::Price => rows.sort_by(|a, b| price(a).total_cmp(&price(b))),
            Sort::Spot => rows.sort_by(|a, b| machine(a, spot).total_cmp(&machine(b, spot))),
            Sort::Vcpu => rows.sort_by(|a, b| machine(a, |m| m.vcpu).total_cmp(&machine(b, |m| m.vcpu))),
            Sort::Memory => rows.sort_by(|a, b| machine(a, |m| m.memory_gib).total_cmp(&machine(b, |m| m.memory_gib))),
        }
    }
}

struct Asked<'a> {
    question: &'a Question,
    prices: &'a dyn PriceBook,
    names: Names<'a>,
}

impl Asked<'_> {
    fn wants(&self, provider: Provider) -> bool {
        self.question.provider.is_none_or(|only| only == provider)
    }

    /// The regions that are asked about, of a provider.
    fn places(&self, provider: Provider) -> Vec<&str> {
        let catalog = Catalog::shipped();
        match self.question.regions.as_slice() {
            [] if self.names.exact => catalog.regions(provider).collect(),
            [] => vec![if provider == Provider::Aws { "us-east-1" } else { "us-central1" }],
            asked => asked.iter().map(String::as_str).filter(|r| catalog.provider(r) == Ok(provider)).collect(),
        }
    }

    fn types(&self, rows: &mut Vec<Row>) {
        let catalog = Catalog::shipped();
        let kinds = catalog.instance_types().filter(|name| self.names.fits(name));
        for kind in kinds.filter_map(|name| catalog.known_instance_type(name)).filter(|kind| self.fits(kind)) {
            for region in self.places(kind.provider) {
                let Ok(offering) = self.prices.offering(kind.name, region) else { continue };
                let pool = catalog.spot_pool(kind.name, region).ok();
                let machine = Machine {
                    vcpu: kind.cpu_milli as f64 / 1000.0,
                    memory_gib: kind.memory_bytes as f64 / GIB,
                    architecture: kind.architecture.name(),
                    gpus: kind.gpus,
                    spot: offering.spot.map(|rate| (rate.net.usd(), rate.origin)),
                    spread: catalog.spot_spread(kind.name, region),
                    interrupted: pool.map(|pool| pool.rate.label),
                };
                let service = Service::of_machines(kind.provider).name;
                rows.push(hourly((Section::Types, kind.name, region), service, Some(machine), offering.on_demand));
            }
        }
    }

    fn fits(&self, kind: &InstanceType) -> bool {
        let question = self.question;
        let within = |range: &Option<std::ops::RangeInclusive<f64>>, figure: f64| {
            range.as_ref().is_none_or(|range| range.contains(&figure))
        };
        self.wants(kind.provider)
            && within(&question.vcpu, kind.cpu_milli as f64 / 1000.0)
            && within(&question.memory_gib, kind.memory_bytes as f64 / GIB)
            && within(&question.gpus, kind.gpus.into())
            && question.architecture.is_none_or(|only| only == kind.architecture)
    }

    fn items(&self, rows: &mut Vec<Row>) {
        for provider in [Provider::Aws, Provider::Gcp].into_iter().filter(|provider| self.wants(*provider)) {
            for item in Catalog::shipped().fixed_items(provider).filter(|item| self.names.fits(item)) {
                for region in self.places(provider) {
                    let Ok(price) = self.prices.fixed_price(item, region) else { continue };
                    rows.push(Row {
                        section: Section::Items,
                        name: item.to_owned(),
                        region: region.to_owned(),
                        service: Service::of(item, provider).map_or("", |service| service.name),
                        machine: None,
                        unit: price.unit,
                        tiers: price.tiers.iter().map(|t| (t.above, t.list.usd(), t.net.usd())).collect(),
                        origin: Some(price.origin),
                    });
                }
            }
        }
    }

    fn managed(&self, rows: &mut Vec<Row>) {
        if !self.wants(Provider::Aws) {
            return;
        }
        let mut seen = std::collections::BTreeSet::new();
        for (service, class, _) in Catalog::shipped().managed_classes() {
            let name = format!("{service}/{class}");
            if !(self.names.fits(&name) || self.names.fits(service)) || !seen.insert(name.clone()) {
                continue;
            }
            for region in self.places(Provider::Aws) {
                let price: Result<Rate, MarketError> =
                    self.prices.managed_price(&ManagedClass::single(service, class), region);
                if let Ok(price) = price {
                    let provider = Service::of(service, Provider::Aws).map_or("", |service| service.name);
                    rows.push(hourly((Section::Managed, &name, region), provider, None, price));
                }
            }
        }
    }

    fn regions(&self, rows: &mut Vec<Row>) {
        for provider in [Provider::Aws, Provider::Gcp].into_iter().filter(|provider| self.wants(*provider)) {
            for region in Catalog::shipped().regions(provider).filter(|region| self.names.fits(region)) {
                rows.push(Row {
                    section: Section::Regions,
                    name: region.to_owned(),
                    region: region.to_owned(),
                    service: if provider == Provider::Aws { "AWS" } else { "Google Cloud" },
                    machine: None,
                    unit: "",
                    tiers: Vec::new(),
                    origin: None,
                });
            }
        }
    }
}

fn hourly(
    (section, name, region): (Section, &str, &str),
    service: &'static str,
    machine: Option<Machine>,
    rate: Rate,
) -> Row {
    Row {
        section,
        name: name.to_owned(),
        region: region.to_owned(),
        service,
        machine,
        unit: "hour",
        tiers: vec![(0, rate.list.usd(), rate.net.usd())],
        origin: Some(rate.origin),
    }
}

//! Lines of the bill that stand from the start on: what the scenario itself says is paid for.

use crate::cost::{ChargeKind, Item, MICRO, Payer, UnitPrice};
use crate::market::{FixedPrice, MarketError, Provider, Service};
use crate::scenario::build::scene::Scene;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::world::Billing;

/// More than so many of anything is a slip: a billion GB is an exabyte.
pub(super) const MOST: f64 = 1e9;

/// The bill while written things are added to it.
pub(super) struct Written<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) billing: &'a mut Billing,
    pub(super) issues: &'a mut Issues,
}

/// A line of the bill without its price.
pub(super) struct Line<'a> {
    pub(super) kind: ChargeKind,
    pub(super) service: &'a str,
    pub(super) sku: &'a str,
    /// A few words, and the thing.
    pub(super) name: &'a str,
    pub(super) resource: &'a str,
    pub(super) payer: Payer,
}

impl Line<'_> {
    /// The line at its price: what the bill has of it.
    pub(super) fn at(self, region: &str, price: UnitPrice) -> Item {
        Item {
            kind: self.kind,
            service: self.service.into(),
            sku: self.sku.into(),
            name: self.name.into(),
            resource: self.resource.into(),
            region: region.into(),
            zone: None,
            payer: self.payer,
            labels: Vec::new(),
            price,
            net_by_hour: None,
        }
    }
}

impl Written<'_> {
    pub(super) fn refuse(&mut self, field: String, message: String) {
        self.issues.push(Issue::error(field, message));
    }

    /// A figure that may be an amount: more than 0, and not absurd.
    pub(super) fn amount(&mut self, field: String, found: f64) -> Option<f64> {
        let is_sensible = found > 0.0 && found <= MOST;
        if !is_sensible {
            self.refuse(field, format!("found {found}, expected more than 0 and at most a billion"));
        }
        is_sensible.then_some(found)
    }

    /// Adds a line with a standing quantity.
    pub(super) fn add(&mut self, line: Line<'_>, price: UnitPrice, quantity: f64) {
        let item = line.at(self.scene.region, price);
        self.billing.add(item, (quantity * MICRO as f64).round() as i64);
    }

    /// The price of an item in the scenario's region.
    pub(super) fn item(&self, item: &str) -> Result<FixedPrice, MarketError> {
        self.scene.prices.fixed_price(item, self.scene.region)
    }

    pub(super) fn payer(&mut self, namespace: Option<&str>, converter: &mut Converter<'_>) -> Payer {
        let id = namespace.map(|name| self.billing.namespace(converter.symbol(name)));
        id.map_or(Payer::Cluster, Payer::Namespace)
    }
}

/// What an item of the price list, or a managed service, is grouped under.
pub(super) fn kind_of(name: &str, provider: Provider) -> ChargeKind {
    match Service::of(name, provider).map_or("", |service| service.key) {
        "rds" | "documentdb" | "dynamodb" | "opensearch" | "cloud-sql" => ChargeKind::Databases,
        "elasticache" | "memorystore" => ChargeKind::Caches,
        "mq" | "msk" | "sns" | "sqs" | "pubsub" => ChargeKind::Brokers,
        "s3" | "efs" | "ecr" | "cloud-storage" | "artifact-registry" => ChargeKind::Storage,
        "route53" | "cloud-dns" => ChargeKind::Dns,
        "cloudwatch" | "cloud-logging" => ChargeKind::Monitoring,
        "data-transfer" | "cloudfront" | "vpc" | "networking" | "cloud-nat" => ChargeKind::DataTransfer,
        "elb" | "load-balancing" => ChargeKind::LoadBalancers,
        "ebs" | "persistent-disk" => ChargeKind::Volumes,
        "eks" | "gke" => ChargeKind::ControlPlane,
        _ => ChargeKind::ManagedServices,
    }
}

//! What costs money besides nodes.

use super::scene::Scene;
use crate::cost::{Basis, ChargeKind, Item, MICRO, Payer, PriceType, Tier, Unit, UnitPrice};
use crate::intern::Symbol;
use crate::market::{FixedPrice, ManagedClass, Origin, Per, Provider, Rate};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::scenario::kubernetes::storage::PersistentVolumeClaim;
use crate::units::{Money, PricePerHour};
use crate::world::{Billing, Cast};

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// Control plane, volumes, load balancers, managed services, and what the scenario names.
pub(super) fn build(scene: &Scene<'_>, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    let mut charges = Charges { scene, billing: &mut cast.billing };
    let (service, control_plane) = match scene.provider {
        Provider::Aws => ("Amazon Elastic Kubernetes Service", "eks_control_plane_hour"),
        Provider::Gcp => ("Kubernetes Engine", "gke_control_plane_hour"),
    };
    let draft = Draft::new(ChargeKind::ControlPlane, service, "control plane", "cluster");
    charges.item(draft, control_plane, 1.0, issues);
    for (_, set) in &scene.objects.stateful_sets {
        let replicas = f64::from(set.spec.replicas.unwrap_or(1).max(0));
        for claim in &set.spec.volume_claim_templates {
            let name = format!("{} {}", set.metadata.name, claim.metadata.name);
            let namespace = converter.symbol(set.metadata.namespace_or_default());
            charges.volume(&name, namespace, claim, replicas, issues);
        }
    }
    for (_, claim) in &scene.objects.claims {
        let namespace = converter.symbol(claim.metadata.namespace_or_default());
        charges.volume(&claim.metadata.name, namespace, claim, 1.0, issues);
    }
    let balancers = scene.objects.services.iter().filter(|(_, s)| s.spec.kind.as_deref() == Some("LoadBalancer"));
    let (provider, balancer) = match scene.provider {
        Provider::Aws => ("Elastic Load Balancing", "alb_hour"),
        Provider::Gcp => ("Networking", "forwarding_rule_hour"),
    };
    for (_, service) in balancers {
        let namespace = converter.symbol(service.metadata.namespace_or_default());
        let name = &service.metadata.name;
        let draft = Draft::new(ChargeKind::LoadBalancers, provider, name, &format!("load balancer {name}"));
        let draft = draft.paid_by(charges.namespace(Some(namespace)));
        charges.item(draft, balancer, 1.0, issues);
    }
    charges.managed(converter, issues);
    charges.written(converter, issues);
}

/// An item before its price is known.
struct Draft {
    kind: ChargeKind,
    service: String,
    name: String,
    resource: String,
    payer: Payer,
}

impl Draft {
    fn new(kind: ChargeKind, service: &str, name: &str, resource: &str) -> Self {
        Draft { kind, service: service.into(), name: name.into(), resource: resource.into(), payer: Payer::Cluster }
    }
    fn paid_by(self, payer: Payer) -> Self {
        Draft { payer, ..self }
    }
    /// The item that sells as `sku`.
    fn at(self, region: &str, sku: &str, price: UnitPrice) -> Item {
        Item {
            kind: self.kind,
            service: self.service.into(),
            sku: sku.into(),
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

/// A price of the price list as the bill has it; none for a share of other prices.
fn unit_price(price: FixedPrice) -> Option<UnitPrice> {
    let (name, basis) = match price.per {
        Per::Hour => ("Hours", Basis::Hour),
        Per::Month => (price.unit, Basis::Month),
        Per::Unit => (price.unit, Basis::Count),
        Per::Share => return None,
    };
    let (tiers, origin) = (price.tiers, price.origin);
    Some(UnitPrice { unit: Unit { name, basis }, price_type: PriceType::OnDemand, tiers, origin })
}

fn hourly(rate: Rate) -> UnitPrice {
    let money = |price: PricePerHour| Money::from_nano_usd(price.nano_usd().into());
    UnitPrice {
        unit: Unit { name: "Hours", basis: Basis::Hour },
        price_type: PriceType::OnDemand,
        tiers: vec![Tier { above: 0, list: money(rate.list), net: money(rate.net) }],
        origin: rate.origin,
    }
}

/// What there is of it, in millionths.
fn level(quantity: f64) -> i64 {
    (quantity * MICRO as f64).round() as i64
}

struct Charges<'a> {
    scene: &'a Scene<'a>,
    billing: &'a mut Billing,
}

impl Charges<'_> {
    fn namespace(&mut self, name: Option<Symbol>) -> Payer {
        name.map_or(Payer::Cluster, |name| Payer::Namespace(self.billing.namespace(name)))
    }

    fn item(&mut self, draft: Draft, item: &str, quantity: f64, issues: &mut Issues) {
        let name = draft.name.clone();
        match self.scene.prices.fixed_price(item, self.scene.region).map(unit_price) {
            Ok(Some(mut price)) => {
                if price.unit.basis == Basis::Count {
                    // So many units a month: spread over it.
                    price.unit.basis = Basis::Month;
                }
                self.billing.add(draft.at(self.scene.region, item, price), level(quantity));
            }
            Ok(None) => {}
            Err(error) => issues.push(Issue::warning("charges", format!("{name}: {error}; it is left out"))),
        }
    }

    fn managed(&mut self, converter: &mut Converter<'_>, issues: &mut Issues) {
        for (at, row) in self.scene.file.managed.iter().enumerate() {
            let namespace = row.namespace.as_ref().map(|name| converter.symbol(name));
            match self.scene.prices.managed_price(&ManagedClass::single(&row.service, &row.class), self.scene.region) {
                Ok(rate) => {
                    let name = format!("{} {}", row.service, row.class);
                    let draft = Draft::new(ChargeKind::ManagedServices, &row.service, &name, &name);
                    let draft = draft.paid_by(self.namespace(namespace));
                    let item = draft.at(self.scene.region, &row.class, hourly(rate));
                    self.billing.add(item, level(row.count.unwrap_or(1.0).max(0.0)));
                }
                Err(error) => issues.push(Issue::error(format!("managed[{at}]"), error.to_string())),
            }
        }
    }

    fn written(&mut self, converter: &mut Converter<'_>, issues: &mut Issues) {
        for (at, row) in self.scene.file.charges.iter().enumerate() {
            let namespace = row.namespace.as_ref().map(|name| converter.symbol(name));
            let draft = Draft::new(ChargeKind::ManagedServices, "charges", &row.name, &row.name);
            let draft = draft.paid_by(self.namespace(namespace));
            match (&row.item, row.usd_per_month) {
                (Some(item), None) => self.item(draft, item, row.quantity.unwrap_or(1.0), issues),
                (None, Some(usd)) if usd.is_finite() && usd >= 0.0 => {
                    let money = Money::from_usd(usd);
                    let price = UnitPrice {
                        unit: Unit { name: "Months", basis: Basis::Month },
                        price_type: PriceType::OnDemand,
                        tiers: vec![Tier { above: 0, list: money, net: money }],
                        origin: Origin::listed("scenario", "as written"),
                    };
                    self.billing.add(draft.at(self.scene.region, "as written", price), MICRO);
                }
                _ => {
                    let message = "expected either item or usdPerMonth, at least 0";
                    issues.push(Issue::error(format!("charges[{at}]"), message));
                }
            }
        }
    }

    fn volume(
        &mut self,
        name: &str,
        namespace: Symbol,
        claim: &PersistentVolumeClaim,
        count: f64,
        issues: &mut Issues,
    ) {
        let bytes = claim.spec.resources.requests.get("storage").map_or(0.0, |quantity| quantity.as_f64());
        let class = claim.spec.storage_class_name.as_deref().unwrap_or("gp3");
        let (service, item) = match (self.scene.provider, class) {
            (Provider::Gcp, _) => ("Compute Engine", "pd_balanced_gb_month"),
            (_, "gp2") => ("Amazon Elastic Block Store", "gp2_gb_month"),
            (_, "io1") => ("Amazon Elastic Block Store", "io1_gb_month"),
            (_, "io2") => ("Amazon Elastic Block Store", "io2_gb_month"),
            _ => ("Amazon Elastic Block Store", "gp3_gb_month"),
        };
        let draft = Draft::new(ChargeKind::Volumes, service, name, &format!("claim {name}"));
        let draft = draft.paid_by(self.namespace(Some(namespace)));
        self.item(draft, item, bytes / GIB * count, issues);
    }
}

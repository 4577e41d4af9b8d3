//! What costs money besides nodes.

use super::scene::Scene;
use crate::cost::ChargeKind;
use crate::market::{ManagedClass, Per, Provider};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::scenario::kubernetes::storage::PersistentVolumeClaim;
use crate::units::{HOURS_PER_MONTH, PricePerHour};
use crate::world::{Cast, FixedCharge};

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// Control plane, volumes, load balancers, managed services, and what the scenario names.
pub(super) fn build(scene: &Scene<'_>, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    let mut charges = Charges { scene, rows: Vec::new() };
    let control_plane =
        if scene.provider == Provider::Aws { "eks_control_plane_hour" } else { "gke_control_plane_hour" };
    charges.item(ChargeKind::ControlPlane, "control plane", None, control_plane, 1.0, issues);
    for (_, set) in &scene.objects.stateful_sets {
        let replicas = f64::from(set.spec.replicas.unwrap_or(1).max(0));
        for claim in &set.spec.volume_claim_templates {
            let name = format!("{} {}", set.metadata.name, claim.metadata.name);
            let namespace = converter.symbol(set.metadata.namespace_or_default());
            charges.volume(&name, Some(namespace), claim, replicas, issues);
        }
    }
    for (_, claim) in &scene.objects.claims {
        let namespace = converter.symbol(claim.metadata.namespace_or_default());
        charges.volume(&claim.metadata.name, Some(namespace), claim, 1.0, issues);
    }
    let balancers = scene.objects.services.iter().filter(|(_, s)| s.spec.kind.as_deref() == Some("LoadBalancer"));
    let balancer = if scene.provider == Provider::Aws { "alb_hour" } else { "forwarding_rule_hour" };
    for (_, service) in balancers {
        let namespace = converter.symbol(service.metadata.namespace_or_default());
        charges.item(ChargeKind::LoadBalancers, &service.metadata.name, Some(namespace), balancer, 1.0, issues);
    }
    for (at, row) in scene.file.managed.iter().enumerate() {
        let namespace = row.namespace.as_ref().map(|name| converter.symbol(name));
        match scene.prices.managed_price(&ManagedClass::single(&row.service, &row.class), scene.region) {
            Ok(price) => charges.rows.push(FixedCharge {
                kind: ChargeKind::ManagedServices,
                name: format!("{} {}", row.service, row.class),
                namespace,
                price: price.net.scaled(row.count.unwrap_or(1.0).max(0.0)),
            }),
            Err(error) => issues.push(Issue::error(format!("managed[{at}]"), error.to_string())),
        }
    }
    for (at, row) in scene.file.charges.iter().enumerate() {
        let namespace = row.namespace.as_ref().map(|name| converter.symbol(name));
        let quantity = row.quantity.unwrap_or(1.0);
        match (&row.item, row.usd_per_month) {
            (Some(item), None) => {
                charges.item(ChargeKind::ManagedServices, &row.name, namespace, item, quantity, issues);
            }
            (None, Some(usd)) if usd.is_finite() && usd >= 0.0 => charges.rows.push(FixedCharge {
                kind: ChargeKind::ManagedServices,
                name: row.name.clone(),
                namespace,
                price: PricePerHour::from_usd(usd / HOURS_PER_MONTH as f64),
            }),
            _ => issues.push(Issue::error(format!("charges[{at}]"), "expected either item or usdPerMonth, at least 0")),
        }
    }
    cast.charges = charges.rows;
}

struct Charges<'a> {
    scene: &'a Scene<'a>,
    rows: Vec<FixedCharge>,
}

impl Charges<'_> {
    fn item(
        &mut self,
        kind: ChargeKind,
        name: &str,
        namespace: Option<crate::intern::Symbol>,
        item: &str,
        quantity: f64,
        issues: &mut Issues,
    ) {
        match self.scene.prices.fixed_price(item, self.scene.region) {
            Ok(price) if price.per == Per::Unit => {
                let price = PricePerHour::from_usd(price.net().usd() * quantity / HOURS_PER_MONTH as f64);
                self.rows.push(FixedCharge { kind, name: name.to_owned(), namespace, price });
            }
            Ok(price) => {
                self.rows.push(FixedCharge { kind, name: name.to_owned(), namespace, price: price.per_hour(quantity) })
            }
            Err(error) => issues.push(Issue::warning("charges", format!("{name}: {error}; it is left out"))),
        }
    }

    fn volume(
        &mut self,
        name: &str,
        namespace: Option<crate::intern::Symbol>,
        claim: &PersistentVolumeClaim,
        count: f64,
        issues: &mut Issues,
    ) {
        let bytes = claim.spec.resources.requests.get("storage").map_or(0.0, |quantity| quantity.as_f64());
        let class = claim.spec.storage_class_name.as_deref().unwrap_or("gp3");
        let item = match (self.scene.provider, class) {
            (Provider::Gcp, _) => "pd_balanced_gb_month",
            (_, "gp2") => "gp2_gb_month",
            (_, "io1") => "io1_gb_month",
            (_, "io2") => "io2_gb_month",
            _ => "gp3_gb_month",
        };
        self.item(ChargeKind::Volumes, name, namespace, item, bytes / GIB * count, issues);
    }
}

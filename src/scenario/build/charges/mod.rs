//! What costs money besides nodes.

mod balancers;
mod claims;
mod compute_fees;
mod control_plane;
mod disk;
mod entry_traffic;
mod left_out;
mod lines;
mod network;
mod price_name;
mod root_volumes;
mod storage_classes;
mod unit_price;
mod wildcard;

use super::scene::Scene;
use crate::cost::{Basis, ChargeKind, Item, MICRO, Payer, PriceType, Tier, Unit, UnitPrice};
use crate::intern::Symbol;
use crate::market::{ManagedClass, Origin, Rate};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::units::{Money, PricePerHour};
use crate::world::{Billing, Cast, GroupId};
use lines::Lines;
use unit_price::unit_price;

/// What the clusters' objects, the scenario and the traffic cost besides nodes; the answer is what is not in the bill.
pub(super) fn build(
    scene: &Scene<'_>,
    converter: &mut Converter<'_>,
    cast: &mut Cast,
    issues: &mut Issues,
) -> Vec<String> {
    let version = scene.file.cluster.kubernetes_version.as_ref().map_or("1.28", |version| &version.0);
    let minor = minor_of(version);
    let (mut billing, mut metered) = (std::mem::take(&mut cast.billing), Vec::new());
    let made = balancers::of_scene(scene);
    for remark in &made.remarks {
        issues.push(Issue::warning("manifests", remark.clone()));
    }
    let traffic = entry_traffic::of(scene, converter, cast, &made.all, issues);
    let mut lines = Lines { scene, billing: &mut billing, metered: &mut metered, issues };
    control_plane::add(&mut lines, version);
    compute_fees::add_autopilot(&mut lines, converter, cast, minor);
    compute_fees::add_auto_mode(&mut lines, converter, cast);
    compute_fees::add_fargate(&mut lines, converter, cast);
    compute_fees::add_credits(&mut lines, cast);
    if !scene.file.cluster.autopilot || lines.is_aws() {
        root_volumes::add(&mut lines, cast, minor);
    }
    claims::add(&mut lines, converter, cast, minor);
    network::add_balancers(&mut lines, converter, &made.all, &traffic);
    let groups: Vec<GroupId> = cast.groups.ids().collect();
    network::add_traffic(&mut lines, &traffic, &groups);
    let mut charges = Charges { scene, billing: &mut billing };
    charges.managed(converter, issues);
    charges.written(converter, issues);
    (cast.billing, cast.metered) = (billing, metered);
    let included = left_out::Included {
        traffic: cast.traffic.is_some(),
        nat: scene.nat_gateways() > 0,
        node_addresses: scene.file.cluster.public_nodes,
        managed: !scene.file.managed.is_empty(),
    };
    left_out::sentences(scene, included)
}

/// 28 of `1.28`; the oldest rules for what is no version.
fn minor_of(version: &str) -> u32 {
    let rest = version.trim_start_matches('v').split_once('.').map_or("", |(_, rest)| rest);
    rest.split(['.', '-', '+']).next().and_then(|minor| minor.parse().ok()).unwrap_or(28)
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
}

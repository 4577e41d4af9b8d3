//! Managed services of a scenario: instances by class, their standby, their storage.

use super::standing::{Line, Written, kind_of};
use super::unit_price::standing_price;
use crate::cost::{Basis, ChargeKind, Payer, PriceType, Tier, Unit, UnitPrice};
use crate::market::{ManagedClass, MarketError, Rate, Service};
use crate::scenario::file::Managed;
use crate::scenario::issue::Issue;
use crate::units::{Money, PricePerHour, Quantity};

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// More instances than anybody has.
const MOST: f64 = 10_000.0;

/// Adds the instances and the storage of one entry; `field` is its place.
pub(super) fn add(written: &mut Written<'_>, field: &str, row: &Managed, payer: Payer) {
    let count = row.count.unwrap_or(1.0);
    if !(count > 0.0 && count <= MOST) {
        written.refuse(format!("{field}.count"), format!("found {count}, expected more than 0 and at most 10,000"));
        return;
    }
    let multi_az = row.multi_az.unwrap_or(false);
    let wanted = ManagedClass { service: &row.service, class: &row.class, multi_az };
    let rate = match written.scene.prices.managed_price(&wanted, written.scene.region) {
        Ok(rate) => rate,
        Err(error) => {
            let part = if matches!(error, MarketError::ManagedClass { .. }) { "class" } else { "service" };
            return written.refuse(format!("{field}.{part}"), error.to_string());
        }
    };
    let standby = if multi_az { ", Multi-AZ" } else { "" };
    let name = format!("{} {}{standby}", row.service, row.class);
    let provider = written.scene.provider;
    let service = Named {
        kind: kind_of(&row.service, provider),
        service: Service::of(&row.service, provider).map_or("", |service| service.name),
        resource: row.name.clone().unwrap_or_else(|| name.clone()),
        payer,
    };
    written.add(service.line(&row.class, &name), hourly(rate), count);
    match (&row.storage, Store::of(&row.service)) {
        (None, None) => {}
        (None, Some(_)) => {
            let message = format!("{}: no storage is given: only its instances are in the bill", service.resource);
            let help = "add `storage: 100Gi`, or 0 where it is in `charges`";
            written.issues.push(Issue::warning(field, message).with_help(help));
        }
        (Some(_), None) => {
            let message = format!("{} has no storage of its own to be paid for", row.service);
            written.refuse(format!("{field}.storage"), message);
        }
        (Some(size), Some(store)) => {
            let Some(gib) = gib(written, format!("{field}.storage"), size) else { return };
            let copies = if store.shared { 1.0 } else { count };
            store.add(written, &service, &Wanted { field, row, gib, copies });
        }
    }
}

/// What the lines of one service have in common.
struct Named {
    kind: ChargeKind,
    service: &'static str,
    resource: String,
    payer: Payer,
}

impl Named {
    fn line<'a>(&'a self, sku: &'a str, name: &'a str) -> Line<'a> {
        let Named { kind, service, resource, payer } = self;
        Line { kind: *kind, service, sku, name, resource, payer: payer.clone() }
    }
}

/// The storage that an entry asks for: so many GiB, so many times.
struct Wanted<'a> {
    field: &'a str,
    row: &'a Managed,
    gib: f64,
    copies: f64,
}

impl Store {
    fn add(&self, written: &mut Written<'_>, service: &Named, wanted: &Wanted<'_>) {
        let Wanted { field, row, gib, copies } = wanted;
        let class = row.storage_class.as_deref().unwrap_or(self.classes[0].0);
        let Some((_, disk)) = self.classes.iter().find(|(name, _)| *name == class) else {
            let names = self.classes.iter().map(|(name, _)| *name);
            let there_is = format!("there is {}", names.clone().collect::<Vec<_>>().join(", "));
            let issue = Issue::error(format!("{field}.storageClass"), format!("unknown storage class `{class}`"));
            return written.issues.push(issue.with_help(there_is).suggest(class, names));
        };
        let mut part = |what: &str, at: Priced, quantity: f64| {
            let (item, times) = if row.multi_az == Some(true) { (at.1, at.2) } else { (at.0, 1.0) };
            match written.item(item) {
                Ok(price) if quantity > 0.0 => {
                    let name = format!("{what} of {}", service.resource);
                    written.add(service.line(item, &name), standing_price(price), quantity * copies * times);
                }
                Ok(_) => {}
                Err(error) => written.refuse(format!("{field}.storage"), error.to_string()),
            }
        };
        part("storage", disk.storage, *gib);
        match (row.iops, disk.iops) {
            (Some(iops), Some((item, free))) => part("IOPS", item, f64::from(iops) - free),
            (Some(_), None) => {
                written.refuse(format!("{field}.iops"), format!("{class} has no IOPS to be paid for"));
            }
            (None, _) => {}
        }
    }
}

fn gib(written: &mut Written<'_>, field: String, size: &Quantity) -> Option<f64> {
    let gib = size.as_f64() / GIB;
    if gib == 0.0 { Some(0.0) } else { written.amount(field, gib) }
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

/// An item for an instance alone, the item for one with a standby, and how many of the latter.
type Priced = (&'static str, &'static str, f64);

/// A kind of disk: its storage, and its IOPS with how many come free.
struct Disk {
    storage: Priced,
    iops: Option<(Priced, f64)>,
}

/// How a service stores.
struct Store {
    /// One volume for all instances.
    shared: bool,
    /// By name, the default first.
    classes: &'static [(&'static str, Disk)],
}

const fn disk(storage: Priced) -> Disk {
    Disk { storage, iops: None }
}

const fn one(item: &'static str) -> Priced {
    (item, item, 2.0)
}

const RDS: &[(&str, Disk)] = &[
    (
        "gp3",
        Disk {
            storage: ("rds_storage_gb_month", "rds_storage_multi_az_gb_month", 1.0),
            iops: Some((("rds_gp3_iops_single_az_month", "rds_gp3_iops_multi_az_month", 1.0), 3000.0)),
        },
    ),
    ("gp2", disk(("rds_gp2_single_az_gb_month", "rds_gp2_multi_az_gb_month", 1.0))),
    ("io1", Disk { storage: one("rds_io1_single_az_gb_month"), iops: Some((one("rds_io1_iops_month"), 0.0)) }),
];
/// A volume of Aurora lies in three zones anyway: a second instance does not double it.
const AURORA: &[(&str, Disk)] = &[
    ("standard", disk(("aurora_storage_gb_month", "aurora_storage_gb_month", 1.0))),
    ("io-optimized", disk(("aurora_storage_io_optimized_gb_month", "aurora_storage_io_optimized_gb_month", 1.0))),
];
const DOCUMENTDB: &[(&str, Disk)] =
    &[("standard", disk(("documentdb_storage_gb_month", "documentdb_storage_gb_month", 1.0)))];

impl Store {
    fn of(service: &str) -> Option<Store> {
        let (shared, classes): (bool, &'static [(&'static str, Disk)]) = match service {
            _ if service.starts_with("rds-") => (false, RDS),
            _ if service.starts_with("aurora-") => (true, AURORA),
            "documentdb" => (true, DOCUMENTDB),
            "msk" => (false, const { &[("gp2", disk(one("kafka_storage_gb_month")))] }),
            "opensearch" => (false, const { &[("gp2", disk(one("opensearch_gp2_gb_month")))] }),
            "mq-rabbitmq" => (false, const { &[("ebs", disk(one("mq_rabbitmq_storage_gb_month")))] }),
            "mq-activemq" => (
                false,
                const {
                    &[
                        ("efs", disk(one("mq_activemq_storage_gb_month"))),
                        ("ebs", disk(one("mq_activemq_ebs_gb_month"))),
                    ]
                },
            ),
            _ => return None,
        };
        Some(Store { shared, classes })
    }
}

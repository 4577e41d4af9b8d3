//! What a scenario itself says is paid for: `managed` services, and `charges` by item of the price list or in USD per month.

use super::managed;
use super::standing::{Line, MOST, Written, kind_of};
use super::unit_price::standing_price;
use crate::cost::{Basis, ChargeKind, OWN_CHARGES, Payer, PriceType, Tier, Unit, UnitPrice};
use crate::market::{FixedPrice, Origin, Per, Service};
use crate::scenario::build::scene::Scene;
use crate::scenario::file::Charge;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::units::Money;
use crate::world::Billing;

/// Adds what `managed` and `charges` name.
pub(super) fn add(scene: &Scene<'_>, converter: &mut Converter<'_>, billing: &mut Billing, issues: &mut Issues) {
    let mut written = Written { scene, billing, issues };
    for (at, row) in scene.file.managed.iter().enumerate() {
        let payer = written.payer(row.namespace.as_deref(), converter);
        managed::add(&mut written, &format!("managed[{at}]"), row, payer);
    }
    for (at, row) in scene.file.charges.iter().enumerate() {
        let payer = written.payer(row.namespace.as_deref(), converter);
        charge(&mut written, &format!("charges[{at}]"), row, payer);
    }
}

fn charge(written: &mut Written<'_>, field: &str, row: &Charge, payer: Payer) {
    match (&row.item, row.usd_per_month) {
        (Some(item), None) => {
            let quantity = written.amount(format!("{field}.quantity"), row.quantity.unwrap_or(1.0));
            let price = written.item(item);
            match price {
                Ok(price) => {
                    let Some(price) = monthly(written, field, item, price) else { return };
                    let service = Service::of(item, written.scene.provider);
                    let line = Line {
                        kind: kind_of(item, written.scene.provider),
                        service: service.map_or(OWN_CHARGES, |service| service.name),
                        sku: item,
                        name: &row.name,
                        resource: &row.name,
                        payer,
                    };
                    if let Some(quantity) = quantity {
                        written.add(line, price, quantity);
                    }
                }
                Err(error) => {
                    let help = "`foresail catalog items` prints what there is";
                    let issue = Issue::error(format!("{field}.item"), error.to_string());
                    written.issues.push(if error.suggestion().is_none() { issue.with_help(help) } else { issue });
                }
            }
        }
        (None, Some(usd)) => {
            if row.quantity.is_some() {
                let message = "usdPerMonth is for all of it: `quantity` goes with `item`".to_owned();
                written.refuse(format!("{field}.quantity"), message);
            }
            if !(0.0..=MOST).contains(&usd) {
                let message = format!("found {usd}, expected at least 0 and at most a billion");
                return written.refuse(format!("{field}.usdPerMonth"), message);
            }
            let (kind, sku) = (ChargeKind::ManagedServices, "as written");
            let line = Line { kind, service: OWN_CHARGES, sku, name: &row.name, resource: &row.name, payer };
            written.add(line, as_written(usd), 1.0);
        }
        (Some(_), Some(_)) => {
            written.refuse(field.to_owned(), "expected either item or usdPerMonth, found both".into())
        }
        (None, None) => written.refuse(field.to_owned(), "expected item or usdPerMonth, found neither".into()),
    }
}

/// What is paid for by the unit is so many units a month: spread over it.
fn monthly(written: &mut Written<'_>, field: &str, item: &str, price: FixedPrice) -> Option<UnitPrice> {
    if price.per == Per::Share {
        let message = format!("{item} is a share of other prices: it has no quantity");
        written.refuse(format!("{field}.item"), message);
        return None;
    }
    Some(standing_price(price))
}

fn as_written(usd: f64) -> UnitPrice {
    let money = Money::from_usd(usd);
    UnitPrice {
        unit: Unit { name: "Months", basis: Basis::Month },
        price_type: PriceType::OnDemand,
        tiers: vec![Tier { above: 0, list: money, net: money }],
        origin: Origin::listed("scenario", "as written"),
    }
}

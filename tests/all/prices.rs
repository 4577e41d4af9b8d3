//! A scenario at the prices of another book than the one that ships.

use foresail::cost::{Bill, ChargeKind};
use foresail::dry_run::autoscale;
use foresail::market::{Catalog, FixedPrice, ManagedClass, MarketError, Offering, Origin, PriceBook, Rate};
use foresail::scenario::{Scenario, Sources, load_priced};
use foresail::study::Study;
use foresail::units::Money;
use std::path::Path;

/// A contract: machines at half the list price, dated by the contract. The rest is as listed.
struct HalfPrice;

impl PriceBook for HalfPrice {
    fn offering(&self, instance_type: &str, region: &str) -> Result<Offering, MarketError> {
        let listed = Catalog::shipped().offering(instance_type, region)?;
        let half = |rate: Rate| Rate {
            net: rate.list.scaled(0.5),
            origin: Origin::listed("our contract", "our contract of 2026-11-01"),
            ..rate
        };
        Ok(Offering { on_demand: half(listed.on_demand), spot: listed.spot.map(half) })
    }
    fn fixed_price(&self, item: &str, region: &str) -> Result<FixedPrice, MarketError> {
        Catalog::shipped().fixed_price(item, region)
    }
    fn managed_price(&self, wanted: &ManagedClass<'_>, region: &str) -> Result<Rate, MarketError> {
        Catalog::shipped().managed_price(wanted, region)
    }
}

fn reference(prices: &dyn PriceBook) -> Scenario {
    let settings = ["duration=3h".to_owned(), "autoscaler.flags=[--expander=least-waste]".to_owned()];
    load_priced(Sources::Embedded, Path::new("scenario.yaml"), &settings, prices)
        .unwrap_or_else(|issues| panic!("{issues:?}"))
}

#[test]
fn half_the_price_is_half_the_bill_for_nodes() {
    let (listed, half) = (reference(Catalog::shipped()), reference(&HalfPrice));
    assert_eq!((half.prices.date.as_str(), half.prices.estimated), ("our contract of 2026-11-01", false));
    assert_ne!(listed.prices.date, half.prices.date);
    let bill = |scenario: &Scenario| Study::of(scenario).replicate(0).bill;
    let (listed, half) = (bill(&listed), bill(&half));
    let nodes = |bill: &Bill| -> i128 {
        let lines = bill.lines.iter().filter(|line| bill.group(line).is_some());
        lines.map(|line| line.total(&bill.calendar).net.nano_usd()).sum()
    };
    // A line is rounded to the nano-USD.
    assert!(nodes(&half) > 0);
    assert!((2 * nodes(&half) - nodes(&listed)).abs() <= 2 * half.lines.len() as i128);
    let control_plane = |bill: &Bill| -> Money {
        let lines = bill.lines.iter().filter(|line| line.item.kind == ChargeKind::ControlPlane);
        lines.map(|line| line.total(&bill.calendar).net).sum()
    };
    assert_eq!(control_plane(&half), control_plane(&listed), "what is no machine has its list price");
}

#[test]
fn the_autoscaler_alone_asks_the_same_book() {
    let dump = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cluster-autoscaler/up.yaml");
    let request = autoscale::Request { files: vec![dump], ..autoscale::Request::default() };
    let prices = |book: &dyn PriceBook| -> Vec<f64> {
        let loaded = autoscale::load_priced(&request, book).unwrap_or_else(|issues| panic!("{issues:?}"));
        loaded.surroundings.groups.iter().map(|group| group.price.expect("a price")).collect()
    };
    let (listed, half) = (prices(Catalog::shipped()), prices(&HalfPrice));
    assert!(listed.iter().any(|price| *price > 0.0), "{listed:?}");
    assert_eq!(listed.iter().map(|price| price / 2.0).collect::<Vec<_>>(), half);
}

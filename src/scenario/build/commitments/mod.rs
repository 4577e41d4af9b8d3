//! Commitments: what was promised to the provider, beside what it may cover.

mod checks;
mod fees;
mod offers;
mod rates;
mod reading;
mod span;
mod terms;
mod usages;

use super::scene::Scene;
use crate::cost::commitments::{Commitment, Pledge, Pledges, Usage};
use crate::cost::{Basis, ChargeKind, Item, ItemId, Payer, PriceType, Tier, Unit, UnitPrice};
use crate::market::Provider;
use crate::scenario::file;
use crate::scenario::issue::Issues;
use crate::units::{Money, SimDuration};
use crate::world::Cast;
use std::sync::Arc;

/// Reads what the scenario commits to. Comes after everything else that is paid for, for it looks at that.
pub(super) fn build(scene: &Scene<'_>, cast: &mut Cast, duration: SimDuration, issues: &mut Issues) {
    let entries = &scene.file.commitments;
    let period = span::Period::of(&cast.billing.calendar, duration);
    checks::names(entries, issues);
    let usages: Vec<Usage> = usages::of_bill(scene, cast).into_iter().map(|(_, usage)| usage).collect();
    let mut drafts: Vec<(usize, Vec<Commitment>)> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let reading = reading::Reading { scene, entry, usages: &usages, period, path: format!("commitments[{at}]") };
        let commitments = reading.commitments(issues);
        checks::covers_something(&reading, &commitments, issues);
        drafts.push((at, commitments));
    }
    checks::same_twice(entries, &drafts, issues);
    let mut pledges =
        Pledges { sustained: scene.provider == Provider::Gcp, offers: offers::offers(&usages), ..Pledges::default() };
    for (at, commitments) in drafts {
        for commitment in commitments {
            let item = cast.billing.add(item(&entries[at], scene, &commitment), 0);
            pledges.about.push(pledge(&entries[at], item));
            pledges.commitments.push(commitment);
        }
    }
    // The nodes' items come after all others: those of the commitments have been added.
    pledges.usages = usages::of_bill(scene, cast);
    cast.billing.pledges = Arc::new(pledges);
}

fn pledge(entry: &file::Commitment, item: ItemId) -> Pledge {
    let bargain = reading::bargain(entry);
    Pledge { item, kind: reading::kind_name(entry.kind), term: bargain.term.name(), payment: bargain.payment.name() }
}

/// A commitment's own lines on the bill.
fn item(entry: &file::Commitment, scene: &Scene<'_>, commitment: &Commitment) -> Item {
    let bargain = reading::bargain(entry);
    let (service, sku) = reading::service_and_sku(entry);
    let what = commitment.terms.measure();
    Item {
        kind: ChargeKind::Commitments,
        service: service.into(),
        sku: sku.into(),
        name: format!("{} ({what}, {}, {})", entry.name, bargain.term.name(), bargain.payment.name()).into(),
        resource: format!("commitment {}", entry.name).into(),
        region: entry.region.as_deref().unwrap_or(scene.region).into(),
        zone: entry.zone.as_deref().map(Into::into),
        payer: Payer::Cluster,
        labels: Vec::new(),
        price: UnitPrice {
            unit: Unit { name: "Hours", basis: Basis::Hour },
            price_type: PriceType::Committed,
            tiers: vec![Tier { above: 0, list: Money::ZERO, net: commitment.fee.hourly }],
            origin: fees::origin(entry),
        },
        net_by_hour: None,
    }
}

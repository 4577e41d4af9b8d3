//! From when the prices are, and which of them are estimates.

use super::price_book::warn_about_unused;
use super::scene::Scene;
use crate::market::Negotiated;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::loaded::PriceList;
use crate::world::Cast;
use std::collections::{BTreeMap, BTreeSet};

/// The dates of all machine prices of the cast; estimated ones become a caveat that says how each was estimated.
/// So are rates that nothing is paid by. Right once everything else has been asked for its price.
pub(super) fn list(
    scene: &Scene<'_>,
    cast: &Cast,
    negotiated: Option<&Negotiated<'_>>,
    issues: &mut Issues,
) -> PriceList {
    let mut dates = BTreeSet::new();
    let mut estimated: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for machine in cast.groups.values().flat_map(|group| &group.machines) {
        let Ok(offering) = scene.prices.offering(&machine.instance_type, scene.region) else { continue };
        let origin = offering.on_demand.origin;
        dates.insert(origin.date);
        if let Some(how) = origin.estimated {
            estimated.entry(how.into_owned()).or_default().insert(&machine.instance_type);
        }
    }
    for (how, types) in &estimated {
        let names = types.iter().copied().collect::<Vec<_>>().join(", ");
        issues.push(Issue::warning("prices", format!("estimated ({how}): {names}")));
    }
    negotiated.into_iter().for_each(|book| warn_about_unused(book, issues));
    PriceList { date: dates.into_iter().collect::<Vec<_>>().join("; "), estimated: !estimated.is_empty() }
}

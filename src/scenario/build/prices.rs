//! From when the prices are, and which of them are estimates.

use super::scene::Scene;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::loaded::PriceList;
use crate::world::Cast;
use std::collections::BTreeSet;

/// The dates of all machine prices of the cast; estimated ones become a caveat.
pub(super) fn list(scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) -> PriceList {
    let (mut dates, mut estimated) = (BTreeSet::new(), BTreeSet::new());
    for machine in cast.groups.values().flat_map(|group| &group.machines) {
        let Ok(offering) = scene.prices.offering(&machine.instance_type, scene.region) else { continue };
        let origin = offering.on_demand.origin;
        dates.insert(origin.date);
        if origin.estimated.is_some() {
            estimated.insert(machine.instance_type.as_str());
        }
    }
    if !estimated.is_empty() {
        let names = estimated.iter().copied().collect::<Vec<_>>().join(", ");
        let message = format!("estimated from the most similar family's price ratio between regions: {names}");
        issues.push(Issue::warning("prices", message));
    }
    PriceList { date: dates.into_iter().collect::<Vec<_>>().join("; "), estimated: !estimated.is_empty() }
}

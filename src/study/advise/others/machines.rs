//! Machine types that a group's nodes might be of instead.

use crate::market::{Catalog, PriceBook};
use crate::world::Machine;

/// Other machine types that are tried for a group.
const MACHINES: usize = 2;

/// The cheapest other types of as many vCPUs (none that earn credits, unless it does itself) and as much memory at least, and no more than twice, on the same architecture.
pub(super) fn alike(machine: &Machine, region: &str) -> Vec<&'static str> {
    let catalog = Catalog::shipped();
    let Ok(own) = catalog.instance_type(&machine.instance_type) else { return Vec::new() };
    let fits = catalog.instance_types().filter_map(|name| {
        let other = catalog.known_instance_type(name)?;
        let price = catalog.offering(name, region).ok()?.on_demand.list;
        let between = |value: i64, least: i64| value >= least && value <= 2 * least;
        let is_alike = name != machine.instance_type
            && other.provider == own.provider
            && other.architecture == own.architecture
            && between(other.cpu_milli, own.cpu_milli)
            && between(other.memory_bytes, own.memory_bytes)
            && other.gpus == own.gpus
            && (is_burstable(own.name) || !is_burstable(name));
        (is_alike && price < machine.list_price).then_some((price, name))
    });
    let mut fits: Vec<_> = fits.collect();
    fits.sort();
    fits.into_iter().take(MACHINES).map(|(_, name)| name).collect()
}

/// Types whose cpu lasts as long as their credits do, or is a share of a core.
fn is_burstable(name: &str) -> bool {
    let family = name.split('.').next().unwrap_or_default();
    (family.starts_with('t') && name.contains('.')) || ["e2-micro", "e2-small", "e2-medium"].contains(&name)
}

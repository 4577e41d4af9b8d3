//! The bill's items of nodes, and of pods that are paid for without nodes, as commitments see them.

use crate::cost::commitments::{Sku, Usage};
use crate::cost::{Item, ItemId, PriceType};
use crate::id::Id;
use crate::market::{Catalog, CommitmentRates, InstanceType, Provider};
use crate::scenario::build::scene::Scene;
use crate::units::PricePerHour;
use crate::world::Cast;
use std::sync::Arc;

/// What a Compute Savings Plan covers of Fargate, as the price book calls it: neither disks nor Fargate Spot.
pub(super) const FARGATE: [&str; 2] = ["fargate_vcpu_hour", "fargate_memory_gb_hour"];

/// What a flexible commitment covers of Autopilot.
const AUTOPILOT: [&str; 2] = ["autopilot_vcpu_hour", "autopilot_memory_gb_hour"];

/// Each item that commitments may cover something of: an EC2 instance as a whole, a Compute Engine machine as its vCPUs and
/// its memory, Fargate's and Autopilot's vCPUs and memory. Right once all other items have been added, for nodes come after them.
pub(super) fn of_bill(scene: &Scene<'_>, cast: &Cast) -> Vec<(ItemId, Usage)> {
    let pods = cast.billing.items.iter().filter_map(|(id, standing)| Some((id, of_pods(&standing.item)?)));
    pods.chain(of_nodes(scene, cast)).collect()
}

/// vCPUs or memory of pods that are paid for without nodes.
fn of_pods(item: &Item) -> Option<Usage> {
    let sku = match &*item.sku {
        sku if FARGATE.contains(&sku) => Sku::Fargate(item.sku.clone()),
        sku if AUTOPILOT.contains(&sku) => Sku::GoogleSpend,
        _ => return None,
    };
    Some(usage(item, sku, on_demand(item)))
}

fn of_nodes(scene: &Scene<'_>, cast: &Cast) -> Vec<(ItemId, Usage)> {
    let billing = &cast.billing;
    let first = billing.items.len();
    let nodes = billing.node_items(cast.groups.values()).enumerate();
    let usages = nodes.flat_map(|(at, row)| {
        let zone = cast.cluster.symbols.text(row.zone);
        let zone: Option<Arc<str>> = (!zone.is_empty()).then(|| zone.into());
        let item = billing.node_item(&cast.groups[row.group], row.machine, zone);
        let id: ItemId = Id::from_index(first + at);
        of_item(scene, &item).into_iter().map(move |usage| (id, usage))
    });
    usages.collect()
}

fn on_demand(item: &Item) -> PricePerHour {
    let net = item.price.tiers.first().map_or(0, |tier| tier.net.nano_usd());
    PricePerHour::from_usd(net as f64 / 1e9)
}

fn usage(item: &Item, sku: Sku, on_demand: PricePerHour) -> Usage {
    Usage {
        sku,
        region: item.region.clone(),
        zone: item.zone.clone(),
        account: 0,
        is_spot: item.price.price_type == PriceType::Spot,
        on_demand,
    }
}

fn of_item(scene: &Scene<'_>, item: &Item) -> Vec<Usage> {
    let on_demand = on_demand(item);
    let usage = |sku, on_demand| usage(item, sku, on_demand);
    match (scene.provider, Catalog::shipped().instance_type(&item.sku)) {
        (Provider::Aws, _) => vec![usage(Sku::Ec2(item.sku.clone()), on_demand)],
        (Provider::Gcp, Ok(machine)) => match parts(&machine, &item.region, on_demand) {
            Some([(cores, cores_price), (memory, memory_price)]) => {
                vec![usage(cores, cores_price), usage(memory, memory_price)]
            }
            None => vec![usage(Sku::Other, on_demand)],
        },
        (Provider::Gcp, Err(_)) => vec![usage(Sku::Other, on_demand)],
    }
}

/// A Compute Engine machine as its vCPUs and its memory, whose prices add up to its own. None for shared cores, which
/// commitments do not cover, and for series whose resources have no listed price.
fn parts(machine: &InstanceType, region: &str, price: PricePerHour) -> Option<[(Sku, PricePerHour); 2]> {
    if machine.shared_core {
        return None;
    }
    let series: Arc<str> = series(machine.name).into();
    let listed = CommitmentRates::shipped().resources(&series, region, None).ok()?;
    let cores = machine.cpu_milli as f64 / 1000.0 * listed.vcpu.usd();
    let memory = machine.memory_bytes as f64 / (1u64 << 30) as f64 * listed.gib.usd();
    let cores_price = price.scaled(cores / (cores + memory).max(1e-12));
    let memory_price = PricePerHour::from_usd((price.nano_usd() - cores_price.nano_usd()) as f64 / 1e9);
    let cores = Sku::GceCores { series: series.clone(), milli: machine.cpu_milli };
    Some([(cores, cores_price), (Sku::GceMemory { series, bytes: machine.memory_bytes }, memory_price)])
}

/// `n2` of `n2-standard-4`.
pub(super) fn series(machine: &str) -> &str {
    machine.split('-').next().unwrap_or(machine)
}

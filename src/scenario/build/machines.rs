//! The machines of a node group: their price, their size, what they are labelled with.

use super::group_draft::GroupDraft;
use super::scene::Scene;
use crate::cluster::{Effect, NodeCapacity, NodeTemplate, Resources, Taint};
use crate::market::{Catalog, NodeResources, NodeSettings, Provider};
use crate::scenario::kubernetes::Converter;
use crate::world::Machine;
use std::collections::BTreeMap;

/// A machine type as nodes of a group.
///
/// Errors: in words, for the group's `instanceTypes`.
pub(super) fn machine(
    scene: &Scene<'_>,
    group: &str,
    name: &str,
    draft: &GroupDraft,
    converter: &mut Converter<'_>,
) -> Result<Machine, String> {
    let catalog = Catalog::shipped();
    let kind = catalog.instance_type(name).map_err(|e| e.to_string())?;
    if kind.provider != scene.provider {
        return Err(format!("`{name}` does not exist in {}", scene.region));
    }
    let offering = scene.prices.offering(name, scene.region).map_err(|e| e.to_string())?;
    let spot_market =
        if draft.spot { Some(catalog.spot_pool(name, scene.region).map_err(|e| e.to_string())?) } else { None };
    let price = match offering.spot {
        Some(spot) if draft.spot => spot,
        None if draft.spot => return Err(format!("no spot price is known for `{name}` in `{}`", scene.region)),
        _ => offering.on_demand,
    };
    let settings = NodeSettings::default();
    let (capacity, allocatable) = (kind.capacity(settings), kind.allocatable(settings));
    let mut labels = BTreeMap::from([
        ("kubernetes.io/arch".to_owned(), kind.architecture.name().to_owned()),
        ("kubernetes.io/os".to_owned(), "linux".to_owned()),
        ("node.kubernetes.io/instance-type".to_owned(), name.to_owned()),
        ("topology.kubernetes.io/region".to_owned(), scene.region.to_owned()),
    ]);
    match scene.provider {
        Provider::Aws => {
            let capacity_type = if draft.spot { "SPOT" } else { "ON_DEMAND" };
            labels.insert("eks.amazonaws.com/capacityType".into(), capacity_type.into());
            labels.insert("eks.amazonaws.com/nodegroup".into(), group.to_owned());
        }
        Provider::Gcp => {
            labels.insert("cloud.google.com/gke-nodepool".into(), group.to_owned());
            if draft.spot {
                labels.insert("cloud.google.com/gke-spot".into(), "true".into());
            }
        }
    }
    labels.extend(draft.labels.clone());
    let mut taints = Vec::new();
    for (key, value, effect) in &draft.taints {
        let effect = match effect.replace('_', "").to_ascii_lowercase().as_str() {
            "noschedule" => Effect::NoSchedule,
            "prefernoschedule" => Effect::PreferNoSchedule,
            "noexecute" => Effect::NoExecute,
            _ => {
                return Err(format!(
                    "`{effect}` is not a taint's effect; write NO_SCHEDULE, PREFER_NO_SCHEDULE or NO_EXECUTE"
                ));
            }
        };
        taints.push(Taint { key: converter.symbol(key), value: converter.symbol(value), effect });
    }
    let sized = |resources: NodeResources| NodeCapacity {
        resources: Resources {
            ephemeral_bytes: resources.ephemeral_bytes,
            ..Resources::new(resources.cpu_milli, resources.memory_bytes)
        },
        pods: resources.pods,
    };
    Ok(Machine {
        instance_type: name.to_owned(),
        template: NodeTemplate {
            labels: converter.labels(&labels),
            taints,
            capacity: sized(capacity),
            allocatable: sized(allocatable),
            ..NodeTemplate::default()
        },
        price,
        spot_market,
    })
}

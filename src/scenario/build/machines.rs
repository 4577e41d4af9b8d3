//! The machines of a node group: their price, their speed, the node that each becomes.

use super::group_draft::GroupDraft;
use super::scene::Scene;
use crate::autoscaler::{Foretold, Tags};
use crate::market::{Catalog, NodeSettings};
use crate::scenario::kubernetes::Converter;
use crate::scenario::machine_node::MachineNode;
use crate::world::Machine;

/// A group whose machines are looked up.
pub(super) struct Place<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) group: &'a str,
    pub(super) draft: &'a GroupDraft,
    /// Tags that EKS gives it, and its own.
    pub(super) tags: &'a Tags,
    pub(super) zone: Option<&'a str>,
}

/// A machine type as nodes of a group.
///
/// Errors: in words, for the group's `instanceTypes`.
pub(super) fn machine(place: &Place<'_>, name: &str, converter: &mut Converter<'_>) -> Result<Machine, String> {
    let Place { scene, draft, .. } = place;
    let catalog = Catalog::shipped();
    let kind = catalog.instance_type(name).map_err(|e| e.to_string())?;
    if kind.provider != scene.provider {
        return Err(format!("`{name}` does not exist in {}", scene.region));
    }
    let offering = scene.prices.offering(name, scene.region).map_err(|e| e.to_string())?;
    let spot_market =
        if draft.spot { Some(catalog.spot_pool(name, scene.region).map_err(|e| e.to_string())?) } else { None };
    let list_price = offering.on_demand.list;
    let rate = match offering.spot {
        Some(spot) if draft.spot => spot,
        None if draft.spot => return Err(format!("no spot price is known for `{name}` in `{}`", scene.region)),
        _ => offering.on_demand,
    };
    let template = place.node(name)?.node(converter)?;
    let speed = draft.cpu_speed.or_else(|| scene.speed(name)).unwrap_or(1.0);
    Ok(Machine {
        instance_type: name.to_owned(),
        template,
        speed,
        list_price,
        price: rate.net,
        origin: rate.origin,
        spot_market,
    })
}

/// What Cluster Autoscaler takes a new node of this machine's group for.
pub(super) fn foretold(place: &Place<'_>, machine: &Machine, converter: &mut Converter<'_>) -> Option<Foretold> {
    Some(place.node(&machine.instance_type).ok()?.foretold(&machine.template, converter))
}

impl Place<'_> {
    fn node(&self, name: &str) -> Result<MachineNode<'_>, String> {
        let draft = self.draft;
        Ok(MachineNode {
            kind: Catalog::shipped().instance_type(name).map_err(|e| e.to_string())?,
            group: self.group,
            region: self.scene.region,
            zone: self.zone,
            spot: draft.spot,
            labels: &draft.labels,
            taints: &draft.taints,
            tags: self.tags,
            extended: &draft.extended,
            settings: NodeSettings { max_pods: draft.max_pods, disk_gib: draft.disk_gib },
            self_managed: draft.self_managed,
            cluster: draft.cluster.as_deref(),
        })
    }
}

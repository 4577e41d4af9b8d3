//! A group without nodes of which a file says the machine type: its nodes to be, in truth and by the cloud's word.

use super::declared::Declared;
use crate::autoscaler::Foretold;
use crate::cluster::NodeTemplate;
use crate::market::{Catalog, NodeSettings, region_of_zone};
use crate::scenario::kubernetes::Converter;
use crate::scenario::machine_node::MachineNode;
use std::collections::BTreeMap;

/// The node that registers, and what Cluster Autoscaler takes it for. Errors: why nobody knows.
pub(super) fn by_type(
    row: &Declared,
    converter: &mut Converter<'_>,
) -> Result<(NodeTemplate, Option<Foretold>), String> {
    let Some(name) = &row.instance_type else {
        return Err("it has no node and no template: nobody knows what a new node would look like".to_owned());
    };
    let kind = Catalog::shipped().instance_type(name).map_err(|e| e.to_string())?;
    let taint = |text: &String| {
        let (pair, effect) =
            text.rsplit_once(':').ok_or(format!("found the taint `{text}`, expected key=value:Effect"))?;
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((key.to_owned(), value.to_owned(), effect.to_owned()))
    };
    let taints = row.taints.iter().map(taint).collect::<Result<Vec<_>, String>>()?;
    let zone = row.zone.as_deref();
    let machine = MachineNode {
        kind,
        group: &row.name,
        region: zone.map_or("", region_of_zone),
        zone,
        spot: false,
        labels: &row.labels,
        taints: &taints,
        tags: &row.tags,
        extended: &BTreeMap::new(),
        settings: NodeSettings { disk_gib: row.disk_size, ..NodeSettings::default() },
        self_managed: false,
        cluster: None,
    };
    let mut node = machine.node(converter)?;
    if let Some(zone) = zone {
        let key = converter.symbol("topology.kubernetes.io/zone");
        node.labels.set(key, converter.symbol(zone));
    }
    let foretold = machine.foretold(&node, converter);
    Ok((node, Some(foretold)))
}

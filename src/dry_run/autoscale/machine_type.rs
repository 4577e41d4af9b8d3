//! Groups whose machine type is known: their nodes to be, in truth and by the cloud's word.

use super::declared::Declared;
use crate::autoscaler::Foretold;
use crate::cluster::NodeTemplate;
use crate::market::{Catalog, NodeSettings, region_of_zone};
use crate::scenario::kubernetes::Converter;
use crate::scenario::kubernetes::node::EKS_GROUP;
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

/// What the cloud says of a group that has nodes, which counts while none of them stands for it: by the machine type that
/// the first is of. Nothing where the type is not known; the node itself is then the last resort.
pub(super) fn foretold(row: &Declared, node: &NodeTemplate, converter: &mut Converter<'_>) -> Option<Foretold> {
    let symbols = &converter.cluster().symbols;
    let text = |symbol| symbols.text(symbol).to_owned();
    let mut labels: BTreeMap<String, String> = node.labels.iter().map(|(k, v)| (text(k), text(v))).collect();
    let taints: Vec<_> =
        node.taints.iter().map(|taint| (text(taint.key), text(taint.value), format!("{:?}", taint.effect))).collect();
    let name = row.instance_type.as_deref().or(labels.get("node.kubernetes.io/instance-type").map(String::as_str))?;
    let kind = Catalog::shipped().known_instance_type(name)?;
    let zone = row.zone.clone().or(labels.get("topology.kubernetes.io/zone").cloned());
    let self_managed = !labels.contains_key(EKS_GROUP);
    labels.retain(|key, _| !SET_BY_THE_NODE.iter().any(|prefix| key.starts_with(prefix)));
    labels.extend(row.labels.clone());
    let disk_there = Some(node.capacity.resources.ephemeral_bytes >> 30).filter(|gib| *gib > 0);
    let machine = MachineNode {
        kind,
        group: &row.name,
        region: zone.as_deref().map_or("", region_of_zone),
        zone: zone.as_deref(),
        spot: false,
        labels: &labels,
        taints: &taints,
        tags: &row.tags,
        extended: &BTreeMap::new(),
        settings: NodeSettings { disk_gib: row.disk_size.or(disk_there), ..NodeSettings::default() },
        self_managed,
        cluster: None,
    };
    let truth = machine.node(converter).ok()?;
    Some(machine.foretold(&truth, converter))
}

/// Labels that kubelet and cloud set on the node, and no template has from its group.
const SET_BY_THE_NODE: [&str; 9] = [
    "kubernetes.io/",
    "beta.kubernetes.io/",
    "node.kubernetes.io/",
    "topology.kubernetes.io/",
    "failure-domain.beta.kubernetes.io/",
    "eks.amazonaws.com/",
    "k8s.io/cloud-provider-aws",
    "topology.ebs.csi.aws.com/",
    "topology.gke.io/",
];

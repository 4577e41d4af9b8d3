//! VolumeZone: a bound volume's zone and region labels.

use super::lookup::{Lookup, class_of};
use crate::cluster::{ClusterState, Node, PodSpec, VolumeBindingMode, VolumeSource};
use crate::intern::Symbol;
use crate::scheduler::reason::{Plugin, PreFilterError, Reason, Rejection};

const KEYS: [&str; 4] = [
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
];

/// What the labels of the pod's bound volumes ask of the node's.
#[derive(Clone, Debug, Default)]
pub(super) struct Zones {
    /// Label key and the values that will do, as text between `__`.
    wanted: Vec<(Symbol, Symbol)>,
}

impl Zones {
    /// Upstream: `VolumeZone.PreFilter`, 1.28.
    pub(super) fn prepare(cluster: &ClusterState, lookup: &Lookup, spec: &PodSpec) -> Result<Self, PreFilterError> {
        let refuse = |text: String| Err(PreFilterError::Unschedulable(Plugin::VolumeZone, text));
        let mut zones = Zones::default();
        for volume in &spec.volumes {
            let VolumeSource::Claim(name) = volume.source else { continue };
            let Some(claim) = lookup.claim(spec.namespace, name).map(|id| &cluster.claims[id]) else {
                return refuse(format!("persistentvolumeclaim \"{}\" not found", cluster.symbols.text(name)));
            };
            if claim.volume_name == Symbol::EMPTY {
                let class = claim.storage_class.filter(|class| *class != Symbol::EMPTY);
                let Some(class) = class else {
                    return refuse("PersistentVolumeClaim had no pv name and storageClass name".into());
                };
                match class_of(cluster, claim).map(|class| class.binding_mode) {
                    Some(VolumeBindingMode::WaitForFirstConsumer) => continue,
                    Some(VolumeBindingMode::Immediate) => return refuse("PersistentVolume had no name".into()),
                    None => {
                        let name = cluster.symbols.text(class);
                        return refuse(format!("storageclass.storage.k8s.io \"{name}\" not found"));
                    }
                }
            }
            let Some(pv) = lookup.volume(claim.volume_name) else {
                let name = cluster.symbols.text(claim.volume_name);
                return refuse(format!("persistentvolume \"{name}\" not found"));
            };
            zones.add(cluster, &cluster.volumes[pv].labels);
        }
        Ok(zones)
    }

    /// A value with an empty part between its `__` is malformed, and not looked at.
    fn add(&mut self, cluster: &ClusterState, labels: &crate::cluster::Labels) {
        for key in KEYS.iter().filter_map(|key| cluster.symbols.lookup(key)) {
            if let Some(value) = labels.get(key)
                && cluster.symbols.text(value).split("__").all(|part| !part.is_empty())
            {
                self.wanted.push((key, value));
            }
        }
    }

    /// Upstream: `VolumeZone.Filter`, 1.28. A node without any zone or region label is not looked at.
    pub(super) fn check(&self, cluster: &ClusterState, node: &Node) -> Result<(), Rejection> {
        let labelled = |key: &str| cluster.symbols.lookup(key).is_some_and(|key| node.labels.get(key).is_some());
        if self.wanted.is_empty() || !KEYS.into_iter().any(labelled) {
            return Ok(());
        }
        let has = |values: Symbol, value: Symbol| {
            cluster.symbols.text(values).split("__").any(|part| part == cluster.symbols.text(value))
        };
        let fits = |(key, values): &(Symbol, Symbol)| node.labels.get(*key).is_some_and(|value| has(*values, value));
        if self.wanted.iter().all(fits) {
            return Ok(());
        }
        Err(Rejection::one(Plugin::VolumeZone, Reason::VolumeZone, true))
    }
}

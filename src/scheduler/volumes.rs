//! Volumes: where a pod's claims can be.

use super::reason::{Plugin, PreFilterError, Reason, Rejection};
use crate::cluster::{ClusterState, Node, PodSpec, PvId, VolumeBindingMode, VolumeSource};
use crate::id::Id;
use crate::intern::Symbol;

/// A pod's claims, looked up.
#[derive(Clone, Debug, Default)]
pub(super) struct VolumeFilter {
    bound: Vec<Option<PvId>>,
    /// Storage classes of claims that wait for their first consumer.
    waiting: Vec<Option<usize>>,
}

impl VolumeFilter {
    /// Looks the claims up. Upstream: `VolumeBinding.PreFilter`, 1.28.
    pub(super) fn prepare(cluster: &ClusterState, pod: &PodSpec) -> Result<Self, PreFilterError> {
        let mut filter = VolumeFilter::default();
        for volume in &pod.volumes {
            let VolumeSource::Claim(name) = volume.source else { continue };
            let text = |what: &str| {
                let message = format!("persistentvolumeclaim \"{}\" {what}", cluster.symbols.text(name));
                PreFilterError::Unschedulable(Plugin::VolumeBinding, message)
            };
            let of_pod =
                |row: &&crate::cluster::PersistentVolumeClaim| (row.namespace, row.name) == (pod.namespace, name);
            let claim = cluster.claims.values().find(of_pod).ok_or_else(|| text("not found"))?;
            if claim.lost {
                return Err(text("bound to non-existent persistentvolume"));
            }
            if claim.deleting {
                return Err(text("is being deleted"));
            }
            if claim.volume_name != Symbol::EMPTY {
                let pv = cluster.volumes.iter().find(|(_, row)| row.name == claim.volume_name).map(|(id, _)| id);
                filter.bound.push(pv);
                continue;
            }
            let class = cluster.storage_classes.iter().find(|(_, row)| Some(row.name) == claim.storage_class);
            match class {
                Some((id, class)) if class.binding_mode == VolumeBindingMode::WaitForFirstConsumer => {
                    filter.waiting.push(Some(id.index()));
                }
                _ => {
                    let message = "pod has unbound immediate PersistentVolumeClaims".to_owned();
                    return Err(PreFilterError::Unschedulable(Plugin::VolumeBinding, message));
                }
            }
        }
        Ok(filter)
    }

    /// The nodes by name that come into question.
    pub(super) fn restrict(&self, names: Option<Vec<Symbol>>) -> Option<Vec<Symbol>> {
        names
    }

    /// Upstream: `VolumeBinding.Filter`, 1.28.
    pub(super) fn check(&self, cluster: &ClusterState, node: &Node) -> Result<(), Rejection> {
        let reject = |reason| Err(Rejection::one(Plugin::VolumeBinding, reason, true));
        for pv in &self.bound {
            let Some(pv) = pv else { return reject(Reason::VolumeMissing) };
            let affinity = cluster.volumes[*pv].node_affinity.as_ref();
            if affinity.is_some_and(|a| !a.matches(node.name, &node.labels, &cluster.symbols)) {
                return reject(Reason::VolumeNodeAffinity);
            }
        }
        for class in self.waiting.iter().flatten() {
            let class = &cluster.storage_classes[Id::from_index(*class)];
            let allowed = class.allowed_topologies.iter();
            let mut allowed =
                allowed.map(|term| term.iter().all(|r| r.matches(&node.labels, &cluster.symbols))).peekable();
            if allowed.peek().is_some() && !allowed.any(|matches| matches) {
                return reject(Reason::NoVolumeToBind);
            }
        }
        Ok(())
    }
}

//! VolumeRestrictions: disks and claims that only one pod may use.

use super::lookup::Lookup;
use crate::cluster::{ClusterState, Node, PodSpec, VolumeSource};
use crate::intern::Symbol;
use crate::scheduler::reason::{Plugin, PreFilterError, Reason, Rejection};
use crate::scheduler::what_if::WhatIf;

/// The pod's exclusive disks and claims.
#[derive(Clone, Debug, Default)]
pub(super) struct Restrictions {
    has_disks: bool,
    /// ReadWriteOncePod claims of the pod.
    exclusive: Vec<Symbol>,
    /// How often they are in use, counted as upstream counts.
    in_use: i64,
    /// Nothing to watch: upstream skips the plugin for the whole cycle.
    idle: bool,
}

impl Restrictions {
    /// Upstream: `VolumeRestrictions.PreFilter`, 1.28.
    pub(super) fn prepare(cluster: &ClusterState, lookup: &Lookup, spec: &PodSpec) -> Result<Self, PreFilterError> {
        let mut found = Restrictions { has_disks: spec.volumes.iter().any(|v| is_disk(&v.source)), ..Self::default() };
        let once = cluster.symbols.lookup("ReadWriteOncePod");
        for volume in &spec.volumes {
            let VolumeSource::Claim(name) = volume.source else { continue };
            let Some(id) = lookup.claim(spec.namespace, name) else {
                let text = format!("persistentvolumeclaim \"{}\" not found", cluster.symbols.text(name));
                return Err(PreFilterError::Unschedulable(Plugin::VolumeRestrictions, text));
            };
            let is_exclusive = once.is_some_and(|once| cluster.claims[id].access_modes.contains(&once));
            if is_exclusive && !found.exclusive.contains(&name) {
                found.exclusive.push(name);
            }
        }
        let uses = |other: &PodSpec, name: Symbol| {
            other.namespace == spec.namespace && other.volumes.iter().any(|v| v.source == VolumeSource::Claim(name))
        };
        let used = |name: &&Symbol| {
            let mut pods = cluster.nodes().flat_map(|(_, node)| node.pods());
            pods.any(|pod| uses(cluster.spec_of(*pod), **name))
        };
        found.in_use = found.exclusive.iter().filter(used).count() as i64;
        found.idle = !found.has_disks && found.in_use == 0;
        Ok(found)
    }

    /// Upstream: `preFilterState.updateWithPod`: by the claim's name alone.
    pub(super) fn count(&mut self, other: &PodSpec, delta: i64) {
        let shared = |v: &&crate::cluster::Volume| matches!(v.source, VolumeSource::Claim(name) if self.exclusive.contains(&name));
        self.in_use += delta * other.volumes.iter().filter(shared).count() as i64;
    }

    /// A claim for one pod alone that is `in_use` is said to be so in the words of the version.
    ///
    /// Upstream: `VolumeRestrictions.Filter`.
    pub(super) fn check(
        &self,
        cluster: &ClusterState,
        spec: &PodSpec,
        (node, what): (&Node, WhatIf<'_>),
        in_use: Reason,
    ) -> Result<(), Rejection> {
        if self.idle {
            return Ok(());
        }
        let reject = |reason| Err(Rejection::one(Plugin::VolumeRestrictions, reason, false));
        if self.has_disks {
            let mut there = what.pods(node).flat_map(|pod| &cluster.spec_of(pod).volumes);
            if there.any(|theirs| spec.volumes.iter().any(|own| conflict(&own.source, &theirs.source))) {
                return reject(Reason::DiskConflict);
            }
        }
        if self.in_use > 0 { reject(in_use) } else { Ok(()) }
    }
}

fn is_disk(source: &VolumeSource) -> bool {
    matches!(
        source,
        VolumeSource::GcePersistentDisk { .. }
            | VolumeSource::AwsElasticBlockStore { .. }
            | VolumeSource::Iscsi { .. }
            | VolumeSource::Rbd { .. }
    )
}

/// Whether two pods on one node cannot both have these. Upstream: `isVolumeConflict`.
pub(super) fn conflict(a: &VolumeSource, b: &VolumeSource) -> bool {
    use VolumeSource::{AwsElasticBlockStore, GcePersistentDisk, Iscsi, Rbd};
    match (a, b) {
        (GcePersistentDisk { name: a, read_only: x }, GcePersistentDisk { name: b, read_only: y }) => {
            a == b && !(*x && *y)
        }
        (AwsElasticBlockStore { volume_id: a, .. }, AwsElasticBlockStore { volume_id: b, .. }) => a == b,
        (Iscsi { iqn: a, read_only: x }, Iscsi { iqn: b, read_only: y }) => a == b && !(*x && *y),
        (
            Rbd { monitors: a, pool: pool_a, image: image_a, read_only: x },
            Rbd { monitors: b, pool: pool_b, image: image_b, read_only: y },
        ) => a.iter().any(|m| b.contains(m)) && pool_a == pool_b && image_a == image_b && !(*x && *y),
        _ => false,
    }
}

//! Volumes, claims, classes and attach limits by name.

use crate::cluster::{
    ClusterState, CsiNode, PersistentVolume, PersistentVolumeClaim, Pod, PodSpec, PvId, PvcId, StorageClass, Volume,
    VolumeSource,
};
use crate::intern::Symbol;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Positions by name, made once per pod that has volumes.
#[derive(Clone, Debug)]
pub(super) struct Lookup(Arc<Tables>);

#[derive(Debug)]
struct Tables {
    claims: FxHashMap<(Symbol, Symbol), PvcId>,
    volumes: FxHashMap<Symbol, PvId>,
    csi_nodes: FxHashMap<Symbol, usize>,
}

impl Lookup {
    pub(super) fn new(cluster: &ClusterState) -> Self {
        Lookup(Arc::new(Tables {
            claims: cluster.claims.iter().map(|(id, row)| ((row.namespace, row.name), id)).collect(),
            volumes: cluster.volumes.iter().map(|(id, row)| (row.name, id)).collect(),
            csi_nodes: cluster.csi_nodes.iter().enumerate().map(|(at, row)| (row.node, at)).collect(),
        }))
    }
    pub(super) fn claim(&self, namespace: Symbol, name: Symbol) -> Option<PvcId> {
        self.0.claims.get(&(namespace, name)).copied()
    }
    pub(super) fn volume(&self, name: Symbol) -> Option<PvId> {
        self.0.volumes.get(&name).copied()
    }
    pub(super) fn csi_node<'a>(&self, cluster: &'a ClusterState, node: Symbol) -> Option<&'a CsiNode> {
        self.0.csi_nodes.get(&node).map(|at| &cluster.csi_nodes[*at])
    }
}

/// The claim behind a volume of a pod: its name, and whether the claim is the pod's own (generic ephemeral
/// volume, named after pod and volume). Nothing for a volume without a claim.
pub(super) fn claim_name(cluster: &ClusterState, pod: Option<&Pod>, volume: &Volume) -> Option<ClaimName> {
    match volume.source {
        VolumeSource::Claim(name) => Some(ClaimName { symbol: Some(name), text: None }),
        VolumeSource::Ephemeral => {
            let pod = pod.map_or_else(String::new, |pod| pod.name.display(&cluster.symbols).to_string());
            let text = format!("{pod}-{}", cluster.symbols.text(volume.name));
            Some(ClaimName { symbol: cluster.symbols.lookup(&text), text: Some(text) })
        }
        _ => None,
    }
}

/// See [`claim_name`].
pub(super) struct ClaimName {
    /// The name, if anything has it.
    pub(super) symbol: Option<Symbol>,
    /// The name of an ephemeral volume's claim.
    pub(super) text: Option<String>,
}

impl ClaimName {
    pub(super) fn is_ephemeral(&self) -> bool {
        self.text.is_some()
    }
    pub(super) fn find(&self, lookup: &Lookup, spec: &PodSpec) -> Option<PvcId> {
        lookup.claim(spec.namespace, self.symbol?)
    }
}

/// The class a claim names; nothing for no class or one that does not exist.
pub(super) fn class_of<'a>(cluster: &'a ClusterState, claim: &PersistentVolumeClaim) -> Option<&'a StorageClass> {
    let name = claim.storage_class.filter(|name| *name != Symbol::EMPTY)?;
    cluster.storage_classes.values().find(|class| class.name == name)
}

/// Whether a volume is bound or reserved to a claim. Upstream: `IsVolumeBoundToClaim`.
pub(super) fn is_for(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    volume.claim == Some((claim.namespace, claim.name))
        && (volume.claim_uid == Symbol::EMPTY || volume.claim_uid == claim.uid)
}

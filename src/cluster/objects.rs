//! Cluster objects that are neither nodes nor pods but that decisions look at.

use crate::cluster::{LabelSelector, Labels, NodeSelector, OwnerKind};
use crate::intern::Symbol;
use crate::units::SimTime;

crate::id_type!(
    /// A persistent volume.
    PvId,
    "pv"
);
crate::id_type!(
    /// A persistent volume claim.
    PvcId,
    "pvc"
);
crate::id_type!(
    /// A storage class.
    StorageClassId,
    "storageclass"
);

/// A PodDisruptionBudget with its current status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodDisruptionBudget {
    /// The namespace.
    pub namespace: Symbol,
    /// The name.
    pub name: Symbol,
    /// Which pods; absent matches none.
    pub selector: Option<LabelSelector>,
    /// `status.disruptionsAllowed`.
    pub disruptions_allowed: i32,
    /// `status.currentHealthy`.
    pub current_healthy: i32,
    /// `status.desiredHealthy`.
    pub desired_healthy: i32,
    /// `status.disruptedPods`: pods that were told to go and are there yet, and when they were told.
    pub disrupted_pods: Vec<(Symbol, SimTime)>,
    /// `spec.unhealthyPodEvictionPolicy` is `AlwaysAllow`: unready pods go without using up a disruption.
    pub unready_always_go: bool,
}

/// A Service's selector (system default topology spreading looks at it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSelector {
    /// The namespace.
    pub namespace: Symbol,
    /// The name.
    pub name: Symbol,
    /// The labels selected; an empty map selects nothing here.
    pub selector: Labels,
}

/// A ReplicaSet, ReplicationController, StatefulSet or Job that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadSelector {
    /// Its kind.
    pub kind: OwnerKind,
    /// The namespace.
    pub namespace: Symbol,
    /// The name.
    pub name: Symbol,
    /// `spec.selector`, if it has one.
    pub selector: Option<LabelSelector>,
    /// `spec.replicas`.
    pub replicas: i32,
}

/// When a claim of a class gets its volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeBindingMode {
    /// At once.
    Immediate,
    /// When a pod using it is scheduled.
    WaitForFirstConsumer,
}

/// A StorageClass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageClass {
    /// The name.
    pub name: Symbol,
    /// The provisioner; `kubernetes.io/no-provisioner` makes nothing.
    pub provisioner: Symbol,
    /// When claims are bound.
    pub binding_mode: VolumeBindingMode,
    /// Terms of which one must match the node; without terms every node will do.
    pub allowed_topologies: Vec<Vec<crate::cluster::Requirement>>,
}

/// A PersistentVolume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersistentVolume {
    /// The name.
    pub name: Symbol,
    /// The labels (zone and region matter).
    pub labels: Labels,
    /// Its size in bytes.
    pub capacity_bytes: i64,
    /// `spec.accessModes`.
    pub access_modes: Vec<Symbol>,
    /// `spec.storageClassName`, or the empty symbol.
    pub storage_class: Symbol,
    /// The claim it is bound or reserved to: namespace and name.
    pub claim: Option<(Symbol, Symbol)>,
    /// The uid that `spec.claimRef` names, or the empty symbol: any claim of that name.
    pub claim_uid: Symbol,
    /// `status.phase` is Available (or not given).
    pub available: bool,
    /// `spec.nodeAffinity.required`.
    pub node_affinity: Option<NodeSelector>,
    /// What is behind it.
    pub source: PvSource,
    /// `spec.volumeMode` is Block.
    pub block: bool,
    /// `metadata.deletionTimestamp` is set.
    pub deleting: bool,
}

/// Sources of volumes that some rule distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PvSource {
    /// CSI: driver and handle.
    Csi(Symbol, Symbol),
    /// In-tree EBS volume id.
    AwsElasticBlockStore(Symbol),
    /// In-tree GCE disk name.
    GcePersistentDisk(Symbol),
    /// In-tree Azure disk name.
    AzureDisk(Symbol),
    /// A local disk.
    Local,
    /// Anything else.
    Other,
}

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersistentVolumeClaim {
    /// The namespace.
    pub namespace: Symbol,
    /// The name.
    pub name: Symbol,
    /// `metadata.uid`, or the empty symbol.
    pub uid: Symbol,
    /// `spec.storageClassName`; absent leaves it to the default class.
    pub storage_class: Option<Symbol>,
    /// `spec.volumeName`, or the empty symbol.
    pub volume_name: Symbol,
    /// Annotation `pv.kubernetes.io/bind-completed`.
    pub bind_completed: bool,
    /// The size asked for, in bytes.
    pub request_bytes: i64,
    /// `spec.accessModes`.
    pub access_modes: Vec<Symbol>,
    /// `spec.selector`.
    pub selector: Option<LabelSelector>,
    /// `spec.volumeMode` is Block.
    pub block: bool,
    /// `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// `status.phase` is Lost.
    pub lost: bool,
    /// The pod that owns the claim (generic ephemeral volumes), by name.
    pub owner_pod: Option<Symbol>,
    /// Annotation `volume.kubernetes.io/selected-node`, or the empty symbol.
    pub selected_node: Symbol,
}

/// The volumes that a pod's claims get on its node.
///
/// Upstream: `volumebinding.PodVolumes`, 1.28.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumePlan {
    /// Existing volumes to bind.
    pub bindings: Vec<(PvcId, PvId)>,
    /// Claims to provision a volume for, on this node.
    pub provisions: Vec<PvcId>,
}

/// A CSINode: attach limits of the drivers on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsiNode {
    /// The node's name.
    pub node: Symbol,
    /// The drivers.
    pub drivers: Vec<CsiDriverLimit>,
}

/// One driver of a [`CsiNode`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsiDriverLimit {
    /// The driver's name.
    pub driver: Symbol,
    /// The number of volumes it can attach; absent means no limit.
    pub count: Option<i32>,
}

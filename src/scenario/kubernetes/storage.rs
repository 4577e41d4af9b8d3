//! Volumes, claims, storage classes, attach limits.

use crate::scenario::kubernetes::meta::{LabelSelector, ObjectMeta, SelectorRequirement, null_as_default};
use crate::scenario::kubernetes::pod::{AwsDisk, AzureDisk, GceDisk, NodeSelector};
use crate::units::Quantity;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `storage.k8s.io/v1` StorageClass.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageClass {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// Who makes volumes.
    pub provisioner: String,
    /// `Immediate` (default) or `WaitForFirstConsumer`.
    pub volume_binding_mode: Option<String>,
    /// Where volumes may be.
    #[serde(deserialize_with = "null_as_default")]
    pub allowed_topologies: Vec<TopologySelectorTerm>,
    /// What the provisioner is told, such as `type: gp3`.
    #[serde(deserialize_with = "null_as_default")]
    pub parameters: BTreeMap<String, String>,
}

/// A term of `allowedTopologies`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopologySelectorTerm {
    /// Labels and the values allowed.
    #[serde(deserialize_with = "null_as_default")]
    pub match_label_expressions: Vec<SelectorRequirement>,
}

/// `v1` PersistentVolume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolume {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// What it is.
    pub spec: PersistentVolumeSpec,
    /// What is the case.
    #[serde(deserialize_with = "null_as_default")]
    pub status: PhaseStatus,
}

/// `spec` of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeSpec {
    /// Its size.
    #[serde(deserialize_with = "null_as_default")]
    pub capacity: BTreeMap<String, Quantity>,
    /// How it may be mounted.
    #[serde(deserialize_with = "null_as_default")]
    pub access_modes: Vec<String>,
    /// Its class.
    #[serde(deserialize_with = "null_as_default")]
    pub storage_class_name: String,
    /// Its claim.
    pub claim_ref: Option<ClaimReference>,
    /// From which nodes it can be reached.
    pub node_affinity: Option<VolumeNodeAffinity>,
    /// `Filesystem` (default) or `Block`.
    pub volume_mode: Option<String>,
    /// A CSI volume.
    pub csi: Option<CsiVolumeSource>,
    /// A local disk.
    pub local: Option<serde::de::IgnoredAny>,
    /// An EBS volume.
    pub aws_elastic_block_store: Option<AwsDisk>,
    /// A GCE disk.
    pub gce_persistent_disk: Option<GceDisk>,
    /// An Azure disk.
    pub azure_disk: Option<AzureDisk>,
}

/// `claimRef` of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimReference {
    /// The claim's namespace.
    pub namespace: String,
    /// The claim's name.
    pub name: String,
    /// The claim's uid.
    #[serde(deserialize_with = "null_as_default")]
    pub uid: String,
}

/// `nodeAffinity` of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeNodeAffinity {
    /// Must match.
    pub required: Option<NodeSelector>,
}

/// `csi` of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiVolumeSource {
    /// The driver.
    pub driver: String,
    /// The volume's handle.
    pub volume_handle: String,
}

/// `status.phase`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PhaseStatus {
    /// The phase.
    pub phase: Option<String>,
}

/// `v1` PersistentVolumeClaim, and an entry of `volumeClaimTemplates`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeClaim {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// What is asked for.
    pub spec: PersistentVolumeClaimSpec,
    /// What is the case.
    #[serde(deserialize_with = "null_as_default")]
    pub status: PhaseStatus,
}

/// `spec` of a claim.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeClaimSpec {
    /// How it will be mounted.
    #[serde(deserialize_with = "null_as_default")]
    pub access_modes: Vec<String>,
    /// The class; empty means no dynamic provisioning.
    pub storage_class_name: Option<String>,
    /// The volume, when bound.
    #[serde(deserialize_with = "null_as_default")]
    pub volume_name: String,
    /// The size.
    #[serde(deserialize_with = "null_as_default")]
    pub resources: ClaimResources,
    /// Which volumes.
    pub selector: Option<LabelSelector>,
    /// `Filesystem` (default) or `Block`.
    pub volume_mode: Option<String>,
}

/// `resources` of a claim.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimResources {
    /// `storage`.
    #[serde(deserialize_with = "null_as_default")]
    pub requests: BTreeMap<String, Quantity>,
}

/// `storage.k8s.io/v1` CSINode.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiNode {
    /// The metadata; the name is the node's.
    pub metadata: ObjectMeta,
    /// The drivers.
    pub spec: CsiNodeSpec,
}

/// `spec` of a CSINode.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiNodeSpec {
    /// The drivers.
    #[serde(deserialize_with = "null_as_default")]
    pub drivers: Vec<CsiNodeDriver>,
}

/// A driver of a CSINode.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiNodeDriver {
    /// The driver.
    pub name: String,
    /// Its limit.
    pub allocatable: Option<CsiAllocatable>,
}

/// `allocatable` of a driver.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiAllocatable {
    /// The number of volumes.
    pub count: Option<i32>,
}

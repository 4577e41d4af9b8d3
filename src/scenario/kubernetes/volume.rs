//! Volumes of pods.

use crate::scenario::kubernetes::meta::null_as_default;
use serde::Deserialize;

/// A volume. Sources without a rule of their own are not listed: they read as none of these.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// A claim.
    pub persistent_volume_claim: Option<ClaimVolume>,
    /// A claim made for the pod.
    pub ephemeral: Option<serde::de::IgnoredAny>,
    /// Scratch space.
    pub empty_dir: Option<EmptyDir>,
    /// A path of the node.
    pub host_path: Option<serde::de::IgnoredAny>,
    /// A GCE disk.
    pub gce_persistent_disk: Option<GceDisk>,
    /// An EBS volume.
    pub aws_elastic_block_store: Option<AwsDisk>,
    /// An Azure disk.
    pub azure_disk: Option<AzureDisk>,
    /// An iSCSI disk.
    pub iscsi: Option<IscsiDisk>,
    /// A Ceph disk.
    pub rbd: Option<RbdDisk>,
    /// An inline CSI volume.
    pub csi: Option<CsiVolume>,
    /// The files of an image.
    pub image: Option<ImageVolume>,
}

/// `persistentVolumeClaim` of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimVolume {
    /// The claim's name.
    pub claim_name: String,
}

/// `emptyDir` of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmptyDir {
    /// `Memory`, or the node's disk.
    #[serde(deserialize_with = "null_as_default")]
    pub medium: String,
}

/// `gcePersistentDisk` of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GceDisk {
    /// The disk.
    pub pd_name: String,
    /// Read-only.
    pub read_only: bool,
}

/// `awsElasticBlockStore` of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AwsDisk {
    /// The volume.
    #[serde(rename = "volumeID")]
    pub volume_id: String,
    /// Read-only.
    pub read_only: bool,
}

/// `azureDisk` of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AzureDisk {
    /// The disk.
    pub disk_name: String,
}

/// `iscsi` of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IscsiDisk {
    /// The target's qualified name.
    pub iqn: String,
    /// Read-only.
    pub read_only: bool,
}

/// `rbd` of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RbdDisk {
    /// The Ceph monitors.
    #[serde(rename = "monitors", deserialize_with = "null_as_default")]
    pub monitors: Vec<String>,
    /// The pool, `rbd` by default.
    pub pool: Option<String>,
    /// The image.
    pub image: String,
    /// Read-only.
    pub read_only: bool,
}

/// Inline `csi` of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiVolume {
    /// The driver.
    pub driver: String,
}

/// `image` of a volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageVolume {
    /// Which.
    #[serde(deserialize_with = "null_as_default")]
    pub reference: String,
}

//! Storage classes, volumes, claims and attach limits.

use super::Converter;
use crate::cluster::{self, CsiDriverLimit, PvSource, VolumeBindingMode};
use crate::intern::Interner;
use crate::scenario::kubernetes::meta::SelectorRequirement;
use crate::scenario::kubernetes::storage;

/// Where the storage class was named before it had a field; it still comes first. Upstream:
/// `GetPersistentVolumeClaimClass`, `GetPersistentVolumeClass`, 1.28.
const STORAGE_CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

impl Converter<'_> {
    /// Adds a storage class.
    pub fn storage_class(&mut self, api: &storage::StorageClass) {
        let terms = api.allowed_topologies.iter().map(|term| {
            let expressions = term.match_label_expressions.iter();
            expressions.map(|e| SelectorRequirement { operator: "In".into(), ..e.clone() }).collect::<Vec<_>>()
        });
        let terms: Vec<_> = terms.collect();
        let class = cluster::StorageClass {
            name: self.symbol(&api.metadata.name),
            provisioner: self.symbol(&api.provisioner),
            binding_mode: match api.volume_binding_mode.as_deref() {
                Some("WaitForFirstConsumer") => VolumeBindingMode::WaitForFirstConsumer,
                _ => VolumeBindingMode::Immediate,
            },
            allowed_topologies: terms.iter().map(|t| self.requirements("allowedTopologies", t)).collect(),
        };
        self.cluster.storage_classes.push(class);
    }

    /// Adds a persistent volume.
    pub fn persistent_volume(&mut self, api: &storage::PersistentVolume) {
        let spec = &api.spec;
        let source = if let Some(csi) = &spec.csi {
            PvSource::Csi(self.symbol(&csi.driver), self.symbol(&csi.volume_handle))
        } else if let Some(disk) = &spec.aws_elastic_block_store {
            PvSource::AwsElasticBlockStore(self.symbol(&disk.volume_id))
        } else if let Some(disk) = &spec.gce_persistent_disk {
            PvSource::GcePersistentDisk(self.symbol(&disk.pd_name))
        } else if let Some(disk) = &spec.azure_disk {
            PvSource::AzureDisk(self.symbol(&disk.disk_name))
        } else if spec.local.is_some() {
            PvSource::Local
        } else {
            PvSource::Other
        };
        let required = spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
        let old_class = api.metadata.annotations.get(STORAGE_CLASS_ANNOTATION).map(String::as_str);
        let volume = cluster::PersistentVolume {
            name: self.symbol(&api.metadata.name),
            labels: self.labels(&api.metadata.labels),
            capacity_bytes: spec.capacity.get("storage").map_or(0, |size| size.value()),
            access_modes: spec.access_modes.iter().map(|mode| self.symbol(mode)).collect(),
            storage_class: self.symbol(old_class.unwrap_or(&spec.storage_class_name)),
            claim: spec.claim_ref.as_ref().map(|c| (self.symbol(&c.namespace), self.symbol(&c.name))),
            claim_uid: self.symbol(spec.claim_ref.as_ref().map_or("", |claim| &claim.uid)),
            available: matches!(api.status.phase.as_deref(), None | Some("Available")),
            node_affinity: required.map(|selector| self.node_selector(selector)),
            source,
            block: spec.volume_mode.as_deref() == Some("Block"),
            deleting: api.metadata.deletion_timestamp.is_some(),
        };
        self.cluster.volumes.push(volume);
    }

    /// Adds a claim.
    pub fn persistent_volume_claim(&mut self, api: &storage::PersistentVolumeClaim) {
        let annotation = |name: &str| api.metadata.annotations.get(name).map_or("", String::as_str);
        let spec = &api.spec;
        let owner = api.metadata.controller().filter(|owner| owner.kind == "Pod");
        let old_class = api.metadata.annotations.get(STORAGE_CLASS_ANNOTATION).map(String::as_str);
        let claim = cluster::PersistentVolumeClaim {
            namespace: self.symbol(api.metadata.namespace_or_default()),
            name: self.symbol(&api.metadata.name),
            uid: self.symbol(&api.metadata.uid),
            storage_class: old_class.or(spec.storage_class_name.as_deref()).map(|name| self.symbol(name)),
            volume_name: self.symbol(&spec.volume_name),
            bind_completed: api.metadata.annotations.contains_key("pv.kubernetes.io/bind-completed"),
            request_bytes: spec.resources.requests.get("storage").map_or(0, |size| size.value()),
            access_modes: spec.access_modes.iter().map(|mode| self.symbol(mode)).collect(),
            selector: spec.selector.as_ref().map(|selector| self.label_selector("spec.selector", selector)),
            block: spec.volume_mode.as_deref() == Some("Block"),
            deleting: api.metadata.deletion_timestamp.is_some(),
            lost: api.status.phase.as_deref() == Some("Lost"),
            owner_pod: owner.map(|owner| self.symbol(&owner.name)),
            selected_node: self.symbol(annotation("volume.kubernetes.io/selected-node")),
        };
        self.cluster.claims.push(claim);
    }

    /// Adds the attach limits of a node.
    pub fn csi_node(&mut self, api: &storage::CsiNode) {
        let driver = |driver: &storage::CsiNodeDriver, symbols: &mut Interner| CsiDriverLimit {
            driver: symbols.intern(&driver.name),
            count: driver.allocatable.as_ref().and_then(|allocatable| allocatable.count),
        };
        let node = self.symbol(&api.metadata.name);
        let drivers = api.spec.drivers.iter().map(|d| driver(d, &mut self.cluster.symbols)).collect();
        self.cluster.csi_nodes.push(cluster::CsiNode { node, drivers });
    }
}

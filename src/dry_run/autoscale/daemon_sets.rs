//! DaemonSets, whose pods new nodes get.

use crate::cluster::{OwnerKind, PodSpecId, WorkloadSelector};
use crate::scenario::kubernetes::Converter;
use crate::scenario::kubernetes::meta::{ObjectMeta, OwnerReference};
use crate::scenario::kubernetes::pod::PodTemplateSpec;

/// Adds a DaemonSet: its pods, as it would create them.
pub(super) fn daemon_set(
    converter: &mut Converter<'_>,
    metadata: &ObjectMeta,
    template: &PodTemplateSpec,
) -> PodSpecId {
    let row = WorkloadSelector {
        kind: OwnerKind::DaemonSet,
        namespace: converter.symbol(metadata.namespace_or_default()),
        name: converter.symbol(&metadata.name),
        selector: None,
        replicas: 0,
    };
    converter.cluster().workloads.push(row);
    let owner = OwnerReference {
        api_version: "apps/v1".into(),
        kind: "DaemonSet".into(),
        name: metadata.name.clone(),
        uid: metadata.uid.clone(),
        controller: Some(true),
    };
    let metadata = ObjectMeta {
        namespace: metadata.namespace.clone(),
        owner_references: vec![owner],
        ..template.metadata.clone()
    };
    converter.pod_spec(&metadata, &template.spec)
}

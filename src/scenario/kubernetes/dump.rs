//! A dump of a cluster: objects of any kind, as `kubectl get -o json` writes them.

use crate::cluster::{OwnerKind, PodId, ServiceSelector, WorkloadSelector};
use crate::scenario::issue::Issue;
use crate::scenario::kubernetes::meta::{LabelSelector, ObjectMeta, null_as_default};
use crate::scenario::kubernetes::workloads::Service;
use crate::scenario::kubernetes::{Converter, read_object};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What an object of a dump turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// A pod.
    Pod(PodId),
    /// Something else that decisions look at.
    Object,
    /// Something that decisions do not look at.
    Ignored,
}

/// A controller of pods, as far as its selector goes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct PodController {
    metadata: ObjectMeta,
    spec: PodControllerSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct PodControllerSpec {
    replicas: Option<i32>,
    selector: Option<LabelSelector>,
}

/// As [`PodController`], with the older kind of selector.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ReplicationController {
    metadata: ObjectMeta,
    spec: ReplicationControllerSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ReplicationControllerSpec {
    replicas: Option<i32>,
    #[serde(deserialize_with = "null_as_default")]
    selector: BTreeMap<String, String>,
}

impl Converter<'_> {
    /// Adds an object of a dump to the cluster. Nodes must come before the pods bound to them.
    ///
    /// Errors: the object is not what its kind says; see [`read_object`].
    pub fn add(&mut self, object: &Value) -> Result<Loaded, Issue> {
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
        match kind {
            "Pod" => {
                let pod = self.pod(&read_object(object)?);
                return Ok(pod.map_or(Loaded::Ignored, Loaded::Pod));
            }
            "Node" => drop(self.node(&read_object(object)?)),
            "Namespace" => self.namespace(&read_object(object)?),
            "PodDisruptionBudget" => self.budget(&read_object(object)?),
            "StorageClass" => self.storage_class(&read_object(object)?),
            "PersistentVolume" => self.persistent_volume(&read_object(object)?),
            "PersistentVolumeClaim" => self.persistent_volume_claim(&read_object(object)?),
            "CSINode" => self.csi_node(&read_object(object)?),
            "Service" => {
                let service = read_object::<Service>(object)?;
                let namespace = self.symbol(service.metadata.namespace_or_default());
                let selector = self.labels(&service.spec.selector);
                self.cluster().services.push(ServiceSelector { namespace, selector });
            }
            "ReplicaSet" => self.pod_controller(OwnerKind::ReplicaSet, read_object::<PodController>(object)?),
            "StatefulSet" => self.pod_controller(OwnerKind::StatefulSet, read_object::<PodController>(object)?),
            "Job" => self.pod_controller(OwnerKind::Job, read_object::<PodController>(object)?),
            "ReplicationController" => {
                let api = read_object::<ReplicationController>(object)?;
                let labels = LabelSelector { match_labels: api.spec.selector, ..LabelSelector::default() };
                let spec = PodControllerSpec { replicas: api.spec.replicas, selector: Some(labels) };
                let api = PodController { metadata: api.metadata, spec };
                self.pod_controller(OwnerKind::ReplicationController, api);
            }
            _ => return Ok(Loaded::Ignored),
        }
        Ok(Loaded::Object)
    }

    fn pod_controller(&mut self, kind: OwnerKind, api: PodController) {
        let row = WorkloadSelector {
            kind,
            namespace: self.symbol(api.metadata.namespace_or_default()),
            name: self.symbol(&api.metadata.name),
            selector: api.spec.selector.as_ref().map(|selector| self.label_selector("spec.selector", selector)),
            replicas: api.spec.replicas.unwrap_or(1),
        };
        self.cluster().workloads.push(row);
    }
}

//! A dump of a cluster: objects of any kind, as `kubectl get -o json` writes them.

use crate::cluster::{OwnerKind, PodId, ServiceSelector, WorkloadSelector};
use crate::scenario::issue::Issue;
use crate::scenario::kubernetes::meta::{LabelSelector, ObjectMeta};
use crate::scenario::kubernetes::{Converter, Kind, Object};
use serde_json::Value;

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

impl Converter<'_> {
    /// Adds an object of a dump to the cluster, of any kind. Nodes must come before the pods bound to them.
    ///
    /// Errors: the object is not what its kind says: the first field that is not what it should be.
    pub fn add(&mut self, value: &Value) -> Result<Loaded, Issue> {
        let kind = value.get("kind").and_then(Value::as_str).and_then(Kind::named);
        kind.map_or(Ok(Loaded::Ignored), |kind| Ok(self.add_object(&Object::read(kind, value)?)))
    }

    /// Adds an object of a dump to the cluster. Nodes must come before the pods bound to them.
    pub fn add_object(&mut self, object: &Object) -> Loaded {
        match object {
            Object::Pod(api) => return self.pod(api).map_or(Loaded::Ignored, Loaded::Pod),
            Object::Node(api) => drop(self.node(api)),
            Object::Namespace(api) => self.namespace(api),
            Object::PodDisruptionBudget(api) => self.budget(api),
            Object::StorageClass(api) => self.storage_class(api),
            Object::PersistentVolume(api) => self.persistent_volume(api),
            Object::PersistentVolumeClaim(api) => self.persistent_volume_claim(api),
            Object::CSINode(api) => self.csi_node(api),
            Object::Service(api) => {
                let namespace = self.symbol(api.metadata.namespace_or_default());
                let name = self.symbol(&api.metadata.name);
                let selector = self.labels(&api.spec.selector);
                self.cluster().services.push(ServiceSelector { namespace, name, selector });
            }
            Object::ReplicaSet(api) => {
                let (replicas, selector) = (api.spec.replicas, api.spec.selector.as_ref());
                self.pod_controller(OwnerKind::ReplicaSet, &api.metadata, replicas, selector);
            }
            Object::StatefulSet(api) => {
                let (replicas, selector) = (api.spec.replicas, api.spec.selector.as_ref());
                self.pod_controller(OwnerKind::StatefulSet, &api.metadata, replicas, selector);
            }
            Object::Job(api) => {
                self.pod_controller(OwnerKind::Job, &api.metadata, None, api.spec.selector.as_ref());
            }
            Object::ReplicationController(api) => {
                let selector = LabelSelector { match_labels: api.spec.selector.clone(), ..LabelSelector::default() };
                let kind = OwnerKind::ReplicationController;
                self.pod_controller(kind, &api.metadata, api.spec.replicas, Some(&selector));
            }
            _ => return Loaded::Ignored,
        }
        Loaded::Object
    }

    fn pod_controller(
        &mut self,
        kind: OwnerKind,
        metadata: &ObjectMeta,
        replicas: Option<i32>,
        selector: Option<&LabelSelector>,
    ) {
        let row = WorkloadSelector {
            kind,
            namespace: self.symbol(metadata.namespace_or_default()),
            name: self.symbol(&metadata.name),
            selector: selector.map(|selector| self.label_selector("spec.selector", selector)),
            replicas: replicas.unwrap_or(1),
        };
        self.cluster().workloads.push(row);
    }
}

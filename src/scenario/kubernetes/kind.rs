//! The kinds of objects that some door looks at: a row each, with its type.

use super::autoscaling::HorizontalPodAutoscaler;
use super::configuration::{ConfigMap, SchedulerConfiguration};
use super::limit_range::LimitRange;
use super::meta::ObjectMeta;
use super::node::{Namespace, Node};
use super::pod::Pod;
use super::policy::{PodDisruptionBudget, PriorityClass};
use super::read_object::read_object;
use super::storage::{CsiNode, PersistentVolume, PersistentVolumeClaim, StorageClass};
use super::vertical::VerticalPodAutoscaler;
use super::workloads::{CronJob, Ingress, IngressClass, Job, ReplicationController, Service, Workload};
use crate::scenario::issue::Issue;
use serde_json::Value;

macro_rules! kinds {
    ($($kind:ident: $api:ty,)*) => {
        /// A kind of object.
        #[allow(missing_docs)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind { $($kind,)* }

        /// An object of any of the kinds.
        #[allow(missing_docs)]
        #[derive(Clone, Debug)]
        pub enum Object { $($kind(Box<$api>),)* }

        impl Kind {
            /// All of them.
            pub(crate) const ALL: &[Kind] = &[$(Kind::$kind,)*];

            /// As objects name it.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$kind => stringify!($kind),)* }
            }
        }

        impl Object {
            /// The object of a kind that a JSON value is.
            ///
            /// Errors: see [`read_object`].
            pub(crate) fn read(kind: Kind, value: &Value) -> Result<Self, Issue> {
                Ok(match kind { $(Kind::$kind => Object::$kind(Box::new(read_object::<$api>(value)?)),)* })
            }
            /// Its kind.
            pub fn kind(&self) -> Kind {
                match self { $(Object::$kind(_) => Kind::$kind,)* }
            }
            /// Its metadata.
            pub fn metadata(&self) -> &ObjectMeta {
                match self { $(Object::$kind(api) => &api.metadata,)* }
            }
        }
    };
}

kinds! {
    Pod: Pod,
    Node: Node,
    Namespace: Namespace,
    ConfigMap: ConfigMap,
    Service: Service,
    LimitRange: LimitRange,
    ReplicationController: ReplicationController,
    PersistentVolume: PersistentVolume,
    PersistentVolumeClaim: PersistentVolumeClaim,
    Deployment: Workload,
    StatefulSet: Workload,
    DaemonSet: Workload,
    ReplicaSet: Workload,
    Job: Job,
    CronJob: CronJob,
    HorizontalPodAutoscaler: HorizontalPodAutoscaler,
    VerticalPodAutoscaler: VerticalPodAutoscaler,
    PodDisruptionBudget: PodDisruptionBudget,
    PriorityClass: PriorityClass,
    Ingress: Ingress,
    IngressClass: IngressClass,
    StorageClass: StorageClass,
    CSINode: CsiNode,
    KubeSchedulerConfiguration: SchedulerConfiguration,
    Rollout: Workload,
}

impl Kind {
    /// The kind of that name.
    pub(crate) fn named(name: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.name() == name)
    }
    /// Whether its objects have names, and there is one of each.
    pub(crate) fn has_names(self) -> bool {
        self != Kind::KubeSchedulerConfiguration
    }
}

impl Object {
    /// What is made of pods all alike.
    pub fn workload(&self) -> Option<&Workload> {
        match self {
            Object::Deployment(api)
            | Object::StatefulSet(api)
            | Object::DaemonSet(api)
            | Object::ReplicaSet(api)
            | Object::Rollout(api) => Some(api),
            _ => None,
        }
    }
}

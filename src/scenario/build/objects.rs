//! The manifests' objects by kind.

use super::scaled_objects::ScaledObjects;
use crate::scenario::autoscaler_flags;
use crate::scenario::declared::Declared;
use crate::scenario::digest::Recorder;
use crate::scenario::eksctl;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::admission::Admission;
use crate::scenario::kubernetes::autoscaling::HorizontalPodAutoscaler;
use crate::scenario::kubernetes::configuration::ConfigMap;
use crate::scenario::kubernetes::decides::Deciding;
use crate::scenario::kubernetes::keda::is_scaled_object;
use crate::scenario::kubernetes::node::{Namespace, Node};
use crate::scenario::kubernetes::pod::Pod;
use crate::scenario::kubernetes::policy::PodDisruptionBudget;
use crate::scenario::kubernetes::reader::{Found, Item, Provenance, Reader};
use crate::scenario::kubernetes::storage::{PersistentVolumeClaim, StorageClass};
use crate::scenario::kubernetes::vertical::VerticalPodAutoscaler;
use crate::scenario::kubernetes::workloads::{CronJob, Ingress, IngressClass, Job, Service, Workload};
use crate::scenario::kubernetes::{Kind, Object};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// An object with its place.
pub(super) type Placed<T> = (Provenance, T);

/// Everything that matters, by kind, in the order of the files.
#[derive(Default)]
pub(super) struct Objects {
    pub(super) deployments: Vec<Placed<Workload>>,
    pub(super) stateful_sets: Vec<Placed<Workload>>,
    pub(super) daemon_sets: Vec<Placed<Workload>>,
    /// Those that no Deployment owns.
    pub(super) replica_sets: Vec<Placed<Workload>>,
    /// Those that no controller owns.
    pub(super) pods: Vec<Placed<Pod>>,
    pub(super) nodes: Vec<Placed<Node>>,
    pub(super) jobs: Vec<Placed<Job>>,
    pub(super) cron_jobs: Vec<Placed<CronJob>>,
    /// Those that were read, and those that KEDA makes of ScaledObjects.
    pub(super) hpas: Vec<Placed<HorizontalPodAutoscaler>>,
    pub(super) scaled: ScaledObjects,
    pub(super) vpas: Vec<Placed<VerticalPodAutoscaler>>,
    pub(super) budgets: Vec<Placed<PodDisruptionBudget>>,
    /// What the API server fills in.
    pub(super) admission: Admission,
    pub(super) services: Vec<Placed<Service>>,
    pub(super) ingresses: Vec<Placed<Ingress>>,
    pub(super) ingress_classes: Vec<Placed<IngressClass>>,
    pub(super) claims: Vec<Placed<PersistentVolumeClaim>>,
    pub(super) storage_classes: Vec<Placed<StorageClass>>,
    pub(super) namespaces: Vec<Placed<Namespace>>,
    /// The priority expander's ConfigMap.
    pub(super) autoscaler_priorities: Vec<Placed<ConfigMap>>,
    /// Custom resources that decide in a live cluster.
    deciding: Deciding,
    /// What ClusterConfigs of eksctl among them say.
    pub(super) declared: Declared,
    ignored: BTreeMap<String, usize>,
    /// Objects that their controllers will make again.
    owned: BTreeMap<&'static str, usize>,
}

/// What a simulation is made of.
const KINDS: &[Kind] = &[
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::ReplicaSet,
    Kind::Pod,
    Kind::Node,
    Kind::Job,
    Kind::CronJob,
    Kind::HorizontalPodAutoscaler,
    Kind::VerticalPodAutoscaler,
    Kind::PodDisruptionBudget,
    Kind::PriorityClass,
    Kind::LimitRange,
    Kind::Service,
    Kind::Ingress,
    Kind::IngressClass,
    Kind::PersistentVolumeClaim,
    Kind::StorageClass,
    Kind::Namespace,
    Kind::ConfigMap,
];

impl Objects {
    /// The objects of these files and folders, in order.
    pub(super) fn read(files: &Recorder, paths: impl Iterator<Item = PathBuf>, issues: &mut Issues) -> Self {
        let mut objects = Objects::default();
        let mut reader = Reader::of(KINDS);
        for path in paths {
            reader.read(files, &path, issues, &mut |item, issues| objects.take(item, issues));
        }
        let Objects { scaled, hpas, .. } = &mut objects;
        scaled.add_hpas(hpas, issues);
        objects
    }

    fn take(&mut self, item: Item, issues: &mut Issues) {
        if let Item::Other(from, value) = &item {
            if eksctl::is_config(value) {
                let config = eksctl::config(from, value, issues);
                return self.declared.absorb(config, issues);
            }
            if is_scaled_object(value) {
                return self.scaled.take(from, value, issues);
            }
            if self.deciding.take(from, value) {
                return;
            }
            let kind = from.name().split(' ').next().unwrap_or_default();
            return *self.ignored.entry(kind.to_owned()).or_default() += 1;
        }
        let Some(found) = item.object(issues) else { return };
        let Found { from, api, .. } = *found;
        let is_owned = api.metadata().controller().is_some();
        match api {
            Object::ReplicaSet(_) | Object::Pod(_) | Object::Job(_) if is_owned => {
                *self.owned.entry(api.kind().name()).or_default() += 1;
            }
            Object::Deployment(api) => self.deployments.push((from, *api)),
            Object::StatefulSet(api) => self.stateful_sets.push((from, *api)),
            Object::DaemonSet(api) => self.daemon_sets.push((from, *api)),
            Object::ReplicaSet(api) => self.replica_sets.push((from, *api)),
            Object::Pod(api) => self.pods.push((from, *api)),
            Object::Node(api) => self.nodes.push((from, *api)),
            Object::Job(api) => self.jobs.push((from, *api)),
            Object::CronJob(api) => self.cron_jobs.push((from, *api)),
            Object::HorizontalPodAutoscaler(api) => self.hpas.push((from, *api)),
            Object::VerticalPodAutoscaler(api) => self.vpas.push((from, *api)),
            Object::PodDisruptionBudget(api) => self.budgets.push((from, *api)),
            Object::PriorityClass(api) => self.admission.add_class(*api),
            Object::LimitRange(api) => self.admission.add_limits(*api),
            Object::Service(api) => self.services.push((from, *api)),
            Object::Ingress(api) => self.ingresses.push((from, *api)),
            Object::IngressClass(api) => self.ingress_classes.push((from, *api)),
            Object::PersistentVolumeClaim(api) => self.claims.push((from, *api)),
            Object::StorageClass(api) => self.storage_classes.push((from, *api)),
            Object::Namespace(api) => self.namespaces.push((from, *api)),
            Object::ConfigMap(api) if autoscaler_flags::has_priorities(&api) => {
                self.autoscaler_priorities.push((from, *api));
            }
            other => *self.ignored.entry(other.kind().name().to_owned()).or_default() += 1,
        }
    }

    /// One line for all that was read and does not matter.
    pub(super) fn name_the_ignored(&self, issues: &mut Issues) {
        self.deciding.tell(issues);
        let ignored: Vec<String> = self.ignored.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let owned: Vec<String> = self.owned.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let mut say = |what: &str, list: Vec<String>| {
            if !list.is_empty() {
                issues.push(Issue::note("manifests", format!("{what}: {}", list.join(", "))));
            }
        };
        say("objects that no decision looks at were left aside", ignored);
        say("objects that their controllers make anew were left aside", owned);
    }
}

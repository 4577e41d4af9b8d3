//! The manifests' objects by kind.

use crate::scenario::autoscaler_flags;
use crate::scenario::documents::Document;
use crate::scenario::issue::{Issue, Issues, did_you_mean};
use crate::scenario::kubernetes::autoscaling::HorizontalPodAutoscaler;
use crate::scenario::kubernetes::meta::ObjectMeta;
use crate::scenario::kubernetes::node::{Namespace, Node};
use crate::scenario::kubernetes::pod::Pod;
use crate::scenario::kubernetes::policy::{PodDisruptionBudget, PriorityClass};
use crate::scenario::kubernetes::read_object;
use crate::scenario::kubernetes::storage::{PersistentVolumeClaim, StorageClass};
use crate::scenario::kubernetes::vertical::VerticalPodAutoscaler;
use crate::scenario::kubernetes::workloads::{CronJob, Ingress, Job, Service, Workload};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// An object with the document that it came from.
pub(super) type Found<T> = (Document, T);

/// Everything that matters, by kind, in the order of the files.
#[derive(Default)]
pub(super) struct Objects {
    pub(super) deployments: Vec<Found<Workload>>,
    pub(super) stateful_sets: Vec<Found<Workload>>,
    pub(super) daemon_sets: Vec<Found<Workload>>,
    /// Those that no Deployment owns.
    pub(super) replica_sets: Vec<Found<Workload>>,
    /// Those that no controller owns.
    pub(super) pods: Vec<Found<Pod>>,
    pub(super) nodes: Vec<Found<Node>>,
    pub(super) jobs: Vec<Found<Job>>,
    pub(super) cron_jobs: Vec<Found<CronJob>>,
    pub(super) hpas: Vec<Found<HorizontalPodAutoscaler>>,
    pub(super) vpas: Vec<Found<VerticalPodAutoscaler>>,
    pub(super) budgets: Vec<Found<PodDisruptionBudget>>,
    pub(super) priority_classes: Vec<Found<PriorityClass>>,
    pub(super) services: Vec<Found<Service>>,
    pub(super) ingresses: Vec<Found<Ingress>>,
    pub(super) claims: Vec<Found<PersistentVolumeClaim>>,
    pub(super) storage_classes: Vec<Found<StorageClass>>,
    pub(super) namespaces: Vec<Found<Namespace>>,
    /// The priority expander's ConfigMap.
    pub(super) autoscaler_priorities: Vec<Document>,
    ignored: BTreeMap<String, usize>,
    /// Objects that their controllers will make again.
    owned: BTreeMap<String, usize>,
}

/// Kinds that somebody may have misspelt.
const KINDS: &[&str] = &[
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Pod",
    "Node",
    "Job",
    "CronJob",
    "HorizontalPodAutoscaler",
    "VerticalPodAutoscaler",
    "PodDisruptionBudget",
    "PriorityClass",
    "Service",
    "Ingress",
    "PersistentVolumeClaim",
    "StorageClass",
    "Namespace",
];

impl Objects {
    pub(super) fn read(documents: Vec<Document>, issues: &mut Issues) -> Self {
        let mut objects = Objects::default();
        let mut seen = BTreeSet::new();
        for document in documents {
            let kind = document.text(&["kind"]).to_owned();
            let named = !document.text(&["metadata", "name"]).is_empty();
            if !document.value.is_object() || kind.is_empty() {
                let issue = Issue::error("kind", "this is not a Kubernetes object: it has no kind");
                issues.push(document.locate(issue));
                continue;
            }
            if KINDS.contains(&kind.as_str()) && !named {
                issues.push(document.locate(Issue::error("metadata.name", "the object has no name")));
                continue;
            }
            if KINDS.contains(&kind.as_str()) && !seen.insert(document.name()) {
                let issue = Issue::error("metadata.name", "an object of this kind and name was read before");
                issues.push(document.locate(issue));
                continue;
            }
            objects.take(&kind, document, issues);
        }
        objects
    }

    fn take(&mut self, kind: &str, document: Document, issues: &mut Issues) {
        match kind {
            "Deployment" => push(&mut self.deployments, document, issues),
            "StatefulSet" => push(&mut self.stateful_sets, document, issues),
            "DaemonSet" => push(&mut self.daemon_sets, document, issues),
            "CronJob" => push(&mut self.cron_jobs, document, issues),
            "HorizontalPodAutoscaler" => push(&mut self.hpas, document, issues),
            "VerticalPodAutoscaler" => push(&mut self.vpas, document, issues),
            "PodDisruptionBudget" => push(&mut self.budgets, document, issues),
            "PriorityClass" => push(&mut self.priority_classes, document, issues),
            "Service" => push(&mut self.services, document, issues),
            "Ingress" => push(&mut self.ingresses, document, issues),
            "PersistentVolumeClaim" => push(&mut self.claims, document, issues),
            "StorageClass" => push(&mut self.storage_classes, document, issues),
            "ReplicaSet" | "Pod" | "Job" if is_owned(&document) => *self.owned.entry(kind.to_owned()).or_default() += 1,
            "Job" => push(&mut self.jobs, document, issues),
            "ReplicaSet" => push(&mut self.replica_sets, document, issues),
            "Pod" => push(&mut self.pods, document, issues),
            "Node" => push(&mut self.nodes, document, issues),
            "Namespace" => push(&mut self.namespaces, document, issues),
            "ConfigMap" if autoscaler_flags::has_priorities(&document) => self.autoscaler_priorities.push(document),
            other => {
                let meant = did_you_mean(other, KINDS.iter().copied());
                let group = document.text(&["apiVersion"]);
                let is_ours = ["apps/", "batch/", "autoscaling/", "policy/", "networking.k8s.io/"];
                if let Some(meant) = meant.filter(|_| is_ours.iter().any(|prefix| group.starts_with(prefix))) {
                    let issue = Issue::warning("kind", format!("`{other}` is not read"));
                    issues.push(document.locate(issue.with_help(format!("did you mean `{meant}`?"))));
                }
                *self.ignored.entry(other.to_owned()).or_default() += 1;
            }
        }
    }

    /// One line for all that was read and does not matter.
    pub(super) fn name_the_ignored(&self, issues: &mut Issues) {
        let mut say = |what: &str, counts: &BTreeMap<String, usize>| {
            let list: Vec<String> = counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            if !list.is_empty() {
                issues.push(Issue::warning("manifests", format!("{what}: {}", list.join(", "))));
            }
        };
        say("objects that no decision looks at were left aside", &self.ignored);
        say("objects that their controllers make anew were left aside", &self.owned);
    }
}

/// Whether a controller made it.
fn is_owned(document: &Document) -> bool {
    let metadata = document.value.get("metadata").cloned().unwrap_or_default();
    serde_json::from_value::<ObjectMeta>(metadata).is_ok_and(|metadata| metadata.controller().is_some())
}

fn push<T: DeserializeOwned>(list: &mut Vec<Found<T>>, document: Document, issues: &mut Issues) {
    match read_object(&document.value) {
        Ok(object) => list.push((document, object)),
        Err(issue) => issues.push(document.locate(issue)),
    }
}

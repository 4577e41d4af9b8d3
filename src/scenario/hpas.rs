//! HPAs for a dry run: the objects, and what the same files say about the pods that they scale.

use super::documents::{self, Document};
use super::issue::{Issue, Issues};
use super::kubernetes::autoscaling::HorizontalPodAutoscaler;
use super::kubernetes::read_object;
use super::kubernetes::workloads::Workload;
use super::pod_shape::PodShape;
use super::sources::Sources;
use crate::hpa::{Flags, HpaSpec, Metric};
use crate::intern::Interner;
use std::path::Path;

/// One HPA with its surroundings.
#[derive(Clone, Debug)]
pub struct HpaObject {
    /// `namespace/name`, with the file where several have the same.
    pub label: String,
    /// What it says.
    pub spec: HpaSpec,
    /// `status.currentReplicas`, as `kubectl get hpa -o yaml` writes it; else the target's `spec.replicas`.
    pub replicas: Option<i32>,
    /// The target's pods, if a file holds the target.
    pub pod: PodShape,
}

/// All HPAs of files and folders, in order. What the API server would refuse is added to `issues`.
pub fn read(paths: &[String], flags: &Flags, symbols: &mut Interner, issues: &mut Issues) -> Vec<HpaObject> {
    let documents: Vec<Document> =
        paths.iter().flat_map(|path| documents::read(Sources::Disk, Path::new(path), issues)).collect();
    let mut objects: Vec<(Document, HpaObject)> = Vec::new();
    for document in documents.iter().filter(|document| document.text(&["kind"]) == "HorizontalPodAutoscaler") {
        match read_object::<HorizontalPodAutoscaler>(&document.value) {
            Ok(api) => {
                let mut part = Issues::new();
                let object = object(&api, &documents, flags, symbols, &mut part);
                document.locate_all(part, issues);
                objects.push((document.clone(), object));
            }
            Err(issue) => issues.push(document.locate(issue)),
        }
    }
    if objects.is_empty() && !issues.has_errors() {
        let issue = Issue::error("-f", "there is no HorizontalPodAutoscaler in these files");
        issues.push(issue.with_help("kubectl get hpa NAME -o yaml prints one"));
    }
    name_apart(objects)
}

fn object(
    api: &HorizontalPodAutoscaler,
    documents: &[Document],
    flags: &Flags,
    symbols: &mut Interner,
    issues: &mut Issues,
) -> HpaObject {
    let spec = api.to_spec(flags, symbols, issues);
    let mut containers = spec.metrics.iter().filter_map(|metric| match metric {
        Metric::Resource { container, .. } => *container,
        _ => None,
    });
    let first = containers.next();
    if containers.any(|other| Some(other) != first) {
        let message = "metrics of several containers cannot be told apart in a recording of pods";
        issues.push(Issue::error("spec.metrics", message).with_help("replay an HPA with one of the containers"));
    }
    let target = &api.spec.scale_target_ref;
    let is_target = |document: &&Document| {
        document.text(&["kind"]) == target.kind
            && document.text(&["metadata", "name"]) == target.name
            && document.text(&["metadata", "namespace"]) == api.metadata.namespace.as_deref().unwrap_or_default()
    };
    let workload = documents.iter().find(is_target);
    let workload = workload.and_then(|document| match read_object::<Workload>(&document.value) {
        Ok(workload) => Some(workload),
        Err(issue) => {
            issues.push(document.locate(issue));
            None
        }
    });
    HpaObject {
        label: match &api.metadata.namespace {
            Some(namespace) => format!("{namespace}/{}", api.metadata.name),
            None => api.metadata.name.clone(),
        },
        spec,
        replicas: api.status.current_replicas.or(workload.as_ref().and_then(|workload| workload.spec.replicas)),
        pod: workload.map(|workload| PodShape::of(&workload, first.map(|name| symbols.text(name)))).unwrap_or_default(),
    }
}

/// Variants of one HPA have the same name: then the file tells them apart, and in one file a number.
fn name_apart(objects: Vec<(Document, HpaObject)>) -> Vec<HpaObject> {
    let labels: Vec<String> = objects.iter().map(|(_, object)| object.label.clone()).collect();
    let mut used: Vec<String> = Vec::new();
    let named = |(document, mut object): (Document, HpaObject)| {
        if labels.iter().filter(|other| **other == object.label).count() > 1 {
            let file = Path::new(&document.file).file_name().map(|name| name.to_string_lossy().into_owned());
            let file = file.unwrap_or(document.file);
            let number = used.iter().filter(|other| **other == file).count();
            object.label = if number == 0 { file.clone() } else { format!("{file} #{}", number + 1) };
            used.push(file);
        }
        object
    };
    objects.into_iter().map(named).collect()
}

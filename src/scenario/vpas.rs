//! What files say about pods whose requests are to be recommended: VPA objects and workloads.

use super::documents::{self, Document};
use super::issue::{Issue, Issues};
use super::kubernetes::read_object;
use super::kubernetes::vertical::VerticalPodAutoscaler;
use super::kubernetes::workloads::Workload;
use super::pod_shape::PodShape;
use super::sources::Sources;
use crate::intern::Interner;
use crate::vpa::ContainerPolicy;
use std::path::Path;

/// One workload whose requests are to be recommended.
#[derive(Clone, Debug, Default)]
pub struct VpaObject {
    /// `namespace/name`.
    pub label: String,
    /// The policy of its first container that is scaled.
    pub policy: ContainerPolicy,
    /// Present requests.
    pub pod: PodShape,
    /// `spec.replicas`.
    pub replicas: Option<i32>,
    /// Containers in the pod; at least 1.
    pub containers: usize,
}

/// The VPA with its target, or the workload without a VPA. A recording is of one workload: several are refused.
pub fn read(paths: &[String], symbols: &mut Interner, issues: &mut Issues) -> VpaObject {
    let documents: Vec<Document> =
        paths.iter().flat_map(|path| documents::read(Sources::Disk, Path::new(path), issues)).collect();
    let of = |kinds: &[&str]| -> Vec<&Document> {
        documents.iter().filter(|document| kinds.contains(&document.text(&["kind"]))).collect()
    };
    let (vpas, workloads) = (of(&["VerticalPodAutoscaler"]), of(&["Deployment", "StatefulSet", "DaemonSet"]));
    let mut object = VpaObject { label: "pods".to_owned(), containers: 1, ..VpaObject::default() };
    if vpas.len() > 1 || (vpas.is_empty() && workloads.len() > 1) {
        let message = "a recording is of one workload, and these files hold several";
        issues.push(Issue::error("-f", message).with_help("pass the VPA and the workload that was recorded"));
        return object;
    }
    let mut target = workloads.first().copied();
    let mut spec = None;
    if let Some(document) = vpas.first() {
        match read_object::<VerticalPodAutoscaler>(&document.value) {
            Ok(api) => {
                let mut part = Issues::new();
                spec = Some(api.to_spec(symbols, &mut part));
                document.locate_all(part, issues);
                let named = api.spec.target_ref.map(|target| target.name).unwrap_or_default();
                target = workloads.iter().copied().find(|other| other.text(&["metadata", "name"]) == named);
                object.label = label(document);
            }
            Err(issue) => issues.push(document.locate(issue)),
        }
    }
    let Some(document) = target else {
        object.policy = spec.map_or(object.policy, |spec| spec.others);
        return object;
    };
    match read_object::<Workload>(&document.value) {
        Ok(workload) => {
            let first = workload.spec.template.spec.containers.first().map(|container| symbols.intern(&container.name));
            object.label = label(document);
            object.policy = spec.zip(first).map_or(object.policy, |(spec, first)| *spec.policy(first));
            object.pod = PodShape::of(&workload, None);
            object.replicas = workload.spec.replicas;
            object.containers = workload.spec.template.spec.containers.len().max(1);
        }
        Err(issue) => issues.push(document.locate(issue)),
    }
    object
}

fn label(document: &Document) -> String {
    match (document.text(&["metadata", "namespace"]), document.text(&["metadata", "name"])) {
        ("", name) => name.to_owned(),
        (namespace, name) => format!("{namespace}/{name}"),
    }
}

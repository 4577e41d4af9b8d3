//! What files say about pods whose requests are to be recommended: VPA objects and workloads.

use super::issue::{Issue, Issues};
use super::kubernetes::reader::{Found, Item, Reader};
use super::kubernetes::{Kind, Object};
use super::pod_shape::PodShape;
use super::sources::Sources;
use crate::intern::Interner;
use crate::vpa::ContainerPolicy;
use std::path::Path;

/// VPAs, and what they may act on.
const KINDS: &[Kind] = &[Kind::VerticalPodAutoscaler, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet];

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
    let mut reader = Reader::of(KINDS).with_repeats();
    let (mut vpas, mut workloads): (Vec<Box<Found>>, Vec<Box<Found>>) = (Vec::new(), Vec::new());
    for path in paths {
        let mut take = |item: Item, issues: &mut Issues| match item.object(issues) {
            Some(found) if found.api.kind() == Kind::VerticalPodAutoscaler => vpas.push(found),
            found => workloads.extend(found),
        };
        reader.read(Sources::Disk, Path::new(path), issues, &mut take);
    }
    let mut object = VpaObject { label: "pods".to_owned(), containers: 1, ..VpaObject::default() };
    if vpas.len() > 1 || (vpas.is_empty() && workloads.len() > 1) {
        let message = "a recording is of one workload, and these files hold several";
        issues.push(Issue::error("-f", message).with_help("pass the VPA and the workload that was recorded"));
        return object;
    }
    let mut target = workloads.first();
    let mut spec = None;
    if let Some(vpa) = vpas.first()
        && let Object::VerticalPodAutoscaler(api) = &vpa.api
    {
        let mut part = Issues::new();
        spec = Some(api.to_spec(symbols, &mut part));
        vpa.from.locate_all(part, issues);
        let named = api.spec.target_ref.as_ref().map_or("", |target| &target.name);
        target = workloads.iter().find(|other| other.api.metadata().name == named);
        object.label = label(&vpa.api);
    }
    let Some((found, workload)) = target.and_then(|target| Some((target, target.api.workload()?))) else {
        object.policy = spec.map_or(object.policy, |spec| spec.others);
        return object;
    };
    let containers = &workload.spec.template.spec.containers;
    let first = containers.first().map(|container| symbols.intern(&container.name));
    VpaObject {
        label: label(&found.api),
        policy: spec.zip(first).map_or(object.policy, |(spec, first)| *spec.policy(first)),
        pod: PodShape::of(workload, None),
        replicas: workload.spec.replicas,
        containers: containers.len().max(1),
    }
}

fn label(object: &Object) -> String {
    let metadata = object.metadata();
    match metadata.namespace.as_deref().unwrap_or_default() {
        "" => metadata.name.clone(),
        namespace => format!("{namespace}/{}", metadata.name),
    }
}

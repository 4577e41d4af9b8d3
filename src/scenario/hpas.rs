//! HPAs for a dry run: the objects, and what the same files say about the pods that they scale.

use super::issue::{Issue, Issues};
use super::kubernetes::autoscaling::HorizontalPodAutoscaler;
use super::kubernetes::decides::LeftAside;
use super::kubernetes::pod::Container;
use super::kubernetes::reader::{Found, Item, Provenance, Reader};
use super::kubernetes::workloads::Workload;
use super::kubernetes::{Kind, Object};
use super::pod_shape::PodShape;
use super::sources::Sources;
use crate::hpa::{Flags, HpaSpec, Metric};
use crate::intern::{Interner, Symbol};
use std::path::Path;

/// HPAs, and what they scale.
const KINDS: &[Kind] =
    &[Kind::HorizontalPodAutoscaler, Kind::Deployment, Kind::StatefulSet, Kind::ReplicaSet, Kind::Rollout];

/// One HPA with its surroundings.
#[derive(Clone, Debug)]
pub struct HpaObject {
    /// `namespace/name`, with the file where several have the same.
    pub label: String,
    /// What it says.
    pub spec: HpaSpec,
    /// Where its pods are, if it says so.
    pub namespace: Option<String>,
    /// The container whose usage it scales by, if it is one.
    pub container: Option<String>,
    /// `status.currentReplicas`, as `kubectl get hpa -o yaml` writes it.
    pub current_replicas: Option<i32>,
    /// The target's `spec.replicas`.
    pub written_replicas: Option<i32>,
    /// The target's pods, if a file holds the target.
    pub pod: PodShape,
    /// Containers of the target that ask for no cpu, and for no memory.
    pub silent: Silent,
}

/// Containers without requests, by resource.
#[derive(Clone, Debug, Default)]
pub struct Silent {
    /// Those without `requests.cpu`.
    pub cpu: Vec<String>,
    /// Those without `requests.memory`.
    pub memory: Vec<String>,
}

impl Silent {
    fn of(workload: &Workload, container: Option<&str>) -> Self {
        let without = |resource: &str| {
            let of = workload.spec.template.spec.containers.iter();
            let of = of.filter(|row| container.is_none_or(|name| row.name == name));
            let asks = |row: &&Container| {
                [&row.resources.requests, &row.resources.limits].iter().any(|amounts| amounts.contains_key(resource))
            };
            of.filter(|row| !asks(row)).map(|row| row.name.clone()).collect()
        };
        Silent { cpu: without("cpu"), memory: without("memory") }
    }
}

/// All HPAs of files and folders, in order. What the API server would refuse is added to `issues`.
pub fn read(paths: &[String], flags: &Flags, symbols: &mut Interner, issues: &mut Issues) -> Vec<HpaObject> {
    // Variants of one HPA may be compared, each beside its Deployment.
    let mut reader = Reader::of(KINDS).with_repeats();
    let (mut found, mut left): (Vec<Box<Found>>, LeftAside) = (Vec::new(), LeftAside::default());
    for path in paths {
        let mut take = |item: Item, issues: &mut Issues| match &item {
            Item::Other(from, value) => left.take(from, value),
            _ => found.extend(item.object(issues)),
        };
        reader.read(Sources::Disk, Path::new(path), issues, &mut take);
    }
    let mut objects: Vec<(Provenance, HpaObject)> = Vec::new();
    for one in &found {
        if let Object::HorizontalPodAutoscaler(api) = &one.api {
            let mut part = Issues::new();
            let spec = api.to_spec(flags, symbols, &mut part);
            let container = container(&spec, &mut part).map(|name| symbols.text(name));
            let object = HpaObject::new(api, spec, target(api, &found), container);
            one.from.locate_all(part, issues);
            objects.push((one.from.clone(), object));
        }
    }
    if objects.is_empty() && !issues.has_errors() {
        let issue = Issue::error("-f", "there is no HorizontalPodAutoscaler in these files");
        issues.push(issue.with_help(
            match left.scaled_object().map(|name| name.split_once('/').unwrap_or(("", name))) {
                Some(("", name)) => {
                    format!("KEDA makes one of a ScaledObject: kubectl get hpa keda-hpa-{name} -o yaml")
                }
                Some((namespace, name)) => {
                    format!("KEDA makes one of a ScaledObject: kubectl get hpa keda-hpa-{name} -n {namespace} -o yaml")
                }
                None => "kubectl get hpa NAME -o yaml prints one".to_owned(),
            },
        ));
    }
    left.tell("-f", issues);
    name_apart(objects)
}

/// What an HPA scales, if it was read.
fn target<'a>(hpa: &HorizontalPodAutoscaler, found: &'a [Box<Found>]) -> Option<&'a Workload> {
    let target = &hpa.spec.scale_target_ref;
    let is_target = |one: &Found| {
        let metadata = one.api.metadata();
        one.api.kind().name() == target.kind
            && metadata.name == target.name
            && metadata.namespace_or_default() == hpa.metadata.namespace_or_default()
    };
    found.iter().find(|one| is_target(one))?.api.workload()
}

/// The container that an HPA looks at, if it is one.
fn container(spec: &HpaSpec, issues: &mut Issues) -> Option<Symbol> {
    let mut containers = spec.metrics.iter().filter_map(|metric| match metric {
        Metric::Resource { container, .. } => *container,
        _ => None,
    });
    let first = containers.next();
    if containers.any(|other| Some(other) != first) {
        let message = "metrics of several containers cannot be told apart in a recording of pods";
        issues.push(Issue::error("spec.metrics", message).with_help("replay an HPA with one of the containers"));
    }
    first
}

impl HpaObject {
    fn new(api: &HorizontalPodAutoscaler, spec: HpaSpec, target: Option<&Workload>, container: Option<&str>) -> Self {
        let label = match &api.metadata.namespace {
            Some(namespace) => format!("{namespace}/{}", api.metadata.name),
            None => api.metadata.name.clone(),
        };
        HpaObject {
            label,
            spec,
            namespace: api.metadata.namespace.clone(),
            container: container.map(str::to_owned),
            current_replicas: api.status.current_replicas,
            written_replicas: target.and_then(|target| target.spec.replicas),
            pod: target.map(|target| PodShape::of(target, container)).unwrap_or_default(),
            silent: target.map(|target| Silent::of(target, container)).unwrap_or_default(),
        }
    }
}

/// Variants of one HPA have the same name: then the file tells them apart, and in one file a number.
fn name_apart(objects: Vec<(Provenance, HpaObject)>) -> Vec<HpaObject> {
    let labels: Vec<String> = objects.iter().map(|(_, object)| object.label.clone()).collect();
    let mut used: Vec<String> = Vec::new();
    let named = |(from, mut object): (Provenance, HpaObject)| {
        if labels.iter().filter(|other| **other == object.label).count() > 1 {
            let file = Path::new(from.file()).file_name().map(|name| name.to_string_lossy().into_owned());
            let file = file.unwrap_or_else(|| from.file().to_owned());
            let number = used.iter().filter(|other| **other == file).count();
            object.label = if number == 0 { file.clone() } else { format!("{file} #{}", number + 1) };
            used.push(file);
        }
        object
    };
    objects.into_iter().map(named).collect()
}

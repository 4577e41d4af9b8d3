//! What files say about pods whose requests are to be recommended: VPA objects and workloads.

use super::issue::{Issue, Issues};
use super::kubernetes::decides::LeftAside;
use super::kubernetes::pod::Container;
use super::kubernetes::reader::{Found, Item, Reader};
use super::kubernetes::{Kind, Object};
use super::pod_shape::PodShape;
use super::sources::Sources;
use super::vpa_flags;
use crate::intern::{Interner, Symbol};
use crate::vpa::{Bound, ContainerPolicy, Flags};
use std::path::Path;

/// VPAs, and what they may act on.
const KINDS: &[Kind] = &[Kind::VerticalPodAutoscaler, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet];

/// One workload whose requests are to be recommended.
#[derive(Clone, Debug, Default)]
pub struct VpaObject {
    /// `namespace/name`.
    pub label: String,
    /// Where its pods are, if that is said.
    pub namespace: Option<String>,
    /// `spec.replicas`.
    pub replicas: Option<i32>,
    /// The containers; empty where no workload is given.
    pub containers: Vec<VpaContainer>,
    /// The policy of containers that it does not name.
    pub others: ContainerPolicy,
    /// The recommender's flags, if its Deployment is there.
    pub flags: Flags,
}

/// A container of a workload.
#[derive(Clone, Debug, Default)]
pub struct VpaContainer {
    /// Its name; empty for all of a pod.
    pub name: String,
    /// What may be recommended.
    pub policy: ContainerPolicy,
    /// Present requests.
    pub pod: PodShape,
}

impl VpaObject {
    /// All containers as if they were one: what is requested and allowed is the sum.
    pub fn whole(&self) -> VpaContainer {
        let mut parts = self.containers.iter().cloned();
        let Some(first) = parts.next() else {
            return VpaContainer { policy: self.others, ..VpaContainer::default() };
        };
        let whole = parts.fold(first, |sum, part| VpaContainer {
            name: String::new(),
            policy: ContainerPolicy {
                scaled: sum.policy.scaled || part.policy.scaled,
                cpu: add_bounds(sum.policy.cpu, part.policy.cpu),
                memory: add_bounds(sum.policy.memory, part.policy.memory),
                values: sum.policy.values,
            },
            pod: sum.pod.with(part.pod),
        });
        VpaContainer { name: String::new(), ..whole }
    }
}

/// No bound of one is none of both.
fn add_bounds(a: Option<Bound>, b: Option<Bound>) -> Option<Bound> {
    let add = |a: Option<i64>, b: Option<i64>| Some(a?.saturating_add(b?));
    match (a, b) {
        (Some(a), Some(b)) => Some(Bound { min: add(a.min, b.min), max: add(a.max, b.max) }),
        (one, other) => one.or(other),
    }
}

/// The VPA with its target, or the workload without a VPA. A recording is of one workload: several are refused.
pub fn read(paths: &[String], symbols: &mut Interner, issues: &mut Issues) -> VpaObject {
    let mut reader = Reader::of(KINDS).with_repeats();
    let mut left = LeftAside::default();
    let (mut vpas, mut workloads): (Vec<Box<Found>>, Vec<Box<Found>>) = (Vec::new(), Vec::new());
    for path in paths {
        let mut take = |item: Item, issues: &mut Issues| {
            if let Item::Other(from, value) = &item {
                return left.take(from, value);
            }
            match item.object(issues) {
                Some(found) if found.api.kind() == Kind::VerticalPodAutoscaler => vpas.push(found),
                found => workloads.extend(found),
            }
        };
        reader.read(Sources::Disk, Path::new(path), issues, &mut take);
    }
    let mut object = VpaObject { label: "pods".to_owned(), ..VpaObject::default() };
    workloads.retain(|found| {
        let Some(workload) = found.api.workload().filter(|workload| vpa_flags::is_meant(workload)) else { return true };
        let mut part = Issues::new();
        vpa_flags::read(workload, &mut object.flags, &mut part);
        found.from.locate_all(part, issues);
        false
    });
    left.tell("-f", issues);
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
    let policy = |container: Option<Symbol>| match (&spec, container) {
        (Some(spec), Some(container)) => *spec.policy(container),
        (Some(spec), None) => spec.others,
        _ => ContainerPolicy::default(),
    };
    object.others = policy(None);
    let Some((found, workload)) = target.and_then(|target| Some((target, target.api.workload()?))) else {
        return object;
    };
    let container = |api: &Container| VpaContainer {
        name: api.name.clone(),
        policy: policy(Some(symbols.intern(&api.name))),
        pod: PodShape::of(workload, Some(&api.name)),
    };
    VpaObject {
        label: label(&found.api),
        namespace: found.api.metadata().namespace.clone(),
        replicas: workload.spec.replicas,
        containers: workload.spec.template.spec.containers.iter().map(container).collect(),
        ..object
    }
}

fn label(object: &Object) -> String {
    let metadata = object.metadata();
    match metadata.namespace.as_deref().unwrap_or_default() {
        "" => metadata.name.clone(),
        namespace => format!("{namespace}/{}", metadata.name),
    }
}

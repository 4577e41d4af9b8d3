//! What manifests hold, in plain figures: for whoever writes a scenario for them.

use super::objects::{Objects, Placed};
use crate::scenario::digest::Recorder;
use crate::scenario::issue::Issues;
use crate::scenario::kubernetes::autoscaling::HorizontalPodAutoscaler;
use crate::scenario::kubernetes::node::Node;
use crate::scenario::kubernetes::pod::PodSpec;
use crate::scenario::kubernetes::workloads::{Service, Workload};
use crate::scenario::sources::Sources;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What runs, what leads to it, and on what.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// What creates pods, in the order of the files.
    pub workloads: Vec<Running>,
    /// Services with the pods that they select.
    pub doors: Vec<Door>,
    /// Paths of Ingresses.
    pub paths: Vec<IngressPath>,
    /// Nodes of a dump.
    pub nodes: Vec<FoundNode>,
    /// Whether Cluster Autoscaler is among the workloads.
    pub has_autoscaler: bool,
}

/// A Deployment, StatefulSet, DaemonSet or ReplicaSet.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// Where.
    pub namespace: String,
    /// What it is called.
    pub name: String,
    /// Pods; of an HPA's target its least number. One per node where it is a DaemonSet.
    pub replicas: i64,
    /// One pod on each node.
    pub is_daemon: bool,
    /// Requests of a pod; 0 where nothing is said.
    pub cpu_milli: i64,
    /// The same, in bytes.
    pub memory_bytes: i64,
    /// Labels of its pods.
    pub labels: BTreeMap<String, String>,
    /// Variables of its containers, with their values.
    pub variables: Vec<(String, String)>,
    /// Words of its containers' command lines.
    pub words: Vec<String>,
}

/// A Service.
#[derive(Clone, Debug, Default)]
pub struct Door {
    /// Where.
    pub namespace: String,
    /// What it is called.
    pub name: String,
    /// Labels of the pods behind it.
    pub selector: BTreeMap<String, String>,
    /// Whether it is reached from outside: `LoadBalancer` or `NodePort`.
    pub is_outside: bool,
}

/// A path of an Ingress.
#[derive(Clone, Debug, Default)]
pub struct IngressPath {
    /// Where.
    pub namespace: String,
    /// The path.
    pub path: String,
    /// The Service that it leads to.
    pub service: String,
}

/// A node of a dump.
#[derive(Clone, Debug, Default)]
pub struct FoundNode {
    /// Its group by its labels.
    pub group: Option<String>,
    /// Its machine type by its labels.
    pub instance_type: Option<String>,
    /// Its region, by its labels.
    pub region: Option<String>,
    /// Its zone, by its labels or the cloud's name of the instance.
    pub zone: Option<String>,
    /// `v1.29.3-eks-...`
    pub kubelet_version: Option<String>,
}

/// What the files and folders hold, with what was found doubtful.
///
/// Errors: what cannot be read.
pub fn inventory(paths: &[PathBuf]) -> Result<Inventory, Issues> {
    let files = Recorder::new(Sources::Disk, Path::new(""));
    let mut issues = Issues::new();
    let objects = Objects::read(&files, paths.iter().cloned(), &mut issues);
    if issues.has_errors() {
        return Err(issues);
    }
    let mut workloads = Vec::new();
    for (of, is_daemon) in [
        (&objects.deployments, false),
        (&objects.stateful_sets, false),
        (&objects.replica_sets, false),
        (&objects.daemon_sets, true),
    ] {
        workloads.extend(of.iter().map(|(_, workload)| running(workload, is_daemon, &objects.hpas)));
    }
    let is_autoscaler = |one: &Running| one.words.iter().any(|word| word.ends_with("cluster-autoscaler"));
    Ok(Inventory {
        has_autoscaler: workloads.iter().any(is_autoscaler),
        workloads,
        doors: objects.services.iter().map(|(_, service)| door(service)).collect(),
        paths: paths_of(&objects),
        nodes: objects.nodes.iter().map(|(_, node)| found(node)).collect(),
    })
}

fn running(workload: &Workload, is_daemon: bool, hpas: &[Placed<HorizontalPodAutoscaler>]) -> Running {
    let (meta, spec) = (&workload.metadata, &workload.spec.template.spec);
    let scaled = hpas.iter().map(|(_, hpa)| hpa).find(|hpa| {
        hpa.metadata.namespace_or_default() == meta.namespace_or_default()
            && hpa.spec.scale_target_ref.name == meta.name
    });
    let least = scaled.map_or(0, |hpa| hpa.spec.min_replicas.unwrap_or(1));
    let request = |resource: &str| -> i64 {
        let own = spec.containers.iter().map(|container| {
            let resources = &container.resources;
            let amount =
                resources.requests.get(resource).or(resources.limits.get(resource)).copied().unwrap_or_default();
            if resource == "cpu" { amount.milli_value() } else { amount.value() }
        });
        own.fold(0, i64::saturating_add)
    };
    let (cpu_milli, memory_bytes) = (request("cpu"), request("memory"));
    Running {
        namespace: meta.namespace_or_default().to_owned(),
        name: meta.name.clone(),
        replicas: i64::from(workload.spec.replicas.unwrap_or(1).max(least)),
        is_daemon,
        cpu_milli,
        memory_bytes,
        labels: workload.spec.template.metadata.labels.clone(),
        variables: variables(spec),
        words: spec.containers.iter().flat_map(|one| one.command.iter().chain(&one.args)).cloned().collect(),
    }
}

fn variables(spec: &PodSpec) -> Vec<(String, String)> {
    let all = spec.containers.iter().flat_map(|container| &container.env);
    all.map(|variable| (variable.name.clone(), variable.value.clone())).collect()
}

fn door(service: &Service) -> Door {
    Door {
        namespace: service.metadata.namespace_or_default().to_owned(),
        name: service.metadata.name.clone(),
        selector: service.spec.selector.clone(),
        is_outside: matches!(service.spec.kind.as_deref(), Some("LoadBalancer" | "NodePort")),
    }
}

fn paths_of(objects: &Objects) -> Vec<IngressPath> {
    let mut found = Vec::new();
    for (_, ingress) in &objects.ingresses {
        let paths = ingress.spec.rules.iter().flat_map(|rule| &rule.http.paths);
        found.extend(paths.map(|path| IngressPath {
            namespace: ingress.metadata.namespace_or_default().to_owned(),
            path: path.path.clone(),
            service: path.backend.service.name.clone(),
        }));
    }
    found
}

fn found(node: &Node) -> FoundNode {
    let label = |keys: [&str; 2]| keys.iter().find_map(|key| node.metadata.labels.get(*key)).cloned();
    // `aws:///us-east-1a/i-0abc`, `gce://project/europe-west1-b/name`.
    let by_id = || {
        let mut parts = node.spec.provider_id.rsplit('/');
        parts.next();
        parts.next().filter(|zone| zone.contains('-')).map(str::to_owned)
    };
    FoundNode {
        group: node.group().map(str::to_owned),
        instance_type: label(["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"]),
        region: label(["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"]),
        zone: label(["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"]).or_else(by_id),
        kubelet_version: Some(node.status.node_info.kubelet_version.clone()).filter(|version| !version.is_empty()),
    }
}

//! Pods: their kinds, containers, ports and volumes.

use super::requests::is_sidecar;
use super::{Converter, DEFAULT_SCHEDULER};
use crate::cluster::{
    self, Container, HostPort, Owner, OwnerKind, Phase, PodId, PodName, PodSpecId, PreemptionPolicy, Protocol,
    VolumeSource,
};
use crate::intern::{Interner, Symbol};
use crate::scenario::issue::Issue;
use crate::scenario::kubernetes::meta::{ObjectMeta, OwnerReference};
use crate::scenario::kubernetes::pod;
use crate::units::SimDuration;

impl Converter<'_> {
    /// Adds a pod, bound if it names a present node. An unknown node is an issue and the pod is left out.
    pub fn pod(&mut self, api: &pod::Pod) -> Option<PodId> {
        let spec = self.pod_spec_row(&api.metadata, &api.spec, &api.status);
        let spec = self.cluster.intern_spec(spec);
        let node_name = self.symbol(&api.spec.node_name);
        let node = self.cluster.node_by_name(node_name);
        if !api.spec.node_name.is_empty() && node.is_none() {
            let message = format!("the pod is bound to node `{}`, which is not in the input", api.spec.node_name);
            self.issues.push(Issue::warning("spec.nodeName", message));
            return None;
        }
        let created = self.time_or_start(api.metadata.creation_timestamp);
        let mut pod = cluster::Pod::new(PodName::plain(self.symbol(&api.metadata.name)), spec, created);
        pod.phase = match api.status.phase.as_deref() {
            Some("Running") => Phase::Running,
            Some("Succeeded") => Phase::Succeeded,
            Some("Failed") => Phase::Failed,
            Some("Unknown") => Phase::Unknown,
            _ => Phase::Pending,
        };
        let condition = |kind: &str| api.status.conditions.iter().find(|condition| condition.kind == kind);
        pod.started = api.status.start_time.map(|time| self.time(time));
        pod.ready =
            condition("Ready").map(|ready| (ready.status == "True", self.time_or_start(ready.last_transition_time)));
        pod.preempted = condition("DisruptionTarget").is_some_and(|c| c.reason == "PreemptionByScheduler");
        pod.deleted = api.metadata.deletion_timestamp.map(|time| {
            // The API's timestamp is the request plus the grace period.
            self.time(time) - SimDuration::from_secs(api.metadata.deletion_grace_period_seconds.unwrap_or(0))
        });
        let nominated = &api.status.nominated_node_name;
        pod.nominated = (!nominated.is_empty()).then(|| self.symbol(nominated));
        let id = self.cluster.add_pod(pod);
        if let Some(node) = node {
            self.cluster.bind(id, node);
        }
        Some(id)
    }

    /// The kind of a pod or of a workload's pods. `spec.nodeName` is not part of it: a bound pod's place
    /// is state, see [`pod`](Self::pod).
    pub fn pod_spec(&mut self, metadata: &ObjectMeta, api: &pod::PodSpec) -> PodSpecId {
        let spec = self.pod_spec_row(metadata, api, &pod::PodStatus::default());
        self.cluster.intern_spec(spec)
    }

    fn pod_spec_row(&mut self, metadata: &ObjectMeta, api: &pod::PodSpec, status: &pod::PodStatus) -> cluster::PodSpec {
        let namespace = self.symbol(metadata.namespace_or_default());
        let annotation = |name: &str| metadata.annotations.get(name).map(String::as_str);
        let local_volumes = annotation("cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes");
        let local_volumes = local_volumes.map_or(Vec::new(), |names| names.split(',').collect());
        let sums = self.pod_resources(api, status);
        let priority = api.priority.unwrap_or_else(|| well_known_priority(&api.priority_class_name));
        cluster::PodSpec {
            namespace,
            labels: self.labels(&metadata.labels),
            owner: metadata.controller().map(|owner| Owner {
                kind: owner_kind(&mut self.cluster.symbols, &owner.kind),
                name: self.cluster.symbols.intern(&owner.name),
                uid: self.cluster.symbols.intern(&owner.uid),
            }),
            containers: self.containers("spec.containers", &api.containers),
            init_containers: self.containers("spec.initContainers", &api.init_containers),
            requests: sums.requests,
            nonzero_cpu_milli: sums.nonzero_cpu_milli,
            nonzero_memory_bytes: sums.nonzero_memory_bytes,
            nonzero_while_waiting: sums.nonzero_while_waiting,
            container_requests: sums.container_requests,
            node_selector: self.labels(&api.node_selector),
            required_node_affinity: api.affinity.node_affinity.required.as_ref().map(|s| self.node_selector(s)),
            preferred_node_affinity: self.preferred_node_terms(&api.affinity.node_affinity.preferred),
            pod_affinity: self.pod_affinity(metadata, &api.affinity.pod_affinity),
            pod_anti_affinity: self.pod_affinity(metadata, &api.affinity.pod_anti_affinity),
            topology_spread: api.topology_spread_constraints.iter().map(|c| self.spread_constraint(c)).collect(),
            tolerations: api.tolerations.iter().map(|toleration| self.toleration(toleration)).collect(),
            host_ports: self.host_ports(api),
            volumes: api.volumes.iter().filter_map(|volume| self.volume(volume)).collect(),
            priority,
            has_priority: api.priority.is_some() || !api.priority_class_name.is_empty(),
            preemption_policy: match api.preemption_policy.as_deref() {
                Some("Never") => PreemptionPolicy::Never,
                _ => PreemptionPolicy::PreemptLowerPriority,
            },
            scheduling_gates: api.scheduling_gates.iter().map(|gate| self.symbol(&gate.name)).collect(),
            as_a_whole: sums.as_a_whole,
            has_sidecar: api.init_containers.iter().any(is_sidecar),
            termination_grace: api.termination_grace_period_seconds.map(SimDuration::from_secs),
            safe_to_evict: match annotation("cluster-autoscaler.kubernetes.io/safe-to-evict") {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => None,
            },
            scale_up_delay: self.duration_annotation(metadata, "cluster-autoscaler.kubernetes.io/pod-scale-up-delay"),
            safe_to_evict_local_volumes: local_volumes.into_iter().map(|name| self.symbol(name)).collect(),
            daemon_eviction: annotation("cluster-autoscaler.kubernetes.io/enable-ds-eviction")
                .map(|text| text == "true"),
            acts_as_daemon: annotation("cluster-autoscaler.kubernetes.io/daemonset-pod") == Some("true"),
            has_foreign_owner: metadata.controller().is_some_and(is_foreign),
            is_mirror: metadata.annotations.contains_key("kubernetes.io/config.mirror"),
            may_finish: matches!(api.restart_policy.as_deref(), Some("Never" | "OnFailure")),
            scheduler: match api.scheduler_name.as_deref() {
                None | Some("" | DEFAULT_SCHEDULER) => Symbol::EMPTY,
                Some(name) => self.symbol(name),
            },
            node_name: None,
        }
    }

    /// A duration as Go writes it; one that makes no sense is none, as for the autoscaler.
    fn duration_annotation(&mut self, metadata: &ObjectMeta, name: &str) -> Option<SimDuration> {
        let text = metadata.annotations.get(name)?;
        let parsed = SimDuration::parse(text).ok();
        if parsed.is_none() {
            let message = format!("found `{text}`, expected a duration such as 30s: it has no effect");
            self.issues.push(Issue::warning(format!("metadata.annotations.{name}"), message));
        }
        parsed
    }

    fn containers(&mut self, field: &str, api: &[pod::Container]) -> Vec<Container> {
        api.iter()
            .enumerate()
            .map(|(at, container)| {
                let requests = &container.resources.requests;
                let limits = self.resources(&format!("{field}[{at}].resources.limits"), &container.resources.limits);
                Container {
                    name: self.symbol(&container.name),
                    image: self.symbol(&with_tag(&container.image)),
                    requests: self.resources(&format!("{field}[{at}].resources.requests"), requests),
                    has_cpu_request: requests.contains_key("cpu"),
                    has_memory_request: requests.contains_key("memory"),
                    cpu_limit_milli: container.resources.limits.get("cpu").map(|_| limits.cpu_milli),
                    memory_limit_bytes: container.resources.limits.get("memory").map(|_| limits.memory_bytes),
                    is_sidecar: is_sidecar(container),
                }
            })
            .collect()
    }

    /// With the host's network every port is one of the host, which the API server writes down.
    ///
    /// Upstream: `defaultHostNetworkPorts`, `GetHostPorts`.
    fn host_ports(&mut self, api: &pod::PodSpec) -> Vec<HostPort> {
        let host_network = api.host_network == Some(true);
        let counts = |container: &&pod::Container| self.rules.sidecar_host_ports && is_sidecar(container);
        let sidecars: Vec<&pod::Container> = api.init_containers.iter().filter(counts).collect();
        let mut ports = Vec::new();
        for port in api.containers.iter().chain(sidecars).flat_map(|container| &container.ports) {
            let unsaid = host_network && port.host_port == 0;
            let host_port = if unsaid { port.container_port } else { port.host_port };
            let Ok(number) = u16::try_from(host_port) else {
                let message = format!("{host_port} is not a port, expected 1 to 65535");
                self.issues.push(Issue::error("spec.containers.ports.hostPort", message));
                continue;
            };
            if number > 0 {
                let protocol = match port.protocol.as_str() {
                    "UDP" => Protocol::Udp,
                    "SCTP" => Protocol::Sctp,
                    _ => Protocol::Tcp,
                };
                let any = port.host_ip.is_empty() || port.host_ip == "0.0.0.0";
                let ip = if any { Symbol::EMPTY } else { self.symbol(&port.host_ip) };
                ports.push(HostPort { ip, protocol, port: number });
            }
        }
        ports
    }

    /// Sources without a rule are left out: their names differ from pod to pod (service account tokens), and
    /// pods of one kind would no longer be alike.
    fn volume(&mut self, api: &pod::Volume) -> Option<cluster::Volume> {
        let source = if let Some(claim) = &api.persistent_volume_claim {
            VolumeSource::Claim(self.symbol(&claim.claim_name))
        } else if api.ephemeral.is_some() {
            VolumeSource::Ephemeral
        } else if let Some(dir) = &api.empty_dir {
            VolumeSource::EmptyDir { memory: dir.medium == "Memory" }
        } else if api.host_path.is_some() {
            VolumeSource::HostPath
        } else if let Some(disk) = &api.gce_persistent_disk {
            VolumeSource::GcePersistentDisk { name: self.symbol(&disk.pd_name), read_only: disk.read_only }
        } else if let Some(disk) = &api.aws_elastic_block_store {
            VolumeSource::AwsElasticBlockStore { volume_id: self.symbol(&disk.volume_id), read_only: disk.read_only }
        } else if let Some(disk) = &api.azure_disk {
            VolumeSource::AzureDisk(self.symbol(&disk.disk_name))
        } else if let Some(disk) = &api.iscsi {
            VolumeSource::Iscsi { iqn: self.symbol(&disk.iqn), read_only: disk.read_only }
        } else if let Some(disk) = &api.rbd {
            VolumeSource::Rbd {
                monitors: disk.monitors.iter().map(|monitor| self.symbol(monitor)).collect(),
                pool: self.symbol(disk.pool.as_deref().unwrap_or("rbd")),
                image: self.symbol(&disk.image),
                read_only: disk.read_only,
            }
        } else if let Some(csi) = &api.csi {
            VolumeSource::Csi(self.symbol(&csi.driver))
        } else if let Some(image) = api.image.as_ref().filter(|_| self.rules.volume_images) {
            VolumeSource::Image(self.symbol(&with_tag(&image.reference)))
        } else {
            return None;
        };
        Some(cluster::Volume { name: self.symbol(&api.name), source })
    }
}

/// The priorities of the built-in classes; a pod's own class is resolved by whoever knows the classes.
fn well_known_priority(class: &str) -> i32 {
    match class {
        "system-node-critical" => 2_000_001_000,
        "system-cluster-critical" => 2_000_000_000,
        _ => 0,
    }
}

/// By its kind alone, whatever its group: so does the autoscaler, and the scheduler looks for objects of `apps` by name.
///
/// Upstream: `legacyCheckForReplicatedPods`, `IsDaemonSetPod` of Cluster Autoscaler 1.28.
fn owner_kind(symbols: &mut Interner, kind: &str) -> OwnerKind {
    match kind {
        "ReplicaSet" => OwnerKind::ReplicaSet,
        "ReplicationController" => OwnerKind::ReplicationController,
        "StatefulSet" => OwnerKind::StatefulSet,
        "DaemonSet" => OwnerKind::DaemonSet,
        "Job" => OwnerKind::Job,
        "Node" => OwnerKind::Node,
        _ => OwnerKind::Other(symbols.intern(kind)),
    }
}

/// Whether a StatefulSet or DaemonSet is not Kubernetes' own, but that of OpenKruise, say. Upstream: the API groups in
/// `drainability/rules/replicacount` of Cluster Autoscaler 1.33.
fn is_foreign(owner: &OwnerReference) -> bool {
    let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
    matches!(owner.kind.as_str(), "StatefulSet" | "DaemonSet") && !matches!(group, "" | "apps")
}

/// An image name with its tag: `:latest` where none is given. Upstream: `normalizedImageName`.
fn with_tag(image: &str) -> std::borrow::Cow<'_, str> {
    let name = image.rsplit('/').next().unwrap_or(image);
    if name.contains(':') || image.is_empty() { image.into() } else { format!("{image}:latest").into() }
}

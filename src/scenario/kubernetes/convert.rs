//! From API objects to the cluster room's types.

use crate::cluster::{
    self, AffinityTerm, ClusterState, Container, CsiDriverLimit, Effect, HostPort, LabelSelector, Labels, NodeCapacity,
    NodeCondition, NodeInclusionPolicy, NodeSelector, NodeSelectorTerm, Operator, Owner, OwnerKind, Phase, PodAffinity,
    PodId, PodName, PodSpecId, PreemptionPolicy, PreferredNodeTerm, Protocol, PvSource, Requirement, Resources, Taint,
    Toleration, TolerationOperator, TopologySpreadConstraint, VolumeBindingMode, VolumeSource, WeightedAffinityTerm,
    WhenUnsatisfiable,
};
use crate::intern::{Interner, Symbol};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::meta::{self, ObjectMeta, SelectorRequirement, Time};
use crate::scenario::kubernetes::{node, pod, policy, storage};
use crate::units::{Quantity, SimDuration, SimTime};
use std::collections::BTreeMap;

/// Where the storage class was named before it had a field; it still comes first. Upstream:
/// `GetPersistentVolumeClaimClass`, `GetPersistentVolumeClass`, 1.28.
const STORAGE_CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";
/// The scheduler of pods that name none.
pub(super) const DEFAULT_SCHEDULER: &str = "default-scheduler";
/// What a container counts in scoring when it names no request: upstream `DefaultMilliCPURequest`,
/// `DefaultMemoryRequest` (scheduler/util/pod_resources.go, 1.28).
const DEFAULT_CPU_MILLI: i64 = 100;
const DEFAULT_MEMORY_BYTES: i64 = 200 * 1024 * 1024;

/// Turns API objects into cluster objects. What cannot be turned is in [`Converter::issues`], with the
/// field; the object is then left out or read as upstream reads it.
pub struct Converter<'a> {
    cluster: &'a mut ClusterState,
    /// The wall-clock instant of [`SimTime::ZERO`].
    epoch: jiff::Timestamp,
    /// What was wrong, by field of the object at hand.
    pub issues: Issues,
}

impl<'a> Converter<'a> {
    /// A converter into `cluster`. API timestamps become virtual time relative to `epoch`.
    pub fn new(cluster: &'a mut ClusterState, epoch: jiff::Timestamp) -> Self {
        Converter { cluster, epoch, issues: Issues::new() }
    }
    /// The cluster converted into.
    pub fn cluster(&mut self) -> &mut ClusterState {
        self.cluster
    }

    /// Virtual time of an API timestamp.
    pub fn time(&self, time: Time) -> SimTime {
        let nanos = time.0.as_nanosecond() - self.epoch.as_nanosecond();
        SimTime::from_nanos(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }

    /// Adds a node.
    pub fn node(&mut self, api: &node::Node) -> cluster::NodeId {
        let node = self.node_template(api);
        self.cluster.add_node(node)
    }

    /// A node as a template: without pods, not added.
    pub fn node_template(&mut self, api: &node::Node) -> cluster::NodeTemplate {
        let ready = api.status.conditions.iter().find(|condition| condition.kind == "Ready");
        let images = api.status.images.iter().flat_map(|image| image.names.iter().map(|name| (name, image.size_bytes)));
        let images: Vec<(Symbol, i64)> =
            images.map(|(name, bytes)| (self.cluster.symbols.intern(name), bytes)).collect();
        let taints = api.spec.taints.iter().enumerate().filter_map(|(at, taint)| self.taint(at, taint)).collect();
        let disabled = api.metadata.annotations.get("cluster-autoscaler.kubernetes.io/scale-down-disabled");
        cluster::NodeTemplate {
            name: self.symbol(&api.metadata.name),
            labels: self.labels(&api.metadata.labels),
            taints,
            unschedulable: api.spec.unschedulable,
            allocatable: self.capacity("status.allocatable", &api.status.allocatable),
            capacity: self.capacity("status.capacity", &api.status.capacity),
            ready: NodeCondition {
                is_true: ready.is_none_or(|condition| condition.status == "True"),
                since: self.time_or_start(ready.and_then(|condition| condition.last_transition_time)),
            },
            created: self.time_or_start(api.metadata.creation_timestamp),
            images,
            scale_down_disabled: disabled.is_some_and(|value| value == "true"),
            group: None,
        }
    }

    /// Adds a pod, bound if it names a present node. An unknown node is an issue and the pod is left out.
    pub fn pod(&mut self, api: &pod::Pod) -> Option<PodId> {
        let spec = self.pod_spec(&api.metadata, &api.spec);
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
        let spec = self.pod_spec_row(metadata, api);
        self.cluster.intern_spec(spec)
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

    fn pod_spec_row(&mut self, metadata: &ObjectMeta, api: &pod::PodSpec) -> cluster::PodSpec {
        let namespace = self.symbol(metadata.namespace_or_default());
        let annotation = |name: &str| metadata.annotations.get(name).map(String::as_str);
        let local_volumes = annotation("cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes");
        let local_volumes = local_volumes.map_or(Vec::new(), |names| names.split(',').collect());
        let sums = self.pod_resources(api);
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
            container_requests: sums.container_requests,
            node_selector: self.labels(&api.node_selector),
            required_node_affinity: api.affinity.node_affinity.required.as_ref().map(|s| self.node_selector(s)),
            preferred_node_affinity: self.preferred_node_terms(&api.affinity.node_affinity.preferred),
            pod_affinity: self.pod_affinity(namespace, &api.affinity.pod_affinity),
            pod_anti_affinity: self.pod_affinity(namespace, &api.affinity.pod_anti_affinity),
            topology_spread: api.topology_spread_constraints.iter().map(|c| self.spread_constraint(c)).collect(),
            tolerations: api.tolerations.iter().map(|toleration| self.toleration(toleration)).collect(),
            host_ports: self.host_ports(&api.containers),
            volumes: api.volumes.iter().filter_map(|volume| self.volume(volume)).collect(),
            priority,
            has_priority: api.priority.is_some() || !api.priority_class_name.is_empty(),
            preemption_policy: match api.preemption_policy.as_deref() {
                Some("Never") => PreemptionPolicy::Never,
                _ => PreemptionPolicy::PreemptLowerPriority,
            },
            scheduling_gates: api.scheduling_gates.iter().map(|gate| self.symbol(&gate.name)).collect(),
            has_sidecar: api.init_containers.iter().any(|c| c.restart_policy.as_deref() == Some("Always")),
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
            is_mirror: metadata.annotations.contains_key("kubernetes.io/config.mirror"),
            may_finish: matches!(api.restart_policy.as_deref(), Some("Never" | "OnFailure")),
            scheduler: match api.scheduler_name.as_deref() {
                None | Some("" | DEFAULT_SCHEDULER) => Symbol::EMPTY,
                Some(name) => self.symbol(name),
            },
            node_name: None,
        }
    }

    /// Adds a PodDisruptionBudget with the status it has.
    pub fn budget(&mut self, api: &policy::PodDisruptionBudget) {
        let budget = cluster::PodDisruptionBudget {
            namespace: self.symbol(api.metadata.namespace_or_default()),
            name: self.symbol(&api.metadata.name),
            selector: api.spec.selector.as_ref().map(|selector| self.label_selector("spec.selector", selector)),
            disruptions_allowed: api.status.disruptions_allowed,
            current_healthy: api.status.current_healthy,
            desired_healthy: api.status.desired_healthy,
            disrupted_pods: api.status.disrupted_pods.keys().map(|name| self.symbol(name)).collect(),
        };
        self.cluster.budgets.push(budget);
    }
    /// Adds a namespace with its labels.
    pub fn namespace(&mut self, api: &node::Namespace) {
        let (name, labels) = (self.symbol(&api.metadata.name), self.labels(&api.metadata.labels));
        self.cluster.namespaces.insert(name, labels);
    }
    /// Adds a storage class.
    pub fn storage_class(&mut self, api: &storage::StorageClass) {
        let terms = api.allowed_topologies.iter().map(|term| {
            let expressions = term.match_label_expressions.iter();
            expressions.map(|e| SelectorRequirement { operator: "In".into(), ..e.clone() }).collect::<Vec<_>>()
        });
        let terms: Vec<_> = terms.collect();
        let class = cluster::StorageClass {
            name: self.symbol(&api.metadata.name),
            provisioner: self.symbol(&api.provisioner),
            binding_mode: match api.volume_binding_mode.as_deref() {
                Some("WaitForFirstConsumer") => VolumeBindingMode::WaitForFirstConsumer,
                _ => VolumeBindingMode::Immediate,
            },
            allowed_topologies: terms.iter().map(|t| self.requirements("allowedTopologies", t)).collect(),
        };
        self.cluster.storage_classes.push(class);
    }
    /// Adds a persistent volume.
    pub fn persistent_volume(&mut self, api: &storage::PersistentVolume) {
        let spec = &api.spec;
        let source = if let Some(csi) = &spec.csi {
            PvSource::Csi(self.symbol(&csi.driver), self.symbol(&csi.volume_handle))
        } else if let Some(disk) = &spec.aws_elastic_block_store {
            PvSource::AwsElasticBlockStore(self.symbol(&disk.volume_id))
        } else if let Some(disk) = &spec.gce_persistent_disk {
            PvSource::GcePersistentDisk(self.symbol(&disk.pd_name))
        } else if let Some(disk) = &spec.azure_disk {
            PvSource::AzureDisk(self.symbol(&disk.disk_name))
        } else if spec.local.is_some() {
            PvSource::Local
        } else {
            PvSource::Other
        };
        let required = spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
        let old_class = api.metadata.annotations.get(STORAGE_CLASS_ANNOTATION).map(String::as_str);
        let volume = cluster::PersistentVolume {
            name: self.symbol(&api.metadata.name),
            labels: self.labels(&api.metadata.labels),
            capacity_bytes: spec.capacity.get("storage").map_or(0, |size| size.value()),
            access_modes: spec.access_modes.iter().map(|mode| self.symbol(mode)).collect(),
            storage_class: self.symbol(old_class.unwrap_or(&spec.storage_class_name)),
            claim: spec.claim_ref.as_ref().map(|c| (self.symbol(&c.namespace), self.symbol(&c.name))),
            claim_uid: self.symbol(spec.claim_ref.as_ref().map_or("", |claim| &claim.uid)),
            available: matches!(api.status.phase.as_deref(), None | Some("Available")),
            node_affinity: required.map(|selector| self.node_selector(selector)),
            source,
            block: spec.volume_mode.as_deref() == Some("Block"),
            deleting: api.metadata.deletion_timestamp.is_some(),
        };
        self.cluster.volumes.push(volume);
    }
    /// Adds a claim.
    pub fn persistent_volume_claim(&mut self, api: &storage::PersistentVolumeClaim) {
        let annotation = |name: &str| api.metadata.annotations.get(name).map_or("", String::as_str);
        let spec = &api.spec;
        let owner = api.metadata.controller().filter(|owner| owner.kind == "Pod");
        let old_class = api.metadata.annotations.get(STORAGE_CLASS_ANNOTATION).map(String::as_str);
        let claim = cluster::PersistentVolumeClaim {
            namespace: self.symbol(api.metadata.namespace_or_default()),
            name: self.symbol(&api.metadata.name),
            uid: self.symbol(&api.metadata.uid),
            storage_class: old_class.or(spec.storage_class_name.as_deref()).map(|name| self.symbol(name)),
            volume_name: self.symbol(&spec.volume_name),
            bind_completed: api.metadata.annotations.contains_key("pv.kubernetes.io/bind-completed"),
            request_bytes: spec.resources.requests.get("storage").map_or(0, |size| size.value()),
            access_modes: spec.access_modes.iter().map(|mode| self.symbol(mode)).collect(),
            selector: spec.selector.as_ref().map(|selector| self.label_selector("spec.selector", selector)),
            block: spec.volume_mode.as_deref() == Some("Block"),
            deleting: api.metadata.deletion_timestamp.is_some(),
            lost: api.status.phase.as_deref() == Some("Lost"),
            owner_pod: owner.map(|owner| self.symbol(&owner.name)),
            selected_node: self.symbol(annotation("volume.kubernetes.io/selected-node")),
        };
        self.cluster.claims.push(claim);
    }
    /// Adds the attach limits of a node.
    pub fn csi_node(&mut self, api: &storage::CsiNode) {
        let driver = |driver: &storage::CsiNodeDriver, symbols: &mut Interner| CsiDriverLimit {
            driver: symbols.intern(&driver.name),
            count: driver.allocatable.as_ref().and_then(|allocatable| allocatable.count),
        };
        let node = self.symbol(&api.metadata.name);
        let drivers = api.spec.drivers.iter().map(|d| driver(d, &mut self.cluster.symbols)).collect();
        self.cluster.csi_nodes.push(cluster::CsiNode { node, drivers });
    }

    /// A label selector.
    pub fn label_selector(&mut self, field: &str, api: &meta::LabelSelector) -> LabelSelector {
        let pairs: Vec<_> = api.match_labels.iter().map(|(k, v)| (self.symbol(k), self.symbol(v))).collect();
        let mut selector = LabelSelector::of_labels(pairs);
        selector.requirements.extend(self.requirements(field, &api.match_expressions));
        selector
    }
    /// A label map.
    pub fn labels(&mut self, api: &BTreeMap<String, String>) -> Labels {
        api.iter().map(|(key, value)| (self.symbol(key), self.symbol(value))).collect()
    }
    /// Cpu, memory and the rest, each rounded up once.
    pub fn resources(&mut self, field: &str, api: &BTreeMap<String, Quantity>) -> Resources {
        let mut resources = Resources::default();
        for (name, quantity) in api {
            if quantity.is_negative() {
                let message = format!("`{quantity}` is negative, expected 0 or more; read as 0");
                self.issues.push(Issue::error(format!("{field}.{name}"), message));
                continue;
            }
            match name.as_str() {
                "cpu" => resources.cpu_milli = quantity.milli_value(),
                "memory" => resources.memory_bytes = quantity.value(),
                "ephemeral-storage" => resources.ephemeral_bytes = quantity.value(),
                "pods" | "storage" => {}
                _ => resources.set_scalar(self.symbol(name), quantity.value()),
            }
        }
        resources
    }
    /// A toleration.
    pub fn toleration(&mut self, api: &pod::Toleration) -> Toleration {
        Toleration {
            key: self.symbol(&api.key),
            operator: match api.operator.as_str() {
                "" | "Equal" => TolerationOperator::Equal,
                "Exists" => TolerationOperator::Exists,
                _ => TolerationOperator::Unknown,
            },
            value: self.symbol(&api.value),
            effect: effect(&api.effect),
            seconds: api.toleration_seconds,
        }
    }
    /// A required node selector.
    pub fn node_selector(&mut self, api: &pod::NodeSelector) -> NodeSelector {
        NodeSelector { terms: api.node_selector_terms.iter().map(|term| self.node_selector_term(term)).collect() }
    }
    /// A topology spread constraint.
    pub fn spread_constraint(&mut self, api: &pod::TopologySpreadConstraint) -> TopologySpreadConstraint {
        let honor = |policy: &Option<String>, default| match policy.as_deref() {
            Some("Honor") => NodeInclusionPolicy::Honor,
            Some("Ignore") => NodeInclusionPolicy::Ignore,
            _ => default,
        };
        TopologySpreadConstraint {
            max_skew: api.max_skew,
            topology_key: self.symbol(&api.topology_key),
            when_unsatisfiable: match api.when_unsatisfiable.as_str() {
                "ScheduleAnyway" => WhenUnsatisfiable::ScheduleAnyway,
                _ => WhenUnsatisfiable::DoNotSchedule,
            },
            selector: api.label_selector.as_ref().map(|s| self.label_selector("spec.topologySpreadConstraints", s)),
            min_domains: api.min_domains,
            node_affinity_policy: honor(&api.node_affinity_policy, NodeInclusionPolicy::Honor),
            node_taints_policy: honor(&api.node_taints_policy, NodeInclusionPolicy::Ignore),
            match_label_keys: api.match_label_keys.iter().map(|key| self.symbol(key)).collect(),
        }
    }
    /// The symbol of a text.
    pub fn symbol(&mut self, text: &str) -> Symbol {
        self.cluster.symbols.intern(text)
    }

    fn time_or_start(&self, time: Option<Time>) -> SimTime {
        time.map_or(SimTime::ZERO, |time| self.time(time))
    }

    fn capacity(&mut self, field: &str, api: &BTreeMap<String, Quantity>) -> NodeCapacity {
        NodeCapacity { resources: self.resources(field, api), pods: api.get("pods").map_or(0, |pods| pods.value()) }
    }

    fn taint(&mut self, at: usize, api: &node::Taint) -> Option<Taint> {
        let Some(effect) = effect(&api.effect) else {
            let message = format!("`{}` is not an effect; write NoSchedule, PreferNoSchedule or NoExecute", api.effect);
            self.issues.push(Issue::error(format!("spec.taints[{at}].effect"), message));
            return None;
        };
        Some(Taint { key: self.symbol(&api.key), value: self.symbol(&api.value), effect })
    }

    fn requirements(&mut self, field: &str, api: &[SelectorRequirement]) -> Vec<Requirement> {
        api.iter()
            .filter_map(|requirement| {
                let operator = operator(&requirement.operator);
                if operator.is_none() {
                    let message = format!("`{}` is not an operator of a selector", requirement.operator);
                    self.issues.push(Issue::error(field, message).with_help("write In, NotIn, Exists or DoesNotExist"));
                }
                Some(Requirement {
                    key: self.symbol(&requirement.key),
                    operator: operator?,
                    values: requirement.values.iter().map(|value| self.symbol(value)).collect(),
                })
            })
            .collect()
    }

    fn node_selector_term(&mut self, api: &pod::NodeSelectorTerm) -> NodeSelectorTerm {
        let number_wanted =
            |r: &SelectorRequirement| matches!(r.operator.as_str(), "Gt" | "Lt") && !single_integer(&r.values);
        let bad_expression = |r: &SelectorRequirement| operator(&r.operator).is_none() || number_wanted(r);
        let bad_field = |r: &SelectorRequirement| {
            r.key != "metadata.name" || r.values.len() != 1 || !matches!(r.operator.as_str(), "In" | "NotIn")
        };
        NodeSelectorTerm {
            invalid: api.match_expressions.iter().any(bad_expression) || api.match_fields.iter().any(bad_field),
            expressions: self.requirements("spec.affinity.nodeAffinity", &api.match_expressions),
            fields: self.requirements("spec.affinity.nodeAffinity", &api.match_fields),
        }
    }

    pub(super) fn preferred_node_terms(&mut self, api: &[pod::PreferredSchedulingTerm]) -> Vec<PreferredNodeTerm> {
        api.iter()
            .map(|p| PreferredNodeTerm { weight: p.weight, term: self.node_selector_term(&p.preference) })
            .collect()
    }

    fn pod_affinity(&mut self, own_namespace: Symbol, api: &pod::PodAffinity) -> PodAffinity {
        PodAffinity {
            required: api.required.iter().map(|term| self.affinity_term(own_namespace, term)).collect(),
            preferred: api
                .preferred
                .iter()
                .map(|p| WeightedAffinityTerm {
                    weight: p.weight,
                    term: self.affinity_term(own_namespace, &p.pod_affinity_term),
                })
                .collect(),
        }
    }

    fn affinity_term(&mut self, own_namespace: Symbol, api: &pod::PodAffinityTerm) -> AffinityTerm {
        let field = "spec.affinity.podAffinity";
        let mut namespaces: Vec<Symbol> = api.namespaces.iter().map(|name| self.symbol(name)).collect();
        if namespaces.is_empty() && api.namespace_selector.is_none() {
            namespaces.push(own_namespace);
        }
        AffinityTerm {
            selector: api.label_selector.as_ref().map(|selector| self.label_selector(field, selector)),
            namespaces,
            namespace_selector: api.namespace_selector.as_ref().map(|selector| self.label_selector(field, selector)),
            topology_key: self.symbol(&api.topology_key),
        }
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
                }
            })
            .collect()
    }

    fn host_ports(&mut self, containers: &[pod::Container]) -> Vec<HostPort> {
        let mut ports = Vec::new();
        for port in containers.iter().flat_map(|container| &container.ports) {
            let Ok(number) = u16::try_from(port.host_port) else {
                let message = format!("{} is not a port, expected 1 to 65535", port.host_port);
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
        } else {
            return None;
        };
        Some(cluster::Volume { name: self.symbol(&api.name), source })
    }

    fn pod_resources(&mut self, api: &pod::PodSpec) -> PodResources {
        let requests = exact_pod_requests(api, |container| container.resources.requests.clone());
        let scored = exact_pod_requests(api, |container| with_scoring_defaults(&container.resources.requests));
        let mut containers = BTreeMap::new();
        api.containers.iter().for_each(|container| add_to(&mut containers, &container.resources.requests));
        PodResources {
            requests: self.resources("spec", &non_negative(requests)),
            nonzero_cpu_milli: scored.get("cpu").map_or(0, |cpu| cpu.milli_value()),
            nonzero_memory_bytes: scored.get("memory").map_or(0, |memory| memory.value()),
            container_requests: self.resources("spec", &non_negative(containers)),
        }
    }
}

/// Sums over a pod's containers.
struct PodResources {
    requests: Resources,
    nonzero_cpu_milli: i64,
    nonzero_memory_bytes: i64,
    container_requests: Resources,
}

/// Negative requests are reported per container; sums go on without them.
fn non_negative(mut amounts: BTreeMap<String, Quantity>) -> BTreeMap<String, Quantity> {
    amounts.retain(|_, quantity| !quantity.is_negative());
    amounts
}

/// max(sum of containers and sidecars, init containers in turn with the sidecars before them) +
/// overhead, exact.
///
/// Upstream: `resource.PodRequests` (pkg/api/v1/resource/helpers.go, 1.28).
fn exact_pod_requests(
    api: &pod::PodSpec,
    of: impl Fn(&pod::Container) -> BTreeMap<String, Quantity>,
) -> BTreeMap<String, Quantity> {
    let mut total = BTreeMap::new();
    api.containers.iter().for_each(|container| add_to(&mut total, &of(container)));
    let (mut sidecars, mut init) = (BTreeMap::new(), BTreeMap::new());
    for container in &api.init_containers {
        let mut needed = of(container);
        if container.restart_policy.as_deref() == Some("Always") {
            add_to(&mut total, &needed);
            add_to(&mut sidecars, &needed);
            needed = sidecars.clone();
        } else {
            add_to(&mut needed, &sidecars);
        }
        raise_to(&mut init, &needed);
    }
    raise_to(&mut total, &init);
    add_to(&mut total, &api.overhead);
    total
}

fn with_scoring_defaults(requests: &BTreeMap<String, Quantity>) -> BTreeMap<String, Quantity> {
    let mut scored = requests.clone();
    scored.entry("cpu".into()).or_insert(Quantity::from_milli(DEFAULT_CPU_MILLI));
    scored.entry("memory".into()).or_insert(Quantity::from_units(DEFAULT_MEMORY_BYTES));
    scored
}

fn add_to(total: &mut BTreeMap<String, Quantity>, amounts: &BTreeMap<String, Quantity>) {
    for (name, quantity) in amounts {
        let sum = total.entry(name.clone()).or_default();
        *sum = sum.saturating_add(*quantity);
    }
}

fn raise_to(total: &mut BTreeMap<String, Quantity>, amounts: &BTreeMap<String, Quantity>) {
    for (name, quantity) in amounts {
        let most = total.entry(name.clone()).or_default();
        *most = (*most).max(*quantity);
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

fn single_integer(values: &[String]) -> bool {
    matches!(values, [value] if value.parse::<i64>().is_ok())
}

fn operator(text: &str) -> Option<Operator> {
    Some(match text {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        "Gt" => Operator::Gt,
        "Lt" => Operator::Lt,
        _ => return None,
    })
}

fn effect(text: &str) -> Option<Effect> {
    Some(match text {
        "NoSchedule" => Effect::NoSchedule,
        "PreferNoSchedule" => Effect::PreferNoSchedule,
        "NoExecute" => Effect::NoExecute,
        _ => return None,
    })
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

/// An image name with its tag: `:latest` where none is given. Upstream: `normalizedImageName`.
fn with_tag(image: &str) -> std::borrow::Cow<'_, str> {
    let name = image.rsplit('/').next().unwrap_or(image);
    if name.contains(':') || image.is_empty() { image.into() } else { format!("{image}:latest").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert_pod(json: &str) -> (ClusterState, PodSpecId) {
        let mut cluster = ClusterState::new();
        let api: pod::Pod = serde_json::from_str(json).expect("the test's own text");
        let mut converter = Converter::new(&mut cluster, jiff::Timestamp::UNIX_EPOCH);
        let spec = converter.pod_spec(&api.metadata, &api.spec);
        assert!(converter.issues.is_empty(), "{:?}", converter.issues);
        (cluster, spec)
    }

    #[test]
    fn requests_are_the_larger_of_containers_and_init_containers() {
        let (cluster, spec) = convert_pod(
            r#"{"spec":{"containers":[{"name":"a","resources":{"requests":{"cpu":"100m"}}},
                {"name":"b","resources":{"requests":{"cpu":0.25,"memory":"1Gi"}}}],
                "initContainers":[{"name":"i","resources":{"requests":{"cpu":"1","memory":"1Mi"}}}],
                "overhead":{"cpu":"10m"}}}"#,
        );
        let spec = cluster.spec(spec);
        assert_eq!(spec.requests.cpu_milli, 1010);
        assert_eq!(spec.requests.memory_bytes, 1 << 30);
        assert_eq!(spec.container_requests.cpu_milli, 350);
        assert_eq!(spec.nonzero_memory_bytes, (1 << 30) + DEFAULT_MEMORY_BYTES);
    }

    #[test]
    fn equal_pods_share_a_spec() {
        let mut cluster = ClusterState::new();
        let text = r#"{"metadata":{"name":"x","labels":{"app":"x"}},"spec":{"containers":[{"name":"a"}]}}"#;
        let api: pod::Pod = serde_json::from_str(text).expect("the test's own text");
        let mut converter = Converter::new(&mut cluster, jiff::Timestamp::UNIX_EPOCH);
        let (first, second) = (converter.pod(&api), converter.pod(&api));
        assert_ne!(first, second);
        assert_eq!(cluster.specs().len(), 1);
    }
}

//! What pods of one kind have in common.

use crate::cluster::{LabelSelector, Labels, NodeSelector, NodeSelectorTerm, Resources, Taint, Toleration};
use crate::intern::Symbol;
use crate::units::SimDuration;

/// Everything about a pod that does not change after its creation, apart from its name.
///
/// Two pods with equal specs are interchangeable for every controller. Derived amounts
/// (`requests`, `nonzero_*`) are computed once, at import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodSpec {
    /// The namespace.
    pub namespace: Symbol,
    /// The labels.
    pub labels: Labels,
    /// The controlling owner, if any.
    pub owner: Option<Owner>,
    /// The containers, in order.
    pub containers: Vec<Container>,
    /// The init containers, in order.
    pub init_containers: Vec<Container>,
    /// What the scheduler reserves: max(sum of containers and sidecars, largest step of the init containers) + overhead.
    ///
    /// Upstream: `resource.PodRequests`, 1.28; exact sums, rounded up once.
    pub requests: Resources,
    /// What scores count: max(sum of containers, largest step of the init containers) + overhead, with 100m cpu / 200Mi
    /// memory where none is named.
    ///
    /// Upstream: `calculateResource`, 1.28.
    pub nonzero_cpu_milli: i64,
    /// See `nonzero_cpu_milli`.
    pub nonzero_memory_bytes: i64,
    /// What scores count of the pod while it looks for a node, cpu in milli-cores and memory in bytes, where that is not `nonzero_*`.
    ///
    /// Upstream: `calculatePodResourceRequest` (noderesources/resource_allocation.go).
    pub nonzero_while_waiting: Option<(i64, i64)>,
    /// The sum over the containers alone: what Cluster Autoscaler's estimator and utilisation see.
    pub container_requests: Resources,
    /// Labels the node must have.
    pub node_selector: Labels,
    /// Required node affinity.
    pub required_node_affinity: Option<NodeSelector>,
    /// Preferred node affinity.
    pub preferred_node_affinity: Vec<PreferredNodeTerm>,
    /// Inter-pod affinity.
    pub pod_affinity: PodAffinity,
    /// Inter-pod anti-affinity.
    pub pod_anti_affinity: PodAffinity,
    /// Topology spread constraints, in order.
    pub topology_spread: Vec<TopologySpreadConstraint>,
    /// Tolerations, in order.
    pub tolerations: Vec<Toleration>,
    /// Host ports of the containers, since 1.34 of sidecars too, in order.
    pub host_ports: Vec<HostPort>,
    /// Volumes, in order.
    pub volumes: Vec<Volume>,
    /// `spec.priority`, 0 if absent.
    pub priority: i32,
    /// A priority is set, as the API server does on admission. Cluster Autoscaler takes no pod without one for
    /// expendable.
    pub has_priority: bool,
    /// Whether the pod may preempt others.
    pub preemption_policy: PreemptionPolicy,
    /// The names of scheduling gates: a gated pod is never tried.
    pub scheduling_gates: Vec<Symbol>,
    /// What it requests as a whole where it says so (`spec.resources`): a resource that it does not name is that of its containers.
    pub as_a_whole: Option<PodLevelRequests>,
    /// Has an init container with `restartPolicy: Always`, a sidecar.
    pub has_sidecar: bool,
    /// `terminationGracePeriodSeconds`; absent means the API server's 30 s.
    pub termination_grace: Option<SimDuration>,
    /// Annotation `cluster-autoscaler.kubernetes.io/safe-to-evict`.
    pub safe_to_evict: Option<bool>,
    /// Annotation `cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes`: volume names.
    pub safe_to_evict_local_volumes: Vec<Symbol>,
    /// Annotation `cluster-autoscaler.kubernetes.io/pod-scale-up-delay`.
    pub scale_up_delay: Option<SimDuration>,
    /// What an annotation says about evicting this pod of a DaemonSet from a node that goes.
    pub daemon_eviction: Option<bool>,
    /// An annotation says that a controller of another kind runs it on every node.
    pub acts_as_daemon: bool,
    /// Its owner is called as a kind of Kubernetes' own, and is of another API group.
    pub has_foreign_owner: bool,
    /// Has annotation `kubernetes.io/config.mirror`: a static pod of its node.
    pub is_mirror: bool,
    /// `spec.restartPolicy` is `Never` or `OnFailure`: the pod may finish.
    pub may_finish: bool,
    /// `spec.schedulerName`; the empty symbol is `default-scheduler`.
    pub scheduler: Symbol,
    /// `spec.nodeName` given before scheduling (filter NodeName), by name.
    pub node_name: Option<Symbol>,
}

/// The requests of a pod that says what it requests as a whole. Absent: nobody names the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PodLevelRequests {
    /// Milli-cores.
    pub cpu_milli: Option<i64>,
    /// Bytes.
    pub memory_bytes: Option<i64>,
}

/// The controlling owner reference of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The kind of the owner.
    pub kind: OwnerKind,
    /// Its name, in the pod's namespace.
    pub name: Symbol,
    /// Its uid, or the empty symbol.
    pub uid: Symbol,
}

/// The kinds of owners that some rule distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OwnerKind {
    /// ReplicaSet.
    ReplicaSet,
    /// ReplicationController.
    ReplicationController,
    /// StatefulSet.
    StatefulSet,
    /// DaemonSet.
    DaemonSet,
    /// Job.
    Job,
    /// Node (static pods).
    Node,
    /// Any other kind.
    Other(Symbol),
}

/// A container's resources and image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Container {
    /// The container's name.
    pub name: Symbol,
    /// The image as written.
    pub image: Symbol,
    /// Requests as defaulted (limits stand in for absent requests).
    pub requests: Resources,
    /// Whether a cpu request exists (an explicit 0 counts).
    pub has_cpu_request: bool,
    /// Whether a memory request exists (an explicit 0 counts).
    pub has_memory_request: bool,
    /// Cpu limit in milli-cores.
    pub cpu_limit_milli: Option<i64>,
    /// Memory limit in bytes.
    pub memory_limit_bytes: Option<i64>,
    /// An init container with `restartPolicy: Always`: it goes on beside the containers.
    pub is_sidecar: bool,
}

/// A preferred node affinity term.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PreferredNodeTerm {
    /// 1..=100.
    pub weight: i32,
    /// The preference.
    pub term: NodeSelectorTerm,
}

/// Affinity or anti-affinity to other pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodAffinity {
    /// Terms that must all hold.
    pub required: Vec<AffinityTerm>,
    /// Weighted wishes.
    pub preferred: Vec<WeightedAffinityTerm>,
}

impl PodAffinity {
    /// Whether there are no terms at all.
    pub fn is_empty(&self) -> bool {
        self.required.is_empty() && self.preferred.is_empty()
    }
}

/// One pod affinity term.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AffinityTerm {
    /// Which pods; absent matches none.
    pub selector: Option<LabelSelector>,
    /// Namespaces listed by name. When both this and `namespace_selector` are absent upstream means the
    /// pod's own namespace, which is then listed here at import.
    pub namespaces: Vec<Symbol>,
    /// Namespaces by label; present but empty means all.
    pub namespace_selector: Option<LabelSelector>,
    /// The node label that makes a domain.
    pub topology_key: Symbol,
}

/// A preferred pod affinity term.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WeightedAffinityTerm {
    /// 1..=100.
    pub weight: i32,
    /// The wish.
    pub term: AffinityTerm,
}

/// A topology spread constraint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopologySpreadConstraint {
    /// The largest allowed difference, at least 1.
    pub max_skew: i32,
    /// The node label that makes a domain.
    pub topology_key: Symbol,
    /// Filter or score.
    pub when_unsatisfiable: WhenUnsatisfiable,
    /// Which pods are counted; absent counts none.
    pub selector: Option<LabelSelector>,
    /// The least number of domains; with fewer the minimum counts as 0.
    pub min_domains: Option<i32>,
    /// Whether nodes the pod's node affinity excludes count (default: honour).
    pub node_affinity_policy: NodeInclusionPolicy,
    /// Whether nodes with untolerated taints count (default: ignore the taints).
    pub node_taints_policy: NodeInclusionPolicy,
    /// Keys whose value on the pod is added to the selector.
    pub match_label_keys: Vec<Symbol>,
}

/// What an unsatisfiable spread constraint does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhenUnsatisfiable {
    /// Hard: the node is rejected.
    DoNotSchedule,
    /// Soft: the node scores less.
    ScheduleAnyway,
}

/// Whether spread counting honours affinity or taints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeInclusionPolicy {
    /// Nodes the pod could not use are left out.
    Honor,
    /// All nodes count.
    Ignore,
}

/// A port claimed on the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// `hostIP`; empty or `0.0.0.0` means every address.
    pub ip: Symbol,
    /// The protocol.
    pub protocol: Protocol,
    /// 1..=65535.
    pub port: u16,
}

/// Transport protocols of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// TCP, the default.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// `spec.preemptionPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PreemptionPolicy {
    /// May preempt pods of lower priority.
    #[default]
    PreemptLowerPriority,
    /// Never preempts.
    Never,
}

/// A volume of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Volume {
    /// Its name within the pod.
    pub name: Symbol,
    /// Where it comes from.
    pub source: VolumeSource,
}

/// Volume sources that some rule distinguishes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum VolumeSource {
    /// `persistentVolumeClaim`: the claim's name.
    Claim(Symbol),
    /// `ephemeral`: a claim named after pod and volume.
    Ephemeral,
    /// `emptyDir`; in memory or on the node's disk.
    EmptyDir {
        /// `medium: Memory`.
        memory: bool,
    },
    /// `hostPath`.
    HostPath,
    /// `gcePersistentDisk`.
    GcePersistentDisk {
        /// `pdName`.
        name: Symbol,
        /// `readOnly`.
        read_only: bool,
    },
    /// `awsElasticBlockStore`.
    AwsElasticBlockStore {
        /// `volumeID`.
        volume_id: Symbol,
        /// `readOnly`.
        read_only: bool,
    },
    /// `image`: its reference, with a tag.
    Image(Symbol),
    /// `azureDisk`: the disk's name.
    AzureDisk(Symbol),
    /// `iscsi`.
    Iscsi {
        /// `iqn`.
        iqn: Symbol,
        /// `readOnly`.
        read_only: bool,
    },
    /// `rbd`.
    Rbd {
        /// `monitors`.
        monitors: Vec<Symbol>,
        /// `pool`.
        pool: Symbol,
        /// `image`.
        image: Symbol,
        /// `readOnly`.
        read_only: bool,
    },
    /// Inline `csi`: the driver.
    Csi(Symbol),
    /// Any other source, without a rule of its own.
    Other,
}

impl PodSpec {
    /// What scores count of the pod while it looks for a node: cpu in milli-cores and memory in bytes.
    pub fn incoming_nonzero(&self) -> (i64, i64) {
        self.nonzero_while_waiting.unwrap_or((self.nonzero_cpu_milli, self.nonzero_memory_bytes))
    }
    /// The cpu limit of the pod in milli-cores: the sum of its containers' limits, if all have one.
    pub fn cpu_limit_milli(&self) -> Option<i64> {
        self.containers.iter().map(|container| container.cpu_limit_milli).sum()
    }
    /// What runs beside each other: the containers, then the sidecars, each in order.
    pub fn running_containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().chain(self.init_containers.iter().filter(|container| container.is_sidecar))
    }
    /// Whether a DaemonSet, or what is to be taken for one, owns the pod.
    pub fn is_daemon(&self) -> bool {
        self.acts_as_daemon || self.owner.is_some_and(|owner| owner.kind == OwnerKind::DaemonSet)
    }
    /// Whether the pod tolerates `taint`.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.tolerations.iter().any(|toleration| toleration.tolerates(taint))
    }
}

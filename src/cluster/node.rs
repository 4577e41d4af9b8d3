//! Nodes.

use crate::cluster::{Labels, PodId, Resources, Taint};
use crate::id::GroupId;
use crate::intern::Symbol;
use crate::units::SimTime;
use std::ops::Deref;

/// What a node is: everything but what runs on it. The shape of a node group's nodes, and the part of a
/// [`Node`] that callers give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeTemplate {
    /// `metadata.name`.
    pub name: Symbol,
    /// The labels.
    pub labels: Labels,
    /// The taints, in order.
    pub taints: Vec<Taint>,
    /// `spec.unschedulable` (cordoned).
    pub unschedulable: bool,
    /// What pods may request.
    pub allocatable: NodeCapacity,
    /// What the machine has.
    pub capacity: NodeCapacity,
    /// The node group, by position in the list of groups.
    pub group: Option<GroupId>,
    /// The Ready condition.
    pub ready: NodeCondition,
    /// Creation time of the node object.
    pub created: SimTime,
    /// Container images on the node: (name as listed, bytes).
    pub images: Vec<(Symbol, i64)>,
    /// Annotation `cluster-autoscaler.kubernetes.io/scale-down-disabled: "true"`.
    pub scale_down_disabled: bool,
    /// What chance knows it by: the same for the node that has its place in another run. 0 where nobody said, and its name
    /// stands for it.
    pub luck: u64,
}

/// A node of the cluster. Reads like its [`NodeTemplate`].
#[derive(Clone, Debug)]
pub struct Node {
    pub(super) template: NodeTemplate,
    pub(super) requested: Resources,
    pub(super) nonzero_cpu_milli: i64,
    pub(super) nonzero_memory_bytes: i64,
    pub(super) pods: Vec<PodId>,
    pub(super) cached: Vec<PodId>,
    pub(super) present: bool,
    pub(super) generation: u64,
}

impl Deref for Node {
    type Target = NodeTemplate;
    #[inline]
    fn deref(&self) -> &NodeTemplate {
        &self.template
    }
}

impl Node {
    pub(super) fn empty(template: NodeTemplate) -> Self {
        Node {
            template,
            requested: Resources::default(),
            nonzero_cpu_milli: 0,
            nonzero_memory_bytes: 0,
            pods: Vec::new(),
            cached: Vec::new(),
            present: true,
            generation: 0,
        }
    }
    /// What the node is, apart from what runs on it.
    pub fn template(&self) -> &NodeTemplate {
        &self.template
    }
    /// The sum of the requests of the pods on the node.
    pub fn requested(&self) -> &Resources {
        &self.requested
    }
    /// As [`requested`](Self::requested), with defaults for missing requests (scoring).
    pub fn nonzero_cpu_milli(&self) -> i64 {
        self.nonzero_cpu_milli
    }
    /// See [`nonzero_cpu_milli`](Self::nonzero_cpu_milli).
    pub fn nonzero_memory_bytes(&self) -> i64 {
        self.nonzero_memory_bytes
    }
    /// The pods on the node in order of creation, as a list of all pods would have them, terminating ones included;
    /// those that a trial brought come after, in order of binding.
    #[inline]
    pub fn pods(&self) -> &[PodId] {
        &self.pods
    }
    /// The pods on the node in the order in which kube-scheduler's cache holds them, trials apart: a pod
    /// that leaves gives its place to the last one, and a pod that changes goes to the end.
    ///
    /// Upstream: `framework.NodeInfo.Pods`, `cacheImpl.UpdatePod`, 1.28.
    pub fn cached_pods(&self) -> &[PodId] {
        &self.cached
    }
    /// Whether the node object exists.
    #[inline]
    pub fn is_present(&self) -> bool {
        self.present
    }
    /// A number that grows with every change of the node or of the pods on it. After a trial it is what it was before,
    /// and what came in between is not used again.
    #[inline]
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

/// What a node offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeCapacity {
    /// Cpu, memory, ephemeral storage, extended resources.
    pub resources: Resources,
    /// The number of pods.
    pub pods: i64,
}

/// The Ready condition of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeCondition {
    /// The status is True.
    pub is_true: bool,
    /// The last transition.
    pub since: SimTime,
}

impl Default for NodeCondition {
    fn default() -> Self {
        NodeCondition { is_true: true, since: SimTime::ZERO }
    }
}

//! What the loop is shown of the cloud, and what it answers.

use super::flags::Expander;
use crate::cluster::{NodeId, NodeTemplate, PodId, PodSpecId};
use crate::id::{GroupId, IdVec};
use crate::intern::Symbol;
use crate::units::SimTime;

/// The node groups as the cloud has them now. Nodes name theirs by its id (`NodeTemplate::group`).
pub type Groups<'a> = IdVec<GroupId, GroupView<'a>>;

/// What Cluster Autoscaler takes a new node of a group for as long as the group has had none.
#[derive(Clone, Debug)]
pub struct Foretold {
    /// The node.
    pub template: NodeTemplate,
    /// Pods that it has from the start, besides those of DaemonSets.
    pub pods: Vec<PodSpecId>,
}

/// A node group as the cloud has it now.
#[derive(Clone, Debug)]
pub struct GroupView<'a> {
    /// Its id.
    pub name: &'a str,
    /// Least size.
    pub min: i32,
    /// Largest size.
    pub max: i32,
    /// The size asked for.
    pub target: i32,
    /// What the cloud says that it launches.
    pub template: &'a NodeTemplate,
    /// Pods that the cloud says that each of its nodes has, besides those of DaemonSets.
    pub pods: &'a [PodSpecId],
    /// USD per node and hour; absent where nobody knows, and the price expander then leaves the group out.
    pub price: Option<f64>,
    /// Its instances, registered or not.
    pub instances: Vec<InstanceView>,
    /// A request for more nodes would fail.
    pub increase_fails: bool,
}

/// An instance; its node has the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceView {
    /// The name.
    pub name: Symbol,
    /// The cloud said that it will not come.
    pub failed: bool,
}

/// All that a loop looks at beside the cluster.
#[derive(Clone, Copy, Debug)]
pub struct LoopInputs<'a> {
    /// When the loop runs.
    pub now: SimTime,
    /// The node groups as the cloud has them.
    pub groups: &'a Groups<'a>,
    /// The pods without a node, in order of creation.
    pub pending: &'a [PodId],
    /// The kinds of pods that new nodes get.
    pub daemon_sets: &'a [PodSpecId],
}

/// What one loop decided, in the order in which it is to be done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoopOutcome {
    /// Instances to delete that never became nodes: group and name.
    pub instances_to_delete: Vec<(GroupId, Symbol)>,
    /// Targets to lower: group and by how much (negative).
    pub target_changes: Vec<(GroupId, i32)>,
    /// The scale-up.
    pub scale_up: ScaleUpOutcome,
    /// The scale-down; absent if the loop ended before.
    pub scale_down: Option<ScaleDownOutcome>,
    /// The loop ended with an error of this type.
    pub error: Option<&'static str>,
    /// The loop ended before it looked at any pod.
    pub ended: Option<EndedEarly>,
}

impl LoopOutcome {
    /// Whether nodes were asked for, or removals begun: with `--frequent-loops-enabled` the next loop follows at once.
    /// Upstream: `loop.LoopTrigger.Wait`, 1.30.
    pub fn is_productive(&self) -> bool {
        self.scale_up.has_grown()
            || self.scale_down.as_ref().is_some_and(|down| down.result == ScaleDownResult::NodeDeleteStarted)
    }
}

/// Why a loop looks at no pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedEarly {
    /// No node is ready, and `--scale-up-from-zero` is off.
    NoReadyNode,
    /// Too many nodes are not ready.
    Unhealthy,
    /// Instances that the cloud could not launch are deleted first.
    DeletesFailedInstances,
    /// Target sizes without instances are corrected first.
    CorrectsSizes,
}

/// Why nobody asks for a node for a pod that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftAside {
    /// Its priority is below `--expendable-pods-priority-cutoff`.
    Expendable,
    /// It waits for a scheduler that is not among `--allowed-scheduler-names`.
    OtherScheduler,
    /// It is taken to get the node that it is nominated to.
    Nominated,
    /// A node for each pod of a DaemonSet would not help it.
    DaemonSet,
    /// It is younger than `--new-pod-scale-up-delay`, or than its annotation says.
    TooYoung,
    /// More pods like it may come in a moment.
    MoreMayCome,
    /// There are `--max-nodes-total` nodes.
    ClusterFull,
}

/// What was done about pending pods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScaleUpOutcome {
    /// As upstream names it.
    pub result: ScaleUpResult,
    /// Pods handed to the scale-up, in order; absent when it was not called.
    pub pending: Option<Vec<PodId>>,
    /// Groups that did not take part: group and why.
    pub skipped: Vec<(GroupId, SkipReason)>,
    /// The options, in order.
    pub options: Vec<OptionSummary>,
    /// Those left after the expanders.
    pub best: Vec<GroupId>,
    /// The one taken.
    pub chosen: Option<GroupId>,
    /// The increases, in order.
    pub increases: Vec<Increase>,
    /// Pods without a node that were not looked at, and why; those that an existing or upcoming node takes are not among them.
    pub left_aside: Vec<(PodId, LeftAside)>,
    /// Pods that fit no group.
    pub remain: Vec<PodId>,
    /// Pods that fit some group, but not the chosen one.
    pub awaiting: Vec<PodId>,
    /// Of each kind of pods in `remain` or `awaiting`, one pod with the groups that it does not fit and why.
    pub rejected: Vec<(PodId, Vec<(GroupId, String)>)>,
}

impl ScaleUpOutcome {
    /// Whether nodes were asked for, and nobody refused: a look for groups below their least size that finds none may have had the
    /// last word.
    pub fn has_grown(&self) -> bool {
        match self.result {
            ScaleUpResult::Successful => true,
            ScaleUpResult::NotNeeded => self.increases.iter().any(|increase| !increase.fails),
            _ => false,
        }
    }
}

/// An option, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionSummary {
    /// The group.
    pub group: GroupId,
    /// How many new nodes.
    pub nodes: i32,
    /// The pods that would find a place, in packing order.
    pub pods: Vec<PodId>,
    /// Groups among which the nodes could be divided.
    pub similar: Vec<GroupId>,
    /// The others that take part, if `--balance-similar-node-groups` is on, and what they differ in.
    pub unlike: Vec<(GroupId, Unlike)>,
    /// Least-waste's score.
    pub waste: f64,
    /// The same as if only containers asked for something; before 1.33 no other.
    pub container_waste: f64,
    /// The scores of the chain's expanders that count something, in order.
    pub scores: Vec<(Expander, f64)>,
    /// The price expander leaves it out: the node's price is not known.
    pub unpriced: bool,
}

/// Why the new nodes of an option are not divided with another group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unlike {
    /// Its nodes do not take all the kinds of pods.
    Pods,
    /// Its nodes have another value of this label, or none, or have it alone.
    Label(Symbol),
    /// An amount differs by more than is allowed.
    Amount {
        /// What of the nodes: `capacity`, `allocatable`, or `free`, which is what the pods of DaemonSets leave.
        of: &'static str,
        /// Of which resource.
        resource: ResourceName,
        /// The option's, in milli-cores, bytes or pieces.
        own: i64,
        /// The other group's.
        other: i64,
        /// How much of the larger they may differ by.
        allowed: f64,
    },
    /// It has failed lately, or is not ready.
    NotSafe,
}

/// A resource of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceName {
    /// cpu.
    Cpu,
    /// memory.
    Memory,
    /// ephemeral-storage.
    Ephemeral,
    /// pods.
    Pods,
    /// An extended resource.
    Scalar(Symbol),
}

/// Why a group took no part in a scale-up. Upstream: `orchestrator.SkippedReasons`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// Too many of its nodes are missing or unready.
    NotReady,
    /// It failed lately, and is left alone until then.
    Backoff(SimTime),
    /// It is at its largest size.
    MaxSize,
    /// One more node would be above the cluster's limit of cores, memory or GPUs.
    ClusterLimit {
        /// Of cores.
        cores: bool,
        /// Of memory.
        memory: bool,
        /// Of GPUs of one kind.
        gpus: bool,
        /// It is told as the quota of the cluster, as later versions do.
        by_quota: bool,
    },
}

impl std::fmt::Display for SkipReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SkipReason::NotReady => f.write_str("not ready for scale-up"),
            SkipReason::Backoff(_) => f.write_str("in backoff after failed scale-up"),
            SkipReason::MaxSize => f.write_str("max node group size reached"),
            SkipReason::ClusterLimit { cores, memory, gpus, by_quota } => {
                let named = [(*cores, "cpu"), (*memory, "memory"), (*gpus, "gpu")];
                let names: Vec<&str> = named.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect();
                match by_quota {
                    true => write!(f, "exceeded quota: \"cluster-wide\", resources: {}", names.join(", ")),
                    false => write!(f, "max cluster {} limit reached", names.join(", ")),
                }
            }
        }
    }
}

/// One group grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Increase {
    /// Which.
    pub group: GroupId,
    /// Its target before.
    pub from: i32,
    /// Its target after.
    pub to: i32,
    /// The cloud refuses.
    pub fails: bool,
}

/// `ScaleUpResult`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScaleUpResult {
    /// Some group grows.
    Successful,
    /// The cloud refused, or a limit left nothing of the option that was chosen.
    Error,
    /// No group would help any of the pods.
    NoOptionsAvailable,
    /// There are `--max-nodes-total` nodes.
    LimitedByMaxNodesTotal,
    /// No pod needs help.
    NotNeeded,
    /// The loop ended before.
    #[default]
    NotTried,
    /// All pods are so young that more of them may come.
    InCooldown,
}

/// What was done about nodes that are not needed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScaleDownOutcome {
    /// As upstream names it.
    pub result: ScaleDownResult,
    /// Unneeded nodes with the start of the present run, before any deletion.
    pub unneeded: Vec<(NodeId, SimTime)>,
    /// Nodes that stay, and why.
    pub unremovable: Vec<(NodeId, Unremovable)>,
    /// What kept those that are recently unremovable when they were looked at last.
    pub kept_before: Vec<(NodeId, Unremovable)>,
    /// How much of the nodes is used, where it was looked at.
    pub utilization: Vec<(NodeId, f64)>,
    /// Nodes whose time is over: empty ones, and ones to drain.
    pub candidates: (Vec<NodeId>, Vec<NodeId>),
    /// Deletions that start now: the node, and whether it has to be drained.
    pub deletions: Vec<Deletion>,
    /// Nodes that lose the soft taint.
    pub soft_taints_removed: Vec<NodeId>,
    /// Nodes that get the soft taint.
    pub soft_taints_added: Vec<NodeId>,
}

/// The deletion of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Which.
    pub node: NodeId,
    /// It has been unneeded since.
    pub since: SimTime,
    /// Pods have to be moved.
    pub drain: bool,
    /// Those pods, without DaemonSets'.
    pub pods: Vec<PodId>,
    /// DaemonSets' pods, which are evicted too when the node is drained.
    pub daemon_pods: Vec<PodId>,
}

/// `ScaleDownResult`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScaleDownResult {
    /// The loop ended before.
    #[default]
    NotTried,
    /// A scale-up, a deletion or a failure is too recent.
    InCooldown,
    /// The legacy planner has no node whose time is over.
    NoUnneeded,
    /// No deletion may start now.
    NoNodeDeleted,
    /// No node's group is above its least size.
    NoCandidates,
    /// Some deletion started.
    NodeDeleteStarted,
    /// The legacy planner waits for the end of a drain.
    InProgress,
}

/// Why a node stays. Upstream: `simulator.UnremovableReason`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unremovable {
    /// `cluster-autoscaler.kubernetes.io/scale-down-disabled` is "true".
    ScaleDownDisabledAnnotation,
    /// It is not ready, and `--scale-down-unready-enabled` is false.
    ScaleDownUnreadyDisabled,
    /// It belongs to no group.
    NotAutoscaled,
    /// Its `--scale-down-unneeded-time` is not over.
    NotUnneededLongEnough,
    /// Its `--scale-down-unready-time` is not over.
    NotUnreadyLongEnough,
    /// Its group is at its least size.
    NodeGroupMinSizeReached,
    /// The cluster would have fewer cores, memory or GPUs than the flags want.
    MinimalResourceLimitExceeded,
    /// Its deletion is under way.
    CurrentlyBeingDeleted,
    /// With its utilisation, 0..=1.
    NotUnderutilized(f64),
    /// The legacy planner did not come to it, or has candidates enough.
    NotUnneededOtherReason,
    /// Something kept it at its last look, and its time is not over.
    RecentlyUnremovable,
    /// Some pod finds no other place.
    NoPlaceToMovePods,
    /// With the pod and the rule.
    BlockedByPod(super::drain::Blocked),
}

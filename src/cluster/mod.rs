//! The state of the cluster: nodes, pods, what they request and where they run.
//!
//! [`ClusterState`] is the only owner; its methods ([`ClusterState::bind`],
//! [`ClusterState::add_node`], ...) are the only doors, and keep every total true. What-if questions
//! are asked inside a [`Trial`], which undoes everything when it is dropped.
//!
//! Pods of equal shape share one immutable [`PodSpec`] (namespace, labels, requests, constraints), so
//! whatever is computed for one pod of a kind holds for all of them. `allocatable` is fixed,
//! `requested` moves, free is computed.
//!
//! Deliberately not here: any decision. Start reading at [`ClusterState`].

mod changes;
mod ids;
mod labels;
mod node;
mod objects;
mod pod;
mod pod_spec;
mod resources;
mod state;
mod taint;
mod versioned;

pub use changes::{Change, ChangeKind, ChangeLog};
pub use ids::{NodeId, PodId, PodSpecId};
pub use labels::{LabelSelector, Labels, NodeSelector, NodeSelectorTerm, Operator, Requirement};
pub use node::{Node, NodeCapacity, NodeCondition, NodeTemplate};
pub use objects::{
    CsiDriverLimit, CsiNode, PersistentVolume, PersistentVolumeClaim, PodDisruptionBudget, PvId, PvSource, PvcId,
    ServiceSelector, StorageClass, StorageClassId, VolumeBindingMode, VolumePlan, WorkloadSelector,
};
pub use pod::{Phase, Pod, PodName};
pub use pod_spec::{
    AffinityTerm, Container, HostPort, NodeInclusionPolicy, Owner, OwnerKind, PodAffinity, PodLevelRequests, PodSpec,
    PreemptionPolicy, PreferredNodeTerm, Protocol, TopologySpreadConstraint, Volume, VolumeSource,
    WeightedAffinityTerm, WhenUnsatisfiable,
};
pub use resources::Resources;
pub use state::ClusterState;
pub use state::trial::Trial;
pub use taint::{Effect, Taint, Toleration, TolerationOperator};
pub use versioned::Versioned;

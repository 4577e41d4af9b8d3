//! The ids of nodes, pods and kinds of pods.

crate::id_type!(
    /// A node, in order of registration. Never reused.
    NodeId,
    "node"
);

crate::id_type!(
    /// A pod, in order of creation. Never reused.
    PodId,
    "pod"
);

crate::id_type!(
    /// A kind of pod: a [`PodSpec`](super::PodSpec) shared by all pods of equal shape.
    PodSpecId,
    "spec"
);

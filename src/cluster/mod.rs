//! The state of the cluster: nodes, pods, what they request and where they run.

//! Cluster Autoscaler: which node group grows, which node goes.

//! kube-scheduler: which node a pod runs on, and why no other.

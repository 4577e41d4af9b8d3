//! Workload controllers: what creates and deletes pods.

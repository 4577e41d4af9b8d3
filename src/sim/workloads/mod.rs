//! Workload controllers at work: pods are created and deleted as the controllers' rules say.

pub(crate) mod cron_jobs;
pub(crate) mod daemon_sets;
pub(crate) mod deployments;
pub(crate) mod jobs;
pub(crate) mod news;
pub(crate) mod progress;
pub(crate) mod reconcile;
pub(crate) mod rollouts;
pub(crate) mod state;
pub(crate) mod stateful_sets;
pub(crate) mod versions;

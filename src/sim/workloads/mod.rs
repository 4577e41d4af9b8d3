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

#[cfg(test)]
mod at_work;
#[cfg(test)]
mod cron_job_tests;
#[cfg(test)]
mod daemon_set_tests;
#[cfg(test)]
mod rollout_tests;

//! Workload controllers: what creates and deletes pods.
//!
//! Each file holds one controller's rules as functions of what it sees; the simulation creates and
//! deletes the pods. Deliberately not here: timing (the simulation's events) and placement (the
//! scheduler). Start reading at [`deployment`].

pub(crate) mod cron_job;
pub mod daemon_set;
pub mod deployment;
pub mod disruption;
mod int_or_percent;
pub(crate) mod job;
pub(crate) mod ranking;
mod rules;
pub(crate) mod stateful_set;

pub use int_or_percent::{IntOrPercent, Rounding};
pub use rules::Rules;

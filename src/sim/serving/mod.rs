//! How requests are served: the traffic engine, and the services that pods come to and leave.
//!
//! [`TrafficEngine`] is a value of its own: it is told of pods and of an entry rate, step by step, and answers what became
//! of the requests, in either latency mode. The simulation leads it with the pods it runs; the audit leads it with
//! those of a timeline.
//!
//! Deliberately not here: what usage does to nodes and pods (`load`), formulas and single requests (`traffic`).

mod engine;
mod exact;
mod fast;
mod part_sums;
mod service;
mod step;
#[cfg(test)]
mod tests;

pub(crate) use engine::TrafficEngine;
pub(in crate::sim) use service::ServedStep;
pub(crate) use service::ServiceState;
pub use service::ServiceTotals;
pub(crate) use step::{PodChange, ReadyPods, Step};

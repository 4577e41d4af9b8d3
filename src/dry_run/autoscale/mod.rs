//! Cluster Autoscaler alone: what it is shown when nothing is simulated around it, and what it would do, loop by loop.
//!
//! [`load`] reads a dump of a cluster, [`Forecast`] runs loops on it; [`recorded`] reads the recordings of the real
//! Cluster Autoscaler and the workloads in the same form.

mod daemon_sets;
mod declared;
mod drains;
mod dump;
mod forecast;
mod groups;
mod machine_type;
mod node_pods;
mod node_to_be;
mod prices;
pub mod recorded;
mod surroundings;

pub use dump::{Loaded, Request, load, load_priced};
pub use forecast::Forecast;
pub use surroundings::{CloudGroup, Surroundings, views};

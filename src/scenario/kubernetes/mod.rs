//! Kubernetes API objects: the fields that some decision looks at, under their own names.
//!
//! One set of types for every door (manifests, `kubectl get -o json`, recordings). Unknown fields
//! are ignored, as a newer API server would send them. `convert` turns objects into the
//! [`cluster`](crate::cluster) room's types; defaults are applied only where the API server would.

pub mod autoscaling;
pub mod configuration;
mod convert;
pub mod dump;
mod hpa_rules;
mod kind;
pub mod meta;
pub mod node;
pub mod pod;
pub mod policy;
mod quantity;
mod read_object;
pub(crate) mod reader;
mod scheduler_configuration;
mod scheduler_plugins;
pub mod storage;
pub mod vertical;
pub mod workloads;

pub use convert::Converter;
pub use kind::{Kind, Object};
pub(crate) use read_object::read_object;

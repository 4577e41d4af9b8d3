//! Kubernetes API objects: the fields that some decision looks at, under their own names.
//!
//! One set of types for every door (manifests, `kubectl get -o json`, recordings), and one reader, which refuses what the API
//! server would refuse: kinds, versions and fields that nobody knows (`versions`, `schema`). `convert` turns objects into the
//! [`cluster`](crate::cluster) room's types; defaults are applied only where the API server would.

pub(crate) mod admission;
pub mod autoscaling;
mod bounds;
pub mod configuration;
mod convert;
pub(crate) mod decides;
pub mod dump;
mod hpa_rules;
mod hpa_v1;
mod karpenter;
pub mod keda;
mod kind;
pub mod limit_range;
pub mod meta;
pub mod node;
pub mod pod;
pub mod policy;
mod quantity;
mod read_object;
pub(crate) mod reader;
mod scheduler_configuration;
mod scheduler_plugins;
mod schema;
pub mod scrub;
pub mod storage;
mod versions;
pub mod vertical;
pub mod volume;
pub mod workloads;

pub use convert::Converter;
pub use kind::{Kind, Object};
pub(crate) use read_object::read_object;

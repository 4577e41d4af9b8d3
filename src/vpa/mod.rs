//! The VerticalPodAutoscaler: from usage to requests, as the real recommender and updater decide (1.0.0).
//!
//! [`Aggregate`] remembers the usage of all pods of a container in decaying histograms,
//! [`PodMemory`] what is remembered per pod on the way there, [`recommend`] turns an aggregate into
//! amounts, `updater` picks the pods to evict so that they come back with these.
//!
//! Deliberately not here: where usage comes from and when (the simulation), YAML (the scenario room),
//! several label sets per container name, garbage collection after 8 days without samples.
//! Start reading at [`Aggregate`].

mod aggregate;
mod histogram;
mod recommender;
mod spec;
pub(crate) mod updater;

pub use aggregate::{Aggregate, PodMemory};
pub use histogram::{Buckets, Histogram};
pub use recommender::{Amounts, Recommendation, recommend};
pub use spec::{Bound, ContainerPolicy, Controlled, Flags, UpdateMode, VpaSpec};
pub use updater::{Change, Trigger, Update};

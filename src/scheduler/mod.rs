//! kube-scheduler: which node a pod gets, or why it gets none.
//!
//! [`Scheduler::schedule`] is one scheduling cycle: filters, scores, preemption. [`Filters`] alone answers
//! "does this pod fit on that node?"; [`Feasible`] does so many times over a changing cluster: Cluster Autoscaler's question.
//! [`Queue`] decides which pod is tried when.
//!
//! The scheduler decides; binding, evicting and nominating are the caller's. Not here: extenders, out-of-tree
//! plugins, volume binding's API writes.
//!
//! What differs between versions is in `rules.rs` and nowhere else.
//!
//! Start reading at [`Scheduler::schedule`], then `filters.rs` and `scores.rs`; each other file is a plugin.

mod affinity;
mod attempt;
mod batch;
mod bins;
mod feasible;
mod filters;
mod hints;
mod hopeless;
mod images;
mod memory;
mod node_order;
mod nominations;
mod preemption;
mod profile;
mod queue;
mod reason;
mod resources;
mod rules;
mod schedule;
mod scores;
mod spread;
mod subject;
mod volumes;
mod what_if;

pub use affinity::waits_for;
pub use attempt::{Attempt, Decision};
pub use bins::Bins;
pub use feasible::{Answer, Feasible};
pub use filters::{Filters, admits};
pub use hints::{Happening, may_help};
pub use preemption::{NoRoom, NoVictims, Preemption};
pub use profile::{
    DefaultConstraints, Plugins, Profile, Profiles, ScoredResource, ScoringStrategy, ShapePoint, SpreadDefault,
    WeightedResource,
};
pub use queue::{BackOff, EventKind, PluginSet, Queue};
pub use reason::{Diagnosis, Plugin, PreFilterError, Reason, Rejection};
pub use rules::Rules;
pub use schedule::{Scheduler, Ties};
pub use scores::PluginScores;
pub use subject::Subject;

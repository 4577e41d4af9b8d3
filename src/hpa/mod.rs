//! The HorizontalPodAutoscaler: from metrics to desired replicas, as the real controller decides.
//!
//! One [`HpaController`] per object; [`HpaController::sync`] is one reconcile. Pods in the same state
//! form one [`PodGroup`] with a count, so that a thousand equal pods cost as little as one.
//!
//! Deliberately not here: where metrics come from and when (the simulation), YAML (the scenario room).
//! Start reading at [`HpaController::sync`].

mod behavior;
mod condition;
mod controller;
#[cfg(test)]
mod failing_metrics;
mod grounds;
mod observation;
mod replica_calculator;
mod rules;
mod schedule;
mod spec;
#[cfg(test)]
mod versions;

pub use condition::{Condition, Conditions, Reason};
pub use controller::{Decision, HpaController};
pub use grounds::{Grounds, Holds, Window, Winner};
pub use observation::{ApiDown, ContainerUsage, Observation, PodContainer, PodGroup, PodPhase, Readiness};
pub use replica_calculator::{CurrentMetric, MetricError, Proposal};
pub use rules::Rules;
pub use schedule::ScheduledMinimum;
pub use spec::{
    Behavior, Flags, HpaSpec, Metric, PolicyKind, Resource, ScalingPolicy, ScalingRules, SelectPolicy, Target,
};

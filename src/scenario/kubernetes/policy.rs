//! PodDisruptionBudgets and PriorityClasses.

use crate::controllers::IntOrPercent;
use crate::controllers::disruption::UnhealthyPods;
use crate::scenario::kubernetes::meta::{LabelSelector, ObjectMeta, Time, null_as_default};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `policy/v1` PodDisruptionBudget.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodDisruptionBudget {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// What is promised.
    pub spec: PodDisruptionBudgetSpec,
    /// What is the case.
    pub status: Option<PodDisruptionBudgetStatus>,
}

/// `spec` of a budget.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodDisruptionBudgetSpec {
    /// Which pods; absent matches none, empty all.
    pub selector: Option<LabelSelector>,
    /// At least this many stay healthy.
    pub min_available: Option<IntOrPercent>,
    /// At most this many are unhealthy.
    pub max_unavailable: Option<IntOrPercent>,
    /// `IfHealthyBudget`, the default, or `AlwaysAllow`.
    pub unhealthy_pod_eviction_policy: Option<String>,
}

impl PodDisruptionBudgetSpec {
    /// What the budget says of unready pods. Errors: what was found instead.
    pub(crate) fn unhealthy_pods(&self) -> Result<UnhealthyPods, String> {
        match self.unhealthy_pod_eviction_policy.as_deref() {
            None | Some("IfHealthyBudget") => Ok(UnhealthyPods::IfHealthyBudget),
            Some("AlwaysAllow") => Ok(UnhealthyPods::AlwaysAllow),
            Some(other) => Err(format!("found `{other}`, expected IfHealthyBudget or AlwaysAllow")),
        }
    }
}

/// `status` of a budget.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodDisruptionBudgetStatus {
    /// Evictions allowed now.
    pub disruptions_allowed: i32,
    /// Healthy pods.
    pub current_healthy: i32,
    /// Healthy pods wanted.
    pub desired_healthy: i32,
    /// Pods on their way out, by name, and since when.
    #[serde(deserialize_with = "null_as_default")]
    pub disrupted_pods: BTreeMap<String, Option<Time>>,
}

/// `scheduling.k8s.io/v1` PriorityClass.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PriorityClass {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The priority.
    pub value: i32,
    /// The class of pods that name none.
    pub global_default: bool,
    /// `Never` or `PreemptLowerPriority`.
    pub preemption_policy: Option<String>,
}

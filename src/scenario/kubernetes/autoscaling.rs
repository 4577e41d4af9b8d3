//! HorizontalPodAutoscalers as users write them, `autoscaling/v2` and `v1`.

use crate::scenario::kubernetes::meta::{ObjectMeta, null_as_default};
use crate::units::Quantity;
use serde::Deserialize;

/// `autoscaling/v2` HorizontalPodAutoscaler; `v1`'s one field and its annotations are read too.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HorizontalPodAutoscaler {
    /// Group and version.
    pub api_version: String,
    /// The metadata.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: HorizontalPodAutoscalerSpec,
    /// What was the case, in what `kubectl get -o yaml` writes.
    #[serde(deserialize_with = "null_as_default")]
    pub status: HorizontalPodAutoscalerStatus,
}

/// `status` of an HPA, as far as a dry run starts from it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HorizontalPodAutoscalerStatus {
    /// Replicas of the target.
    pub current_replicas: Option<i32>,
    /// Replicas the HPA wanted.
    pub desired_replicas: i32,
}

/// `spec` of an HPA.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HorizontalPodAutoscalerSpec {
    /// What is scaled.
    pub scale_target_ref: CrossVersionObjectReference,
    /// The least replicas, 1 by default.
    pub min_replicas: Option<i32>,
    /// The most replicas.
    pub max_replicas: i32,
    /// The metrics.
    #[serde(deserialize_with = "null_as_default")]
    pub metrics: Vec<MetricSpec>,
    /// How fast it may scale.
    pub behavior: Option<HpaBehavior>,
    /// `autoscaling/v1`: percent of the cpu requests.
    #[serde(rename = "targetCPUUtilizationPercentage")]
    pub target_cpu_utilization_percentage: Option<i32>,
}

/// A reference by kind and name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CrossVersionObjectReference {
    /// Group and version.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The name.
    pub name: String,
}

/// One metric.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricSpec {
    /// `Resource`, `ContainerResource`, `Pods`, `Object` or `External`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Of type Resource.
    pub resource: Option<ResourceMetricSource>,
    /// Of type ContainerResource.
    pub container_resource: Option<ResourceMetricSource>,
    /// Of type Pods.
    pub pods: Option<NamedMetricSource>,
    /// Of type Object.
    pub object: Option<NamedMetricSource>,
    /// Of type External.
    pub external: Option<NamedMetricSource>,
}

/// A resource metric.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceMetricSource {
    /// `cpu` or `memory`.
    pub name: String,
    /// The container, of type ContainerResource.
    pub container: Option<String>,
    /// The target.
    pub target: MetricTarget,
}

/// A metric with a name of its own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NamedMetricSource {
    /// Its name.
    pub metric: MetricIdentifier,
    /// The target.
    pub target: MetricTarget,
}

/// A metric's name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricIdentifier {
    /// The name.
    pub name: String,
}

/// A target.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricTarget {
    /// `Utilization`, `AverageValue` or `Value`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Percent of requests.
    pub average_utilization: Option<i32>,
    /// Per pod.
    pub average_value: Option<Quantity>,
    /// In sum.
    pub value: Option<Quantity>,
}

/// `spec.behavior`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HpaBehavior {
    /// Growing.
    pub scale_up: Option<HpaScalingRules>,
    /// Shrinking.
    pub scale_down: Option<HpaScalingRules>,
}

/// Rules of one direction; absent fields are defaulted one by one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HpaScalingRules {
    /// The window, 0 to 3600 s.
    pub stabilization_window_seconds: Option<i64>,
    /// `Max`, `Min` or `Disabled`.
    pub select_policy: Option<String>,
    /// The policies.
    pub policies: Option<Vec<HpaScalingPolicy>>,
    /// 1.33: the tolerance in this direction.
    pub tolerance: Option<Quantity>,
}

/// One policy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HpaScalingPolicy {
    /// `Pods` or `Percent`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many, at least 1.
    pub value: i32,
    /// In how many seconds, 1 to 1800.
    pub period_seconds: i64,
}

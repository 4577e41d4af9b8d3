//! HorizontalPodAutoscalers as users write them, `autoscaling/v2` and `v1`.

use crate::hpa::{
    self, Behavior, Flags, HpaSpec, Metric, PolicyKind, Resource, ScalingPolicy, ScalingRules, SelectPolicy, Target,
};
use crate::intern::Interner;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::meta::{ObjectMeta, null_as_default};
use crate::units::{Quantity, SimDuration};
use serde::Deserialize;
use smallvec::SmallVec;

/// `autoscaling/v2` HorizontalPodAutoscaler; `v1`'s one field is read too.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HorizontalPodAutoscaler {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: HorizontalPodAutoscalerSpec,
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

/// The most the API server allows for windows and periods, in seconds.
const MAX_WINDOW_S: i64 = 3600;
const MAX_PERIOD_S: i64 = 1800;

impl HorizontalPodAutoscaler {
    /// The checked and defaulted spec. What the API server would refuse is added to `issues`, all of it.
    ///
    /// Upstream: pkg/apis/autoscaling/v2/defaults.go and validation/validation.go, 1.28.
    pub fn to_spec(&self, flags: &Flags, symbols: &mut Interner, issues: &mut Issues) -> HpaSpec {
        let spec = &self.spec;
        let min = spec.min_replicas.unwrap_or(1);
        if min < 0 {
            issues.push(Issue::error("spec.minReplicas", format!("must be at least 0, found {min}")));
        }
        if spec.max_replicas < 1 {
            let message = format!("must be at least 1, found {}", spec.max_replicas);
            issues.push(Issue::error("spec.maxReplicas", message));
        } else if spec.max_replicas < min {
            let message = format!("must be at least minReplicas ({min}), found {}", spec.max_replicas);
            issues.push(Issue::error("spec.maxReplicas", message));
        }
        let mut metrics: SmallVec<[Metric; 2]> = SmallVec::new();
        for (at, metric) in spec.metrics.iter().enumerate() {
            metrics.extend(metric.convert(&format!("spec.metrics[{at}]"), symbols, issues));
        }
        if spec.metrics.is_empty() {
            let percent = i64::from(spec.target_cpu_utilization_percentage.unwrap_or(80));
            let target = Target::Utilization(percent);
            metrics.push(Metric::Resource { resource: Resource::Cpu, container: None, target });
        }
        let rules = |api: &Option<HpaScalingRules>, field: &str, default: ScalingRules, issues: &mut Issues| match api {
            Some(api) => api.convert(field, default, issues),
            None => default,
        };
        let behavior = spec.behavior.as_ref().map(|behavior| Behavior {
            scale_up: rules(&behavior.scale_up, "spec.behavior.scaleUp", ScalingRules::default_up(), issues),
            scale_down: rules(
                &behavior.scale_down,
                "spec.behavior.scaleDown",
                ScalingRules::default_down(flags),
                issues,
            ),
        });
        HpaSpec { min, max: spec.max_replicas, metrics, behavior }
    }
}

impl MetricSpec {
    fn convert(&self, field: &str, symbols: &mut Interner, issues: &mut Issues) -> Option<Metric> {
        let missing =
            |part: &str| Issue::error(format!("{field}.{part}"), format!("is required for type {}", self.kind));
        match self.kind.as_str() {
            "Resource" | "ContainerResource" => {
                let of_container = self.kind == "ContainerResource";
                let (part, source) = match of_container {
                    false => ("resource", &self.resource),
                    true => ("containerResource", &self.container_resource),
                };
                let Some(source) = source else {
                    issues.push(missing(part));
                    return None;
                };
                let resource = match source.name.as_str() {
                    "cpu" => Resource::Cpu,
                    "memory" => Resource::Memory,
                    other => {
                        let message = format!("`{other}` is not a resource the metrics server knows");
                        issues.push(
                            Issue::error(format!("{field}.{part}.name"), message).with_help("write cpu or memory"),
                        );
                        return None;
                    }
                };
                let container = match (&source.container, of_container) {
                    (Some(name), true) => Some(symbols.intern(name)),
                    (None, true) => {
                        issues.push(missing("containerResource.container"));
                        return None;
                    }
                    (_, false) => None,
                };
                let target = source.target.convert(&format!("{field}.{part}.target"), issues)?;
                Some(Metric::Resource { resource, container, target })
            }
            "Pods" => {
                let source = self.pods.as_ref().or_else(|| report(issues, missing("pods")))?;
                let target_milli = match source.target.convert(&format!("{field}.pods.target"), issues)? {
                    Target::AverageValue(milli) => milli,
                    _ => {
                        let message = "must be an averageValue for type Pods";
                        issues.push(Issue::error(format!("{field}.pods.target"), message));
                        return None;
                    }
                };
                Some(Metric::Pods { metric: symbols.intern(&source.metric.name), target_milli })
            }
            "Object" => {
                let source = self.object.as_ref().or_else(|| report(issues, missing("object")))?;
                let target = source.target.convert(&format!("{field}.object.target"), issues)?;
                Some(Metric::Object { metric: symbols.intern(&source.metric.name), target })
            }
            "External" => {
                let source = self.external.as_ref().or_else(|| report(issues, missing("external")))?;
                let target = source.target.convert(&format!("{field}.external.target"), issues)?;
                Some(Metric::External { metric: symbols.intern(&source.metric.name), target })
            }
            other => {
                let message = format!("`{other}` is not a type of metric");
                let help = "write Resource, ContainerResource, Pods, Object or External";
                issues.push(Issue::error(format!("{field}.type"), message).with_help(help));
                None
            }
        }
    }
}

fn report<T>(issues: &mut Issues, issue: Issue) -> Option<T> {
    issues.push(issue);
    None
}

impl MetricTarget {
    fn convert(&self, field: &str, issues: &mut Issues) -> Option<Target> {
        let (part, target) = if let Some(percent) = self.average_utilization {
            ("averageUtilization", Target::Utilization(i64::from(percent)))
        } else if let Some(value) = self.average_value {
            ("averageValue", Target::AverageValue(value.milli_value()))
        } else if let Some(value) = self.value {
            ("value", Target::Value(value.milli_value()))
        } else {
            let message = "needs one of averageUtilization, averageValue or value";
            return report(issues, Issue::error(field, message));
        };
        let (Target::Utilization(amount) | Target::AverageValue(amount) | Target::Value(amount)) = target;
        if amount <= 0 {
            return report(issues, Issue::error(format!("{field}.{part}"), "must be greater than 0"));
        }
        Some(target)
    }
}

impl HpaScalingRules {
    fn convert(&self, field: &str, default: ScalingRules, issues: &mut Issues) -> ScalingRules {
        let window = self.stabilization_window_seconds;
        if let Some(seconds) = window.filter(|seconds| !(0..=MAX_WINDOW_S).contains(seconds)) {
            let message = format!("must be between 0 and {MAX_WINDOW_S}, found {seconds}");
            issues.push(Issue::error(format!("{field}.stabilizationWindowSeconds"), message));
        }
        let select = match self.select_policy.as_deref() {
            None => default.select,
            Some("Max") => SelectPolicy::Max,
            Some("Min") => SelectPolicy::Min,
            Some("Disabled") => SelectPolicy::Disabled,
            Some(other) => {
                let message = format!("`{other}` is not a policy choice");
                issues.push(
                    Issue::error(format!("{field}.selectPolicy"), message).with_help("write Max, Min or Disabled"),
                );
                default.select
            }
        };
        if self.policies.as_ref().is_some_and(Vec::is_empty) {
            issues.push(Issue::error(format!("{field}.policies"), "must specify at least one policy"));
        }
        let policies = match &self.policies {
            None => default.policies,
            Some(policies) => policies
                .iter()
                .enumerate()
                .filter_map(|(at, policy)| policy.convert(&format!("{field}.policies[{at}]"), issues))
                .collect(),
        };
        ScalingRules {
            stabilization_window: window.map_or(default.stabilization_window, SimDuration::from_secs),
            select,
            policies,
            tolerance: self.tolerance.map(Quantity::as_f64),
        }
    }
}

impl HpaScalingPolicy {
    fn convert(&self, field: &str, issues: &mut Issues) -> Option<ScalingPolicy> {
        if self.value <= 0 {
            issues
                .push(Issue::error(format!("{field}.value"), format!("must be greater than 0, found {}", self.value)));
        }
        if !(1..=MAX_PERIOD_S).contains(&self.period_seconds) {
            let message = format!("must be between 1 and {MAX_PERIOD_S}, found {}", self.period_seconds);
            issues.push(Issue::error(format!("{field}.periodSeconds"), message));
        }
        let kind = match self.kind.as_str() {
            "Pods" => PolicyKind::Pods,
            "Percent" => PolicyKind::Percent,
            other => {
                let message = format!("`{other}` is not a type of policy");
                return report(
                    issues,
                    Issue::error(format!("{field}.type"), message).with_help("write Pods or Percent"),
                );
            }
        };
        Some(hpa::ScalingPolicy { kind, value: self.value, period: SimDuration::from_secs(self.period_seconds) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(json: &str) -> Vec<String> {
        let api: HorizontalPodAutoscaler = serde_json::from_str(json).expect("the test's own text");
        let mut issues = Issues::new();
        api.to_spec(&Flags::default(), &mut Interner::new(), &mut issues);
        issues.iter().map(|issue| issue.place.field.clone().unwrap_or_default()).collect()
    }

    #[test]
    fn absent_fields_are_defaulted_as_the_api_server_does() {
        let json = r#"{"spec":{"maxReplicas":5,"behavior":{"scaleUp":{"stabilizationWindowSeconds":60}}}}"#;
        let api: HorizontalPodAutoscaler = serde_json::from_str(json).expect("the test's own text");
        let mut issues = Issues::new();
        let spec = api.to_spec(&Flags::default(), &mut Interner::new(), &mut issues);
        assert!(issues.is_empty());
        assert_eq!(spec.min, 1);
        let cpu = Metric::Resource { resource: Resource::Cpu, container: None, target: Target::Utilization(80) };
        assert_eq!(spec.metrics.as_slice(), [cpu]);
        let behavior = spec.behavior.expect("given");
        assert_eq!(behavior.scale_up.policies.len(), 2);
        assert_eq!(behavior.scale_up.stabilization_window, SimDuration::from_secs(60));
        assert_eq!(behavior.scale_down.stabilization_window, SimDuration::from_secs(300));
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let json = r#"{"spec":{"minReplicas":5,"maxReplicas":3,"metrics":[{"type":"Resource"},{"type":"Pod"},
            {"type":"Resource","resource":{"name":"cpu","target":{"averageUtilization":0}}}],
            "behavior":{"scaleDown":{"selectPolicy":"Most","stabilizationWindowSeconds":7200,
            "policies":[{"type":"Pods","value":0,"periodSeconds":0}]}}}}"#;
        let fields = complaints(json);
        let expected = [
            "spec.maxReplicas",
            "spec.metrics[0].resource",
            "spec.metrics[1].type",
            "spec.metrics[2].resource.target.averageUtilization",
            "spec.behavior.scaleDown.stabilizationWindowSeconds",
            "spec.behavior.scaleDown.selectPolicy",
            "spec.behavior.scaleDown.policies[0].value",
            "spec.behavior.scaleDown.policies[0].periodSeconds",
        ];
        assert_eq!(fields, expected);
    }
}

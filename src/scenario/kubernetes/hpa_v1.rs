//! autoscaling/v1: what does not fit into its fields is in annotations, as the API server itself writes it.
//!
//! Upstream: pkg/apis/autoscaling/v1/conversion.go and annotations.go, 1.28. The annotations for the status (conditions,
//! current metrics) change no decision.

use super::autoscaling::{
    HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, HpaBehavior, MetricIdentifier, MetricSpec, MetricTarget,
    NamedMetricSource, ResourceMetricSource,
};
use super::read_object::read_object;
use crate::scenario::issue::{Issue, Issues};
use crate::units::Quantity;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";

/// A metric of autoscaling/v1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OldMetric {
    #[serde(rename = "type")]
    kind: String,
    resource: Option<OldSource>,
    container_resource: Option<OldSource>,
    pods: Option<OldSource>,
    object: Option<OldSource>,
    external: Option<OldSource>,
}

/// Any source of a metric of autoscaling/v1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OldSource {
    name: String,
    container: Option<String>,
    metric_name: String,
    target_average_utilization: Option<i32>,
    target_average_value: Option<Quantity>,
    target_value: Option<Quantity>,
    average_value: Option<Quantity>,
}

impl OldSource {
    fn target(&self) -> MetricTarget {
        let average = self.target_average_value.or(self.average_value);
        MetricTarget {
            kind: String::new(),
            average_utilization: self.target_average_utilization,
            average_value: average,
            // An object's target may stand beside its average, which counts.
            value: if average.is_some() { None } else { self.target_value },
        }
    }
    fn resource(&self) -> ResourceMetricSource {
        let (name, container) = (self.name.clone(), self.container.clone());
        ResourceMetricSource { name, container, target: self.target() }
    }
    fn named(&self) -> NamedMetricSource {
        NamedMetricSource { metric: MetricIdentifier { name: self.metric_name.clone() }, target: self.target() }
    }
}

impl OldMetric {
    fn renewed(&self) -> MetricSpec {
        MetricSpec {
            kind: self.kind.clone(),
            resource: self.resource.as_ref().map(OldSource::resource),
            container_resource: self.container_resource.as_ref().map(OldSource::resource),
            pods: self.pods.as_ref().map(OldSource::named),
            object: self.object.as_ref().map(OldSource::named),
            external: self.external.as_ref().map(OldSource::named),
        }
    }
}

impl HorizontalPodAutoscaler {
    /// The spec as autoscaling/v2 has it. Annotations that cannot be read are added to `issues`.
    pub(super) fn renewed(&self, issues: &mut Issues) -> Cow<'_, HorizontalPodAutoscalerSpec> {
        let (metrics, behavior) = (self.annotation(METRICS, issues), self.annotation(BEHAVIOR, issues));
        if self.api_version != "autoscaling/v1" || (metrics.is_none() && behavior.is_none()) {
            return Cow::Borrowed(&self.spec);
        }
        let mut spec = self.spec.clone();
        let old: Vec<OldMetric> = metrics.and_then(|value| parsed(METRICS, &value, issues)).unwrap_or_default();
        spec.metrics = old.iter().map(OldMetric::renewed).collect();
        if let Some(percent) = spec.target_cpu_utilization_percentage.filter(|_| !spec.metrics.is_empty()) {
            let target = MetricTarget { average_utilization: Some(percent), ..MetricTarget::default() };
            let source = ResourceMetricSource { name: "cpu".into(), container: None, target };
            let cpu = MetricSpec { kind: "Resource".into(), resource: Some(source), ..MetricSpec::default() };
            spec.metrics.push(cpu);
        }
        let behavior = behavior.and_then(|value| parsed::<HpaBehavior>(BEHAVIOR, &in_camel_case(value), issues));
        spec.behavior = behavior.or(spec.behavior);
        Cow::Owned(spec)
    }

    fn annotation(&self, name: &str, issues: &mut Issues) -> Option<Value> {
        let text = self.metadata.annotations.get(name).filter(|_| self.api_version == "autoscaling/v1")?;
        let value = serde_json::from_str(text);
        value.map_err(|error| issues.push(Issue::error(field(name), format!("is not JSON: {error}")))).ok()
    }
}

fn field(name: &str) -> String {
    format!("metadata.annotations.{name}")
}

fn parsed<T: serde::de::DeserializeOwned>(name: &str, value: &Value, issues: &mut Issues) -> Option<T> {
    let complain = |issue: Issue| issues.push(Issue::error(field(name), issue.sentence()));
    read_object(value).map_err(complain).ok()
}

/// The behavior is written with Go's own names of fields: `ScaleUp` for `scaleUp`.
fn in_camel_case(value: Value) -> Value {
    let lowered = |key: String| {
        let mut letters = key.chars();
        letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
    };
    match value {
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(key, value)| (lowered(key), in_camel_case(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(in_camel_case).collect()),
        plain => plain,
    }
}

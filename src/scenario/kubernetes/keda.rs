//! KEDA's ScaledObjects, and the HPA that KEDA makes of each.
//!
//! Triggers of cpu and memory become its resource metrics; a cron trigger an external metric whose value the clock gives. What other
//! triggers ask is not known here: the HPA is made without them, and they are named. The HPA decides between 1 and the most; what
//! KEDA itself does, to and from zero, is not simulated.
//!
//! Upstream: KEDA 2.16, controllers/keda/hpa.go (`newHPAForScaledObject`, `getScaledObjectMetricSpecs`), pkg/scalers/cron_scaler.go,
//! cpu_memory_scaler.go.

use super::autoscaling::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, HpaBehavior, MetricIdentifier,
    MetricSpec, MetricTarget, NamedMetricSource, ResourceMetricSource,
};
use super::meta::{ObjectMeta, null_as_default};
use crate::scenario::issue::{Issue, Issues};
use crate::units::Quantity;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// `minReplicas` where the ScaledObject has none, or 0: that is KEDA's own to do.
const LEAST: i32 = 1;
/// `maxReplicas` where the ScaledObject has none.
const MOST: i32 = 100;
/// The name of an HPA begins so, unless the ScaledObject gives it one.
const PREFIX: &str = "keda-hpa-";
/// KEDA holds the replicas.
const PAUSED: &str = "autoscaling.keda.sh/paused";
/// KEDA holds so many replicas.
const PAUSED_REPLICAS: &str = "autoscaling.keda.sh/paused-replicas";

/// `keda.sh/v1alpha1` ScaledObject.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaledObject {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: ScaledObjectSpec,
}

/// `spec` of a ScaledObject, as far as the HPA is made of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaledObjectSpec {
    /// What is scaled: a Deployment, unless it says otherwise.
    pub scale_target_ref: CrossVersionObjectReference,
    /// The least replicas, 0 by default.
    pub min_replica_count: Option<i32>,
    /// The most, 100 by default.
    pub max_replica_count: Option<i32>,
    /// Replicas while no trigger is active.
    pub idle_replica_count: Option<i32>,
    /// By what it is scaled.
    #[serde(deserialize_with = "null_as_default")]
    pub triggers: Vec<Trigger>,
    /// The rest.
    #[serde(deserialize_with = "null_as_default")]
    pub advanced: Advanced,
}

/// `spec.advanced`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Advanced {
    /// What the HPA is like.
    #[serde(deserialize_with = "null_as_default")]
    pub horizontal_pod_autoscaler_config: HpaConfig,
    /// One metric in place of all external ones.
    #[serde(deserialize_with = "null_as_default")]
    pub scaling_modifiers: ScalingModifiers,
}

/// `spec.advanced.horizontalPodAutoscalerConfig`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HpaConfig {
    /// The HPA's name, `keda-hpa-` and the ScaledObject's by default.
    pub name: Option<String>,
    /// How fast it may scale.
    pub behavior: Option<HpaBehavior>,
}

/// `spec.advanced.scalingModifiers`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScalingModifiers {
    /// How the metric is made of the triggers'.
    #[serde(deserialize_with = "null_as_default")]
    pub formula: String,
}

/// An entry of `spec.triggers`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Trigger {
    /// `cpu`, `memory`, `cron`, `prometheus`...
    #[serde(rename = "type")]
    pub kind: String,
    /// The trigger's name.
    pub name: Option<String>,
    /// `Utilization`, `AverageValue` or `Value`.
    pub metric_type: Option<String>,
    /// What the scaler is told; texts, whatever they mean.
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: BTreeMap<String, String>,
}

/// A cron trigger as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronTrigger {
    /// Its place in `spec.triggers`.
    pub index: usize,
    /// When its window begins, five fields of cron.
    pub start: String,
    /// When it ends.
    pub end: String,
    /// An IANA name.
    pub timezone: String,
    /// The metric's value inside; outside it is 1.
    pub replicas: i32,
}

impl CronTrigger {
    /// The beginning of the metric's name, which no other trigger's has.
    pub fn prefix(&self) -> String {
        format!("s{}-cron-", self.index)
    }
    /// The metric's name, in which windows can be read.
    fn metric(&self) -> String {
        let words = [&self.timezone, &self.start, &self.end].map(|text| normalized(text));
        format!("{}{}", self.prefix(), words.join("-"))
    }
}

/// Upstream: `parseCronTimeFormat`, `NormalizeString`.
fn normalized(text: &str) -> String {
    let parts = text.chars().map(|letter| match letter {
        ' ' => String::new(),
        '*' => "x".to_owned(),
        '?' => "Qm".to_owned(),
        '.' | ':' | '%' | '(' | ')' => "-".to_owned(),
        // In a schedule it is a step, in a time zone a place.
        '/' if text.starts_with(|first: char| first.is_ascii_alphabetic()) => "-".to_owned(),
        '/' => "Sl".to_owned(),
        other => other.to_string(),
    });
    parts.collect()
}

/// Whether an object is a ScaledObject.
pub(crate) fn is_scaled_object(value: &Value) -> bool {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    text("kind") == "ScaledObject" && text("apiVersion").starts_with("keda.sh/")
}

/// The name of the ScaledObject that an HPA was made of: by its owner, or by its own name where a dump has lost that.
pub(crate) fn made_of(hpa: &HorizontalPodAutoscaler) -> Option<&str> {
    match hpa.metadata.controller() {
        Some(owner) => (owner.kind == "ScaledObject").then_some(owner.name.as_str()),
        None => hpa.metadata.name.strip_prefix(PREFIX),
    }
}

/// What KEDA makes of a ScaledObject.
pub(crate) struct Made {
    /// None while it is paused, or where nothing is known of any trigger.
    pub(crate) hpa: Option<HorizontalPodAutoscaler>,
    /// Its triggers by the clock.
    pub(crate) crons: Vec<CronTrigger>,
}

impl ScaledObject {
    /// The name of its HPA.
    pub(crate) fn hpa_name(&self) -> String {
        let own = self.spec.advanced.horizontal_pod_autoscaler_config.name.clone().filter(|name| !name.is_empty());
        own.unwrap_or_else(|| format!("{PREFIX}{}", self.metadata.name))
    }

    /// The triggers by the clock; what is wrong with them goes to `issues`, and they are left out, as KEDA leaves them.
    pub(crate) fn crons(&self, issues: &mut Issues) -> Vec<CronTrigger> {
        let rows = self.spec.triggers.iter().enumerate().filter(|(_, trigger)| trigger.kind == "cron");
        rows.filter_map(|(index, trigger)| cron(index, trigger, issues)).collect()
    }

    /// Its HPA, as KEDA makes it; what is not simulated goes to `issues`.
    pub(crate) fn made(&self, issues: &mut Issues) -> Made {
        let annotation = |name: &str| self.metadata.annotations.get(name).map(String::as_str);
        let paused = annotation(PAUSED_REPLICAS).and_then(|text| text.trim().parse::<i32>().ok());
        if annotation(PAUSED).is_some_and(|text| text.trim() != "false") && paused.is_none() {
            let message = "KEDA is paused here: replicas stay as the workload has them";
            issues.push(Issue::note(format!("metadata.annotations.{PAUSED}"), message));
            return Made { hpa: None, crons: Vec::new() };
        }
        let (metrics, crons) = self.metrics(issues);
        if metrics.is_empty() {
            let issue = Issue::warning(
                "spec.triggers",
                "no trigger of it is simulated: replicas stay as the workload has them",
            );
            issues.push(issue.with_help("write an HPA in its place; a time of the day is its hpas.NAME.schedule"));
            return Made { hpa: None, crons };
        }
        let bounds = paused.map_or_else(|| self.bounds(&metrics, issues), |held| Some([held.max(LEAST); 2]));
        let Some([min, max]) = bounds else { return Made { hpa: None, crons } };
        let target = &self.spec.scale_target_ref;
        let or = |text: &str, usual: &str| if text.is_empty() { usual.to_owned() } else { text.to_owned() };
        let spec = HorizontalPodAutoscalerSpec {
            scale_target_ref: CrossVersionObjectReference {
                api_version: or(&target.api_version, "apps/v1"),
                kind: or(&target.kind, "Deployment"),
                name: target.name.clone(),
            },
            min_replicas: Some(min),
            max_replicas: max,
            metrics,
            behavior: self.spec.advanced.horizontal_pod_autoscaler_config.behavior.clone(),
            target_cpu_utilization_percentage: None,
        };
        let metadata =
            ObjectMeta { name: self.hpa_name(), namespace: self.metadata.namespace.clone(), ..ObjectMeta::default() };
        let api_version = "autoscaling/v2".to_owned();
        Made { hpa: Some(HorizontalPodAutoscaler { api_version, metadata, spec, ..Default::default() }), crons }
    }

    /// The HPA's `minReplicas` and `maxReplicas`; none where KEDA refuses them.
    fn bounds(&self, metrics: &[MetricSpec], issues: &mut Issues) -> Option<[i32; 2]> {
        let spec = &self.spec;
        let (least, most) = (spec.min_replica_count.unwrap_or(0), spec.max_replica_count.unwrap_or(MOST));
        if least < 0 || most < least.max(1) {
            let message = format!("found {most}, expected at least minReplicaCount, which is {least}, and 1");
            issues.push(Issue::error("spec.maxReplicaCount", message));
            return None;
        }
        // Cpu and memory are always active.
        if metrics.iter().all(|metric| metric.kind == "External") && (least == 0 || spec.idle_replica_count.is_some()) {
            let idle = spec.idle_replica_count.unwrap_or(0);
            let field =
                if spec.idle_replica_count.is_some() { "spec.idleReplicaCount" } else { "spec.minReplicaCount" };
            let stay = least.max(LEAST);
            let message =
                format!("KEDA scales to {idle} while no trigger is active: that is not simulated, {stay} stay");
            issues.push(Issue::warning(field, message));
        }
        Some([least.max(LEAST), most])
    }

    /// The HPA's metrics, sorted by their types as KEDA sorts them.
    fn metrics(&self, issues: &mut Issues) -> (Vec<MetricSpec>, Vec<CronTrigger>) {
        let mut crons = self.crons(issues);
        if !self.spec.advanced.scaling_modifiers.formula.is_empty() {
            let message = "a formula of triggers is not simulated: of the triggers only cpu and memory count";
            issues.push(Issue::warning("spec.advanced.scalingModifiers.formula", message));
            crons.clear();
        }
        let mut found = Vec::new();
        for (index, trigger) in self.spec.triggers.iter().enumerate() {
            let field = format!("spec.triggers[{index}]");
            match trigger.kind.as_str() {
                "cpu" | "memory" => found.extend(resource(&field, trigger, issues)),
                "cron" => {
                    found.extend(crons.iter().find(|cron| cron.index == index).map(|cron| external(cron, trigger)))
                }
                other => {
                    let message = format!("the trigger `{other}` is not simulated: the HPA is made without it");
                    issues.push(Issue::warning(format!("{field}.type"), message));
                }
            }
        }
        found.sort_by(|a, b| a.kind.cmp(&b.kind));
        (found, crons)
    }
}

/// A warning about a trigger that KEDA refuses too.
fn refused(field: String, message: String, issues: &mut Issues) {
    issues.push(Issue::warning(field, format!("{message}: KEDA refuses this trigger, and it is left out here")));
}

/// Upstream: `parseCronMetadata`.
fn cron(index: usize, trigger: &Trigger, issues: &mut Issues) -> Option<CronTrigger> {
    let field = |name: &str| format!("spec.triggers[{index}].metadata.{name}");
    let mut text = |name: &str| {
        let found = trigger.metadata.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if found.is_none() {
            refused(field(name), "nothing is said".to_owned(), issues);
        }
        found
    };
    let (start, end, timezone) = (text("start"), text("end"), text("timezone"));
    let replicas = text("desiredReplicas");
    let (start, end, timezone, replicas) = (start?, end?, timezone?, replicas?);
    if start == end {
        refused(field("end"), format!("found `{end}`, expected another time than the start's"), issues);
        return None;
    }
    match replicas.parse::<i32>() {
        Ok(count) if count >= 0 => Some(CronTrigger { index, start, end, timezone, replicas: count }),
        _ => {
            refused(field("desiredReplicas"), format!("found `{replicas}`, expected a number of replicas"), issues);
            None
        }
    }
}

/// Upstream: `cronScaler.GetMetricSpecForScaling`, `GetMetricTarget`.
fn external(cron: &CronTrigger, trigger: &Trigger) -> MetricSpec {
    let one = Some(Quantity::from_milli(1000));
    let target = match trigger.metric_type.as_deref() {
        Some("Value") => MetricTarget { kind: "Value".into(), value: one, ..MetricTarget::default() },
        _ => MetricTarget { kind: "AverageValue".into(), average_value: one, ..MetricTarget::default() },
    };
    let source = NamedMetricSource { metric: MetricIdentifier { name: cron.metric() }, target };
    MetricSpec { kind: "External".into(), external: Some(source), ..MetricSpec::default() }
}

/// Upstream: `parseResourceMetadata`, `cpuMemoryScaler.GetMetricSpecForScaling`.
fn resource(field: &str, trigger: &Trigger, issues: &mut Issues) -> Option<MetricSpec> {
    let said = |name: &str| trigger.metadata.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let kind = trigger.metric_type.as_deref().or_else(|| said("type")).unwrap_or_default();
    let value = said("value").unwrap_or_default();
    let mut wrong = |name: &str, found: &str, expected: &str| {
        refused(format!("{field}.{name}"), format!("found `{found}`, expected {expected}"), issues);
    };
    let mut target = MetricTarget { kind: kind.to_owned(), ..MetricTarget::default() };
    match kind {
        "Utilization" => match value.parse() {
            Ok(percent) => target.average_utilization = Some(percent),
            Err(_) => {
                wrong("metadata.value", value, "percent of the requests, such as \"60\"");
                return None;
            }
        },
        "AverageValue" => match value.parse() {
            Ok(amount) => target.average_value = Some(amount),
            Err(_) => {
                wrong("metadata.value", value, "an amount such as \"500m\"");
                return None;
            }
        },
        other => {
            wrong("metricType", other, "Utilization or AverageValue");
            return None;
        }
    }
    let container = said("containerName").map(str::to_owned);
    let source = ResourceMetricSource { name: trigger.kind.clone(), container, target };
    Some(match source.container {
        None => MetricSpec { kind: "Resource".into(), resource: Some(source), ..MetricSpec::default() },
        Some(_) => {
            MetricSpec { kind: "ContainerResource".into(), container_resource: Some(source), ..MetricSpec::default() }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::kubernetes::read_object;
    use serde_json::json;

    fn object(spec: &Value) -> ScaledObject {
        let value = json!({"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "web"}, "spec": spec});
        assert!(is_scaled_object(&value));
        read_object(&value).unwrap_or_else(|issue| panic!("{issue}"))
    }

    /// What is made of a spec, and what is said about it.
    fn made(spec: &Value) -> (Made, String) {
        let mut issues = Issues::new();
        let made = object(spec).made(&mut issues);
        (made, issues.to_string())
    }

    fn cpu(percent: &str) -> Value {
        json!({"type": "cpu", "metricType": "Utilization", "metadata": {"value": percent}})
    }

    fn office(start: &str, end: &str) -> Value {
        let metadata = json!({"timezone": "Europe/Berlin", "start": start, "end": end, "desiredReplicas": "6"});
        json!({"type": "cron", "metadata": metadata})
    }

    #[test]
    fn the_hpa_is_the_one_that_keda_makes() {
        let rules = json!({"scaleDown": {"stabilizationWindowSeconds": 60}});
        let (made, said) = made(&json!({
            "scaleTargetRef": {"name": "web"}, "minReplicaCount": 2,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": rules}},
            "triggers": [cpu("60"), office("0 8 * * 1-5", "*/30 20 * * ?"),
                {"type": "memory", "metricType": "AverageValue", "metadata": {"value": "512Mi", "containerName": "main"}}],
        }));
        assert_eq!(said, "");
        let hpa = made.hpa.expect("an HPA");
        let spec = &hpa.spec;
        assert_eq!(hpa.metadata.name, "keda-hpa-web");
        assert_eq!((spec.min_replicas, spec.max_replicas), (Some(2), 100));
        assert_eq!((&*spec.scale_target_ref.api_version, &*spec.scale_target_ref.kind), ("apps/v1", "Deployment"));
        let down = spec.behavior.as_ref().and_then(|rules| rules.scale_down.as_ref());
        assert_eq!(down.and_then(|rules| rules.stabilization_window_seconds), Some(60));
        let kinds: Vec<&str> = spec.metrics.iter().map(|metric| metric.kind.as_str()).collect();
        assert_eq!(kinds, ["ContainerResource", "External", "Resource"]);
        let external = spec.metrics[1].external.as_ref().expect("external");
        assert_eq!(external.metric.name, "s1-cron-Europe-Berlin-08xx1-5-xSl3020xxQm");
        assert_eq!(external.target.average_value.map(Quantity::milli_value), Some(1000));
        assert!(external.metric.name.starts_with(&made.crons[0].prefix()));
        assert_eq!(made.crons[0].replicas, 6);
    }

    #[test]
    fn a_name_of_its_own_and_a_least_of_nothing_count() {
        let config = json!({"horizontalPodAutoscalerConfig": {"name": "shop"}});
        let (made, said) =
            made(&json!({"advanced": config, "maxReplicaCount": 5, "triggers": [office("0 8 * * *", "0 9 * * *")]}));
        let hpa = made.hpa.expect("an HPA");
        assert_eq!((&*hpa.metadata.name, hpa.spec.min_replicas, hpa.spec.max_replicas), ("shop", Some(1), 5));
        assert!(
            said.contains(
                "spec.minReplicaCount: KEDA scales to 0 while no trigger is active: that is not simulated, 1 stay"
            ),
            "{said}"
        );
        let (_, said) = self::made(&json!({"triggers": [office("0 8 * * *", "0 9 * * *"), cpu("60")]}));
        assert_eq!(said, "", "cpu is always active");
    }

    #[test]
    fn what_is_not_simulated_is_named() {
        let queue = json!({"type": "aws-sqs-queue", "metadata": {"queueURL": "q"}});
        let (one, said) = made(&json!({"triggers": [cpu("60"), queue]}));
        assert_eq!(one.hpa.expect("an HPA").spec.metrics.len(), 1);
        assert!(said.contains("spec.triggers[1].type: the trigger `aws-sqs-queue` is not simulated"), "{said}");
        let (none, said) = made(&json!({"triggers": [queue]}));
        assert!(none.hpa.is_none() && said.contains("no trigger of it is simulated: replicas stay"), "{said}");
        let formula = json!({"scalingModifiers": {"formula": "a + b", "target": "2"}});
        let (one, said) =
            made(&json!({"advanced": formula, "triggers": [cpu("60"), office("0 8 * * *", "0 9 * * *")]}));
        assert_eq!((one.hpa.expect("an HPA").spec.metrics.len(), one.crons.len()), (1, 0));
        assert!(said.contains("scalingModifiers.formula: a formula of triggers is not simulated"), "{said}");
    }

    #[test]
    fn a_paused_one_stands_still() {
        let of = |name: &str, value: &str| {
            let mut object = object(&json!({"minReplicaCount": 2, "triggers": [cpu("60")]}));
            object.metadata.annotations.insert(name.to_owned(), value.to_owned());
            object.made(&mut Issues::new()).hpa.map(|hpa| (hpa.spec.min_replicas, hpa.spec.max_replicas))
        };
        assert_eq!(of(PAUSED, "true"), None);
        assert_eq!(of(PAUSED, "false"), Some((Some(2), 100)));
        assert_eq!(of(PAUSED_REPLICAS, "4"), Some((Some(4), 4)));
    }

    #[test]
    fn triggers_that_keda_refuses_are_left_out_with_the_reason() {
        let bad = |metadata: Value| json!({"triggers": [cpu("60"), {"type": "cron", "metadata": metadata}]});
        let full = [("timezone", "UTC"), ("start", "0 8 * * *"), ("end", "0 9 * * *"), ("desiredReplicas", "3")];
        let with = |field: &str, value: &str| {
            let rows = full.iter().map(|(name, usual)| (*name, if *name == field { value } else { usual }));
            bad(rows.map(|(name, text)| (name.to_owned(), json!(text))).collect::<serde_json::Map<_, _>>().into())
        };
        for (spec, words) in [
            (with("end", "0 8 * * *"), "metadata.end: found `0 8 * * *`, expected another time than the start's"),
            (with("timezone", ""), "metadata.timezone: nothing is said"),
            (with("desiredReplicas", "many"), "metadata.desiredReplicas: found `many`, expected a number of replicas"),
            (json!({"triggers": [cpu("60"), cpu("much")]}), "metadata.value: found `much`, expected percent"),
            (
                json!({"triggers": [cpu("60"), {"type": "memory", "metadata": {"value": "1Gi"}}]}),
                "metricType: found ``, expected Utilization",
            ),
        ] {
            let (made, said) = made(&spec);
            assert!(
                said.contains(&format!("spec.triggers[1].{words}")) && said.contains("KEDA refuses this trigger"),
                "{said}"
            );
            assert_eq!(made.hpa.expect("an HPA").spec.metrics.len(), 1);
        }
        let (made, said) = made(&json!({"minReplicaCount": 5, "maxReplicaCount": 3, "triggers": [cpu("60")]}));
        assert!(
            made.hpa.is_none() && said.contains("spec.maxReplicaCount: found 3, expected at least minReplicaCount"),
            "{said}"
        );
    }
}

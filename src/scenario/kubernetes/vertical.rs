//! VerticalPodAutoscalers as users write them, `autoscaling.k8s.io/v1`.

use crate::intern::Interner;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::autoscaling::CrossVersionObjectReference;
use crate::scenario::kubernetes::meta::{ObjectMeta, null_as_default};
use crate::units::Quantity;
use crate::vpa::{Bound, ContainerPolicy, Controlled, UpdateMode, VpaSpec};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `autoscaling.k8s.io/v1` VerticalPodAutoscaler.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VerticalPodAutoscaler {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: VerticalPodAutoscalerSpec,
}

/// `spec` of a VPA.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VerticalPodAutoscalerSpec {
    /// Whose pods.
    pub target_ref: Option<CrossVersionObjectReference>,
    /// What happens to running pods.
    pub update_policy: Option<PodUpdatePolicy>,
    /// What may be recommended.
    #[serde(deserialize_with = "null_as_default")]
    pub resource_policy: PodResourcePolicy,
}

/// `spec.updatePolicy`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodUpdatePolicy {
    /// `Off`, `Initial`, `Recreate` or `Auto`.
    pub update_mode: Option<String>,
    /// Workloads with fewer live pods are left alone.
    pub min_replicas: Option<i32>,
}

/// `spec.resourcePolicy`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodResourcePolicy {
    /// By container.
    #[serde(deserialize_with = "null_as_default")]
    pub container_policies: Vec<ContainerResourcePolicy>,
}

/// One container's policy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerResourcePolicy {
    /// The name, or `*` for the others.
    pub container_name: String,
    /// `Auto` or `Off`.
    pub mode: Option<String>,
    /// No recommendation is below.
    #[serde(deserialize_with = "null_as_default")]
    pub min_allowed: BTreeMap<String, Quantity>,
    /// No recommendation is above.
    #[serde(deserialize_with = "null_as_default")]
    pub max_allowed: BTreeMap<String, Quantity>,
    /// `cpu` and `memory` by default.
    pub controlled_resources: Option<Vec<String>>,
    /// `RequestsAndLimits` or `RequestsOnly`.
    pub controlled_values: Option<String>,
}

impl VerticalPodAutoscaler {
    /// The checked and defaulted spec; what the admission webhook would refuse is added to `issues`.
    ///
    /// Upstream: vertical-pod-autoscaler 1.0.0, `ValidateVPA`.
    pub fn to_spec(&self, symbols: &mut Interner, issues: &mut Issues) -> VpaSpec {
        let mut spec = VpaSpec::default();
        if self.spec.target_ref.is_none() {
            issues.push(Issue::error("spec.targetRef", "TargetRef is required"));
        }
        if let Some(policy) = &self.spec.update_policy {
            spec.mode = policy.mode(issues);
            spec.min_replicas = policy.min_replicas;
            if let Some(replicas) = policy.min_replicas.filter(|replicas| *replicas <= 0) {
                let message = format!("MinReplicas has to be positive, got {replicas}");
                issues.push(Issue::error("spec.updatePolicy.minReplicas", message));
            }
        }
        for (at, policy) in self.spec.resource_policy.container_policies.iter().enumerate() {
            let field = format!("spec.resourcePolicy.containerPolicies[{at}]");
            let converted = policy.convert(&field, issues);
            match policy.container_name.as_str() {
                "" => issues.push(Issue::error(
                    format!("{field}.containerName"),
                    "ContainerPolicies.ContainerName is required",
                )),
                "*" => spec.others = converted,
                name => spec.containers.push((symbols.intern(name), converted)),
            }
        }
        spec
    }
}

impl PodUpdatePolicy {
    fn mode(&self, issues: &mut Issues) -> UpdateMode {
        const MODES: [&str; 5] = ["Off", "Initial", "Recreate", "InPlaceOrRecreate", "Auto"];
        match self.update_mode.as_deref() {
            Some("Off") => UpdateMode::Off,
            Some("Initial") => UpdateMode::Initial,
            Some("Recreate") => UpdateMode::Recreate,
            Some("Auto") => UpdateMode::Auto,
            Some("InPlaceOrRecreate") => {
                let message =
                    "pods are not resized in place here: they are evicted, as with Recreate (VPA 1.4 and later)";
                issues.push(Issue::warning("spec.updatePolicy.updateMode", message));
                UpdateMode::Recreate
            }
            None => {
                let message = "UpdateMode is required if UpdatePolicy is used";
                issues.push(Issue::error("spec.updatePolicy.updateMode", message));
                UpdateMode::Off
            }
            Some(other) => {
                let issue =
                    Issue::error("spec.updatePolicy.updateMode", format!("unexpected UpdateMode value {other}"));
                issues.push(
                    issue.with_help("write Off, Initial, Recreate, InPlaceOrRecreate or Auto").suggest(other, MODES),
                );
                UpdateMode::Off
            }
        }
    }
}

impl ContainerResourcePolicy {
    fn convert(&self, field: &str, issues: &mut Issues) -> ContainerPolicy {
        let scaled = match self.mode.as_deref() {
            None | Some("Auto") => true,
            Some("Off") => false,
            Some(other) => {
                issues.push(Issue::error(format!("{field}.mode"), format!("unexpected Mode value {other}")));
                true
            }
        };
        let values = match self.controlled_values.as_deref() {
            None | Some("RequestsAndLimits") => Controlled::RequestsAndLimits,
            Some("RequestsOnly") => Controlled::RequestsOnly,
            Some(other) => {
                let message = format!("unexpected ControlledValues value {other}");
                issues.push(Issue::error(format!("{field}.controlledValues"), message));
                Controlled::RequestsOnly
            }
        };
        if !scaled && self.controlled_values.is_some() {
            let message = "ControlledValues shouldn't be specified if container scaling mode is off.";
            issues.push(Issue::error(format!("{field}.controlledValues"), message));
        }
        let mut bound = |name: &str, amount: fn(Quantity) -> i64| {
            let (min, max) = (self.min_allowed.get(name).copied(), self.max_allowed.get(name).copied());
            if min.zip(max).is_some_and(|(min, max)| max < min) {
                let message = format!("max resource for {name} is lower than min");
                issues.push(Issue::error(format!("{field}.maxAllowed"), message));
            }
            let controlled = self.controlled_resources.as_ref().is_none_or(|list| list.iter().any(|one| one == name));
            controlled.then(|| Bound { min: min.map(amount), max: max.map(amount) })
        };
        ContainerPolicy {
            scaled,
            cpu: bound("cpu", Quantity::milli_value),
            memory: bound("memory", Quantity::value),
            values,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_with_its_defaults() {
        let json = r#"{"spec":{"targetRef":{"kind":"Deployment","name":"a"},"resourcePolicy":{"containerPolicies":[
            {"containerName":"*","minAllowed":{"cpu":"100m"},"controlledResources":["cpu"]},
            {"containerName":"sidecar","mode":"Off"}]}}}"#;
        let api: VerticalPodAutoscaler = serde_json::from_str(json).expect("the test's own text");
        let (mut symbols, mut issues) = (Interner::new(), Issues::new());
        let spec = api.to_spec(&mut symbols, &mut issues);
        assert!(issues.is_empty());
        assert_eq!(spec.mode, UpdateMode::Auto);
        let app = spec.policy(symbols.intern("app"));
        assert_eq!((app.cpu, app.memory), (Some(Bound { min: Some(100), max: None }), None));
        assert!(!spec.policy(symbols.intern("sidecar")).scaled);
    }

    #[test]
    fn the_webhook_s_complaints_are_made() {
        let json = r#"{"spec":{"updatePolicy":{"updateMode":"auto","minReplicas":0},"resourcePolicy":{
            "containerPolicies":[{"mode":"Off","controlledValues":"RequestsOnly",
            "minAllowed":{"cpu":"2"},"maxAllowed":{"cpu":"1"}}]}}}"#;
        let api: VerticalPodAutoscaler = serde_json::from_str(json).expect("the test's own text");
        let mut issues = Issues::new();
        api.to_spec(&mut Interner::new(), &mut issues);
        let messages: Vec<&str> = issues.iter().map(|issue| issue.message.as_str()).collect();
        let expected = [
            "TargetRef is required",
            "unexpected UpdateMode value auto",
            "MinReplicas has to be positive, got 0",
            "ControlledValues shouldn't be specified if container scaling mode is off.",
            "max resource for cpu is lower than min",
            "ContainerPolicies.ContainerName is required",
        ];
        assert_eq!(messages, expected);
    }
}

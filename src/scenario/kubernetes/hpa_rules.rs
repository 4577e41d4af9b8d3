//! HPAs as the API server defaults and checks them: what it would refuse, and the checked spec.

use crate::hpa::{
    self, Behavior, Flags, HpaSpec, Metric, PolicyKind, Resource, ScalingPolicy, ScalingRules, SelectPolicy, Target,
};
use crate::intern::Interner;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::autoscaling::{
    HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, HpaBehavior, HpaScalingPolicy, HpaScalingRules, MetricSpec,
    MetricTarget,
};
use crate::units::{Quantity, SimDuration};
use smallvec::SmallVec;

/// The most the API server allows for windows and periods, in seconds.
const MAX_WINDOW_S: i64 = 3600;
const MAX_PERIOD_S: i64 = 1800;

impl HorizontalPodAutoscaler {
    /// The checked and defaulted spec. What the API server would refuse is added to `issues`, all of it.
    ///
    /// Upstream: pkg/apis/autoscaling/v2/defaults.go and validation/validation.go, 1.28.
    pub fn to_spec(&self, flags: &Flags, symbols: &mut Interner, issues: &mut Issues) -> HpaSpec {
        let spec = &*self.renewed(issues);
        let min = spec.min_replicas.unwrap_or(1);
        spec.check_replicas(min, flags, issues);
        let mut metrics: SmallVec<[Metric; 2]> = SmallVec::new();
        for (at, metric) in spec.metrics.iter().enumerate() {
            metrics.extend(metric.convert(&format!("spec.metrics[{at}]"), symbols, issues));
        }
        if spec.metrics.is_empty() {
            let percent = i64::from(spec.target_cpu_utilization_percentage.unwrap_or(80));
            let target = Target::Utilization(percent);
            metrics.push(Metric::Resource { resource: Resource::Cpu, container: None, target });
        }
        warn_about_tolerances(spec.behavior.as_ref(), flags, issues);
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

/// Without its feature gate the API server drops the field.
fn warn_about_tolerances(behavior: Option<&HpaBehavior>, flags: &Flags, issues: &mut Issues) {
    let Some(behavior) = behavior.filter(|_| !flags.rules.own_tolerances) else { return };
    for (field, rules) in [("scaleUp", &behavior.scale_up), ("scaleDown", &behavior.scale_down)] {
        if rules.as_ref().is_some_and(|rules| rules.tolerance.is_some()) {
            let message = format!(
                "ignored: an HPA has a tolerance of its own with the feature gate HPAConfigurableTolerance, which is on \
                 from Kubernetes 1.35 on (`kubernetesVersion`, `featureGates`); the controller's {} holds",
                flags.tolerance
            );
            issues.push(Issue::warning(format!("spec.behavior.{field}.tolerance"), message));
        }
    }
}

impl HorizontalPodAutoscalerSpec {
    /// Upstream: `validateHorizontalPodAutoscalerSpec`.
    fn check_replicas(&self, min: i32, flags: &Flags, issues: &mut Issues) {
        let spec = self;
        if min < 0 {
            issues.push(invalid("spec.minReplicas", min, "must be greater than or equal to 1"));
        } else if min == 0 {
            let of_all = |metric: &MetricSpec| ["Object", "External"].contains(&metric.kind.as_str());
            if !spec.metrics.iter().any(of_all) {
                let rule = "must specify at least one Object or External metric to support scaling to zero replicas";
                issues.push(Issue::error("spec.metrics", format!("Forbidden: {rule}")));
            }
            if !flags.rules.scales_to_zero {
                let message = "0 needs the feature gate HPAScaleToZero, which is off by default";
                issues.push(Issue::warning("spec.minReplicas", message));
            }
        }
        if spec.max_replicas < 1 {
            issues.push(invalid("spec.maxReplicas", spec.max_replicas, "must be greater than 0"));
        }
        if spec.max_replicas < min {
            let issue =
                invalid("spec.maxReplicas", spec.max_replicas, "must be greater than or equal to `minReplicas`");
            issues.push(issue.with_help(format!("minReplicas is {min}: raise maxReplicas or lower minReplicas")));
        }
        if spec.target_cpu_utilization_percentage.is_some_and(|percent| percent < 1) {
            let percent = spec.target_cpu_utilization_percentage.unwrap_or_default();
            issues.push(invalid("spec.targetCPUUtilizationPercentage", percent, "must be greater than 0"));
        }
    }
}

/// The API server's complaint about a value.
fn invalid(field: impl Into<String>, value: impl std::fmt::Display, rule: &str) -> Issue {
    Issue::error(field, format!("Invalid value: {value}: {rule}"))
}

/// The API server's complaint about a value that is none of a few.
fn not_supported(field: impl Into<String>, value: &str, supported: &[&str]) -> Issue {
    let list: Vec<String> = supported.iter().map(|name| format!("\"{name}\"")).collect();
    Issue::error(field, format!("Unsupported value: \"{value}\": supported values: {}", list.join(", ")))
        .suggest(value, supported.iter().copied())
}

/// The API server's complaint about a value that is not there.
fn required(field: impl Into<String>, rule: &str) -> Issue {
    Issue::error(field, format!("Required value: {rule}"))
}

impl MetricSpec {
    fn convert(&self, field: &str, symbols: &mut Interner, issues: &mut Issues) -> Option<Metric> {
        let missing =
            |part: &str| required(format!("{field}.{part}"), "must populate information for the given metric source");
        self.check_sources(field, issues);
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
                        issues.push(required(format!("{field}.{part}.container"), "must specify a container"));
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
                        let rule = "must specify a positive target averageValue";
                        return report(issues, required(format!("{field}.pods.target.averageValue"), rule));
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
            "" => report(issues, required(format!("{field}.type"), "must specify a metric source type")),
            other => {
                let known = ["ContainerResource", "External", "Object", "Pods", "Resource"];
                report(issues, not_supported(format!("{field}.type"), other, &known))
            }
        }
    }

    /// Only the source that the type names may be there, and it must say which metric it is.
    fn check_sources(&self, field: &str, issues: &mut Issues) {
        let given = [
            ("Object", "object", self.object.is_some()),
            ("Pods", "pods", self.pods.is_some()),
            ("Resource", "resource", self.resource.is_some()),
            ("ContainerResource", "containerResource", self.container_resource.is_some()),
            ("External", "external", self.external.is_some()),
        ];
        for (kind, part, is_given) in given {
            if is_given && kind != self.kind && !self.kind.is_empty() {
                let message = "Forbidden: must populate the given metric source only";
                issues.push(Issue::error(format!("{field}.{part}"), message));
            }
        }
        for (part, source) in [("pods", &self.pods), ("object", &self.object), ("external", &self.external)] {
            if source.as_ref().is_some_and(|source| source.metric.name.is_empty()) {
                issues.push(required(format!("{field}.{part}.metric.name"), "must specify a metric name"));
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
        match self.kind.as_str() {
            // The API server wants it; those who write v2 by hand forget it, and it is clear what they mean.
            "" | "Utilization" | "AverageValue" | "Value" => {}
            other => {
                let known = ["AverageValue", "Utilization", "Value"];
                issues.push(not_supported(format!("{field}.type"), other, &known));
            }
        }
        let (part, target) = if let Some(percent) = self.average_utilization {
            ("averageUtilization", Target::Utilization(i64::from(percent)))
        } else if let Some(value) = self.average_value {
            ("averageValue", Target::AverageValue(value.milli_value()))
        } else if let Some(value) = self.value {
            ("value", Target::Value(value.milli_value()))
        } else {
            let rule = "must set either a target raw value or a target utilization";
            return report(issues, required(format!("{field}.averageUtilization"), rule));
        };
        if self.average_utilization.is_some() && self.average_value.is_some() {
            let message = "Forbidden: may not set both a target raw value and a target utilization";
            issues.push(Issue::error(format!("{field}.averageValue"), message));
        }
        if self.value.is_some() && self.average_value.is_some() {
            let message = "Forbidden: may not set both a target value for metric and a per-pod target";
            issues.push(Issue::error(format!("{field}.value"), message));
        }
        let (Target::Utilization(amount) | Target::AverageValue(amount) | Target::Value(amount)) = target;
        if amount <= 0 {
            let (rule, shown) = match target {
                Target::Utilization(percent) => ("must be greater than 0", percent.to_string()),
                _ => ("must be positive", Quantity::from_milli(amount).to_string()),
            };
            issues.push(invalid(format!("{field}.{part}"), shown, rule));
        }
        Some(target)
    }
}

impl HpaScalingRules {
    /// The rules with those of `default` where nothing is said.
    pub(in crate::scenario) fn convert(&self, field: &str, default: ScalingRules, issues: &mut Issues) -> ScalingRules {
        let window = self.stabilization_window_seconds;
        let at = |part: &str| format!("{field}.{part}");
        match window {
            Some(seconds) if seconds < 0 => {
                let rule = "must be greater than or equal to zero";
                issues.push(invalid(at("stabilizationWindowSeconds"), seconds, rule));
            }
            Some(seconds) if seconds > MAX_WINDOW_S => {
                let rule = format!("must be less than or equal to {MAX_WINDOW_S}");
                issues.push(invalid(at("stabilizationWindowSeconds"), seconds, &rule));
            }
            _ => {}
        }
        let select = match self.select_policy.as_deref() {
            None => default.select,
            Some("Max") => SelectPolicy::Max,
            Some("Min") => SelectPolicy::Min,
            Some("Disabled") => SelectPolicy::Disabled,
            Some(other) => {
                issues.push(not_supported(at("selectPolicy"), other, &["Disabled", "Max", "Min"]));
                default.select
            }
        };
        if self.policies.as_ref().is_some_and(Vec::is_empty) {
            issues.push(required(at("policies"), "must specify at least one Policy"));
        }
        if let Some(tolerance) = self.tolerance.filter(|tolerance| tolerance.is_negative()) {
            issues.push(invalid(at("tolerance"), tolerance, "must be greater than or equal to 0"));
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
            tolerance: self.tolerance.map(Quantity::as_f64).or(default.tolerance),
        }
    }
}

impl HpaScalingPolicy {
    fn convert(&self, field: &str, issues: &mut Issues) -> Option<ScalingPolicy> {
        if self.value <= 0 {
            issues.push(invalid(format!("{field}.value"), self.value, "must be greater than zero"));
        }
        if self.period_seconds <= 0 {
            issues.push(invalid(format!("{field}.periodSeconds"), self.period_seconds, "must be greater than zero"));
        } else if self.period_seconds > MAX_PERIOD_S {
            let rule = format!("must be less than or equal to {MAX_PERIOD_S}");
            issues.push(invalid(format!("{field}.periodSeconds"), self.period_seconds, &rule));
        }
        let kind = match self.kind.as_str() {
            "Pods" => PolicyKind::Pods,
            "Percent" => PolicyKind::Percent,
            other => return report(issues, not_supported(format!("{field}.type"), other, &["Percent", "Pods"])),
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
    fn the_api_server_s_own_words_are_used() {
        let json = r#"{"spec":{"minReplicas":5,"maxReplicas":3,"metrics":[{"type":"Resource","resource":{"name":"cpu",
            "target":{"type":"Utilization","averageUtilization":70,"averageValue":"100m"}},
            "pods":{"metric":{"name":""},"target":{"type":"AverageValue","averageValue":"0"}}}],
            "behavior":{"scaleUp":{"selectPolicy":"max","policies":[]}}}}"#;
        let api: HorizontalPodAutoscaler = serde_json::from_str(json).expect("the test's own text");
        let mut issues = Issues::new();
        api.to_spec(&Flags::default(), &mut Interner::new(), &mut issues);
        let texts: Vec<String> = issues.iter().map(|issue| issue.to_string()).collect();
        let expected = [
            "error: spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`\n    \
             help: minReplicas is 5: raise maxReplicas or lower minReplicas",
            "error: spec.metrics[0].pods: Forbidden: must populate the given metric source only",
            "error: spec.metrics[0].pods.metric.name: Required value: must specify a metric name",
            "error: spec.metrics[0].resource.target.averageValue: Forbidden: may not set both a target raw value and \
             a target utilization",
            "error: spec.behavior.scaleUp.selectPolicy: Unsupported value: \"max\": supported values: \"Disabled\", \
             \"Max\", \"Min\"\n    help: did you mean `Max`?",
            "error: spec.behavior.scaleUp.policies: Required value: must specify at least one Policy",
        ];
        assert_eq!(texts, expected);
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

//! What a Job says of pods that fail or are deleted.

use crate::controllers::Rules;
use crate::controllers::job::OnDisruption;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::reader::Provenance;
use crate::scenario::kubernetes::workloads as api;

/// Upstream: job_controller.go `onlyReplaceFailedPods`, validation.go `validateJobSpec`; 1.28 to 1.36.
pub(super) fn only_replaces_failed(rules: &Rules, spec: &api::JobSpec, from: &Provenance, issues: &mut Issues) -> bool {
    let has_failure_policy = spec.pod_failure_policy.is_some();
    let Some(policy) = spec.pod_replacement_policy.as_deref() else { return has_failure_policy };
    let field = "spec.podReplacementPolicy";
    if !rules.pod_replacement_policy {
        let message = "not used: the feature gate JobPodReplacementPolicy is off (on from Kubernetes 1.29 on)";
        issues.push(from.locate(Issue::warning(field, message)));
        return has_failure_policy;
    }
    let expected = if has_failure_policy { "Failed, with a podFailurePolicy" } else { "TerminatingOrFailed or Failed" };
    if policy != "Failed" && (has_failure_policy || policy != "TerminatingOrFailed") {
        issues.push(from.locate(Issue::error(field, format!("found `{policy}`, expected {expected}"))));
    }
    policy == "Failed" || has_failure_policy
}

/// What the pod failure policy says about pods that are evicted, preempted or lost with their node.
///
/// Upstream: pod_failure_policy.go `matchPodFailurePolicy`, 1.28.
pub(super) fn on_disruption(spec: &api::JobSpec, from: &Provenance, issues: &mut Issues) -> OnDisruption {
    let matches = |pattern: &api::PodConditionPattern| {
        pattern.kind == "DisruptionTarget" && pattern.status.as_deref().is_none_or(|status| status == "True")
    };
    let mut rules = spec.pod_failure_policy.iter().flat_map(|policy| &policy.rules);
    let first = rules.find(|rule| rule.on_pod_conditions.iter().any(matches));
    match first.map(|rule| rule.action.as_str()) {
        None | Some("Count") => OnDisruption::Count,
        Some("Ignore") => OnDisruption::Ignore,
        Some("FailJob") => OnDisruption::FailJob,
        Some(other) => {
            let message = format!("found `{other}`, expected Count, Ignore or FailJob");
            issues.push(from.locate(Issue::error("spec.podFailurePolicy.rules.action", message)));
            OnDisruption::Count
        }
    }
}

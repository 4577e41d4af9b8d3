//! What a scenario says of an HPA in place of its object.

use crate::hpa::{Behavior, Flags, HpaSpec, Metric, Resource, ScalingRules, Target};
use crate::scenario::file::{HpaPatch, HpaPolicy, HpaScaling};
use crate::scenario::issue::Issues;
use crate::scenario::kubernetes::autoscaling::{HorizontalPodAutoscalerSpec, HpaScalingPolicy, HpaScalingRules};

/// Its bounds, which the API server checks.
pub(super) fn bounds(patch: &HpaPatch, spec: &mut HorizontalPodAutoscalerSpec) {
    spec.min_replicas = patch.min_replicas.or(spec.min_replicas);
    spec.max_replicas = patch.max_replicas.unwrap_or(spec.max_replicas);
}

/// Target and rules. An HPA without `behavior` gets the API server's where one of its rules is given. What is wrong goes to
/// `issues`, in the words of the API server.
pub(super) fn rules(name: &str, patch: &HpaPatch, (spec, flags): (&mut HpaSpec, &Flags), issues: &mut Issues) {
    if let Some(percent) = patch.cpu_utilization {
        for metric in &mut spec.metrics {
            if let Metric::Resource { resource: Resource::Cpu, target, .. } = metric {
                *target = Target::Utilization(percent);
            }
        }
    }
    let asked = &patch.behavior;
    if asked.scale_up.is_none() && asked.scale_down.is_none() {
        return;
    }
    let mut changed = |own: ScalingRules, asked: &Option<HpaScaling>, field: &str| match asked {
        Some(asked) => as_api(asked).convert(&format!("hpas.{name}.behavior.{field}"), own, issues),
        None => own,
    };
    let own = spec.behavior.take().unwrap_or_else(|| Behavior {
        scale_up: ScalingRules::default_up(),
        scale_down: ScalingRules::default_down(flags),
    });
    spec.behavior = Some(Behavior {
        scale_up: changed(own.scale_up, &asked.scale_up, "scaleUp"),
        scale_down: changed(own.scale_down, &asked.scale_down, "scaleDown"),
    });
}

fn as_api(asked: &HpaScaling) -> HpaScalingRules {
    let policy = |HpaPolicy { kind, value, period_seconds }: &HpaPolicy| HpaScalingPolicy {
        kind: kind.clone(),
        value: *value,
        period_seconds: *period_seconds,
    };
    HpaScalingRules {
        stabilization_window_seconds: asked.stabilization_window_seconds,
        select_policy: asked.select_policy.clone(),
        policies: asked.policies.as_ref().map(|policies| policies.iter().map(policy).collect()),
        tolerance: asked.tolerance,
    }
}

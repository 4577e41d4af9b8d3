//! How workloads get a new template: their strategies.

use crate::controllers::IntOrPercent::{self, Int, Percent};
use crate::controllers::deployment::Strategy;
use crate::controllers::{Rules, daemon_set, stateful_set};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::workloads::{UpdateStrategy, Workload};
use crate::world::WorkloadKind;

/// More pods of one workload are refused.
pub(super) const MOST_REPLICAS: i32 = 150_000;

/// Upstream: defaults of apps/v1: 25 % each.
pub(super) fn deployment(object: &Workload, issues: &mut Issues) -> WorkloadKind {
    let field = "spec.strategy";
    let strategy = match is_rolling(field, &object.spec.strategy, "Recreate", issues) {
        false => Strategy::Recreate,
        true => Strategy::RollingUpdate {
            max_surge: bound(field, "maxSurge", &object.spec.strategy, Percent(25), issues),
            max_unavailable: bound(field, "maxUnavailable", &object.spec.strategy, Percent(25), issues),
        },
    };
    WorkloadKind::Deployment(strategy)
}

/// Upstream: defaults of apps/v1: one unavailable, no surge.
pub(super) fn daemon_set(object: &Workload, issues: &mut Issues) -> WorkloadKind {
    let field = "spec.updateStrategy";
    let update = match is_rolling(field, &object.spec.update_strategy, "OnDelete", issues) {
        false => daemon_set::Update::OnDelete,
        true => daemon_set::Update::RollingUpdate {
            max_surge: bound(field, "maxSurge", &object.spec.update_strategy, Int(0), issues),
            max_unavailable: bound(field, "maxUnavailable", &object.spec.update_strategy, Int(1), issues),
        },
    };
    WorkloadKind::DaemonSet(update)
}

/// `maxUnavailable` counts behind its gate only.
pub(super) fn stateful_set(object: &Workload, rules: &Rules, issues: &mut Issues) -> stateful_set::Update {
    let strategy = &object.spec.update_strategy;
    if !is_rolling("spec.updateStrategy", strategy, "OnDelete", issues) {
        return stateful_set::Update::OnDelete;
    }
    let asked = strategy.rolling_update.max_unavailable;
    if asked.is_some() && !rules.max_unavailable_stateful_set {
        let message = "not used: the feature gate MaxUnavailableStatefulSet is off";
        let help = "switch it on with cluster.featureGates: {MaxUnavailableStatefulSet: true}";
        issues.push(Issue::warning("spec.updateStrategy.rollingUpdate.maxUnavailable", message).with_help(help));
    }
    let max_unavailable = rules
        .max_unavailable_stateful_set
        .then(|| bound("spec.updateStrategy", "maxUnavailable", strategy, Int(1), issues));
    stateful_set::Update::RollingUpdate { partition: strategy.rolling_update.partition.unwrap_or(0), max_unavailable }
}

fn is_rolling(field: &str, strategy: &UpdateStrategy, other: &str, issues: &mut Issues) -> bool {
    match strategy.kind.as_deref() {
        None | Some("RollingUpdate") => true,
        Some(kind) if kind == other => false,
        Some(kind) => {
            let message = format!("found `{kind}`, expected RollingUpdate or {other}");
            issues.push(Issue::error(format!("{field}.type"), message));
            false
        }
    }
}

fn bound(
    field: &str,
    name: &str,
    strategy: &UpdateStrategy,
    default: IntOrPercent,
    issues: &mut Issues,
) -> IntOrPercent {
    let update = &strategy.rolling_update;
    let (value, most_percent) = match name {
        "maxSurge" => (update.max_surge, 1000),
        _ => (update.max_unavailable, 100),
    };
    let value = value.unwrap_or(default);
    let (found, most, unit) = match value {
        Int(count) => (count, MOST_REPLICAS, ""),
        Percent(percent) => (percent, most_percent, "%"),
    };
    if !(0..=most).contains(&found) {
        let message = format!("found {found}{unit}, expected 0{unit} to {most}{unit}");
        issues.push(Issue::error(format!("{field}.rollingUpdate.{name}"), message));
    }
    value
}

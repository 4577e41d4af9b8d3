//! The list of an HPA's metrics, which a patch replaces as a whole.

use crate::hpa::{Metric, Resource, Target};
use crate::world::{Cast, Hpa};
use serde_json::{Value, json};
use std::fmt::Write;

/// The HPA's metrics with another utilisation target of cpu, percent; none where there is a metric of which the simulation does
/// not know all that the object says.
pub(super) fn with_cpu_target(hpa: &Hpa, percent: i64, cast: &Cast) -> Option<String> {
    let mut text = "  metrics:\n".to_owned();
    for metric in &hpa.spec.metrics {
        let is_cpu = matches!(metric, Metric::Resource { resource: Resource::Cpu, target: Target::Utilization(_), .. });
        let target = if is_cpu { Target::Utilization(percent) } else { metric.target() };
        let _ = writeln!(text, "    - {}", written(metric, target, cast)?);
    }
    Some(text)
}

fn written(metric: &Metric, target: Target, cast: &Cast) -> Option<Value> {
    let symbols = &cast.cluster.symbols;
    match *metric {
        Metric::Resource { resource, container, .. } => {
            let name = if resource == Resource::Cpu { "cpu" } else { "memory" };
            Some(match container {
                None => json!({"type": "Resource", "resource": {"name": name, "target": amount(target)}}),
                Some(container) => {
                    let what = json!({"name": name, "container": symbols.text(container), "target": amount(target)});
                    json!({"type": "ContainerResource", "containerResource": what})
                }
            })
        }
        Metric::Pods { metric, .. } => {
            let what = json!({"metric": {"name": symbols.text(metric)}, "target": amount(target)});
            Some(json!({"type": "Pods", "pods": what}))
        }
        // Of which object, by which labels: the simulation needs neither.
        Metric::Object { .. } | Metric::External { .. } => None,
    }
}

fn amount(target: Target) -> Value {
    let quantity = |milli: i64| if milli % 1000 == 0 { (milli / 1000).to_string() } else { format!("{milli}m") };
    match target {
        Target::Utilization(percent) => json!({"type": "Utilization", "averageUtilization": percent}),
        Target::AverageValue(milli) => json!({"type": "AverageValue", "averageValue": quantity(milli)}),
        Target::Value(milli) => json!({"type": "Value", "value": quantity(milli)}),
    }
}

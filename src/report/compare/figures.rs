//! All figures of a report that can be set beside another's, with what they are.

use super::model::Scope;
use crate::report::{Estimate, LatencyDetail, Report, Unit};
use crate::study::Better;

/// A figure.
pub(super) struct Figure<'a> {
    pub(super) scope: Scope,
    pub(super) name: String,
    pub(super) metric: &'a str,
    pub(super) label: &'a str,
    pub(super) unit: Unit,
    pub(super) better: Better,
    pub(super) value: &'a Estimate,
}

/// A figure of a row, without the row.
type Row<'a> = (&'static str, &'static str, Unit, Better, &'a Estimate);

/// Headlines of which neither direction is good.
const NEUTRAL: [&str; 4] = ["nodeHours", "nodesPeak", "scaleEvents", "spotSurvived"];

/// The figures, headlines first.
pub(super) fn figures<'a>(report: &'a Report) -> Vec<Figure<'a>> {
    let mut all: Vec<Figure<'a>> = report
        .headlines
        .iter()
        .map(|row| Figure {
            scope: Scope::Whole,
            name: String::new(),
            metric: &row.metric,
            label: &row.label,
            unit: row.unit,
            better: if NEUTRAL.contains(&row.metric.as_str()) { Better::Neither } else { Better::Lower },
            value: &row.value,
        })
        .collect();
    let mut add = |scope: Scope, name: String, rows: Vec<Row<'a>>| {
        let figure = |(metric, label, unit, better, value)| Figure {
            scope,
            name: name.clone(),
            metric,
            label,
            unit,
            better,
            value,
        };
        all.extend(rows.into_iter().map(figure));
    };
    for row in &report.routes {
        let latency = [&row.latency_ms_p50, &row.latency_ms_p95, &row.latency_ms_p99];
        add(Scope::Route, row.name.clone(), felt(&row.requests_per_second, latency, &row.error_ratio, &row.detail));
    }
    for row in &report.services {
        let latency = [&row.latency_ms_p50, &row.latency_ms_p95, &row.latency_ms_p99];
        let mut rows = felt(&row.requests_per_second, latency, &row.error_ratio, &row.detail);
        rows.push(("breachRatio", "time in breach", Unit::Ratio, Better::Lower, &row.breach_ratio));
        add(Scope::Service, full_name(&row.namespace, &row.name), rows);
    }
    for row in &report.autoscalers {
        let rows = vec![
            ("replicasMean", "replicas", Unit::Count, Better::Neither, &row.replicas_mean),
            ("replicasPeak", "replicas at most", Unit::Count, Better::Neither, &row.replicas_peak),
            ("atMaxRatio", "time at maxReplicas", Unit::Ratio, Better::Lower, &row.at_max_ratio),
            ("scaleEvents", "rescales", Unit::Count, Better::Neither, &row.scale_events),
            ("flappingPerHour", "changes of direction", Unit::PerHour, Better::Lower, &row.flapping_per_hour),
        ];
        add(Scope::Hpa, full_name(&row.namespace, &row.name), rows);
    }
    for row in &report.groups {
        let rows = vec![
            ("costUsdPerMonth", "cost per month", Unit::UsdPerMonth, Better::Lower, &row.cost_usd_per_month),
            ("nodesMean", "nodes", Unit::Count, Better::Neither, &row.nodes_mean),
            ("nodesPeak", "nodes at most", Unit::Count, Better::Neither, &row.nodes_peak),
            ("idleRatio", "idle share of its cost", Unit::Ratio, Better::Lower, &row.idle_ratio),
            ("interruptions", "spot notices", Unit::Count, Better::Lower, &row.interruptions),
        ];
        add(Scope::NodeGroup, row.name.clone(), rows);
    }
    let costs = report.namespaces.iter().map(|row| (Scope::Namespace, &row.name, &row.cost_usd_per_month));
    let charges = report.charges.iter().map(|row| (Scope::Charge, &row.name, &row.cost_usd_per_month));
    for (scope, name, cost) in costs.chain(charges) {
        let rows = vec![("costUsdPerMonth", "cost per month", Unit::UsdPerMonth, Better::Lower, cost)];
        add(scope, name.clone(), rows);
    }
    all
}

fn full_name(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}

fn felt<'a>(
    requests: &'a Estimate,
    [p50, p95, p99]: [&'a Estimate; 3],
    errors: &'a Estimate,
    detail: &'a LatencyDetail,
) -> Vec<Row<'a>> {
    vec![
        ("requestsPerSecond", "requests", Unit::PerSecond, Better::Neither, requests),
        ("latencyMsP50", "latency P50", Unit::Milliseconds, Better::Lower, p50),
        ("latencyMsP95", "latency P95", Unit::Milliseconds, Better::Lower, p95),
        ("latencyMsP99", "latency P99", Unit::Milliseconds, Better::Lower, p99),
        ("errorRatio", "failed requests", Unit::Ratio, Better::Lower, errors),
        ("apdex", "apdex", Unit::Count, Better::Higher, &detail.apdex),
    ]
}

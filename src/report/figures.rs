//! All figures of a report that can be set beside another's, with what they are.

use super::model::{LatencyDetail, Report, Unit};
use crate::study::{Better, Estimate};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a figure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// Everything.
    Whole,
    /// An entry route.
    Route,
    /// A service.
    Service,
    /// A HorizontalPodAutoscaler.
    Hpa,
    /// A node group.
    NodeGroup,
    /// A namespace, with OpenCost's `__idle__` and `__unallocated__`.
    Namespace,
    /// A kind of charge.
    Charge,
}

impl Scope {
    /// For people, singular.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Scope::Whole => "in all",
            Scope::Route => "route",
            Scope::Service => "service",
            Scope::Hpa => "HPA",
            Scope::NodeGroup => "node group",
            Scope::Namespace => "namespace",
            Scope::Charge => "charge",
        }
    }

    /// As it is written in a figure's key; none for everything.
    pub(crate) fn tag(self) -> Option<&'static str> {
        match self {
            Scope::Whole => None,
            Scope::Route => Some("route"),
            Scope::Service => Some("service"),
            Scope::Hpa => Some("hpa"),
            Scope::NodeGroup => Some("nodeGroup"),
            Scope::Namespace => Some("namespace"),
            Scope::Charge => Some("charge"),
        }
    }
}

/// A figure of a report.
#[derive(Clone, Debug)]
pub struct Figure<'a> {
    /// What it is about.
    pub scope: Scope,
    /// The name of what it is about; empty for everything.
    pub name: String,
    /// Its stable name: `latencyMsP95`.
    pub metric: &'a str,
    /// A few words for people.
    pub label: &'a str,
    /// Its unit.
    pub unit: Unit,
    /// Which way it gets better.
    pub better: Better,
    /// Its value over replications.
    pub value: Cow<'a, Estimate>,
}

impl Figure<'_> {
    /// What people call it: `latencyMsP95`, `latencyMsP95{route:/checkout}`.
    pub fn key(&self) -> String {
        key(self.metric, self.scope, &self.name)
    }
}

/// The metric alone where it is of everything, else with what it is about, as k6 writes a metric with a tag.
pub(crate) fn key(metric: &str, scope: Scope, name: &str) -> String {
    match scope.tag() {
        None => metric.to_owned(),
        Some(tag) => format!("{metric}{{{tag}:{name}}}"),
    }
}

/// A figure of a row, without the row.
type Row<'a> = (&'static str, &'static str, Unit, Better, &'a Estimate);

/// Headlines of which neither direction is good.
const NEUTRAL: [&str; 4] = ["nodeHours", "nodesPeak", "scaleEvents", "spotSurvived"];

/// The figures, headlines first.
pub fn figures<'a>(report: &'a Report) -> Vec<Figure<'a>> {
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
            value: Cow::Borrowed(&row.value),
        })
        .collect();
    all.push(rescales(report));
    let mut add = |scope: Scope, name: String, rows: Vec<Row<'a>>| {
        let figure = |(metric, label, unit, better, value)| Figure {
            scope,
            name: name.clone(),
            metric,
            label,
            unit,
            better,
            value: Cow::Borrowed(value),
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

/// What all HPAs do together.
fn rescales(report: &Report) -> Figure<'_> {
    let rows = || report.autoscalers.iter().map(|row| &row.scale_events);
    let count = rows().map(|row| row.values.len()).max().unwrap_or(0);
    let sum = |at: usize| rows().filter_map(|row| row.values.get(at)).sum();
    Figure {
        scope: Scope::Whole,
        name: String::new(),
        metric: "rescales",
        label: "HPA rescales",
        unit: Unit::Count,
        better: Better::Neither,
        value: Cow::Owned(Estimate::of((0..count).map(sum)).within(0.0, f64::INFINITY)),
    }
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

//! All figures of a report that can be set beside another's, with what they are.

use super::metrics::{self, Metric, metric_of};
use super::model::{LatencyDetail, Report, Unit};
use crate::study::{Better, Estimate, Kind};
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
    /// In the order of a report.
    pub(crate) const ALL: [Scope; 7] =
        [Scope::Whole, Scope::Route, Scope::Service, Scope::Hpa, Scope::NodeGroup, Scope::Namespace, Scope::Charge];

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
    /// The service level that it should stay below.
    pub objective: Option<f64>,
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
type Row<'a> = (Metric, &'a Estimate);

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
            better: metric_of(&row.metric).map_or(Better::Lower, |(metric, _)| metric.better),
            value: Cow::Borrowed(&row.value),
            objective: row.objective,
        })
        .collect();
    all.push(rescales(report));
    let mut add = |scope: Scope, name: String, rows: Vec<Row<'a>>| {
        let figure = |(metric, value): Row<'a>| Figure {
            scope,
            name: name.clone(),
            metric: metric.name,
            label: metric.of_part,
            unit: metric.unit,
            better: metric.better,
            value: Cow::Borrowed(value),
            objective: promised(report, &key(metric.name, scope, &name)),
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
        rows.push((metrics::BREACH, &row.breach_ratio));
        add(Scope::Service, full_name(&row.namespace, &row.name), rows);
    }
    for row in &report.autoscalers {
        let rows = vec![
            (metrics::REPLICAS, &row.replicas_mean),
            (metrics::REPLICAS_PEAK, &row.replicas_peak),
            (metrics::AT_MAX, &row.at_max_ratio),
            (metrics::SCALE_EVENTS, &row.scale_events),
            (metrics::FLAPPING, &row.flapping_per_hour),
        ];
        add(Scope::Hpa, full_name(&row.namespace, &row.name), rows);
    }
    for row in &report.groups {
        let rows = vec![
            (metrics::COST, &row.cost_usd_per_month),
            (metrics::NODES, &row.nodes_mean),
            (metrics::NODES_PEAK, &row.nodes_peak),
            (metrics::IDLE, &row.idle_ratio),
            (metrics::INTERRUPTIONS, &row.interruptions),
        ];
        add(Scope::NodeGroup, row.name.clone(), rows);
    }
    let costs = report.namespaces.iter().map(|row| (Scope::Namespace, &row.name, &row.cost_usd_per_month));
    let charges = report.charges.iter().map(|row| (Scope::Charge, &row.name, &row.cost_usd_per_month));
    for (scope, name, cost) in costs.chain(charges) {
        let rows = vec![(metrics::COST, cost)];
        add(scope, name.clone(), rows);
    }
    all
}

/// What is promised of the figure of a part.
fn promised(report: &Report, key: &str) -> Option<f64> {
    report.objectives.iter().find(|row| row.metric == key).map(|row| row.target)
}

/// What all HPAs do together.
fn rescales(report: &Report) -> Figure<'_> {
    let rows = || report.autoscalers.iter().map(|row| &row.scale_events);
    let count = rows().map(|row| row.values.len()).max().unwrap_or(0);
    let sum = |at: usize| rows().filter_map(|row| row.values.get(at)).sum();
    Figure {
        scope: Scope::Whole,
        name: String::new(),
        metric: metrics::RESCALES.name,
        label: metrics::RESCALES.of_all,
        unit: metrics::RESCALES.unit,
        better: metrics::RESCALES.better,
        value: Cow::Owned(Estimate::of_kind(Kind::COUNT, (0..count).map(sum))),
        objective: None,
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
        (metrics::REQUESTS, requests),
        (metrics::LATENCY_P50, p50),
        (metrics::LATENCY_P95, p95),
        (metrics::LATENCY_P99, p99),
        (metrics::ERRORS, errors),
        (metrics::APDEX, &detail.apdex),
    ]
}

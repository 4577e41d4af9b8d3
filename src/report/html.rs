//! The page: one file, no network, light and dark, prints well. The answer is on top.

use super::chart::{cost_figures, timeline_figures};
use super::format::{figure, interval};
use super::terminal::{basis, overall};
use super::{Estimate, Report, Unit};
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};

/// The page for a report.
///
/// Cost: mostly the drawing of charts, some tens of milliseconds.
pub fn html(report: &Report) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
    let page = environment.render_str(TEMPLATE, model(report));
    page.unwrap_or_else(|error| format!("<!doctype html><title>foresail</title><pre>{error}</pre>"))
}

fn model(report: &Report) -> Value {
    let headlines: Vec<Value> = report
        .headlines
        .iter()
        .map(|row| {
            context! {
                label => row.label.as_str(),
                value => figure(row.value.mean, row.unit),
                range => interval(&row.value, row.unit),
                target => row.objective.map(|target| figure(target, row.unit)),
                missed => row.objective.is_some_and(|target| row.value.mean > target),
            }
        })
        .collect();
    context! {
        report => Value::from(Serde(report)),
        days => format!("{:.1}", report.scenario.duration_seconds / 86_400.0),
        headlines => headlines,
        objectives => objectives(report),
        overall => report.recommendation.as_ref().map(overall),
        basis => report.recommendation.as_ref().map(basis),
        bounds => Value::from(Serde(report.recommendation.as_ref().map(|found| &found.bounds))),
        charges => report.charges.iter().map(|row| {
            context! { name => row.name.as_str(), value => money(&row.cost_usd_per_month), range => range(&row.cost_usd_per_month) }
        }).collect::<Vec<_>>(),
        namespaces => report.namespaces.iter().map(|row| {
            context! { name => row.name.as_str(), value => money(&row.cost_usd_per_month), range => range(&row.cost_usd_per_month) }
        }).collect::<Vec<_>>(),
        groups => groups(report),
        hpas => hpas(report),
        routes => routes(report),
        services => services(report),
        cost_figures => Value::from(Serde(cost_figures(report))),
        figures => Value::from(Serde(timeline_figures(report))),
    }
}

fn money(estimate: &Estimate) -> String {
    figure(estimate.mean, Unit::UsdPerMonth)
}
fn range(estimate: &Estimate) -> String {
    interval(estimate, Unit::UsdPerMonth)
}
fn mean(estimate: &Estimate, unit: Unit) -> String {
    figure(estimate.mean, unit)
}

fn objectives(report: &Report) -> Vec<String> {
    let row = |row: &super::Objective| {
        let target = figure(row.target, row.unit);
        format!("{} at most {target}: kept in {:.0} % of the replications", row.label, row.met_ratio * 100.0)
    };
    report.objectives.iter().map(row).collect()
}

fn groups(report: &Report) -> Vec<Vec<String>> {
    let row = |group: &super::GroupResult| {
        vec![
            group.name.clone(),
            group.instance_types.join(", "),
            group.capacity_type.clone(),
            format!("{}..{}", group.min_size, group.max_size),
            mean(&group.nodes_mean, Unit::Count),
            mean(&group.nodes_peak, Unit::Count),
            money(&group.cost_usd_per_month),
            mean(&group.idle_ratio, Unit::Ratio),
            mean(&group.interruptions, Unit::Count),
        ]
    };
    report.groups.iter().map(row).collect()
}

fn hpas(report: &Report) -> Vec<Vec<String>> {
    let row = |hpa: &super::AutoscalerResult| {
        vec![
            format!("{}/{}", hpa.namespace, hpa.name),
            format!("{}..{}", hpa.min_replicas, hpa.max_replicas),
            mean(&hpa.replicas_mean, Unit::Count),
            mean(&hpa.replicas_peak, Unit::Count),
            mean(&hpa.at_max_ratio, Unit::Ratio),
            mean(&hpa.scale_events, Unit::Count),
            mean(&hpa.flapping_per_hour, Unit::Count),
        ]
    };
    report.autoscalers.iter().map(row).collect()
}

fn routes(report: &Report) -> Vec<Vec<String>> {
    let row = |route: &super::RouteResult| {
        vec![
            route.name.clone(),
            mean(&route.requests_per_second, Unit::Count),
            mean(&route.latency_ms_p50, Unit::Milliseconds),
            mean(&route.latency_ms_p95, Unit::Milliseconds),
            mean(&route.latency_ms_p99, Unit::Milliseconds),
            figure(route.pooled_ms_p99, Unit::Milliseconds),
            mean(&route.error_ratio, Unit::Ratio),
            format!("{:.3}", route.apdex.mean),
        ]
    };
    report.routes.iter().map(row).collect()
}

fn services(report: &Report) -> Vec<Vec<String>> {
    let row = |service: &super::ServiceResult| {
        vec![
            service.name.clone(),
            mean(&service.requests_per_second, Unit::Count),
            mean(&service.latency_ms_p50, Unit::Milliseconds),
            mean(&service.latency_ms_p95, Unit::Milliseconds),
            mean(&service.latency_ms_p99, Unit::Milliseconds),
            mean(&service.error_ratio, Unit::Ratio),
        ]
    };
    report.services.iter().map(row).collect()
}

const TEMPLATE: &str = include_str!("page.html");

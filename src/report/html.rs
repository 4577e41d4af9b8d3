//! The page: one file, no network, light and dark, prints well. The answer is on top.

use super::chart::{cost_figures, timeline_figures};
use super::format::{figure, interval};
use super::tables::{self, Grid};
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
        grids => [tables::routes, tables::services, tables::hpas, tables::vpas, tables::groups].map(|table| grid(table(report))),
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

fn objectives(report: &Report) -> Vec<String> {
    let row = |row: &super::Objective| {
        let target = figure(row.target, row.unit);
        format!("{} at most {target}: kept in {:.0} % of the replications", row.label, row.met_ratio * 100.0)
    };
    report.objectives.iter().map(row).collect()
}

fn grid(grid: Grid) -> Value {
    context! { title => grid.title, heads => grid.heads.to_vec(), rows => grid.rows }
}

const TEMPLATE: &str = include_str!("page.html");

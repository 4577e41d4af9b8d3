//! The page: one file, no network, light and dark, prints well. The answer is on top.

use super::chart::{cost_figures, timeline_figures};
use super::format::{duration, figure, interval, parts};
use super::page::page;
use super::tables::{self, Grid};
use super::verdict::{basis, overall};
use super::{Estimate, Report, Unit};
use crate::units::counted;
use minijinja::value::Serde;
use minijinja::{Value, context};

/// The page for a report.
///
/// Cost: mostly the drawing of charts, some tens of milliseconds.
pub fn html(report: &Report) -> String {
    page(TEMPLATE, model(report))
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
        span => duration(report.scenario.duration_seconds),
        replications => counted(report.run.replications as usize, "replication"),
        headlines => headlines,
        objectives => objectives(report),
        overall => report.recommendation.as_ref().map(|found| overall(report, found)),
        basis => report.recommendation.as_ref().map(basis),
        bounds => Value::from(Serde(report.recommendation.as_ref().map(|found| &found.bounds))),
        charges => costs(report.charges.iter().map(|row| (row.name.as_str(), &row.cost_usd_per_month))),
        namespaces => costs(report.namespaces.iter().map(|row| (row.name.as_str(), &row.cost_usd_per_month))),
        grids => [tables::routes, tables::services, tables::bottlenecks, tables::hpas, tables::vpas, tables::groups, tables::commitments, tables::commitment_advice].map(|table| grid(table(report))),
        cost_figures => Value::from(Serde(cost_figures(report))),
        figures => Value::from(Serde(timeline_figures(report))),
    }
}

/// Names with their costs, which add up as they are shown.
fn costs<'a>(rows: impl Iterator<Item = (&'a str, &'a Estimate)>) -> Vec<Value> {
    let rows: Vec<(&str, &Estimate)> = rows.collect();
    let amounts: Vec<f64> = rows.iter().map(|(_, cost)| cost.mean).collect();
    let shown = parts(amounts.iter().sum(), &amounts);
    let row = |((name, cost), value): (&(&str, &Estimate), String)| {
        context! { name => *name, value => value, range => interval(cost, Unit::UsdPerMonth) }
    };
    rows.iter().zip(shown).map(row).collect()
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

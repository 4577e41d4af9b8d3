//! The page: one file, no network, light and dark, prints well. The answer is on top: one sentence and four figures; all others
//! are folded under headings, and open where the page is printed.

mod advice;
mod bill;
mod cards;
mod costs;
mod owners;
mod table;

use super::beginning::beginning;
use super::chart::{cost_figures, timeline_figures};
use super::format::{cents, duration, exact, figure, interval};
use super::page::page;
use super::tables;
use super::verdict::{basis, changes, overall};
use super::{Estimate, Headline, Report};
use crate::units::counted;
use minijinja::value::Serde;
use minijinja::{Value, context};
use table::Table;

/// The page for a report.
///
/// Cost: mostly the drawing of charts, some tens of milliseconds.
pub fn html(report: &Report) -> String {
    page(TEMPLATE, model(report))
}

fn model(report: &Report) -> Value {
    let tables = |all: &[fn(&Report) -> tables::Grid]| -> Vec<Value> {
        let all = all.iter().map(|table| Table::from(table(report))).filter(|table| !table.is_empty);
        all.map(|table| Value::from(Serde(table))).collect()
    };
    let shown = |all: Vec<Table>| all.into_iter().map(|table| Value::from(Serde(table))).collect::<Vec<_>>();
    let cost = report.headline("costUsdPerMonth").map(|row| cents(row.value.mean)).unwrap_or_default();
    context! {
        report => Value::from(Serde(report)),
        span => duration(report.scenario.duration_seconds),
        replications => counted(report.run.replications as usize, "replication"),
        beginning => beginning(report.run.warm_up_seconds),
        sentence => cards::sentence(report),
        cards => Value::from(Serde(cards::cards(report))),
        cost => cost,
        costs => shown(costs::tables(report)),
        period => bill::period(&report.bill),
        invoiced => bill::invoiced(&report.bill),
        bill => shown(bill::tables(report)),
        has_files => !report.bill.lines.is_empty(),
        owners => shown(owners::allocation(report)),
        budgets => Value::from(Serde(owners::budgets(report))),
        forecast => Value::from(Serde(owners::forecast(report))),
        unit_costs => shown(owners::unit_costs(report)),
        answer => Value::from(Serde(answer(report))),
        advised => advice::verdict(report),
        advice => Value::from(Serde(advice::sentences(report))),
        advice_tables => shown(advice::tables(report)),
        overall => report.recommendation.as_ref().map(|found| overall(report, found)),
        basis => report.recommendation.as_ref().map(|found| basis(found).trim().to_owned()),
        changes => changes(report),
        bounds => Value::from(Serde(bounds(report))),
        settings => tables(&[tables::settings]),
        pledged => tables(&[tables::commitments, tables::commitment_advice]),
        felt => tables(&[tables::routes, tables::services, tables::bottlenecks]),
        scaling => tables(&[tables::groups, tables::hpas, tables::vpas]),
        cost_figures => Value::from(Serde(cost_figures(report))),
        figures => Value::from(Serde(timeline_figures(report))),
    }
}

/// All headlines, with where the mean lies and where single runs lie.
fn answer(report: &Report) -> Table {
    let row = |row: &Headline| {
        let Estimate { mean, p5, p95, .. } = row.value;
        let [low, high] = [p5, p95].map(|value| figure(value, row.unit));
        let spread = if low == high { String::new() } else { format!("{low} – {high}") };
        let target = row.objective.map_or(String::new(), |target| {
            let kept = if super::verdict::is_met(report, row, target) { "met" } else { "missed" };
            format!("{} {kept}", figure(target, row.unit))
        });
        vec![row.label.clone(), exact(mean, row.unit), interval(&row.value, row.unit), spread, target]
    };
    let rows = report.headlines.iter().map(row).collect();
    Table::new("", &["", "mean", "95 % interval", "9 of 10 runs", "objective"], rows)
}

/// Min and max as they are, and as they should be.
fn bounds(report: &Report) -> Table {
    let rows = report.recommendation.iter().flat_map(|found| &found.bounds).map(|row| {
        let range = |min: u32, max: u32| format!("{min}..{max}");
        let (now, new) = (range(row.current_min, row.current_max), range(row.min, row.max));
        vec![row.target.clone(), now, new, row.reason.clone()]
    });
    Table::new("", &["", "now", "recommended", "-why"], rows.collect())
}

const TEMPLATE: &str = include_str!("page.html");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_says_which_column_it_is_of() {
        let page = html(&crate::report::bill::fixture::report());
        let cells = page.matches("<td").count();
        assert!(cells > 200, "{cells}");
        let labelled = |class: &str| page.matches(&format!("<td{class} data-label=")).count();
        assert_eq!(["", " class=\"text\"", " class=\"word\""].map(labelled).iter().sum::<usize>(), cells);
        assert!(!page.contains("--muted"), "no colour that the style sheet does not have");
    }

    #[test]
    fn names_of_others_are_text() {
        let mut report = crate::report::bill::fixture::report();
        "<script>alert(1)</script>".clone_into(&mut report.bill.lines[0].name);
        "<b>".clone_into(&mut report.namespaces[0].name);
        let page = html(&report);
        assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;alert"));
        assert!(!page.contains("<td data-label=\"\"><b>"));
    }
}

//! The forecast by month, in words and tables: the same on screen, page and sheet.

use super::format::{cents, figure, parts_in_cents};
use super::tables::Grid;
use super::{ForecastMonthResult, ForecastResult, Report, Unit};

/// The months; as shown, they add up to the last row.
pub(super) fn months(report: &Report) -> Grid {
    let Some(forecast) = &report.forecast else { return Grid { title: String::new(), heads: &[], rows: Vec::new() } };
    let amounts = |usd: fn(&ForecastMonthResult) -> f64| forecast.months.iter().map(usd).collect::<Vec<f64>>();
    let cost = parts_in_cents(forecast.cost_usd.mean, &amounts(|month| month.cost_usd.mean), |_| false);
    let net = parts_in_cents(forecast.net_usd.mean, &amounts(|month| month.net_usd.mean), |_| false);
    let row = |((month, cost), net): ((&ForecastMonthResult, String), String)| {
        let [low, high] = [month.cost_usd.p5, month.cost_usd.p95].map(cents);
        vec![
            month.month.clone(),
            figure(month.demand, Unit::Ratio),
            cost,
            format!("{low} – {high}"),
            net,
            remarks(forecast, month).join("; "),
        ]
    };
    let mut rows: Vec<Vec<String>> = forecast.months.iter().zip(cost).zip(net).map(row).collect();
    let [low, high] = [forecast.cost_usd.p5, forecast.cost_usd.p95].map(cents);
    rows.push(vec![
        "total".to_owned(),
        String::new(),
        cents(forecast.cost_usd.mean),
        format!("{low} – {high}"),
        cents(forecast.net_usd.mean),
        String::new(),
    ]);
    Grid {
        title: "Forecast by calendar month".to_owned(),
        heads: &["", "demand", "amortised", "P5 – P95", "invoiced", "what changes"],
        rows,
    }
}

/// What happens in a month: commitments, budgets.
pub(super) fn remarks(forecast: &ForecastResult, month: &ForecastMonthResult) -> Vec<String> {
    let passed = forecast.budgets.iter().filter(|budget| budget.exceeded_in.as_ref() == Some(&month.month));
    let passed = passed.map(|budget| format!("passes the budget {} of {}", budget.owner, cents(budget.budget_usd)));
    month.changes.iter().cloned().chain(passed).collect()
}

/// What the terminal says beside the sum: how sure it is, and the budget that is passed first.
pub(super) fn in_short(forecast: &ForecastResult) -> String {
    let [low, high] = [forecast.cost_usd.p5, forecast.cost_usd.p95].map(|usd| figure(usd, Unit::Usd));
    let spread = if low == high { String::new() } else { format!("P5 {low}, P95 {high}") };
    let first = forecast.budgets.iter().filter_map(|budget| Some((budget.exceeded_in.as_ref()?, &budget.owner))).min();
    let budget = first.map(|(month, owner)| format!("over the budget {owner} in {month}"));
    [Some(spread), budget].into_iter().flatten().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Estimate, ForecastBudget, fixture};
    use std::collections::BTreeMap;

    fn report() -> Report {
        let month = |month: &str, usd: f64, changes: &[&str]| ForecastMonthResult {
            month: month.to_owned(),
            from: format!("{month}-01T00:00:00Z"),
            until: String::new(),
            demand: 1.05,
            cost_usd: Estimate::of([usd - 1.0, usd + 1.0]),
            net_usd: Estimate::exact(usd / 3.0),
            charges_usd: BTreeMap::from([("volumes".to_owned(), usd)]),
            changes: changes.iter().map(|text| (*text).to_owned()).collect(),
        };
        let forecast = ForecastResult {
            growth_per_month: 0.05,
            basis: "Simulated.".to_owned(),
            levels: 2,
            replications: 2,
            months: vec![month("2026-12", 100.004, &[]), month("2027-01", 110.004, &["app ends on 2027-01-15"])],
            cost_usd: Estimate::of([208.008, 212.008]),
            net_usd: Estimate::exact(210.008 / 3.0),
            budgets: vec![ForecastBudget {
                owner: "cluster".to_owned(),
                budget_usd: 105.0,
                expected_usd: vec![100.004, 110.004],
                exceeded_in: Some("2027-01".to_owned()),
            }],
        };
        Report { forecast: Some(forecast), ..fixture::report() }
    }

    #[test]
    fn months_add_up_as_shown() {
        let grid = months(&report());
        let cents_of = |text: &str| text.replace(['$', ',', '.'], "").parse::<i64>().unwrap();
        let (total, rows) = grid.rows.split_last().unwrap();
        for column in [2, 4] {
            assert_eq!(
                rows.iter().map(|row| cents_of(&row[column])).sum::<i64>(),
                cents_of(&total[column]),
                "{rows:?}"
            );
        }
        assert_eq!(rows[1][5], "app ends on 2027-01-15; passes the budget cluster of $105.00");
        assert!(months(&fixture::report()).rows.is_empty());
    }

    #[test]
    fn a_line_is_enough_for_the_terminal() {
        let text = in_short(report().forecast.as_ref().unwrap());
        assert!(text.ends_with("; over the budget cluster in 2027-01") && text.starts_with("P5 $208"), "{text}");
        let summary = crate::report::summary(&report(), crate::report::Printed::default());
        assert!(summary.contains(" Forecast, 12 months"), "{summary}");
        assert!(summary.lines().count() <= 24 && summary.lines().all(|line| line.chars().count() <= 80), "{summary}");
    }
}

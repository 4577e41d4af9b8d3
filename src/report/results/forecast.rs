//! The forecast by month, as the report has it.

use super::Results;
use crate::report::{Estimate, ForecastBudget, ForecastMonthResult, ForecastResult};
use crate::scenario::{Budget, Owners};
use crate::study::{Forecast, ForecastMonth};
use crate::units::Money;
use std::collections::{BTreeMap, BTreeSet};

impl Results<'_> {
    /// What the forecast says of each month, and of the budgets.
    pub(super) fn forecast(&self, forecast: &Forecast, owners: &Owners) -> ForecastResult {
        let of_year = |amount: &dyn Fn(&ForecastMonth, usize) -> Money| {
            let runs = forecast.months.first().map_or(0, |month| month.costs.len());
            let sum = |run| forecast.months.iter().map(|month| amount(month, run)).sum::<Money>().usd();
            Estimate::of((0..runs).map(sum))
        };
        ForecastResult {
            growth_per_month: forecast.growth_per_month,
            basis: basis(forecast),
            levels: forecast.levels.len() as u32,
            replications: forecast.levels.first().map_or(0, |runs| runs.len()) as u32,
            months: forecast.months.iter().map(|month| self.forecast_month(month)).collect(),
            cost_usd: of_year(&|month, run| month.costs[run].effective_total()),
            net_usd: of_year(&|month, run| month.costs[run].net_total()),
            budgets: owners.budgets.iter().map(|budget| self.forecast_budget(forecast, budget, owners)).collect(),
        }
    }

    fn forecast_month(&self, month: &ForecastMonth) -> ForecastMonthResult {
        let mut charges: BTreeMap<String, f64> = BTreeMap::new();
        let runs = month.costs.len().max(1) as f64;
        for (kind, amount) in month.costs.iter().flat_map(|cost| &cost.effective) {
            *charges.entry(kind.name().to_owned()).or_default() += amount.usd() / runs;
        }
        charges.retain(|_, usd| *usd != 0.0);
        ForecastMonthResult {
            month: month.name.clone(),
            from: moment(month.unix[0]),
            until: moment(month.unix[1]),
            demand: month.demand,
            cost_usd: Estimate::of(month.costs.iter().map(|cost| cost.effective_total().usd())),
            net_usd: Estimate::of(month.costs.iter().map(|cost| cost.net_total().usd())),
            charges_usd: charges,
            changes: self.changes(month.unix),
        }
    }

    /// Commitments that begin or end between two moments, seconds since 1970.
    fn changes(&self, [from, until]: [i64; 2]) -> Vec<String> {
        let billing = &self.cast.billing;
        let zero = billing.calendar.start_unix().div_euclid(3600);
        let mut said = BTreeSet::new();
        for row in &billing.pledges.commitments {
            let ends = [(row.fee.begins, "begins"), (row.fee.begins.saturating_add(row.fee.hours), "ends")];
            for (hour, verb) in ends {
                let unix = zero.saturating_add(hour).saturating_mul(3600);
                if (from..until).contains(&unix) {
                    let day = moment(unix).chars().take(10).collect::<String>();
                    said.insert((unix, format!("{} {verb} on {day}", row.name)));
                }
            }
        }
        said.into_iter().map(|(_, text)| text).collect()
    }

    /// An owner's part of a month is what it is of the cost that was simulated at the month's demand.
    fn forecast_budget(&self, forecast: &Forecast, budget: &Budget, owners: &Owners) -> ForecastBudget {
        let expected = |month: &ForecastMonth| {
            let runs = forecast.levels[month.level].figures().iter().zip(&month.costs);
            let usd = runs.map(|(run, cost)| {
                let (own, all) = (self.of_owner(run, &budget.owner, owners).usd(), run.cost().usd());
                let share = if own == all { 1.0 } else { own / all };
                cost.effective_total().usd() * share
            });
            Estimate::of(usd).mean
        };
        let expected_usd: Vec<f64> = forecast.months.iter().map(expected).collect();
        let exceeded = expected_usd.iter().position(|usd| *usd > budget.usd_per_month);
        ForecastBudget {
            owner: budget.owner.to_string(),
            budget_usd: budget.usd_per_month,
            exceeded_in: exceeded.map(|at| forecast.months[at].name.clone()),
            expected_usd,
        }
    }
}

fn basis(forecast: &Forecast) -> String {
    let span = crate::report::format::duration(forecast.span.as_secs_f64());
    let (levels, runs) = (forecast.levels.len(), forecast.levels.first().map_or(0, |runs| runs.len()));
    let simulated = match levels {
        _ if forecast.lucks > 1 => format!(
            "Weeks differ as `traffic.weeks` says: each month is {} times {span} with weeks of its own, {runs} times over",
            forecast.lucks
        ),
        1 => format!("The demand does not grow: {span}, simulated {runs} times, stand for every month"),
        _ => format!(
            "The demand of each month is simulated by itself, {runs} times {span}: {} simulations",
            levels * runs
        ),
    };
    format!(
        "{simulated}. Lengths of months, tiers, commitments that begin and end, and support are those of the whole months."
    )
}

fn moment(unix: i64) -> String {
    jiff::Timestamp::from_second(unix).unwrap_or_default().to_string()
}

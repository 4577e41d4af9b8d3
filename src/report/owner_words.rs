//! Who pays, in words and tables: owners, budgets and what a request costs, called the same on screen, page and sheet.

use super::format::{cents, figure, fine, fine_interval, interval, parts_in_cents};
use super::tables::Grid;
use super::{AllocationTable, BudgetResult, OwnerCost, Report, Unit, UnitCost};
use crate::cost::Owner;

pub(super) const IDLE: &str = "idle";
pub(super) const SHARED: &str = "shared";

/// What people call who belongs to nobody.
pub(super) fn owner(name: &str) -> &str {
    match name {
        Owner::IDLE => IDLE,
        Owner::UNALLOCATED => SHARED,
        _ => name,
    }
}

/// `namespace`, `label team`.
pub(super) fn by(table: &AllocationTable) -> String {
    table.by.replacen(':', " ", 1)
}

/// What is in the row of nobody, in a table by `namespace`, `controller`, `service`, `label:KEY`.
pub(super) fn shared(by: &str) -> &'static str {
    match by {
        "namespace" => "Shared is what serves the whole cluster and no namespace alone",
        "controller" => "Shared is what serves the whole cluster, or a namespace and no controller alone",
        "service" => "Shared is what serves the whole cluster, and what no Service stands before",
        _ => "Shared is what serves the whole cluster, and what has no such label",
    }
}

/// The costs by `namespace`, `controller`, `service` or the first label.
pub(super) fn table<'a>(report: &'a Report, by: &str) -> Option<&'a AllocationTable> {
    report.allocation.iter().find(|table| table.by == by)
}

/// The costs by the label that was named first.
pub(super) fn first_label(report: &Report) -> Option<&AllocationTable> {
    report.allocation.iter().find(|table| table.by.starts_with("label:"))
}

/// What people call a part of a cost.
fn part(name: &str) -> &str {
    match name {
        "ram" => "memory",
        "network" => "traffic",
        "loadBalancers" => "load balancers",
        "external" => "others",
        other => other,
    }
}

/// What a cost is made of, the largest part first: `cpu 60%, memory 40%`.
pub(super) fn made_of(row: &OwnerCost) -> String {
    let whole: f64 = row.parts_usd_per_month.values().sum();
    let mut parts: Vec<(&String, &f64)> = row.parts_usd_per_month.iter().collect();
    parts.sort_by(|a, b| b.1.total_cmp(a.1));
    let share = |(name, usd): (&String, &f64)| format!("{} {}", part(name), figure(usd / whole, Unit::Ratio));
    parts.into_iter().map(share).collect::<Vec<_>>().join(", ")
}

/// A sentence of it, without its full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Whether at least half of the runs exceed it.
pub(super) fn is_likely_exceeded(budget: &BudgetResult) -> bool {
    budget.exceeds_ratio.mean >= 0.5
}

/// Costs of a month by owner, as the terminal has them; as shown, the rows add up to the last.
pub(super) fn allocation(table: Option<&AllocationTable>) -> Grid {
    let Some(table) = table else { return Grid { title: String::new(), heads: &[], rows: Vec::new() } };
    let amounts: Vec<f64> = table.rows.iter().map(|row| row.cost_usd_per_month.mean).collect();
    let total: f64 = amounts.iter().sum();
    let row = |(row, amount): (&OwnerCost, String)| {
        let cost = &row.cost_usd_per_month;
        vec![owner(&row.name).to_owned(), amount, interval(cost, Unit::UsdPerMonth), made_of(row)]
    };
    let shown = parts_in_cents(total, &amounts, |at| [IDLE, SHARED].contains(&owner(&table.rows[at].name)));
    let mut rows: Vec<Vec<String>> = table.rows.iter().zip(shown).map(row).collect();
    if !rows.is_empty() {
        rows.push(vec!["total".to_owned(), cents(total), String::new(), String::new()]);
    }
    let title = format!("Cost per month by {} ({})", by(table), table.policy);
    Grid { title, heads: &["", "per month", "95 % interval", "made of"], rows }
}

/// What is to be expected of each budget.
pub(super) fn budgets(report: &Report) -> Grid {
    let row = |budget: &BudgetResult| {
        let expected = &budget.expected_usd;
        vec![
            budget.owner.clone(),
            budget.month.clone(),
            cents(budget.budget_usd),
            cents(expected.mean),
            format!("{} – {}", cents(budget.expected_usd.p5), cents(budget.expected_usd.p95)),
            figure(budget.exceeds_ratio.mean, Unit::Ratio),
            interval(&budget.exceeds_ratio, Unit::Ratio),
            budget.exceeded_on.clone().unwrap_or_else(|| "never".to_owned()),
        ]
    };
    Grid {
        title: "Budgets of the calendar month, if all of it is like the simulated time".to_owned(),
        heads: &["", "month", "budget", "expected", "P5 – P95", "exceeded in", "95 % interval", "passed on"],
        rows: report.budgets.iter().map(row).collect(),
    }
}

/// What a request of each route costs, or one to each service, as the rows' names begin.
pub(super) fn unit_costs(report: &Report, what: &str) -> Grid {
    let prefix = format!("{what} ");
    let of = |row: &UnitCost| row.of.starts_with(&prefix);
    let rows: Vec<&UnitCost> = report.unit_costs.iter().filter(|row| of(row)).collect();
    let has_objective = rows.iter().any(|row| row.usd_per_thousand_within_objective.is_some());
    let cells = |row: &&UnitCost| {
        let million = &row.usd_per_million_requests;
        let mut cells = vec![row.of.replacen(&prefix, "", 1), fine(million.mean), fine_interval(million)];
        if has_objective {
            let within = row.usd_per_thousand_within_objective.as_ref();
            cells.push(within.map_or(String::new(), |usd| fine(usd.mean)));
            cells.push(within.map_or(String::new(), fine_interval));
        }
        cells
    };
    const HEADS: &[&str] = &["", "per million", "95 % interval", "per thousand within the objective", "95 % interval"];
    Grid {
        title: format!("What requests cost, by {what}"),
        heads: if has_objective { HEADS } else { &HEADS[..3] },
        rows: rows.iter().map(cells).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn costs_by_owner_add_up_as_shown() {
        let report = fixture::with_owners();
        let cents_of = |text: &str| text.replace(['$', ',', '.'], "").parse::<i64>().unwrap();
        for table in &report.allocation {
            let grid = allocation(Some(table));
            let (total, rows) = grid.rows.split_last().unwrap();
            assert_eq!(rows.iter().map(|row| cents_of(&row[1])).sum::<i64>(), cents_of(&total[1]), "{}", grid.title);
        }
        let grid = allocation(first_label(&report));
        assert!(grid.title.starts_with("Cost per month by label team (idle cost is shown apart"), "{}", grid.title);
        assert_eq!(grid.rows[0][3], "cpu 60%, memory 40%");
        assert_eq!(grid.rows.iter().map(|row| row[0].as_str()).rev().nth(1), Some(SHARED));
    }

    #[test]
    fn a_request_costs_less_than_a_cent_and_is_seen() {
        let grid = unit_costs(&fixture::with_owners(), "route");
        assert_eq!(grid.rows[0][..4], ["/checkout", "$2.50", "", "$0.00312"]);
        assert!(unit_costs(&fixture::report(), "route").rows.is_empty());
    }
}

//! What a month costs, by whom and by what: tables whose rows add up to their totals as shown.

use super::table::Table;
use crate::report::format::{cents, figure, interval, parts_in_cents};
use crate::report::owner_words::{IDLE, SHARED, owner, shared};
use crate::report::{Estimate, Report, Unit};
use std::collections::BTreeSet;

/// Marks a figure that rests on an estimated price.
pub(super) const ESTIMATED: &str = "≈ ";

/// A row's name and its cost.
type Row<'a> = (String, &'a Estimate);

/// By kind of charge and by node group; by namespace where the result has nothing finer.
pub(super) fn tables(report: &Report) -> Vec<Table> {
    let estimated: BTreeSet<&str> =
        report.bill.lines.iter().filter(|line| line.estimated.is_some()).map(|line| line.kind.as_str()).collect();
    let kinds = report.charges.iter().map(|row| {
        let mark = if estimated.contains(row.name.as_str()) { ESTIMATED } else { "" };
        (format!("{mark}{}", row.name), &row.cost_usd_per_month)
    });
    let groups = report.groups.iter().map(|row| (row.name.clone(), &row.cost_usd_per_month));
    let mut tables = vec![
        costs("By kind of charge", &kinds.collect::<Vec<_>>()),
        costs("By node group", &groups.collect::<Vec<_>>()),
    ];
    if report.allocation.is_empty() {
        tables.push(by_namespace(report));
    }
    tables.retain(|table| !table.is_empty);
    tables
}

/// Of a result that has no costs by owner.
fn by_namespace(report: &Report) -> Table {
    let mut namespaces: Vec<Row<'_>> =
        report.namespaces.iter().map(|row| (owner(&row.name).to_owned(), &row.cost_usd_per_month)).collect();
    namespaces.sort_by_key(|(name, _)| [IDLE, SHARED].contains(&name.as_str()));
    let table = costs("By namespace", &namespaces);
    let note = explained(&table, [(IDLE, IDLE_IS), (SHARED, shared("namespace"))]);
    table.noted(note)
}

/// What is in the row of what nobody held.
pub(super) const IDLE_IS: &str = "Idle is the cpu and memory of nodes that no pod requested or used";

/// A sentence each of rows that need one, with the figures of the table.
pub(super) fn explained(table: &Table, rows: [(&str, &str); 2]) -> String {
    let of = |(name, what): (&str, &str)| {
        let row = table.rows.iter().find(|row| row[0] == name)?;
        Some(format!("{what}: {} a month, {} of it all.", row[1], row[3]))
    };
    rows.into_iter().filter_map(of).collect::<Vec<_>>().join(" ")
}

/// A table of monthly costs with their sum: name, cost, interval, share.
pub(super) fn costs(title: &str, rows: &[Row<'_>]) -> Table {
    let amounts: Vec<f64> = rows.iter().map(|(_, cost)| cost.mean).collect();
    let total: f64 = amounts.iter().sum();
    let share = |amount: f64| if total > 0.0 { figure(amount / total, Unit::Ratio) } else { String::new() };
    let shown = parts_in_cents(total, &amounts, |at| [IDLE, SHARED].contains(&rows[at].0.as_str()));
    let row = |((name, cost), value): (&Row<'_>, String)| {
        vec![name.clone(), value, interval(cost, Unit::UsdPerMonth), share(cost.mean)]
    };
    let rows: Vec<Vec<String>> = rows.iter().zip(shown).map(row).collect();
    Table::new(title, &["", "per month", "95 % interval", "share"], rows).with_total(vec![
        "total".to_owned(),
        cents(total),
        String::new(),
        share(total),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn rows_add_up_to_their_totals_as_shown() {
        let cents_of = |text: &str| text.replace(['$', ',', '.'], "").parse::<i64>().unwrap();
        for table in tables(&fixture::report()) {
            let sum: i64 = table.rows.iter().map(|row| cents_of(&row[1])).sum();
            assert_eq!(sum, cents_of(&table.total.unwrap()[1]), "{}", table.title);
        }
    }

    #[test]
    fn idle_and_shared_are_explained() {
        let note = tables(&fixture::report()).pop().unwrap().note;
        assert!(note.starts_with("Idle is the cpu") && note.contains("Shared is what serves"), "{note}");
    }
}

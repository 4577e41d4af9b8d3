//! Who pays: costs by owner with what is idle and shared, budgets, and what requests cost.

use super::costs::{costs, explained};
use super::table::Table;
use crate::cost::Owner;
use crate::report::forecast_words;
use crate::report::owner_words::{self, IDLE, SHARED, by, made_of, owner, sentence};
use crate::report::{AllocationTable, Estimate, OwnerCost, Report};

/// More owners nobody reads on a page; all are in result.json.
const MOST_OWNERS: usize = 60;

/// By namespace, controller, service, and each label.
pub(super) fn allocation(report: &Report) -> Vec<Table> {
    report.allocation.iter().map(owners).filter(|table| !table.is_empty).collect()
}

fn owners(table: &AllocationTable) -> Table {
    let (named, nobody): (Vec<&OwnerCost>, Vec<&OwnerCost>) =
        table.rows.iter().partition(|row| ![Owner::IDLE, Owner::UNALLOCATED].contains(&row.name.as_str()));
    let (shown, rest) = named.split_at(named.len().min(MOST_OWNERS));
    let mut rows: Vec<(String, Estimate)> = shown.iter().map(|row| cost(row)).collect();
    let mut parts: Vec<String> = shown.iter().map(|row| made_of(row)).collect();
    if !rest.is_empty() {
        let usd = rest.iter().map(|row| row.cost_usd_per_month.mean).sum();
        rows.push((format!("{} more in result.json", rest.len()), Estimate::exact(usd)));
        parts.push(String::new());
    }
    rows.extend(nobody.iter().map(|row| cost(row)));
    parts.extend(nobody.iter().map(|row| made_of(row)));
    let rows: Vec<(String, &Estimate)> = rows.iter().map(|(name, cost)| (name.clone(), cost)).collect();
    let mut made = costs(&format!("By {}", by(table)), &rows).with_texts("made of", parts);
    let told = explained(&made, [(IDLE, super::costs::IDLE_IS), (SHARED, owner_words::shared(&table.by))]);
    made.note = format!("{}. {told}", sentence(&table.policy)).trim_end().to_owned();
    made
}

fn cost(row: &OwnerCost) -> (String, Estimate) {
    (owner(&row.name).to_owned(), row.cost_usd_per_month.clone())
}

/// All budgets; none where the first card says it all.
pub(super) fn budgets(report: &Report) -> Table {
    let is_on_the_card = report.budgets.len() == 1 && report.budgets[0].owner == "cluster";
    let mut grid = owner_words::budgets(report);
    if is_on_the_card {
        grid.rows.clear();
    }
    grid.title = String::new();
    Table::from(grid).noted(
        "Expected is what the whole calendar month costs if all of it is like the simulated time; exceeded in so many of the \
         runs; passed on the day that its expected cost reaches the budget.",
    )
}

/// The next twelve months, with their sum.
pub(super) fn forecast(report: &Report) -> Table {
    let mut grid = forecast_words::months(report);
    let total = grid.rows.pop().unwrap_or_default();
    grid.title = String::new();
    let basis = report.forecast.as_ref().map(|forecast| forecast.basis.clone()).unwrap_or_default();
    let heads: Vec<&str> =
        grid.heads.iter().map(|head| if *head == "what changes" { "-what changes" } else { *head }).collect();
    Table::new("", &heads, grid.rows).with_total(total).noted(basis)
}

/// By route and by service.
pub(super) fn unit_costs(report: &Report) -> Vec<Table> {
    let table = |what| Table::from(owner_words::unit_costs(report, what));
    ["route", "service"].map(table).into_iter().filter(|table| !table.is_empty).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn every_owner_has_its_row_and_nobody_the_last() {
        let mut report = fixture::with_owners();
        let tables = allocation(&report);
        let titles: Vec<&str> = tables.iter().map(|table| table.title.as_str()).collect();
        assert_eq!(titles, ["By namespace", "By controller", "By service", "By label team"]);
        let note = &tables[3].note;
        assert!(note.starts_with("Idle cost is shown apart; ") && note.contains("Idle is the cpu"), "{note}");
        assert!(note.contains("what has no such label: $100.33 a month"), "{note}");
        let spare = report.allocation[0].rows[1].clone();
        report.allocation[0].rows.splice(1..1, (0..100).map(|_| spare.clone()));
        let table = &allocation(&report)[0];
        assert_eq!(table.rows.len(), MOST_OWNERS + 3);
        assert_eq!(table.rows[MOST_OWNERS][0], "42 more in result.json");
        assert!(table.rows.iter().all(|row| row.len() == table.heads.len()), "{:?}", table.rows);
    }

    #[test]
    fn one_budget_of_all_is_on_the_card_alone() {
        let mut report = fixture::with_owners();
        assert_eq!(budgets(&report).rows.len(), 2);
        report.budgets.truncate(1);
        assert!(budgets(&report).is_empty);
        assert_eq!(unit_costs(&report).len(), 2);
    }
}

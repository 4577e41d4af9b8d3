//! Sheets of who pays: by team, budgets, and what requests cost.

use super::super::exact::nano;
use super::sheet::{CENT, Cell, Formats, Head, Sheet};
use crate::report::format::rows_of_cents;
use crate::report::owner_words::{by, first_label, made_of, sentence};
use crate::report::{AllocationTable, Estimate, OwnerCost, Report};
use crate::units::HOURS_PER_MONTH;
use rust_xlsxwriter::{Worksheet, XlsxError};

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// By the first label; by namespace where no label was asked for.
pub(super) fn by_team(sheet: &mut Worksheet, formats: &Formats, report: &Report) -> Result<(), XlsxError> {
    match first_label(report) {
        Some(table) => by_label(Sheet::new(sheet, formats, "By team")?, table, report),
        None => super::sums::by_namespace(sheet, formats, report),
    }
}

fn by_label(mut sheet: Sheet<'_>, table: &AllocationTable, report: &Report) -> Result<(), XlsxError> {
    sheet.title(&format!("Amortised USD by {}", by(table)))?;
    sheet.line(&format!("{}.", sentence(&table.policy)))?;
    sheet.line(
        "__idle__: nodes' cpu and memory that no pod requested or used. __unallocated__: what serves the whole cluster, or has no such label.",
    )?;
    let heads: [Head; 4] =
        [("Owner", 34.0), ("Amortised USD", 16.0), ("USD per month of 730 hours", 16.0), ("Made of", 60.0)];
    sheet.heads(&heads, true)?;
    let simulated = report.scenario.duration_seconds / 3600.0 / HOURS_PER_MONTH as f64;
    let first = sheet.next_row();
    let amounts = |row: &OwnerCost| {
        let usd = row.cost_usd_per_month.mean;
        [nano(usd * simulated), nano(usd)]
    };
    let (amounts, sums) = rows_of_cents(&table.rows.iter().map(amounts).collect::<Vec<_>>());
    for (row, cents) in table.rows.iter().zip(amounts) {
        let [simulated, monthly] = cents.map(|cents| Cell::Usd(cents * CENT));
        sheet.row(&[text(&row.name), simulated, monthly, text(&made_of(row))])?;
    }
    let last = sheet.next_row() - 1;
    let sum = |letter: char, cents| Cell::Sum(format!("=SUM({letter}{first}:{letter}{last})"), cents * CENT);
    sheet.total(&[text("Total"), sum('B', sums[0]), sum('C', sums[1]), Cell::Empty])?;
    sheet.finish()
}

/// What is to be expected of each budget.
pub(super) fn budgets(sheet: &mut Worksheet, formats: &Formats, report: &Report) -> Result<(), XlsxError> {
    let mut sheet = Sheet::new(sheet, formats, "Budgets")?;
    sheet.title("Budgets of the calendar month")?;
    sheet.line("Expected: what the whole month costs if all of it is like the simulated time.")?;
    let heads: [Head; 10] = [
        ("Owner", 30.0),
        ("Month", 10.0),
        ("Budget USD", 14.0),
        ("Expected USD", 14.0),
        ("P5 USD", 14.0),
        ("P95 USD", 14.0),
        ("Share of runs that exceed it", 14.0),
        ("95 % interval from", 14.0),
        ("to", 14.0),
        ("Passed on", 12.0),
    ];
    sheet.heads(&heads, true)?;
    for row in &report.budgets {
        let [low, high] = ends(&row.exceeds_ratio, Cell::Number);
        let amounts = [row.budget_usd, row.expected_usd.mean, row.expected_usd.p5, row.expected_usd.p95];
        let mut cells = vec![text(&row.owner), text(&row.month)];
        cells.extend(amounts.map(|usd| Cell::Usd(nano(usd))));
        let day = row.exceeded_on.as_ref().map_or(Cell::Empty, |day| text(day));
        cells.extend([Cell::Number(row.exceeds_ratio.mean), low, high, day]);
        sheet.row(&cells)?;
    }
    sheet.finish()
}

/// What requests cost.
pub(super) fn unit_costs(sheet: &mut Worksheet, formats: &Formats, report: &Report) -> Result<(), XlsxError> {
    let mut sheet = Sheet::new(sheet, formats, "Unit cost")?;
    sheet.title("What requests cost")?;
    sheet.line(
        "With their part of idle and shared cost. Within the objective: answered within the latency objective.",
    )?;
    let heads: [Head; 7] = [
        ("Of", 40.0),
        ("USD per million requests", 16.0),
        ("95 % interval from", 16.0),
        ("to", 16.0),
        ("USD per thousand within the objective", 16.0),
        ("95 % interval from", 16.0),
        ("to", 16.0),
    ];
    sheet.heads(&heads, true)?;
    for row in &report.unit_costs {
        let [low, high] = ends(&row.usd_per_million_requests, Cell::Price);
        let mut cells = vec![text(&row.of), Cell::Price(row.usd_per_million_requests.mean), low, high];
        if let Some(within) = &row.usd_per_thousand_within_objective {
            cells.push(Cell::Price(within.mean));
            cells.extend(ends(within, Cell::Price));
        }
        sheet.row(&cells)?;
    }
    sheet.finish()
}

/// Both ends of an interval, if there is one.
fn ends(estimate: &Estimate, cell: fn(f64) -> Cell) -> [Cell; 2] {
    estimate.interval.map_or([Cell::Empty, Cell::Empty], |ends| ends.map(cell))
}

//! The bill as a workbook: real numbers, formulas that add up over the sheet of the lines, and their results beside them, for
//! viewers that do not calculate.
//!
//! Same bytes for the same result: its date is the scenario's. Texts are written as texts, whatever they begin with.

mod bill;
mod forecast;
mod notes;
mod owners;
mod sheet;
mod sums;
mod variance;

use super::error::BillError;
use super::rows::{Grain, bill_rows};
use crate::report::Report;
use crate::report::compare::Comparison;
use jiff::Timestamp;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};
use sheet::Formats;

/// The bill as an `.xlsx` file: summary, lines by day, by team, by month, budgets, unit cost, assumptions.
///
/// Errors: where there is no bill, or one of more lines than a sheet holds.
pub fn workbook(report: &Report) -> Result<Vec<u8>, BillError> {
    let rows = bill_rows(&report.bill, Grain::Day)?;
    let build = || -> Result<Vec<u8>, XlsxError> {
        let formats = Formats::new();
        let mut book = book(&format!("{}: simulated bill", report.scenario.name), &report.bill.start)?;
        let lines = bill::Lines::of(&rows);
        sums::summary(book.add_worksheet(), &formats, (report, &lines))?;
        lines.write(book.add_worksheet(), &formats)?;
        owners::by_team(book.add_worksheet(), &formats, report)?;
        sums::by_month(book.add_worksheet(), &formats, (report, &lines))?;
        if let Some(found) = &report.forecast {
            forecast::forecast(book.add_worksheet(), &formats, found)?;
        }
        sums::allocation(book.add_worksheet(), &formats, report)?;
        if !report.budgets.is_empty() {
            owners::budgets(book.add_worksheet(), &formats, report)?;
        }
        if !report.unit_costs.is_empty() {
            owners::unit_costs(book.add_worksheet(), &formats, report)?;
        }
        notes::assumptions(book.add_worksheet(), &formats, report)?;
        book.save_to_buffer()
    };
    build().map_err(|error| BillError::Workbook(error.to_string()))
}

/// A comparison as an `.xlsx` file: the steps from the base's cost to the others' by part of the bill and by cause, every figure,
/// what differs in the input.
///
/// Errors: one of more figures than a sheet holds.
pub fn comparison_workbook(comparison: &Comparison) -> Result<Vec<u8>, BillError> {
    let build = || -> Result<Vec<u8>, XlsxError> {
        let formats = Formats::new();
        let mut book = book(&format!("{} compared", comparison.base.name), "")?;
        variance::variance(book.add_worksheet(), &formats, comparison)?;
        if comparison.variants.iter().any(|variant| variant.variance.is_some()) {
            variance::causes(book.add_worksheet(), &formats, comparison)?;
        }
        variance::figures(book.add_worksheet(), &formats, comparison)?;
        notes::differences(book.add_worksheet(), &formats, comparison)?;
        book.save_to_buffer()
    };
    build().map_err(|error| BillError::Workbook(error.to_string()))
}

/// An empty workbook with its title, and the date of the scenario: no clock is read.
fn book(title: &str, start: &str) -> Result<Workbook, XlsxError> {
    let start = start.parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = ExcelDateTime::from_ymd(start.year().max(1980) as u16, start.month() as u8, start.day() as u8)?;
    let mut book = Workbook::new();
    let properties = DocProperties::new().set_title(title).set_author("Foresail").set_creation_datetime(&day);
    book.set_properties(&properties);
    Ok(book)
}

#[cfg(test)]
mod tests;

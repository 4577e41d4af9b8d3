//! The sheet of the twelve months to come.

use super::super::exact::nano;
use super::sheet::{Cell, Formats, Head, Sheet};
use crate::report::forecast_words::remarks;
use crate::report::{ForecastMonthResult, ForecastResult};
use rust_xlsxwriter::{Worksheet, XlsxError};

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// Each month with its sum, and what is expected of each budget.
pub(super) fn forecast(sheet: &mut Worksheet, formats: &Formats, forecast: &ForecastResult) -> Result<(), XlsxError> {
    let mut sheet = Sheet::new(sheet, formats, "Forecast")?;
    sheet.title("Forecast by calendar month")?;
    sheet.line(&forecast.basis)?;
    let heads: [Head; 7] = [
        ("Month", 12.0),
        ("Demand over that at the start", 14.0),
        ("Amortised USD", 16.0),
        ("P5 USD", 16.0),
        ("P95 USD", 16.0),
        ("Net USD", 16.0),
        ("What changes", 60.0),
    ];
    sheet.heads(&heads, true)?;
    let (first, mut sums) = (sheet.next_row(), [0, 0]);
    for month in &forecast.months {
        let ForecastMonthResult { cost_usd, net_usd, .. } = month;
        let amounts = [cost_usd.mean, cost_usd.p5, cost_usd.p95, net_usd.mean].map(nano);
        sums = [sums[0] + amounts[0], sums[1] + amounts[3]];
        let mut cells = vec![text(&month.month), Cell::Number(month.demand)];
        cells.extend(amounts.map(Cell::Usd));
        cells.push(text(&remarks(forecast, month).join("; ")));
        sheet.row(&cells)?;
    }
    let last = sheet.next_row() - 1;
    let sum = |letter: char, result| Cell::Sum(format!("=SUM({letter}{first}:{letter}{last})"), result);
    let spread = [forecast.cost_usd.p5, forecast.cost_usd.p95].map(|usd| Cell::Usd(nano(usd)));
    let [low, high] = spread;
    sheet.total(&[text("Total"), Cell::Empty, sum('C', sums[0]), low, high, sum('F', sums[1]), Cell::Empty])?;
    if !forecast.budgets.is_empty() {
        sheet.skip();
        let heads: [Head; 4] = [("Month", 12.0), ("Budget USD", 14.0), ("Expected USD", 16.0), ("Owner", 16.0)];
        sheet.heads(&heads, false)?;
        for budget in &forecast.budgets {
            for (month, usd) in forecast.months.iter().zip(&budget.expected_usd) {
                let amounts = [budget.budget_usd, *usd].map(|usd| Cell::Usd(nano(usd)));
                let [allowed, expected] = amounts;
                sheet.row(&[text(&month.month), allowed, expected, text(&budget.owner)])?;
            }
        }
    }
    sheet.finish()
}

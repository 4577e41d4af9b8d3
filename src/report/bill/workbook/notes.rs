//! Sheets of words: what was assumed, and what differs between scenarios.

use super::sheet::{Cell, Formats, Sheet};
use crate::report::Report;
use crate::report::compare::Comparison;
use rust_xlsxwriter::{Worksheet, XlsxError};
use std::collections::BTreeSet;

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// Everything that makes a number what it is: how it was run, prices, caveats, what is left out, the inputs.
pub(super) fn assumptions(sheet: &mut Worksheet, formats: &Formats, report: &Report) -> Result<(), XlsxError> {
    let mut sheet = Sheet::new(sheet, formats, "Assumptions")?;
    sheet.heads(&[("About", 26.0), ("What", 100.0)], true)?;
    let mut row = |about: &str, what: &str| sheet.row(&[text(about), Cell::Long(what.to_owned())]);
    row("Simulated", "Nothing of this was invoiced: it is what the simulated cluster would cost.")?;
    row("Scenario", &format!("{} ({})", report.scenario.name, report.scenario.digest))?;
    row("Made by", &format!("Foresail {}: {}", report.foresail_version, report.run.command))?;
    let assumed = if report.bill.start_assumed { ", assumed" } else { "" };
    row("Begins", &format!("{}{assumed}", report.bill.start))?;
    row("Time zone", &report.bill.time_zone)?;
    row("Currency", &report.prices.currency)?;
    let lines = report.bill.lines.iter();
    let sources: BTreeSet<(&str, &str)> =
        lines.map(|line| (line.price_source.as_str(), line.price_date.as_str())).collect();
    for (source, date) in sources {
        row("Prices", &format!("{source}, {date}"))?;
    }
    for line in &report.bill.lines {
        if let Some(how) = &line.estimated {
            row("Estimated price", &format!("{} {}: {how}", line.service, line.sku))?;
        }
    }
    report.bill.not_in_bill.iter().try_for_each(|what| row("Not in this bill", what).map(drop))?;
    report.caveats.iter().try_for_each(|what| row("Caveat", what).map(drop))?;
    report.notes.iter().try_for_each(|what| row("Note", what).map(drop))?;
    report.inputs.iter().try_for_each(|(path, value)| row(path, value).map(drop))?;
    let last = sheet.next_row() - 1;
    sheet.filtered([1, last])?;
    sheet.finish()
}

/// What differs in the input.
pub(super) fn differences(sheet: &mut Worksheet, formats: &Formats, comparison: &Comparison) -> Result<(), XlsxError> {
    let mut sheet = Sheet::new(sheet, formats, "Inputs")?;
    sheet.heads(&[("Compared", 26.0), ("Value", 50.0), ("Base", 40.0), ("New", 40.0)], true)?;
    for variant in &comparison.variants {
        for input in &variant.inputs {
            let side = |value: &Option<String>| Cell::Long(value.clone().unwrap_or_default());
            sheet.row(&[text(&variant.side.name), text(&input.path), side(&input.base), side(&input.new)])?;
        }
    }
    let last = sheet.next_row() - 1;
    sheet.filtered([1, last])?;
    sheet.finish()
}

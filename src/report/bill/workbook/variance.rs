//! Why one scenario costs more than another: the steps between, and all figures.

use super::super::exact::{Nano, nano};
use super::sheet::{Cell, Formats, Sheet};
use crate::report::compare::Comparison;
use rust_xlsxwriter::{Worksheet, XlsxError};

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// The cost of the base, the steps, the cost of the other: each step the difference of its two sides.
pub(super) fn variance(sheet: &mut Worksheet, formats: &Formats, comparison: &Comparison) -> Result<(), XlsxError> {
    let mut sheet = Sheet::new(sheet, formats, "Variance")?;
    sheet.title(&format!("{}: why costs differ", comparison.base.name))?;
    sheet.line("USD per month of 730 hours. A difference above zero costs more than the base.")?;
    sheet.heads(&[("Step", 34.0), ("Base USD", 16.0), ("New USD", 16.0), ("Difference USD", 16.0)], true)?;
    for variant in &comparison.variants {
        sheet.total(&[text(&format!("{}, beside {}", variant.side.name, comparison.base.name))])?;
        let first = sheet.next_row();
        let (mut base, mut new): (Nano, Nano) = (0, 0);
        for step in &variant.bridge {
            let (from, to, here) = (nano(step.base), nano(step.new), sheet.next_row());
            (base, new) = (base + from, new + to);
            let difference = Cell::Sum(format!("=C{here}-B{here}"), to - from);
            sheet.row(&[text(&step.name), Cell::Usd(from), Cell::Usd(to), difference])?;
        }
        if variant.bridge.is_empty() {
            sheet.row(&[text("no difference in cost")])?;
            continue;
        }
        let last = sheet.next_row() - 1;
        let sum = |letter: char, amount| Cell::Sum(format!("=SUM({letter}{first}:{letter}{last})"), amount);
        sheet.total(&[text("Total"), sum('B', base), sum('C', new), sum('D', new - base)])?;
        sheet.skip();
    }
    sheet.finish()
}

/// Every figure of every side.
pub(super) fn figures(sheet: &mut Worksheet, formats: &Formats, comparison: &Comparison) -> Result<(), XlsxError> {
    let mut sheet = Sheet::new(sheet, formats, "Figures")?;
    let heads = [
        ("Compared", 22.0),
        ("Of", 14.0),
        ("Name", 28.0),
        ("Figure", 28.0),
        ("Base", 14.0),
        ("New", 14.0),
        ("Difference", 14.0),
        ("Low", 14.0),
        ("High", 14.0),
    ];
    sheet.heads(&heads, true)?;
    for variant in &comparison.variants {
        for row in &variant.figures {
            let Some(pair) = &row.pair else { continue };
            let number = |value: f64| if value.is_finite() { Cell::Number(value) } else { Cell::Empty };
            let [low, high] = pair.difference.interval.map_or([Cell::Empty, Cell::Empty], |ends| ends.map(number));
            sheet.row(&[
                text(&variant.side.name),
                text(row.scope.word()),
                text(&row.name),
                text(&row.label),
                number(pair.base),
                number(pair.new),
                number(pair.difference.mean),
                low,
                high,
            ])?;
        }
    }
    let last = sheet.next_row() - 1;
    sheet.filtered([1, last])?;
    sheet.finish()
}

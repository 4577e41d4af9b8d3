//! Why one scenario costs more than another: the steps between, and all figures.

use super::super::exact::{Nano, nano};
use super::sheet::{Cell, Formats, Sheet};
use crate::report::Estimate;
use crate::report::compare::{CONVENTION, Comparison, FigureDifference, NO_CHANGE, Scope, Variant};
use crate::report::metrics;
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
        sheet.total(&[text("Total of what differs"), sum('B', base), sum('C', new), sum('D', new - base)])?;
        sheet.skip();
    }
    sheet.finish()
}

/// The cost of the base, what each cause adds with its interval, the cost of the other. Of results that kept their causes.
pub(super) fn causes(sheet: &mut Worksheet, formats: &Formats, comparison: &Comparison) -> Result<(), XlsxError> {
    let mut sheet = Sheet::new(sheet, formats, "Causes")?;
    sheet.title(&format!("{}: what makes costs differ", comparison.base.name))?;
    sheet.line(&format!("USD. {CONVENTION}"))?;
    let heads =
        [("Cause", 26.0), ("USD per month", 16.0), ("Low", 14.0), ("High", 14.0), ("Says", 24.0), ("What", 62.0)];
    sheet.heads(&heads, true)?;
    for variant in &comparison.variants {
        let Some(found) = &variant.variance else { continue };
        sheet.total(&[text(&format!("{}, beside {}", variant.side.name, comparison.base.name))])?;
        let before = cost_of_base(variant);
        let base = sheet.next_row();
        sheet.row(&[text("cost of the base"), Cell::Usd(before)])?;
        let mut sum: Nano = 0;
        for step in &found.steps {
            let amount = nano(step.usd_per_month.mean);
            sum += amount;
            let mut cells = vec![text(step.step.name()), Cell::Usd(amount)];
            cells.extend(ends(&step.usd_per_month));
            cells.extend([text(says(step.is_change, step.usd_per_month.mean)), text(step.step.meaning())]);
            sheet.row(&cells)?;
        }
        let (first, last, total) = (base + 1, sheet.next_row() - 1, sheet.next_row());
        let mut cells = vec![text("difference"), Cell::Sum(format!("=SUM(B{first}:B{last})"), sum)];
        cells.extend(ends(&found.total_usd_per_month));
        sheet.total(&cells)?;
        sheet.total(&[text("new cost"), Cell::Sum(format!("=B{base}+B{total}"), before + sum)])?;
        sheet.skip();
    }
    sheet.finish()
}

/// What the base costs in the paired replications.
fn cost_of_base(variant: &Variant) -> Nano {
    let is_cost = |row: &&FigureDifference| row.scope == Scope::Whole && row.metric == metrics::COST.name;
    let pair = variant.figures.iter().find(is_cost).and_then(|row| row.pair.as_ref());
    pair.map_or(0, |pair| nano(pair.base))
}

/// The interval of an amount; two empty cells without one.
fn ends(amount: &Estimate) -> [Cell; 2] {
    amount.interval.map_or([Cell::Empty, Cell::Empty], |ends| ends.map(|end| Cell::Usd(nano(end))))
}

/// What an amount says beside its interval.
fn says(is_change: bool, amount: f64) -> &'static str {
    match (is_change, amount) {
        (_, 0.0) => "nothing",
        (true, _) => "",
        (false, _) => NO_CHANGE,
    }
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

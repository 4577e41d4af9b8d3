//! Sheets that add up: the summary, by namespace, by month, and the shares that namespaces are added up from.

use super::super::exact::{Nano, nano};
use super::bill::{Column, Lines};
use super::sheet::{Cell, Formats, Sheet, criterion, letter};
use crate::report::Report;
use crate::report::format::duration;
use rust_xlsxwriter::{Worksheet, XlsxError};
use std::collections::BTreeMap;

const ALLOCATION: &str = "Allocation";

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// The kinds of charges, as the lines have them.
fn kinds<'a>(lines: &Lines<'a>) -> Vec<&'a str> {
    let mut kinds: Vec<&str> = Vec::new();
    for row in lines.rows {
        if !kinds.contains(&row.line.kind.as_str()) {
            kinds.push(&row.line.kind);
        }
    }
    kinds
}

/// What it costs in all and by kind.
pub(super) fn summary(
    sheet: &mut Worksheet,
    formats: &Formats,
    (report, lines): (&Report, &Lines<'_>),
) -> Result<(), XlsxError> {
    let mut sheet = Sheet::new(sheet, formats, "Summary")?;
    let (scenario, run) = (&report.scenario, &report.run);
    sheet.title(&format!("{}: simulated bill", scenario.name))?;
    sheet.line(&scenario.description)?;
    sheet.line(&format!("{}, {}", scenario.platform, scenario.region))?;
    let span = duration(scenario.duration_seconds);
    sheet.line(&format!("{span} from {} ({})", report.bill.start, report.bill.time_zone))?;
    sheet.line(&format!(
        "Mean of {} replications, seed {}, in {}",
        run.replications, run.seed, report.prices.currency
    ))?;
    sheet.skip();
    sheet.heads(&[("Kind of charge", 34.0), ("List USD", 16.0), ("Net USD", 16.0), ("Amortised USD", 16.0)], true)?;
    let columns = [Column::List, Column::Net, Column::Amortised];
    let (first, kinds) = (sheet.next_row(), kinds(lines));
    for kind in &kinds {
        let here = sheet.next_row();
        let mut cells = vec![text(kind)];
        cells.extend(columns.map(|column| {
            let (amounts, kinds) = (lines.range(column), lines.range(Column::Kind));
            let formula = format!("=SUMIFS({amounts},{kinds},{})", criterion(&format!("$A{here}")));
            Cell::Sum(formula, lines.sum(column, |row| row.line.kind == *kind))
        }));
        sheet.row(&cells)?;
    }
    let last = sheet.next_row() - 1;
    let mut cells = vec![text("Total")];
    cells.extend((1..).zip(columns).map(|(at, column)| {
        let letter = letter(at);
        Cell::Sum(format!("=SUM({letter}{first}:{letter}{last})"), lines.sum(column, |_| true))
    }));
    sheet.total(&cells)?;
    sheet.skip();
    sheet.line("List: at public prices. Net: what is invoiced. Amortised: with the fees of commitments spread over what they cover.")?;
    sheet.finish()
}

/// A matrix of what is invoiced: kinds by month, with sums on both sides.
pub(super) fn by_month(
    sheet: &mut Worksheet,
    formats: &Formats,
    (report, lines): (&Report, &Lines<'_>),
) -> Result<(), XlsxError> {
    let mut sheet = Sheet::new(sheet, formats, "By month")?;
    sheet.title("Net USD by calendar month")?;
    sheet.line("A month that the simulated time does not fill has only what falls into it.")?;
    let kinds = kinds(lines);
    sheet.heads(
        &[
            ("Month", 12.0),
            ("From", 24.0),
            ("Until", 24.0),
            ("Net USD", 14.0),
            ("Amortised USD", 14.0),
            ("List USD", 14.0),
        ],
        true,
    )?;
    let columns = [Column::Net, Column::Amortised, Column::List];
    let first = sheet.next_row();
    for month in &report.bill.months {
        let here = sheet.next_row();
        let mut cells = vec![text(&month.name), text(&month.from), text(&month.until)];
        cells.extend(columns.map(|column| {
            let formula = format!("=SUMIFS({},{},$A{here})", lines.range(column), lines.range(Column::Month));
            Cell::Sum(formula, lines.sum(column, |row| row.period.month.name == month.name))
        }));
        sheet.row(&cells)?;
    }
    let last = sheet.next_row() - 1;
    let mut cells = vec![text("Total"), Cell::Empty, Cell::Empty];
    cells.extend((3..).zip(columns).map(|(at, column)| {
        let letter = letter(at);
        Cell::Sum(format!("=SUM({letter}{first}:{letter}{last})"), lines.sum(column, |_| true))
    }));
    sheet.total(&cells)?;
    sheet.skip();
    sheet.heads(&[("Month", 12.0), ("Kind of charge", 24.0), ("", 24.0), ("Net USD", 14.0)], false)?;
    for month in &report.bill.months {
        for kind in &kinds {
            let here = sheet.next_row();
            let sum = lines.sum(Column::Net, |row| row.period.month.name == month.name && row.line.kind == *kind);
            let (net, months, of) = (lines.range(Column::Net), lines.range(Column::Month), lines.range(Column::Kind));
            let formula = format!("=SUMIFS({net},{months},$A{here},{of},{})", criterion(&format!("$B{here}")));
            sheet.row(&[text(&month.name), text(kind), Cell::Empty, Cell::Sum(formula, sum)])?;
        }
    }
    sheet.finish()
}

/// The amortised cost by namespace: what pods hold of nodes, and what is theirs alone.
pub(super) fn by_namespace(sheet: &mut Worksheet, formats: &Formats, report: &Report) -> Result<(), XlsxError> {
    let mut sheet = Sheet::new(sheet, formats, "By team")?;
    let mut sums: BTreeMap<&str, Nano> = BTreeMap::new();
    for row in &report.costs {
        *sums.entry(&row.namespace).or_default() += nano(row.cost_usd);
    }
    let mut sums: Vec<(&str, Nano)> = sums.into_iter().collect();
    sums.sort_by_key(|(name, sum)| (name.starts_with("__"), -sum));
    let last_row = report.costs.len().max(1) as u32 + 1;
    let (names, amounts) = (format!("{ALLOCATION}!$C$2:$C${last_row}"), format!("{ALLOCATION}!$E$2:$E${last_row}"));
    sheet.title("Amortised USD by namespace")?;
    sheet.line("__idle__: nodes' cpu and memory that no pod requested or used. __unallocated__: what serves the whole cluster. Before anything is passed on.")?;
    sheet.heads(&[("Namespace", 34.0), ("Amortised USD", 16.0)], true)?;
    let first = sheet.next_row();
    for (name, sum) in &sums {
        let formula = format!("=SUMIFS({amounts},{names},{})", criterion(&format!("$A{}", sheet.next_row())));
        sheet.row(&[text(name), Cell::Sum(formula, *sum)])?;
    }
    let last = sheet.next_row() - 1;
    sheet
        .total(&[text("Total"), Cell::Sum(format!("=SUM(B{first}:B{last})"), sums.iter().map(|(_, sum)| sum).sum())])?;
    sheet.finish()
}

/// Who bears what, by day: as costs.csv.
pub(super) fn allocation(sheet: &mut Worksheet, formats: &Formats, report: &Report) -> Result<(), XlsxError> {
    let mut sheet = Sheet::new(sheet, formats, ALLOCATION)?;
    sheet.heads(
        &[("Day", 8.0), ("Node group", 24.0), ("Namespace", 24.0), ("Resource", 20.0), ("Amortised USD", 16.0)],
        true,
    )?;
    for row in &report.costs {
        let cells = [
            Cell::Number(f64::from(row.day)),
            text(&row.group),
            text(&row.namespace),
            text(&row.resource),
            Cell::Usd(nano(row.cost_usd)),
        ];
        sheet.row(&cells)?;
    }
    sheet.filtered([1, 1 + report.costs.len() as u32])?;
    sheet.finish()
}

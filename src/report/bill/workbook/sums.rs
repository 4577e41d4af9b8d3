//! Sheets that add up: the summary, by namespace, by month, and the shares that namespaces are added up from.

use super::super::exact::{Nano, nano};
use super::bill::{Column, Lines};
use super::sheet::{Cell, Formats, Sheet, criterion, letter};
use crate::report::format::duration;
use crate::report::{BillMonth, Report};
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
    let row = |(here, kind): (u32, &&str)| {
        columns.map(|column| {
            let (amounts, kinds) = (lines.range(column), lines.range(Column::Kind));
            let formula = format!("=SUMIFS({amounts},{kinds},{})", criterion(&format!("$A{here}")));
            (formula, lines.sum(column, |row| row.line.kind == **kind))
        })
    };
    let (rows, sums) = Cell::rows_of_cents((first..).zip(&kinds).map(row).collect());
    for (kind, row) in kinds.iter().zip(rows) {
        sheet.row(&[text(kind)].into_iter().chain(row).collect::<Vec<_>>())?;
    }
    total(&mut sheet, &["Total"], first, sums)?;
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
    let row = |(here, month): (u32, &BillMonth)| {
        columns.map(|column| {
            let formula = format!("=SUMIFS({},{},$A{here})", lines.range(column), lines.range(Column::Month));
            (formula, lines.sum(column, |row| row.period.month.name == month.name))
        })
    };
    let (rows, sums) = Cell::rows_of_cents((first..).zip(&report.bill.months).map(row).collect());
    for (month, row) in report.bill.months.iter().zip(rows) {
        let names = [text(&month.name), text(&month.from), text(&month.until)];
        sheet.row(&names.into_iter().chain(row).collect::<Vec<_>>())?;
    }
    total(&mut sheet, &["Total", "", ""], first, sums)?;
    sheet.skip();
    sheet.heads(&[("Month", 12.0), ("Kind of charge", 24.0), ("", 24.0), ("Net USD", 14.0)], false)?;
    for month in &report.bill.months {
        let row = |(here, kind): (u32, &&str)| {
            let sum = lines.sum(Column::Net, |row| row.period.month.name == month.name && row.line.kind == **kind);
            let (net, months, of) = (lines.range(Column::Net), lines.range(Column::Month), lines.range(Column::Kind));
            [(format!("=SUMIFS({net},{months},$A{here},{of},{})", criterion(&format!("$B{here}"))), sum)]
        };
        let (rows, _) = Cell::rows_of_cents((sheet.next_row()..).zip(&kinds).map(row).collect());
        for (kind, [net]) in kinds.iter().zip(rows) {
            sheet.row(&[text(&month.name), text(kind), Cell::Empty, net])?;
        }
    }
    sheet.finish()
}

/// The last row of a table whose amounts begin at `first`, to the right of `names`.
fn total<const N: usize>(sheet: &mut Sheet<'_>, names: &[&str], first: u32, sums: [Nano; N]) -> Result<(), XlsxError> {
    let last = sheet.next_row() - 1;
    let name = |name: &&str| if name.is_empty() { Cell::Empty } else { text(name) };
    let sum = |(at, sum): (usize, Nano)| {
        let letter = letter(at);
        Cell::Sum(format!("=SUM({letter}{first}:{letter}{last})"), sum)
    };
    let cells: Vec<Cell> = names.iter().map(name).chain((names.len()..).zip(sums).map(sum)).collect();
    sheet.total(&cells)
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
    let row = |(here, (_, sum)): (u32, &(&str, Nano))| {
        [(format!("=SUMIFS({amounts},{names},{})", criterion(&format!("$A{here}"))), *sum)]
    };
    let (rows, all) = Cell::rows_of_cents((first..).zip(&sums).map(row).collect());
    for ((name, _), [cost]) in sums.iter().zip(rows) {
        sheet.row(&[text(name), cost])?;
    }
    total(&mut sheet, &["Total"], first, all)?;
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
            Cell::Whole(row.day),
            text(&row.group),
            text(&row.namespace),
            text(&row.resource),
            Cell::Exact(nano(row.cost_usd)),
        ];
        sheet.row(&cells)?;
    }
    sheet.filtered([1, 1 + report.costs.len() as u32])?;
    sheet.finish()
}

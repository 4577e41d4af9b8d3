//! The sheet of the lines, by day: the only place where amounts stand; all others add them up.

use super::super::exact::Nano;
use super::super::rows::BillRow;
use super::sheet::{Cell, Formats, Head, Sheet, letter};
use rust_xlsxwriter::{Worksheet, XlsxError};

/// Its name in formulas.
pub(super) const NAME: &str = "Bill";
/// The header's row, as formulas count: above it are the sums of what the filters leave.
const HEAD_ROW: u32 = 2;

/// What is printed comes first.
const PRINTED: u16 = 12;
const HEADS: [Head; 24] = [
    ("Day", 11.0),
    ("Month", 9.0),
    ("Kind", 18.0),
    ("Name", 36.0),
    ("Resource", 32.0),
    ("Quantity", 13.0),
    ("Unit", 12.0),
    ("Paid price USD", 12.0),
    ("Price type", 11.0),
    ("List USD", 15.0),
    ("Net USD", 15.0),
    ("Amortised USD", 15.0),
    ("Service", 30.0),
    ("SKU", 22.0),
    ("Node group", 16.0),
    ("Namespace", 16.0),
    ("Region", 12.0),
    ("Zone", 12.0),
    ("List price USD", 12.0),
    ("Commitment", 20.0),
    ("Part of it", 9.0),
    ("Price source", 22.0),
    ("Price of", 11.0),
    ("Estimated", 24.0),
];

/// A column that other sheets refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Month,
    Kind,
    List,
    Net,
    Amortised,
}

impl Column {
    fn at(self) -> usize {
        match self {
            Column::Month => 1,
            Column::Kind => 2,
            Column::List => 9,
            Column::Net => 10,
            Column::Amortised => 11,
        }
    }
}

/// The lines by day.
pub(super) struct Lines<'a> {
    pub(super) rows: &'a [BillRow<'a>],
}

impl<'a> Lines<'a> {
    pub(super) fn of(rows: &'a [BillRow<'a>]) -> Self {
        Lines { rows }
    }
    /// What formulas call a column: `Bill!$T$3:$T$400`.
    pub(super) fn range(&self, column: Column) -> String {
        format!("{NAME}!{}", self.own_range(column))
    }
    fn own_range(&self, column: Column) -> String {
        let letter = letter(column.at());
        format!("${letter}${}:${letter}${}", HEAD_ROW + 1, HEAD_ROW + self.rows.len().max(1) as u32)
    }
    /// The sum of a column, over the rows that `is_meant`.
    pub(super) fn sum(&self, column: Column, is_meant: impl Fn(&BillRow<'_>) -> bool) -> Nano {
        let amount = |row: &&BillRow<'_>| match column {
            Column::List => row.amounts.list,
            Column::Amortised => row.amounts.effective,
            _ => row.amounts.net,
        };
        self.rows.iter().filter(|row| is_meant(row)).map(|row| amount(&row)).sum()
    }

    pub(super) fn write(&self, sheet: &mut Worksheet, formats: &Formats) -> Result<(), XlsxError> {
        let mut sheet = Sheet::new(sheet, formats, NAME)?;
        let mut sums: Vec<Cell> = HEADS.iter().map(|_| Cell::Empty).collect();
        sums[0] = Cell::Text("Sum of the rows that are shown".to_owned());
        for column in [Column::List, Column::Net, Column::Amortised] {
            let formula = format!("=SUBTOTAL(109,{})", self.own_range(column));
            sums[column.at()] = Cell::ExactSum(formula, self.sum(column, |_| true));
        }
        sheet.total(&sums)?;
        sheet.heads(&HEADS, true)?;
        for row in self.rows {
            sheet.row(&cells(row))?;
        }
        sheet.filtered([HEAD_ROW, HEAD_ROW + self.rows.len() as u32])?;
        sheet.finish_with(PRINTED)
    }
}

fn cells(row: &BillRow<'_>) -> Vec<Cell> {
    let (line, amounts) = (row.line, row.amounts);
    let text = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) };
    let maybe = |of: &Option<String>| text(of.as_deref().unwrap_or_default());
    let commitment = line.commitment.as_ref();
    vec![
        Cell::Date(row.period.day),
        text(&row.period.month.name),
        text(&line.kind),
        text(&line.name),
        text(&line.resource),
        Cell::Number(amounts.quantity),
        text(&line.unit),
        Cell::Price(line.unit_price_usd),
        text(&line.price_type),
        Cell::Exact(amounts.list),
        Cell::Exact(amounts.net),
        Cell::Exact(amounts.effective),
        text(&line.service),
        text(&line.sku),
        maybe(&line.group),
        maybe(&line.namespace),
        text(&line.region),
        maybe(&line.zone),
        Cell::Price(line.list_unit_price_usd),
        text(commitment.map_or("", |of| &of.id)),
        text(commitment.map_or("", |of| &of.part)),
        text(&line.price_source),
        text(&line.price_date),
        maybe(&line.estimated),
    ]
}

//! What every sheet shares: how cells look, tables with a frozen header, and how they are printed.

use super::super::exact::Nano;
use crate::report::format::rows_of_cents;
use jiff::civil::Date;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Worksheet, XlsxError};

/// Characters that a cell can have.
const MOST_OF_A_CELL: usize = 32_000;
/// As wide as a sheet of paper that stands upright, in characters.
const UPRIGHT: f64 = 100.0;
/// Billionths of a dollar in a cent.
pub(super) const CENT: Nano = 10_000_000;
/// A4.
const PAPER: u8 = 9;

/// How cells look.
pub(super) struct Formats {
    title: Format,
    soft: Format,
    head: Format,
    text: Format,
    wrapped: Format,
    usd: Format,
    exact: Format,
    price: Format,
    number: Format,
    date: Format,
    total: Format,
    total_usd: Format,
    total_exact: Format,
}

impl Formats {
    pub(super) fn new() -> Self {
        let usd = "#,##0.00;[Red]-#,##0.00";
        let exact = "#,##0.00#######;[Red]-#,##0.00#######";
        let total = Format::new().set_bold().set_border_top(FormatBorder::Thin);
        Formats {
            title: Format::new().set_bold().set_font_size(16),
            soft: Format::new().set_font_color("#5A6373"),
            head: Format::new()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Top)
                .set_background_color("#E9EDF5")
                .set_border_bottom(FormatBorder::Thin),
            text: Format::new().set_align(FormatAlign::Top),
            wrapped: Format::new().set_align(FormatAlign::Top).set_text_wrap(),
            usd: Format::new().set_num_format(usd),
            exact: Format::new().set_num_format(exact),
            price: Format::new().set_num_format("0.00########"),
            number: Format::new().set_num_format("#,##0.00####"),
            date: Format::new().set_num_format("yyyy-mm-dd").set_align(FormatAlign::Left),
            total_usd: total.clone().set_num_format(usd),
            total_exact: total.clone().set_num_format(exact),
            total,
        }
    }
}

/// What is in a cell.
pub(super) enum Cell {
    Empty,
    Text(String),
    /// A text that may take several lines.
    Long(String),
    Usd(Nano),
    /// With all of its digits, where rows are added up by whoever filters them.
    Exact(Nano),
    Price(f64),
    Number(f64),
    Whole(u32),
    Date(Date),
    /// A formula of money, and what it comes to.
    Sum(String, Nano),
    /// The same with all of its digits.
    ExactSum(String, Nano),
    /// A formula of money rounded to cents, what it comes to, and the cents that are shown, so that rows add up.
    Cents(String, Nano, i128),
}

impl Cell {
    /// Such formulas of a table, row by row, and the cents of their sums.
    pub(super) fn rows_of_cents<const N: usize>(rows: Vec<[(String, Nano); N]>) -> (Vec<[Cell; N]>, [Nano; N]) {
        let exact: Vec<[Nano; N]> = rows.iter().map(|row| std::array::from_fn(|at| row[at].1)).collect();
        let (cents, sums) = rows_of_cents(&exact);
        let cell = |((formula, exact), cents): ((String, Nano), i128)| Cell::Cents(formula, exact, cents);
        let row = |(row, cents): ([(String, Nano); N], [i128; N])| {
            let mut pairs = row.into_iter().zip(cents).map(cell);
            std::array::from_fn(|_| pairs.next().unwrap_or(Cell::Empty))
        };
        (rows.into_iter().zip(cents).map(row).collect(), sums.map(|cents| cents * CENT))
    }
}

/// A column: its name, and its width in characters.
pub(super) type Head = (&'static str, f64);

/// A sheet that is being filled from above.
pub(super) struct Sheet<'a> {
    sheet: &'a mut Worksheet,
    formats: &'a Formats,
    row: u32,
    columns: u16,
    /// Characters of the first table's columns.
    width: f64,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(sheet: &'a mut Worksheet, formats: &'a Formats, name: &str) -> Result<Self, XlsxError> {
        sheet.set_name(name)?.set_landscape().set_paper_size(PAPER).set_print_fit_to_pages(1, 0);
        sheet.set_footer("&L&A&RPage &P of &N");
        Ok(Sheet { sheet, formats, row: 0, columns: 1, width: 0.0 })
    }
    /// The row that comes next, as formulas count: from 1.
    pub(super) fn next_row(&self) -> u32 {
        self.row + 1
    }
    pub(super) fn title(&mut self, text: &str) -> Result<(), XlsxError> {
        self.sheet.write_string_with_format(self.row, 0, cut(text), &self.formats.title)?;
        self.row += 1;
        Ok(())
    }
    pub(super) fn line(&mut self, text: &str) -> Result<(), XlsxError> {
        self.sheet.write_string_with_format(self.row, 0, cut(text), &self.formats.soft)?;
        self.row += 1;
        Ok(())
    }
    pub(super) fn skip(&mut self) {
        self.row += 1;
    }
    /// The names of columns. Of the first table of a sheet the header stays in view, and is on each printed page.
    pub(super) fn heads(&mut self, heads: &[Head], is_frozen: bool) -> Result<(), XlsxError> {
        for (column, (name, width)) in (0_u16..).zip(heads) {
            self.sheet.write_string_with_format(self.row, column, *name, &self.formats.head)?;
            if is_frozen {
                self.sheet.set_column_width(column, *width)?;
                self.width += width;
            }
        }
        self.columns = self.columns.max(heads.len() as u16);
        if is_frozen {
            self.sheet.set_freeze_panes(self.row + 1, 0)?;
            self.sheet.set_repeat_rows(self.row, self.row)?;
        }
        self.row += 1;
        Ok(())
    }
    pub(super) fn row(&mut self, cells: &[Cell]) -> Result<(), XlsxError> {
        self.cells(cells, false)
    }
    /// A row below a line, in bold.
    pub(super) fn total(&mut self, cells: &[Cell]) -> Result<(), XlsxError> {
        self.cells(cells, true)
    }
    fn cells(&mut self, cells: &[Cell], is_total: bool) -> Result<(), XlsxError> {
        let formats = self.formats;
        let pick = |own: &'a Format, total: &'a Format| if is_total { total } else { own };
        for (column, cell) in (0_u16..).zip(cells) {
            let (sheet, row) = (&mut *self.sheet, self.row);
            match cell {
                Cell::Empty if is_total => sheet.write_blank(row, column, &formats.total)?,
                Cell::Empty => continue,
                Cell::Text(text) => {
                    sheet.write_string_with_format(row, column, cut(text), pick(&formats.text, &formats.total))?
                }
                Cell::Long(text) => sheet.write_string_with_format(row, column, cut(text), &formats.wrapped)?,
                Cell::Usd(amount) => {
                    let format = pick(&formats.usd, &formats.total_usd);
                    sheet.write_number_with_format(row, column, usd(*amount), format)?
                }
                Cell::Exact(amount) => sheet.write_number_with_format(row, column, usd(*amount), &formats.exact)?,
                Cell::Price(price) => sheet.write_number_with_format(row, column, *price, &formats.price)?,
                Cell::Number(number) => sheet.write_number_with_format(row, column, *number, &formats.number)?,
                Cell::Whole(number) => sheet.write_number_with_format(row, column, *number, &formats.text)?,
                Cell::Date(day) => {
                    let day = ExcelDateTime::from_ymd(day.year() as u16, day.month() as u8, day.day() as u8)?;
                    sheet.write_datetime_with_format(row, column, day, &formats.date)?
                }
                Cell::Sum(text, result) => {
                    let format = pick(&formats.usd, &formats.total_usd);
                    sheet.write_formula_with_format(row, column, formula(text, *result), format)?
                }
                Cell::ExactSum(text, result) => {
                    let format = pick(&formats.exact, &formats.total_exact);
                    sheet.write_formula_with_format(row, column, formula(text, *result), format)?
                }
                Cell::Cents(text, exact, cents) => {
                    let text = match cents * CENT - (exact + CENT / 2).div_euclid(CENT) * CENT {
                        0 => format!("=ROUND({},2)", text.trim_start_matches('=')),
                        more => format!("=ROUND({},2){:+.2}", text.trim_start_matches('='), usd(more)),
                    };
                    sheet.write_formula_with_format(row, column, formula(&text, cents * CENT), &formats.usd)?
                }
            };
        }
        self.columns = self.columns.max(cells.len() as u16);
        self.row += 1;
        Ok(())
    }
    /// Filters above a table: its header's row and its last row, as formulas count.
    pub(super) fn filtered(&mut self, [head, last]: [u32; 2]) -> Result<(), XlsxError> {
        if last > head {
            self.sheet.autofilter(head - 1, 0, last - 1, self.columns - 1)?;
        }
        Ok(())
    }
    /// Prints all that was written; upright where that is narrow.
    pub(super) fn finish(self) -> Result<(), XlsxError> {
        let columns = self.columns;
        self.finish_with(columns)
    }
    /// Prints the first columns.
    pub(super) fn finish_with(self, columns: u16) -> Result<(), XlsxError> {
        if self.width <= UPRIGHT {
            self.sheet.set_portrait();
        }
        self.sheet.set_print_area(0, 0, self.row.saturating_sub(1), columns - 1)?;
        Ok(())
    }
}

fn formula(text: &str, result: Nano) -> Formula {
    Formula::new(text).set_result(usd(result).to_string())
}

/// A float has the digits of nine million dollars in nano-USD; sums beyond lose what is below a cent's millionth.
fn usd(amount: Nano) -> f64 {
    amount as f64 / 1e9
}

fn cut(text: &str) -> String {
    text.chars().take(MOST_OF_A_CELL).collect()
}

/// The letter of a column below 26.
pub(super) fn letter(column: usize) -> char {
    char::from(b'A' + (column % 26) as u8)
}

/// A text as a criterion of SUMIFS: as it stands, where `*`, `?` and `~` and a leading comparison mean something else.
pub(super) fn criterion(cell: &str) -> String {
    format!("\"=\"&SUBSTITUTE(SUBSTITUTE(SUBSTITUTE({cell},\"~\",\"~~\"),\"*\",\"~*\"),\"?\",\"~?\")")
}

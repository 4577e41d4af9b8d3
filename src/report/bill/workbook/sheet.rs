//! What every sheet shares: how cells look, tables with a frozen header, and how they are printed.

use super::super::exact::Nano;
use jiff::civil::Date;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Worksheet, XlsxError};

/// Characters that a cell can have.
const MOST_OF_A_CELL: usize = 32_000;
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
    price: Format,
    number: Format,
    date: Format,
    total: Format,
    total_usd: Format,
}

impl Formats {
    pub(super) fn new() -> Self {
        let usd = "#,##0.00;[Red]-#,##0.00";
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
            price: Format::new().set_num_format("0.00########"),
            number: Format::new().set_num_format("#,##0.00####"),
            date: Format::new().set_num_format("yyyy-mm-dd").set_align(FormatAlign::Left),
            total_usd: total.clone().set_num_format(usd),
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
    Price(f64),
    Number(f64),
    Date(Date),
    /// A formula of money, and what it comes to.
    Sum(String, Nano),
}

/// A column: its name, and its width in characters.
pub(super) type Head = (&'static str, f64);

/// A sheet that is being filled from above.
pub(super) struct Sheet<'a> {
    sheet: &'a mut Worksheet,
    formats: &'a Formats,
    row: u32,
    columns: u16,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(sheet: &'a mut Worksheet, formats: &'a Formats, name: &str) -> Result<Self, XlsxError> {
        sheet.set_name(name)?.set_landscape().set_paper_size(PAPER).set_print_fit_to_pages(1, 0);
        sheet.set_footer("&L&A&RPage &P of &N");
        Ok(Sheet { sheet, formats, row: 0, columns: 1 })
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
                Cell::Price(price) => sheet.write_number_with_format(row, column, *price, &formats.price)?,
                Cell::Number(number) => sheet.write_number_with_format(row, column, *number, &formats.number)?,
                Cell::Date(day) => {
                    let day = ExcelDateTime::from_ymd(day.year() as u16, day.month() as u8, day.day() as u8)?;
                    sheet.write_datetime_with_format(row, column, day, &formats.date)?
                }
                Cell::Sum(formula, result) => {
                    let formula = Formula::new(formula).set_result(usd(*result).to_string());
                    let format = pick(&formats.usd, &formats.total_usd);
                    sheet.write_formula_with_format(row, column, formula, format)?
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
    /// Prints all that was written.
    pub(super) fn finish(self) -> Result<(), XlsxError> {
        self.sheet.set_print_area(0, 0, self.row.saturating_sub(1), self.columns - 1)?;
        Ok(())
    }
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

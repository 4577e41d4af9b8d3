//! The cells of a table whose delimiter nobody has named.

use crate::scenario::issue::{Issue, Issues};
use crate::scenario::timed::{ENOUGH, Stamp, at_line};
use csv::{ReaderBuilder, StringRecord, Trim};

/// A table as it is written.
pub(super) struct Sheet {
    /// Names of the columns, or their numbers.
    names: Vec<String>,
    /// Whether the first row names the columns.
    pub(super) has_header: bool,
    pub(super) delimiter: u8,
    pub(super) width: usize,
    pub(super) rows: Vec<Row>,
}

/// A row of it.
pub(super) struct Row {
    /// From 1.
    pub(super) line: u32,
    cells: StringRecord,
}

impl Row {
    /// A cell, empty if there is none.
    pub(super) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default()
    }
    /// The whole row.
    pub(super) fn text(&self) -> String {
        self.cells.iter().collect::<Vec<_>>().join(",")
    }
}

impl Sheet {
    /// Reads a table; nothing if it has no rows, or rows of other lengths, which are told.
    pub(super) fn read(text: &str, issues: &mut Issues) -> Option<Sheet> {
        let (text, declared, skipped) = match text.split_once('\n') {
            Some((first, rest)) if first.trim_end().len() == 5 && first.to_lowercase().starts_with("sep=") => {
                (rest, Some(first.as_bytes()[4]), 1)
            }
            _ => (text, None, 0),
        };
        let delimiter = declared.unwrap_or_else(|| delimiter(text));
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).trim(Trim::All).comment(Some(b'#')).delimiter(delimiter);
        let mut reader = builder.from_reader(text.as_bytes());
        let (mut rows, mut wrong) = (Vec::<Row>::new(), 0);
        let mut refuse = |line: u32, message: String| {
            wrong += 1;
            if wrong <= ENOUGH {
                issues.push(at_line(line, message));
            }
        };
        let mut width = 0;
        for record in reader.records() {
            match record {
                Ok(mut cells) => {
                    let line = cells.position().map_or(1, |position| position.line() as u32) + skipped;
                    while cells.len() > width.max(1) && width > 0 && cells.get(cells.len() - 1) == Some("") {
                        cells.truncate(cells.len() - 1);
                    }
                    if width == 0 {
                        width = cells.len();
                    } else if cells.len() != width {
                        refuse(line, format!("has {} fields, the header has {width}", cells.len()));
                        continue;
                    }
                    rows.push(Row { line, cells });
                }
                Err(error) => {
                    refuse(error.position().map_or(1, |position| position.line() as u32), "is not a row of CSV".into());
                }
            }
        }
        if wrong > ENOUGH {
            issues.push(Issue::error("", format!("{} more like these", wrong - ENOUGH)));
        }
        (wrong == 0).then(|| Sheet::of(rows, delimiter, width))
    }

    fn of(mut rows: Vec<Row>, delimiter: u8, width: usize) -> Sheet {
        let has_header = rows.first().is_some_and(is_header);
        let mut names: Vec<String> = (1..=width).map(|number| format!("column {number}")).collect();
        if has_header {
            let header = rows.remove(0);
            names = header.cells.iter().map(str::to_owned).collect();
        }
        Sheet { names, has_header, delimiter, width, rows }
    }

    /// What a column is called.
    pub(super) fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }
    /// Where the first row of numbers is.
    pub(super) fn first_line(&self) -> u32 {
        self.rows.first().map_or(1, |row| row.line)
    }
    /// What it is, in words.
    pub(super) fn form(&self) -> &'static str {
        match self.delimiter {
            b';' => "CSV with semicolons",
            b'\t' => "CSV with tabs",
            _ => "CSV",
        }
    }
}

/// A row that names columns: it begins without a digit, or has neither times nor numbers.
fn is_header(row: &Row) -> bool {
    let first = row.cell(0);
    let is_number = |cell: &str| cell.parse::<f64>().is_ok();
    !first.bytes().any(|byte| byte.is_ascii_digit())
        || (Stamp::parse(first).is_none() && !row.cells.iter().skip(1).any(is_number))
}

/// The first of tab, semicolon and bar that is in every line of the beginning, outside of quotes; else the comma.
fn delimiter(text: &str) -> u8 {
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).take(20).collect();
    let has = |line: &str, mark: char| line.split('"').step_by(2).any(|outside| outside.contains(mark));
    let marks = [('\t', b'\t'), (';', b';'), ('|', b'|')];
    let found = marks.iter().find(|(mark, _)| !lines.is_empty() && lines.iter().all(|line| has(line, *mark)));
    found.map_or(b',', |(_, byte)| *byte)
}

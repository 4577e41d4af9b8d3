//! The rows of a CSV, with their lines.

use crate::scenario::issue::{Issue, Issues};
use csv::{ReaderBuilder, StringRecord, Trim};

/// At most this many complaints of one kind are told: more would say nothing new.
pub(crate) const ENOUGH: usize = 10;

/// A CSV: commas, `#` before comments, white space around cells does not count.
pub(crate) struct Table<'t> {
    /// The names of the columns; empty where there are none.
    pub(crate) header: StringRecord,
    /// The first row, where it is no header.
    first: Option<StringRecord>,
    reader: csv::Reader<&'t [u8]>,
}

/// A row with as many cells as the header.
pub(crate) struct Row<'r> {
    /// From 1.
    pub(crate) line: u32,
    cells: &'r StringRecord,
}

impl Row<'_> {
    /// A cell, empty if there is none.
    pub(crate) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default()
    }
}

impl<'t> Table<'t> {
    /// A table whose first row names the columns.
    pub(crate) fn new(text: &'t str) -> Self {
        Table::with_header_if(text, |_| true)
    }
    /// A table whose first row may name the columns.
    pub(crate) fn with_header_if(text: &'t str, is_header: impl Fn(&StringRecord) -> bool) -> Self {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).trim(Trim::All).comment(Some(b'#'));
        let mut reader = builder.from_reader(text.as_bytes());
        let mut first = StringRecord::new();
        let is_there = reader.read_record(&mut first).unwrap_or(false);
        match is_there && !is_header(&first) {
            true => Table { header: StringRecord::new(), first: Some(first), reader },
            false => Table { header: first, first: None, reader },
        }
    }
    /// The place of a column.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|title| title == name)
    }
    /// Hands over the rows in order, until too much is wrong. Rows that are not CSV, or longer or shorter than the
    /// first, are issues.
    pub(crate) fn each(mut self, issues: &mut Issues, mut take: impl FnMut(&Row<'_>, &mut Issues)) {
        let width = self.first.as_ref().unwrap_or(&self.header).len();
        let (mut cells, mut next) = (StringRecord::new(), self.first.take());
        let before = issues.len();
        loop {
            let outcome = match next.take() {
                Some(first) => {
                    cells = first;
                    Ok(true)
                }
                None => self.reader.read_record(&mut cells),
            };
            match outcome {
                Ok(false) => return,
                Ok(true) if cells.len() == width => {
                    take(&Row { line: line(cells.position()), cells: &cells }, issues);
                }
                Ok(true) => {
                    let message = format!("has {} fields, the header has {width}", cells.len());
                    issues.push(at_line(line(cells.position()), message));
                }
                Err(error) => issues.push(at_line(line(error.position()), "is not a row of CSV")),
            }
            if issues.len() > before + 3 * ENOUGH {
                return issues.push(Issue::error("", "more like these; the rest was not read"));
            }
        }
    }
}

fn line(position: Option<&csv::Position>) -> u32 {
    position.map_or(1, |position| position.line() as u32)
}

/// An issue at a line of the file.
pub(crate) fn at_line(line: u32, message: impl Into<String>) -> Issue {
    let mut issue = Issue::error("", message);
    issue.place.line = Some(line);
    issue
}

//! A CSV table that stays text: rows are found by their first column, cells read when asked for.

use rustc_hash::FxHashMap;

/// Rows keyed by their first column. Cells hold no commas and no quotes.
///
/// Cost: building is one pass over the text; a lookup splits one line.
pub(super) struct Table {
    columns: Vec<&'static str>,
    rows: FxHashMap<&'static str, &'static str>,
    keys: Vec<&'static str>,
}

impl Table {
    /// The table in `text`, whose first line names the columns.
    pub(super) fn parse(text: &'static str) -> Self {
        let mut lines = text.lines();
        let columns = lines.next().unwrap_or_default().split(',').collect();
        let rows = lines.clone().map(|line| (line.split(',').next().unwrap_or_default(), line)).collect();
        let keys = lines.map(|line| line.split(',').next().unwrap_or_default()).collect();
        Table { columns, rows, keys }
    }
    /// The keys in file order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.keys.iter().copied()
    }
    /// The columns after the key.
    pub(super) fn columns(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.columns.iter().skip(1).copied()
    }
    /// Whether `column` is a column after the key.
    pub(super) fn has_column(&self, column: &str) -> bool {
        self.columns().any(|name| name == column)
    }
    /// The cells of the row of `key`, the key first.
    pub(super) fn row(&self, key: &str) -> Option<impl Iterator<Item = &'static str> + use<>> {
        self.rows.get(key).map(|line| line.split(','))
    }
    /// The cell, if the row and the column exist and it is not empty.
    pub(super) fn cell(&self, key: &str, column: &str) -> Option<&'static str> {
        let place = self.columns.iter().position(|name| *name == column)?;
        self.row(key)?.nth(place).filter(|cell| !cell.is_empty())
    }
    /// The columns in which the row of `key` has a cell.
    pub(super) fn filled(&self, key: &str) -> impl Iterator<Item = &'static str> + '_ {
        let cells = self.row(key).into_iter().flatten();
        self.columns.iter().zip(cells).skip(1).filter(|(_, cell)| !cell.is_empty()).map(|(name, _)| *name)
    }
}

/// A figure with its mark: `+` listed by another source, `=` computed from the prices of vCPUs and memory.
pub(super) fn marked(cell: &'static str) -> (char, &'static str) {
    match cell.as_bytes().first() {
        Some(b'=') => ('=', &cell[1..]),
        Some(b'+') => ('+', &cell[1..]),
        _ => (' ', cell),
    }
}
